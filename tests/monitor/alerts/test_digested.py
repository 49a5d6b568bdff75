"""How the scores moved, as a digest tells it: since the channel's last digest of its kind, and since nothing else."""

from dataclasses import replace
from datetime import time

import pytest

from monitor.model import Level
from monitor.notice import Event
from monitor.store.remembered import difference, recalled
from monitor.stories import Memory

MORNING = time(20)  # an hour after the start
DAY = 24 * 60


def provinces(it, event=Event.DAILY):
    """What digests said of them, by channel."""
    told = [(sorted(each.channels), each.notice) for each in it.orders if each.notice.event is event]
    return [
        (
            " ".join(names),
            next((move.before[0], move.after[0]) for move in notice.moves if move.level is Level.PROVINCE),
        )
        for names, notice in told
    ]


@pytest.fixture
def digests(course, make):
    return course(channels=[make.channel("mail", daily=MORNING, weekly=(2, time(20, 1)))])


def test_a_score_that_was_back_before_the_digest_did_not_move(digests):
    digests.turn(H01="no", H02="no")
    digests.run(59)
    digests.turn(H01="yes", H02="yes")
    digests.run(10)

    assert [event for _, event, _ in digests.told] == ["lost", "daily", "weekly", "restored"]
    assert provinces(digests) == provinces(digests, Event.WEEKLY) == [("mail", (8, 8))]
    assert next((move.before, move.after) for move in digests.notices[-1].moves) == ((6, 8), (8, 8))


def test_a_digest_tells_how_they_moved_since_the_last_of_its_kind(digests, make):
    digests.run(61)
    digests.turn(H01="no")
    digests.run(DAY)
    digests.restart()
    digests.turn(H02="no")
    digests.run(6 * DAY, step=5 * make.MINUTE)

    assert provinces(digests)[:3] == [("mail", (8, 8)), ("mail", (8, 7)), ("mail", (7, 6))]
    assert provinces(digests, Event.WEEKLY) == [("mail", (8, 8)), ("mail", (8, 6))]


def test_each_channel_goes_by_its_own_digests(course, make):
    early, late = make.channel("early", daily=MORNING), make.channel("late", daily=time(20, 30))
    it = course(channels=[early, late])
    it.run(70)
    it.turn(H01="no")
    it.run(30)
    it.alerts.channels = {"late": late, "early": replace(early, daily=time(20, 30))}
    it.turn(H02="no")
    it.run(DAY)

    assert provinces(it) == [("early", (8, 8)), ("late", (8, 7)), ("early", (8, 6)), ("late", (7, 6))]


def test_a_channel_with_another_name_goes_on_and_a_new_one_begins(course, make):
    it = course(channels=[make.channel("mail", daily=MORNING)])
    it.run(70)
    it.turn(H01="no")
    it.run(5)
    it.alerts.channels = {
        "duty": make.channel("duty", daily=MORNING, formerly=("mail",)),
        "new": make.channel("new", daily=MORNING),
    }
    it.run(DAY)

    assert sorted(provinces(it)[1:]) == [("duty", (8, 7)), ("new", (7, 7))]
    assert {name for _, _, name in it.alerts.memory.digested} == {"duty", "new"}


def test_what_the_last_digests_told_is_kept_in_the_ledger_and_need_not_be_there(digests):
    digests.run(70)
    memory = digests.alerts.memory
    rows = [(kind, key, text) for kind, key, text in difference(Memory(), memory) if text]

    assert memory.digested[Event.DAILY, Level.PROVINCE, "mail"] == (8, 8)
    assert recalled(rows, "here") == memory
    assert recalled([row for row in rows if row[0] != "digested"], "here") == replace(memory, digested={})
