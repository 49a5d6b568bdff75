"""A clock that was ahead for a while, and is put back: nobody waits till it gets there again."""

from datetime import timedelta

import pytest

from monitor.alerts.rules import Telling
from monitor.channels import Retelling

MINUTE, YEAR = timedelta(minutes=1), timedelta(days=365)


@pytest.fixture(params=["goes on", "begins again"])
def put_back(request):
    """The clock of a monitor that goes on, or of one that is ended and begun again meanwhile."""

    def back(it):
        it.at -= YEAR
        if request.param == "begins again":
            it.restart()
        it.tick()

    return back


@pytest.fixture
def it(course):
    """An hour after the start."""
    it = course(Telling(retelling=Retelling(remind=timedelta(hours=2))))
    it.at += timedelta(hours=1)
    return it


def test_who_was_back_while_the_clock_was_ahead_is_told_to_be(it, put_back):
    it.turn(H01="no")
    it.tick()
    began = it.at
    it.run(5)
    it.at += YEAR
    it.turn(H01="yes")
    it.tick()
    put_back(it)
    back = it.at
    it.run(10)

    assert it.told[-1][1:] == ("restored", ["H01"])
    (entry,) = it.notices[-1].entries
    assert began == entry.since < back == entry.until


def test_who_was_lost_while_the_clock_was_ahead_is_lost_since_it_was_put_back_and_told_again(it, put_back):
    it.at += YEAR
    it.turn(H01="no", lag=MINUTE)
    it.tick()
    put_back(it)
    back = it.at
    it.run(180)

    assert [event for _, event, _ in it.told] == ["lost", "still_lost"]
    assert [entry.since for entry in it.notices[-1].entries] == [back]


def test_a_score_that_moved_while_the_clock_was_ahead_is_told(it, put_back):
    it.at += YEAR
    it.agencies = {code: each for code, each in it.agencies.items() if code != "H04"}
    it.tick()
    put_back(it)
    it.run(10)

    assert [event for _, event, _ in it.told] == ["score"]


def test_an_incident_that_was_over_while_the_clock_was_ahead_ends(it, put_back):
    it.national = {"N00": frozenset({"H01"})}
    it.tick()
    it.run(5)
    it.at += YEAR
    it.national = {}
    it.tick()
    put_back(it)
    it.run(10)

    assert [event for _, event, _ in it.told if event != "still_down"] == ["incident", "ended"]
