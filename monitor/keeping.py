"""What was decided, from deciding to holding: at once, or as soon as it is written down."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol

import structlog

from monitor.alerts.tell import Decision
from monitor.notice import Notice
from monitor.pauses import undisturbed
from monitor.store.ledger import Ack, Batch, Ledger, LedgerError, Recalled, Window
from monitor.store.memory import Memory as Store
from monitor.store.news import News
from monitor.store.writer import Writer
from monitor.stories import Memory
from monitor.telling import Outbox, log_notice
from monitor.vitals import Vitals

log = structlog.get_logger()

BEAT = timedelta(seconds=10)  # a sign of life is written so often, where nothing else is
_ASKED_EVERY = timedelta(seconds=5)  # what people have done meanwhile

Adopt = Callable[[Decision], None]


@dataclass(slots=True, kw_only=True)
class Course:
    """One decision, from deciding to holding.

    `decide` may be called in any thread. `decided` and `adopt` are called on the loop: once it is known what is to be
    told, and once it holds.
    """

    at: datetime
    decide: Callable[[], Decision]
    decided: Adopt
    adopt: Adopt
    long: bool = False  # there is so much to decide of that looks would be kept waiting
    news: News = field(default_factory=News)
    decision: Decision | None = None
    written: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """What people did about losses, as far as it is known."""

    acks: Mapping[str, Ack] = field(default_factory=dict)
    windows: tuple[Window, ...] = ()


Left = tuple[Recalled, People]


def before(ledger: Ledger) -> Left:
    """What a monitor before this one has left, and people meanwhile. Raises LedgerError."""
    return ledger.recall(), people_of(ledger)


def people_of(ledger: Ledger) -> People:
    """Raises LedgerError."""
    return People(acks={ack.agency: ack for ack in ledger.acks()}, windows=tuple(ledger.windows()))


class Keeping(Protocol):
    """Where decisions go."""

    people: People

    @property
    def busy(self) -> bool:
        """Whether the decision before is still on its way: the next one has to wait."""

    def keep(self, course: Course) -> None:
        """Decide, and call `adopt` once the decision holds; never, where it does not come to hold."""


class AtOnce:
    """Nothing is written down; `tell` delivers a notice or raises, and it waits for the next try."""

    busy = False
    people = People()

    def __init__(self, tell: Callable[[Notice], None], vitals: Vitals) -> None:
        self._outbox = Outbox(tell, vitals)

    def keep(self, course: Course) -> None:
        decision = course.decide()
        course.decided(decision)
        course.adopt(decision)
        self._outbox.take(decision.notices)


class Written:
    """In the ledger, and nothing is acted on before it is there. Belongs to one event loop."""

    def __init__(self, ledger: Ledger, store: Store, vitals: Vitals) -> None:
        self.people = People()
        self.ordered: Callable[[Iterable[str]], None] = lambda _names: None  # these channels have something new
        self._ledger = ledger
        self._store = store
        self._writer = Writer(ledger, vitals)
        self._begun = False
        self._memory = Memory()  # as it is written
        self._written: datetime | None = None
        self._asked: datetime | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, recalled: Recalled, people: People) -> None:
        """Go on from what was written. Nothing is kept before: it would be decided without knowing what was told.

        Nor without knowing what people did: a maintenance that is open holds from the first decision on.
        """
        self._begun, self._memory, self.people = True, recalled.memory, people

    @property
    def busy(self) -> bool:
        return not self._begun or self._writer.busy

    def keep(self, course: Course) -> None:
        self._ask(course.at)
        if not course.long:
            course.decision = course.decide()
        course.news = self._store.news()  # after deciding, which may raise: what was taken out would be lost
        if course.long:
            making = undisturbed(partial(self._made, course), asyncio.get_running_loop())
            self._writer.submit(making, partial(self._ended, course))
        elif batch := self._made(course):
            self._writer.submit(batch, partial(self._ended, course))
        else:
            self._hold(course)

    def _made(self, course: Course) -> Batch | None:
        """What is to be written of it; None: nothing is new. In the writer's thread, where deciding takes long."""
        course.decision = decision = course.decision or course.decide()
        course.written = not self._nothing_new(course, decision)
        if not course.written:
            return None
        news = course.news
        return Batch(
            at=course.at,
            states=news.states,
            standings=news.standings,
            changes=news.changes,
            checks=news.checks,
            before=self._memory,
            memory=decision.memory,
            orders=decision.orders,
        )

    def _nothing_new(self, course: Course, decision: Decision) -> bool:
        alive = self._written is not None and timedelta() <= course.at - self._written < BEAT
        return alive and not course.news and not decision.orders and decision.memory == self._memory

    def _ended(self, course: Course, error: LedgerError | None) -> None:
        if error is None:
            self._hold(course)
            return
        self._store.unwritten(course.news)
        if course.decision:
            course.decided(course.decision)

    def _hold(self, course: Course) -> None:
        if (decision := course.decision) is None:
            return
        course.decided(decision)
        self._memory = decision.memory  # also where it is equal: the next one is compared by its very objects
        course.adopt(decision)
        if not course.written:
            return
        self._written = course.at
        for order in decision.orders:
            log_notice(order.notice)
        self.ordered({name for order in decision.orders for name in order.channels})
        if decision.unack:
            self._do(self._clear(decision.unack))

    # -- what people do

    def _ask(self, at: datetime) -> None:
        if self._asked is None or not timedelta() <= at - self._asked < _ASKED_EVERY:
            self._asked = at
            self._do(self._read())

    async def _read(self) -> None:
        try:
            self.people = await asyncio.to_thread(people_of, self._ledger)
        except LedgerError as error:
            log.warning("acks_not_read", problem=str(error), kept="those of before")

    async def _clear(self, agencies: tuple[str, ...]) -> None:
        try:
            await asyncio.to_thread(self._ledger.unack, agencies)
        except LedgerError as error:
            log.warning("acks_not_cleared", problem=str(error), again="with the next decision")
            return
        await self._read()

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self, within: timedelta) -> bool:
        """Wait for what is being written. False: it still is."""
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=within.total_seconds())
        return await self._writer.close(within)
