"""Makes every look when it is due. The only user of APScheduler.

APScheduler ticks once a second and once a day; the looks of the next second come from the timetable. One of its jobs
for every watch would make it sort a list at every look.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from monitor.model import ZONE, Watch
from monitor.timetable import Timetable
from monitor.vitals import Vitals

TICK = timedelta(seconds=1)
Run = Callable[[Watch, datetime], Awaitable[None]]


def utc_now() -> datetime:
    return datetime.now(UTC)


class Schedule:
    """Calls `run(watch, due)` for every due look, at most `in_flight` at once and never twice at once for one watch.

    `run` must not raise. `daily` is called at midnight in Viet Nam, when the roster or the rules may change.
    """

    def __init__(
        self,
        run: Run,
        daily: Callable[[], Awaitable[None]],
        vitals: Vitals,
        *,
        in_flight: int,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._run = run
        self._vitals = vitals
        self._now = now
        self._room = asyncio.Semaphore(in_flight)
        self._running: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._timers: set[asyncio.TimerHandle] = set()
        self._draining = False
        self._timetable = Timetable((), now=now(), warm_up=timedelta())
        self._scheduler = _scheduler(self._tick, daily)

    def follow(self, timetable: Timetable) -> None:
        """Go by this timetable from now on; looks under way are finished."""
        self._timetable = timetable
        self._disarm()

    def start(self) -> None:
        self._scheduler.start()
        self._keep_ticking()

    def _keep_ticking(self) -> None:
        """APScheduler waits for a wall clock that was set back to catch up; the loop's own clock never is."""
        tick = self._scheduler.get_job("tick")
        if tick is not None and tick.next_run_time > utc_now() + 2 * TICK:
            tick.modify(next_run_time=utc_now())
        self._watchdog = asyncio.get_running_loop().call_later(2 * TICK.total_seconds(), self._keep_ticking)

    async def drain(self, grace: timedelta) -> int:
        """Start nothing more, let looks under way finish within `grace`, cancel the rest; how many were cancelled."""
        # APScheduler cancels what it runs and never waits: the looks are tasks of ours, so it may stop first.
        self._draining = True
        self._watchdog.cancel()
        self._scheduler.shutdown(wait=False)
        self._disarm()
        tasks = set(self._running.values())
        if not tasks:
            return 0
        _, late = await asyncio.wait(tasks, timeout=grace.total_seconds())
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        return len(late)

    async def _tick(self) -> None:
        now = self._now()
        for due, watch in self._timetable.due(now, now + TICK):
            self._arm(watch, due, (due - now).total_seconds())
        self._vitals.last_cycle = now

    def _arm(self, watch: Watch, due: datetime, delay: float) -> None:
        def begin() -> None:
            self._timers.discard(timer)
            self._begin(watch, due)

        timer = asyncio.get_running_loop().call_later(max(0.0, delay), begin)
        self._timers.add(timer)

    def _disarm(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()

    def _begin(self, watch: Watch, due: datetime) -> None:
        if watch.key in self._running:
            self._vitals.overruns += 1
            return
        task = asyncio.get_running_loop().create_task(self._look(watch, due), name="/".join(watch.key))
        self._running[watch.key] = task
        task.add_done_callback(lambda _: self._running.pop(watch.key))

    async def _look(self, watch: Watch, due: datetime) -> None:
        async with self._room:
            if self._draining:
                return
            self._vitals.lagged((self._now() - due).total_seconds())
            self._vitals.in_flight += 1
            try:
                await self._run(watch, due)
            finally:
                self._vitals.in_flight -= 1


def _scheduler(tick: Callable[[], Awaitable[None]], daily: Callable[[], Awaitable[None]]) -> AsyncIOScheduler:
    # At INFO its own logging costs more than the looks' bookkeeping.
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    # A late run is made once and not dropped: the default grace of one second would drop it after a blocked loop.
    scheduler = AsyncIOScheduler(
        timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    )
    scheduler.add_job(tick, "interval", seconds=TICK.total_seconds(), id="tick", next_run_time=utc_now())
    scheduler.add_job(daily, "cron", hour=0, minute=0, second=0, timezone=ZONE, id="daily")
    return scheduler
