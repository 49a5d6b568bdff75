import asyncio
from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from monitor.room import Room, Rooms


async def turns():
    """Let every task go as far as it can."""
    for _ in range(5):
        await asyncio.sleep(0)


def came(who, order):
    order.append(who)
    return True


async def test_whoever_finds_room_is_not_held_up():
    room = Room(2)
    begun = asyncio.ensure_future(turns())
    async with room, room:
        assert not begun.done()
        assert (room.taken, room.waiting) == (2, 0)

    assert room.taken == 0
    await begun


async def test_those_in_line_are_served_in_the_order_of_coming():
    room, order = Room(1), []

    async def visit(who):
        async with room:
            order.append(who)

    async with room:
        visits = [asyncio.ensure_future(visit(who)) for who in range(5)]
        await turns()
        assert room.waiting == 5
    await asyncio.gather(*visits)

    assert order == [0, 1, 2, 3, 4]
    assert (room.taken, room.waiting) == (0, 0)


async def test_nobody_overtakes_those_in_line():
    room, order = Room(1), []
    room.take()
    room.line_up(partial(came, "first", order))
    assert not room.take()
    room.leave()

    assert order == ["first"]
    assert not room.take()


async def test_who_gives_up_waiting_leaves_the_place_to_the_next():
    room, order = Room(1), []
    room.take()
    gone = asyncio.ensure_future(room.enter())
    await turns()
    room.line_up(partial(came, "next", order))
    gone.cancel()
    await turns()
    room.leave()

    assert order == ["next"]
    assert room.taken == 1


async def test_who_is_called_and_cancelled_at_once_gives_the_place_back():
    room = Room(1)
    room.take()
    waits = asyncio.ensure_future(room.enter())
    await turns()
    room.leave()
    waits.cancel()
    await asyncio.gather(waits, return_exceptions=True)

    assert waits.cancelled()
    assert room.taken == 0


async def test_a_place_that_nobody_wants_any_more_is_free():
    room = Room(1)
    room.take()
    room.line_up(lambda: False)
    room.line_up(lambda: False)
    room.leave()

    assert room.take()


async def test_a_place_given_back_for_a_while_is_had_again_behind_those_in_line():
    room, order, waits = Room(1), [], asyncio.Event()

    async def polite():
        async with room:
            await waits.wait()
            room.leave()
            order.append("waits")
            await room.enter()
            order.append("goes on")

    visit = asyncio.ensure_future(polite())
    await turns()
    room.line_up(partial(came, "other", order))
    waits.set()
    await turns()
    assert order == ["other", "waits"]

    room.leave()
    await visit
    assert order == ["other", "waits", "goes on"]
    assert room.taken == 0


async def test_a_room_of_many_names_is_there_only_while_someone_is_in_it():
    rooms = Rooms(1)

    assert rooms.take("a.example")
    assert rooms.take("b.example")
    assert not rooms.take("a.example")
    assert len(rooms) == 2

    rooms.leave("a.example")
    rooms.leave("b.example")
    assert len(rooms) == 0


async def test_in_a_room_of_a_name_the_next_in_line_comes_in():
    rooms, order = Rooms(1), []
    rooms.take("a.example")
    rooms.line_up("a.example", partial(came, "next", order))
    rooms.leave("a.example")

    assert order == ["next"]
    assert not rooms.take("a.example")


@given(st.integers(1, 4), st.lists(st.sampled_from(["come", "leave"]), max_size=60))
def test_places_are_never_lost_nor_given_twice(places, steps):
    room, inside, outside, number = Room(places), [], [], 0
    for step in steps:
        if step == "leave" and inside:
            inside.pop(0)
            room.leave()
        elif step == "come":
            number += 1
            outside.append(number)
            if room.take():
                inside.append(outside.pop())
            else:
                room.line_up(lambda who=number: bool(outside.remove(who) or inside.append(who) or True))

        assert room.taken == len(inside) <= places
        assert room.waiting == len(outside)
        assert not outside or len(inside) == places
        assert inside == sorted(inside)
