"""One notice's order, and the notices that are about no subject: a time without a look, and digests."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from monitor.alerts import digests
from monitor.alerts.compose import groups, moves
from monitor.alerts.digested import alike
from monitor.alerts.now import Now
from monitor.alerts.overview import overview
from monitor.alerts.routing import takers, when
from monitor.notice import Event, Move, Notice, Severity, key_of
from monitor.store.ledger import Ordered
from monitor.stories import Kind, Story, Subject

_COUNTED_FOR = timedelta(days=8)  # notices, for the weekly digest
_MOST_COUNTED = 1000  # of one event
_MOST_BEFORE = 20  # keys of the notices that one follows on
_LEISURELY = frozenset({Event.CERTIFICATE, Event.CERTIFICATE_RENEWED})
_LEISURE = timedelta(hours=1)  # from one notice to the next of what has days
_DIGESTS = frozenset({Event.INITIAL, Event.DAILY, Event.WEEKLY})


def order_for(
    now: Now, event: Event, severity: Severity, on: frozenset[str], about: Iterable[str], **of: object
) -> Ordered:
    notice = Notice(
        key=key_of(event, now.at, tuple(about)),
        event=event,
        at=now.at,
        severity=severity,
        told=tuple(sorted(on)),
        synthetic=now.sight.synthetic,
        **of,  # type: ignore[arg-type]  # fields of Notice by their names
    )
    return Ordered(notice=notice, channels={name: _from(now, name, notice) for name in sorted(on)})


def _from(now: Now, name: str, notice: Notice) -> datetime:
    digest = notice.event in (Event.DAILY, Event.WEEKLY)  # has an hour of its own
    return now.at if digest else when(now.channels[name], notice.event, notice.severity, now.at)


def keys_before(stories: Iterable[Story]) -> tuple[str, ...]:
    """Keys of the notices that were told of them, the oldest first as far as that is known."""
    told = [story.told for story in stories if story.told]
    keys = dict.fromkeys((*(keys[0] for keys in told), *(keys[-1] for keys in told)))
    return tuple(keys)[:_MOST_BEFORE]


def unmoved(of: Iterable[Move]) -> tuple[Move, ...]:
    return tuple(replace(move, before=move.after) for move in of)


def rank(severity: Severity) -> int:
    return severity.rank


def severities(stories: Iterable[Story]) -> Iterator[Severity]:
    return (story.severity for story in stories)


def just_told(now: Now, event: Event, *, escalated: bool) -> bool:
    """Whether a notice of this event went out a moment ago: then what came since is gathered."""
    told = now.memory.stories.get(_counting(event, escalated=escalated))
    gather = _LEISURE if event in _LEISURELY else now.telling.gather
    return told is not None and timedelta() <= now.at - told.turns[-1] < gather


def count(now: Now, stories: dict[Subject, Story], events: Iterable[tuple[Event, bool]]) -> None:
    """How often each event is told, for digests and for what is gathered; what is escalated is counted apart."""
    for event, escalated in events:
        if event in _DIGESTS:
            continue
        subject = _counting(event, escalated=escalated)
        before = now.memory.stories[subject].turns if subject in now.memory.stories else ()
        turns = (*(turn for turn in before if now.at - turn <= _COUNTED_FOR), now.at)[-_MOST_COUNTED:]
        stories[subject] = Story(since=turns[0], severity=Severity.INFO, turns=turns)


def _counting(event: Event, *, escalated: bool = False) -> Subject:
    return Subject(kind=Kind.TOLD, value=f"{event} escalated" if escalated else event.value)


def silent(now: Now) -> Iterator[Ordered]:
    alive = now.sight.alive
    if alive is None or now.at - alive <= now.telling.retelling.silent:
        return
    on = takers(now.channels, Event.SILENT, Severity.WARNING)
    about = (alive.isoformat(),)
    yield order_for(
        now, Event.SILENT, Severity.WARNING, on, about=about, moves=unmoved(moves(now)), since=alive, until=now.at
    )


def due_digests(now: Now, stories: dict[Subject, Story]) -> Iterator[Ordered]:
    for event, due in (
        (Event.DAILY, digests.daily(now.channels, now.memory.daily, now.at)),
        (Event.WEEKLY, digests.weekly(now.channels, now.memory.weekly, now.at)),
    ):
        for since, names in sorted(due.items(), key=lambda each: each[0]):
            for moved, on in alike(now, event, names):
                yield _digest(now, event, since, on, moved, stories)


def _digest(
    now: Now, event: Event, since: datetime, on: frozenset[str], moved: tuple[Move, ...], stories: dict[Subject, Story]
) -> Ordered:
    spelt, more = overview(now, stories)
    return order_for(
        now,
        event,
        Severity.INFO,
        on,
        about=on,
        entries=spelt,
        more=more,
        groups=groups(now, event, [each for each in stories.items() if each[0] in now.incidents]),
        moves=moved,
        since=since,
        until=now.at,
        events=_counts(now, since),
    )


def _counts(now: Now, since: datetime) -> tuple[tuple[Event, int], ...]:
    counted = (now.memory.stories.get(_counting(event)) for event in Event)
    found = (
        (event, sum(turn > since for turn in each.turns)) for event, each in zip(Event, counted, strict=True) if each
    )
    return tuple((event, number) for event, number in found if number)


def up_to(now: Now, event: Event, events: Iterable[Event]) -> datetime:
    last = now.memory.daily if event is Event.DAILY else now.memory.weekly
    return now.at if event in events else digests.told_until(last, digests.EVENTS[event], now.at)
