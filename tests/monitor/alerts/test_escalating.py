"""What nobody takes on is told to somebody else: once, together, and then like to everybody."""

from datetime import time, timedelta

import pytest

from monitor.alerts.rules import Telling
from monitor.channels import Retelling
from monitor.notice import Event
from monitor.store.ledger import Ack

MINUTES = timedelta(minutes=1)
QUICK = Telling(retelling=Retelling(remind=3 * MINUTES, escalate=2 * MINUTES, most_between=24 * MINUTES))
STEP = timedelta(seconds=5)


@pytest.fixture
def escalating(course, make):
    return course(QUICK, [make.channel("mail"), make.channel("chief", escalation=True)])


def on_chief(it):
    """Minutes and whom, of each notice to it."""
    told = [each for each in it.orders if "chief" in each.channels]
    return [
        ((each.notice.at - it.began) / MINUTES, each.notice.escalated, [entry.agency for entry in each.notice.entries])
        for each in told
    ]


def test_what_was_escalated_is_not_told_again_as_a_reminder_a_moment_later(escalating):
    escalating.turn(H01="no")
    escalating.tick()
    escalating.run(8, step=STEP)

    assert on_chief(escalating) == [(2, True, ["H01"])]
    assert [(minute, event) for minute, event, _ in escalating.told] == [
        (0, "lost"),
        (2, "still_lost"),
        (3, "still_lost"),
    ]


def test_who_was_told_of_an_escalation_is_reminded_later_and_told_the_end(escalating):
    escalating.turn(H01="no")
    escalating.tick()
    escalating.run(10, step=STEP)
    escalating.turn(H01="yes")
    escalating.run(5, step=STEP)

    assert [(minute, escalated) for minute, escalated, _ in on_chief(escalating)] == [
        (2, True),
        (9, False),
        (13 + 1 / 12, False),
    ]
    assert escalating.notices[-1].event is Event.RESTORED


def test_a_restart_does_not_forget_when_it_was_escalated(escalating):
    escalating.turn(H01="no")
    escalating.tick()
    escalating.run(2, step=STEP)
    escalating.restart()
    escalating.run(3, step=STEP)

    assert on_chief(escalating) == [(2, True, ["H01"])]


def test_what_is_escalated_within_a_short_time_is_gathered(escalating):
    """As what is lost is: two that nobody has taken on any more, one after the other."""
    escalating.traits = {}
    codes = ("H01", "H02", "H03")
    escalating.turn(**dict.fromkeys(codes, "no"))
    escalating.tick()
    escalating.seen["acks"] = {code: Ack(agency=code, by="lan", reason="x", at=escalating.at) for code in codes[1:]}
    escalating.run(2, step=STEP)
    for code in codes[1:]:
        del escalating.seen["acks"][code]
        escalating.run(1 / 6, step=STEP)
    escalating.run(1, step=STEP)

    assert on_chief(escalating) == [(2, True, ["H01"]), (2.5, True, ["H02", "H03"])]


def test_what_is_to_be_escalated_soon_comes_along(course, make):
    it = course(channels=[make.channel("mail"), make.channel("chief", escalation=True)])
    it.traits = {}
    it.turn(H01="no")
    it.run(2)
    it.turn(H02="no")
    it.run(70)

    assert on_chief(it) == [(61, True, ["H01", "H02"])]


def test_who_was_taken_on_meanwhile_does_not_come_along(escalating):
    escalating.traits = {}
    escalating.turn(H01="no", H02="no")
    escalating.run(1)
    escalating.seen["acks"] = {"H02": Ack(agency="H02", by="lan", reason="x", at=escalating.at)}
    escalating.run(4)

    assert [told for _, _, told in on_chief(escalating)] == [["H01"]]


def test_a_digest_does_not_count_an_escalation_as_a_reminder(course, make):
    it = course(QUICK, [make.channel("mail", daily=time(19, 5)), make.channel("chief", escalation=True)])
    it.turn(H01="no")
    it.tick()
    it.run(6, step=STEP)
    (daily,) = (notice for notice in it.notices if notice.event is Event.DAILY)

    assert dict(daily.events) == {Event.LOST: 1, Event.STILL_LOST: 1}
