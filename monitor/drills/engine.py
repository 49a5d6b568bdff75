"""Runs one drill: the emulated estate, and the monitor's own service on it, by a clock that goes as fast as looks are made.

The looks are real, over real sockets, by the operator's own checks, periods and patience; only the time between them is
left out. All that is due within one tick is looked at at once.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from monitor.config import Config
from monitor.drills.clock import Clock
from monitor.drills.compare import Row, View, rows, told
from monitor.model import Check, Watch
from monitor.notice import Notice
from monitor.service import Service
from monitor.testbed.estate import Estate
from monitor.testbed.faults import Fault
from monitor.testbed.overlay import at_drill, pointed_at, staged
from monitor.testbed.scenario import MONITOR, Drill, Expected, Scenario, ScenarioError, Step, due
from monitor.timetable import Timetable

TICK = timedelta(seconds=15)
_PACE = 1000.0  # requests a second to a host, all of which are our own


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one drill."""

    name: str
    rows: tuple[Row, ...]
    notices: tuple[Notice, ...]
    looks: int
    seconds: float  # of real time

    @property
    def right(self) -> bool:
        return all(row.right for row in self.rows)


Seen = Callable[[Service, datetime], None]


async def run(
    config: Config, scenario: Scenario, checks: Sequence[Check] = (), seen: Seen = lambda *_: None
) -> Outcome:
    """The outcome. Raises ScenarioError when it has no drill, or cannot be cast.

    `seen` is called after each tick the monitor was awake for: with the monitor as it then is, and the drill's time.
    """
    drill = scenario.drill
    if drill is None:
        raise ScenarioError(f"the scenario {scenario.name} has no drill")
    began, clock = time.perf_counter(), Clock(scenario.day, drill.begin)
    staged_config, cast = staged(config, scenario, checks)
    set_up = at_drill(staged_config, drill)
    agencies = [agency for day in _days(scenario.day, clock, drill) for agency in set_up.roster.on(day)]
    async with Estate(agencies, scenario, cast, now=clock) as estate:
        estate.check_names(who for expected in drill.expect for who in expected.names())
        _check_checks(scenario, drill, set_up)
        notices: list[Notice] = []
        led = pointed_at(set_up, estate.connect_to, estate.ca_file, estate.control, pace=_PACE)
        led = replace(led, network=replace(led.network, engine="openssl"))  # rustls goes by no clock but the system's
        service = Service(led, lambda: led, now=clock, tell=notices.append)
        play = _Play(service, estate, clock, scenario, drill)
        play.seen = seen
        try:
            found = await play.run()
        finally:
            await service.close()
    return Outcome(
        name=scenario.name,
        rows=(*found, *told(drill, notices)),
        notices=tuple(notices),
        looks=play.looks,
        seconds=time.perf_counter() - began,
    )


def _check_checks(scenario: Scenario, drill: Drill, config: Config) -> None:
    """Raises ScenarioError where a check is expected to say something that there is not."""
    asked = (of for expected in drill.expect for of in (expected.reasons, expected.looks, expected.facts))
    names = {check for of in asked for checks in of.values() for check in checks}
    if absent := sorted(names - {check.name for check in config.checks}):
        raise ScenarioError(f"scenario {scenario.name}: drill.expect: there is no check {', '.join(absent)}")


def _days(first: date, clock: Clock, drill: Drill) -> list[date]:
    """The days of Viet Nam that the drill reaches."""
    last = (clock() + drill.lasts + timedelta(hours=7)).date()
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


class _Play:
    """The course of one drill."""

    def __init__(self, service: Service, estate: Estate, clock: Clock, scenario: Scenario, drill: Drill) -> None:
        self._service = service
        self._estate = estate
        self._clock = clock
        self._steps = scenario.steps
        self._drill = drill
        seconds = round((service.config.warm_up + TICK).total_seconds())
        first = Expected(at=f"{seconds}s", scores=scenario.expect)  # type: ignore[arg-type]  # as a file says it
        self._expected = (first, *drill.expect)
        self._stopped = False
        self._found: list[Row] = []
        self.seen: Seen = lambda *_: None
        self.looks = 0

    async def run(self) -> list[Row]:
        await self._step(timedelta(-1), timedelta())
        self._follow(warm_up=self._service.config.warm_up)
        while self._clock.elapsed < self._drill.lasts:
            await self._tick()
        return self._found

    async def _tick(self) -> None:
        before, day = self._clock.elapsed, self._service.day()
        self._clock.advance(min(TICK, self._drill.lasts - before))
        await self._step(before, self._clock.elapsed)
        if not self._stopped:
            if self._service.day() != day:
                self._follow()
            await self._look()
            self._service.heed()
            self.seen(self._service, self._clock())
        self._compare(before, self._clock.elapsed)

    async def _step(self, after: timedelta, until: timedelta) -> None:
        for _, step in due(self._steps, after, until):
            await self._take(step)

    async def _take(self, step: Step) -> None:
        if step.who == MONITOR:
            self._stopped = step.fault is Fault.STOPPED
        await self._estate.take(step)

    def _follow(self, warm_up: timedelta = timedelta()) -> None:
        planned = self._service.plan()
        looked = {watch.key for watch in planned if self._service.store.looks(watch.key)}
        self._timetable = Timetable(planned, now=self._clock(), warm_up=warm_up, looked=looked)

    async def _look(self) -> None:
        now = self._clock()
        async with asyncio.TaskGroup() as group:
            for at, watch in self._timetable.due(now, now):
                group.create_task(self._one(watch, at))

    async def _one(self, watch: Watch, at: datetime) -> None:
        self.looks += 1
        async with self._service.room:
            result = await self._service.look(watch, at)
        if again := self._service.sooner(result):
            self._timetable.sooner(watch, again)

    def _compare(self, after: timedelta, until: timedelta) -> None:
        view = View(store=self._service.store, members=self._estate.members, now=self._clock())
        for expected in self._expected:
            if after < expected.at <= until:
                self._found += rows(expected, view)
