"""Writes batches in a thread of its own: looks go on while the disk is slow, full or gone."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from threading import Thread

import structlog

from monitor.store.ledger import Batch, Ledger, LedgerError
from monitor.vitals import Vitals

log = structlog.get_logger()

KEPT = timedelta(days=90)  # what is settled, and the history of changes and acts
_PRUNED_EVERY = timedelta(hours=1)
_LATE = 30.0  # seconds that a batch may take, a large one on a busy disk included
_SAID_EVERY = timedelta(minutes=1)  # while it goes on failing

Then = Callable[[LedgerError | None], None]
Making = Callable[[], Batch | None]  # of a batch; none: there is nothing to write


class Writer:
    """One batch at a time. Belongs to one event loop, on which it says how each ended."""

    def __init__(self, ledger: Ledger, vitals: Vitals) -> None:
        self._ledger = ledger
        self._vitals = vitals
        self._idle = asyncio.Event()
        self._idle.set()
        self._pruned: datetime | None = None
        self._failing_since: datetime | None = None
        self._said: datetime | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._hangs = False

    @property
    def busy(self) -> bool:
        """Whether a batch is under way: the next one has to wait."""
        return not self._idle.is_set()

    def submit(self, batch: Batch | Making, then: Then) -> None:
        """Write it, then call `then` on the loop: with None once it is on the disk, or with why nothing of it is.

        What takes long to make is made in the thread too.
        """
        if self.busy:
            raise RuntimeError("a batch is under way")
        self._idle.clear()
        loop = asyncio.get_running_loop()
        self._late_after(loop, _LATE)
        # A thread for each: one that hangs with its disk must not keep the program from ending.
        Thread(target=self._work, args=(loop, batch, then), name="ledger", daemon=True).start()

    def _work(self, loop: asyncio.AbstractEventLoop, batch: Batch | Making, then: Then) -> None:
        at, error = self._written(batch)
        with suppress(RuntimeError):  # the loop was closed: nobody waits any more
            loop.call_soon_threadsafe(self._tell, at, error, then)
        if at and error is None:
            self._prune(at)
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(self._rest)

    def _late_after(self, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        """A disk, or a server, that hangs fails at nothing; nor is anything told meanwhile. So it is said."""
        self._alarm = loop.call_later(_LATE, self._late, loop, seconds)

    def _late(self, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        self._vitals.store_failures += 1
        self._hangs = True
        log.error("store_hangs", seconds=seconds, told="nothing, till it answers")
        self._late_after(loop, seconds + _LATE)

    def _rest(self) -> None:
        """On the loop: the next batch may come."""
        if self._alarm:
            self._alarm.cancel()
        if self._hangs:
            log.info("store_answers_again")
        self._hangs = False
        self._idle.set()

    def _written(self, batch: Batch | Making) -> tuple[datetime | None, LedgerError | None]:
        """As of when, if there was anything to write, and what went wrong."""
        at = None
        try:
            made = batch() if callable(batch) else batch
            if made:
                at = made.at
                self._ledger.write(made)
        except LedgerError as error:
            return at, error
        except Exception as error:  # a mistake of ours; as long as it is there nothing may be acted on
            log.exception("batch_not_written")
            return at, LedgerError(f"{type(error).__name__} in writing a batch")
        return at, None

    def _prune(self, at: datetime) -> None:
        """A small portion, and from then on one after each batch till nothing is left."""
        if self._pruned and timedelta() <= at - self._pruned < _PRUNED_EVERY:
            return
        if not self._vitals.trust.sure(at):
            return
        try:
            more = self._ledger.prune(at - KEPT)
        except LedgerError as error:
            log.warning("store_not_pruned", problem=str(error))
            more = 0
        if not more:
            self._pruned = at

    def _tell(self, at: datetime | None, error: LedgerError | None, then: Then) -> None:
        """On the loop."""
        if error is not None:
            self._failed(at, error)
        elif at:
            self._vitals.stored(at)
            if self._failing_since:
                log.info("store_works_again", failing_since=self._failing_since.isoformat())
            self._failing_since = self._said = None
        then(error)

    def _failed(self, at: datetime | None, error: LedgerError) -> None:
        self._vitals.store_failures += 1
        self._failing_since = self._failing_since or at
        if self._said is None or at is None or not timedelta() <= at - self._said < _SAID_EVERY:
            self._said = at
            log.error("store_fails", problem=str(error), told="nothing, till it can be written")

    async def close(self, within: timedelta) -> bool:
        """Wait for the batch under way. False: it is so still, and the ledger should be left open."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), within.total_seconds())
        return not self.busy
