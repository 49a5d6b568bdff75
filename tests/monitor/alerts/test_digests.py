"""When digests are told: once, over restarts, a process that slept and a clock that jumps."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

import pytest

from monitor.alerts.digests import daily, weekly

SEVEN = time(7)  # 07:00 in Viet Nam is midnight in UTC


def instant(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("last", "at", "begins"),
    [
        ("2026-11-25T01:00", "2026-11-25T23:59", []),
        ("2026-11-25T01:00", "2026-11-26T00:00", ["2026-11-25"]),
        ("2026-11-25T01:00", "2026-11-26T09:00", ["2026-11-25"]),  # it slept over the hour
        ("2026-11-25T01:00", "2026-11-29T09:00", ["2026-11-25"]),  # and over days: one, of all of them
        ("2026-11-26T00:00", "2026-11-26T00:00", []),
        ("2026-11-26T00:00", "2026-11-25T23:00", []),  # the clock was set back
        ("2026-11-26T00:00", "2026-11-26T00:05", []),
        ("2030-01-01T00:00", "2026-11-26T00:00", []),  # it was years ahead
        (None, "2026-11-26T00:00", []),
    ],
)
def test_a_daily_digest_is_due_once(make, last, at, begins):
    channels = {"mail": make.channel("mail", daily=SEVEN), "hook": make.channel("hook")}
    due = daily(channels, last and instant(last), instant(at))

    assert due == {instant(begin): frozenset({"mail"}) for begin in begins}


@pytest.mark.parametrize(
    ("last", "at", "begins"),
    [
        ("2026-11-23T00:00", "2026-11-29T23:59", []),
        ("2026-11-23T00:00", "2026-11-30T00:00", ["2026-11-23"]),  # a Monday
        ("2026-11-23T00:00", "2026-12-02T00:00", ["2026-11-23"]),
        ("2026-11-18T12:00", "2026-11-23T00:00", ["2026-11-16"]),
    ],
)
def test_a_weekly_digest_is_due_once(make, last, at, begins):
    channels = {"mail": make.channel("mail", weekly=(0, SEVEN))}

    assert weekly(channels, instant(last), instant(at)) == {instant(begin): frozenset({"mail"}) for begin in begins}


def test_each_channel_has_its_own_hour(make):
    channels = {name: make.channel(name, daily=time(hour)) for name, hour in (("a", 7), ("b", 7), ("c", 17))}

    assert daily(channels, instant("2026-11-25T10:00"), instant("2026-11-26T10:00")) == {
        instant("2026-11-25"): frozenset("ab"),
        instant("2026-11-25T10:00"): frozenset("c"),
    }


@pytest.mark.parametrize("minutes", [1, 7, 60, 600, 1439, 1441, 4000])
@pytest.mark.parametrize("hour", [0, 7, 23])
def test_however_often_it_is_asked_each_hour_is_told_of_once_and_none_is_left_out(make, minutes, hour):
    channels = {"mail": make.channel("mail", daily=time(hour))}
    last, told = instant("2026-11-25T12:30"), []
    for number in range(1, 14 * 1440 // minutes):
        at = instant("2026-11-25T12:30") + number * timedelta(minutes=minutes)
        for begin in daily(channels, last, at):
            told.append((begin, at))
            last = at

    assert len(told) >= 13 * 1440 // max(1440, minutes) - 1
    for (_, before), (begin, _) in pairwise(told):
        assert begin <= before < begin + timedelta(days=1)  # what follows begins where the one before was due
