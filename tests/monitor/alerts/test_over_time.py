"""Any course of an estate, minute by minute: nothing is lost, nothing is made up, nothing is told twice."""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.incidents import Cause, Sharing
from monitor.model import Answer, Condition, Level
from monitor.notice import Event
from monitor.store.ledger import Window

CODES = [f"H{number:02}" for number in range(8)]
PLATFORM = Cause(sharing=Sharing.PLATFORM, value="a")
USERS = CODES[:5]
MINUTE, HALF = timedelta(minutes=1), timedelta(seconds=30)

TURNS = st.lists(
    st.tuples(st.sampled_from(CODES), st.sampled_from(list(Condition)), st.sampled_from(list(Answer))), max_size=5
)
AROUND = st.fixed_dictionaries(
    {},
    optional={
        "online": st.just(False),
        "doubtful": st.frozensets(st.sampled_from([*CODES, "N00"]), max_size=5),
        "national": st.just({"N00": frozenset(CODES)}),
        "against": st.just("H06"),
        "maintenance": st.sampled_from([frozenset(), frozenset({"H00", "H06"})]),
        "acked": st.just("H01"),
        "days": st.integers(-1, 40),
        "lag": st.integers(1, 90),  # minutes from when something turned to when that was known
    },
)
COURSES = st.lists(st.tuples(st.integers(1, 45), TURNS, AROUND), max_size=6)
any_course = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None, max_examples=40
)


@pytest.fixture
def estate(course, make):
    """Two channels, one of which is told of provinces alone, and one for what nobody takes on."""
    channels = [
        make.channel("all"),
        make.channel("provinces", levels=frozenset({Level.PROVINCE})),
        make.channel("chief", escalation=True),
    ]

    def new():
        it = course(channels=channels)
        it.traits |= {code: (PLATFORM, *it.traits[code]) for code in USERS}
        return it

    return new


def arrange(it, turns, around):
    it.turn(*turns, lag=around.get("lag", 0) * MINUTE)
    it.online = around.get("online", True)
    it.doubtful = around.get("doubtful", frozenset())
    it.national = around.get("national", {})
    it.conflicts = {}
    if "against" in around:
        it.contradict(around["against"])
    it.seen["certificates"] = {"H07": it.at + around["days"] * timedelta(days=1)} if "days" in around else {}


def close(it, minutes, around):
    """Maintenance for as long as this part of the course lasts."""
    codes = around.get("maintenance")
    begin = it.at.replace(tzinfo=None)
    lasts = minutes * MINUTE + HALF
    held = Window(id="w", begin=begin, lasts=lasts, zone="UTC", agencies=codes or frozenset(), reason="x")
    it.seen["windows"] = () if codes is None else (held,)


def play(it, steps, step=MINUTE, each=lambda it: None):
    for minutes, turns, around in steps:
        arrange(it, turns, around)
        close(it, minutes, around)
        it.tick()
        each(it)
        for _ in range(int(minutes * MINUTE / step)):
            it.at += step
            it.tick()
            each(it)
    return it


def plainly(it):
    return [(order.notice.at, order.notice.key, order.notice.event, dict(order.channels)) for order in it.orders]


@given(COURSES)
@any_course
def test_a_restart_at_any_tick_changes_nothing(estate, steps):
    told = plainly(play(estate(), steps))

    assert plainly(play(estate(), steps, each=lambda it: it.restart())) == told


@given(COURSES)
@any_course
def test_more_ticks_between_change_nothing(estate, steps):
    assert plainly(play(estate(), steps, step=HALF)) == plainly(play(estate(), steps))


def codes_of(notice):
    return {entry.agency for entry in notice.entries}


@given(COURSES)
@any_course
def test_whoever_is_told_to_be_lost_is_told_to_be_back_before_it_is_told_again_and_on_the_same_channels(estate, steps):
    it = play(estate(), steps)
    lost, unstable = {}, set()
    for order in it.orders:
        event, on = order.notice.event, frozenset(order.channels)
        for code in codes_of(order.notice):
            if event is Event.LOST:
                assert code not in lost
                lost[code] = on
            elif event is Event.UNSTABLE:
                assert code not in unstable
                unstable.add(code)
                lost[code] = lost.get(code, frozenset()) | on
            elif event is Event.STILL_LOST:
                assert code in lost
                lost[code] |= on
            elif event is Event.RESTORED:
                assert code not in unstable
                assert lost.pop(code) == on
            elif event is Event.STEADY:
                assert lost[code] == on
                unstable.discard(code)
                lost = {each: to for each, to in lost.items() if each != code or still_lost(order, code)}


def still_lost(order, code):
    """Whether who holds still is lost."""
    (entry,) = [entry for entry in order.notice.entries if entry.agency == code]
    return entry.until is None


@given(COURSES)
@any_course
def test_only_who_was_seen_to_be_back_is_told_to_be(estate, steps):
    def check(it):
        for notice in it.decision.notices:
            if notice.event is Event.RESTORED:
                assert all(it.answers[code, each] is Answer.YES for code in codes_of(notice) for each in Condition)

    play(estate(), steps, each=check)


@given(COURSES)
@any_course
def test_every_incident_that_is_told_ends_once_and_only_after_it_was_told(estate, steps):
    told = set()
    for order in play(estate(), steps).orders:
        causes = {(group.sharing, group.value) for group in order.notice.groups}
        if order.notice.event is Event.INCIDENT:
            assert not causes & told
            told |= causes
        if order.notice.event is Event.ENDED:
            assert causes <= told
            told -= causes


@given(COURSES)
@any_course
def test_whoever_fails_for_long_is_told_of_or_in_an_incident(estate, steps):
    it = estate()
    for minutes, turns, around in steps:
        play(it, [(minutes, turns, around)])
        told = {subject.value for subject, story in it.alerts.memory.stories.items() if story.told}
        explained = {code for incident in it.alerts.incidents for code in incident.down}
        failing = {code for (code, _), answer in it.answers.items() if answer is Answer.NO}
        if it.online and "maintenance" not in around and minutes > 5:
            assert failing <= told | explained


@given(COURSES)
@any_course
def test_nothing_is_told_of_whom_maintenance_is_announced_for(estate, steps):
    def check(it):
        for window in it.seen["windows"]:
            for notice in it.decision.notices:
                assert not window.agencies & codes_of(notice) or notice.groups
                assert window.agencies  # for everybody: nothing at all

    play(estate(), steps, each=check)


@given(st.lists(st.tuples(st.integers(1, 40), TURNS, st.just({})), min_size=15, max_size=25))
@any_course
def test_however_much_flaps_notices_are_few(estate, steps):
    it = play(estate(), steps)
    hours = (it.at - it.began).total_seconds() / 3600
    told = Counter(order.notice.event for order in it.orders)

    # Of each agency two losses and two returns in six hours, then one notice that it comes and goes.
    most = 2 * len(CODES) * (hours / 6 + 1)
    assert told[Event.LOST] <= 2 * most  # to one set of channels, or to another
    assert told[Event.UNSTABLE] <= most
    assert told[Event.SCORE] <= hours * 2 + 1


@given(COURSES)
@any_course
def test_no_two_notices_have_one_key(estate, steps):
    keys = Counter(order.notice.key for order in play(estate(), steps).orders)

    assert not [key for key, times in keys.items() if times > 1]


@given(COURSES)
@any_course
def test_scores_go_on_from_where_they_were_told(estate, steps):
    known = None
    for order in play(estate(), steps).orders:
        if order.notice.event in (Event.LOST, Event.RESTORED, Event.SCORE, Event.INCIDENT, Event.ENDED):
            before = tuple(move.before for move in order.notice.moves)
            same_tick = known is not None and known[0] == order.notice.at
            assert known is None or same_tick or before == known[1]
            known = order.notice.at, tuple(move.after for move in order.notice.moves)
