"""A monitor that is ended or killed at whatever time goes on where it was: nothing is told twice, and nothing is forgotten."""

from datetime import timedelta

import pytest

from monitor.model import Level
from probes import Reason


def moves(notice, level=Level.PROVINCE):
    return next((str(move.before), str(move.after)) for move in notice.moves if move.level is level)


@pytest.fixture(params=["end", "die"])
def ends(request):
    """`await ends(lives)`: in either way."""
    return lambda lives: getattr(lives, request.param)()


async def test_a_loss_that_was_seen_and_not_told_is_told_once_after_a_restart(lives, ends):
    lives.probe.wrong["H26"] = Reason.HTTP_5XX
    lives.clock.at += timedelta(seconds=1)
    await lives.look()
    await ends(lives)
    await lives.begin()
    await lives.minutes(3)

    assert lives.duty.events == ["initial", "lost"]
    assert moves(lives.duty.came[-1]) == ("(2, 2)", "(1, 2)")


async def test_a_loss_that_was_decided_and_not_delivered_is_delivered_once_after_a_restart(lives, ends, monkeypatch):
    monkeypatch.setattr("monitor.server.GRACE", timedelta(milliseconds=10))
    lives.duty.open.clear()
    lives.probe.wrong["H26"] = Reason.HTTP_5XX
    await lives.tick()
    (waiting,) = lives.ledger.pending()
    await ends(lives)
    lives.duty.open.set()
    await lives.begin()
    await lives.minutes(3)

    assert lives.duty.events == ["initial", "lost"]
    assert lives.duty.came[-1] == waiting.notice


async def test_a_loss_that_was_told_is_not_told_again_after_a_restart_and_its_end_is(lives, ends):
    lives.probe.wrong["H26"] = Reason.HTTP_5XX
    await lives.tick()
    began = lives.clock.at
    await ends(lives)
    await lives.begin()
    await lives.minutes(3)
    del lives.probe.wrong["H26"]
    await lives.tick()
    back = lives.clock.at
    await ends(lives)
    await lives.begin()
    await lives.minutes(5)

    assert lives.duty.events == ["initial", "lost", "restored"]
    assert [(entry.since, entry.until) for entry in lives.duty.came[-1].entries] == [(began, back)]
    assert moves(lives.duty.came[-1]) == ("(1, 2)", "(2, 2)")


async def test_the_time_to_a_reminder_goes_on_over_a_restart(lives, ends):
    lives.probe.wrong["H26"] = Reason.HTTP_5XX
    await lives.tick()
    await lives.tick(timedelta(minutes=9))
    await ends(lives)
    await lives.begin()
    await lives.tick(timedelta(minutes=10))
    await lives.tick(timedelta(minutes=10))
    before = lives.duty.events
    await lives.tick(timedelta(minutes=1))
    await lives.tick(timedelta(minutes=1))

    assert before == ["initial", "lost"]
    assert lives.duty.events == ["initial", "lost", "still_lost"]


async def test_what_was_found_at_the_first_start_is_told_once_for_ever(lives, ends):
    for _ in range(3):
        await ends(lives)
        await lives.begin()
        await lives.minutes(2)

    assert lives.duty.events == ["initial"]


async def test_a_first_start_that_was_cut_off_is_made_anew(lives, place, ends):
    await ends(lives)
    place.file.unlink()
    lives.duty.came.clear()
    await lives.begin()
    await lives.decide()  # nobody was looked at
    await ends(lives)
    lives.probe.wrong["H26"] = Reason.HTTP_5XX
    await lives.begin()
    await lives.minutes(3)

    assert lives.duty.events == ["initial"]
    assert [entry.agency for entry in lives.duty.came[0].entries] == ["H26"]


async def test_an_hour_in_which_nobody_looked_is_told_once(lives, ends):
    last = lives.clock.at
    await ends(lives)
    lives.clock.at += timedelta(hours=1)
    await lives.begin()
    await lives.decide()
    told = lives.clock.at
    await lives.minutes(2)
    await ends(lives)
    await lives.begin()
    await lives.minutes(2)

    assert lives.duty.events == ["initial", "silent"]
    assert (lives.duty.came[-1].since, lives.duty.came[-1].until) == (last, told)


async def test_who_was_lost_while_nobody_looked_is_told_to_be_and_nobody_else(lives, ends):
    await ends(lives)
    lives.clock.at += timedelta(hours=1)
    lives.probe.wrong["H29"] = Reason.HTTP_5XX
    await lives.begin()
    await lives.minutes(3)

    assert sorted(lives.duty.events) == ["initial", "lost", "silent"]
    (lost,) = lives.duty.of("lost")
    assert [entry.agency for entry in lost.entries] == ["H29"]
    assert moves(lost) == ("(2, 2)", "(1, 2)")


async def test_who_was_back_while_the_clock_was_a_year_ahead_is_told_to_be_once_it_is_put_back(lives, ends):
    lives.probe.wrong["H26"] = Reason.HTTP_5XX
    await lives.tick()
    began = lives.clock.at
    lives.clock.at += timedelta(days=365)
    del lives.probe.wrong["H26"]
    await lives.tick()
    lives.clock.at -= timedelta(days=365)
    await ends(lives)
    await lives.begin()
    await lives.minutes(5)

    assert lives.duty.events[-1] == "restored"
    (entry,) = lives.duty.came[-1].entries
    assert began == entry.since < entry.until < began + timedelta(minutes=2)
