"""Which of a channel's notices are delivered now, which wait for others, and when a try is made again. Pure."""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from monitor.notice import Event, Notice
from monitor.store.ledger import Delivery

SHORTEST = timedelta(seconds=5)  # between two tries
LONGEST = timedelta(minutes=15)
_LONGEST_HELD = timedelta(days=2)  # by quiet hours, with a clock that was put back a little; more is another year's
_MOST_DOUBLED = 16
# They go their own way: whoever is in them, they tell nothing that another notice must come before or after.
_APART = frozenset({Event.DAILY, Event.WEEKLY, Event.INITIAL, Event.SCORE, Event.UNDELIVERED, Event.TEST})


def about(notice: Notice) -> frozenset[str]:
    """Whom a notice is about: those that share one of these keep their order."""
    if notice.event in _APART:
        return frozenset((notice.key,))
    named = {entry.agency for entry in notice.entries} | {f"{each.sharing} {each.value}" for each in notice.groups}
    named |= {f"level {level}" for level in notice.levels}
    return frozenset(named or {str(notice.event)})


def to_send(waiting: Iterable[Delivery], at: datetime) -> tuple[Delivery, ...]:
    """Those that may be delivered now, in their order.

    One that has to be tried again later holds up those behind it that are about the same. What only quiet hours hold
    goes along before something about the same that may not wait: nobody is reminded of what he was not told.
    """
    ordered = _ordered(waiting)
    held: set[str] = set()
    ready = []
    for delivery, wanted in zip(ordered, _wanted(ordered, at), strict=True):
        whom = about(delivery.notice)
        if wanted and not whom & held:
            ready.append(delivery)
        elif delivery.tries or wanted:
            held |= whom
    return tuple(ready)


def in_line(waiting: Iterable[Delivery], at: datetime, own: Container[int] = ()) -> tuple[Delivery, ...]:
    """Those that may be delivered now to people, who read the latest and believe it: all of it in one order.

    What the channel did not take holds up whatever is behind it; once it is time for that, it is for all of them. `own`:
    those that fail by themselves.
    """
    ordered = _ordered(waiting)
    failed = [number for number, each in enumerate(ordered) if stuck(each) and each.id not in own]
    if failed and not due(ordered[failed[0]], at):
        return to_send(ordered[: failed[0]], at)
    return to_send(at_once(ordered, own, at), at)


def stuck(delivery: Delivery) -> bool:
    """Whether the channel did not take it, or what it tells instead."""
    notice = delivery.notice
    return bool(delivery.tries) or (notice.event is Event.CAUGHT_UP and bool(notice.channel))


def at_once(waiting: Iterable[Delivery], own: Container[int], at: datetime) -> Sequence[Delivery]:
    """With what the channel did not take due now, since it takes something again."""
    return [
        replace(each, not_before=min(each.not_before, at)) if stuck(each) and each.id not in own else each
        for each in waiting
    ]


def _ordered(waiting: Iterable[Delivery]) -> Sequence[Delivery]:
    """As they were written, but for one that tells what was missed: it is written last, and comes before what goes on.

    What was decided before that had come to its end comes before it all the same, where it is about the same agencies.
    """
    told = sorted(waiting, key=lambda each: each.id)
    missed = [each for each in told if each.notice.event is Event.CAUGHT_UP]
    if not missed:
        return told
    rest = [each for each in told if each.notice.event is not Event.CAUGHT_UP]
    early = _early(rest, _ends(missed))
    return [
        *(each for each in rest if each.id in early),
        *missed,
        *(each for each in rest if each.id not in early),
    ]


def _ends(missed: Iterable[Delivery]) -> Mapping[str, datetime]:
    """Whom they are about -> when the first of what they tell was over."""
    ends: dict[str, datetime] = {}
    for notice in (each.notice for each in missed):
        over = [(entry.agency, entry.until) for entry in notice.entries]
        over += [(f"{group.sharing} {group.value}", group.until) for group in notice.groups]
        for whom, until in over:
            if until:
                ends[whom] = min(until, ends.get(whom, until))
    return ends


def _early(rest: Sequence[Delivery], ends: Mapping[str, datetime]) -> frozenset[int]:
    """Those that were decided before such an end, and what comes before them in turn."""
    whom: set[str] = set()
    early = set()
    for each in reversed(rest):
        named = about(each.notice)
        if not whom.isdisjoint(named) or any(each.notice.at <= ends[one] for one in named if one in ends):
            early.add(each.id)
            whom |= named
    return frozenset(early)


def _wanted(ordered: Sequence[Delivery], at: datetime) -> Sequence[bool]:
    """For each: it is time, or it is only held back and time for one behind it."""
    called: set[str] = set()
    found = []
    for delivery in reversed(ordered):
        whom = about(delivery.notice)
        wanted = due(delivery, at) or (not delivery.tries and bool(whom & called))
        called |= whom if wanted else set()
        found.append(wanted)
    return found[::-1]


def due(delivery: Delivery, at: datetime) -> bool:
    """Whether it is time; also where the clock was put back since it was written down, or since the latest try."""
    ahead = delivery.not_before - at
    at_once = ahead > LONGEST if delivery.tries else delivery.not_before <= delivery.since or ahead > _LONGEST_HELD
    return ahead <= timedelta() or at_once


def next_try(waiting: Iterable[Delivery], at: datetime) -> datetime | None:
    """When there is something to do again; None: when something new comes."""
    return min((each.not_before for each in waiting if not due(each, at)), default=None)


def could_go(waiting: Iterable[Delivery], at: datetime) -> int:
    """How many are not held by quiet hours alone."""
    return sum(bool(each.tries) or due(each, at) for each in waiting)


def pause(tries: int, chance: Callable[[], float], after: float | None = None) -> timedelta:
    """Until the next try after so many: exponential with full jitter, so that nobody's tries come in step.

    `chance` gives a number from 0 to 1; `after`, seconds, is what the receiver asks for.
    """
    if after is not None:
        return min(LONGEST, max(SHORTEST, timedelta(seconds=min(after, LONGEST.total_seconds()))))
    most: timedelta = min(LONGEST, SHORTEST * 2 ** min(tries, _MOST_DOUBLED))
    return max(SHORTEST, most * chance())


def expired(delivery: Delivery, keep: timedelta, at: datetime) -> bool:
    """Whether it is no longer worth to be delivered; what quiet hours held counts from their end, until it is tried.

    What tells what a dead channel missed is as old as what it tells: it is made anew again and again. What was written
    by a clock that was put back since is no newer for it. Ask only while the clock is believed.
    """
    notice = delivery.notice
    if notice.event is Event.CAUGHT_UP and notice.channel and notice.since:
        return abs(at - notice.since) > keep
    begun = delivery.since if delivery.tries else max(delivery.since, delivery.not_before)
    return abs(at - begun) > keep
