"""Courses of an estate, minute by minute, and what is told of them."""

from datetime import UTC, datetime, time, timedelta

import pytest

from monitor.incidents import Cause, Sharing
from monitor.model import Answer, Condition, Level
from monitor.notice import MOST_ENTRIES, Event, Severity
from monitor.saying.message import message
from monitor.store.ledger import Ack, Window
from monitor.stories import Kind, Subject
from monitor.words import Language

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MERGED = Condition.MERGED


def test_a_loss_is_told_at_once_and_its_end_once_it_has_held(course):
    it = course()
    it.turn(H01="no")
    it.tick()
    it.run(10)
    it.turn(H01="yes")
    it.run(20)

    assert it.told == [(0, "lost", ["H01"]), (14, "restored", ["H01"])]


def test_a_notice_says_all_that_its_words_are_made_of(course):
    it = course()
    it.seen["acks"] = {"H01": Ack(agency="H01", by="chi", reason="called them", at=it.at)}
    it.turn(H01="no")
    (lost,) = it.tick()
    (entry,) = lost.entries

    assert (lost.event, lost.severity, lost.at, len(lost.key)) == (Event.LOST, Severity.WARNING, it.at, 32)
    assert (entry.agency, entry.level, entry.conditions, entry.since) == (
        "H01",
        Level.PROVINCE,
        (Condition.CONNECTED,),
        it.at,
    )
    assert (entry.because, entry.reasons, entry.detail, entry.ack) == (
        ("portal",),
        ("refused",),
        "it refuses",
        "called them",
    )
    assert [(move.level, move.before, move.after) for move in lost.moves] == [
        (Level.PROVINCE, (8, 8), (7, 8)),
        (Level.MINISTRY, (2, 2), (2, 2)),
    ]


def test_what_follows_names_the_notices_before_it(course):
    it = course()
    it.turn(H01="no")
    (lost,) = it.tick()
    back = it.at
    it.turn(H01="yes")
    it.run(5)
    restored = it.notices[-1]

    assert restored.after == (lost.key,)
    assert restored.entries[0].conditions == (Condition.CONNECTED,)
    assert (restored.entries[0].since, restored.entries[0].until) == (it.began, back)
    assert [(move.before, move.after) for move in restored.moves] == [((7, 8), (8, 8)), ((2, 2), (2, 2))]


def test_what_is_told_together_says_of_each_by_which_notice_it_was_told_first(course):
    it = course()
    it.turn(H01="no")
    (first,) = it.tick()
    it.run(5)
    it.turn(H02="no", H03="no")
    (second,) = it.tick()
    it.turn(H01="yes", H02="yes", H03="yes")
    it.run(5)

    assert first.stories == second.stories == ()
    assert sorted(it.notices[-1].stories) == [("H01", first.key), ("H02", second.key), ("H03", second.key)]


def test_losses_that_come_one_after_the_other_are_gathered(course):
    it = course()
    for code in ("H01", "H02", "H03"):
        it.turn(**{code: "no"})
        it.run(1 / 6, step=timedelta(seconds=10))
    it.run(3)

    assert [codes for _, _, codes in it.told] == [["H01"], ["H02", "H03"]]


def test_who_is_back_for_a_moment_only_is_still_lost(course):
    it = course()
    it.turn(H01="no")
    it.run(3)
    it.turn(H01="yes")
    it.run(2)
    it.turn(H01="no")
    it.run(60)

    assert it.told == [(1, "lost", ["H01"])]


VENDOR = Cause(sharing=Sharing.PLATFORM, value="vendor")
USERS = ("H00", "H01", "H02", "H03", "H04")


def vendor(course, **of):
    it = course(**of)
    it.traits |= {code: (VENDOR, *it.traits[code]) for code in USERS}
    return it


def test_a_loss_waits_while_it_may_be_part_of_an_incident(course):
    it = vendor(course)
    it.turn(H00="no")
    it.doubtful = frozenset({"H01", "H02", "H03"})
    it.tick()
    assert it.decision.why == {
        Subject(kind=Kind.LOSS, value="H00"): "doubtful",
        Subject(kind=Kind.SCORE, value="province"): "waiting",
    }
    it.run(1)
    it.turn(H01="no", H02="no", H03="no")
    it.doubtful = frozenset()
    it.run(10)

    assert it.told == [(2, "incident", ["H00", "H01", "H02", "H03"])]
    assert it.decision.why[Subject(kind=Kind.LOSS, value="H00")] == "explained"


def test_a_loss_does_not_wait_for_ever(course):
    it = vendor(course)
    it.turn(H00="no")
    it.doubtful = frozenset({"H01", "H02", "H03"})
    it.run(10)

    assert it.told == [(3, "lost", ["H00"])]


def test_doubts_about_others_do_not_make_a_loss_wait(course):
    it = vendor(course)
    it.turn(H07="no")
    it.doubtful = frozenset(USERS[:2])
    it.tick()

    assert it.told == [(0, "lost", ["H07"])]


def test_an_incident_waits_for_whoever_is_about_to_be_lost_by_it(course):
    it = vendor(course)
    it.turn(**dict.fromkeys(USERS[:4], "no"))
    it.doubtful = frozenset({"H04"})
    it.run(2)
    it.turn(H04="no")
    it.doubtful = frozenset()
    it.run(5)

    assert it.told == [(3, "incident", list(USERS))]
    assert [(group.sharing, group.value, group.down, group.of) for group in it.notices[0].groups] == [
        (Sharing.PLATFORM, "vendor", 5, 5)
    ]


def test_an_incident_ends_once_and_speaks_for_all_who_were_in_it(course):
    it = vendor(course)
    it.turn(**dict.fromkeys(USERS, "no"))
    it.run(10)
    it.turn(**dict.fromkeys(USERS, "yes"))
    it.run(60)

    assert it.told == [(1, "incident", list(USERS)), (34, "ended", list(USERS))]
    assert [(move.before, move.after) for move in it.notices[-1].moves] == [((3, 8), (8, 8)), ((2, 2), (2, 2))]
    assert it.alerts.memory.incidents == ()


def test_who_was_in_an_incident_that_is_over_is_told_to_be_back_and_since_when(course):
    it = vendor(course)
    it.turn(**dict.fromkeys(USERS, "no"))
    it.run(10)
    back = it.at
    it.turn(**dict.fromkeys(USERS, "yes"))
    it.run(60)
    ended = it.notices[-1]

    assert {(entry.conditions, entry.until) for entry in ended.entries} == {((Condition.CONNECTED,), back)}
    assert [group.until for group in ended.groups] == [
        back + timedelta(minutes=1)
    ]  # the next look at it, and not only when that had held for `quiet`
    text = message(ended, "duty", Language.EN, None).text
    assert text.count(": connected again\n  back at 25 November 2026 19:10\n") == len(USERS)
    assert "disconnected" not in text


def test_what_cannot_be_seen_is_kept_apart_from_what_does_not_hold(course, make):
    it = course(channels=[make.channel("digests", daily=time(8))])
    it.turn(
        ("H01", Condition.MERGED, "unknown"), ("H01", Condition.CONNECTED, "no"), ("H02", Condition.MERGED, "unknown")
    )
    it.run(14 * 60)
    daily = next(notice for notice in it.notices if notice.event is Event.DAILY)

    assert [(entry.agency, entry.unknown) for entry in daily.entries] == [
        ("H01", (Condition.MERGED,)),
        ("H02", (Condition.MERGED,)),
    ]


def test_who_is_still_lost_when_the_incident_ends_is_told_then(course):
    it = vendor(course)
    it.turn(**dict.fromkeys(USERS, "no"))
    it.run(10)
    it.turn(**dict.fromkeys(USERS[1:], "yes"))
    it.run(60)

    assert it.told == [(1, "incident", list(USERS)), (31, "lost", ["H00"]), (34, "ended", list(USERS))]


def test_a_national_system_is_told_by_its_name_and_explains_nobody(course):
    it = course()
    it.turn(H01="no")
    it.national = {"N00": frozenset({"H01", "H02"})}
    it.tick()
    incident, lost = sorted(it.notices, key=lambda notice: notice.event is Event.LOST)

    assert (lost.event, incident.event, incident.entries) == (Event.LOST, Event.INCIDENT, ())
    assert [(group.value, group.down) for group in incident.groups] == [("N00", 2)]
    assert incident.severity is Severity.CRITICAL


def test_national_systems_that_fail_together_are_one_notice(course):
    it = course()
    it.national = {"N00": frozenset()}
    it.doubtful = frozenset({"N01"})
    it.run(1)
    it.national, it.doubtful = {"N00": frozenset(), "N01": frozenset()}, frozenset()
    it.run(5)

    assert [(minute, event) for minute, event, _ in it.told] == [(2, "incident")]
    assert [group.value for group in it.notices[0].groups] == ["N00", "N01"]


def test_who_sees_nothing_accuses_nobody(course):
    it = course()
    it.online = False
    it.turn(H01="no")
    it.run(10)

    assert [(minute, event, codes) for minute, event, codes in it.told] == [(4, "incident", [])]
    assert it.notices[0].groups[0].sharing is Sharing.MONITOR


def test_a_blip_of_our_own_link_is_not_told_in_the_company_of_what_is(course):
    it = course()
    it.online = False
    it.national = {"N00": frozenset()}
    it.run(1)
    it.online = True
    it.run(5)

    assert [group.value for notice in it.notices for group in notice.groups] == ["N00"]


def flap(it, code, times, minutes=20):
    for _ in range(times):
        it.turn(**{code: "no"})
        it.run(minutes)
        it.turn(**{code: "yes"})
        it.run(minutes)


def test_who_comes_and_goes_is_told_so_once_and_once_that_it_holds_still(course):
    it = course()
    flap(it, "H01", 10)
    it.run(60)

    assert [event for _, event, _ in it.told] == ["lost", "restored", "lost", "restored", "unstable", "steady"]
    assert it.notices[4].entries[0].times == 3


def test_who_holds_still_and_is_lost_is_restored_one_day(course):
    it = course()
    flap(it, "H01", 3)
    it.turn(H01="no")
    it.run(70)
    it.turn(H01="yes")
    it.run(10)

    assert [event for _, event, _ in it.told][4:] == ["unstable", "steady", "restored"]


def test_a_level_that_flaps_by_itself_does_not_move_the_score_again_and_again(course):
    it = course()
    flap(it, "H01", 30)

    assert {event for _, event, _ in it.told} == {"lost", "restored", "unstable"}


def test_a_score_that_nothing_else_accounts_for_is_told_alone(course):
    it = course(began=False)
    it.turn(H01="no")
    it.alerts.keep(())  # it was never seen to turn
    it.tick()
    it.turn(H01="yes")
    it.run(10)

    assert [event for _, event, _ in it.told] == ["initial", "score"]
    assert [(move.before, move.after) for move in it.notices[-1].moves] == [((7, 8), (8, 8)), ((2, 2), (2, 2))]
    assert it.notices[-1].severity is Severity.INFO


def test_a_document_against_the_looks_is_told_and_its_end_too(course):
    it = course()
    it.contradict("H01")
    it.run(30)
    it.conflicts.clear()
    it.run(70)
    begun, over = it.notices
    (entry,) = begun.entries

    assert (begun.event, over.event) == (Event.CONFLICT, Event.CONFLICT_OVER)
    assert (entry.document, entry.says, entry.looks, entry.conditions) == ("12/QĐ", Answer.YES, Answer.NO, (MERGED,))


def test_a_conflict_of_who_is_lost_by_it_is_told_with_the_loss(course):
    it = course()
    it.turn(("H01", MERGED, "no"))
    it.contradict("H01")
    it.run(5)

    assert it.told == [(1, "lost", ["H01"])]
    assert it.notices[0].entries[0].document == "12/QĐ"


def test_certificates_are_told_by_stages_together_and_over_restarts(course):
    it = course()
    ends = it.at + 31 * DAY
    for hour in range(24 * 32):
        it.seen["certificates"] = {"H01": ends, "H02": ends + 5 * HOUR} if hour % 7 else {}
        it.at += HOUR
        it.tick()
        it.restart()
    it.seen["certificates"] = {"H01": it.at + 90 * DAY, "H02": it.at + 90 * DAY}
    it.run(70)

    assert [event for _, event, _ in it.told] == ["certificate"] * 4 + ["certificate_renewed"]
    assert all(codes == ["H01", "H02"] for _, _, codes in it.told)
    assert [notice.severity for notice in it.notices[:4]] == [Severity.INFO] * 2 + [Severity.WARNING] * 2


def test_a_level_that_cannot_be_answered_is_told_once_it_lasts(course, make):
    it = course(estate=make.agencies(provinces=10))
    it.traits = {}  # and no incident
    it.turn(**{f"H0{number}": "unknown" for number in range(5)})
    it.run(20)
    it.turn(**{f"H0{number}": "yes" for number in range(5)})
    it.run(20)
    blind, sighted = (notice for notice in it.notices if notice.event in (Event.BLIND, Event.SIGHTED))

    assert (blind.share, blind.since) == (0.5, it.began + timedelta(minutes=1))
    assert sighted.until == it.began + timedelta(minutes=21)
    assert blind.levels == sighted.levels == (Level.PROVINCE,)


def test_a_level_that_can_be_answered_again_is_told_alone(course, make):
    it = course(estate=make.agencies(provinces=10, ministries=10))
    it.traits = {}
    every = {f"{letter}0{number}": "unknown" for letter in "GH" for number in range(5)}
    it.turn(**every, H05="unknown")
    it.run(20)
    it.turn(**{code: "yes" for code in every if code.startswith("G")})
    it.run(20)
    told = [(notice.event, notice.levels) for notice in it.notices if notice.event in (Event.BLIND, Event.SIGHTED)]
    (blind,) = (notice for notice in it.notices if notice.event is Event.BLIND)

    assert told == [(Event.BLIND, (Level.MINISTRY, Level.PROVINCE)), (Event.SIGHTED, (Level.MINISTRY,))]
    assert blind.share == 0.6


def test_what_is_back_says_which_checks_show_it(course):
    it = course()
    it.seen["kinds"] = {"portal": "http"}
    it.turn(H01="no")
    it.run(20)
    it.turn(H01="yes")
    it.run(20)
    lost, restored = (notice.entries[0] for notice in it.notices)

    assert (lost.because, lost.reasons) == (("portal",), ("refused",))
    assert (restored.because, restored.kinds, restored.reasons, restored.detail) == (("portal",), ("http",), (), "")


def test_what_reports_declare_stands_beside_a_score_of_as_many_agencies(course):
    it = course()
    it.seen["declared"] = {Level.PROVINCE: (7, 8), Level.MINISTRY: (10, 21)}
    it.turn(H01="no")
    it.run(20)
    (lost,) = it.notices

    assert {move.level: move.declared for move in lost.moves} == {Level.PROVINCE: (7, 8), Level.MINISTRY: None}


def test_a_time_without_a_look_is_told_once(course):
    it = course()
    it.seen["alive"] = it.at
    it.at += timedelta(minutes=40)
    it.tick()
    it.seen["alive"] = it.at
    it.run(5)
    (silent,) = it.notices

    assert (silent.event, silent.since, silent.until) == (
        Event.SILENT,
        it.began,
        it.began + timedelta(minutes=40),
    )


def test_a_loss_is_remembered_to_people_until_somebody_takes_it_on(course):
    it = course()
    it.turn(H01="no", H02="no")
    it.run(60 * 24 * 2, step=10 * timedelta(minutes=1))
    it.seen["acks"] = {code: Ack(agency=code, by="chi", reason="x", at=it.at) for code in ("H01", "H02")}
    it.run(60 * 24 * 5, step=10 * timedelta(minutes=1))

    assert [event for _, event, _ in it.told] == ["lost", "still_lost"]
    assert it.decision.unack == ()


def test_an_ack_ends_once_the_agency_was_told_to_be_back(course):
    it = course()
    it.turn(H01="no")
    it.tick()
    it.seen["acks"] = {"H01": Ack(agency="H01", by="chi", reason="x", at=it.at)}
    it.turn(H01="yes")
    it.run(2)
    assert it.decision.unack == ()
    it.run(1)
    it.run(1)

    assert it.decision.unack == ("H01",)


def test_an_ack_of_a_national_system_lasts_as_long_as_its_incident_and_no_longer(course):
    it = course()
    it.national = {"N00": frozenset(("H00", "H01"))}
    it.turn(N00="no")
    it.run(5)
    it.seen["acks"] = {"N00": Ack(agency="N00", by="chi", reason="x", at=it.at)}
    it.turn(N00="yes")  # by its own check; the looks of many still meet its failure
    it.run(5)
    assert it.decision.unack == ()
    it.national = {}
    it.run(10)

    assert [event for _, event, _ in it.told] == ["incident", "ended"]
    assert it.decision.unack == ("N00",)


def window(it, *codes, minutes=60, after=0):
    begin = (it.at + timedelta(minutes=after)).replace(tzinfo=None)
    return Window(
        id="w", begin=begin, lasts=timedelta(minutes=minutes), zone="UTC", agencies=frozenset(codes), reason="x"
    )


@pytest.mark.parametrize("codes", [(), ("H01",)])
def test_what_is_still_true_when_maintenance_ends_is_told_then_with_its_true_begin(course, codes):
    it = course()
    it.seen["windows"] = (window(it, *codes),)
    it.run(10)
    it.turn(H01="no")
    it.run(60)

    assert it.told == [(60, "lost", ["H01"])]
    assert it.notices[0].entries[0].since == it.began + timedelta(minutes=10)


@pytest.mark.parametrize("codes", [(), ("H01",)])
def test_what_begins_and_ends_in_maintenance_is_never_told(course, codes):
    it = course()
    it.seen["windows"] = (window(it, *codes),)
    for _ in range(5):
        it.turn(H01="no")
        it.run(5)
        it.turn(H01="yes")
        it.run(5)
    it.run(60)

    assert it.told == []


def test_what_ends_in_maintenance_is_told_after_it(course):
    it = course()
    it.turn(H01="no")
    it.run(5)
    it.seen["windows"] = (window(it, "H01"),)
    it.turn(H01="yes")
    it.run(90)

    assert it.told == [(1, "lost", ["H01"]), (65, "restored", ["H01"])]


def test_who_is_lost_in_maintenance_makes_no_incident_until_it_ends(course):
    it = vendor(course)
    it.seen["windows"] = (window(it, *USERS),)
    it.run(5)
    it.turn(**dict.fromkeys(USERS, "no"))
    it.run(54)
    assert it.alerts.incidents == ()
    it.run(10)

    assert it.told == [(60, "incident", list(USERS))]


# -- the first start


def test_what_is_wrong_at_the_first_start_is_one_digest_and_no_news(course):
    it = course(began=False)
    it.turn(G01="no", H01="unknown")
    it.alerts.keep(())
    it.contradict("H02")
    it.national = {"N00": frozenset({"H03"})}
    it.seen |= {"settled": False, "certificates": {"H05": it.at + 5 * DAY}}
    it.run(3)
    it.seen["settled"] = True
    it.run(120)
    (initial,) = it.notices

    assert it.told == [(4, "initial", ["G01", "H01", "H02", "H05"])]
    assert [group.value for group in initial.groups] == ["N00"]
    assert [move.after for move in initial.moves] == [(7, 8), (1, 2)]
    assert initial.entries[3].expires == it.began + 5 * DAY


def test_what_was_told_at_the_first_start_is_told_to_be_over(course):
    it = course(began=False)
    it.contradict("H02")
    it.national = {"N00": frozenset({"H03"})}
    it.tick()
    it.conflicts, it.national = {}, {}
    it.run(120)

    assert [event for _, event, _ in it.told] == ["initial", "ended", "conflict_over"]


def test_after_a_restart_nothing_is_told_again(course):
    it = vendor(course, began=False)
    it.contradict("H07")
    it.tick()
    it.turn(H06="no")
    it.turn(**dict.fromkeys(USERS, "no"))
    it.run(10)
    before = len(it.told)
    it.restart()
    it.run(10)

    assert len(it.told) == before


# -- whom


def test_over_is_told_to_those_who_were_told(course, make):
    provinces, all_ = make.channel("provinces", levels=frozenset({Level.PROVINCE})), make.channel("all")
    it = course(channels=[provinces, all_])
    it.turn(H01="no", G01="no")
    it.tick()
    assert {tuple(order.channels): [e.agency for e in order.notice.entries] for order in it.orders} == {
        ("all",): ["G01"],
        ("all", "provinces"): ["H01"],
    }
    it.orders = []
    it.alerts.channels = {"late": make.channel("late"), "all": all_, "provinces": provinces}
    it.turn(H01="yes", G01="yes")
    it.run(5)

    assert {tuple(order.channels): [e.agency for e in order.notice.entries] for order in it.orders} == {
        ("all",): ["G01"],
        ("all", "provinces"): ["H01"],
    }


def test_what_nobody_takes_on_goes_to_another_channel_once_and_so_does_its_end(course, make):
    it = course(channels=[make.channel("mail"), make.channel("chief", escalation=True)])
    it.turn(H01="no")
    it.run(180)
    it.turn(H01="yes")
    it.run(10)

    assert [(o.notice.event, o.notice.escalated, tuple(o.channels)) for o in it.orders] == [
        (Event.LOST, False, ("mail",)),
        (Event.STILL_LOST, True, ("chief",)),
        (Event.RESTORED, False, ("chief", "mail")),
    ]
    assert it.orders[0].notice.told == ("mail",)


def test_a_digest_says_what_was_told_since_the_last_and_what_is_open(course, make):
    it = course(channels=[make.channel("mail", daily=time(7), weekly=(0, time(7)))])  # 07:00 is midnight UTC
    it.run(60 * 13, step=timedelta(minutes=1))
    assert [event for _, event, _ in it.told] == ["daily"]
    it.turn(H01="no")
    it.run(60)
    flap(it, "H02", 4)
    it.run(60 * 20)
    daily = [notice for notice in it.notices if notice.event is Event.DAILY][1]

    assert daily.since == datetime(2026, 11, 26, tzinfo=UTC)
    assert daily.at == datetime(2026, 11, 27, tzinfo=UTC)
    assert dict(daily.events) == {Event.LOST: 3, Event.RESTORED: 2, Event.UNSTABLE: 1, Event.STEADY: 1}
    assert [entry.agency for entry in daily.entries] == ["H01"]


# -- much at once


def test_a_burning_estate_is_few_notices_of_bounded_size(course, make):
    it = course(estate=make.agencies(provinces=3000))
    codes = [f"H{number:02}" for number in range(3000)]
    it.traits = dict.fromkeys(codes, ())
    for second in range(60):
        it.turn(**dict.fromkeys(codes[second * 20 : second * 20 + 20], "no"))
        it.at += timedelta(seconds=1)
        it.tick()
    it.run(10)

    assert [event for _, event, _ in it.told] == ["lost", "lost", "lost"]  # at once, and every half a minute
    assert sum(len(notice.entries) + notice.more for notice in it.notices) == 1200
    assert max(len(notice.entries) for notice in it.notices) == MOST_ENTRIES


def test_who_left_the_roster_is_neither_lost_nor_restored(course):
    it = course()
    it.turn(H01="no")
    it.tick()
    del it.agencies["H01"]
    it.alerts.keep(it.agencies)
    it.run(30)

    assert [event for _, event, _ in it.told] == ["lost", "score"]
    assert not any(subject.kind is Kind.LOSS for subject in it.alerts.memory.stories)


def test_time_alone_can_change_something_while_anything_is_open(course):
    it = course(began=False)
    assert not it.alerts.idle
    it.tick()
    assert it.alerts.idle
    it.turn(H01="no")
    assert not it.alerts.idle


def test_what_turns_between_a_decision_and_its_adoption_is_kept(course):
    it = course()
    it.turn(H01="no")
    decision = it.alerts.decide(it.sight(), it.at)
    it.turn(H02="no")
    it.alerts.adopt(decision)
    it.run(2)

    assert it.told == [(1, "lost", ["H02"])]


def test_a_decision_that_is_not_adopted_is_made_anew(course):
    it = course()
    it.turn(H01="no")
    first = it.alerts.decide(it.sight(), it.at)

    assert it.alerts.decide(it.sight(), it.at) == first


def test_a_digest_keeps_what_is_not_held_apart_from_what_a_document_is_about(course, make):
    it = course(channels=[make.channel("mail", daily=time(7))])
    it.turn(H01="no")
    it.contradict("H01")
    it.contradict("H02")
    it.run(13 * 60, step=30 * make.MINUTE)
    digest = next(notice for notice in it.notices if notice.event is Event.DAILY)
    found = {entry.agency: (entry.conditions, entry.against, entry.because) for entry in digest.entries}

    assert found["H01"] == ((Condition.CONNECTED,), (Condition.MERGED,), ("portal",))
    assert found["H02"] == ((), (Condition.MERGED,), ())


def test_a_digest_says_who_is_in_maintenance_and_why(course, make):
    it = course(channels=[make.channel("mail", daily=time(7))])
    it.turn(H01="no", H02="no")
    begin = it.at.replace(tzinfo=None)
    it.seen["windows"] = [
        Window(id="b", begin=begin + hours, lasts=timedelta(days=1), zone="UTC", agencies=of, reason=reason)
        for hours, of, reason in (
            (timedelta(hours=2), frozenset({"H01"}), "second"),
            (timedelta(hours=1), frozenset({"H01", "H03"}), "first"),
            (timedelta(hours=90), frozenset({"H02"}), "not yet"),
        )
    ]
    it.run(13 * 60, step=30 * make.MINUTE)
    digest = next(notice for notice in it.notices if notice.event is Event.DAILY)

    assert {entry.agency: entry.held for entry in digest.entries} == {"H01": "first", "H02": None}
