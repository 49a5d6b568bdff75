"""Whether to tell: a table of cases over time, with the time passed in."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts import Alerts, Notice, Telling, Told, Word, first_lost, lost_after, tell
from monitor.incidents import Cause, Incident, Scene, Sharing
from monitor.model import Agency, Change, Level

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOLD = 3 * MINUTE


def incident(sharing=Sharing.PLATFORM, down=("H01", "H02"), since=NOON, value="vendor"):
    return Incident(cause=Cause(sharing=sharing, value=value), since=since, down=frozenset(down), of=20)


def course(*instants):
    """What is told at each (minute, lost since minutes, incidents) of a course."""
    told, said = Told(), []
    for minute, lost, incidents in instants:
        since = {code: NOON + began * MINUTE for code, began in lost.items()}
        told, notices = tell(told, since, incidents, HOLD, NOON + minute * MINUTE)
        said += [(minute, notice.word.value, notice.agencies) for notice in notices]
    return said


def test_a_loss_is_told_once_it_has_held_and_its_end_too():
    assert course(
        (0, {"H26": 0}, ()),
        (2, {"H26": 0}, ()),
        (3, {"H26": 0}, ()),
        (9, {"H26": 0}, ()),
        (10, {}, ()),
        (12, {}, ()),
        (13, {}, ()),
        (20, {}, ()),
    ) == [(3, "lost", ("H26",)), (13, "restored", ("H26",))]


def test_what_was_over_before_it_had_held_is_not_told():
    assert course((0, {"H26": 0}, ()), (2, {}, ()), (9, {}, ())) == []


def test_who_is_back_for_a_moment_only_is_still_lost():
    assert course(
        (3, {"H26": 0}, ()), (5, {}, ()), (6, {"H26": 6}, ()), (15, {"H26": 6}, ()), (16, {}, ()), (19, {}, ())
    ) == [(3, "lost", ("H26",)), (19, "restored", ("H26",))]


def test_what_waits_at_the_same_time_is_told_together():
    assert course((3, {"H26": 0, "G01": 2}, ()), (6, {"H26": 0, "G01": 2}, ())) == [(3, "lost", ("G01", "H26"))]


def test_what_an_incident_explains_is_told_by_the_incident_alone():
    shared = incident()

    assert course(
        (2, {"H01": 0, "H02": 0, "H26": 2}, (shared,)),
        (3, {"H01": 0, "H02": 0, "H26": 2}, (shared,)),
        (5, {"H01": 0, "H02": 0, "H26": 2}, (shared,)),
        (30, {"H26": 2}, ()),
        (33, {"H26": 2}, ()),
    ) == [(3, "incident", ("H01", "H02")), (5, "lost", ("H26",)), (33, "ended", ("H01", "H02"))]


def test_who_is_still_lost_when_the_incident_ends_is_told_then():
    shared = incident()

    assert course((3, {"H01": 0, "H02": 0}, (shared,)), (40, {"H02": 0}, ()), (43, {"H02": 0}, ())) == [
        (3, "incident", ("H01", "H02")),
        (40, "lost", ("H02",)),
        (43, "ended", ("H01", "H02")),
    ]


def test_an_agency_that_is_lost_while_a_national_system_is_down_is_lost_for_a_reason_of_its_own():
    down = incident(sharing=Sharing.NATIONAL, down=("H26",), value="SIGNON")

    assert course((3, {"H26": 0}, (down,))) == [(3, "incident", ("H26",)), (3, "lost", ("H26",))]


def test_who_sees_nothing_accuses_nobody():
    blind = incident(sharing=Sharing.MONITOR, value="")

    assert course((9, {"H26": 0}, (blind,))) == [(9, "incident", ("H01", "H02"))]


def test_incidents_that_wait_at_the_same_time_are_one_notice():
    systems = [incident(sharing=Sharing.NATIONAL, value=code, since=NOON + at * MINUTE) for at, code in enumerate("AB")]
    _, notices = tell(Told(), {}, systems, HOLD, NOON + 3 * MINUTE)

    assert [notice.incidents for notice in notices] == [tuple(systems)]


def test_a_blip_of_our_own_link_is_not_told_in_the_company_of_what_is():
    blip = incident(sharing=Sharing.MONITOR, value="", since=NOON + 3 * MINUTE)
    down = incident(sharing=Sharing.NATIONAL, value="SIGNON")
    _, notices = tell(Told(), {}, [down, blip], HOLD, NOON + 3 * MINUTE)

    assert [notice.incidents for notice in notices] == [(down,)]


def agency(code="H26", *, counted=True):
    return Agency(code=code, name=code, name_en=code, level=Level.PROVINCE, counted=counted)


def change(before, after, what="connected", at=0, **of):
    return Change(
        agency=agency(**of), what=what, before=before, after=after, at=NOON + at * MINUTE, reason="", detail=""
    )


def lost_by(*changes):
    return first_lost(lost_after({}, changes))


def test_what_counts_as_lost():
    assert lost_by(change("yes", "no")) == {"H26": NOON}
    assert lost_by(change("yes", "unknown")) == {"H26": NOON}
    assert lost_by(change("unknown", "no")) == {"H26": NOON}
    assert lost_by(change("no", "unknown")) == {}
    assert lost_by(change("yes", "no"), change("no", "unknown", at=5)) == {"H26": NOON}  # nobody saw it come back
    assert lost_by(change("no", "yes")) == {}
    assert lost_by(change("yes", "no", what="integrated")) == {}  # follows from the others
    assert lost_by(change("ok", "failed", what="portal")) == {}
    assert lost_by(change("yes", "no", counted=False)) == {}


def test_an_agency_is_lost_from_the_first_condition_to_the_last():
    both = (change("yes", "no"), change("yes", "no", what="merged", at=5))

    assert lost_by(*both) == {"H26": NOON}
    assert lost_by(*both, change("no", "yes", at=9)) == {"H26": NOON + 5 * MINUTE}
    assert lost_by(*both, change("no", "yes", at=9), change("no", "yes", what="merged", at=9)) == {}


def test_who_left_the_roster_is_neither_lost_nor_restored():
    alerts = Alerts(Telling(hold=HOLD))
    alerts.note([change("yes", "no")])
    alerts.keep(["H26"])
    told = alerts.follow(Scene(lost=alerts.lost, traits={}), NOON + HOLD)
    alerts.keep(["H01"])

    assert [notice.word for notice in told] == [Word.LOST]
    assert alerts.idle
    assert alerts.follow(Scene(lost=alerts.lost, traits={}), NOON + 9 * MINUTE) == ()


COURSES = st.lists(
    st.tuples(st.integers(1, 5), st.sets(st.sampled_from(["H01", "H02", "H26"])), st.booleans()), max_size=30
)


@given(COURSES)
def test_nobody_is_told_lost_twice_or_restored_without_having_been_lost(instants):
    told, at, since = Told(), NOON, {}
    held: set[str] = set()
    for minutes, who, shared in instants:
        at += minutes * MINUTE
        since = {code: since.get(code, at) for code in who}
        told, notices = tell(told, since, (incident(),) if shared else (), HOLD, at)
        for notice in notices:
            held = _followed(held, notice)
    assert held == set(told.lost)


def _followed(held: set[str], notice: Notice) -> set[str]:
    if notice.word is Word.LOST:
        assert not held & set(notice.agencies)
        return held | set(notice.agencies)
    if notice.word is Word.RESTORED:
        assert set(notice.agencies) <= held
        return held - set(notice.agencies)
    return held


@given(COURSES)
def test_what_is_lost_for_long_enough_and_explained_by_nothing_has_been_told(instants):
    told, at, since = Told(), NOON, {}
    for minutes, who, _ in instants:
        at += minutes * MINUTE
        since = {code: since.get(code, at) for code in who}
        told, _ = tell(told, since, (), HOLD, at)
        assert {code for code, began in since.items() if at - began >= HOLD} <= set(told.lost)
