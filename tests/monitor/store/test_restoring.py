"""A monitor that is ended and begun again goes on as if nothing had been."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from yarl import URL

from monitor.judge import Patience, Row
from monitor.metrics import page_text
from monitor.model import Agency, Answer, Attestation, Check, Condition, Level, Result, Watch
from monitor.store.ledger import Batch, Recalled, Verdicts
from monitor.store.memory import Memory
from monitor.store.news import News, meanings
from probes import Observation, Reason, Status, Target

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = date(2026, 1, 1)
PATIENCE = Patience(fail=Row(looks=2, of=2), recover=Row(looks=2, of=2), unknown=Row(looks=3, of=3))


def agency(code, level=Level.PROVINCE):
    return Agency(code=code, name=f"Tên {code}", name_en=code, level=level, counted=level is not Level.NATIONAL)


def watch(of, name, proves, kind="http"):
    url = URL(f"https://{of.code.lower()}.example/")
    check = Check(
        name=name,
        kind=kind,
        probe=None,
        every=timedelta(minutes=1),
        timeout=timedelta(seconds=10),
        proves=proves,
        levels=frozenset(Level),
    )
    target = Target(code=of.code, name=of.name, level=of.level, portal=url, hosts=frozenset({url.host}), day=DAY)
    return Watch(agency=of, check=check, aim=lambda _: target)


HANOI, HUE = agency("H26"), agency("H57")
DOOR, PORTAL, TLS = (
    watch(HANOI, "one_door", Condition.MERGED),
    watch(HANOI, "portal", Condition.CONNECTED),
    watch(HANOI, "tls", None),
)
HUES = watch(HUE, "portal", Condition.CONNECTED)
ALL = (DOOR, PORTAL, TLS, HUES)
PAPER = Attestation(
    agency="H57",
    condition=Condition.MERGED,
    answer=Answer.YES,
    since=date(2023, 1, 1),
    document="1/BC",
    issued=date(2023, 1, 1),
    issuer="X",
)


def at(minute):
    return START + timedelta(minutes=minute)


def begun(minute=0, *, agencies=(HANOI, HUE), watches=ALL, papers=(PAPER,)):
    store = Memory(PATIENCE, noting=True)
    store.plan(agencies, watches, papers, day=DAY, at=at(minute))
    return store


def look(store, of, minute, reason=Reason.OK, detail="seen"):
    seen = Observation(reason=reason, detail="" if reason is Reason.OK else detail)
    return store.take(Result(watch=of, due=at(minute), started=at(minute), seconds=1.0, observation=seen))


def look_at_all(store, minute, failing=()):
    found = [
        change
        for each in (DOOR, PORTAL, TLS, HUES)
        for change in look(store, each, minute, Reason.HTTP_5XX if each in failing else Reason.OK)
    ]
    return [(change.agency.code, change.what, change.before, change.after, change.at) for change in found]


def batch(news, minute=0):
    return Batch(at=at(minute), states=news.states, standings=news.standings, changes=news.changes, checks=news.checks)


def written(ledger, store, minute=0):
    ledger.write(batch(store.news(), minute))


def again(ledger, minute, **plan):
    store = begun(minute, **plan)
    return store, store.restore(ledger.recall(), at(minute))


def test_what_was_held_is_held_from_the_start_before_anything_was_looked_at(ledger):
    first = begun()
    for minute in range(3):
        look_at_all(first, minute, failing=(PORTAL,))
    written(ledger, first)
    second, changes = again(ledger, 60)

    assert changes == ()
    assert second.standings == first.standings
    assert second.standings["H26"].connected.since == at(0)
    assert second.scores() == first.scores()
    for each in ALL:
        assert second.looks(each.key) == 0
        assert second.state(each.key) == replace(first.state(each.key), recent=(first.state(each.key).status,))


def test_a_standing_stays_till_everything_was_looked_at_and_what_differs_then_is_a_change(ledger):
    first = begun()
    look_at_all(first, 0)
    written(ledger, first)
    second, _ = again(ledger, 60)

    assert look(second, PORTAL, 60, Reason.HTTP_5XX) == ()
    turned = look(second, PORTAL, 61, Reason.HTTP_5XX)
    assert [(change.what, change.after) for change in turned] == [("portal", "failed")]
    look(second, DOOR, 61)
    moved = look(second, TLS, 62)
    assert [(change.what, change.before, change.after, change.at) for change in moved] == [
        ("connected", "yes", "no", at(62)),
        ("integrated", "yes", "no", at(62)),
    ]
    assert second.standings["H26"].merged.since == at(0)


def test_one_failing_look_after_a_restart_needs_the_same_patience_as_before(ledger):
    first = begun()
    look_at_all(first, 0)
    written(ledger, first)
    second, _ = again(ledger, 60)

    assert look_at_all(second, 60, failing=(PORTAL,)) == []
    assert look_at_all(second, 61) == []


def test_who_was_never_looked_at_in_full_is_no_news_after_a_restart(ledger):
    first = begun()
    look(first, PORTAL, 0)
    written(ledger, first)
    second, _ = again(ledger, 60)

    assert ledger.recall().standings == {}
    assert look_at_all(second, 60) == []
    assert second.state(PORTAL.key).since == at(0)


def test_who_left_the_plan_is_forgotten_in_the_ledger_too(ledger):
    first = begun()
    look_at_all(first, 0)
    written(ledger, first)
    second, _ = again(ledger, 60, agencies=(HUE,), watches=(HUES,))
    written(ledger, second, 60)

    assert "H26" not in second.standings
    assert {code for code, _ in ledger.recall().states} == {"H57"}
    assert ledger.recall().standings.keys() == {"H57"}


def test_who_leaves_the_plan_of_a_monitor_that_runs_is_forgotten_too(ledger):
    store = begun()
    look_at_all(store, 0)
    written(ledger, store)
    store.plan((HUE,), (HUES,), (PAPER,), day=DAY, at=at(1))
    written(ledger, store, 1)

    assert (ledger.recall().states.keys(), ledger.recall().standings.keys()) == ({HUES.key}, {"H57"})


@pytest.mark.parametrize("changed", [{"kind": "tls"}, {"proves": Condition.MERGED}])
def test_the_state_of_a_check_that_is_another_now_is_dropped_and_its_standing_waits_for_looks(ledger, changed):
    first = begun()
    look_at_all(first, 0, failing=(PORTAL,))
    written(ledger, first)
    other, hues = (watch(of, "portal", **({"proves": Condition.CONNECTED} | changed)) for of in (HANOI, HUE))
    second, changes = again(ledger, 60, watches=(DOOR, other, TLS, hues))
    written(ledger, second, 60)

    assert changes == ()
    assert second.state(other.key) is None
    assert second.state(DOOR.key) is not None
    assert other.key not in ledger.recall().states
    assert second.standings["H26"].connected.answer is Answer.NO


def test_a_paper_that_came_meanwhile_is_a_change_where_nothing_is_looked_at(ledger):
    first = begun()
    look_at_all(first, 0)
    written(ledger, first)
    second, changes = again(
        ledger,
        60,
        watches=(DOOR, PORTAL, TLS),
        papers=(PAPER, replace(PAPER, condition=Condition.CONNECTED, answer=Answer.NO)),
    )

    assert [(change.agency.code, change.what, change.after) for change in changes] == [
        ("H57", "connected", "no"),
        ("H57", "integrated", "no"),
    ]
    assert second.news().changes == changes


def test_a_second_restart_before_everything_was_looked_at_loses_nothing(ledger):
    first = begun()
    look_at_all(first, 0, failing=(PORTAL,))
    written(ledger, first)
    second, _ = again(ledger, 60)
    look(second, DOOR, 60)
    written(ledger, second, 60)
    third, changes = again(ledger, 120)

    assert changes == ()
    assert third.standings == first.standings


courses = st.lists(
    st.tuples(st.frozensets(st.sampled_from(ALL), max_size=3), st.integers(2, 4)), min_size=1, max_size=6
)


@settings(deadline=None, max_examples=60)
@given(courses=courses, cuts=st.sets(st.integers(0, 5)))
def test_with_restarts_in_between_the_same_changes_come_as_without(tmp_path_factory, courses, cuts):
    """Each part of the course lasts long enough for the monitor to make up its mind, and is cut after it."""
    from monitor.store.opening import open_ledger  # noqa: PLC0415 - a ledger for each example
    from monitor.store.place import Place  # noqa: PLC0415

    ledger = open_ledger(Place(file=tmp_path_factory.mktemp("ledger") / "monitor.db"))
    steady, cut, minutes = begun(), begun(), count()
    for number, (failing, looks) in enumerate(courses):
        for minute in (next(minutes) for _ in range(looks)):
            assert sorted(look_at_all(cut, minute, failing)) == sorted(look_at_all(steady, minute, failing))
            written(ledger, cut, minute)
        if number in cuts:
            cut, changes = again(ledger, minute)
            assert changes == ()
            assert cut.standings == steady.standings
    assert cut.standings == steady.standings
    ledger.close()


# -- news


def test_news_are_what_turned_and_are_told_once():
    store = begun()
    store.news()
    look_at_all(store, 0)
    news = store.news()

    assert news.states.keys() == {each.key for each in ALL}
    assert news.standings == {"H26": store.standings["H26"], "H57": store.standings["H57"]}
    assert not store.news()
    look_at_all(store, 1)
    assert not store.news()


def test_what_could_not_be_written_is_news_again_as_it_is_by_then_and_changes_keep_their_order():
    store = begun()
    look_at_all(store, 0)
    store.news()
    look_at_all(store, 1, failing=(PORTAL,))
    look_at_all(store, 2, failing=(PORTAL,))
    lost = store.news()
    store.unwritten(lost)
    look_at_all(store, 3)
    look_at_all(store, 4)
    news = store.news()

    assert lost.states[PORTAL.key].status is Status.FAILED
    assert news.states == {PORTAL.key: store.state(PORTAL.key)}
    assert news.states[PORTAL.key].status is Status.OK
    assert news.changes[: len(lost.changes)] == lost.changes
    assert [(change.what, change.after) for change in news.changes] == [
        ("portal", "failed"),
        ("connected", "no"),
        ("integrated", "no"),
        ("portal", "ok"),
        ("connected", "yes"),
        ("integrated", "yes"),
    ]


def test_another_reason_is_news_and_another_detail_is_not():
    store = begun()
    for minute in (0, 1):
        look_at_all(store, minute, failing=(PORTAL,))
    store.news()
    look(store, PORTAL, 2, Reason.HTTP_5XX, "in 2.5 s")
    assert not store.news()
    look(store, PORTAL, 3, Reason.REFUSED)
    news = store.news()

    assert news.states == {PORTAL.key: store.state(PORTAL.key)}
    assert news.standings == {"H26": store.standings["H26"]}


def test_who_asks_for_no_news_gathers_none():
    store = Memory(PATIENCE)
    store.plan((HANOI,), (PORTAL,), (), day=DAY, at=at(0))
    look(store, PORTAL, 0)
    store.restore(Recalled(), at(0))
    store.unwritten(News(states={PORTAL.key: None}))

    assert store.news() == News()


def test_metrics_show_what_was_restored_before_anything_was_looked_at(small_world):
    held = small_world.store
    states = {watch.key: held.state(watch.key) for watch in held.watches}
    standings = {
        code: Verdicts(merged=each.merged, connected=each.connected, integrated=each.integrated)
        for code, each in held.standings.items()
    }
    store = Memory(small_world.config.patience)
    store.plan(
        held.agencies, held.watches, small_world.config.attestations, day=small_world.config.day, at=small_world.now
    )
    store.restore(Recalled(states=states, standings=standings, checks=meanings(held.watches)), small_world.now)
    before, after = (page_text(each, small_world.vitals, small_world.config).splitlines() for each in (held, store))

    def of(page, *names):
        return [line for line in page if line.startswith(names)]

    shown = ("npsp_check_state{", "npsp_agency_standing", "npsp_agencies")
    assert len(of(before, *shown)) > 50
    assert of(after, *shown) == of(before, *shown)
    assert {line.split()[-1] for line in of(after, "npsp_check_looks_total{")} == {"0.0"}
