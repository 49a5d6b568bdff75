"""Which channels get a notice and when."""

from datetime import UTC, date, datetime, time

import pytest

from monitor.alerts.routing import takers, when
from monitor.channels import Quiet
from monitor.model import Level
from monitor.notice import Event, Severity

PROVINCE, MINISTRY, NATIONAL = Level.PROVINCE, Level.MINISTRY, Level.NATIONAL


@pytest.fixture
def channels(make):
    them = [
        make.channel("all"),
        make.channel("grave", least=Severity.CRITICAL),
        make.channel("losses", events=frozenset({Event.LOST, Event.STILL_LOST})),
        make.channel("provinces", levels=frozenset({PROVINCE})),
        make.channel("chief", escalation=True),
    ]
    return {each.name: each for each in them}


@pytest.mark.parametrize(
    ("event", "severity", "levels", "escalated", "expected"),
    [
        (Event.LOST, Severity.WARNING, {PROVINCE}, False, {"all", "losses", "provinces"}),
        (Event.LOST, Severity.WARNING, {MINISTRY}, False, {"all", "losses"}),
        (Event.LOST, Severity.WARNING, {MINISTRY, PROVINCE}, False, {"all", "losses", "provinces"}),
        (Event.INCIDENT, Severity.CRITICAL, {NATIONAL}, False, {"all", "grave"}),
        (Event.INCIDENT, Severity.CRITICAL, set(), False, {"all", "grave", "provinces"}),
        (Event.CERTIFICATE, Severity.INFO, {PROVINCE}, False, {"all", "provinces"}),
        (Event.STILL_LOST, Severity.WARNING, {PROVINCE}, True, {"chief"}),
        (Event.STILL_LOST, Severity.WARNING, {PROVINCE}, False, {"all", "losses", "provinces"}),
    ],
)
def test_who_is_told(channels, event, severity, levels, escalated, expected):
    assert takers(channels, event, severity, levels, escalated=escalated) == expected


NIGHT, NOON_REST = Quiet(begin=time(22), end=time(6, 30)), Quiet(begin=time(12), end=time(13, 30))


@pytest.mark.parametrize(
    ("quiet", "at", "severity", "expected"),
    [
        (NIGHT, "14:59", Severity.WARNING, "14:59"),  # 21:59 in Viet Nam
        (NIGHT, "15:00", Severity.WARNING, "23:30"),
        (NIGHT, "15:00", Severity.CRITICAL, "15:00"),
        (NIGHT, "23:29", Severity.INFO, "23:30"),
        (NIGHT, "23:30", Severity.INFO, "23:30"),
        (NOON_REST, "05:00", Severity.INFO, "06:30"),
        (NOON_REST, "06:30", Severity.INFO, "06:30"),
        (NOON_REST, "04:59", Severity.INFO, "04:59"),
        (Quiet(begin=time(8), end=time(8)), "01:30", Severity.INFO, "01:30"),
        (None, "15:00", Severity.INFO, "15:00"),
    ],
)
def test_people_are_left_in_peace_in_quiet_hours(make, quiet, at, severity, expected):
    hour, wanted = (datetime.combine(date(2026, 11, 25), time.fromisoformat(each), UTC) for each in (at, expected))

    assert when(make.channel("mail", quiet=quiet), Event.LOST, severity, hour) == wanted
    assert when(make.channel("hook", quiet=quiet, notifier=make.Machine()), Event.LOST, severity, hour) == hour


def test_after_midnight_the_night_is_still_quiet(make):
    at = datetime(2026, 11, 25, 18, tzinfo=UTC)  # 01:00 on the 26th in Viet Nam

    assert when(make.channel("mail", quiet=NIGHT), Event.LOST, Severity.INFO, at) == datetime(
        2026, 11, 25, 23, 30, tzinfo=UTC
    )


def test_that_something_grave_is_over_wakes_nobody(make):
    night = datetime(2026, 11, 25, 18, 0, tzinfo=UTC)  # 01:00 in Viet Nam
    mail = make.channel("mail", quiet=NIGHT)

    assert when(mail, Event.INCIDENT, Severity.CRITICAL, night) == night
    assert when(mail, Event.ENDED, Severity.CRITICAL, night) > night
