"""One task a channel, apart from looking: a slow or dead one holds up neither looks nor the others."""

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import structlog

from monitor.channels import Channel, Channels
from monitor.delivery import MOST_AT_ONCE, Line, Office
from monitor.notify import Reach
from monitor.store.ledger import Fate

log = structlog.get_logger()

_AFTER_A_BUG = timedelta(minutes=1)


class Deliverers:
    """The channels that hold now. Make it inside the loop, and stop it there."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._runs: dict[str, _Run] = {}
        self._leaving: dict[str, _Run] = {}  # of channels that were taken out, till what they just send has ended

    def follow(self, channels: Channels, reach: Reach) -> None:
        """Go by these channels from now on; what one is just sending is sent to its end."""
        office = self._office
        office.channels, office.reach = channels, reach
        office.vitals.tell_by(channels)
        self._leaving = {name: run for name, run in self._leaving.items() if not run.task.done()}
        for name in self._runs.keys() - channels.keys():
            self._leaving[name] = self._runs.pop(name)
            self._leaving[name].end()
        for name, channel in channels.items():
            if run := self._runs.get(name):
                run.line.channel = channel
                run.wake()
            else:
                self._runs[name] = _Run(self._line(channel), office.now, self._leaving.pop(name, None))

    def _line(self, channel: Channel) -> Line:
        line = Line(channel, self._office)
        line.called = self.wake
        return line

    def wake(self, names: Iterable[str] | None = None) -> None:
        """Something new is in the ledger, for these channels, or for any."""
        for name in self._runs if names is None else names:
            if run := self._runs.get(name):
                run.wake()

    async def forget(self) -> None:
        """What waits for a channel that is no longer configured is given up, with a trace. Raises LedgerError.

        Not while such a channel is still sending: what becomes of that is not known yet.
        """
        office = self._office
        spared = self._spared()
        awaited = await asyncio.to_thread(office.ledger.awaited)
        spared |= self._spared()  # a reload may have come while it was read
        for name in sorted(awaited - spared):
            strays = await asyncio.to_thread(office.ledger.pending, name, MOST_AT_ONCE)
            log.warning("notices_for_no_channel", channels=[name], notices=len(strays))
            ids = [each.id for each in strays]
            problem = "the channel is no longer configured"
            await asyncio.to_thread(office.ledger.settle, ids, Fate.EXPIRED, office.now(), problem)

    def _spared(self) -> set[str]:
        """Channels that are configured, or still sending."""
        sending = {name for name, run in self._leaving.items() if not run.task.done()}
        return sending | self._office.channels.keys()

    async def stop(self, within: timedelta) -> int:
        """Let what is being sent end, for as long as this; how many were cut off. They are sent again after a restart."""
        runs = [*self._runs.values(), *self._leaving.values()]
        self._runs, self._leaving = {}, {}
        for run in runs:
            run.end()
        tasks = [run.task for run in runs]
        if not tasks:
            return 0
        _, late = await asyncio.wait(tasks, timeout=within.total_seconds())
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        return len(late)


class _Run:
    """The task of one channel."""

    def __init__(self, line: Line, now: Callable[[], datetime], before: "_Run | None" = None) -> None:
        """`before`: of the same channel; two at once would send the same notices."""
        self._before = before
        self.line = line
        self._now = now
        self._news = asyncio.Event()
        self.wake()
        self.task = asyncio.create_task(self._run(), name=f"deliver {line.channel.name}")

    def wake(self) -> None:
        self._news.set()

    def end(self) -> None:
        self.line.stopping = True
        self._news.set()

    async def _run(self) -> None:
        if self._before:
            await asyncio.gather(self._before.task, return_exceptions=True)
            self._before = None
        while not self.line.stopping:
            self._news.clear()
            await self._rest(await self._swept())

    async def _swept(self) -> datetime | None:
        try:
            return await self.line.sweep()
        except Exception:  # one channel's trouble is nobody else's, and not for ever its own
            log.exception("deliverer_bug", channel=self.line.channel.name)
            return self._now() + _AFTER_A_BUG

    async def _rest(self, until: datetime | None) -> None:
        seconds = None if until is None else max(0.0, (until - self._now()).total_seconds())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()
