"""Since when: people are told when it began, and who waits for others waits from when it was known."""

from datetime import timedelta

import pytest

from monitor.incidents import Cause, Sharing
from monitor.model import Condition
from monitor.store.ledger import Ack, Window

MINUTE, HALF_AN_HOUR = timedelta(minutes=1), timedelta(minutes=30)
VENDOR = Cause(sharing=Sharing.PLATFORM, value="vendor")
USERS = ("H00", "H01", "H02", "H03", "H04")


@pytest.fixture
def vendor(course):
    """Five of one family of software."""
    it = course()
    it.traits |= {code: (VENDOR, *it.traits[code]) for code in USERS}
    return it


def times(notice):
    return [(entry.since, entry.until) for entry in notice.entries]


def test_a_loss_began_with_the_first_look_that_found_it(course):
    it = course()
    it.at += HALF_AN_HOUR
    it.turn(H01="no", lag=7 * MINUTE)
    (lost,) = it.tick()

    assert (lost.at, times(lost)) == (it.at, [(it.at - 7 * MINUTE, None)])


def test_it_is_over_since_the_first_look_that_found_it_well(course):
    it = course()
    it.at += HALF_AN_HOUR
    it.turn(H01="no", lag=7 * MINUTE)
    it.tick()
    began = it.at - 7 * MINUTE
    it.run(30)
    it.turn(H01="yes", lag=2 * MINUTE)
    back = it.at - 2 * MINUTE
    it.run(10)

    assert [times(notice) for notice in it.notices] == [[(began, None)], [(began, back)]]


def test_of_two_conditions_the_one_that_was_lost_first_dates_it(course):
    it = course()
    it.at += HALF_AN_HOUR
    it.turn(("H01", Condition.MERGED, "no"), lag=3 * MINUTE)
    it.turn(("H01", Condition.CONNECTED, "no"), lag=9 * MINUTE)
    (lost,) = it.tick()

    assert times(lost) == [(it.at - 9 * MINUTE, None)]


def test_a_loss_that_may_be_part_of_an_incident_waits_from_when_it_was_known(vendor):
    vendor.at += HALF_AN_HOUR
    vendor.turn(H00="no", lag=20 * MINUTE)
    vendor.doubtful = frozenset({"H01", "H02", "H03"})
    vendor.tick()
    vendor.run(10)

    assert vendor.told == [(33, "lost", ["H00"])]
    assert times(vendor.notices[0]) == [(vendor.began + 10 * MINUTE, None)]


def test_who_is_known_long_after_it_began_still_waits_for_who_began_with_it(vendor):
    """An agency that is looked at once an hour is known to be lost an hour after the others of the same fault."""
    vendor.at += 2 * HALF_AN_HOUR
    vendor.turn(H00="no", H01="no", lag=50 * MINUTE)
    vendor.doubtful = frozenset({"H02", "H03"})
    vendor.tick()
    vendor.run(1)
    vendor.turn(H02="no", H03="no", lag=48 * MINUTE)
    vendor.doubtful = frozenset()
    vendor.tick()

    assert [event for _, event, _ in vendor.told] == ["incident"]


def test_an_incident_began_with_the_first_who_was_lost_by_it(vendor):
    vendor.at += HALF_AN_HOUR
    vendor.turn(H00="no", lag=9 * MINUTE)
    vendor.turn(H01="no", H02="no", H03="no", lag=6 * MINUTE)
    (incident,) = vendor.tick()

    assert [group.since for group in incident.groups] == [vendor.at - 9 * MINUTE]
    assert [since for since, _ in times(incident)] == [vendor.at - 9 * MINUTE, *[vendor.at - 6 * MINUTE] * 3]


def test_those_who_began_far_apart_make_no_incident_though_they_are_known_together(vendor):
    vendor.at += timedelta(hours=5)
    for number, code in enumerate(USERS):
        vendor.turn(**{code: "no"}, lag=number * 40 * MINUTE)
    vendor.tick()

    assert [event for _, event, _ in vendor.told] == ["lost"]


def test_maintenance_that_began_before_it_was_known_accounts_for_it(vendor):
    """Planned work may well begin a few minutes early."""
    vendor.at += HALF_AN_HOUR
    begin = (vendor.at - 3 * MINUTE).replace(tzinfo=None)
    closed = Window(id="w", begin=begin, lasts=timedelta(hours=1), zone="UTC", agencies=frozenset(), reason="x")
    vendor.seen["windows"] = [closed]
    vendor.turn(**dict.fromkeys(USERS, "no"), lag=5 * MINUTE)
    vendor.tick()

    assert vendor.told == []


def test_who_is_back_is_so_since_the_last_of_all_that_was_lost_told_or_not(course):
    it = course()
    it.at += HALF_AN_HOUR
    it.turn(("H01", Condition.MERGED, "no"))
    it.tick()
    it.run(5)
    it.turn(("H01", Condition.CONNECTED, "no"))
    it.run(5)
    it.turn(("H01", Condition.MERGED, "yes"))
    it.run(20)
    it.turn(("H01", Condition.CONNECTED, "yes"), lag=2 * MINUTE)
    back = it.at - 2 * MINUTE
    it.run(10)

    assert times(it.notices[-1]) == [(it.began + HALF_AN_HOUR, back)]


def test_a_loss_that_nobody_was_told_of_yet_began_with_what_is_lost_still(course):
    it = course()
    it.at += HALF_AN_HOUR
    begin = (it.at - MINUTE).replace(tzinfo=None)
    closed = Window(id="w", begin=begin, lasts=timedelta(hours=3), zone="UTC", agencies=frozenset(), reason="x")
    it.seen["windows"] = [closed]
    it.turn(("H01", Condition.MERGED, "no"), ("H02", Condition.MERGED, "no"))
    it.tick()
    it.run(30)
    it.turn(H01="no", lag=35 * MINUTE)
    it.turn(H02="no", lag=4 * MINUTE)
    it.turn(("H02", Condition.MERGED, "yes"))
    sooner, later = it.at - 35 * MINUTE, it.at - 4 * MINUTE
    it.run(180)

    assert it.told == [(210 - 1, "lost", ["H01", "H02"])]
    assert times(it.notices[0]) == [(sooner, None), (later, None)]


def test_national_trouble_that_agencies_looks_found_ends_when_they_find_it_no_more(course):
    """The system's own checks were well all the time, so they do not say when it ended."""
    it = course()
    it.at += HALF_AN_HOUR
    it.upstream = {"N00": (frozenset(f"H0{n}" for n in range(7)), 8)}
    it.tick()
    it.run(60)
    it.upstream = {}
    over = it.at + MINUTE
    it.run(10)

    assert [event for _, event, _ in it.told] == ["incident", "ended"]
    assert [(each.since, each.until) for each in it.notices[-1].groups] == [(it.began + HALF_AN_HOUR, over)]


def test_who_took_one_on_before_many_were_known_to_be_lost_did_not_take_on_the_incident(vendor):
    """Though it began before: its first loss is the one that was taken on."""

    def taken_on(code):
        vendor.seen["acks"] = {code: Ack(agency=code, by="chi", reason="called them", at=vendor.at)}

    vendor.at += HALF_AN_HOUR
    vendor.turn(H00="no")
    vendor.run(1)
    taken_on("H00")
    vendor.run(9)
    vendor.turn(H01="no", H02="no", H03="no", lag=5 * MINUTE)
    vendor.tick()
    incident = next(iter(vendor.decision.memory.incidents))
    vendor.run(60 * 24)
    reminded = [event for _, event, _ in vendor.told]
    taken_on("H01")
    vendor.run(60 * 48)

    assert incident.since == vendor.began + HALF_AN_HOUR
    assert reminded == ["lost", "incident", "still_down"]
    assert [event for _, event, _ in vendor.told] == reminded
