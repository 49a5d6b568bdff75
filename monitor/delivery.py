"""Brings one channel's notices from the ledger to its notifier, till each is settled. At least once, in order."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from traceback import extract_tb

import structlog

from monitor.catching_up import Merge, ending, merges
from monitor.channels import Channel, Channels
from monitor.notice import Notice
from monitor.notify import Message, NotifyError, Reach
from monitor.setbacks import Setbacks
from monitor.store.ledger import Delivery, Fate, Ledger, LedgerError, Ordered
from monitor.undelivered import Route, elsewhere
from monitor.vitals import Vitals
from monitor.waiting import SHORTEST, about, at_once, could_go, due, expired, in_line, next_try, pause, stuck, to_send

log = structlog.get_logger()

MOST_AT_ONCE = 1000  # notices read
MOST_IN_VAIN = 3  # tries one after the other; then the channel rests
RARELY = timedelta(minutes=10)  # between two notices elsewhere about one channel
_MOST_OF_PROBLEM = 500  # characters

Write = Callable[[], None]


@dataclass(slots=True, kw_only=True)
class Office:
    """What all channels share. `say` puts a notice in words; `chance` gives a number from 0 to 1."""

    ledger: Ledger
    say: Callable[[Notice, Channel], Message]
    route: Route
    vitals: Vitals
    now: Callable[[], datetime]  # UTC
    chance: Callable[[], float]
    channels: Channels
    reach: Reach


@dataclass(slots=True)
class _Round:
    """What came of the tries of one sweep so far."""

    held: set[str] = field(default_factory=set)  # whom what failed is about
    in_vain: int = 0  # one after the other
    tried: int = 0
    latest: Delivery | None = None  # that failed

    def failed(self, delivery: Delivery) -> None:
        self.held |= about(delivery.notice)
        self.in_vain += 1
        self.latest = delivery


class Line:
    """One channel. `sweep` does all there is to do now; who calls it sees to it that it is never called twice at once."""

    def __init__(self, channel: Channel, office: Office) -> None:
        self.channel = channel
        self.stopping = False
        self.called: Callable[[Iterable[str]], None] = lambda _names: None  # other channels have something new
        self._office = office
        self._tally = office.vitals.channels[channel.name]  # goes on to count when the channel is taken out meanwhile
        self._owed: list[Write] = []  # what came about and could not be written; nothing more is done before it is
        self._left: dict[int, tuple[str, ...]] = {}  # recipients who are still to have it
        self._setbacks = Setbacks()
        self._down: datetime | None = (
            None  # since when it takes nothing; none also where that began before this process
        )
        self._turn: datetime | None = (
            None  # when the others are told, or were told last, of what this one does not take
        )

    async def sweep(self) -> datetime | None:
        """When to call again; None: when something new is ordered."""
        at, former = self._office.now(), self.channel.formerly
        try:
            await self._pay()
            await self._inherit(former, at)
            waiting = await self._waiting(at)
            return await self._send(waiting, at)
        except LedgerError as error:
            log.warning("ledger_fails_deliveries", channel=self.channel.name, problem=str(error))
            return at + SHORTEST

    # -- reading

    async def _inherit(self, former: Iterable[str], at: datetime) -> None:
        """What is still ordered by a name that the channel had is its own."""
        for name in former:
            await asyncio.to_thread(self._office.ledger.rename, name, self.channel.name, at)

    async def _waiting(self, at: datetime) -> dict[int, Delivery]:
        """What is to be delivered, once what has expired or is outdated is out of the way."""
        read = await self._read()
        sure = self._office.vitals.trust.sure(at)
        gone = [each for each in read if sure and expired(each, self.channel.keep, at)]
        for each in gone:
            await self._expire(each, at)
        if gone:
            read = await self._read()
        found = merges(read, self.channel, at, self._down)
        for merge in found:
            await self._merge(merge, at)
        return {each.id: each for each in (await self._read() if found else read)}

    async def _read(self) -> Sequence[Delivery]:
        return await asyncio.to_thread(self._office.ledger.pending, self.channel.name, MOST_AT_ONCE)

    async def _expire(self, delivery: Delivery, at: datetime) -> None:
        days = f"{self.channel.keep / timedelta(days=1):g}"
        problem = f"not taken within {days} days{': ' if delivery.problem else ''}{delivery.problem}"
        await self._give_up(delivery, Fate.EXPIRED, problem, at)

    async def _merge(self, merge: Merge, at: datetime) -> None:
        ids = [each.id for each in merge.merged]
        for id_ in ids:
            self._forget(id_)
        orders = _ordered(merge.notice, self.channel.name, merge.not_before)
        log.info("notices_merged", channel=self.channel.name, notices=len(ids), into=merge.notice and merge.notice.key)
        await self._write(lambda: self._office.ledger.settle(ids, Fate.MERGED, at, "", orders, merge.retold))

    # -- sending

    async def _send(self, waiting: dict[int, Delivery], at: datetime) -> datetime | None:
        """Again from the first once the channel takes something: what it did not take before is due then."""
        full = len(waiting) >= MOST_AT_ONCE
        queue, round_ = self._ready(waiting.values(), at), _Round()
        while queue and not self.stopping and not self._in_vain(round_):
            self._count(waiting, at)
            delivery, *queue = queue
            if about(delivery.notice) & round_.held:
                continue
            begun = self._begun(waiting.values())
            later = await self._try(delivery)
            round_.tried += 1
            if later is None:
                del waiting[delivery.id]
                round_.in_vain = 0
                if late := self._late(waiting, at):
                    waiting |= late
                    round_.held = set()
                    queue = self._ready(waiting.values(), at)
            else:
                self._down = self._down or (begun if later.id not in self._setbacks.own else None)
                waiting[delivery.id] = later
                round_.failed(later)
        self._count(waiting, at)
        return at if full and round_.tried and not round_.in_vain else next_try(waiting.values(), at)

    def _ready(self, waiting: Iterable[Delivery], at: datetime) -> list[Delivery]:
        ready = in_line(waiting, at, self._setbacks.own) if self._orderly else to_send(waiting, at)
        return list(ready)

    def _begun(self, waiting: Iterable[Delivery]) -> datetime | None:
        """When the channel takes nothing from now on; not known where it did not before."""
        failed = any(stuck(each) and each.id not in self._setbacks.own for each in waiting)
        return None if failed else self._office.now()

    @property
    def _orderly(self) -> bool:
        return self.channel.notifier.audience == "people"

    def _in_vain(self, round_: "_Round") -> bool:
        """Whether the channel rests. People are told in order, so that nothing is tried behind what is not taken.

        But what is not taken again and again may be at fault itself: then another one is tried, to know.
        """
        most = MOST_IN_VAIN
        if self._orderly and round_.latest and round_.latest.id not in self._setbacks.own:
            most = 1 if round_.latest.tries < MOST_IN_VAIN else 2
        return round_.in_vain >= most

    def _late(self, waiting: Mapping[int, Delivery], at: datetime) -> dict[int, Delivery]:
        """What need not wait for its next try any more."""
        later = [each for each in waiting.values() if not due(each, at)]
        now = at_once(later, self._setbacks.own, at)
        return {each.id: each for each in now if due(each, at)}

    def _count(self, waiting: dict[int, Delivery], at: datetime) -> None:
        self._tally.pending = could_go(waiting.values(), at)

    async def _try(self, delivery: Delivery) -> Delivery | None:
        """None: it is settled; else it waits for the next try."""
        error = await self._hand_over(delivery, await self._before(delivery.notice))
        at = self._office.now()
        if error is None or error.permanent:
            self._setbacks.taken(delivery.id)
            self._down = None
        if error is None:
            self._tally.delivered += 1
            await self._settle(delivery, Fate.DELIVERED, "", at, ())
            return None
        if error.left:
            self._left[delivery.id] = error.left
        problem = str(error)[:_MOST_OF_PROBLEM]
        if error.permanent:
            self._tally.delivered += bool(error.left)
            await self._give_up(delivery, Fate.DELIVERED if error.left else Fate.REFUSED, problem, at)
            return None
        self._setbacks.failed(delivery.id, own=bool(error.left) or error.after is not None)
        self._tally.failures += 1
        return await self._again(delivery, problem, at, error.after)

    async def _before(self, notice: Notice) -> tuple[str, ...]:
        """Keys of the messages that this channel got before it, each by the name that the channel had then."""
        if not notice.after:
            return ()
        names = (*self.channel.formerly, self.channel.name)
        had = await asyncio.to_thread(self._office.ledger.had, notice.after, names)
        return tuple(f"{key}-{had[key]}" for key in notice.after if key in had)

    async def _hand_over(self, delivery: Delivery, before: tuple[str, ...]) -> NotifyError | None:
        """What went wrong; whatever it is, it is no more than that."""
        limit = self.channel.timeout.total_seconds()
        try:
            notice = ending(delivery.notice, self._office.now())
            said = self._office.say(notice, self.channel)
            message = replace(said, only=self._left.get(delivery.id, ()), before=before)
            async with asyncio.timeout(limit):
                await self.channel.notifier.send(message, self._office.reach)
        except NotifyError as error:
            return error
        except TimeoutError:
            return NotifyError(f"no end of it within {limit:g} s")
        except Exception as error:  # noqa: BLE001 - a notifier's bug must not end its channel
            return self._bug(error)
        return None

    def _bug(self, error: Exception) -> NotifyError:
        """Without its text, which may hold a secret."""
        where = [f"{frame.filename}:{frame.lineno}" for frame in extract_tb(error.__traceback__)[-3:]]
        log.error("notifier_bug", channel=self.channel.name, error=type(error).__name__, where=where)
        return NotifyError(f"bug: {type(error).__name__}")

    # -- writing down what came of it

    async def _settle(
        self, delivery: Delivery, fate: Fate, problem: str, at: datetime, orders: Sequence[Ordered]
    ) -> None:
        self._forget(delivery.id)
        await self._write(lambda: self._office.ledger.settle([delivery.id], fate, at, problem, orders))

    def _forget(self, id_: int) -> None:
        self._left.pop(id_, None)
        self._setbacks.forget(id_)

    async def _give_up(self, delivery: Delivery, fate: Fate, problem: str, at: datetime) -> None:
        office, name = self._office, self.channel.name
        self._tally.failures += 1
        orders = elsewhere(delivery, problem, office.channels, office.route, at)
        told = sorted(name for each in orders for name in each.channels)
        log.error("notice_undelivered", channel=name, **_named(delivery), fate=fate, problem=problem, told=told)
        await self._settle(delivery, fate, problem, at, self._rarely(orders, at))
        self.called(told)

    def _rarely(self, orders: Sequence[Ordered], at: datetime) -> Sequence[Ordered]:
        """The first at once; those that soon follow wait for their turn, and are merged into one.

        A turn that is further off was given before the clock was put back.
        """
        if orders and (self._turn is None or not at - RARELY < self._turn < at + RARELY):
            self._turn = at
        elif orders and self._turn is not None and at > self._turn:
            self._turn += RARELY
        least = self._turn or at
        return [
            replace(each, channels={name: max(due, least) for name, due in each.channels.items()}) for each in orders
        ]

    async def _again(self, delivery: Delivery, problem: str, at: datetime, after: float | None) -> Delivery:
        later = at + pause(delivery.tries + 1, self._office.chance, after)
        log.warning("notice_fails", channel=self.channel.name, **_named(delivery), problem=problem, again=str(later))
        await self._write(lambda: self._office.ledger.again(delivery.id, later, problem))
        return replace(delivery, tries=delivery.tries + 1, not_before=later, problem=problem)

    async def _write(self, write: Write) -> None:
        self._owed.append(write)
        await self._pay()

    async def _pay(self) -> None:
        """Raises LedgerError; what was delivered is not delivered again because it could not be written down."""
        while self._owed:
            await asyncio.to_thread(self._owed[0])
            self._owed.pop(0)


def _named(delivery: Delivery) -> dict[str, str | int]:
    return {"what": str(delivery.notice.event), "key": delivery.notice.key, "tries": delivery.tries + 1}


def _ordered(notice: Notice | None, channel: str, due: datetime) -> tuple[Ordered, ...]:
    return () if notice is None else (Ordered(notice=notice, channels={channel: due}),)
