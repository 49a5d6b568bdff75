import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from monitor.room import Room
from monitor.schedule import AHEAD, PER_HOST, Schedule
from monitor.timetable import Timetable, next_due
from monitor.vitals import Vitals

GRACE = timedelta(seconds=60)


def watch(number, every=0.05, host=None):
    return SimpleNamespace(
        key=(f"H{number:02}", "portal"),
        check=SimpleNamespace(every=timedelta(seconds=every)),
        agency=SimpleNamespace(portal=f"https://{host or f'h{number:02}.example'}"),
    )


def utc_now():
    return datetime.now(UTC)


async def never():
    pass


class Looks:
    """A look that tells when it began, and ends when it is let go."""

    def __init__(self, *, held=False):
        self.begun = []
        self.most = 0
        self.under_way = 0
        self.ended = 0
        self.let_go = asyncio.Event()
        if not held:
            self.let_go.set()

    async def __call__(self, watch, due):
        self.begun.append((watch.key, due))
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await self.let_go.wait()
            self.ended += 1
        finally:
            self.under_way -= 1


@pytest.fixture
def vitals():
    return Vitals(started=utc_now())


def schedule(looks, vitals, watches, *, in_flight=10, daily=never):
    made = Schedule(looks, daily, vitals, room=Room(in_flight))
    made.follow(Timetable(watches, now=utc_now(), warm_up=timedelta(milliseconds=50)))
    return made


async def test_every_watch_is_looked_at_again_and_again(vitals, wait_until):
    looks = Looks()
    made = schedule(looks, vitals, [watch(n, every=0.5) for n in range(3)])
    made.start()
    await wait_until(lambda: len(looks.begun) >= 9)
    await made.drain(GRACE)

    assert {key[0] for key, _ in looks.begun} == {"H00", "H01", "H02"}
    assert len(set(looks.begun)) == len(looks.begun)
    assert sum(vitals.lag_counts) == len(looks.begun)
    assert vitals.last_cycle is not None
    assert vitals.overruns == 0


async def test_a_look_that_outlasts_its_period_is_not_made_twice_at_once_but_counted(vitals, wait_until):
    looks = Looks(held=True)
    made = schedule(looks, vitals, [watch(1, every=0.3)])
    made.start()
    await wait_until(lambda: vitals.overruns >= 2)
    looks.let_go.set()
    await made.drain(GRACE)

    assert looks.most == 1
    assert vitals.in_flight == 0


async def test_no_more_looks_are_under_way_than_allowed(vitals, wait_until):
    looks = Looks(held=True)
    made = schedule(looks, vitals, [watch(n, every=60) for n in range(10)], in_flight=4)
    made.start()
    await wait_until(lambda: vitals.in_flight == 4)
    looks.let_go.set()
    await wait_until(lambda: looks.ended >= 10)
    await made.drain(GRACE)

    assert looks.most == 4


async def test_no_more_looks_are_under_way_at_one_host_than_allowed_and_others_do_not_wait_for_it(vitals, wait_until):
    looks = Looks(held=True)
    crowd = [watch(n, every=60, host="shared.example") for n in range(12)]
    made = schedule(looks, vitals, [*crowd, watch(99, every=60)], in_flight=PER_HOST + 1)
    made.start()
    await wait_until(lambda: len(made._running) == 13)
    await wait_until(lambda: looks.under_way == PER_HOST + 1)

    assert "H99" in {key[0] for key, _ in looks.begun}
    looks.let_go.set()
    await wait_until(lambda: looks.ended == 13)
    await made.drain(GRACE)
    assert made._room.taken == len(made._hosts) == 0


async def test_a_look_that_waits_for_room_lags_until_it_begins(vitals, wait_until):
    looks = Looks(held=True)
    made = schedule(looks, vitals, [watch(n, every=60) for n in range(2)], in_flight=1)
    made.start()
    await wait_until(lambda: looks.under_way == 1 and len(made._running) == 2)

    assert sum(vitals.lag_counts) == 1
    looks.let_go.set()
    await wait_until(lambda: looks.ended == 2)
    await made.drain(GRACE)
    assert sum(vitals.lag_counts) == 2


async def test_the_next_timetable_goes_on_where_the_last_got_to(vitals, wait_until):
    looks, now = Looks(), [utc_now()]
    made = Schedule(looks, never, vitals, room=Room(10), now=lambda: now[0])
    watches = [watch(n, every=60) for n in range(20)]
    every = {w.key for w in watches}
    begun = now[0]
    made.follow(Timetable(watches, now=begun, warm_up=timedelta(), looked=every))
    made._look_ahead()
    now[0] += timedelta(seconds=40)  # nothing came to turn meanwhile: the loop was held up
    made.follow(Timetable(watches, now=made.reached(), warm_up=timedelta(), looked=every))
    made._look_ahead()
    made._fire()
    due = {w.key for w in watches if next_due(w.key, w.check.every, begun) <= now[0]}
    await wait_until(lambda: len(looks.begun) >= len(due))

    assert {key for key, _ in looks.begun} == due
    assert len(looks.begun) == len(due)
    made._disarm()


async def doubting(vitals, wait_until, room):
    """The due instants of a watch whose first look asks for one more after 20 s; half a minute passes at once."""
    looks, now, one = Looks(), [utc_now()], watch(1, every=60)
    first = next_due(one.key, one.check.every, now[0])

    async def run(watch, due):
        await looks(watch, due)
        return first + timedelta(seconds=20) if due == first else None

    made = Schedule(run, never, vitals, room=room, now=lambda: now[0])
    made.follow(Timetable([one], now=now[0], warm_up=timedelta(), looked={one.key}))
    for at in (first, first + timedelta(seconds=30)):
        now[0] = at
        made._look_ahead()
        made._fire()
        await wait_until(lambda: not made._running)
    made._disarm()
    return [due - first for _, due in looks.begun]


async def test_a_look_that_asks_for_it_is_followed_by_one_before_the_next_turn(vitals, wait_until):
    assert await doubting(vitals, wait_until, Room(10)) == [timedelta(), timedelta(seconds=20)]
    assert vitals.overruns == 0


async def test_while_looks_wait_for_room_none_is_made_sooner(vitals, wait_until):
    room = Room(2)
    room.take()
    room.line_up(lambda: True)

    assert await doubting(vitals, wait_until, room) == [timedelta()]


async def test_a_wall_clock_that_is_set_back_holds_up_nothing_that_is_pending(vitals, wait_until):
    looks, now = Looks(), [utc_now()]
    made = Schedule(looks, never, vitals, room=Room(10), now=lambda: now[0])
    made.follow(Timetable([watch(1, every=1)], now=now[0], warm_up=timedelta(), looked={watch(1).key}))
    made._look_ahead()
    pending = [due for due, _ in made._pending]
    now[0] -= timedelta(hours=3)
    made._look_ahead()

    await wait_until(lambda: looks.begun)
    assert pending
    assert all(due <= now[0] + AHEAD for due, _ in made._pending)
    made._disarm()


async def test_draining_lets_looks_under_way_finish_and_starts_no_more(vitals, wait_until):
    looks = Looks(held=True)
    made = schedule(looks, vitals, [watch(n, every=60) for n in range(3)])
    made.start()
    await wait_until(lambda: looks.under_way == 3)
    draining = asyncio.ensure_future(made.drain(GRACE))
    looks.let_go.set()

    assert await draining == 0
    assert looks.ended == 3


async def test_what_does_not_finish_in_the_grace_is_cancelled_and_counted(vitals, wait_until):
    looks = Looks(held=True)
    made = schedule(looks, vitals, [watch(n, every=60) for n in range(3)])
    made.start()
    await wait_until(lambda: looks.under_way == 3)

    assert await made.drain(timedelta(milliseconds=10)) == 3
    assert looks.under_way == 0


async def test_looks_that_wait_for_room_are_not_begun_while_draining(vitals, wait_until):
    looks = Looks(held=True)
    made = schedule(looks, vitals, [watch(n, every=60) for n in range(6)], in_flight=1)
    made.start()
    await wait_until(lambda: looks.under_way == 1 and len(made._running) == 6)
    draining = asyncio.ensure_future(made.drain(GRACE))
    await wait_until(lambda: made._draining)
    looks.let_go.set()
    await draining

    assert len(looks.begun) == 1


async def test_a_wall_clock_that_is_set_back_does_not_stop_the_tick(vitals, wait_until):
    made = schedule(Looks(), vitals, [])
    made.start()
    ahead = utc_now() + timedelta(hours=1)
    made._scheduler.get_job("tick").modify(next_run_time=ahead)
    vitals.last_cycle = None
    made._keep_ticking()
    await wait_until(lambda: vitals.last_cycle is not None)
    await made.drain(GRACE)


async def test_draining_an_idle_schedule_ends_at_once(vitals):
    made = schedule(Looks(), vitals, [])
    made.start()

    assert await made.drain(GRACE) == 0


async def test_a_new_timetable_replaces_the_old_one(vitals, wait_until):
    looks = Looks()
    made = schedule(looks, vitals, [watch(1, every=0.3)])
    made.start()
    await wait_until(lambda: looks.begun)
    made.follow(Timetable([watch(2, every=0.3)], now=utc_now(), warm_up=timedelta()))
    await wait_until(lambda: not made._running)  # of the old one, what had come to its turn by then
    seen = len(looks.begun)
    await wait_until(lambda: len(looks.begun) > seen + 2)
    await made.drain(GRACE)

    assert {key[0] for key, _ in looks.begun[seen:]} == {"H02"}


async def test_midnight_in_viet_nam_is_a_job_of_the_scheduler(vitals):
    made = schedule(Looks(), vitals, [])
    made.start()
    job = made._scheduler.get_job("daily")
    await made.drain(GRACE)

    assert (job.next_run_time.hour, job.next_run_time.utcoffset()) == (0, timedelta(hours=7))


async def test_late_runs_of_the_tick_are_never_dropped_nor_doubled(vitals):
    made = schedule(Looks(), vitals, [])
    made.start()
    job = made._scheduler.get_job("tick")
    await made.drain(GRACE)

    assert (job.misfire_grace_time, job.coalesce, job.max_instances) == (None, True, 1)
