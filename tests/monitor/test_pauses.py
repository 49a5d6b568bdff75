"""What is made to stay is set aside from the collector, and garbage in it is not kept for ever."""

import gc
import weakref

import pytest

from monitor.pauses import made_to_stay


class Thing:
    pass


@pytest.fixture(autouse=True)
def _everything_is_searched_again_afterwards():
    yield
    gc.enable()
    gc.unfreeze()


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
