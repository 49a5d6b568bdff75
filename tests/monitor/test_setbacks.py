"""Whose failure it is: the channel's or the notice's."""

from monitor.setbacks import Setbacks


def made(*happened):
    """`3`: it failed; `-3`: it was taken."""
    setbacks = Setbacks()
    for each in happened:
        if each > 0:
            setbacks.failed(each, own=False)
        else:
            setbacks.taken(-each)
    return setbacks


def test_what_fails_is_the_channels():
    assert made(1, 1, 1, 2).own == frozenset()


def test_that_another_is_taken_once_may_be_because_the_channel_came_back_just_then():
    assert made(1, -2).own == frozenset()


def test_what_fails_again_after_another_was_taken_fails_by_itself():
    assert made(1, -2, 1).own == {1}


def test_when_another_fails_too_it_may_be_the_channel_after_all():
    assert made(1, -2, 1, 3).own == frozenset()


def test_what_is_certain_stays_so_until_it_fails_otherwise():
    setbacks = made()
    setbacks.failed(1, own=True)
    setbacks.failed(2, own=False)
    assert setbacks.own == {1}
    setbacks.failed(1, own=False)
    assert setbacks.own == frozenset()


def test_of_what_is_settled_nothing_is_known_any_more():
    setbacks = made(1, -2, 1)
    setbacks.forget(1)
    assert setbacks.own == frozenset()
