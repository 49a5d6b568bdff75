"""Makes every look when it is due. The only user of APScheduler.

APScheduler ticks once a second and once a day; the looks of the next seconds come from the timetable, and one timer
stands for the earliest of them. One of its jobs, or one timer, for every look would cost more than starting the look.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from monitor.model import ZONE, Watch
from monitor.room import Room, Rooms
from monitor.timetable import EPOCH, MICROSECOND, Due, Timetable
from monitor.vitals import Vitals

TICK = timedelta(seconds=1)
AHEAD = 2 * TICK  # known to the timer: a tick that is a second late delays no look
SLOT = 0.001  # seconds; looks so close together start by one timer
# At one host. Enough for every check of an agency; a host that hangs, or that many agencies share, leaves room to others.
PER_HOST = 8
Run = Callable[[Watch, datetime], Awaitable[datetime | None]]


def utc_now() -> datetime:
    return datetime.now(UTC)


class Schedule:
    """Calls `run(watch, due)` for every due look, as `room` allows and never twice at once for one watch.

    At most `per_host` are under way at an agency's host and port, and who waits for its host holds no place in `room`. A look
    that is due while the one before is under way, or still waits for room, is left out and counted as an overrun.
    `run` must not raise; it tells when the watch is to be looked at again before its next turn, or None. While looks wait
    for room, none is made sooner. `each_tick` is called about once a second, and `daily` at midnight in Viet Nam, when the
    roster or the rules may change.
    """

    def __init__(  # noqa: PLR0913 - what it calls, and what it goes by
        self,
        run: Run,
        daily: Callable[[], Awaitable[None]],
        vitals: Vitals,
        *,
        room: Room,
        per_host: int = PER_HOST,
        now: Callable[[], datetime] = utc_now,
        each_tick: Callable[[], None] = lambda: None,
    ) -> None:
        self._run = run
        self._vitals = vitals
        self._now = now
        self._each_tick = each_tick
        self._room = room
        self._hosts = Rooms(per_host)
        self._running: dict[tuple[str, str], asyncio.Task[None] | None] = {}  # None: waits for room
        self._pending: deque[Due] = deque()  # taken from the timetable, in order, not yet begun
        self._timer: asyncio.TimerHandle | None = None
        self._draining = False
        self._timetable = Timetable((), now=EPOCH, warm_up=timedelta())
        self._until: datetime | None = None  # how far the timetable was asked
        self._zero = now()  # the wall clock's time when the loop's was zero, set anew at each tick
        self._scheduler = _scheduler(self._tick, daily)

    def follow(self, timetable: Timetable) -> None:
        """Go by this timetable from now on; looks under way are finished. It should begin at `reached()`."""
        self._timetable = timetable
        self._pending.clear()
        self._until = None
        self._disarm()
        if self._ticking():
            self._look_ahead()

    def reached(self) -> datetime:
        """Every look due by then was begun: where the next timetable must go on, so that none is dropped."""
        now = self._now()
        if self._until is None:
            return now
        return min(now, self._until, self._pending[0][0] - MICROSECOND if self._pending else now)

    def start(self) -> None:
        self._scheduler.start()
        self._keep_ticking()

    def _ticking(self) -> bool:
        return bool(self._scheduler.running) and not self._draining

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
        self._pending.clear()
        self._disarm()
        tasks = {task for task in self._running.values() if task}
        if not tasks:
            return 0
        _, late = await asyncio.wait(tasks, timeout=grace.total_seconds())
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        return len(late)

    # -- from the timetable to the timer

    async def _tick(self) -> None:
        self._look_ahead()
        self._vitals.cycled(self._now())
        self._each_tick()

    def _look_ahead(self) -> None:
        now = self._now()
        until = now + AHEAD
        if self._until and until < self._until - TICK:  # set back: what is pending would wait for the clock to catch up
            self._begin_until(self._until)
        self._zero, self._until = now - timedelta(seconds=asyncio.get_running_loop().time()), until
        self._pending.extend(self._timetable.due(now, until))
        self._arm(now)

    def _clock(self) -> datetime:
        """The time by the loop's clock: between two ticks, a wall clock that is set moves no look."""
        return self._zero + timedelta(seconds=asyncio.get_running_loop().time())

    def _arm(self, now: datetime) -> None:
        if self._pending and self._timer is None:
            delay = (self._pending[0][0] - now).total_seconds()
            self._timer = asyncio.get_running_loop().call_later(max(SLOT, delay), self._fire)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _fire(self) -> None:
        self._timer = None
        now = self._clock()
        self._begin_until(now)
        self._arm(now)

    def _begin_until(self, now: datetime) -> None:
        pending = self._pending
        while pending and pending[0][0] <= now:
            self._begin(*pending.popleft())

    # -- from the timer to the look

    def _begin(self, due: datetime, watch: Watch) -> None:
        key = watch.key
        if key in self._running:
            self._vitals.overruns += 1
            return
        self._running[key] = None
        # A national system that many agencies' looks pass through is none of theirs: nobody waits for it here.
        host = _server(watch.agency.portal or "")
        if self._hosts.take(host):
            self._at_host(due, watch, host)
        else:
            self._hosts.line_up(host, partial(self._at_host, due, watch, host))

    def _at_host(self, due: datetime, watch: Watch, host: str) -> bool:
        if self._room.take():
            return self._start(due, watch, host)
        self._room.line_up(partial(self._start, due, watch, host))
        return True

    def _start(self, due: datetime, watch: Watch, host: str) -> bool:
        if self._draining:
            return False
        key = watch.key
        look = self._look(due, watch, key, host)
        self._running[key] = asyncio.get_running_loop().create_task(look, name=key[0])
        return True

    async def _look(self, due: datetime, watch: Watch, key: tuple[str, str], host: str) -> None:
        vitals = self._vitals
        vitals.lagged((self._clock() - due).total_seconds())
        vitals.in_flight += 1
        try:
            again = await self._run(watch, due)
            if again is not None and not self._room.waiting:
                self._timetable.sooner(watch, again)
        finally:
            vitals.in_flight -= 1
            del self._running[key]
            self._room.leave()
            self._hosts.leave(host)


def _server(address: str) -> str:
    """Host and port as an address says them: a name of their room, and every look needs one, so nothing is parsed."""
    return address.partition("//")[2].partition("/")[0]


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
