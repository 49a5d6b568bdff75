from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model import Agency, Answer, Attestation, Condition, Level, Standing, State, Verdict
from monitor.standing import Evidence, all_of, document, in_force, look, scores, standing, verdict
from probes import Reason, Status

YES, NO, UNKNOWN = Answer.YES, Answer.NO, Answer.UNKNOWN
AT = datetime(2023, 6, 21, 7, tzinfo=UTC)
HANOI = Agency(code="H26", name="Hà Nội", name_en="Hanoi", level=Level.PROVINCE, counted=True)
PAPER = Attestation(
    agency="H26",
    condition=Condition.MERGED,
    answer=YES,
    since=date(2023, 1, 10),
    document="12/BC-UBND",
    issued=date(2023, 1, 9),
    issuer="UBND TP. Hà Nội",
)

answers = st.sampled_from(list(Answer))


def said(name, answer, minutes=0):
    return Evidence(name=name, answer=answer, since=AT - timedelta(minutes=minutes), detail=f"{name} says {answer}")


def decide(looks=(), paper=None, before=None, prefer="look"):
    return verdict(list(looks), paper, before=before, at=AT, prefer=prefer)


@pytest.mark.parametrize(("one", "other"), list(product(Answer, Answer)))
def test_two_answers_join_as_kleene_wrote(one, other):
    expected = NO if NO in (one, other) else UNKNOWN if UNKNOWN in (one, other) else YES

    assert all_of([one, other]) is expected


def test_no_evidence_at_all_is_unknown():
    assert all_of([]) is UNKNOWN
    assert decide() == Verdict(answer=UNKNOWN, since=AT, because=())


@given(st.lists(answers, max_size=8), st.randoms())
def test_the_order_of_the_answers_does_not_matter(held, random):
    shuffled = random.sample(held, len(held))

    assert all_of(held) is all_of(shuffled)


def test_every_verdict_names_the_checks_that_decided_it():
    held = decide([said("portal", YES), said("sign_on", NO), said("hand_over", NO), said("sync", UNKNOWN)])

    assert (held.answer, held.because) == (NO, ("sign_on", "hand_over"))
    assert held.detail == "sign_on says no; hand_over says no"


def test_an_unknown_check_keeps_a_document_from_saying_yes():
    held = decide([said("one_door", UNKNOWN)], document(PAPER))

    assert (held.answer, held.because, held.conflict) == (UNKNOWN, ("one_door",), None)


def test_a_document_alone_decides_and_dates_the_answer():
    held = decide(paper=document(PAPER))

    assert (held.answer, held.because) == (YES, ("document 12/BC-UBND",))
    assert held.since.isoformat() == "2023-01-10T00:00:00+07:00"


def test_a_document_and_a_look_that_contradict_each_other_conflict_and_the_look_decides():
    held = decide([said("one_door", NO)], document(PAPER))

    assert (held.answer, held.because) == (NO, ("one_door",))
    assert str(held.conflict) == "12/BC-UBND of 09/01/2023, UBND TP. Hà Nội says yes, the looks say no"


def test_configuration_may_let_the_document_decide_and_the_conflict_stays():
    held = decide([said("one_door", NO)], document(PAPER), prefer="document")

    assert (held.answer, held.because, bool(held.conflict)) == (YES, ("document 12/BC-UBND",), True)


def test_a_document_that_says_no_is_contradicted_by_good_looks():
    held = decide([said("one_door", YES)], document(replace(PAPER, answer=NO)))

    assert (held.answer, bool(held.conflict)) == (YES, True)


def test_a_synthetic_document_says_so():
    assert "(synthetic)" in document(replace(PAPER, synthetic=True)).detail


def test_an_answer_that_holds_keeps_its_date_and_one_that_turns_takes_the_new():
    first = decide([said("portal", YES, minutes=30)])
    still = decide([said("portal", YES)], before=first)
    turned = decide([said("portal", NO)], before=still)

    assert first.since == AT - timedelta(minutes=30)
    assert still.since == first.since
    assert turned.since == AT


def test_what_looks_turned_is_dated_by_them():
    before = decide([said("a", YES, minutes=60), said("b", YES, minutes=60)])
    lost = decide([said("a", NO, minutes=6), said("b", YES, minutes=60)], before=before)

    assert lost.since == AT - timedelta(minutes=6)
    assert decide([said("a", YES, 2), said("b", YES, 60)], before=lost).since == AT - timedelta(minutes=2)


def test_no_answer_begins_before_the_one_that_it_follows():
    before = decide([said("a", YES, minutes=5), said("b", YES, minutes=60)])

    assert decide([said("a", YES, minutes=5), said("b", NO, minutes=9)], before=before).since == before.since


def test_what_follows_on_a_no_begins_no_sooner_than_what_said_no_turned():
    before = decide([said("a", UNKNOWN, minutes=30), said("b", NO, minutes=60)])
    after = decide([said("a", UNKNOWN, minutes=30), said("b", YES, minutes=2)], before=before)

    assert (before.answer, after.answer, after.since) == (NO, UNKNOWN, AT - timedelta(minutes=2))


@pytest.mark.parametrize("was", [NO, UNKNOWN])
def test_an_answer_that_a_check_held_which_is_taken_away_held_till_then(was):
    before = decide([said("a", YES, minutes=600), said("b", was, minutes=60)])

    assert decide([said("a", YES, minutes=600)], before=before).since == AT


def test_an_answer_that_a_document_held_held_till_another_was_read():
    looks, denied = [said("a", YES, minutes=600)], document(replace(PAPER, document="11/BC-UBND", answer=NO))
    before = decide(looks, denied, prefer="document")

    assert (before.answer, decide(looks, document(PAPER), before=before, prefer="document").since) == (NO, AT)


def test_no_answer_begins_ahead_of_time_where_the_clock_was_put_back():
    before = decide([said("a", YES, minutes=-600)])
    lost = decide([said("a", NO, minutes=5)], before=before)

    assert (before.since > AT, lost.since) == (True, AT)


def test_what_a_document_turned_turned_when_it_was_read():
    before = decide()

    assert decide(paper=document(PAPER), before=before).since == AT


def test_what_looks_turned_against_the_wording_of_a_document_is_dated_by_the_looks():
    denied = document(replace(PAPER, answer=NO))
    before = decide([said("a", YES, minutes=60)], denied)

    assert before.answer is YES
    assert decide([said("a", NO, minutes=9)], denied, before=before).since == AT - timedelta(minutes=9)


def test_bad_news_found_at_the_start_is_dated_by_the_oldest_and_good_news_by_the_newest():
    assert decide([said("a", NO, 30), said("b", NO, 10)]).since == AT - timedelta(minutes=30)
    assert decide([said("a", YES, 30), said("b", YES, 10)]).since == AT - timedelta(minutes=10)


def test_a_check_not_looked_at_yet_is_unknown():
    assert look("portal", None) == Evidence(name="portal", answer=UNKNOWN, detail="not looked at yet")


def test_the_state_of_a_check_speaks_for_its_condition():
    state = State(status=Status.FAILED, since=AT, reason=Reason.REFUSED, detail="no one listens")

    assert look("portal", state) == Evidence(
        name="portal", answer=NO, since=AT, reason="refused", detail="refused: no one listens"
    )


def test_the_latest_document_that_holds_on_the_day_is_in_force():
    later = replace(PAPER, since=date(2023, 5, 1), document="99/BC", answer=NO)
    papers = [later, PAPER, replace(PAPER, agency="H27"), replace(PAPER, condition=Condition.CONNECTED)]

    assert in_force(papers, "H26", Condition.MERGED, date(2023, 4, 30)) == PAPER
    assert in_force(papers, "H26", Condition.MERGED, date(2023, 5, 1)) == later
    assert in_force(papers, "H26", Condition.MERGED, date(2022, 12, 31)) is None


def standing_of(merged, connected, agency=HANOI) -> Standing:
    evidence = {Condition.MERGED: [said("one_door", merged)], Condition.CONNECTED: [said("portal", connected)]}
    return standing(agency, evidence, {}, before=None, at=AT, prefer="look")


@given(answers, answers)
def test_an_agency_is_integrated_exactly_when_both_conditions_are_yes(merged, connected):
    held = standing_of(merged, connected)

    assert (held.integrated.answer is YES) == (merged is YES and connected is YES)
    assert (held.integrated.answer is NO) == (NO in (merged, connected))


estate = st.lists(
    st.builds(
        lambda merged, connected, level, counted: standing_of(
            merged, connected, replace(HANOI, level=level, counted=counted and level is not Level.NATIONAL)
        ),
        answers,
        answers,
        st.sampled_from(list(Level)),
        st.booleans(),
    ),
    max_size=30,
)


@given(estate, st.randoms())
def test_scores_add_up_and_do_not_depend_on_the_order(standings, random):
    told = scores(standings)

    assert told == scores(random.sample(standings, len(standings)))
    assert [score.level for score in told] == [Level.PROVINCE, Level.MINISTRY]
    for score in told:
        assert score.integrated + score.not_integrated + score.unknown == score.agencies
        assert score.integrated <= min(score.merged, score.connected)
    assert sum(score.agencies for score in told) == sum(each.agency.counted for each in standings)


def test_a_score_reads_as_the_headline_does():
    assert str(scores([standing_of(YES, YES), standing_of(YES, NO)])[0]) == "1/2"
