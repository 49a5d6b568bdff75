"""Every word of why, by a table of cases: the story before, what is seen, the time since it began, what comes of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.alerts import decide
from monitor.alerts.decide import Seen, Step, Why
from monitor.alerts.rules import Telling
from monitor.notice import Event, Severity
from monitor.stories import Story

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
RULES = Telling()

NEW = None
UNTOLD = Story(since=NOON, severity=Severity.WARNING, turns=(NOON,))
TOLD = replace(UNTOLD, told=("k1",), told_at=NOON, on=frozenset({"mail"}))
REMINDED = replace(TOLD, reminders=1, told=("k1", "k2"))
ESCALATED = replace(TOLD, escalated=True)
BACK = replace(TOLD, over_since=NOON)
GONE = replace(UNTOLD, over_since=NOON)
RESTLESS = replace(UNTOLD, turns=(NOON - 2 * HOUR, NOON - HOUR, NOON))
RESTLESS_TOLD = replace(TOLD, turns=RESTLESS.turns)
UNSTABLE = replace(RESTLESS_TOLD, unstable=True)
UNSTABLE_BACK = replace(UNSTABLE, over_since=NOON + 10 * MINUTE)

LOST = Seen(since=NOON)
WELL = Seen(since=None)


@pytest.mark.parametrize(
    ("story", "seen", "after", "why", "event"),
    [
        (NEW, LOST, 0 * MINUTE, Why.TOLD, Event.LOST),
        (NEW, WELL, 0 * MINUTE, Why.NEVER_TOLD, None),
        (NEW, LOST._replace(doubtful=True), 2 * MINUTE, Why.DOUBTFUL, None),
        (NEW, LOST._replace(doubtful=True), 3 * MINUTE, Why.TOLD, Event.LOST),
        (NEW, LOST._replace(explained=True), HOUR, Why.EXPLAINED, None),
        (NEW, LOST._replace(held=True), HOUR, Why.MAINTENANCE, None),
        (UNTOLD, LOST, HOUR, Why.TOLD, Event.LOST),
        (UNTOLD, WELL, MINUTE, Why.NEVER_TOLD, None),
        (RESTLESS, LOST, 0 * MINUTE, Why.TOLD, Event.UNSTABLE),
        (RESTLESS, LOST._replace(explained=True), 0 * MINUTE, Why.EXPLAINED, None),
        (RESTLESS, LOST, 6 * HOUR, Why.TOLD, Event.LOST),  # it was long ago
        (GONE, Seen(since=NOON + HOUR), HOUR, Why.TOLD, Event.LOST),
        (TOLD, LOST, 59 * MINUTE, Why.KNOWN, None),
        (TOLD, LOST._replace(escalates=True), 59 * MINUTE, Why.KNOWN, None),
        (TOLD, LOST._replace(escalates=True), HOUR, Why.ESCALATED, Event.STILL_LOST),
        (TOLD, LOST, HOUR, Why.KNOWN, None),  # there is nobody to tell
        (TOLD, LOST._replace(escalates=True, acked=True), HOUR, Why.ACKNOWLEDGED, None),
        (ESCALATED, LOST._replace(escalates=True), 2 * HOUR, Why.KNOWN, None),
        (replace(TOLD, severity=Severity.INFO), LOST._replace(escalates=True), HOUR, Why.KNOWN, None),
        (TOLD, LOST, DAY, Why.REMINDED, Event.STILL_LOST),
        (TOLD, LOST._replace(acked=True), 9 * DAY, Why.ACKNOWLEDGED, None),
        (TOLD, LOST._replace(held=True), DAY, Why.MAINTENANCE, None),
        (TOLD, LOST._replace(explained=True), DAY, Why.EXPLAINED, None),
        (REMINDED, LOST, DAY, Why.KNOWN, None),
        (REMINDED, LOST, 2 * DAY, Why.REMINDED, Event.STILL_LOST),
        (replace(TOLD, reminders=9), LOST, 6 * DAY, Why.KNOWN, None),
        (replace(TOLD, reminders=9), LOST, 7 * DAY, Why.REMINDED, Event.STILL_LOST),
        (TOLD, WELL, MINUTE, Why.OVER_WAITING, None),
        (BACK, WELL, 2 * MINUTE, Why.OVER_WAITING, None),
        (BACK, WELL, 3 * MINUTE, Why.OVER, Event.RESTORED),
        (BACK, WELL._replace(held=True), HOUR, Why.MAINTENANCE, None),
        (BACK, Seen(since=NOON + 2 * MINUTE), 2 * MINUTE, Why.KNOWN, None),
        (RESTLESS_TOLD, LOST, MINUTE, Why.TOLD, Event.UNSTABLE),
        (UNSTABLE, LOST, 59 * MINUTE, Why.UNSTABLE, None),
        (UNSTABLE, LOST, HOUR, Why.OVER, Event.STEADY),
        (UNSTABLE, LOST._replace(explained=True), HOUR, Why.UNSTABLE, None),
        (UNSTABLE_BACK, WELL, HOUR, Why.UNSTABLE, None),
        (UNSTABLE_BACK, WELL, HOUR + 10 * MINUTE, Why.OVER, Event.STEADY),
        (UNSTABLE_BACK, Seen(since=NOON + 20 * MINUTE), 20 * MINUTE, Why.UNSTABLE, None),
    ],
)
def test_a_loss(story, seen, after, why, event):
    step = decide.loss(story, seen, RULES, NOON + after)

    assert (step.why, step.event) == (why, event)


@pytest.mark.parametrize(
    ("story", "seen", "after", "why", "event"),
    [
        (NEW, LOST, 0 * MINUTE, Why.TOLD, Event.INCIDENT),
        (NEW, LOST._replace(doubtful=True), 2 * MINUTE, Why.DOUBTFUL, None),
        (NEW, LOST._replace(doubtful=True), 3 * MINUTE, Why.TOLD, Event.INCIDENT),
        (NEW, LOST._replace(explained=True), HOUR, Why.EXPLAINED, None),
        (NEW, LOST._replace(held=True), HOUR, Why.MAINTENANCE, None),
        (UNTOLD, WELL, MINUTE, Why.NEVER_TOLD, None),
        (TOLD, LOST, HOUR, Why.KNOWN, None),
        (TOLD, LOST._replace(escalates=True), HOUR, Why.ESCALATED, Event.STILL_DOWN),
        (TOLD, LOST._replace(acked=True), DAY, Why.ACKNOWLEDGED, None),
        (TOLD, LOST, DAY, Why.REMINDED, Event.STILL_DOWN),
        (BACK, WELL, 2 * MINUTE, Why.OVER_WAITING, None),
        (BACK, WELL, 3 * MINUTE, Why.OVER, Event.ENDED),
        (BACK, LOST, 2 * MINUTE, Why.KNOWN, None),
    ],
)
def test_an_incident(story, seen, after, why, event):
    step = decide.incident(story, seen, RULES, NOON + after)

    assert (step.why, step.event) == (why, event)


@pytest.mark.parametrize(
    ("story", "seen", "after", "why", "event"),
    [
        (NEW, LOST, 0 * MINUTE, Why.TOLD, Event.CONFLICT),
        (NEW, LOST._replace(explained=True), HOUR, Why.EXPLAINED, None),
        (NEW, LOST._replace(held=True), HOUR, Why.MAINTENANCE, None),
        (UNTOLD, WELL, MINUTE, Why.NEVER_TOLD, None),
        (TOLD, LOST, 9 * DAY, Why.KNOWN, None),
        (BACK, WELL, 59 * MINUTE, Why.OVER_WAITING, None),
        (BACK, WELL, HOUR, Why.OVER, Event.CONFLICT_OVER),
        (BACK, LOST, HOUR, Why.KNOWN, None),
    ],
)
def test_a_document_against_the_looks(story, seen, after, why, event):
    step = decide.conflict(story, seen, RULES, NOON + after)

    assert (step.why, step.event) == (why, event)


AT_30, AT_7 = (replace(TOLD, stage=days) for days in (30, 7))


@pytest.mark.parametrize(
    ("story", "days", "why", "event"),
    [
        (NEW, 31, Why.NEVER_TOLD, None),
        (NEW, 30, Why.TOLD, Event.CERTIFICATE),
        (NEW, 3, Why.TOLD, Event.CERTIFICATE),
        (NEW, -3, Why.EXPLAINED, None),  # by the loss that it is
        (AT_7, 0, Why.EXPLAINED, None),
        (NEW, None, Why.NEVER_TOLD, None),
        (AT_30, 15, Why.KNOWN, None),
        (AT_30, 14, Why.TOLD, Event.CERTIFICATE),
        (AT_30, 1, Why.TOLD, Event.CERTIFICATE),
        (AT_7, 5, Why.KNOWN, None),
        (AT_7, 20, Why.KNOWN, None),  # renewed for a short time
        (AT_7, None, Why.KNOWN, None),  # after a restart nothing is known before it was looked at
        (AT_7, 300, Why.OVER_WAITING, None),
        (replace(AT_7, over_since=NOON - HOUR), 300, Why.OVER, Event.CERTIFICATE_RENEWED),
        (replace(AT_7, over_since=NOON - HOUR), 5, Why.KNOWN, None),
    ],
)
def test_a_certificate(story, days, why, event):
    ends = None if days is None else NOON + days * DAY
    step = decide.certificate(story, ends, WELL, RULES, NOON)

    assert (step.why, step.event) == (why, event)


def test_a_certificate_is_held_in_maintenance():
    assert decide.certificate(NEW, NOON, WELL._replace(held=True), RULES, NOON).why is Why.MAINTENANCE


@pytest.mark.parametrize(
    ("story", "seen", "after", "why", "event"),
    [
        (NEW, LOST, 14 * MINUTE, Why.WAITING, None),
        (NEW, LOST, 15 * MINUTE, Why.TOLD, Event.BLIND),
        (NEW, LOST._replace(explained=True), HOUR, Why.EXPLAINED, None),
        (NEW, LOST._replace(held=True), HOUR, Why.MAINTENANCE, None),
        (UNTOLD, WELL, MINUTE, Why.NEVER_TOLD, None),
        (TOLD, LOST, DAY, Why.KNOWN, None),
        (BACK, WELL, 14 * MINUTE, Why.OVER_WAITING, None),
        (BACK, WELL, 15 * MINUTE, Why.OVER, Event.SIGHTED),
        (BACK, WELL._replace(explained=True), DAY, Why.EXPLAINED, None),
    ],
)
def test_a_blind_level(story, seen, after, why, event):
    step = decide.blind(story, seen, RULES, NOON + after)

    assert (step.why, step.event) == (why, event)


@pytest.mark.parametrize(
    ("seen", "after", "why", "event"),
    [
        (LOST, 2 * MINUTE, Why.WAITING, None),
        (LOST, 3 * MINUTE, Why.TOLD, Event.SCORE),
        (LOST._replace(doubtful=True), HOUR, Why.WAITING, None),
        (LOST._replace(held=True), HOUR, Why.MAINTENANCE, None),
        (WELL, HOUR, Why.NEVER_TOLD, None),
    ],
)
def test_a_score(seen, after, why, event):
    step = decide.score(UNTOLD, seen, RULES, NOON + after)

    assert (step.why, step.event) == (why, event)


def test_every_word_of_why_has_a_case():
    cases = Path(__file__).read_text(encoding="utf-8")

    assert [name for name in Why.__members__ if f"Why.{name}, " not in cases] == []


def test_what_is_told_again_goes_to_those_who_were_told_and_to_whom_it_is_told_now():
    step = Step(TOLD, Why.ESCALATED, Event.STILL_LOST, escalated=True)
    after = decide.after(TOLD, step, Event.STILL_LOST, "k9", frozenset({"sms"}), NOON + HOUR)

    assert (after.on, after.escalated, after.told) == ({"mail", "sms"}, True, ("k1", "k9"))
    assert after.told_at == NOON  # the next reminder is not put off by it


def test_a_reminder_comes_after_twice_as_long_each_time():
    story, told = TOLD, []
    for hour in range(24 * 40):
        at = NOON + hour * HOUR
        step = decide.loss(story, LOST, RULES, at)
        if step.event:
            told.append(hour / 24)
            story = decide.after(step.story, step, step.event, f"k{hour}", frozenset(), at)

    assert told == [1, 3, 7, 14, 21, 28, 35]
