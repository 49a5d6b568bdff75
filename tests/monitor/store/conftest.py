"""Ledgers to try: SQLite in a file of the test's own, and a real PostgreSQL where the machine has one."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest

from monitor.store.opening import open_ledger
from monitor.store.place import Place
from probes._secret import Secret

ROOT = os.geteuid() == 0


class Postgres:
    """A server with its own data, reached by a socket in its folder."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder = folder
        self._programs = programs
        # It refuses to run as root.
        self._as = {"user": "postgres", "cwd": "/"} if ROOT else {}
        self._numbers = count()

    def start(self) -> None:
        if not (self.folder / "data").exists():
            self._run("initdb", "-U", "app", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        options = f"-k {self.folder} -c listen_addresses= -c fsync=off"
        self._run("pg_ctl", "-w", "-t", "60", "-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-w", "-t", "60", "-m", "immediate", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        command = [self._programs / program, "-D", self.folder / "data", *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=120, **self._as)

    def database(self) -> str:
        """The URL of a new one."""
        name = f"d{next(self._numbers)}"
        with closing(psycopg.connect(self.url("postgres"), autocommit=True)) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def url(self, name: str) -> str:
        return f"postgresql://app@/{name}?host={self.folder}"


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    path = found[-1] if found else shutil.which("initdb")
    if path is None:
        leave = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        leave("PostgreSQL is not installed; `make debian-packages` installs it")
    return Path(path).parent


@contextmanager
def server() -> Iterator[Postgres]:
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="npsp-pg-"))  # pytest's own folders are closed to other users
    if ROOT:
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
    running = Postgres(folder, programs)
    try:
        running.start()
        try:
            yield running
        finally:
            running.stop()
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with server() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgres"])
def place(request, tmp_path) -> Place:
    if request.param == "sqlite":
        return Place(file=tmp_path / "monitor.db")
    return Place(url=Secret(request.getfixturevalue("postgres").database()))


@pytest.fixture
def opened(place) -> Iterator[Callable]:
    """`opened(serving=False)`: the ledger of the test, as often as it is called for."""
    ledgers = []

    def once(**how):
        ledgers.append(open_ledger(place, **how))
        return ledgers[-1]

    yield once
    for ledger in ledgers:
        ledger.close()


@pytest.fixture
def ledger(opened):
    return opened()
