"""One subject's decision: what is remembered of it, what is seen of it now, the rules and the time; out comes what to tell.

Pure, and asked for every open subject once a second: hence tuples. Nothing here knows of channels or of other subjects; what
bears on a subject from outside (an incident that explains it, maintenance) comes in as what is `Seen`.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from monitor.alerts.rules import Telling
from monitor.channels import Retelling
from monitor.notice import Event, Severity
from monitor.stories import Story

_TOGETHER = 24  # reminders that are due within a part of `remind` are one, and so is what is escalated
_STAGE_TOGETHER = timedelta(hours=12)  # certificates that reach a stage within this time are one notice
DAY = timedelta(days=1)


class Why(StrEnum):
    """Why something is told or is not."""

    TOLD = "told"  # now
    KNOWN = "known"  # it was told, and nothing is new
    REMINDED = "reminded"
    ESCALATED = "escalated"
    WAITING = "waiting"  # for what else there may be to tell, or that it holds
    DOUBTFUL = "doubtful"  # it may yet prove to be part of an incident
    EXPLAINED = "explained"  # by an incident, or a loss, that speaks for it
    MAINTENANCE = "maintenance"
    ACKNOWLEDGED = "acknowledged"
    UNSTABLE = "unstable"  # told to come and go
    OVER_WAITING = "over_waiting"  # it is over, and must have been for a while
    OVER = "over"  # told now
    NEVER_TOLD = "never_told"  # it is over, and nobody was told that it began


class Seen(NamedTuple):
    """What is seen of a subject now, and what bears on telling it."""

    since: datetime | None  # of the trouble; None: there is none
    severity: Severity = Severity.WARNING
    explained: bool = False
    doubtful: bool = False
    held: bool = False  # in maintenance
    acked: bool = False
    escalates: bool = False  # there is somebody to tell when nobody takes it on
    known: datetime | None = None  # since when that was known, where it was later


class Step(NamedTuple):
    """The story as it goes on when nothing is told, and what to tell."""

    story: Story | None
    why: Why
    event: Event | None = None
    could: Event | None = None  # told when something else of the same event is told anyway
    escalated: bool = False


def loss(story: Story | None, seen: Seen, telling: Telling, at: datetime) -> Step:
    """An agency that is lost, or was."""
    story = _turned(story, seen, telling.retelling, at)
    if story is None:
        return Step(None, Why.NEVER_TOLD)
    if not story.told and story.over_since:
        recent = not seen.held and _recent(story.turns, telling.retelling, at)
        return Step(story if recent else None, Why.NEVER_TOLD)
    if seen.held:
        return Step(story, Why.MAINTENANCE)
    if story.unstable:
        return _unstable(story, seen, telling.retelling, at)
    if story.over_since:
        return _over(story, story.over_since, telling.hold, Event.RESTORED, at)
    return _lost(story, seen, telling, at)


def _turned(story: Story | None, seen: Seen, rules: Retelling, at: datetime) -> Story | None:
    """The story with what turned: when it begins again that is one more turn, unless something else accounts for it."""
    if seen.since is None:
        return replace(story, over_since=at) if story and not story.over_since else story
    if story and not story.over_since:
        # Before anybody was told, what is lost may come to be something else, and what began before may be known later.
        same = story.told or story.since == seen.since
        return story if same else replace(story, since=seen.since, seen=seen.known)
    turns = story.turns if story else ()
    if not (seen.held or seen.explained):
        turns = (*_recent(turns, rules, at), seen.known or seen.since)
    if story is None:
        return Story(since=seen.since, seen=seen.known, severity=seen.severity, turns=turns)
    if story.unstable or not story.told:  # who comes and goes was told to be back in between
        story = replace(story, since=seen.since, seen=seen.known)
    return replace(story, over_since=None, turns=turns)


def _recent(turns: Iterable[datetime], rules: Retelling, at: datetime) -> tuple[datetime, ...]:
    return tuple(turn for turn in turns if at - turn <= rules.within)


def _lost(story: Story, seen: Seen, telling: Telling, at: datetime) -> Step:
    rules = telling.retelling
    if seen.explained:
        return Step(story, Why.EXPLAINED)
    if len(story.turns) >= rules.turns and len(_recent(story.turns, rules, at)) >= rules.turns:
        return Step(story, Why.TOLD, Event.UNSTABLE)
    if story.told:
        return again(story, seen, rules, Event.STILL_LOST, at)
    if seen.doubtful and at - story.known < telling.hold:
        return Step(story, Why.DOUBTFUL)
    return Step(story, Why.TOLD, Event.LOST)


def _unstable(story: Story, seen: Seen, rules: Retelling, at: datetime) -> Step:
    moved = max((*story.turns[-1:], story.over_since or story.since))
    if seen.explained or at - moved < rules.steady:
        return Step(story, Why.UNSTABLE)
    return Step(story, Why.OVER, Event.STEADY)


def _over(story: Story, since: datetime, hold: timedelta, event: Event, at: datetime) -> Step:
    if at - since >= hold:
        return Step(story, Why.OVER, event)
    return Step(story, Why.OVER_WAITING, could=event)


def again(story: Story, seen: Seen, rules: Retelling, event: Event, at: datetime) -> Step:
    """Whether to tell again what was told: sooner to somebody else where nobody took it on, and from time to time."""
    if seen.acked:
        return Step(story, Why.ACKNOWLEDGED)
    waited = at - (story.told_at or at)
    escalates = seen.escalates and not story.escalated and story.severity is not Severity.INFO
    if escalates and waited >= rules.escalate:
        return Step(story, Why.ESCALATED, event, escalated=True)
    due = min(rules.remind * 2 ** min(story.reminders, 16), rules.most_between)
    if waited >= due:
        return Step(story, Why.REMINDED, event)
    if escalates and waited >= rules.escalate - rules.escalate / _TOGETHER:
        return Step(story, Why.KNOWN, could=event, escalated=True)
    return Step(story, Why.KNOWN, could=event if waited >= due - rules.remind / _TOGETHER else None)


def incident(story: Story | None, seen: Seen, telling: Telling, at: datetime, *, alone: bool = False) -> Step:
    """A cause that many share. `alone`: it is never told in the company of others, only once it has held."""
    held = _held(story, seen, telling.hold, Event.ENDED, at)
    if isinstance(held, Step):
        return held
    if seen.explained:
        return Step(held, Why.EXPLAINED)
    if held.told:
        return again(held, seen, telling.retelling, Event.STILL_DOWN, at)
    if seen.doubtful and at - held.known < telling.hold:
        return Step(held, Why.DOUBTFUL, could=None if alone else Event.INCIDENT)
    return Step(held, Why.TOLD, Event.INCIDENT)


def _held(story: Story | None, seen: Seen, hold: timedelta, over: Event, at: datetime) -> Story | Step:
    """The story where it goes on; the step, where it is over or nothing may be told of it."""
    story = _begun(story, seen, at)
    if story is None or (story.over_since and not story.told):
        return Step(None, Why.NEVER_TOLD)
    if seen.held:
        return Step(story, Why.MAINTENANCE)
    return _over(story, story.over_since, hold, over, at) if story.over_since else story


def _begun(story: Story | None, seen: Seen, at: datetime) -> Story | None:
    if seen.since is None:
        return replace(story, over_since=at) if story and not story.over_since else story
    if story is None:
        return Story(since=seen.since, seen=seen.known, severity=seen.severity)
    return replace(story, over_since=None) if story.over_since else story


def conflict(story: Story | None, seen: Seen, telling: Telling, at: datetime) -> Step:
    """A document against the looks. Where the agency is lost by them, the loss says so."""
    held = _held(story, seen, telling.retelling.steady, Event.CONFLICT_OVER, at)
    if isinstance(held, Step):
        return held
    if held.told:
        return Step(held, Why.KNOWN)
    if seen.explained:
        return Step(held, Why.EXPLAINED)
    return Step(held, Why.TOLD, Event.CONFLICT)


def certificate(story: Story | None, ends: datetime | None, seen: Seen, telling: Telling, at: datetime) -> Step:
    """One that runs out at `ends`; None: that is not known now, and nothing is said of it."""
    rules = telling.retelling
    if ends is None:
        return Step(story, Why.KNOWN if story else Why.NEVER_TOLD)
    now, soon = stage(ends, rules, at), stage_told(ends, rules, at)
    held = _held(story, seen._replace(since=at if soon else None), rules.steady, Event.CERTIFICATE_RENEWED, at)
    if isinstance(held, Step):
        return held
    if held.stage and soon > held.stage:  # renewed, though not for long
        return Step(replace(held, stage=soon), Why.KNOWN)
    if ends <= at:
        return Step(held, Why.EXPLAINED)  # by the loss that it is
    held = held if held.severity is seen.severity else replace(held, severity=seen.severity)
    told = held.stage or rules.certificate[0] + 1
    if 0 < now < told:
        return Step(held, Why.TOLD, Event.CERTIFICATE)
    return Step(held, Why.WAITING, could=Event.CERTIFICATE) if soon < told else Step(held, Why.KNOWN)


def stage(ends: datetime, rules: Retelling, at: datetime) -> int:
    """The least number of days of the rules that are left, or fewer; 0: more than all of them."""
    left = ends - at
    return min((days for days in rules.certificate if left <= days * DAY), default=0)


def stage_told(ends: datetime, rules: Retelling, at: datetime) -> int:
    """The stage that a notice of now speaks of: who reaches one soon is told with the others."""
    return stage(ends, rules, at + _STAGE_TOGETHER) or stage(ends, rules, at)


def blind(story: Story | None, seen: Seen, telling: Telling, at: datetime) -> Step:
    """A level of which too many answers are unknown."""
    if seen.explained:
        return Step(story, Why.EXPLAINED)
    held = _held(story, seen, telling.retelling.blind_for, Event.SIGHTED, at)
    if isinstance(held, Step):
        return held
    if held.told:
        return Step(held, Why.KNOWN)
    if at - held.known < telling.retelling.blind_for:
        return Step(held, Why.WAITING)
    return Step(held, Why.TOLD, Event.BLIND)


def score(story: Story | None, seen: Seen, telling: Telling, at: datetime) -> Step:
    """A level's score that is not the one that was told. Doubtful: something else may yet say why."""
    story = _begun(story, seen, at)
    if story is None or story.over_since:
        return Step(None, Why.NEVER_TOLD)
    if seen.held:
        return Step(story, Why.MAINTENANCE)
    if seen.doubtful or at - story.known < telling.hold:
        return Step(story, Why.WAITING, could=None if seen.doubtful else Event.SCORE)
    return Step(story, Why.TOLD, Event.SCORE)


def escalated_lately(story: Story, rules: Retelling, at: datetime) -> bool:
    """Whether it is too early to remind whom it was escalated to: to them, that was the first they heard of it."""
    return story.escalated_at is not None and at - story.escalated_at < rules.remind


BEGINS = frozenset({Event.LOST, Event.UNSTABLE, Event.INCIDENT, Event.CONFLICT, Event.CERTIFICATE, Event.BLIND})
STILL = frozenset({Event.STILL_LOST, Event.STILL_DOWN})


def after(story: Story, step: Step, event: Event, key: str, on: frozenset[str], at: datetime) -> Story | None:
    """The story once its notice was decided; None: nothing is left to remember."""
    if event in BEGINS:
        return _told(story, key, on, told_at=at, unstable=event is Event.UNSTABLE, reminders=0)
    if step.escalated:
        return _told(story, key, on, escalated=True, escalated_at=at)
    if event in STILL:
        return _told(story, key, on, told_at=at, reminders=story.reminders + 1)
    if event is Event.RESTORED or (event is Event.STEADY and story.over_since):
        turns = story.turns if event is Event.RESTORED else ()
        return Story(since=story.since, severity=story.severity, over_since=story.over_since, turns=turns)
    if event is Event.STEADY:  # and lost: to be restored one day
        return _told(story, key, on, told_at=at, unstable=False, turns=())
    return None


def _told(story: Story, key: str, on: frozenset[str], **other: Any) -> Story:
    """With one change for all: of a burning estate there are ten thousand."""
    return replace(story, told=_ends((*story.told, key)), on=story.on | on if story.on else on, **other)


def _ends(keys: tuple[str, ...]) -> tuple[str, ...]:
    """The first and the latest."""
    return keys[:1] if len(keys) == 1 else (keys[0], keys[-1])
