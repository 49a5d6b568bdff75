"""Since when what many share is, and each of those who were in it; and since when one is unstable."""

from dataclasses import replace
from datetime import time, timedelta

import pytest

from monitor.incidents import Cause, Sharing
from monitor.model import Condition
from monitor.notice import Event
from monitor.store.ledger import Ack
from monitor.store.remembered import difference, recalled
from monitor.stories import Memory

MERGED = Condition.MERGED
USERS = ("H00", "H01", "H02", "H03", "H04")
OTHERS = USERS[1:]


@pytest.fixture
def vendor(course):
    it = course()
    cause = Cause(sharing=Sharing.PLATFORM, value="vendor")
    it.traits |= {code: (cause, *it.traits[code]) for code in USERS}
    return it


def merged(codes, word):
    return [(code, MERGED, word) for code in codes]


def older(it):
    """H00 has a trouble of its own, is told of and taken on; then the others have another one together. When that began."""
    it.deciding["H00"] = "dossier_sync"
    it.turn(H00="no")
    it.run(1)
    it.seen["acks"] = {"H00": Ack(agency="H00", by="lan", reason="called", at=it.at)}
    it.run(9)
    it.turn(*merged(OTHERS, "no"))
    return it.at


def test_a_trouble_of_another_kind_does_not_date_the_incident(vendor):
    begun = older(vendor)
    vendor.run(5)
    incident = vendor.notices[-1]

    assert vendor.told[-1] == (11, "incident", list(USERS))
    assert [group.since for group in incident.groups] == [begun]
    assert [entry.since for entry in incident.entries] == [vendor.began, *[begun] * 4]


def test_the_first_loss_by_what_most_are_lost_by_dates_it_though_it_was_told_alone(vendor):
    vendor.turn(H00="no")
    vendor.run(10)
    vendor.turn(**dict.fromkeys(OTHERS, "no"))
    vendor.run(5)

    assert [event for _, event, _ in vendor.told] == ["lost", "incident"]
    assert [group.since for group in vendor.notices[-1].groups] == [vendor.began]


def test_an_incident_keeps_the_date_it_was_told_with(vendor):
    begun = older(vendor)
    vendor.run(5)
    vendor.deciding = dict.fromkeys(USERS, "dossier_sync")
    vendor.run(5)

    assert [each.since for each in vendor.alerts.incidents] == [begun]


def test_when_it_is_over_each_is_told_since_when_it_was_lost_and_who_still_is(vendor):
    begun = older(vendor)
    vendor.run(10)
    vendor.restart()
    back = vendor.at
    vendor.turn(*merged(OTHERS, "yes"))
    vendor.run(60)
    ended = vendor.notices[-1]
    lost, *well = ended.entries

    assert ended.event is Event.ENDED
    assert {(entry.conditions, entry.since, entry.until) for entry in well} == {((MERGED,), begun, back)}
    assert (lost.since, lost.until, lost.reasons, lost.ack, lost.ack_by) == (
        vendor.began,
        None,
        ("refused",),
        "called",
        "lan",
    )


def test_who_comes_and_goes_in_an_incident_was_lost_when_it_was_the_first_time(vendor):
    vendor.turn(**dict.fromkeys(USERS, "no"))
    vendor.run(10)
    vendor.turn(H01="yes")
    vendor.run(3)
    vendor.turn(H01="no")
    vendor.run(3)
    vendor.turn(**dict.fromkeys(USERS, "yes"))
    vendor.run(60)

    assert {entry.since for entry in vendor.notices[-1].entries} == {vendor.began}


def test_since_when_they_were_lost_is_kept_in_the_ledger_and_need_not_be_there(vendor):
    vendor.turn(**dict.fromkeys(USERS, "no"))
    vendor.run(5)
    memory = vendor.alerts.memory
    (incident,) = memory.incidents
    rows = [(kind, key, text) for kind, key, text in difference(Memory(), memory) if text]
    old = [
        (kind, key, text.replace('"lost":{', '"unknown":{') if kind == "incident" else text) for kind, key, text in rows
    ]

    assert incident.lost == dict.fromkeys(USERS, vendor.began)
    assert recalled(rows, "here") == memory
    assert recalled(old, "here").incidents == (replace(incident, lost={}),)


def restless(it):
    """Lost at 0, 20 and 40 minutes."""
    for _ in range(3):
        it.turn(H07="no")
        it.run(10)
        it.turn(H07="yes")
        it.run(10)


def test_who_is_unstable_is_so_since_the_first_of_the_losses_that_are_counted(course):
    it = course()
    restless(it)
    it.run(70)
    unstable, steady = it.notices[-2:]

    assert [notice.event for notice in (unstable, steady)] == [Event.UNSTABLE, Event.STEADY]
    assert [(entry.times, entry.since, entry.until) for entry in unstable.entries] == [(3, it.began, None)]
    assert [(entry.since, entry.until) for entry in steady.entries] == [(it.began, it.began + timedelta(minutes=50))]


def test_who_holds_still_and_is_lost_is_so_since_its_last_loss(course):
    it = course()
    restless(it)
    it.turn(H07="no")
    lost = it.at
    it.run(70)
    steady = it.notices[-1]

    assert (steady.event, steady.entries[0].since, steady.entries[0].until) == (Event.STEADY, lost, None)


def test_a_digest_says_since_when_one_is_unstable(course, make):
    it = course(channels=[make.channel("mail", daily=time(20))])  # an hour after the start
    restless(it)
    it.run(2)
    (daily,) = (notice for notice in it.notices if notice.event is Event.DAILY)

    assert [(entry.times, entry.since) for entry in daily.entries] == [(3, it.began)]
