"""Who is told the end of what was told on a channel that was renamed, or is there no more."""

import pytest

from monitor.model import Level
from monitor.notice import Event, Severity
from monitor.stories import Kind, Subject

H01, H03 = (Subject(kind=Kind.LOSS, value=code) for code in ("H01", "H03"))


@pytest.fixture
def ends(course, make):
    """`ends(before, after)`: on which channels H01 is told to be back that was lost while the channels were those of before."""

    def told(before, after, *, minutes=5):
        it = course(channels=before)
        it.turn(H01="no")
        it.run(minutes)
        it.alerts.channels = it.channels = {each.name: each for each in after}
        it.tick()
        it.turn(H01="yes")
        it.run(20)
        (end,) = [order for order in it.orders if order.notice.event is Event.RESTORED]
        assert set(end.channels) == set(end.notice.told)
        return set(end.channels)

    return told


def channels(make):
    """By what each wants."""
    return {
        "duty": make.channel("duty"),
        "losses": make.channel("losses", events=frozenset({Event.LOST})),
        "grave": make.channel("grave", least=Severity.CRITICAL),
        "ministries": make.channel("ministries", levels=frozenset({Level.MINISTRY})),
        "chief": make.channel("chief", escalation=True),
        "boss": make.channel("boss", escalation=True),
        "night": make.channel("night", formerly=("duty",)),
    }


@pytest.mark.parametrize(
    ("before", "after", "minutes", "expected"),
    [
        (["duty"], ["duty"], 5, {"duty"}),
        (["duty"], ["night"], 5, {"night"}),
        (["duty"], ["night", "losses"], 5, {"night"}),
        (["duty"], ["losses", "grave", "ministries", "chief"], 5, {"losses"}),
        (["duty", "losses"], ["losses"], 5, {"losses"}),
        (["duty", "ministries"], ["duty", "losses", "ministries"], 5, {"duty"}),
        (["duty"], ["grave"], 5, set()),
        (["duty", "chief"], ["duty", "boss"], 90, {"duty", "boss"}),
        (["duty", "chief"], ["duty", "boss"], 5, {"duty"}),
    ],
    ids=[
        "where nothing changed",
        "by its new name",
        "by its new name, and nobody else",
        "of one that is gone those who would be told now",
        "who was told himself, once",
        "a channel that comes is told no end of what it was not told",
        "nobody, where nobody would be told",
        "where it was told higher up, those who stand there now",
        "and otherwise not",
    ],
)
def test_who_is_told_the_end(ends, make, before, after, minutes, expected):
    known = channels(make)

    assert ends([known[name] for name in before], [known[name] for name in after], minutes=minutes) == expected


def test_it_is_remembered_at_once_so_that_receivers_that_forget_are_told_again(course, make):
    it = course(channels=[make.channel("duty")])
    it.turn(H01="no")
    it.tick()
    it.alerts.channels = {"night": make.channel("night", formerly=("duty",))}
    it.tick()
    memory = it.alerts.memory
    it.tick()

    assert memory.stories[H01].on == {"duty", "night"}
    assert it.alerts.memory.stories[H01] is memory.stories[H01]  # nothing to write anew


def test_the_end_of_an_incident_is_told_there_too_and_who_left_the_roster_is_no_trouble(course, make):
    it = course(channels=[make.channel("duty")])
    it.national = {"N00": frozenset({"H01", "H02"})}
    it.turn(H03="no")
    it.tick()
    del it.agencies["H03"]
    it.answers = {key: answer for key, answer in it.answers.items() if key[0] != "H03"}
    it.alerts.keep(it.standings())
    it.alerts.channels = it.channels = {"other": make.channel("other")}
    it.tick()
    it.national = {}
    it.run(30)

    assert [(each.notice.event, set(each.channels)) for each in it.orders[-1:]] == [(Event.ENDED, {"other"})]
    assert H03 not in it.alerts.memory.stories
