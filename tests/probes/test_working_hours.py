"""probes._working_hours: the calendar of Viet Nam's offices, held against what was announced for these years."""

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes._working_hours import LEGAL, ZONE, between, works

HOUR = timedelta(hours=1)
NOTHING = timedelta()
START = datetime(2019, 1, 1, tzinfo=ZONE)
moments = st.timedeltas(NOTHING, timedelta(days=3285)).map(lambda length: START + length)


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def days(first, last):
    first, last = date.fromisoformat(first), date.fromisoformat(last)
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2023-06-21 08:00", "2023-06-21 17:00", 8),  # a Wednesday
        ("2023-06-21 00:00", "2023-06-22 00:00", 8),
        ("2023-06-21 09:30", "2023-06-21 11:00", 1.5),
        ("2023-06-21 11:30", "2023-06-21 13:30", 1),  # over noon
        ("2023-06-21 12:00", "2023-06-21 13:00", 0),
        ("2023-06-21 16:00", "2023-06-22 09:00", 2),
        ("2023-06-23 16:00", "2023-06-26 09:00", 2),  # over a weekend
        ("2023-06-24 00:00", "2023-06-25 23:59", 0),
        ("2023-06-22 09:00", "2023-06-21 09:00", 0),  # the other way round
        ("2023-04-28 16:00", "2023-05-04 09:00", 2),  # over five days off
        ("2024-02-07 16:00", "2024-02-15 09:00", 2),  # over Tết
    ],
)
def test_working_time_is_what_offices_are_open_for(start, end, hours):
    assert between(at(start), at(end)) == hours * HOUR


def test_the_zone_of_an_instant_does_not_matter():
    start, end = at("2023-06-21 09:00"), at("2023-06-22 10:00")
    assert between(start.astimezone(UTC), end.astimezone(UTC)) == between(start, end) == LEGAL + HOUR


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2019-02-04", "2019-02-08"),  # Tết
        ("2020-01-23", "2020-01-29"),
        ("2021-02-10", "2021-02-16"),
        ("2022-01-31", "2022-02-04"),
        ("2023-01-20", "2023-01-26"),
        ("2024-02-08", "2024-02-14"),
        ("2025-01-27", "2025-01-31"),
        ("2026-02-16", "2026-02-20"),
        ("2022-04-11", "2022-04-11"),  # in lieu of a Giỗ Tổ on a Sunday
        ("2023-04-29", "2023-05-03"),  # which fell on 29 April, a Saturday
        ("2024-04-18", "2024-04-18"),
        ("2024-04-27", "2024-05-01"),  # with a bridge day
        ("2025-04-30", "2025-05-04"),
        ("2026-04-25", "2026-04-27"),
        ("2023-09-01", "2023-09-04"),  # Quốc khánh
        ("2024-08-31", "2024-09-03"),
        ("2025-08-30", "2025-09-02"),
        ("2026-08-29", "2026-09-02"),
        ("2026-01-01", "2026-01-04"),
        ("2026-11-24", "2026-11-24"),
    ],
)
def test_offices_are_closed_on_the_days_that_were_announced(first, last):
    assert [day for day in days(first, last) if works(day)] == []


@pytest.mark.parametrize("day", ["2019-05-04", "2024-05-04", "2025-04-26", "2026-01-10", "2026-08-22"])
def test_a_saturday_that_is_worked_for_a_bridge_day_counts(day):
    assert works(date.fromisoformat(day))


@pytest.mark.parametrize("day", ["2023-01-19", "2023-01-27", "2024-04-26", "2025-05-05", "2025-09-03", "2026-01-05"])
def test_the_days_around_are_working_days(day):
    assert works(date.fromisoformat(day))


@given(instants=st.tuples(moments, moments, moments).map(sorted))
def test_working_time_adds_up(instants):
    first, second, third = instants
    if third - first < timedelta(days=400):
        assert between(first, second) + between(second, third) == between(first, third)


@given(start=moments, length=st.timedeltas(NOTHING, timedelta(days=90)), more=st.timedeltas(NOTHING, timedelta(days=9)))
def test_working_time_grows_with_time_and_never_faster(start, length, more):
    end = start + length
    longer = between(start, end + more)
    assert NOTHING <= between(start, end) <= longer <= length + more
    assert longer - between(start, end) <= more


@given(start=moments)
def test_a_week_has_at_most_six_days_of_eight_hours(start):
    assert between(start, start + timedelta(days=7)) <= 48 * HOUR


def test_the_calendar_is_brought_in_only_when_it_is_asked():
    look = "import sys, probes.dossier; print('holidays' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", look], capture_output=True, check=True, text=True, timeout=60)
    assert said.stdout == "False\n"
