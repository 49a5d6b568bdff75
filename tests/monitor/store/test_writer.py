"""Batches go to the disk in a thread; what came of it is told on the loop."""

import asyncio
import threading
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from monitor.store.ledger import Ack, Batch, LedgerError
from monitor.store.writer import KEPT, Writer
from monitor.trust import Trust
from monitor.vitals import Vitals

AT = datetime(2026, 1, 1, tzinfo=UTC)


class Disk:
    """A ledger that takes as long as the test wants, and fails as it is told."""

    def __init__(self):
        self.free = threading.Event()
        self.free.set()
        self.fails = None
        self.written, self.pruned, self.left = [], [], 0

    def write(self, batch):
        assert self.free.wait(30)
        if self.fails:
            raise self.fails
        self.written.append(batch.at)

    def prune(self, before):
        self.pruned.append(before)
        self.left -= 1
        if self.left < -1:
            raise LedgerError("gone")
        return max(self.left, 0)


@pytest.fixture
def vitals():
    return Vitals(started=AT)


def batch(seconds=0):
    return Batch(at=AT + timedelta(seconds=seconds))


async def outcome(writer, of):
    told = asyncio.get_running_loop().create_future()
    writer.submit(of, told.set_result)
    found = await told
    assert await writer.close(timedelta(seconds=30))
    return found


async def test_a_batch_is_on_the_disk_when_its_outcome_is_told_on_the_loop(ledger, vitals):
    writer = Writer(ledger, vitals)
    thread = asyncio.get_running_loop().create_future()
    writer.submit(batch(), lambda error: thread.set_result((error, threading.current_thread())))

    assert await thread == (None, threading.main_thread())
    assert ledger.recall().at == AT
    assert (vitals.store_writes, vitals.store_failures, vitals.store_at) == (1, 0, AT)
    assert await writer.close(timedelta(seconds=30))


async def test_while_a_batch_is_under_way_no_other_is_taken_and_the_loop_goes_on(vitals):
    disk = Disk()
    writer, told = Writer(disk, vitals), asyncio.get_running_loop().create_future()
    disk.free.clear()
    writer.submit(batch(), told.set_result)

    assert writer.busy
    with pytest.raises(RuntimeError):
        writer.submit(batch(1), told.set_result)
    assert not told.done()
    disk.free.set()
    assert await told is None
    assert await writer.close(timedelta(seconds=30))
    assert not writer.busy
    assert disk.written == [AT]


async def test_closing_waits_for_the_batch_under_way_but_not_for_ever(vitals):
    disk = Disk()
    writer, told = Writer(disk, vitals), asyncio.get_running_loop().create_future()
    disk.free.clear()
    writer.submit(batch(), told.set_result)

    assert not await writer.close(timedelta(milliseconds=1))
    disk.free.set()
    assert await writer.close(timedelta(seconds=30))
    assert await told is None


async def test_a_failure_is_told_counted_and_said_once_a_minute_and_the_next_try_may_work(vitals):
    disk = Disk()
    writer = Writer(disk, vitals)
    disk.fails = LedgerError("the disk is full")
    with capture_logs() as logs:
        found = [await outcome(writer, batch(seconds)) for seconds in (0, 1, 59, 61)]
        disk.fails = None
        found.append(await outcome(writer, batch(62)))

    assert [str(error) for error in found[:4]] == ["the disk is full"] * 4
    assert found[4] is None
    assert [(entry["event"], entry.get("problem")) for entry in logs] == [
        ("store_fails", "the disk is full"),
        ("store_fails", "the disk is full"),
        ("store_works_again", None),
    ]
    assert (vitals.store_writes, vitals.store_failures) == (1, 4)
    assert vitals.store_at == AT + timedelta(seconds=62)


async def test_a_mistake_of_ours_is_a_failure_too(vitals):
    disk = Disk()
    disk.fails = TypeError("no")
    with capture_logs() as logs:
        found = await outcome(Writer(disk, vitals), batch())

    assert str(found) == "TypeError in writing a batch"
    assert [entry["event"] for entry in logs] == ["batch_not_written", "store_fails"]


async def test_what_is_old_is_forgotten_in_portions_after_a_batch_and_then_once_an_hour(vitals):
    disk = Disk()
    disk.left = 3
    writer = Writer(disk, vitals)
    for seconds in (0, 1, 2, 3, 3602):
        await outcome(writer, batch(seconds))

    assert disk.pruned == [AT + timedelta(seconds=seconds) - KEPT for seconds in (0, 1, 2, 3602)]


async def test_a_clock_that_leaps_by_years_forgets_nothing(vitals):
    disk, steady = Disk(), [0.0]
    vitals.trust = Trust(lambda: steady[0])
    writer = Writer(disk, vitals)
    years = timedelta(days=3650).total_seconds()
    for seconds in (0, years, years + 4000):
        await outcome(writer, batch(seconds))
    assert disk.pruned == [AT - KEPT]

    steady[0] = 86_400.0
    await outcome(writer, batch(86_400))
    assert disk.pruned == [AT - KEPT]  # a day after it leapt, and just now it leapt back
    steady[0] *= 2
    await outcome(writer, batch(2 * 86_400))
    assert disk.pruned == [AT - KEPT, AT + timedelta(days=2) - KEPT]


async def test_after_a_clock_was_put_back_it_is_forgotten_and_said_as_before(vitals):
    disk = Disk()
    writer = Writer(disk, vitals)
    await outcome(writer, batch(10_000))
    await outcome(writer, batch(0))
    disk.fails = LedgerError("the disk is full")
    with capture_logs() as logs:
        await outcome(writer, batch(10_000))
        await outcome(writer, batch(0))

    assert disk.pruned == [AT + timedelta(seconds=seconds) - KEPT for seconds in (10_000, 0)]
    assert [entry["event"] for entry in logs] == ["store_fails"] * 2


async def test_that_nothing_can_be_forgotten_does_not_make_a_batch_a_failure(vitals):
    disk = Disk()
    disk.left = -1
    with capture_logs() as logs:
        assert await outcome(Writer(disk, vitals), batch()) is None

    assert [entry["event"] for entry in logs] == ["store_not_pruned"]


async def test_a_batch_that_could_not_be_written_leaves_nothing_behind(ledger, vitals):
    """The ledger is closed for writing in the middle of a batch: by a row that breaks a rule of its tables."""
    broken = Batch(at=AT, states={("H26", None): None}, checks={"portal": None})

    assert "constraint" in str(await outcome(Writer(ledger, vitals), broken)).lower()
    assert ledger.recall().at is None
    ledger.ack(Ack(agency="H26", by="lan", reason="x", at=AT))
    assert await outcome(Writer(ledger, vitals), batch(1)) is None


def test_a_batch_that_outlives_its_loop_is_written_all_the_same(vitals):
    disk = Disk()
    disk.free.clear()
    others = threading.enumerate()

    async def leave():
        Writer(disk, vitals).submit(batch(), pytest.fail)
        return next(each for each in threading.enumerate() if each.name == "ledger" and each not in others)

    thread = asyncio.run(leave())
    disk.free.set()
    thread.join(60)
    assert disk.written == [AT]


async def test_a_disk_that_hangs_is_said_and_counted_as_long_as_it_does(vitals, monkeypatch, wait_until):
    monkeypatch.setattr("monitor.store.writer._LATE", 0.01)
    disk = Disk()
    disk.free.clear()
    writer, told = Writer(disk, vitals), asyncio.get_running_loop().create_future()
    with capture_logs() as logs:
        writer.submit(batch(), told.set_result)
        await wait_until(lambda: vitals.store_failures >= 2)
        disk.free.set()
        assert await told is None
        assert await writer.close(timedelta(seconds=30))

    assert [entry["event"] for entry in logs][:2] == ["store_hangs", "store_hangs"]
    assert logs[-1]["event"] == "store_answers_again"
    assert vitals.store_writes == 1
