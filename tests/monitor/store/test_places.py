"""Whatever may be wrong with the place of the ledger: said with its name, with what is wrong, and with what to do."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from monitor.store.engines import writing
from monitor.store.ledger import Batch, LedgerError
from monitor.store.opening import open_ledger
from monitor.store.place import Place, made, usual
from monitor.store.upgrade import upgrade
from probes._secret import Secret

AT = datetime(2026, 1, 1, tzinfo=UTC)
ALONE = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-Urm"]  # mounts that nobody else sees


def problem(place, **how):
    with pytest.raises(LedgerError) as raised:
        open_ledger(place, **how)
    return str(raised.value)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "monitor.db"


@pytest.mark.parametrize("serving", [False, True])
def test_a_folder_that_is_not_there(tmp_path, serving):
    file = tmp_path / "none" / "monitor.db"

    assert problem(Place(file=file), serving=serving) == (
        f"{file}: the folder {tmp_path}/none is not there: make it, or name another file under `store` in monitor.yaml"
    )


def test_a_folder_in_place_of_a_file(tmp_path):
    assert problem(Place(file=tmp_path)) == f"{tmp_path}: is a folder: name a file in it under `store` in monitor.yaml"


def test_a_file_that_is_no_database(file):
    file.write_text("once upon a time " * 100)

    assert problem(Place(file=file)) == (
        f"{file}: is no SQLite database: name another file under `store` in monitor.yaml, or move it away"
    )
    assert file.read_text().startswith("once upon")


def test_the_database_of_another_program_is_left_as_it_is(file):
    with closing(sqlite3.connect(file)) as other:
        other.execute("CREATE TABLE dashboard (id)")

    assert "is the database of another program" in problem(Place(file=file))
    with closing(sqlite3.connect(file)) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("dashboard",)]


def test_a_database_of_a_newer_program_is_left_as_it_is(place):
    ledger = open_ledger(place)
    with ledger._writing.begin() as db:
        db.exec_driver_sql("UPDATE npsp_monitor_version SET version_num = '9999'")
    ledger.close()

    told = problem(place)
    assert (
        "was written by a newer npsp-monitor: its tables are of version 9999, this program knows 0003 at most" in told
    )
    with writing(ledger._engine).begin() as db, pytest.raises(LedgerError):
        upgrade(ledger._engine)
    ledger.close()


def test_a_damaged_database(file):
    open_ledger(Place(file=file)).close()
    with file.open("r+b") as opened:
        opened.seek(4096)
        opened.write(b"\xff" * 8192)

    assert f"{file}: is damaged" in problem(Place(file=file))


def test_a_database_that_another_program_keeps_locked(file, monkeypatch):
    monkeypatch.setattr("monitor.store.engines.BUSY", 0.05)
    ledger = open_ledger(Place(file=file))
    with closing(sqlite3.connect(file)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerError, match="is locked: another program has held it") as raised:
            ledger.write(Batch(at=AT))
        other.rollback()
    ledger.write(Batch(at=AT))

    assert str(raised.value).startswith(str(file))
    ledger.close()


def in_own_mounts(folder, mount, code):
    """Run `code`, which finds `file` in `folder`, once `mount` was done where only it sees it. What it printed."""
    script = f'set -e; {mount}; exec {sys.executable} -c "$0"'
    head = f"from pathlib import Path; file = Path({str(folder / 'monitor.db')!r})\n"
    ran = subprocess.run(
        [*ALONE, "sh", "-c", script, head + code], capture_output=True, text=True, check=False, timeout=120
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


OPENED = """
from monitor.store.ledger import LedgerError
from monitor.store.opening import open_ledger
from monitor.store.place import Place
try:
    open_ledger(Place(file=file), serving=SERVING)
except LedgerError as error:
    print(error)
"""


@pytest.mark.parametrize("serving", [False, True])
@pytest.mark.parametrize("there", [False, True])
def test_a_disk_that_can_only_be_read(tmp_path, serving, there):
    folder = tmp_path / "disk"
    folder.mkdir()
    if there:
        open_ledger(Place(file=folder / "monitor.db")).close()
    mount = f"mount --bind {folder} {folder}; mount -o remount,ro,bind {folder}"
    told = in_own_mounts(folder, mount, OPENED.replace("SERVING", str(serving)))

    assert told.startswith(f"{folder}/monitor.db: ")
    assert "a disk that can only be read" in told or "cannot be written" in told


FULL = """
from datetime import UTC, datetime, timedelta
from monitor.model import State
from monitor.store.ledger import Batch, LedgerError
from monitor.store.opening import open_ledger
from monitor.store.place import Place
from probes import Reason, Status
ledger, at, problem, written = open_ledger(Place(file=file), serving=True), datetime(2026, 1, 1, tzinfo=UTC), "", 0

def batch(number):
    state = State(status=Status.OK, since=at, reason=Reason.OK, detail="x" * 2000)
    states = {(f"H{number}", f"c{each}"): state for each in range(20)}
    return Batch(at=at + timedelta(seconds=number), states=states)

while not problem and written < 1000:
    try:
        ledger.write(batch(written))
        written += 1
    except LedgerError as error:
        problem = str(error)
held = ledger.recall()
assert held.at == batch(written - 1).at and len(held.states) == 20 * written, "the batch that did not fit is there in part"
MORE
ledger.write(batch(written))
ledger.close()
again = open_ledger(Place(file=file)).recall()
assert len(again.states) == 20 * (written + 1)
print(problem)
"""


def test_on_a_full_disk_nothing_of_a_batch_is_written_and_the_next_is_once_there_is_room(tmp_path):
    mount = f"mount -t tmpfs -o size=2m tmpfs {tmp_path}"
    more = f"import subprocess; subprocess.run('mount -o remount,size=20m {tmp_path}', shell=True, check=True)"
    told = in_own_mounts(tmp_path, mount, FULL.replace("MORE", more))

    assert told.startswith(f"{tmp_path}/monitor.db: the disk is full")


def test_a_file_that_may_not_grow_is_as_a_full_disk(tmp_path):
    begin = "import resource as r, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\nr.setrlimit(r.RLIMIT_FSIZE, (2**21, -1))\n"
    more = "r.setrlimit(r.RLIMIT_FSIZE, (-1, -1))"
    told = in_own_mounts(tmp_path, "true", begin + FULL.replace("MORE", more))

    assert told.startswith(f"{tmp_path}/monitor.db: the disk ")


@pytest.fixture
def closed():
    """A folder that others can get at: those of pytest are closed anew whenever a pytest begins."""
    with TemporaryDirectory() as parent:
        Path(parent).chmod(0o755)
        folder = Path(parent) / "closed"
        folder.mkdir()
        yield folder
        folder.chmod(0o755)


def as_somebody_else(folder, *, serving=False):
    """As root one may everything: so it is tried as another. What was printed."""
    become = "import os\nif os.geteuid() == 0: os.seteuid(65534)\n"
    modules = "import monitor.store.sql\n"  # while they can be read
    return in_own_mounts(folder, "true", modules + become + OPENED.replace("SERVING", str(serving)))


def test_who_may_not_write_is_told_so(closed):
    open_ledger(Place(file=closed / "monitor.db")).close()
    (closed / "monitor.db").chmod(0o444)
    closed.chmod(0o555)
    told = as_somebody_else(closed)

    assert told.startswith(f"{closed}/monitor.db: cannot be written")
    assert "the right to write" in told


@pytest.mark.parametrize("serving", [False, True])
@pytest.mark.parametrize("there", [False, True])
def test_who_may_not_enter_the_folder_is_told_so(closed, serving, there):
    if there:
        open_ledger(Place(file=closed / "monitor.db")).close()
    closed.chmod(0o600)

    assert as_somebody_else(closed, serving=serving).startswith(f"{closed}/monitor.db: cannot be ")


# -- PostgreSQL


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://lan:tops3cret@127.0.0.1:1/npsp?password=tops3cret",
        "mysql://lan:tops3cret@127.0.0.1/npsp",
        "tops3cret",
        "postgresql://lan:tops3cret@[::/npsp",
        "postgresql://lan:tops3cret@127.0.0.1:port/npsp",
        "postgresql://lan@127.0.0.1:1/npsp?passwor=tops3cret",
    ],
)
def test_of_a_url_that_leads_nowhere_nothing_secret_is_told(url):
    told = problem(Place(url=Secret(url)))

    assert "tops3cret" not in told
    assert told


def test_a_server_that_is_not_there_is_named(tmp_path):
    told = problem(Place(url=Secret("postgresql://lan:tops3cret@127.0.0.1:1/npsp")))

    assert told.startswith("PostgreSQL database npsp at 127.0.0.1:1: ")
    assert "onnection refused" in told


# -- where it is when nothing was said


@pytest.mark.parametrize(
    ("environ", "file"),
    [
        ({"STATE_DIRECTORY": "/var/lib/npsp-monitor", "HOME": "/root"}, "/var/lib/npsp-monitor/monitor.db"),
        ({"STATE_DIRECTORY": "/var/lib/a:/var/lib/b"}, "/var/lib/a/monitor.db"),
        ({"XDG_STATE_HOME": "/x/state", "HOME": "/home/lan"}, "/x/state/npsp-monitor/monitor.db"),
        ({"XDG_STATE_HOME": "state", "HOME": "/home/lan"}, "/home/lan/.local/state/npsp-monitor/monitor.db"),
        ({"HOME": "/home/lan"}, "/home/lan/.local/state/npsp-monitor/monitor.db"),
    ],
)
def test_where_it_is_when_nothing_was_said(environ, file):
    assert usual(environ) == Place(file=Path(file))


def test_the_usual_folder_is_made_for_its_owner_alone(tmp_path):
    place = made(usual({"XDG_STATE_HOME": str(tmp_path / "state")}))
    open_ledger(place).close()

    assert place.file.parent.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_cannot_be_made_is_said_to_be_so(tmp_path):
    (tmp_path / "state").write_text("a file")

    with pytest.raises(LedgerError, match=r"state/npsp-monitor: cannot be made: Not a directory"):
        made(usual({"XDG_STATE_HOME": str(tmp_path / "state")}))


def test_whoever_reads_no_ledger_loads_nothing_of_it():
    loaded = "import sys, monitor.commands, monitor.oneshot, monitor.server, monitor.store.opening; print({'sqlalchemy', 'alembic'} & {*sys.modules})"
    ran = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True, timeout=60)

    assert ran.stdout == "set()\n"


def test_the_ledger_is_its_owners_alone_wherever_it_is(file):
    before = os.umask(0)
    try:
        with closing(open_ledger(Place(file=file), serving=True)) as ledger:
            ledger.write(Batch(at=AT))
            modes = {each.name: each.stat().st_mode & 0o777 for each in file.parent.iterdir()}
    finally:
        os.umask(before)

    assert modes == dict.fromkeys(("monitor.db", "monitor.db-wal", "monitor.db-shm", "monitor.db.lock"), 0o600)


def test_another_name_of_the_same_file_is_no_other_ledger(file, tmp_path):
    other = tmp_path / "other.db"
    other.symlink_to(file)
    with closing(open_ledger(Place(file=file), serving=True)):
        assert "is in use by another npsp-monitor" in problem(Place(file=other), serving=True)


def test_a_file_that_is_deleted_or_replaced_while_it_is_used_takes_nothing_more(file):
    with closing(open_ledger(Place(file=file), serving=True)) as ledger:
        ledger.write(Batch(at=AT))
        aside = file.rename(file.with_name("aside.db"))
        with pytest.raises(LedgerError, match=r"monitor\.db: is not there any more .*; put back the one"):
            ledger.write(Batch(at=AT))
        aside.rename(file)
        ledger.write(Batch(at=AT))
        file.unlink()
        with closing(open_ledger(Place(file=file))), pytest.raises(LedgerError, match="is not the file any more"):
            ledger.acks()
