"""How the time of a look is shared out among its phases, by a clock that the test moves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes._net import phases
from probes._net.phases import Phases


@pytest.fixture
def clock(monkeypatch):
    """`clock(seconds)` lets them pass."""
    now = [100.0]
    monkeypatch.setattr(phases, "perf_counter", lambda: now[0])

    def passes(seconds):
        now[0] += seconds

    return passes


def test_at_first_there_is_nothing():
    assert (Phases().current, Phases().seconds) == (None, {})


def test_a_phase_lasts_until_the_next(clock):
    one = Phases()
    one.enter("connect")
    clock(2)
    one.enter("tls")
    clock(3)
    one.leave()
    assert (one.current, one.seconds) == (None, {"connect": 2, "tls": 3})


def test_what_passes_between_phases_is_nobodys(clock):
    one = Phases()
    one.enter("connect")
    clock(1)
    one.leave()
    clock(50)
    one.enter("connect")
    clock(2)
    one.leave()
    assert one.seconds == {"connect": 3}


def test_a_phase_that_is_entered_again_goes_on(clock):
    one = Phases()
    for _ in range(3):
        one.enter("processing")
        clock(1)
    one.leave()
    assert one.seconds == {"processing": 3}


def test_a_phase_that_is_cut_off_is_counted_and_stays_current(clock):
    one = Phases()
    one.enter("tls")
    clock(4)
    one.halt()
    assert (one.current, one.seconds) == ("tls", {"tls": 4})


def test_nothing_is_counted_twice_however_often_it_is_halted(clock):
    one = Phases()
    one.enter("tls")
    clock(4)
    one.halt()
    one.halt()
    clock(1)
    one.halt()
    one.leave()
    assert one.seconds == {"tls": 5}


def test_to_leave_or_to_halt_when_idle_changes_nothing(clock):
    one = Phases()
    one.leave()
    one.halt()
    clock(1)
    one.leave()
    assert (one.current, one.seconds) == (None, {})


STEPS = st.sampled_from(["connect", "tls", "leave", "halt"])


@given(st.lists(st.tuples(STEPS, st.integers(0, 100))))
def test_the_phases_take_all_the_time_in_which_there_was_one(steps):
    one, now, busy = Phases(), [0], 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(phases, "perf_counter", lambda: now[0])
        for step, seconds in steps:
            {"leave": one.leave, "halt": one.halt}.get(step, lambda step=step: one.enter(step))()
            now[0] += seconds
            busy += seconds if one.current else 0
        one.leave()
    assert sum(one.seconds.values()) == busy
