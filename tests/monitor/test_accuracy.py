"""How often the monitor is wrong under noise, and how soon it is right: what `bench/accuracy.py` counts, as properties."""

import importlib
import itertools
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from monitor.bundled import config_folder
from monitor.judge import CLOSEST, Patience, Row, judge, sooner
from monitor.model import Result
from monitor.settings import load
from monitor.timetable import Timetable, next_due
from probes import Observation, Reason, Status

BENCH = Path(__file__).parents[2] / "bench"
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
PERIOD = 5 * MINUTE


@pytest.fixture(scope="module")
def simulated():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCH)
        yield importlib.import_module("simulated")


@pytest.fixture(scope="module")
def noise(simulated):
    return importlib.import_module("noise")


def watch(every=PERIOD, timeout=20 * SECOND, code="H26", **settings):
    check = SimpleNamespace(every=every, timeout=timeout, probe=SimpleNamespace(**settings))
    return SimpleNamespace(key=(code, "portal"), check=check)


def looked(of, due, *, failed):
    seen = Observation(reason=Reason.REFUSED if failed else Reason.OK)
    return Result(watch=of, due=due, started=due, seconds=0.1, observation=seen)


def history(of, patience, fails, end):
    """Every look of a watch by the real timetable until `end`: its due instant and the state after it."""
    timetable = Timetable([of], now=BEGIN, warm_up=timedelta(), looked={of.key})
    now, state, told = BEGIN, None, []
    while now < end:
        for due, _ in timetable.due(now, now + SECOND):
            result = looked(of, due, failed=fails(due))
            state = judge(state, result, patience)
            told.append((due, state))
            again = sooner(state, result, patience)
            if again:
                timetable.sooner(of, again)
        now += SECOND
    return told


rows = st.integers(1, 6).flatmap(lambda of: st.builds(Row, looks=st.integers(1, of), of=st.just(of)))
patiences = st.builds(Patience, fail=rows, recover=rows, confirm=st.integers(1, 8))
periods = st.sampled_from([10 * SECOND, 30 * SECOND, MINUTE, 5 * MINUTE, timedelta(seconds=307)])


@given(st.lists(st.booleans(), max_size=80), patiences)
def test_while_fewer_looks_fail_than_must_agree_the_state_never_turns(failed, patience):
    row, state = patience.fail, None
    for number, each in enumerate(failed):
        assume(sum(failed[max(0, number + 1 - row.of) : number + 1]) < row.looks)
        state = judge(state, looked(watch(), BEGIN + number * MINUTE, failed=each and number > 0), patience)
        assert state.status is Status.OK


@settings(max_examples=30, deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=40), patiences, periods)
def test_a_watch_is_never_looked_at_more_often_than_its_patience_allows_nor_closer_than_is_polite(
    failed, patience, every
):
    answers, of = itertools.cycle(failed), watch(every, timeout=min(20 * SECOND, every / 3))
    dues = [due for due, _ in history(of, patience, lambda _: next(answers), BEGIN + 12 * every)]
    regular = {due for due in dues if next_due(of.key, every, due - timedelta(microseconds=1)) == due}

    assert len(regular) == 12  # the rhythm goes on unchanged
    for due in dues:
        assert sum(due <= each < due + every - SECOND for each in dues) <= patience.confirm
    for a, b in itertools.pairwise(dues):
        assert b - a >= min(every, max(CLOSEST, 2 * of.check.timeout)) - SECOND


@settings(max_examples=30, deadline=None)
@given(st.timedeltas(timedelta(), PERIOD), rows, rows, st.integers(1, 7), st.text("ABCDEFGH", min_size=1, max_size=3))
def test_an_outage_from_any_instant_is_told_within_the_bound_of_its_patience_and_so_is_its_end(
    at, fail, recover, confirm, code
):
    of, patience = watch(code=code), Patience(fail=fail, recover=recover, confirm=confirm)
    begin, end = BEGIN + 10 * PERIOD + at, BEGIN + 20 * PERIOD + at
    told = history(of, patience, lambda due: begin <= due < end, BEGIN + 32 * PERIOD)
    turned = next(state.since for _, state in told if state.status is Status.FAILED)
    back = next(due for due, state in told if due >= end and state.status is Status.OK)

    assert turned - begin <= PERIOD + (fail.looks - 1) * PERIOD / confirm + SECOND
    assert back - end <= PERIOD + (recover.looks - 1) * PERIOD / confirm + SECOND


def test_the_defaults_tell_a_true_outage_of_every_shipped_check_within_three_periods_and_leave_time_for_its_notice():
    patience, config = Patience(), load(config_folder())
    for check in config.checks:
        of = SimpleNamespace(key=("H26", check.name), check=check)
        worst = max(  # right after a regular look, and by looks that end by their time-out
            next(state.since for _, state in told if state.status is Status.FAILED) - begin
            for begin in (next_due(of.key, check.every, BEGIN + check.every) + timedelta(microseconds=1),)
            for told in (history(of, patience, lambda due, begin=begin: due >= begin, BEGIN + 7 * check.every),)
        )

        assert config.patience == patience
        assert worst + check.timeout + 3 * MINUTE <= 3 * check.every, check.name


@settings(max_examples=12, deadline=None)
@given(
    st.sampled_from([0.01, 0.05, 0.2]),
    st.sampled_from([None, 1, 3, 10]),
    st.booleans(),
    patiences,
    st.integers(0, 10**9),
)
def test_the_quick_way_of_the_bench_comes_to_the_same_as_the_plain_one(
    simulated, noise, rate, length, together, patience, seed
):
    checks = simulated.copies(simulated.most_looked_at(), 1)[0]
    begin, end = BEGIN, BEGIN + timedelta(hours=10)

    def noises():
        for each in checks:
            whose = f"{seed}" if together else f"{seed} {each.check.name}"
            model = (
                noise.Bursts(rate, length * noise.MINUTE, whose, simulated.micros(begin))
                if length
                else noise.Independent(rate, whose)
            )
            yield each.check.name, model

    plain = list(simulated.plainly(checks, patience, dict(noises()), begin, end))
    minds = simulated.minds(checks, patience)
    quick = simulated.changes(checks, minds, dict(noises()), simulated.micros(begin), simulated.micros(end))

    assert list(quick) == plain


def test_where_one_look_in_a_hundred_fails_there_is_no_false_change_in_168_agency_months(simulated, noise):
    estate = simulated.copies(simulated.most_looked_at(), 84)
    minds, looks = simulated.minds(estate[0], Patience()), simulated.Looks()
    begin, end = simulated.micros(BEGIN), simulated.micros(BEGIN + 60 * DAY)
    told = []
    for checks in estate:
        noises = {each.check.name: noise.Independent(0.01, f"month {each.key}") for each in checks}
        told += simulated.changes(checks, minds, noises, begin, end, looks)

    assert told == []
    assert 60_000 < looks.extra < 90_000  # and looks did fail: one in a hundred of 7.3 million


def test_three_looks_in_a_row_would_have_been_too_few(simulated, noise):
    estate = simulated.copies(simulated.most_looked_at(), 84)
    minds = simulated.minds(estate[0], Patience(fail=Row(looks=3, of=3), recover=Row(looks=2, of=2), confirm=1))
    begin, end = simulated.micros(BEGIN), simulated.micros(BEGIN + 120 * DAY)
    told = []
    for checks in estate:
        noises = {each.check.name: noise.Independent(0.01, f"month {each.key}") for each in checks}
        told += simulated.changes(checks, minds, noises, begin, end)

    assert told
