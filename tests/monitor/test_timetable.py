import itertools
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from monitor.timetable import EPOCH, Timetable, next_due, share

NOW = datetime(2026, 11, 23, 4, 30, 12, 345678, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def watch(number, every=MINUTE):
    return SimpleNamespace(key=(f"H{number:02}", "portal"), check=SimpleNamespace(every=every))


def table(watches, now=NOW, warm_up=timedelta(seconds=30), looked=()):
    return Timetable(watches, now=now, warm_up=warm_up, looked=looked)


keys = st.tuples(st.text(min_size=1, max_size=5), st.text(min_size=1, max_size=5))
periods = st.timedeltas(min_value=SECOND, max_value=timedelta(days=1))
instants = st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2040, 1, 1)).map(  # noqa: DTZ001
    lambda naive: naive.replace(tzinfo=UTC)
)


@given(keys, periods, instants)
def test_the_next_instant_is_later_and_at_most_one_period_away(key, every, after):
    due = next_due(key, every, after)

    assert after < due <= after + every


@given(keys, periods, instants)
def test_the_rhythm_has_no_drift_and_is_the_same_after_a_restart(key, every, after):
    first = next_due(key, every, after)

    assert next_due(key, every, first) - first == every
    assert next_due(key, every, first - timedelta(microseconds=1)) == first
    assert (first - EPOCH - every * share(key)) % every == timedelta()


def test_phases_are_spread_over_the_period_without_a_herd():
    shares = [share((f"H{n:02}", check)) for n in range(63) for check in ("portal", "tls", "sign_on")]
    tenths = [sum(int(s * 10) == tenth for s in shares) for tenth in range(10)]

    assert min(tenths) >= 8
    assert max(tenths) <= 35


def test_the_first_look_at_everything_comes_within_the_warm_up_and_then_in_its_rhythm():
    watches = [watch(n, every=timedelta(minutes=5)) for n in range(84)]
    timetable = table(watches)
    first = timetable.due(NOW, NOW + timedelta(seconds=30))
    later = timetable.due(NOW + timedelta(seconds=30), NOW + timedelta(minutes=5, seconds=30))

    assert {w.key for _, w in first} == {w.key for w in watches}
    assert all(NOW <= due <= NOW + timedelta(seconds=30) for due, _ in first)
    assert len({int((due - NOW).total_seconds()) for due, _ in first}) > 20
    assert all(due == next_due(w.key, w.check.every, due - SECOND) for due, w in later)


def test_what_was_looked_at_before_a_reload_keeps_its_rhythm():
    one = watch(1)
    (due, _), *_ = table([one], looked={one.key}).due(NOW, NOW + MINUTE)

    assert due == next_due(one.key, MINUTE, NOW)


def test_looks_come_in_order_and_each_once_a_period():
    watches = [watch(n) for n in range(20)]
    timetable = table(watches, warm_up=timedelta(), looked={w.key for w in watches})
    told, now = [], NOW
    for _ in range(180):
        told += timetable.due(now, now + SECOND)
        now += SECOND

    assert [due for due, _ in told] == sorted(due for due, _ in told)
    for w in watches:
        dues = [due for due, each in told if each is w]
        assert len(dues) == 3
        assert all(b - a == MINUTE for a, b in itertools.pairwise(dues))


def test_after_a_blocked_loop_every_look_is_made_once_and_none_is_dropped():
    watches = [watch(n) for n in range(20)]
    timetable = table(watches, warm_up=timedelta(), looked={w.key for w in watches})
    timetable.due(NOW, NOW)
    awake = NOW + timedelta(minutes=10)
    late = timetable.due(awake, awake)

    assert sorted(w.key for _, w in late) == sorted(w.key for w in watches)
    assert all(due > awake for due, _ in timetable.due(awake, awake + MINUTE))


def test_a_clock_set_back_does_not_silence_the_monitor():
    watches = [watch(n) for n in range(20)]
    timetable = table(watches, warm_up=timedelta(), looked={w.key for w in watches})
    timetable.due(NOW, NOW + MINUTE)
    back = NOW - timedelta(hours=3)

    assert {w.key for _, w in timetable.due(back, back + MINUTE)} == {w.key for w in watches}


class Plainly:
    """The same by dates and the plainest of searches: what the arrays have to agree with."""

    def __init__(self, watches, now, warm_up, looked):
        self.now = now
        self.next = [
            next_due(w.key, w.check.every, now) if w.key in looked else now + warm_up * share(w.key) for w in watches
        ]
        self.watches = watches

    def due(self, now, until):
        if now < self.now - SECOND:
            self.next = [min(at, self.after(i, now)) for i, at in enumerate(self.next)]
        self.now, told = now, []
        while self.next and min(self.next) <= until:
            at, i = min((at, i) for i, at in enumerate(self.next))
            told.append((at, self.watches[i]))
            self.next[i] = self.after(i, max(at, now))
        return told

    def after(self, i, instant):
        return next_due(self.watches[i].key, self.watches[i].check.every, instant)


steps = st.lists(  # how far the wall clock moves from tick to tick; now and then it stalls, or is set
    st.one_of(
        st.just(SECOND),
        st.timedeltas(min_value=timedelta(), max_value=timedelta(seconds=3)),
        st.timedeltas(min_value=timedelta(hours=-2), max_value=timedelta(hours=2)),
    ),
    max_size=30,
)
short = st.timedeltas(min_value=timedelta(milliseconds=300), max_value=timedelta(minutes=5))


@given(st.lists(st.tuples(short, st.booleans()), max_size=12), instants, steps, short)
def test_it_tells_what_a_plain_search_over_dates_would_tell(rhythms, now, steps, warm_up):
    watches = [watch(n, every) for n, (every, _) in enumerate(rhythms)]
    looked = {w.key for w, (_, known) in zip(watches, rhythms, strict=True) if known}
    timetable, plainly = table(watches, now, warm_up, looked), Plainly(watches, now, warm_up, looked)
    for step in steps:
        now += step

        assert timetable.due(now, now + 2 * SECOND) == plainly.due(now, now + 2 * SECOND)


@given(st.lists(short, min_size=1, max_size=12), instants, st.lists(st.integers(0, 4_000), max_size=40))
def test_over_any_ticks_every_instant_of_every_rhythm_is_told_once_and_in_order(rhythms, begin, ticks):
    watches = [watch(n, every) for n, every in enumerate(rhythms)]
    timetable = table(watches, begin, timedelta(), {w.key for w in watches})
    now, ahead = begin, timedelta(seconds=5)
    told = timetable.due(now, now + ahead)
    for tick in ticks:  # none later than what was told ahead
        now += timedelta(milliseconds=tick)
        told += timetable.due(now, now + ahead)

    assert [due for due, _ in told] == sorted(due for due, _ in told)
    for w in watches:
        dues = [due for due, each in told if each is w]
        assert dues == rhythm(w, begin, now + ahead)


def rhythm(w, after, until):
    """Every instant of a watch's own rhythm later than `after`, up to `until`."""
    due, every = next_due(w.key, w.check.every, after), w.check.every
    return [due + n * every for n in range((until - due) // every + 1)] if due <= until else []


@given(st.lists(short, min_size=1, max_size=12), instants, st.timedeltas(min_value=SECOND, max_value=timedelta(days=9)))
def test_after_any_stall_each_watch_is_told_at_most_once_late_and_then_goes_on_in_its_rhythm(rhythms, begin, stall):
    watches = [watch(n, every) for n, every in enumerate(rhythms)]
    timetable = table(watches, begin, timedelta(), {w.key for w in watches})
    awake = begin + stall
    late, next_minutes = timetable.due(awake, awake), timetable.due(awake, awake + 5 * MINUTE)

    for w in watches:
        assert [each for _, each in late].count(w) == (next_due(w.key, w.check.every, begin) <= awake)
        assert [due for due, each in next_minutes if each is w] == rhythm(w, awake, awake + 5 * MINUTE)


@given(st.timedeltas(min_value=-timedelta(days=400), max_value=timedelta(days=400)))
def test_however_the_clock_is_set_each_watch_is_due_within_a_period(leap):
    watches = [watch(n) for n in range(5)]
    timetable = table(watches, looked={w.key for w in watches})
    timetable.due(NOW, NOW + SECOND)
    told = timetable.due(NOW + leap, NOW + leap + MINUTE + SECOND)

    assert {w.key for _, w in told} == {w.key for w in watches}


def test_a_phase_is_what_it_was_before_a_restart():
    assert share(("H26", "portal")) == int.from_bytes(blake2b(b"H26/portal", digest_size=6).digest()) / 2**48
    assert next_due(("H26", "portal"), timedelta(minutes=5), NOW) == datetime(
        2026, 11, 23, 4, 32, 35, 631372, tzinfo=UTC
    )


def test_no_watches_are_never_due():
    assert table([]).due(NOW, NOW + MINUTE) == []


FIVE = timedelta(minutes=5)


def rhythmic(number=1, every=FIVE):
    """A timetable of one watch that was looked at before, the watch, and its first turn."""
    one = watch(number, every)
    return table([one], looked={one.key}), one, next_due(one.key, every, NOW)


def told(timetable, begin, until):
    """By seconds, as the schedule asks."""
    dues, now = [], begin
    while now < until:
        dues += [due for due, _ in timetable.due(now, now + SECOND)]
        now += SECOND
    return dues


def test_a_look_may_be_made_sooner_once_and_the_rhythm_goes_on():
    timetable, one, first = rhythmic()
    timetable.sooner(one, first + MINUTE)

    assert told(timetable, NOW, first + 2 * FIVE) == [first, first + MINUTE, first + FIVE, first + 2 * FIVE]


def test_no_more_than_one_sooner_look_waits_for_a_watch():
    timetable, one, first = rhythmic()
    for seconds in range(60, 120):
        timetable.sooner(one, first + seconds * SECOND)

    assert told(timetable, NOW, first + FIVE) == [first, first + MINUTE, first + FIVE]
    assert len(timetable._extra) == len(timetable._awaited) == 0


def test_a_sooner_look_that_the_rhythm_brings_anyhow_or_that_comes_too_late_is_left_out():
    timetable, one, first = rhythmic()
    for at in (first, first + FIVE - SECOND / 2, first + FIVE + SECOND / 2, NOW, NOW - MINUTE):
        timetable.sooner(one, at)

    assert told(timetable, NOW, first + FIVE) == [first, first + FIVE]


def test_after_a_blocked_loop_a_sooner_look_and_a_turn_are_one():
    timetable, one, first = rhythmic()
    timetable.sooner(one, first + MINUTE)
    awake = first + FIVE + MINUTE

    assert [due for due, _ in timetable.due(awake, awake + SECOND)] == [first]
    assert told(timetable, awake + SECOND, first + 2 * FIVE) == [first + 2 * FIVE]


def test_a_clock_set_back_forgets_what_was_to_come_sooner():
    timetable, one, first = rhythmic()
    timetable.due(first, first)
    timetable.sooner(one, first + MINUTE)
    back = first - timedelta(hours=3)

    assert told(timetable, back, back + FIVE) == [next_due(one.key, FIVE, back)]
    assert len(timetable._extra) == len(timetable._awaited) == 0


@given(st.lists(short, min_size=1, max_size=6), instants, st.lists(st.tuples(st.integers(0, 5), short), max_size=30))
def test_whatever_comes_sooner_every_turn_of_every_rhythm_is_told_once_and_in_order(rhythms, begin, sooner):
    watches = [watch(n, every) for n, every in enumerate(rhythms)]
    timetable = table(watches, begin, timedelta(), {w.key for w in watches})
    now, dues = begin, []
    for number, ahead in sooner:
        timetable.sooner(watches[number % len(watches)], now + ahead)
        dues += timetable.due(now, now + SECOND)
        now += SECOND

    assert [due for due, _ in dues] == sorted(due for due, _ in dues)
    assert len({(due, w.key) for due, w in dues}) == len(dues)
    assert len(timetable._extra) == len(timetable._awaited) <= len(watches)
    for w in watches:
        assert set(rhythm(w, begin, now)) <= {due for due, each in dues if each is w}
