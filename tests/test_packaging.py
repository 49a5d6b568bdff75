"""The wheel as a user gets it: installed in a folder of its own, run from elsewhere."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.xdist_group("packaging")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", folder, ROOT],
        check=True,
        timeout=120,
    )
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The wheel unpacked, before the development checkout on the path."""
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def run(installed, *arguments, cwd, **more):
    return subprocess.run(
        [sys.executable, "-P", "-m", "monitor", *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(installed), "COVERAGE_PROCESS_START": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        **more,
    )


def test_the_wheel_holds_monitor_and_probes_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()

    assert {name.split("/")[0] for name in names} - {"npsp_monitor-0.1.0.dist-info"} == {"monitor", "probes"}
    assert "monitor/bundled/config/agencies/provinces.yaml" in names
    assert any(name.startswith("monitor/bundled/grafana/dashboards/") for name in names)
    assert "monitor/bundled/runbooks/README.md" in names
    assert any(name.startswith("monitor/testbed/scenarios/") for name in names)
    assert "monitor/store/versions/v0001_first.py" in names


def test_what_is_imported_is_ours(installed, tmp_path):
    code = "import monitor, probes; print(monitor.__file__); print(probes.__file__)"
    told = subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert all(line.startswith(str(installed)) for line in told.stdout.splitlines())


def test_the_installed_program_works_without_a_checkout(installed, tmp_path):
    roster = run(installed, "agencies", "--as-of", "2023-06-21", "--format", "json", cwd=tmp_path)
    counted = [a for a in json.loads(roster.stdout)["agencies"] if a["counted"]]

    assert roster.returncode == 0
    assert len(counted) == 63 + 21
    assert run(installed, "check-config", cwd=tmp_path).returncode == 0


def test_the_installed_program_makes_its_ledger_with_the_steps_that_came_with_it(installed, tmp_path):
    code = (
        "from pathlib import Path; from monitor.store.opening import open_ledger; from monitor.store.place import Place; "
        "import monitor; print(monitor.__file__); print(open_ledger(Place(file=Path('monitor.db').absolute())).recall().at)"
    )
    told = subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert told.stdout == f"{installed}/monitor/__init__.py\nNone\n"


def test_init_writes_out_what_the_program_starts_with_and_never_overwrites(installed, tmp_path):
    first = run(installed, "init", "here", cwd=tmp_path)
    (tmp_path / "here" / "config" / "checks.yaml").write_text("mine\n")
    again = run(installed, "init", "here", cwd=tmp_path)

    assert first.returncode == 0, first.stderr
    assert (tmp_path / "here" / "config" / "agencies" / "ministries.yaml").is_file()
    assert (tmp_path / "here" / "config" / "prometheus" / "prometheus.yml").is_file()
    assert (tmp_path / "here" / "config" / "web.yml.example").is_file()
    assert (tmp_path / "here" / "config" / "systemd" / "npsp-monitor.service").is_file()
    assert (tmp_path / "here" / "schemas" / "web.schema.json").is_file()
    assert list((tmp_path / "here" / "grafana" / "dashboards").glob("*.json"))
    assert again.returncode == 2
    assert "never overwrites" in again.stderr
    assert (tmp_path / "here" / "config" / "checks.yaml").read_text() == "mine\n"
