"""One task a channel, apart from looking: a slow or dead one holds up neither looks nor the others."""

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from itertools import chain

import structlog

from monitor.channels import Channel, Channels, renamed
from monitor.delivery import MOST_AT_ONCE, Line, Office
from monitor.notice import Event, Notice
from monitor.notify import Reach
from monitor.store.ledger import Fate
from monitor.undelivered import elsewhere

log = structlog.get_logger()

_AFTER_A_BUG = timedelta(minutes=1)
_FOR_WHO_ASKED = frozenset({Event.DAILY, Event.WEEKLY})  # by a setting of the channel: with it, they are of no use
_GONE = "the channel is no longer configured"


class Deliverers:
    """The channels that hold now. Make it inside the loop, and stop it there."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._runs: dict[str, _Run] = {}
        self._forgetting = asyncio.Lock()  # two at once would tell the same under two keys
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
                run.before += self._before(channel)
                run.wake()
            else:
                self._runs[name] = _Run(self._line(channel), office.now, self._before(channel))

    def _before(self, channel: Channel) -> "tuple[_Run, ...]":
        """Of this channel, by whichever name: two at once would send the same notices, or tell an end first."""
        same = self._leaving.pop(channel.name, None)
        former = (self._leaving.get(name) for name in channel.formerly)
        return tuple(run for run in (same, *former) if run)

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
        """What waits for a channel that is no longer configured is told on the others. Raises LedgerError.

        Not while such a channel is still sending: what becomes of that is not known yet.
        """
        async with self._forgetting:
            spared = self._spared()
            awaited = await asyncio.to_thread(self._office.ledger.awaited)
            spared |= self._spared()  # a reload may have come while it was read
            former = renamed(self._office.channels)
            self.wake({former[name] for name in awaited if name in former})
            for name in sorted(awaited - spared - former.keys()):
                await self._give_up(name)

    async def _give_up(self, name: str) -> None:
        """Of one channel; whoever was not told of it himself is told that it was not, as of what a channel refuses."""
        office, at = self._office, self._office.now()
        strays = await asyncio.to_thread(office.ledger.pending, name, MOST_AT_ONCE)
        told_of = (each for each in strays if each.notice.event not in _FOR_WHO_ASKED)
        found = (elsewhere(each, _GONE, _untold(each.notice, office.channels), office.route, at) for each in told_of)
        orders = tuple(chain.from_iterable(found))
        told = sorted({channel for each in orders for channel in each.channels})
        log.warning("notices_for_no_channel", channels=[name], notices=len(strays), told=told)
        ids = [each.id for each in strays]
        await asyncio.to_thread(office.ledger.settle, ids, Fate.EXPIRED, at, _GONE, orders)
        self.wake(told)

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


def _untold(notice: Notice, channels: Channels) -> Channels:
    """Those that it does not go to, by whichever name."""
    former = renamed(channels)
    told = {former.get(name, name) for name in notice.told}
    return {name: channel for name, channel in channels.items() if name not in told}


class _Run:
    """The task of one channel."""

    def __init__(self, line: Line, now: Callable[[], datetime], before: "tuple[_Run, ...]") -> None:
        """`before`: those that must have ended first."""
        self.before = before
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
        while not self.line.stopping:
            self._news.clear()
            while self.before:  # a reload may add to it meanwhile
                await asyncio.gather(self.before[0].task, return_exceptions=True)
                self.before = self.before[1:]
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
