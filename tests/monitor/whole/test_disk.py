"""A disk that is full while an agency is lost: looks go on, nothing is told that could not be written, and nothing is forgotten."""

import resource
import signal
from contextlib import contextmanager
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from probes import Reason


@contextmanager
def full():
    """No file of this process can be written, as by a disk without room."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handled = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, before[1]))
    try:
        with capture_logs() as logs:  # what they are usually written to is a file, too
            yield logs
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handled)


async def test_what_turns_while_the_disk_is_full_is_told_once_there_is_room_with_its_true_time(lives):
    vitals = lives.service.vitals
    looks = lives.probe.looks
    lives.probe.wrong["H26"] = Reason.HTTP_5XX
    with full() as logs:
        lives.clock.at += timedelta(seconds=1)
        began = lives.clock.at
        for _ in range(10):
            await lives.look()
            lives.service.heed()
            await lives.quiet()
            lives.clock.at += timedelta(minutes=1)
        failures, told = vitals.store_failures, lives.duty.events
    await lives.tick()
    await lives.minutes(3)

    assert (failures, told) == (10, ["initial"])
    assert lives.probe.looks - looks == 3 * 14
    assert next(line["told"] for line in logs if line["event"] == "store_fails") == "nothing, till it can be written"
    assert lives.duty.events == ["initial", "lost"]
    assert [(entry.agency, entry.since) for entry in lives.duty.came[-1].entries] == [("H26", began)]
    assert vitals.store_failures == failures


async def test_who_is_back_before_there_is_room_is_told_of_by_nobody(lives):
    lives.probe.wrong["H26"] = Reason.HTTP_5XX
    with full():
        for _ in range(3):
            lives.clock.at += timedelta(minutes=1)
            await lives.look()
            lives.service.heed()
            await lives.quiet()
        del lives.probe.wrong["H26"]
        lives.clock.at += timedelta(minutes=1)
        await lives.look()
    await lives.minutes(5)

    assert lives.duty.events == ["initial"]


async def test_what_was_delivered_while_the_disk_was_full_is_not_delivered_again(lives, wait_until):
    lives.duty.open.clear()
    lives.duty.asked.clear()
    lives.probe.wrong["H26"] = Reason.HTTP_5XX
    await lives.tick()
    await lives.duty.asked.wait()
    with full() as logs:
        lives.duty.open.set()
        await wait_until(lambda: any(line["event"] == "ledger_fails_deliveries" for line in logs))
        waiting = len(lives.ledger.pending())
    lives.clock.at += timedelta(minutes=1)
    await lives.decide()
    await lives.minutes(2)

    assert waiting == 1
    assert lives.duty.events == ["initial", "lost"]


@pytest.mark.parametrize("ends", ["end", "die"])
async def test_a_monitor_that_ends_on_a_full_disk_tells_what_it_could_not_write_after_its_next_start(lives, ends):
    lives.probe.wrong["H26"] = Reason.HTTP_5XX
    with full():
        lives.clock.at += timedelta(seconds=1)
        await lives.look()
        lives.service.heed()
        await lives.quiet()
        await getattr(lives, ends)()
    await lives.begin()
    await lives.minutes(2)

    assert lives.duty.events == ["initial", "lost"]
