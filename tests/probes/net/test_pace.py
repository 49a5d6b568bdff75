"""Politeness, by a clock that stands still unless it is moved."""

import pytest

from probes._net import pace
from probes._net.pace import Pace


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def test_the_first_to_ask_does_not_wait_and_the_next_wait_their_turn():
    polite = Pace(2.0, Clock())
    assert [polite.wait("a.example") for _ in range(4)] == pytest.approx([0, 0.5, 1.0, 1.5])


def test_hosts_do_not_wait_for_each_other():
    polite = Pace(1.0, Clock())
    assert [polite.wait(host) for host in ("a.example", "b.example", "c.example")] == [0, 0, 0]


def test_time_that_passed_is_not_waited_again():
    clock = Clock()
    polite = Pace(1.0, clock)
    polite.wait("a.example")
    clock.now += 0.75
    assert polite.wait("a.example") == pytest.approx(0.25)


def test_slots_that_nobody_used_are_not_saved_up():
    clock = Clock()
    polite = Pace(1.0, clock)
    polite.wait("a.example")
    clock.now += 60
    assert [polite.wait("a.example") for _ in range(2)] == pytest.approx([0, 1.0])


def test_hosts_of_long_ago_are_forgotten(monkeypatch):
    monkeypatch.setattr(pace, "_MANY", 3)
    clock = Clock()
    polite = Pace(1.0, clock)
    for host in "abc":
        polite.wait(host)
    clock.now += 10
    polite.wait("d")
    assert list(polite._free) == ["d"]
