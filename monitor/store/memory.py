"""What the monitor remembers, in memory: results come in by `take`, everyone else only reads."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from monitor.judge import Patience, judge
from monitor.model import Agency, Answer, Attestation, Change, Condition, Result, Score, Standing, State, Watch
from monitor.standing import Evidence, Prefer, document, in_force, look, scores, standing
from probes import Reason, Status

Key = tuple[str, str]  # agency code, check name


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
        self._planned: set[Key] = set()
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
    ) -> None:
        """Take a new roster and plan; what is no longer in it is forgotten, what is still in it is kept."""
        self.agencies, self.watches = tuple(agencies), tuple(watches)
        self._planned = {watch.key for watch in watches}
        self._by_agency = {agency.code: [] for agency in agencies}
        for watch in watches:
            self._by_agency[watch.agency.code].append(watch)
        self._papers = {agency.code: _papers(attestations, agency.code, day) for agency in agencies}
        self._forget()
        for agency in agencies:
            self._settle(agency, at)

    def rule(self, patience: Patience, prefer: Prefer) -> None:
        """Judge by these from now on."""
        self._patience, self._prefer = patience, prefer

    def take(self, result: Result) -> tuple[Change, ...]:
        """Judge one look. One that was taken before, or is older than one taken, or left the plan, changes nothing."""
        key, source = result.watch.key, result.identity[:3]
        if key not in self._planned or result.due <= self._taken.get(
            source, datetime.min.replace(tzinfo=result.due.tzinfo)
        ):
            return ()
        settled = self._settled(key[0])
        self._taken[source], self._last[key] = result.due, result
        self._looks[key] += 1
        if result.observation.status is not Status.OK:
            self._failures[key][result.observation.reason] += 1
        before, after = self._states.get(key), judge(self._states.get(key), result, self._patience)
        self._states[key] = after
        changes = [_turned(result, before, after)] if before and before.status is not after.status else []
        agency = self._by_agency[key[0]][0].agency
        held = self.standings[key[0]]
        now = self._settle(agency, result.started)
        return (*changes, *(_moved(held, now, result.started) if settled else ()))

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
        for held in (self._states, self._last, self._looks, self._failures):
            for key in held.keys() - self._planned:
                del held[key]
        for source in [s for s in self._taken if s[:2] not in self._planned]:
            del self._taken[source]
        for code in self.standings.keys() - codes:
            del self.standings[code]

    # -- reading

    def scores(self) -> tuple[Score, ...]:
        return scores(self.standings.values())

    def state(self, key: Key) -> State | None:
        return self._states.get(key)

    def last(self, key: Key) -> Result | None:
        return self._last.get(key)

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
