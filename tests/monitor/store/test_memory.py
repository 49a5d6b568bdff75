from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from yarl import URL

from monitor.judge import Patience, Row
from monitor.model import Agency, Answer, Attestation, Check, Condition, Level, Result, Watch
from monitor.store.memory import Memory
from probes import Observation, Reason, Status, Target

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = date(2026, 1, 1)
PATIENCE = Patience(fail=Row(looks=2, of=2), recover=Row(looks=2, of=2), unknown=Row(looks=3, of=3))


def agency(code, level=Level.PROVINCE):
    return Agency(code=code, name=f"Tên {code}", name_en=code, level=level, counted=level is not Level.NATIONAL)


def watch(of, name, proves):
    url = URL(f"https://{of.code.lower()}.example/")
    check = Check(
        name=name,
        kind="http",
        probe=None,
        every=timedelta(minutes=1),
        timeout=timedelta(seconds=10),
        proves=proves,
        levels=frozenset(Level),
    )
    target = Target(code=of.code, name=of.name, level=of.level, portal=url, hosts=frozenset({url.host}), day=DAY)
    return Watch(agency=of, check=check, aim=lambda _: target)


HANOI, HUE, SIGNON = agency("H26"), agency("H57"), agency("SIGNON", Level.NATIONAL)
DOOR = watch(HANOI, "one_door", Condition.MERGED)
PORTAL = watch(HANOI, "portal", Condition.CONNECTED)
TLS = watch(HANOI, "tls", None)
PAPER = Attestation(
    agency="H57",
    condition=Condition.MERGED,
    answer=Answer.YES,
    since=date(2023, 1, 1),
    document="1/BC",
    issued=date(2023, 1, 1),
    issuer="X",
)


@pytest.fixture
def store():
    made = Memory(PATIENCE)
    plan(made)
    return made


def plan(store, agencies=(HANOI, HUE, SIGNON), watches=(DOOR, PORTAL, TLS), papers=(PAPER,)):
    store.plan(agencies, watches, papers, day=DAY, at=START)


def look(store, of, reason, minute):
    at = START + timedelta(minutes=minute)
    return store.take(
        Result(watch=of, due=at, started=at, seconds=0.5, observation=Observation(reason=reason, detail="seen"))
    )


def settle(store):
    for of in (DOOR, PORTAL, TLS):
        look(store, of, Reason.OK, 1)


def test_before_any_look_everything_is_known_to_be_there_and_nothing_is_known(store):
    assert [str(score) for score in store.scores()] == ["0/2", "0/0"]
    assert store.scores()[0].unknown == 2
    assert store.seen() == (0, 3)
    assert store.state(PORTAL.key) is None
    assert store.last(PORTAL.key) is None
    assert store.looks(PORTAL.key) == 0
    assert store.failures(PORTAL.key) == {}


def test_good_looks_at_every_condition_integrate_the_agency(store):
    settle(store)

    assert store.standings["H26"].integrated.answer is Answer.YES
    assert str(store.scores()[0]) == "1/2"
    assert store.seen() == (3, 3)


def test_a_document_speaks_for_an_agency_that_nobody_looks_at(store):
    held = store.standings["H57"]

    assert (held.merged.answer, held.connected.answer, held.integrated.answer) == (
        Answer.YES,
        Answer.UNKNOWN,
        Answer.UNKNOWN,
    )


def test_what_is_found_in_the_first_round_is_not_told_as_a_change(store):
    told = [
        look(store, DOOR, Reason.SECOND_DOOR_OPEN, 1),
        look(store, PORTAL, Reason.OK, 1),
        look(store, TLS, Reason.OK, 1),
    ]

    assert told == [(), (), ()]
    assert store.standings["H26"].integrated.answer is Answer.NO


def test_a_state_that_turns_is_told_with_the_standings_it_moves(store):
    settle(store)

    assert look(store, PORTAL, Reason.REFUSED, 2) == ()
    told = look(store, PORTAL, Reason.REFUSED, 3)

    assert [(c.what, c.before, c.after) for c in told] == [
        ("portal", "ok", "failed"),
        ("connected", "yes", "no"),
        ("integrated", "yes", "no"),
    ]
    assert {c.at for c in told} == {START + timedelta(minutes=3)}
    assert str(store.scores()[0]) == "0/2"


def test_recovery_is_told_too(store):
    settle(store)
    for minute in (2, 3):
        look(store, PORTAL, Reason.REFUSED, minute)
    look(store, PORTAL, Reason.OK, 4)

    assert [c.after for c in look(store, PORTAL, Reason.OK, 5)] == ["ok", "yes", "yes"]


def test_a_check_that_proves_nothing_moves_no_standing(store):
    settle(store)
    look(store, TLS, Reason.TLS_EXPIRING, 2)

    assert [c.what for c in look(store, TLS, Reason.TLS_EXPIRING, 3)] == ["tls"]
    assert store.standings["H26"].integrated.answer is Answer.YES


def test_taking_the_same_look_twice_does_no_harm(store):
    settle(store)
    for _ in range(5):
        look(store, PORTAL, Reason.REFUSED, 2)

    assert store.looks(PORTAL.key) == 2
    assert store.failures(PORTAL.key) == {Reason.REFUSED: 1}
    assert store.state(PORTAL.key).status is Status.OK


def test_a_look_that_comes_late_does_not_undo_a_newer_one(store):
    settle(store)
    look(store, PORTAL, Reason.REFUSED, 5)
    look(store, PORTAL, Reason.OK, 4)

    assert store.last(PORTAL.key).observation.reason is Reason.REFUSED


def test_looks_from_two_vantages_are_both_taken(store):
    settle(store)
    at = START + timedelta(minutes=2)
    for vantage in ("local", "hue"):
        store.take(
            Result(
                watch=PORTAL,
                vantage=vantage,
                due=at,
                started=at,
                seconds=0.1,
                observation=Observation(reason=Reason.REFUSED),
            )
        )

    assert store.state(PORTAL.key).status is Status.FAILED


def test_a_look_at_what_left_the_plan_is_passed_over(store):
    plan(store, agencies=(HUE,), watches=())

    assert look(store, PORTAL, Reason.OK, 1) == ()
    assert store.last(PORTAL.key) is None


def test_what_leaves_the_plan_is_forgotten_and_what_stays_is_kept(store):
    settle(store)
    plan(store, watches=(DOOR, PORTAL))

    assert store.last(TLS.key) is None
    assert store.looks(TLS.key) == 0
    assert store.state(PORTAL.key).status is Status.OK
    plan(store, agencies=(HUE,), watches=())
    assert set(store.standings) == {"H57"}
    assert store.looks(PORTAL.key) == 0


def test_something_new_to_look_at_is_no_news_of_the_agency_until_it_was_looked_at(store):
    settle(store)
    late = watch(HANOI, "sign_on", Condition.CONNECTED)
    told = store.plan((HANOI, HUE, SIGNON), (DOOR, PORTAL, TLS, late), (PAPER,), day=DAY, at=START)

    assert (told, str(store.scores()[0])) == ((), "1/2")
    assert look(store, PORTAL, Reason.OK, 2) == ()
    told = look(store, late, Reason.NO_SIGN_ON_LINK, 2)
    assert [(c.what, c.before, c.after) for c in told] == [("connected", "yes", "no"), ("integrated", "yes", "no")]


def test_a_document_that_comes_by_a_reload_is_told(store):
    settle(store)
    denied = replace(PAPER, agency="H26", condition=Condition.CONNECTED, answer=Answer.NO)
    store.rule(PATIENCE, "document")
    told = store.plan((HANOI, HUE, SIGNON), (DOOR, PORTAL, TLS), (PAPER, denied), day=DAY, at=START)

    assert [(c.what, c.after) for c in told] == [("connected", "no"), ("integrated", "no")]


def test_a_look_begun_before_its_check_was_changed_is_passed_over(store):
    changed = replace(PORTAL, check=replace(PORTAL.check, timeout=timedelta(seconds=1)))
    plan(store, watches=(DOOR, changed, TLS))

    assert look(store, PORTAL, Reason.REFUSED, 1) == ()
    assert store.state(PORTAL.key) is None


def test_a_clock_that_was_set_back_does_not_silence_the_store(store):
    settle(store)
    for minute in (-60, -59):
        look(store, PORTAL, Reason.REFUSED, minute)

    assert store.state(PORTAL.key).status is Status.FAILED


def test_a_look_that_was_spared_the_agency_is_not_one_at_it(store):
    look(store, PORTAL, Reason.OK, 1)
    look(store, PORTAL, Reason.UPSTREAM, 2)

    assert store.made(PORTAL.key) == START + timedelta(minutes=1)
    assert store.last(PORTAL.key).observation.reason is Reason.UPSTREAM


def test_what_was_known_stays_known_when_a_look_fails(store):
    known = Observation(reason=Reason.OK, facts={"certificate_not_after": 1.5e9, "url": "x"})
    store.take(Result(watch=TLS, due=START, started=START, seconds=0.1, observation=known))
    look(store, TLS, Reason.REFUSED, 1)

    assert store.number(TLS.key, "certificate_not_after") == 1.5e9
    assert store.number(TLS.key, "url") is None
    assert store.number(TLS.key, "nothing") is None


def test_a_renamed_agency_stands_under_its_new_name(store):
    settle(store)
    renamed = replace(HANOI, name="Thủ đô Hà Nội")
    plan(store, agencies=(renamed,), watches=tuple(replace(w, agency=renamed) for w in (DOOR, PORTAL, TLS)))

    assert store.standings["H26"].agency.name == "Thủ đô Hà Nội"
    assert store.standings["H26"].integrated.answer is Answer.YES


def test_the_judge_may_become_more_patient(store):
    settle(store)
    store.rule(Patience(fail=Row(looks=3, of=3)), "look")
    for minute in (2, 3):
        look(store, PORTAL, Reason.REFUSED, minute)

    assert store.state(PORTAL.key).status is Status.OK


def test_a_national_system_is_down_while_it_is_not_connected(store):
    front = watch(SIGNON, "front", Condition.CONNECTED)
    plan(store, watches=(front,))

    assert store.down(["SIGNON"]) is None
    look(store, front, Reason.REFUSED, 1)
    assert store.down(["H57", "SIGNON"]) == ("SIGNON", "refused: seen")
    assert store.down(["NOBODY"]) is None


def test_a_national_system_whose_certificate_runs_out_soon_is_not_down(store):
    certificate = watch(SIGNON, "certificate", None)
    plan(store, watches=(certificate,))
    look(store, certificate, Reason.TLS_EXPIRING, 1)

    assert store.down(["SIGNON"]) is None


def test_who_may_soon_be_lost_is_in_doubt_from_the_first_look_that_says_so(store):
    settle(store)
    seen = [store.scenes.doubtful]
    for minute, reason in enumerate((Reason.REFUSED, Reason.OFFLINE, Reason.OK, Reason.BLOCKED, Reason.OK), 2):
        look(store, PORTAL, reason, minute)
        seen.append(store.scenes.doubtful)

    assert seen == [set(), {"H26"}, {"H26"}, set(), {"H26"}, set()]


def test_who_is_lost_or_was_never_well_is_in_no_doubt(store):
    settle(store)
    for minute in (2, 3, 4):
        look(store, PORTAL, Reason.REFUSED, minute)
    look(store, TLS, Reason.TLS_EXPIRED, 5)  # proves nothing

    assert store.scenes.doubtful == set()


def test_a_doubt_goes_with_what_is_no_longer_looked_at(store):
    settle(store)
    look(store, PORTAL, Reason.REFUSED, 2)
    plan(store, watches=(DOOR, TLS))

    assert store.scenes.doubtful == set()


def test_who_is_contradicted_by_a_document_is_known(store):
    door = watch(HUE, "one_door", Condition.MERGED)
    plan(store, watches=(door,))
    look(store, door, Reason.SECOND_DOOR_OPEN, 1)
    there = set(store.conflicts)
    for minute in (2, 3):
        look(store, door, Reason.OK, minute)

    assert (there, store.conflicts) == ({"H57"}, set())


def test_who_left_contradicts_nothing(store):
    door = watch(HUE, "one_door", Condition.MERGED)
    plan(store, watches=(door,))
    look(store, door, Reason.SECOND_DOOR_OPEN, 1)
    plan(store, agencies=(HANOI,))

    assert store.conflicts == set()


def test_what_is_unknown_of_many_alike_is_there_once():
    made, others = Memory(PATIENCE), [agency(f"X{number}") for number in range(3)]
    plan(made, agencies=others, watches=[watch(each, "portal", Condition.CONNECTED) for each in others], papers=())
    first, second, third = made.standings.values()

    assert [held.agency for held in (first, second, third)] == others
    for part in ("merged", "connected", "integrated"):
        assert getattr(first, part) is getattr(second, part) is getattr(third, part)


def test_agencies_with_other_checks_stand_by_their_own():
    made = Memory(PATIENCE)
    plan(made, watches=(PORTAL, watch(HUE, "one_door", Condition.MERGED)), papers=())

    assert made.standings["H26"].connected.because == ("portal",)
    assert made.standings["H57"].merged.because == ("one_door",)
    assert made.standings["SIGNON"].connected.because == ()
