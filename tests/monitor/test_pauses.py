"""What is made to stay is set aside from the collector, and garbage in it is not kept for ever."""

import asyncio
import gc
import weakref

import pytest

from monitor.pauses import made_to_stay, undisturbed


class Thing:
    pass


@pytest.fixture(autouse=True)
def _nothing_of_it_is_left_afterwards():
    yield
    gc.enable()
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def circle():
    one = Thing()
    one.itself = one
    return one


def test_what_is_made_inside_is_searched_neither_meanwhile_nor_later():
    with made_to_stay():
        collecting, made = gc.isenabled(), Thing()

    assert not collecting
    assert gc.isenabled()
    assert not any(each is made for each in gc.get_objects())  # of those that a full collection goes through


def test_what_is_made_afterwards_is_searched():
    with made_to_stay():
        pass
    made = weakref.ref(circle())
    gc.collect()

    assert made() is None


def test_what_was_set_aside_and_became_garbage_goes_the_next_time():
    with made_to_stay():
        old = circle()
    gone = weakref.ref(old)
    del old
    gc.collect()
    assert gone() is not None
    with made_to_stay():
        pass

    assert gone() is None


def test_it_ends_with_an_error_too():
    with pytest.raises(ZeroDivisionError), made_to_stay():
        raise ZeroDivisionError

    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off():
    gc.disable()
    with made_to_stay():
        pass

    assert not gc.isenabled()


async def test_nothing_is_collected_while_another_thread_does_long_work():
    loop, before = asyncio.get_running_loop(), gc.isenabled()
    meanwhile = await asyncio.to_thread(undisturbed(gc.isenabled, loop))
    await asyncio.sleep(0)

    assert (before, meanwhile, gc.isenabled()) == (True, False, True)


async def test_who_collects_nothing_is_left_alone():
    gc.disable()
    await asyncio.to_thread(undisturbed(gc.isenabled, asyncio.get_running_loop()))
    await asyncio.sleep(0)

    assert not gc.isenabled()


async def test_long_work_that_fails_does_not_end_collecting_for_ever():
    with pytest.raises(ZeroDivisionError):
        await asyncio.to_thread(undisturbed(lambda: 1 // 0, asyncio.get_running_loop()))
    await asyncio.sleep(0)

    assert gc.isenabled()
