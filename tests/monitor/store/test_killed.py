"""Whoever is killed at whatever point leaves whole batches; and several processes on one ledger do each other no harm."""

import json
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from monitor.store.ledger import Batch
from monitor.store.opening import open_ledger

AT = datetime(2026, 1, 1, tzinfo=UTC)

# Forks a process that writes batch after batch, kills it somewhere, and looks at what it left; then the next goes on.
KILLING = """
import os, random, signal, sys, time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from monitor.model import Agency, Change, Level, State
from monitor.notice import Event, Notice, Severity
from monitor.store.ledger import Batch, Fate, Ordered
from monitor.store.opening import open_ledger
from monitor.store.place import Place
from monitor.stories import Kind, Memory, Story, Subject
from probes import Reason, Status

place, at = Place(file=Path(sys.argv[1])), datetime(2026, 1, 1, tzinfo=UTC)
hanoi = Agency(code="H26", name="Hanoi", name_en="Hanoi", level=Level.PROVINCE, counted=True)

def when(number):
    return at + timedelta(seconds=number)

def memory(number):
    story = Story(since=when(number), severity=Severity.INFO)
    return Memory(stories={Subject(kind=Kind.LOSS, value=f"H{each}"): story for each in range(20)})

def batch(number):
    state = State(status=Status.OK, since=when(number), reason=Reason.OK, detail="x" * 200)
    change = Change(agency=hanoi, what="a", before="ok", after="no", at=when(number), since=when(number), reason="", detail="x" * 200)
    notice = Notice(key=f"k{number}", event=Event.LOST, at=when(number), severity=Severity.INFO)
    return Batch(
        at=when(number),
        states={("H26", f"c{each}"): state for each in range(50)},
        changes=[change] * 50,
        before=memory(number - 1),
        memory=memory(number),
        orders=[Ordered(notice=notice, channels={"mail": at, "hook": at})],
    )

def write(pipe, number):
    ledger = open_ledger(place, serving=True)
    while True:
        os.write(pipe, b".")
        ledger.write(batch(number))
        number += 1

def kill(number, chance):
    begun, told = os.pipe()
    child = os.fork()
    if child == 0:
        write(told, number)
    os.close(told)
    os.read(begun, 1)
    for _ in range(chance.randrange(8)):
        os.read(begun, 1)
    until = time.perf_counter() + chance.random() * 0.01
    while time.perf_counter() < until:
        pass
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(begun)

def left(number):
    ledger = open_ledger(place, serving=True)
    held, pending = ledger.recall(), ledger.pending(limit=10**6)
    with ledger._engine.connect() as db:
        assert db.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        assert db.exec_driver_sql("PRAGMA foreign_key_check").all() == []
        changes = db.exec_driver_sql("SELECT count(*) FROM changes").scalar()
    ledger.close()
    if held.at is None:
        assert (held.states, pending, changes) == ({}, [], 0)
        return 0
    latest = round((held.at - at).total_seconds())
    assert latest >= number - 1, "a batch that was on the disk is gone"
    assert {state.since for state in held.states.values()} == {held.at} and len(held.states) == 50
    assert held.memory == memory(latest)
    assert [each.notice.key for each in pending] == [f"k{n}" for n in range(latest + 1) for _ in "ab"]
    assert changes == 50 * (latest + 1)
    return latest + 1

number, chance = 0, random.Random(int(sys.argv[2]))
for _ in range(50):
    kill(number, chance)
    number = left(number)
print(number)
"""


def test_killed_fifty_times_the_ledger_holds_whole_batches_in_their_order(tmp_path):
    ran = subprocess.run(
        [sys.executable, "-c", KILLING, tmp_path / "monitor.db", "6"],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )

    assert ran.returncode == 0, ran.stderr
    assert int(ran.stdout) > 50


PEOPLE = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from monitor.store.ledger import Ack
from monitor.store.opening import open_ledger
from monitor.store.place import Place
from probes._secret import Secret
place = Place(file=Path(sys.argv[1])) if sys.argv[1][0] == "/" else Place(url=Secret(sys.argv[1]))
ledger = open_ledger(place)
for number in range(100):
    ledger.ack(Ack(agency=f"{sys.argv[2]}{number}", by="lan", reason="x", at=datetime(2026, 1, 1, tzinfo=UTC)))
    assert ledger.recall().at
print(len(ledger.acks()))
"""


@pytest.fixture
def serving(place):
    ledger = open_ledger(place, serving=True)
    ledger.write(Batch(at=AT))
    yield ledger
    ledger.close()


def over(person):
    """Whether it ended; a moment is left to it for its turn, far less than the second between two batches."""
    with suppress(subprocess.TimeoutExpired):
        person.wait(0.02)
    return person.poll() is not None


def test_people_write_acks_from_other_processes_while_the_server_writes(place, serving):
    where = str(place.file) if place.file else place.url.reveal()
    people = [
        subprocess.Popen([sys.executable, "-c", PEOPLE, where, name], stdout=subprocess.PIPE, text=True)
        for name in ("A", "B")
    ]
    batches = 0
    while not all(map(over, people)):
        serving.write(Batch(at=AT, checks={"portal": str(batches)}))
        batches += 1
    told = [json.loads(person.communicate(timeout=60)[0]) for person in people]

    assert [person.returncode for person in people] == [0, 0]
    assert (max(told), len(serving.acks())) == (200, 200)
    assert batches > 0
    assert serving.recall().checks == {"portal": str(batches - 1)}


def test_a_lock_whose_holder_was_killed_is_free(place):
    where = str(place.file) if place.file else place.url.reveal()
    code = (
        PEOPLE.split("ledger =", maxsplit=1)[0]
        + "ledger = open_ledger(place, serving=True)\nprint('held', flush=True)\nsys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, where], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout.readline() == "held\n"
        holder.kill()
    ledger = open_ledger(place, serving=True)
    ledger.write(Batch(at=AT))

    assert ledger.recall().at == AT
    ledger.close()
