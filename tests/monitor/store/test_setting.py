"""`store` in monitor.yaml. What is refused: tests/broken/store_*."""

import shutil
from pathlib import Path

import pytest

from monitor.settings import ConfigError, load
from monitor.store.engines import name_of, postgres_url
from monitor.store.place import Place
from probes._secret import Secret

BASE = Path(__file__).parents[2] / "broken" / "_base"
HIDDEN = {"NPSP_STORE": "postgresql://npsp:tops%403cret@db.example:5433/npsp", "NPSP_PASSWORD": "tops@3cret"}


@pytest.fixture
def configured(tmp_path):
    def with_store(text):
        shutil.copytree(BASE, tmp_path / "config")
        with (tmp_path / "config" / "monitor.yaml").open("a") as file:
            file.write(f"\n{text}\n")
        return load(tmp_path / "config", environ=HIDDEN)

    return with_store


def test_while_nothing_is_said_there_is_no_place(configured):
    assert configured("").store is None


@pytest.mark.parametrize(
    "said",
    [
        "{file: /var/lib/npsp-monitor/monitor.db}",
        "{url: 'sqlite:///var/lib/npsp-monitor/monitor.db'}",
        "{url: 'sqlite:////var/lib/npsp-monitor/monitor.db'}",
    ],
)
def test_a_file_is_named_by_its_path_or_by_a_url(configured, said):
    assert configured(f"store: {said}").store == Place(file=Path("/var/lib/npsp-monitor/monitor.db"))


@pytest.mark.parametrize(
    "said",
    [
        "{url: '${env:NPSP_STORE}'}",
        "{url: 'postgresql://npsp@db.example:5433/npsp', password: '${env:NPSP_PASSWORD}'}",
    ],
)
def test_the_password_of_a_database_comes_from_elsewhere_and_is_shown_nowhere(configured, said):
    place = configured(f"store: {said}").store

    assert postgres_url(place).render_as_string(hide_password=False) == (
        "postgresql+psycopg://npsp:tops%403cret@db.example:5433/npsp"
    )
    assert "3cret" not in repr(place) + name_of(place)
    assert name_of(place) == "PostgreSQL database npsp at db.example:5433"


def test_a_database_of_this_machine_needs_no_host(configured):
    said = "postgresql:///npsp?host=/run/postgresql"

    assert configured(f"store: {{url: '{said}'}}").store == Place(url=Secret(said))


def test_without_the_extra_postgresql_is_refused(configured, monkeypatch):
    monkeypatch.setattr("monitor.store_shapes.installed", lambda package: package != "psycopg")

    with pytest.raises(ConfigError, match=r"monitor.yaml:\d+: store.url: PostgreSQL needs the extra `postgres`"):
        configured("store: {url: 'postgresql://db.example/npsp'}")


def test_a_password_for_a_file_is_refused(configured):
    with pytest.raises(
        ConfigError, match=r"monitor.yaml:\d+: store: a password is for the URL of a PostgreSQL database"
    ):
        configured("store: {file: /var/lib/x.db, password: '${env:NPSP_PASSWORD}'}")
