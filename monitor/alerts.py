"""From changes to incidents and notices: who is lost, what explains it, and what is worth telling whom.

`tell` is the one decision what is told when, pure, with the time passed in. What happens waits until it has held for a
while, and is told together with whatever else waits: a loss that an incident explains is not told by itself, the
incident speaks for all; what was told to be lost, or to be down, is told to be restored, or over.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from monitor.incidents import Counting, Incident, Scene, Sharing, follow
from monitor.model import Answer, Change, Condition

T = TypeVar("T")

CONDITIONS = frozenset(Condition)


class Word(StrEnum):
    """What a notice says."""

    LOST = "lost"  # agencies are no longer merged or connected, or can no longer be seen to be
    RESTORED = "restored"
    INCIDENT = "incident"  # one for everybody who is down by it
    ENDED = "ended"  # of incidents


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing to tell: about agencies, or about incidents."""

    word: Word
    at: datetime  # UTC, when it was decided
    agencies: tuple[str, ...] = ()  # codes, sorted; of incidents, those that they explain
    incidents: tuple[Incident, ...] = ()  # as they were when they were told, also where they have ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """When what is told."""

    hold: timedelta = timedelta(minutes=3)  # that it must have held
    counting: Counting = field(default_factory=Counting)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What was told and has not been taken back, and since when it could be."""

    lost: Mapping[str, datetime | None] = field(default_factory=dict)  # agency -> since when it is back
    incidents: Mapping[Incident, datetime | None] = field(default_factory=dict)  # -> since when it is over


def lost_after(
    lost: Mapping[tuple[str, str], datetime], changes: Iterable[Change]
) -> Mapping[tuple[str, str], datetime]:
    """Agency and condition -> since when, after these changes. Only what was seen to turn is lost."""
    after = dict(lost)
    for change in changes:
        if change.what not in CONDITIONS or not change.agency.counted:
            continue
        key = change.agency.code, change.what
        if change.after == Answer.YES:
            after.pop(key, None)
        elif change.before == Answer.YES or change.after == Answer.NO:
            after.setdefault(key, change.at)
        # From no to unknown: who was lost stays so, for nobody saw it come back.
    return after


def first_lost(lost: Mapping[tuple[str, str], datetime]) -> dict[str, datetime]:
    """Agency -> since when it is lost, by whichever condition."""
    since: dict[str, datetime] = {}
    for (code, _), at in lost.items():
        since[code] = min(at, since.get(code, at))
    return since


def tell(
    told: Told, lost: Mapping[str, datetime], incidents: Sequence[Incident], hold: timedelta, at: datetime
) -> tuple[Told, tuple[Notice, ...]]:
    """What to tell at `at`, and what has been told after it."""
    open_now = {incident.cause for incident in incidents}
    back = {code: None if code in lost else since or at for code, since in told.lost.items()}
    over = {each: None if each.cause in open_now else since or at for each, since in told.incidents.items()}
    known = {incident.cause for incident in told.incidents}
    # A link of ours that was down for a moment is not told in the company of what is told anyway.
    waiting = {
        incident: incident.since
        for incident in incidents
        if incident.cause not in known
        and (incident.cause.sharing is not Sharing.MONITOR or at - incident.since >= hold)
    }
    parts: list[tuple[Word, Iterable[Incident], Iterable[str]]] = [
        (Word.INCIDENT, _ripe(waiting, hold, at), ()),
        (Word.ENDED, _ripe(over, hold, at), ()),
        (Word.RESTORED, (), _ripe(back, hold, at)),
        (Word.LOST, (), _ripe(_unexplained(told, lost, incidents), hold, at)),
    ]
    notices = tuple(
        _notice(word, at, tuple(incidents), agencies) for word, incidents, agencies in parts if incidents or agencies
    )
    return _after(Told(lost=back, incidents=over), notices), notices


def _ripe(since: Mapping[T, datetime | None], hold: timedelta, at: datetime) -> tuple[T, ...]:
    """All of them, once one has waited for long enough."""
    waiting = {each: began for each, began in since.items() if began is not None}
    return tuple(waiting) if any(at - began >= hold for began in waiting.values()) else ()


def _unexplained(
    told: Told, lost: Mapping[str, datetime], incidents: Sequence[Incident]
) -> Mapping[str, datetime | None]:
    """Losses that nobody has been told of and nothing else accounts for."""
    if any(incident.cause.sharing is Sharing.MONITOR for incident in incidents):
        return {}  # who sees nothing accuses nobody
    # A national system that is down takes nobody along: who is lost meanwhile is lost for a reason of its own.
    shared = (incident.down for incident in incidents if incident.cause.sharing is not Sharing.NATIONAL)
    explained = frozenset(told.lost).union(*shared)
    return {code: since for code, since in lost.items() if code not in explained}


def _notice(word: Word, at: datetime, incidents: tuple[Incident, ...], agencies: Iterable[str]) -> Notice:
    explained = (code for incident in incidents for code in incident.down)
    return Notice(word=word, at=at, incidents=incidents, agencies=tuple(sorted({*agencies, *explained})))


def _after(told: Told, notices: Iterable[Notice]) -> Told:
    lost, incidents = dict(told.lost), dict(told.incidents)
    for notice in notices:
        if notice.word is Word.LOST:
            lost |= dict.fromkeys(notice.agencies)
        elif notice.word is Word.RESTORED:
            lost = {code: since for code, since in lost.items() if code not in notice.agencies}
        elif notice.word is Word.INCIDENT:
            incidents |= dict.fromkeys(notice.incidents)
        else:
            incidents = {each: since for each, since in incidents.items() if each not in notice.incidents}
    return Told(lost=lost, incidents=incidents)


class Alerts:
    """Follows what happens, one change after the other: incidents open now, and the notices that were decided."""

    def __init__(self, telling: Telling) -> None:
        self.telling = telling
        self.incidents: tuple[Incident, ...] = ()
        self._lost: Mapping[tuple[str, str], datetime] = {}
        self._told = Told()

    @property
    def idle(self) -> bool:
        """Whether time alone can change nothing."""
        return not (self._lost or self.incidents or self._told.incidents or self._told.lost)

    @property
    def lost(self) -> Mapping[str, datetime]:
        return first_lost(self._lost)

    def note(self, changes: Iterable[Change]) -> None:
        """What turned."""
        self._lost = lost_after(self._lost, changes)

    def keep(self, present: Container[str]) -> None:
        """Who is no longer in the roster is forgotten: neither lost nor restored."""
        self._lost = {key: since for key, since in self._lost.items() if key[0] in present}
        told = {code: since for code, since in self._told.lost.items() if code in present}
        self._told = Told(lost=told, incidents=self._told.incidents)

    def follow(self, scene: Scene, at: datetime) -> tuple[Notice, ...]:
        """Bring incidents up to `at`; what is to be told."""
        self.incidents = follow(self.incidents, scene, self.telling.counting, at)
        self._told, notices = tell(self._told, scene.lost, self.incidents, self.telling.hold, at)
        return notices
