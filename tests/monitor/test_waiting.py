"""Which notices go now, which wait, and for how long."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.incidents import Sharing
from monitor.model import Level
from monitor.notice import Entry, Event, Group, Notice, Severity, key_of
from monitor.store.ledger import Delivery
from monitor.waiting import LONGEST, SHORTEST, about, could_go, expired, in_line, next_try, pause, to_send

AT = datetime(2026, 6, 21, 15, 0, tzinfo=UTC)
MORNING = AT + timedelta(hours=8)
DAY = timedelta(days=1)


def waiting(id_, *codes, event=Event.LOST, due=AT, tries=0):
    entries = tuple(Entry(agency=code, name=code, name_en=code, level=Level.PROVINCE) for code in codes)
    notice = Notice(
        key=key_of(event, AT, (str(id_), *codes)), event=event, at=AT, severity=Severity.CRITICAL, entries=entries
    )
    return Delivery(id=id_, channel="mail", notice=notice, since=AT, not_before=due, tries=tries)


def sent(*deliveries, at=AT):
    return [each.id for each in to_send(deliveries, at)]


LATER = AT + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("deliveries", "ids"),
    [
        ([], []),
        ([waiting(1, "H26"), waiting(2, "H26", event=Event.RESTORED)], [1, 2]),
        ([waiting(2, "H26"), waiting(1, "H57")], [1, 2]),
        ([waiting(1, "H26", due=LATER, tries=1), waiting(2, "H26", event=Event.RESTORED)], []),
        ([waiting(1, "H26", due=LATER, tries=1), waiting(2, "H57")], [2]),
        ([waiting(1, "H26", "H57", due=LATER, tries=1), waiting(2, "H57", "H01"), waiting(3, "H01")], []),
        ([waiting(1, "H26", due=MORNING), waiting(2, "H57")], [2]),
        ([waiting(1, "H26", due=MORNING), waiting(2, "H26", event=Event.STILL_LOST)], [1, 2]),
        ([waiting(1, "H26", due=LATER, tries=1), waiting(2, "H26", event=Event.DAILY)], [2]),
        ([waiting(1, "H26"), waiting(2, "H57", event=Event.CAUGHT_UP)], [2, 1]),
    ],
    ids=[
        "nothing waits",
        "in the order of what happened",
        "in the order of the ledger, whatever order they come in",
        "what must be tried again holds up what is about the same",
        "but nobody else",
        "and whoever is held up holds up in turn",
        "what quiet hours hold holds up nobody",
        "and goes along before something graver about the same",
        "a digest waits for nobody",
        "what was missed is told first",
    ],
)
def test_what_goes_now(deliveries, ids):
    assert sent(*deliveries) == ids


@pytest.mark.parametrize(
    ("deliveries", "own", "ids"),
    [
        ([waiting(1, "H26", due=LATER, tries=1), waiting(2, "H57")], (), []),
        ([waiting(1, "H26", due=LATER, tries=1), waiting(2, event=Event.SCORE)], (), []),
        ([waiting(1, "H01"), waiting(2, "H26", due=LATER, tries=1), waiting(3, "H57")], (), [1]),
        ([waiting(1, "H26", tries=4), waiting(2, "H57", due=LATER, tries=1), waiting(3, "H01")], (), [1, 2, 3]),
        ([waiting(1, "H26", tries=4), waiting(2, "H57", due=MORNING), waiting(3, "H01")], (), [1, 3]),
        ([waiting(1, "H26", due=LATER, tries=4), waiting(2, "H57"), waiting(3, "H26")], (1,), [2]),
    ],
    ids=[
        "nobody overtakes what the channel did not take",
        "nor does a score",
        "what was before it goes before it",
        "when its time has come, it has for all",
        "but not for what quiet hours hold",
        "what fails by itself holds up only what is about the same",
    ],
)
def test_what_people_get_now(deliveries, own, ids):
    assert [each.id for each in in_line(deliveries, AT, own)] == ids


def test_those_that_wait_for_the_morning_are_not_called_waiting():
    assert could_go([waiting(1, "H26", due=MORNING), waiting(2, "H57"), waiting(3, "H01", due=LATER, tries=2)], AT) == 2


def test_the_next_try_is_the_earliest_that_is_still_to_come():
    assert next_try([waiting(1), waiting(2, due=MORNING), waiting(3, due=LATER)], AT) == LATER
    assert next_try([waiting(1)], AT) is None


def test_an_incident_is_about_its_cause_and_what_names_nobody_about_itself():
    group = Group(sharing=Sharing.PLATFORM, value="igate", since=AT, down=9, of=10)
    incident = Notice(key="a", event=Event.INCIDENT, at=AT, severity=Severity.CRITICAL, groups=(group,))
    assert about(incident) == {"platform igate"}
    assert about(Notice(key="b", event=Event.BLIND, at=AT, severity=Severity.WARNING)) == {"blind"}


def test_that_a_level_can_be_answered_again_does_not_overtake_that_it_could_not():
    blind, sighted = (
        Notice(key="b", event=event, at=AT, severity=Severity.WARNING, levels=(Level.PROVINCE,))
        for event in (Event.BLIND, Event.SIGHTED)
    )
    assert about(blind) == about(sighted) == {"level province"}


@pytest.mark.parametrize("tries", range(1, 40))
def test_a_pause_grows_with_the_tries_and_has_bounds(tries):
    most = min(LONGEST, SHORTEST * 2**tries)
    assert pause(tries, lambda: 1.0) == most
    assert pause(tries, lambda: 0.5) == max(SHORTEST, most / 2)
    assert pause(tries, lambda: 0.0) == SHORTEST


@pytest.mark.parametrize(
    ("after", "seconds"), [(0, 5), (60, 60), (3600, 900), (1e300, 900), (float("inf"), 900), (-5, 5)]
)
def test_who_asks_for_a_pause_gets_it_within_bounds(after, seconds):
    assert pause(1, lambda: 0.0, after) == timedelta(seconds=seconds)


def test_a_notice_is_kept_for_its_time_from_when_it_was_written_down():
    assert not expired(waiting(1, tries=1), DAY, AT + DAY)
    assert expired(waiting(1, tries=1), DAY, AT + DAY + timedelta(seconds=1))


def test_what_was_written_in_another_year_that_never_came_is_no_newer_for_it():
    assert expired(waiting(1, tries=1), DAY, AT - 2 * DAY)
    assert not expired(waiting(1, tries=1), DAY, AT - DAY)


def test_what_quiet_hours_hold_is_kept_from_their_end():
    held = waiting(1, due=AT + DAY)
    assert not expired(held, DAY, AT + 2 * DAY)
    assert expired(held, DAY, AT + 2 * DAY + timedelta(seconds=1))


def decided(id_, *codes, event=Event.LOST, minute=0, until=None):
    """At that minute; `until`: when what it tells was over."""
    made = waiting(id_, *codes, event=event)
    over = until and AT + timedelta(minutes=until)
    entries = tuple(replace(entry, since=AT, until=over) for entry in made.notice.entries)
    return replace(made, notice=replace(made.notice, at=AT + timedelta(minutes=minute), entries=entries))


@pytest.mark.parametrize(
    ("before", "ids"),
    [
        ([decided(1, "H26", event=Event.RESTORED, minute=1), decided(2, "H26", minute=9)], [1, 4, 2]),
        ([decided(1, "H57", event=Event.RESTORED, minute=1), decided(2, "H26", minute=9)], [4, 1, 2]),
        (
            [
                decided(1, "H57", event=Event.RESTORED, minute=1),
                decided(2, "H26", "H57", event=Event.RESTORED, minute=2),
                decided(3, "H57", minute=9),
            ],
            [1, 2, 4, 3],
        ),
    ],
    ids=[
        "an end that was told of by itself, and then what was missed, and then what goes on",
        "but of others what was missed is told first",
        "and what comes before that end comes before it still",
    ],
)
def test_what_was_missed_is_told_after_what_was_before_it(before, ids):
    missed = decided(4, "H26", event=Event.CAUGHT_UP, minute=10, until=5)

    assert sent(*before, missed, at=AT + timedelta(minutes=10)) == ids


def test_a_clock_that_was_put_back_holds_nothing_up():
    ordered, tried = waiting(1, "H26"), waiting(2, "H57", due=LATER, tries=1)
    assert sent(ordered, tried, at=AT - DAY) == [1, 2]
    assert could_go([ordered], AT - DAY) == 1
    assert next_try([ordered, tried], AT - DAY) is None


def test_what_quiet_hours_hold_is_not_told_early_by_a_clock_that_was_put_back():
    assert sent(waiting(1, "H26", due=MORNING), at=AT - DAY) == []


def test_what_quiet_hours_of_another_year_hold_is_told():
    assert sent(waiting(1, "H26", due=MORNING), at=AT - 3650 * DAY) == [1]


def test_what_a_dead_channel_missed_is_kept_from_when_it_was_missed():
    missed = waiting(1, "H26", event=Event.CAUGHT_UP)
    old = replace(missed, notice=replace(missed.notice, channel="mail", since=AT - DAY))
    assert expired(old, DAY, AT + timedelta(seconds=1))
    assert not expired(missed, DAY, AT + timedelta(seconds=1))
