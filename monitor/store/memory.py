"""What the monitor remembers, in memory: results come in by `take`, everyone else only reads."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from monitor.judge import NOT_ABOUT_THE_AGENCY, Patience, judge
from monitor.model import Agency, Answer, Attestation, Change, Condition, Result, Score, Standing, State, Watch
from monitor.standing import Evidence, Prefer, document, in_force, look, scores, standing
from probes import Fact, Reason, Status

Key = tuple[str, str]  # agency code, check name

SET_BACK = timedelta(minutes=10)  # a look so much older than the last one taken means that the clock was set back


class Memory:
    """States, standings and counts of one plan. Not safe for threads: one event loop owns it."""

    def __init__(self, patience: Patience, prefer: Prefer = "look") -> None:
        self.agencies: tuple[Agency, ...] = ()
        self.watches: tuple[Watch, ...] = ()
        self.standings: dict[str, Standing] = {}
        self._patience = patience
        self._prefer: Prefer = prefer
        self._papers: dict[str, dict[Condition, Evidence]] = {}
        self._by_agency: dict[str, list[Watch]] = {}
        self._planned: dict[Key, Watch] = {}
        self._held: set[str] = set()  # agencies whose standing once rested on a look at everything
        self._facts: dict[Key, dict[str, Fact]] = {}
        self._made: dict[Key, datetime] = {}
        self._states: dict[Key, State] = {}
        self._last: dict[Key, Result] = {}
        self._taken: dict[tuple[str, str, str], datetime] = {}
        self._looks: Counter[Key] = Counter()
        self._failures: defaultdict[Key, Counter[Reason]] = defaultdict(Counter)

    # -- writing

    def plan(
        self,
        agencies: Sequence[Agency],
        watches: Sequence[Watch],
        attestations: Sequence[Attestation],
        *,
        day: date,
        at: datetime,
    ) -> tuple[Change, ...]:
        """Take a new roster and plan; what is no longer in it is forgotten, what is still in it is kept.

        An agency with something new to look at keeps the standing it has until that was looked at: a new check, or a
        new era, is no news of the agency.
        """
        self.agencies, self.watches = tuple(agencies), tuple(watches)
        self._planned = {watch.key: watch for watch in watches}
        self._by_agency = {agency.code: [] for agency in agencies}
        for watch in watches:
            self._by_agency[watch.agency.code].append(watch)
        self._papers = {agency.code: _papers(attestations, agency.code, day) for agency in agencies}
        self._forget()
        return tuple(change for agency in agencies for change in self._replanned(agency, at))

    def _replanned(self, agency: Agency, at: datetime) -> Iterable[Change]:
        before = self.standings.get(agency.code)
        if before and agency.code in self._held and not self._settled(agency.code):
            self.standings[agency.code] = replace(before, agency=agency)
            return ()
        now = self._settle(agency, at)
        return _moved(before, now, at) if before and agency.code in self._held else ()

    def rule(self, patience: Patience, prefer: Prefer) -> None:
        """Judge by these from now on."""
        self._patience, self._prefer = patience, prefer

    def take(self, result: Result) -> tuple[Change, ...]:
        """Judge one look. One that was taken before, is older than one taken, or left the plan changes nothing."""
        key = result.watch.key
        if not self._is_news(result):
            return ()
        self._taken[result.identity[:3]] = result.due
        self._count(key, result)
        before, after = self._states.get(key), judge(self._states.get(key), result, self._patience)
        self._states[key] = after
        turned = [_turned(result, before, after)] if before and before.status is not after.status else []
        return (*turned, *self._moves(self._planned[key].agency, result.started))

    def _is_news(self, result: Result) -> bool:
        planned, last = self._planned.get(result.watch.key), self._taken.get(result.identity[:3])
        if planned is None or planned.check != result.watch.check:  # begun before a reload that changed the check
            return False
        return last is None or result.due > last or last - result.due > SET_BACK

    def _count(self, key: Key, result: Result) -> None:
        seen = result.observation
        self._last[key] = result
        self._looks[key] += 1
        if seen.reason not in NOT_ABOUT_THE_AGENCY:
            self._made[key] = result.started
        if seen.status is not Status.OK:
            self._failures[key][seen.reason] += 1
        self._facts.setdefault(key, {}).update(seen.facts)

    def _moves(self, agency: Agency, at: datetime) -> Iterable[Change]:
        """What a look moved in the agency's standing; nothing is told before everything was looked at once."""
        held, settled = self.standings[agency.code], self._settled(agency.code)
        if agency.code in self._held and not settled:
            return ()
        now = self._settle(agency, at)
        known = agency.code in self._held
        if settled:
            self._held.add(agency.code)
        return _moved(held, now, at) if known else ()

    def _settle(self, agency: Agency, at: datetime) -> Standing:
        looks: defaultdict[Condition, list[Evidence]] = defaultdict(list)
        for watch in self._by_agency[agency.code]:
            if watch.check.proves:
                looks[watch.check.proves].append(look(watch.check.name, self._states.get(watch.key)))
        now = standing(
            agency,
            looks,
            self._papers[agency.code],
            before=self.standings.get(agency.code),
            at=at,
            prefer=self._prefer,
        )
        self.standings[agency.code] = now
        return now

    def _settled(self, code: str) -> bool:
        return all(watch.key in self._last for watch in self._by_agency[code])

    def _forget(self) -> None:
        codes = {agency.code for agency in self.agencies}
        for held in (self._states, self._last, self._looks, self._failures, self._facts, self._made):
            for key in held.keys() - self._planned.keys():
                del held[key]
        for source in [s for s in self._taken if s[:2] not in self._planned]:
            del self._taken[source]
        for code in self.standings.keys() - codes:
            del self.standings[code]
        self._held &= codes

    # -- reading

    def scores(self) -> tuple[Score, ...]:
        return scores(self.standings.values())

    def state(self, key: Key) -> State | None:
        return self._states.get(key)

    def last(self, key: Key) -> Result | None:
        return self._last.get(key)

    def made(self, key: Key) -> datetime | None:
        """When the latest look began that said something of the agency; a look that was spared it says nothing."""
        return self._made.get(key)

    def number(self, key: Key, name: str) -> float | None:
        """The latest number known of a fact, of whichever look; None where there never was one."""
        value = self._facts.get(key, {}).get(name)
        return None if value is None or isinstance(value, str) else float(value)

    def looks(self, key: Key) -> int:
        return self._looks[key]

    def failures(self, key: Key) -> Mapping[Reason, int]:
        return self._failures.get(key, {})

    def seen(self) -> tuple[int, int]:
        """How many watches were looked at, of how many."""
        return len(self._last), len(self.watches)

    def down(self, codes: Iterable[str]) -> tuple[str, str] | None:
        """The first of these systems that is not connected, and why."""
        for code in codes:
            held = self.standings.get(code)
            if held and held.connected.answer is Answer.NO:
                return code, held.connected.detail
        return None


def _papers(attestations: Sequence[Attestation], code: str, day: date) -> dict[Condition, Evidence]:
    held = {condition: in_force(attestations, code, condition, day) for condition in Condition}
    return {condition: document(paper) for condition, paper in held.items() if paper}


def _turned(result: Result, before: State, after: State) -> Change:
    return Change(
        agency=result.watch.agency,
        what=result.watch.check.name,
        before=before.status,
        after=after.status,
        at=after.since,
        reason=after.reason,
        detail=after.detail,
    )


def _moved(before: Standing, after: Standing, at: datetime) -> Iterable[Change]:
    for part in ("merged", "connected", "integrated"):
        old, new = getattr(before, part), getattr(after, part)
        if old.answer is not new.answer:
            yield Change(
                agency=after.agency,
                what=part,
                before=old.answer,
                after=new.answer,
                at=at,
                reason=", ".join(new.because),
                detail=new.detail,
            )
