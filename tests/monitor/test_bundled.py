"""The data files that come with the program are found in a checkout and in a wheel."""

from pathlib import Path

import pytest

from monitor import bundled

ROOT = Path(__file__).parents[2]


def test_in_a_checkout_they_are_those_of_the_checkout_by_their_real_path():
    assert bundled.config_folder() == ROOT / "config"
    assert bundled.grafana_folder() == ROOT / "grafana"
    assert bundled.runbooks_folder() == ROOT / "docs" / "runbooks"


@pytest.mark.parametrize(
    ("name", "folder"), [("config", "config"), ("grafana", "grafana"), ("runbooks", "docs/runbooks")]
)
def test_the_link_that_a_wheel_follows_leads_to_the_folder_and_holds_in_any_place(name, folder):
    link = ROOT / "monitor" / "bundled" / name

    assert link.is_symlink()
    assert link.readlink() == Path("..", "..", folder)
    assert list(link.iterdir())


def test_in_a_wheel_they_lie_inside_the_package(tmp_path, monkeypatch):
    packed = tmp_path / "monitor" / "bundled" / "config"
    packed.mkdir(parents=True)
    monkeypatch.setattr(bundled, "__file__", str(tmp_path / "monitor" / "bundled.py"))

    assert bundled.config_folder() == packed
