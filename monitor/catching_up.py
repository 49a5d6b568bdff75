"""What a channel need not say any more once it can speak again, and the one message that says so instead. Pure.

A run is one trouble of one subject as far as it waits: its beginning, reminders, its end. Where both beginning and end
wait, nobody has been told and it is over: all of it is outdated. What still holds is told as itself, and of a notice about
several agencies that part which still holds.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain
from types import MappingProxyType
from typing import Final

from monitor.channels import Channel
from monitor.model import Level
from monitor.notice import MOST_ENTRIES, MOST_GROUPS, Event, Move, Notice, key_of, subject_of
from monitor.store.ledger import Delivery
from monitor.waiting import stuck

_ENDS: Final = MappingProxyType(
    {
        Event.RESTORED: Event.LOST,
        Event.STEADY: Event.UNSTABLE,
        Event.ENDED: Event.INCIDENT,
        Event.CONFLICT_OVER: Event.CONFLICT,
        Event.CERTIFICATE_RENEWED: Event.CERTIFICATE,
        Event.SIGHTED: Event.BLIND,
    }
)
_REMINDERS: Final = MappingProxyType({Event.STILL_LOST: Event.LOST, Event.STILL_DOWN: Event.INCIDENT})
_BEGIN: Final = frozenset(_ENDS.values())
# What these say of one agency says nothing of another.
_DIVISIBLE: Final = frozenset({Event.LOST, Event.UNSTABLE, Event.CONFLICT, Event.CERTIFICATE})
_OF_A_TIME: Final = frozenset({Event.DAILY, Event.WEEKLY, Event.INITIAL})  # which they say
_LATEST_ONLY: Final = (Event.SCORE, Event.DAILY, Event.WEEKLY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """These are told within another message: within `notice`, or where that is None, within one that waits itself."""

    merged: tuple[Delivery, ...]
    notice: Notice | None
    not_before: datetime
    retold: Mapping[int, Notice] = field(default_factory=dict)  # id -> how it is told now, under its key


@dataclass(slots=True)
class _Run:
    subject: str
    divisible: bool
    begin: list[Delivery] = field(default_factory=list)
    reminders: list[Delivery] = field(default_factory=list)
    end: Delivery | None = None

    @property
    def told(self) -> set[int]:
        """All but reminders."""
        return _ids(self.begin) | _ids([self.end] if self.end else [])

    def covered(self, *, over: bool) -> set[int]:
        """What of it is outdated; `over`: all of it."""
        if over:
            return self.told | _ids(self.reminders)
        if self.end:
            return _ids(self.reminders)
        plain = [each for each in self.reminders if not each.notice.escalated]
        latest = self.reminders[-1:] if not self.begin else []
        return _ids(self.begin[:-1]) | (_ids(plain) - _ids(latest))


def merges(
    waiting: Sequence[Delivery], channel: Channel, at: datetime, down: datetime | None = None
) -> tuple[Merge, ...]:
    """What is merged of what waits on a channel. Machines are told each thing, in its order.

    `down`: since when the channel takes nothing, where that is known.
    """
    found = list(_undelivered(waiting, channel, at))
    if channel.notifier.audience == "people":
        past = outdated(waiting)
        if past:
            found.append(_caught_up(waiting, past, channel, at, down))
    return tuple(found)


def outdated(waiting: Sequence[Delivery]) -> dict[int, frozenset[str]]:
    """Ids of those that need not be told as themselves any more, with what they are about as far as that is so."""
    past = _past(_runs(each for each in waiting if not each.notice.more), {each.id: each.notice for each in waiting})
    for event in _LATEST_ONLY:
        past |= _whole(_of(waiting, event)[:-1])
    earlier = _of(waiting, Event.CAUGHT_UP)
    past |= _whole(earlier if past else earlier[:-1])
    return past


def _whole(deliveries: Iterable[Delivery]) -> dict[int, frozenset[str]]:
    return {each.id: _all(each.notice) for each in deliveries}


def _ids(deliveries: Iterable[Delivery]) -> set[int]:
    return {each.id for each in deliveries}


def _of(waiting: Iterable[Delivery], event: Event) -> list[Delivery]:
    return [each for each in waiting if each.notice.event is event]


def _family(event: Event) -> Event | None:
    return event if event in _BEGIN else _ENDS.get(event) or _REMINDERS.get(event)


def _runs(waiting: Iterable[Delivery]) -> tuple[_Run, ...]:
    """In one run nothing follows its end; what begins anew is another."""
    going: dict[tuple[Event, str], _Run] = {}
    ended = []
    for each in waiting:
        event = each.notice.event
        family = _family(event)
        for subject in _all(each.notice) if family else ():
            key = (family or event, subject)
            run = going.setdefault(key, _Run(subject, family in _DIVISIBLE))
            if event in _ENDS:
                run.end = each
                ended.append(going.pop(key))
            else:
                (run.begin if event in _BEGIN else run.reminders).append(each)
    return (*ended, *going.values())


def _all(notice: Notice) -> frozenset[str]:
    """Whatever it is about."""
    if notice.event in (Event.INCIDENT, Event.STILL_DOWN, Event.ENDED):
        return frozenset(subject_of(notice, each) for each in notice.groups)
    named = (subject_of(notice, entry) for entry in notice.entries)
    return frozenset(named) or frozenset(notice.levels) or frozenset(("",))


def _past(runs: Sequence[_Run], notices: Mapping[int, Notice]) -> dict[int, frozenset[str]]:
    """Beginning and end go together. What cannot be told in part is outdated where it is so in all its runs."""
    over = {number for number, run in enumerate(runs) if run.begin and run.end}
    while True:
        past: defaultdict[int, set[str]] = defaultdict(set)
        ended: defaultdict[int, set[str]] = defaultdict(set)
        for number, run in enumerate(runs):
            for id_ in run.covered(over=number in over):
                past[id_].add(run.subject)
                if run.divisible and run.end:
                    ended[id_].add(run.subject)
        whole = {id_ for id_, subjects in past.items() if subjects == _all(notices[id_])}
        torn = {number for number in over if not runs[number].divisible and not runs[number].told <= whole}
        if not torn:
            parts = {id_: frozenset(subjects) for id_, subjects in ended.items()}
            return parts | {id_: frozenset(past[id_]) for id_ in whole}
        over -= torn


# The messages.


def _caught_up(
    waiting: Sequence[Delivery],
    past: Mapping[int, frozenset[str]],
    channel: Channel,
    at: datetime,
    down: datetime | None,
) -> Merge:
    told = [each for each in waiting if each.id in past]
    gone = [each for each in told if past[each.id] == _all(each.notice)]
    whole = _ids(gone)
    parts = [each for each in told if each.id not in whole]
    due = min(each.not_before for each in told)
    notices = [each.notice if each.id in whole else _only(each.notice, past[each.id]) for each in told]
    rest = {each.id: _only(each.notice, _all(each.notice) - past[each.id]) for each in parts}
    if not any(each.event in (*_ENDS, *_LATEST_ONLY, Event.CAUGHT_UP) for each in notices):
        # What they say stands in what waits still.
        return Merge(merged=tuple(gone), notice=None, not_before=due, retold=rest)
    over = [each for each in notices if each.event in _ENDS or each.event is Event.CAUGHT_UP]
    notice = Notice(
        key=key_of(Event.CAUGHT_UP, at, (channel.name, *(each.key for each in notices))),
        event=Event.CAUGHT_UP,
        at=at,
        severity=max((each.severity for each in notices), key=lambda each: each.rank),
        moves=_moves(notices),
        told=(channel.name,),
        **_span(notices, at, down),  # type: ignore[arg-type]  # fields of Notice by their names
        # Where it was only quiet, nothing was amiss with the channel.
        channel=channel.name if down or any(map(stuck, waiting)) else "",
        events=_counted((each.notice for each in gone), Event.CAUGHT_UP),
        synthetic=notices[-1].synthetic,
    )
    others = {each.id: each.notice for each in waiting if each.id < told[-1].id and each.id not in past}
    return Merge(
        merged=tuple(gone),
        notice=_about_all(notice, over),
        not_before=due,
        retold=_as_of(notice.moves, waiting, others | rest),
    )


def _only(notice: Notice, subjects: frozenset[str]) -> Notice:
    """What it says of these agencies."""
    return replace(notice, entries=tuple(each for each in notice.entries if subject_of(notice, each) in subjects))


def _as_of(moves: Sequence[Move], waiting: Sequence[Delivery], told: Mapping[int, Notice]) -> dict[int, Notice]:
    """What was decided earlier is told later now: with the scores as they were then, or the last to be read is wrong."""
    still = {move.level: replace(move, before=move.after) for move in moves}
    before = {each.id: each.notice for each in waiting}
    new = {
        id_: replace(notice, moves=tuple(still.get(move.level, move) for move in notice.moves))
        for id_, notice in told.items()
        if notice.event not in _OF_A_TIME
    }
    return {id_: notice for id_, notice in new.items() if notice != before[id_]}


def _span(notices: Sequence[Notice], at: datetime, down: datetime | None) -> dict[str, object]:
    """Of the outage, where one that began earlier is not known of; else of what was decided meanwhile."""
    known = [each.since for each in notices if each.event is Event.CAUGHT_UP and each.outage and each.since]
    if down or known:
        return {"since": min([*known, *([down] if down else [])]), "until": at, "outage": True}
    missed = (each.since if each.event is Event.CAUGHT_UP and each.since else each.at for each in notices)
    return {"since": min(missed), "until": at}


def ending(notice: Notice, at: datetime) -> Notice:
    """As it is sent at this instant: the outage that it tells of ends when it is taken."""
    return replace(notice, until=at) if notice.outage else notice


def _undelivered(waiting: Iterable[Delivery], channel: Channel, at: datetime) -> Iterator[Merge]:
    """One for each other channel, however much that one did not take."""
    by_channel: dict[str, list[Delivery]] = {}
    for each in _of(waiting, Event.UNDELIVERED):
        by_channel.setdefault(each.notice.channel, []).append(each)
    for several in by_channel.values():
        if len(several) > 1:
            due = min(each.not_before for each in several)
            notice = _joined([each.notice for each in several], channel, at)
            yield Merge(merged=tuple(several), notice=notice, not_before=due)


def _joined(notices: Sequence[Notice], channel: Channel, at: datetime) -> Notice:
    joined = replace(
        notices[-1],
        key=key_of(Event.UNDELIVERED, at, (channel.name, *(each.key for each in notices))),
        at=at,
        severity=max((each.severity for each in notices), key=lambda each: each.rank),
        since=min((each.since for each in notices if each.since), default=None),
        told=tuple(dict.fromkeys(chain.from_iterable(each.told for each in notices))),
        events=_counted(notices, Event.UNDELIVERED),
    )
    return _latest(_about_all(joined, notices))


def _latest(notice: Notice) -> Notice:
    """Of each trouble of an agency, and of each incident, what holds in the end."""
    entries = {(each.agency, bool(each.because), each.expires is None): each for each in notice.entries}
    groups = {(each.sharing, each.value): each for each in notice.groups}
    return replace(notice, entries=tuple(entries.values()), groups=tuple(groups.values()))


def _about_all(notice: Notice, of: Sequence[Notice]) -> Notice:
    """With whatever these are about, each once; what is too much for one message is counted."""
    entries = tuple(dict.fromkeys(chain.from_iterable(each.entries for each in of)))
    groups = tuple(dict.fromkeys(chain.from_iterable(each.groups for each in of)))
    return replace(
        notice,
        entries=entries[:MOST_ENTRIES],
        more=len(entries[MOST_ENTRIES:]) + sum(each.more for each in of),
        groups=groups[:MOST_GROUPS],
        more_groups=len(groups[MOST_GROUPS:]) + sum(each.more_groups for each in of),
    )


def _moves(notices: Iterable[Notice]) -> tuple[Move, ...]:
    """From before the first to after the last, by level."""
    moves: dict[Level, Move] = {}
    for move in chain.from_iterable(each.moves for each in notices):
        moves[move.level] = replace(move, before=moves[move.level].before if move.level in moves else move.before)
    return tuple(moves.values())


def _counted(notices: Iterable[Notice], carrier: Event) -> tuple[tuple[Event, int], ...]:
    """How many of each; of one that carries the count of others, those."""
    counts: Counter[Event] = Counter()
    for each in notices:
        counts.update(dict(each.events) if each.event is carrier else {each.event: 1})
    return tuple((event, counts[event]) for event in Event if counts[event])
