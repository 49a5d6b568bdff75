"""Looks at made-up agencies through the real judge and the real standing, in virtual time and without a socket.

`turns` and `changes` are quick: what the judge makes of a state and a look is asked of it once and then known, runs of
good looks are skipped, and the timetable's rule is written out in numbers. `plainly` is the same by the real timetable,
the real store and one step after the other; tests/monitor/test_accuracy.py holds the two against each other.
"""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from noise import Noise

from monitor.bundled import config_folder
from monitor.judge import Patience, judge, sooner
from monitor.model import Agency, Answer, Attestation, Check, Condition, Result, State, Watch
from monitor.settings import load
from monitor.standing import Evidence, look, standing
from monitor.store.memory import Memory
from monitor.timetable import EPOCH, MICROSECOND, Timetable, share
from probes import Observation, Reason, Status

START = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = (date(2023, 6, 21), date(2026, 1, 1))  # of the headline, and of now: the checks that prove differ
SECOND = 1_000_000
NEWS = {Status.OK: Observation(reason=Reason.OK), Status.FAILED: Observation(reason=Reason.TIMEOUT_CONNECT)}
PAPER = Evidence(name="document 1", answer=Answer.YES, since=START, detail="document 1")


def micros(instant: datetime) -> int:
    return (instant - EPOCH) // MICROSECOND


def most_looked_at() -> list[Watch]:
    """Every check of the shipped configuration that proves something of one level on one day, where those are the most."""
    config = load(config_folder())
    found: list[list[Watch]] = []
    for day in DAYS:
        one = {agency.level: agency for agency in config.roster.on(day) if agency.counted}
        for level, agency in one.items():
            fit = [c for c in config.checks if c.proves and level in c.levels and c.period.holds(day) and not c.only]
            found.append([Watch(agency=agency, check=check, aim=None) for check in fit])  # type: ignore[arg-type]  # no look
    return max(found, key=len)


def copies(of: Sequence[Watch], number: int) -> list[list[Watch]]:
    """So many agencies with the same checks; their codes, and so their rhythms, are their own."""
    agencies = [replace(of[0].agency, code=f"X{n:02}") for n in range(number)]
    return [[replace(watch, agency=agency) for watch in of] for agency in agencies]


class Mind:
    """The judge of one check under one patience, with what it said remembered: a state's status and past tell what a look makes of it.

    States are numbers. Reasons and dates are left out, and looks longer ago than a row reaches: none turns a state, as
    long as every look could be made.
    """

    def __init__(self, patience: Patience, check: Check) -> None:
        self.patience = patience
        self._check, self._reach = check, max(patience.fail.of, patience.recover.of)
        self.states: list[State] = []
        self._numbers: dict[tuple[Status, tuple[Status, ...]], int] = {}
        self._known: dict[tuple[int, bool], tuple[int, int]] = {}
        self.settled = self._number(judge(None, self._result(failed=False), patience))
        for _ in range(patience.memory):
            self.settled, _ = self.after(self.settled, failed=False)

    def after(self, state: int, *, failed: bool) -> tuple[int, int]:
        """The state after one look, and in how many microseconds to look again; 0: in the watch's rhythm."""
        known = self._known.get((state, failed))
        if known is None:
            result = self._result(failed=failed)
            now = judge(self.states[state], result, self.patience)
            again = sooner(now, result, self.patience)
            wait = (again - result.due) // MICROSECOND if again else 0
            known = self._known[state, failed] = self._number(now), wait
        return known

    def _number(self, state: State) -> int:
        recent = state.recent[-self._reach :]
        number = self._numbers.setdefault((state.status, recent), len(self.states))
        if number == len(self.states):
            self.states.append(replace(state, recent=recent))
        return number

    def _result(self, *, failed: bool) -> Result:
        watch = Watch(agency=None, check=self._check, aim=None)  # type: ignore[arg-type]  # the judge asks neither
        return seen(watch, START, failed=failed)


def minds(of: Sequence[Watch], patience: Patience) -> dict[str, Mind]:
    return {watch.check.name: Mind(patience, watch.check) for watch in of}


def seen(watch: Watch, due: datetime, *, failed: bool) -> Result:
    return Result(
        watch=watch, due=due, started=due, seconds=0.1, observation=NEWS[Status.FAILED if failed else Status.OK]
    )


class Looks:
    """How many were made because a look disagreed."""

    extra = 0


class Turn(NamedTuple):
    at: int
    check: str
    state: State


def turns(watch: Watch, mind: Mind, noise: Noise, begin: int, end: int, looks: Looks | None = None) -> Iterator[Turn]:
    """When the state of a watch turns, that was well for long; quick."""
    every = watch.check.every // MICROSECOND
    phase = watch.check.every * share(watch.key) // MICROSECOND
    at, state = phase + every * ((begin - phase) // every + 1), mind.settled
    extra = 0
    while True:
        if state == mind.settled:
            at = noise.skip(at, every)
        if at > end:
            break
        before = state
        state, wait = mind.after(state, failed=noise.fails(at))
        if mind.states[state].status is not mind.states[before].status:
            yield Turn(at, watch.check.name, mind.states[state])
        turn = phase + every * ((at - phase) // every + 1)
        if wait and abs(turn - at - wait) > SECOND:
            at, extra = at + wait, extra + 1
        else:
            at = turn
    if looks:
        looks.extra += extra


def changes(
    of: Sequence[Watch],
    minds: Mapping[str, Mind],
    noises: Mapping[str, Noise],
    begin: int,
    end: int,
    looks: Looks | None = None,
) -> Iterator[tuple[int, str, Answer]]:
    """When which answer of an agency's standing turned to what; a document says that it is merged."""
    states = {name: mind.states[mind.settled] for name, mind in minds.items()}
    held = _standing(of, states, None)
    every = [turns(watch, minds[watch.check.name], noises[watch.check.name], begin, end, looks) for watch in of]
    for turn in heapq.merge(*every):
        states[turn.check] = turn.state
        now = _standing(of, states, held)
        for part in ("merged", "connected", "integrated"):
            after = getattr(now, part).answer
            if after is not getattr(held, part).answer:
                yield turn.at, part, after
        held = now


def _standing(of: Sequence[Watch], states: Mapping[str, State], before):
    looks: dict[Condition, list[Evidence]] = {}
    for watch in of:
        looks.setdefault(watch.check.proves, []).append(look(watch.check.name, states[watch.check.name]))
    return standing(of[0].agency, looks, {Condition.MERGED: PAPER}, before=before, at=START, prefer="look")


def plainly(
    of: Sequence[Watch], patience: Patience, noises: Mapping[str, Noise], begin: datetime, end: datetime
) -> Iterator[tuple[int, str, Answer]]:
    """The same as `changes` by the real timetable and store, second by second."""
    agency = of[0].agency
    store = Memory(patience)
    store.plan((agency,), of, (_paper(agency),), day=begin.date(), at=begin)
    for number in range(patience.memory + 1):
        for watch in of:
            store.take(seen(watch, begin - timedelta(minutes=patience.memory + 1 - number), failed=False))
    timetable = Timetable(of, now=begin, warm_up=timedelta(), looked={watch.key for watch in of})
    now = begin
    while now < end:
        for due, watch in timetable.due(now, min(now + timedelta(seconds=1), end)):
            result = seen(watch, due, failed=noises[watch.check.name].fails(micros(due)))
            told = [change for change in store.take(result) if isinstance(change.after, Answer)]
            yield from ((micros(due), change.what, change.after) for change in told)
            again = sooner(store.held(watch), result, patience)
            if again:
                timetable.sooner(watch, again)
        now += timedelta(seconds=1)


def _paper(agency: Agency) -> Attestation:
    day = START.date() - timedelta(days=1)
    return Attestation(
        agency=agency.code,
        condition=Condition.MERGED,
        answer=Answer.YES,
        since=day,
        document="1",
        issued=day,
        issuer="X",
    )
