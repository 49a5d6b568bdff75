"""A score that moves while no other notice says by whom: the notice of it says so itself."""

from dataclasses import replace

from monitor.alerts.alerting import Alerts
from monitor.incidents import Cause, Sharing
from monitor.model import Agency, Condition, Level
from monitor.notice import Event


def missing_first(course, **of):
    """H01 and G00 were never seen to be connected."""
    it = course(began=False, **of)
    it.turn(H01="no", G00="unknown")
    it.alerts = Alerts(it.telling, it.channels)
    it.tick()
    return it


def entries_of(it, event=Event.SCORE):
    return {entry.agency: entry for notice in it.notices if notice.event is event for entry in notice.entries}


def test_who_is_integrated_for_the_first_time_is_named_with_since_when_and_by_which_check(course):
    it = missing_first(course)
    it.run(10)
    it.turn(H01="yes")
    turned = it.at
    it.run(10)

    assert it.told[1:] == [(14, "score", ["H01"])]
    entry = entries_of(it)["H01"]
    assert (entry.conditions, entry.since, entry.because) == ((), turned, ("portal", "portal"))
    assert [(move.before, move.after) for move in it.notices[-1].moves] == [((7, 8), (8, 8)), ((1, 2), (1, 2))]


def test_who_is_no_longer_counted_stands_first_with_what_is_the_matter(course):
    it = missing_first(course)
    it.answers["H05", Condition.MERGED] = it.answers["H06", Condition.MERGED] = "no"  # no change is told of it
    it.turn(H01="yes")
    it.run(10)

    assert it.told[1:] == [(4, "score", ["H05", "H06", "H01"])]
    assert entries_of(it)["H05"].conditions == (Condition.MERGED,)
    assert entries_of(it)["H05"].reasons == ("refused",)


def test_who_was_told_of_otherwise_is_not_named_again(course):
    it = missing_first(course)
    it.turn(H03="no")
    it.run(10)
    it.turn(H01="yes")
    it.run(10)

    assert [(event, codes) for _, event, codes in it.told[1:]] == [("lost", ["H03"]), ("score", ["H01"])]


def test_who_left_the_roster_is_named_by_the_code_that_is_left_and_who_joined_by_name(course):
    it = course()
    del it.agencies["H01"]
    new = Agency(code="H30", name="Mới", name_en="New", level=Level.PROVINCE, counted=True)
    it.agencies["H30"] = new
    it.answers |= {("H30", each): it.answers["H02", each] for each in Condition}
    it.agencies["H31"] = replace(new, code="H31")
    it.answers |= {("H31", each): it.answers["H02", each] for each in Condition}
    it.run(10)

    found = entries_of(it)
    assert list(found) == ["H01", "H30", "H31"]
    assert (found["H01"].gone, found["H01"].name, found["H01"].level) == (True, "", Level.PROVINCE)
    assert (found["H30"].gone, found["H30"].name) == (False, "Mới")


def test_a_notice_names_only_agencies_of_the_levels_that_it_is_about(course, make):
    mail, desk = make.channel("mail", levels={Level.PROVINCE}), make.channel("desk", levels={Level.MINISTRY})
    it = missing_first(course, channels=[mail, desk])
    it.turn(H01="yes", G00="yes")
    it.run(10)

    assert sorted(codes for _, event, codes in it.told if event == "score") == [["G00"], ["H01"]]


def test_who_was_counted_is_remembered_over_a_restart(course):
    it = missing_first(course)
    it.restart()
    it.turn(H01="yes")
    it.run(10)

    assert it.told[1:] == [(4, "score", ["H01"])]


def test_from_a_ledger_that_holds_the_scores_alone_nobody_is_named_wrongly(course):
    it = missing_first(course)
    it.alerts.memory = replace(it.alerts.memory, counted={})
    it.turn(H01="yes")
    it.run(10)
    it.turn(G00="yes")
    it.run(10)

    assert [(event, codes) for _, event, codes in it.told[1:]] == [("score", []), ("score", ["G00"])]


# -- beside those whom another notice is about


def test_who_rose_just_before_a_loss_was_told_is_named_by_that(course):
    it = missing_first(course)
    it.turn(H01="yes")
    it.run(1)
    it.turn(H03="no")
    it.run(20)

    assert it.told[1:] == [(2, "lost", ["H03"])]
    (lost,) = it.notices[1:]
    assert ([entry.agency for entry in lost.others], lost.others_fell, lost.others_rose) == (["H01"], 0, 1)
    assert lost.others[0].conditions == ()


def test_who_was_lost_apart_or_unnoticed_is_named_beside_an_incident(course):
    it = course()
    vendor = Cause(sharing=Sharing.PLATFORM, value="vendor")
    shared = ("H00", "H01", "H02", "H03", "H04", "H05")
    it.traits |= {code: (vendor, *it.traits[code]) for code in shared}
    it.turn(H00="no", H01="no", H02="no", H03="no", H07="no")
    it.answers["H06", Condition.MERGED] = "no"
    it.tick()
    lost, incident = it.notices

    assert (incident.event, [entry.agency for entry in incident.entries]) == (
        Event.INCIDENT,
        ["H00", "H01", "H02", "H03"],
    )
    assert (lost.event, lost.others_fell) == (Event.LOST, 5)
    assert ([entry.agency for entry in incident.others], incident.others_fell) == (["H06", "H07"], 2)
    assert incident.others[0].conditions == (Condition.MERGED,)


def test_others_are_named_few_and_counted_all(course, make):
    it = course(estate=make.agencies(provinces=40))
    it.traits = {}
    it.turn(H39="no")
    for number in range(10, 30):
        it.answers[f"H{number}", Condition.MERGED] = "no"
    it.tick()
    (lost,) = it.notices

    assert (len(lost.others), lost.others_fell, lost.others_rose) == (3, 20, 0)


def test_who_moved_it_is_not_named_by_what_moves_no_score(course, make):
    it = missing_first(course)
    it.turn(H01="yes")
    it.contradict("H05")
    it.tick()

    assert [(notice.event, notice.others) for notice in it.notices[1:]] == [(Event.CONFLICT, ())]
