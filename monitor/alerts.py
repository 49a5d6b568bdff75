"""From changes to incidents and notices: who is lost, what explains it, and what is worth telling whom.

`tell` is the one decision what is told when, pure, with the time passed in. A loss waits until it has held for a while:
then it is either explained by an incident, of which one notice speaks for all, or told, together with whatever else
waits. What was told to be lost is told to be restored.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from monitor.incidents import Cause, Counting, Incident, Scene, Sharing, follow
from monitor.model import Answer, Change, Condition

CONDITIONS = frozenset(Condition)


class Word(StrEnum):
    """What a notice says."""

    LOST = "lost"  # agencies are no longer merged or connected, or can no longer be seen to be
    RESTORED = "restored"
    INCIDENT = "incident"  # one for everybody who is down by it
    ENDED = "ended"  # of the incident


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing to tell: about agencies, or about an incident."""

    word: Word
    at: datetime  # UTC, when it was decided
    agencies: tuple[str, ...] = ()  # codes, sorted
    cause: Cause | None = None
    incident: Incident | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """When what is told."""

    hold: timedelta = timedelta(minutes=3)  # that a loss, or an incident, must have held
    counting: Counting = field(default_factory=Counting)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What was told and has not been taken back."""

    lost: frozenset[str] = frozenset()  # agencies
    incidents: tuple[Incident, ...] = ()  # as they were when they were told


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
        else:  # from no to unknown: nothing is held against it any more
            after.pop(key, None)
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
    notices = [
        *_incidents(told, incidents, hold, at),
        *_restored(told, lost, at),
        *_losses(told, lost, incidents, hold, at),
    ]
    return _after(told, notices), tuple(notices)


def _incidents(told: Told, incidents: Sequence[Incident], hold: timedelta, at: datetime) -> Iterable[Notice]:
    known = {incident.cause for incident in told.incidents}
    open_now = {incident.cause for incident in incidents}
    for incident in incidents:
        if incident.cause not in known and at - incident.since >= hold:
            yield _of_incident(Word.INCIDENT, incident, at)
    for incident in told.incidents:
        if incident.cause not in open_now:
            yield _of_incident(Word.ENDED, incident, at)


def _of_incident(word: Word, incident: Incident, at: datetime) -> Notice:
    agencies = tuple(sorted(incident.down))
    return Notice(word=word, at=at, agencies=agencies, cause=incident.cause, incident=incident)


def _restored(told: Told, lost: Mapping[str, datetime], at: datetime) -> Iterable[Notice]:
    back = tuple(sorted(told.lost - lost.keys()))
    return [Notice(word=Word.RESTORED, at=at, agencies=back)] if back else []


def _losses(
    told: Told, lost: Mapping[str, datetime], incidents: Sequence[Incident], hold: timedelta, at: datetime
) -> Iterable[Notice]:
    if any(incident.cause.sharing is Sharing.MONITOR for incident in incidents):
        return []  # who sees nothing accuses nobody
    explained = told.lost.union(
        *(incident.down for incident in incidents if incident.cause.sharing != Sharing.NATIONAL)
    )
    waiting = {code: since for code, since in lost.items() if code not in explained}
    if not any(at - since >= hold for since in waiting.values()):
        return []
    return [Notice(word=Word.LOST, at=at, agencies=tuple(sorted(waiting)))]


def _after(told: Told, notices: Iterable[Notice]) -> Told:
    for notice in notices:
        if notice.word is Word.LOST:
            told = replace(told, lost=told.lost | set(notice.agencies))
        elif notice.word is Word.RESTORED:
            told = replace(told, lost=told.lost - set(notice.agencies))
        elif notice.word is Word.INCIDENT and notice.incident:
            told = replace(told, incidents=(*told.incidents, notice.incident))
        else:
            told = replace(told, incidents=tuple(i for i in told.incidents if i.cause != notice.cause))
    return told


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

    def note(self, changes: Iterable[Change], present: Iterable[str]) -> None:
        """What turned; who is no longer `present` in the roster is forgotten."""
        here = set(present)
        after = lost_after(self._lost, changes)
        self._lost = {key: since for key, since in after.items() if key[0] in here}
        if not self._told.lost <= here:
            self._told = replace(self._told, lost=self._told.lost & here)

    def follow(self, scene: Scene, at: datetime) -> tuple[Notice, ...]:
        """Bring incidents up to `at`; what is to be told."""
        self.incidents = follow(self.incidents, scene, self.telling.counting, at)
        self._told, notices = tell(self._told, scene.lost, self.incidents, self.telling.hold, at)
        return notices
