"""What the monitor remembers, in memory: results come in by `take`, everyone else only reads."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import chain

from monitor.incidents import Incident
from monitor.judge import Patience, judge
from monitor.model import Agency, Answer, Attestation, Change, Condition, Result, Score, Standing, State, Watch
from monitor.standing import (
    Evidence,
    Place,
    Prefer,
    look,
    papers,
    place,
    same_evidence,
    scores_of,
    standing,
)
from monitor.store.ledger import Recalled, Verdicts
from monitor.store.news import News, Notes, meanings
from monitor.store.scenes import Scenes
from monitor.store.seen import Seen, Shared, moment
from monitor.store.turns import change_of, moved, restored
from probes import Reason

Key = tuple[str, str]  # agency code, check name


class Memory:
    """States, standings and counts of one plan. Not safe for threads: one event loop owns it.

    `noting`: somebody asks for the news from time to time, and writes them down.
    """

    def __init__(self, patience: Patience, prefer: Prefer = "look", *, noting: bool = False) -> None:
        self.agencies: tuple[Agency, ...] = ()
        self.watches: tuple[Watch, ...] = ()
        self.standings: dict[str, Standing] = {}
        self.incidents: tuple[Incident, ...] = ()  # open now; kept by who follows them
        self.scenes = Scenes(lambda code: self.down((code,)) is not None, self._looks_well, self.standings.__getitem__)
        self._patience = patience
        self._prefer: Prefer = prefer
        self._papers: dict[str, dict[Condition, Evidence]] = {}
        self._seen: dict[str, tuple[Seen, ...]] = {}  # by agency, every watch of the plan, in its order
        self._looked_at = 0  # how many of them
        # Agencies whose standing once rested on a look at everything; true: it is all that looks and papers of now say.
        self._held: dict[str, bool] = {}
        self._places: Counter[Place] = Counter()  # of the agencies that count
        self.conflicts: set[str] = set()  # agencies of which a document and the looks contradict each other
        self._alike: dict[tuple[str, ...], Standing] = {}  # by checks: how one stands that the plan brought anew
        self._shared = Shared()
        self._notes = Notes() if noting else None

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
        if self._notes:
            self._notes.planned(self.watches, watches)
        self.agencies, self.watches = tuple(agencies), tuple(watches)
        self._seen = self._still_seen(agencies, watches)
        self.scenes.plan(self.agencies, self.watches)
        self._looked_at = sum(bool(seen.numbers) for seen in self.records())
        self._papers = papers(attestations, day)
        self._forget()
        self._alike.clear()
        return self._noted(tuple(change for agency in agencies for change in self._replanned(agency, at)))

    def restore(self, recalled: Recalled, at: datetime) -> tuple[Change, ...]:
        """What a monitor before this one held, laid under the first plan; what is not in the plan is forgotten.

        Standings stay until everything was looked at again, as when a plan brings something new to look at.
        """
        same = {name for name, what in meanings(self.watches).items() if recalled.checks.get(name) == what}
        states = {key: state for key, state in recalled.states.items() if key[1] in same}
        self._seen = {code: tuple(restored(each, states) for each in seen) for code, seen in self._seen.items()}
        if self._notes:
            self._notes.states |= {key for key in recalled.states if self.state(key) is None}
            self._notes.standings |= recalled.standings.keys() - self.standings.keys()
        return self._noted(
            tuple(
                change
                for agency in self.agencies
                if (verdicts := recalled.standings.get(agency.code))
                for change in self._stands(agency, verdicts, at)
            )
        )

    def _stands(self, agency: Agency, held: Verdicts, at: datetime) -> Iterable[Change]:
        self._put(Standing(agency=agency, merged=held.merged, connected=held.connected, integrated=held.integrated))
        self._held[agency.code] = False
        return self._replanned(agency, at)

    def _noted(self, changes: tuple[Change, ...]) -> tuple[Change, ...]:
        if self._notes:
            self._notes.changes += changes
        return changes

    def _replanned(self, agency: Agency, at: datetime) -> Iterable[Change]:
        before = self.standings.get(agency.code)
        if before is None:
            self._hold(self._new(agency, at))
            return ()
        known = agency.code in self._held
        if known and not self._settled(agency.code):
            self._hold(replace(before, agency=agency))
            return ()
        now = self._settled_anew(agency, at)
        self._hold(now)
        return moved(before, now, at) if known else ()

    def _new(self, agency: Agency, at: datetime) -> Standing:
        """Before the first look and without papers, the verdicts are the same for all who have the same checks."""
        if agency.code in self._papers:
            return self._settled_anew(agency, at)
        checks = tuple(seen.watch.check.name for seen in self._seen[agency.code])
        alike = self._alike.get(checks)
        if alike is None:
            alike = self._alike[checks] = self._settled_anew(agency, at)
        return Standing(agency=agency, merged=alike.merged, connected=alike.connected, integrated=alike.integrated)

    def _still_seen(self, agencies: Iterable[Agency], watches: Iterable[Watch]) -> dict[str, tuple[Seen, ...]]:
        seen: dict[str, tuple[Seen, ...]] = {}
        for watch in watches:
            code, before = watch.agency.code, self._of(watch.key) or Seen(watch)
            seen[code] = (*seen.get(code, ()), before if before.watch is watch else before._replace(watch=watch))
        for agency in agencies:
            seen.setdefault(agency.code, ())
        return seen

    def rule(self, patience: Patience, prefer: Prefer) -> None:
        """Judge by these from now on."""
        if prefer != self._prefer:
            self._unsure()
        self._patience, self._prefer = patience, prefer

    def take(self, result: Result) -> tuple[Change, ...]:
        """Judge one look. One that was taken before, is older than one taken, or left the plan changes nothing."""
        code, name = result.watch.key
        seen = self._of((code, name))
        if seen is None or not seen.is_news(result):
            return ()
        before, after = seen.state, judge(seen.state, result, self._patience)
        now = seen.after(result, after, self._shared)
        self.scenes.note(seen.watch, result, after)
        self._seen[code] = tuple([now if each is seen else each for each in self._seen[code]])
        self._looked_at += not seen.numbers
        if self._notes and after is not before:
            self._notes.state((code, name), before, after)
        turned = (change_of(result, before, after),) if before and before.status is not after.status else ()
        if self._held.get(code) and (seen.watch.check.proves is None or same_evidence(before, after)):
            return self._noted(turned) if turned else ()
        return self._noted((*turned, *self._moves(seen.watch.agency, result.started)))

    def _moves(self, agency: Agency, at: datetime) -> Iterable[Change]:
        """What a look moved in the agency's standing; nothing is told before everything was looked at once."""
        held, settled = self.standings[agency.code], self._settled(agency.code)
        if agency.code in self._held and not settled:
            return ()
        now = self._settled_anew(agency, at)
        self._hold(now)
        known = agency.code in self._held
        if settled:
            self._held[agency.code] = True
            if self._notes and not known:
                self._notes.standings.add(agency.code)
        return moved(held, now, at) if known else ()

    def _settled_anew(self, agency: Agency, at: datetime) -> Standing:
        looks: defaultdict[Condition, list[Evidence]] = defaultdict(list)
        for seen in self._seen[agency.code]:
            check = seen.watch.check
            if check.proves:
                looks[check.proves].append(look(check.name, seen.state))
        now = standing(
            agency,
            looks,
            self._papers.get(agency.code, {}),
            before=self.standings.get(agency.code),
            at=at,
            prefer=self._prefer,
        )
        one = self._shared.one  # many are unknown alike
        return Standing(
            agency=agency, merged=one(now.merged), connected=one(now.connected), integrated=one(now.integrated)
        )

    def _hold(self, now: Standing) -> None:
        if self._notes:
            self._notes.standing(self.standings.get(now.agency.code), now)
        self._put(now)

    def _put(self, now: Standing) -> None:
        self._count(self.standings.get(now.agency.code), -1)
        self._count(now, 1)
        self.standings[now.agency.code] = now
        if now.conflict:
            self.conflicts.add(now.agency.code)
        elif self.conflicts:
            self.conflicts.discard(now.agency.code)

    def _count(self, held: Standing | None, times: int) -> None:
        if held and held.agency.counted:
            self._places[place(held)] += times

    def _settled(self, code: str) -> bool:
        return all(seen.numbers for seen in self._seen[code])

    def _forget(self) -> None:
        for code in [code for code in self.standings if code not in self._seen]:
            self._count(self.standings.pop(code), -1)
            self._held.pop(code, None)
            self.conflicts.discard(code)
            if self._notes:
                self._notes.standings.add(code)
        self._unsure()

    def _unsure(self) -> None:
        self._held = dict.fromkeys(self._held, False)

    # -- what has to be written

    def news(self) -> News:
        """What turned since the news were last asked for. A standing counts once everything was looked at."""
        if self._notes is None:
            return News()
        notes, self._notes = self._notes, Notes()
        return News(
            states={key: self.state(key) for key in notes.states},
            standings={code: self.standings[code] if code in self._held else None for code in notes.standings},
            changes=tuple(notes.changes),
            checks=notes.checks,
        )

    def unwritten(self, news: News) -> None:
        """These could not be written: they are news again."""
        if self._notes:
            self._notes.again(news)

    # -- reading

    def scores(self) -> tuple[Score, ...]:
        return scores_of(self._places)

    def records(self) -> list[Seen]:
        """Everything remembered of each watch, in the order of the plan: a picture of now that stays as it is."""
        return list(chain.from_iterable(self._seen.values()))

    def by_agency(self) -> list[tuple[Seen, ...]]:
        """The same by agency. What is still the same object has had no look since."""
        return list(self._seen.values())

    def _of(self, key: Key) -> Seen | None:
        code, name = key
        for seen in self._seen.get(code, ()):
            if seen.watch.check.name == name:
                return seen
        return None

    def state(self, key: Key) -> State | None:
        return seen.state if (seen := self._of(key)) else None

    def held(self, watch: Watch) -> State | None:
        """The state of a watch of this very plan; None for one of a plan before."""
        seen = self._of(watch.key)
        return seen.state if seen and seen.watch is watch else None

    def last(self, key: Key) -> Result | None:
        return seen.result() if (seen := self._of(key)) else None

    def made(self, key: Key) -> datetime | None:
        """When the latest look began that said something of the agency; a look that was spared it says nothing."""
        made = seen.made() if (seen := self._of(key)) else None
        return None if made is None else moment(made)

    def number(self, key: Key, name: str) -> float | None:
        """The latest number known of a fact, of whichever look; None where there never was one."""
        return seen.known.number(name) if (seen := self._of(key)) else None

    def looks(self, key: Key) -> int:
        return seen.looks if (seen := self._of(key)) else 0

    def failures(self, key: Key) -> Mapping[Reason, int]:
        return seen.failures if (seen := self._of(key)) else {}

    def seen(self) -> tuple[int, int]:
        """How many watches were looked at, of how many."""
        return self._looked_at, len(self.watches)

    def _looks_well(self, code: str) -> bool:
        """Whether the latest look of every check that proves something was ok."""
        return all(seen.reason is Reason.OK for seen in self._seen.get(code, ()) if seen.watch.check.proves)

    def down(self, codes: Iterable[str]) -> tuple[str, str] | None:
        """The first of these systems that is not connected, and why."""
        for code in codes:
            held = self.standings.get(code)
            if held and held.connected.answer is Answer.NO:
                return code, held.connected.detail
        return None
