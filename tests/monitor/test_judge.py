import itertools
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.judge import NOT_ABOUT_THE_AGENCY, Patience, Row, judge, sooner
from monitor.model import Doubted, Result
from probes import Observation, Reason, Status

LETTERS = {
    "o": Reason.OK,
    "f": Reason.REFUSED,
    "u": Reason.BLOCKED,
    "x": Reason.UPSTREAM,  # a national system is down
    "z": Reason.OFFLINE,  # our own way out is down
}
START = datetime(2026, 1, 1, tzinfo=UTC)
IN_A_ROW = Patience(fail=Row(looks=3, of=3), recover=Row(looks=2, of=2), unknown=Row(looks=5, of=5))
OF_THE_LAST = Patience(fail=Row(looks=3, of=5), recover=Row(looks=2, of=3), unknown=Row(looks=4, of=6))


def looked(minute, reason):
    at = START + timedelta(minutes=minute)
    return Result(
        watch=SimpleNamespace(key=("H26", "portal")),
        due=at,
        started=at,
        seconds=0.1,
        observation=Observation(reason=reason, detail=f"look {minute}"),
    )


def history(reasons, patience):
    state, states = None, []
    for minute, reason in enumerate(reasons):
        state = judge(state, looked(minute, reason), patience)
        states.append(state)
    return states


def turns(seen, patience):
    states = history([LETTERS[letter] for letter in seen], patience)
    return "".join(s.status[0] for i, s in enumerate(states) if i and s.status is not states[i - 1].status)


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        ("oooo", ""),
        ("off", ""),
        ("offf", "f"),
        ("offoff", ""),  # a good look clears the doubt
        ("offfff", "f"),  # told once, not at each look
        ("offfo", "f"),  # recovery has its own patience
        ("offfoo", "fo"),
        ("ouuuu", ""),
        ("ouuuuu", "u"),
        ("ouuf", ""),  # looks we could not make do not count against them
        ("ofufuf", "f"),  # nor do they clear the doubt
        ("uoo", "o"),
        ("uo", ""),
        ("ffff", ""),  # broken when the monitor came: nothing turned
        ("oxxxxxxxxxx", ""),  # a national system's outage leaves every state as it is
        ("fzzzzzzzzzz", ""),  # and so does a broken link of our own
        ("offxxf", "f"),  # which neither adds to a doubt nor clears it
        ("xo", "o"),  # the first look that says anything needs no patience
        ("xf", "f"),
        ("xxzf", "f"),
    ],
)
def test_what_is_told_after_a_row_of_looks(seen, told):
    assert turns(seen, IN_A_ROW) == told


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        ("offof", "f"),
        ("ofofof", "f"),
        ("ofooof", ""),
        ("offfofo", "fo"),  # only looks since the state turned speak for turning it again
        ("ouuouu", "u"),
    ],
)
def test_k_of_the_last_n_bears_with_a_look_in_between(seen, told):
    assert turns(seen, OF_THE_LAST) == told


def test_the_first_state_needs_no_patience_and_is_dated_by_its_look():
    state = judge(None, looked(7, Reason.HTTP_5XX), IN_A_ROW)

    assert (state.status, state.reason, state.since) == (Status.FAILED, Reason.HTTP_5XX, START + timedelta(minutes=7))


@pytest.mark.parametrize(
    ("seen", "since"),
    [
        ("offf", 1),  # the first look that found it, not the third that made us sure
        ("ofoofff", 4),  # a good look between means that it was well
        ("oufuff", 2),  # a look that could not be made says nothing, before and between
        ("oxxffxf", 3),
        ("ofuuuuu", 6),  # it could not be seen any more; when that began is not known while something was seen to fail
        ("ouuuuu", 1),
        ("fffoo", 3),
    ],
)
def test_what_turned_is_dated_by_the_first_look_of_the_row(seen, since):
    *_, last = history([LETTERS[letter] for letter in seen], IN_A_ROW)

    assert last.since == START + timedelta(minutes=since)
    assert not isinstance(last, Doubted)


def test_a_doubt_is_dated_while_it_lasts_and_forgotten_with_the_first_look_that_agrees():
    _, one, two, over = history([Reason.OK, Reason.REFUSED, Reason.REFUSED, Reason.OK], IN_A_ROW)

    assert one.doubt == two.doubt == (Status.FAILED, START + timedelta(minutes=1))
    assert not isinstance(over, Doubted)


def test_what_turned_did_not_turn_ahead_of_time_where_the_clock_was_put_back_meanwhile():
    state = judge(None, looked(0, Reason.OK), IN_A_ROW)
    for minute in (60 * 24 * 365, 1, 2):
        state = judge(state, looked(minute, Reason.REFUSED), IN_A_ROW)

    assert (state.status, state.since) == (Status.FAILED, START + timedelta(minutes=2))


def test_a_state_keeps_its_date_and_tells_the_latest_reason():
    first, *_, last = history([Reason.HTTP_5XX, Reason.REFUSED, Reason.TLS_EXPIRED], IN_A_ROW)

    assert last.since == first.since
    assert (last.reason, last.detail) == (Reason.TLS_EXPIRED, "look 2")


def test_a_doubt_does_not_rewrite_the_reason():
    *_, last = history([Reason.OK, Reason.REFUSED], IN_A_ROW)

    assert (last.status, last.reason) == (Status.OK, Reason.OK)


@pytest.mark.parametrize(("looks", "of"), [(0, 1), (2, 1), (1, 101), (-1, -1)])
def test_a_row_that_can_never_agree_is_refused(looks, of):
    with pytest.raises(ValueError, match="want 1 <= looks <= of <= 100"):
        Row(looks=looks, of=of)


rows = st.integers(1, 6).flatmap(lambda of: st.builds(Row, looks=st.integers(1, of), of=st.just(of)))
patiences = st.builds(Patience, fail=rows, recover=rows, unknown=rows)
looks = st.lists(st.sampled_from(sorted(LETTERS.values())), min_size=1, max_size=60)


@given(looks, patiences)
def test_two_changes_in_a_row_never_have_the_same_answer(reasons, patience):
    states = history(reasons, patience)
    told = [s.status for i, s in enumerate(states) if i == 0 or s.status is not states[i - 1].status]

    assert all(a is not b for a, b in itertools.pairwise(told))


@given(looks, patiences)
def test_a_change_needs_its_patience_of_the_looks_that_count(reasons, patience):
    states = history(reasons, patience)
    for i in range(1, len(states)):
        before, after = states[i - 1], states[i]
        if before.status is after.status or not before.recent:
            continue
        row = patience.before(after.status)
        counting = [r.status for r in reasons[: i + 1] if r not in (Reason.UPSTREAM, Reason.OFFLINE)]
        if after.status is not Status.UNKNOWN:
            counting = [status for status in counting if status is not Status.UNKNOWN]
        assert reasons[i].status is after.status
        assert counting[-row.of :].count(after.status) >= row.looks


@given(looks, patiences)
def test_looks_that_say_nothing_of_the_agency_may_be_left_out(reasons, patience):
    told = [r for r in reasons if r not in (Reason.UPSTREAM, Reason.OFFLINE)]
    if told:
        assert history(reasons, patience)[-1].status is history(told, patience)[-1].status


@given(st.lists(st.sampled_from([Reason.OK, Reason.BLOCKED, Reason.BUG]), min_size=1, max_size=60), patiences)
def test_looks_that_could_not_be_made_never_make_a_failure(reasons, patience):
    assert all(state.status is not Status.FAILED for state in history(reasons, patience))


@given(looks, patiences)
def test_what_turned_began_with_a_look_that_found_it_and_nothing_after_it_found_otherwise(reasons, patience):
    states = history(reasons, patience)
    for minute, (before, after) in enumerate(itertools.pairwise(states), 1):
        if before.status is after.status or not before.recent:
            continue
        began = int((after.since - START) / timedelta(minutes=1))
        row = {reason.status for reason in reasons[began : minute + 1] if reason not in NOT_ABOUT_THE_AGENCY}
        assert reasons[began].status is after.status
        assert row <= {after.status, Status.UNKNOWN}


@given(looks, patiences)
def test_memory_is_bounded_and_since_moves_only_with_the_status(reasons, patience):
    states = history(reasons, patience)

    assert all(len(state.recent) <= patience.memory for state in states)
    for before, after in itertools.pairwise(states):
        if before.recent and after.since != before.since:
            assert after.status is not before.status


def doubtful(reason, every=5, timeout=20, **settings):
    """A look at a watch of `every` minutes and a time-out in seconds."""
    check = SimpleNamespace(
        every=timedelta(minutes=every), timeout=timedelta(seconds=timeout), probe=SimpleNamespace(**settings)
    )
    watch = SimpleNamespace(key=("H26", "portal"), check=check)
    return Result(watch=watch, due=START, started=START, seconds=0.1, observation=Observation(reason=reason))


@pytest.mark.parametrize(
    ("held", "seen", "again"),
    [
        (Reason.OK, Reason.REFUSED, True),
        (Reason.REFUSED, Reason.OK, True),
        (Reason.BLOCKED, Reason.OK, True),
        (Reason.OK, Reason.OK, False),
        (Reason.REFUSED, Reason.TLS_EXPIRED, False),  # failed, whatever of
        (Reason.OK, Reason.BLOCKED, False),  # who turns us away is not asked more often
        (Reason.OK, Reason.UPSTREAM, False),
        (Reason.OK, Reason.LOGIN_REFUSED, False),  # one failed login after the other may lock an account
        (Reason.REFUSED, Reason.OFFLINE, False),
    ],
)
def test_a_look_that_disagrees_is_followed_sooner(held, seen, again):
    state = judge(None, doubtful(held), IN_A_ROW)

    assert sooner(state, doubtful(seen), IN_A_ROW) == (START + timedelta(seconds=75) if again else None)


@pytest.mark.parametrize(
    ("settings", "seconds"),
    [
        ({"every": 5}, 75),
        ({"every": 1, "timeout": 7}, 15),
        ({"every": 1, "timeout": 10}, 20),  # two time-outs, so that the look before has ended
        ({"every": 0.5, "timeout": 5}, 15),
        ({"every": 5, "max_age": 60}, 75),
        ({"every": 1, "timeout": 5, "least_every": 30.0}, 30),  # what the kind itself allows
        ({"every": 5, "max_age": 90}, 100),  # one sooner would be told the same
    ],
)
def test_how_much_sooner_is_an_equal_part_of_the_period_as_far_as_manners_allow(settings, seconds):
    state = judge(None, doubtful(Reason.OK), IN_A_ROW)

    assert sooner(state, doubtful(Reason.REFUSED, **settings), IN_A_ROW) == START + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "settings", [{"every": 1 / 6, "timeout": 3}, {"every": 1, "timeout": 40}, {"every": 5, "max_age": 240}]
)
def test_a_short_period_is_quick_enough_by_itself(settings):
    state = judge(None, doubtful(Reason.OK), IN_A_ROW)

    assert sooner(state, doubtful(Reason.REFUSED, **settings), IN_A_ROW) is None
