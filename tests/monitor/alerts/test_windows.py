"""When maintenance is, in local time of any zone, right across changes of daylight saving."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts.windows import held, next_begin, open_since
from monitor.store.ledger import Window

HOUR = timedelta(hours=1)


def window(begin, zone="Asia/Ho_Chi_Minh", lasts=HOUR, **of):
    return Window(id="w", begin=datetime.fromisoformat(begin), lasts=lasts, zone=zone, reason="x", **of)


def begins(it, after, number):
    found, at = [], datetime.fromisoformat(after).replace(tzinfo=UTC)
    while len(found) < number and (at := next_begin(it, at)):
        found.append(at.isoformat()[:16])
    return found


@pytest.mark.parametrize(
    ("begin", "zone", "every", "after", "expected"),
    [
        ("2026-11-25 22:00", "Asia/Ho_Chi_Minh", "", "2026-01-01", ["2026-11-25T15:00"]),
        ("2026-11-25 22:00", "Asia/Ho_Chi_Minh", "", "2026-11-26", []),
        ("2026-11-25 22:00", "Asia/Ho_Chi_Minh", "daily", "2027-02-01", ["2027-02-01T15:00", "2027-02-02T15:00"]),
        ("2026-11-25 22:00", "Asia/Ho_Chi_Minh", "weekly", "2026-11-26", ["2026-12-02T15:00", "2026-12-09T15:00"]),
        # 22:00 stays 22:00: in Berlin it is 21:00 UTC in winter and 20:00 in summer
        ("2026-03-27 22:00", "Europe/Berlin", "daily", "2026-03-27T22", ["2026-03-28T21:00", "2026-03-29T20:00"]),
        ("2026-10-23 22:00", "Europe/Berlin", "daily", "2026-10-23T22", ["2026-10-24T20:00", "2026-10-25T21:00"]),
        ("2026-03-01 22:00", "Europe/Berlin", "weekly", "2026-03-22", ["2026-03-22T21:00", "2026-03-29T20:00"]),
        # 02:30 does not exist on 29 March: 03:30 by the summer's clock
        (
            "2026-03-28 02:30",
            "Europe/Berlin",
            "daily",
            "2026-03-28",
            ["2026-03-28T01:30", "2026-03-29T01:30", "2026-03-30T00:30"],
        ),
        # 02:30 comes twice on 25 October: the first of the two
        (
            "2026-10-24 02:30",
            "Europe/Berlin",
            "daily",
            "2026-10-24",
            ["2026-10-24T00:30", "2026-10-25T00:30", "2026-10-26T01:30"],
        ),
        # by half an hour, on the other half of the globe
        ("2026-10-03 02:15", "Australia/Lord_Howe", "daily", "2026-10-02", ["2026-10-02T15:45", "2026-10-03T15:45"]),
        # a day that Samoa never had
        ("2011-12-29 12:00", "Pacific/Apia", "daily", "2011-12-29", ["2011-12-29T22:00", "2011-12-30T22:00"]),
        ("2026-01-31 22:00", "UTC", "monthly", "2026-02-01", ["2026-02-28T22:00", "2026-03-31T22:00"]),
        ("2026-11-30 22:00", "UTC", "monthly", "2027-01-01", ["2027-01-30T22:00", "2027-02-28T22:00"]),
    ],
)
def test_when_it_begins(begin, zone, every, after, expected):
    it = window(begin, zone, every=every)

    assert begins(it, after, len(expected) + (not every)) == expected


def test_no_repetition_begins_after_the_last():
    it = window("2026-11-25 22:00", every="daily", until=datetime.fromisoformat("2026-11-26 22:00"))

    assert begins(it, "2026-11-01", 9) == ["2026-11-25T15:00", "2026-11-26T15:00"]


@pytest.mark.parametrize(
    ("zone", "night", "opened", "closed"),
    [
        # It lasts six real hours over the night in which an hour is left out, and over that with one more.
        ("Europe/Berlin", "2026-03-28 22:00", "2026-03-28T21:00", "2026-03-29T03:00"),
        ("Europe/Berlin", "2026-10-24 22:00", "2026-10-24T20:00", "2026-10-25T02:00"),
    ],
)
def test_it_lasts_as_long_as_it_says(zone, night, opened, closed):
    it = window(night, zone, lasts=6 * HOUR)
    first, last = (datetime.fromisoformat(each).replace(tzinfo=UTC) for each in (opened, closed))
    moment = timedelta(seconds=1)

    assert open_since(it, first - moment) is None
    assert open_since(it, first) == open_since(it, last - moment) == first
    assert open_since(it, last) is None


def test_of_windows_that_overlap_the_first_that_began_counts():
    both = [
        window("2026-11-25 21:00", agencies=frozenset({"H01"})),
        window("2026-11-25 21:30", agencies=frozenset({"H01", "H02"})),
        window("2026-11-25 21:45"),
        window("2026-11-26 21:45"),
    ]
    now = held(both, datetime(2026, 11, 25, 14, 50, tzinfo=UTC))

    assert now.since("H01") == datetime(2026, 11, 25, 14, tzinfo=UTC)
    assert now.since("H02") == datetime(2026, 11, 25, 14, 30, tzinfo=UTC)
    assert now.since("H03") == now.everybody == datetime(2026, 11, 25, 14, 45, tzinfo=UTC)
    assert held(both, datetime(2026, 11, 25, 18, tzinfo=UTC)).since("H01") is None


@given(
    st.sampled_from(
        ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Ho_Chi_Minh", "Africa/Casablanca"]
    ),
    st.sampled_from(["daily", "weekly", "monthly"]),
    st.datetimes(*map(datetime.fromisoformat, ("2020-01-01", "2030-01-01"))),
    st.integers(1, 23),
    st.integers(0, 10_000),
)
def test_at_any_instant_it_is_open_exactly_after_its_latest_begin(zone, every, begin, hours, later):
    it = window(begin.isoformat(), zone, lasts=hours * HOUR, every=every)
    at = begin.replace(tzinfo=UTC) + later * HOUR
    since = open_since(it, at)
    if since is None:
        begun = next_begin(it, at - it.lasts)
        assert begun is None or begun > at
    else:
        assert since <= at < since + it.lasts
        assert next_begin(it, since - timedelta(microseconds=1)) == since
