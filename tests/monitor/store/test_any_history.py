"""Whatever comes in: what is packed comes out as it was, and no short cut shows."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from yarl import URL

from monitor.judge import NOT_ABOUT_THE_AGENCY, Patience, Row
from monitor.model import Agency, Answer, Attestation, Check, Condition, Level, Result, Watch
from monitor.standing import scores
from monitor.store.memory import Memory
from probes import Observation, Reason, Status, Target

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = date(2026, 1, 1)
PATIENCE = Patience(fail=Row(looks=2, of=3), recover=Row(looks=2, of=2), unknown=Row(looks=2, of=2))


def agency(code, level):
    return Agency(code=code, name=f"Tên {code}", name_en=code, level=level, counted=level is not Level.NATIONAL)


def watches(of, *proves):
    url = URL(f"https://{of.code.lower()}.example/")
    target = Target(code=of.code, name=of.name, level=of.level, portal=url, hosts=frozenset({url.host}), day=DAY)
    for name, condition in proves:
        check = Check(
            name=name,
            kind="http",
            probe=None,
            every=timedelta(minutes=1),
            timeout=timedelta(seconds=10),
            proves=condition,
            levels=frozenset(Level),
        )
        yield Watch(agency=of, check=check, aim=lambda _: target)


HANOI, INTERIOR, NPSP = agency("H26", Level.PROVINCE), agency("G09", Level.MINISTRY), agency("NPSP", Level.NATIONAL)
EVERY = [("door", Condition.MERGED), ("portal", Condition.CONNECTED), ("sign_on", Condition.CONNECTED), ("tls", None)]
WATCHES = [
    *watches(HANOI, *EVERY),
    *watches(INTERIOR, EVERY[0], EVERY[1]),
    *watches(NPSP, EVERY[1]),
]
PAPER = Attestation(
    agency="H26",
    condition=Condition.MERGED,
    answer=Answer.NO,
    since=date(2023, 1, 1),
    document="1/BC",
    issued=date(2023, 1, 1),
    issuer="X",
)

reasons = st.sampled_from(
    [Reason.OK, Reason.OK, Reason.OK, Reason.REFUSED, Reason.HTTP_5XX, Reason.UPSTREAM, Reason.BLOCKED, Reason.NO_DATA]
)
facts = st.dictionaries(
    st.sampled_from(["url", "http_status", "sync_ratio", "redirects"]),
    st.one_of(st.integers(0, 600), st.floats(0, 1), st.sampled_from(["x", "1.1", "Thừa Thiên Huế"]), st.booleans()),
)
phases = st.dictionaries(st.sampled_from(["resolve", "connect", "tls"]), st.floats(0, 10))


@st.composite
def results(draw):
    due = START + timedelta(microseconds=draw(st.integers(-(10**10), 10**10)))
    return Result(
        watch=draw(st.sampled_from(WATCHES)),
        vantage=draw(st.sampled_from(["local", "local", "hue"])),
        due=due,
        started=due + timedelta(microseconds=draw(st.integers(0, 10**7))),
        seconds=draw(st.floats(0, 60)),
        observation=Observation(
            reason=draw(reasons), detail=draw(st.sampled_from(["", "seen", "gone"])), facts=draw(facts)
        ),
        phases=draw(phases),
    )


FEWER = [watch for watch in WATCHES if watch.check.name != "sign_on"]
steps = st.lists(
    st.one_of(
        *[results()] * 6,
        st.sampled_from(["look", "document"]),
        st.sampled_from([WATCHES, FEWER]).map(tuple),
    ),
    max_size=60,
)


def plan(store, planned=tuple(WATCHES)):
    return store.plan((HANOI, INTERIOR, NPSP), planned, (PAPER,), day=DAY, at=START)


def do(store, step):
    if isinstance(step, Result):
        return store.take(step)
    if isinstance(step, str):
        return store.rule(PATIENCE, step)
    return plan(store, step)


def settled():
    """A store that has looked at everything once, and found it right."""
    store = Memory(PATIENCE)
    plan(store)
    for watch in WATCHES:
        long_ago = START - timedelta(days=1)
        store.take(
            Result(watch=watch, due=long_ago, started=long_ago, seconds=1.0, observation=Observation(reason=Reason.OK))
        )
    return store


@settings(deadline=None)
@given(steps)
def test_a_standing_that_is_not_settled_anew_is_what_settling_it_would_give(all_steps):
    quick, slow = settled(), settled()
    for step in all_steps:
        slow._unsure()
        assert do(quick, step) == do(slow, step)
        assert quick.standings == slow.standings
        assert quick.scores() == scores(quick.standings.values())
        assert quick.seen() == (sum(quick.last(w.key) is not None for w in quick.watches), len(quick.watches))


@settings(deadline=None)
@given(st.lists(results(), max_size=40))
def test_what_was_remembered_comes_out_as_it_came_in(looks):
    store = Memory(PATIENCE)
    plan(store)
    last, made, known, counts, failures, due = {}, {}, {}, Counter(), {}, {}
    for look in looks:
        key, before = look.watch.key, due.get((look.watch.key, look.vantage))
        store.take(look)
        if before and before - timedelta(minutes=10) <= look.due <= before:
            continue
        due[key, look.vantage], last[key] = look.due, look
        counts[key] += 1
        known.setdefault(key, {}).update(look.observation.facts)
        if look.observation.reason not in NOT_ABOUT_THE_AGENCY:
            made[key] = look.started
        if look.observation.status is not Status.OK:
            failures.setdefault(key, Counter())[look.observation.reason] += 1
    for key in (watch.key for watch in WATCHES):
        assert store.last(key) == last.get(key)
        assert store.made(key) == made.get(key)
        assert store.looks(key) == counts[key]
        assert store.failures(key) == failures.get(key, {})
        for name in ("url", "http_status", "sync_ratio", "redirects"):
            value = known.get(key, {}).get(name)
            assert store.number(key, name) == (None if value is None or isinstance(value, str) else value)
