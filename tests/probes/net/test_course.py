"""What a look has met, and waiting one's turn."""

import asyncio

import pytest
from aiohttp import web
from yarl import URL

from monitor.room import Room
from probes._net.course import Course

A, B = "a.example", "b.example"


async def hello(_):
    return web.Response(text="xin chào")


class Place:
    def __init__(self):
        self.told = []

    def leave(self):
        self.told.append("left")

    async def enter(self):
        self.told.append("entered")


async def test_who_waits_for_its_turn_gives_its_place_back_and_takes_one_again():
    place = Place()
    await Course(None, place).aside(0)
    assert place.told == ["left", "entered"]


async def test_who_is_cancelled_while_it_waits_holds_a_place_again_for_whoever_takes_it_back():
    place = Place()
    waiting = asyncio.ensure_future(Course(None, place).aside(60))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert place.told == ["left", "entered"]


async def test_the_limit_of_a_look_stands_still_while_it_waits_for_its_turn():
    """A wait longer than the limit does not run into it."""
    async with asyncio.timeout(0.05) as limit:
        course = Course(limit)
        before = limit.when()
        await course.aside(0.1)
        assert limit.when() == pytest.approx(before + course.waited, abs=1e-9)
    assert course.waited >= 0.1


async def test_a_look_that_waits_for_its_turn_holds_up_no_other(serve, network):
    """There is one place, and who has it waits for a host that was just asked: another host is asked meanwhile."""
    await serve(hello, A, B, tls=False)
    way, room, ended = network(requests_per_second=5), Room(1), []

    async def look(name, host):
        async with room:
            await way.trip(place=room).get(URL(f"http://{host}/"))
            ended.append(name)

    await look("first", A)
    await asyncio.gather(look("second", A), look("third", B))
    assert ended == ["first", "third", "second"]
    assert (room.taken, room.waiting) == (0, 0)
