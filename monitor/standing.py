"""States and documents → is an agency merged, connected, integrated? → the scores. Pure.

Answers are joined by Kleene's three-valued AND (S. C. Kleene, Introduction to Metamathematics, 1952, § 64): any no is
no; else any unknown is unknown; else yes. No evidence at all is unknown.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from typing import Literal

from monitor.model import (
    COUNTED_LEVELS,
    ZONE,
    Agency,
    Answer,
    Attestation,
    Condition,
    Conflict,
    Level,
    Score,
    Standing,
    State,
    Verdict,
)
from probes import Status

Prefer = Literal["look", "document"]
Place = tuple[Level, Answer, Answer, Answer]  # merged, connected, integrated

DOCUMENT, NO_EVIDENCE = "document", "no_evidence"  # why an answer is held, where no look says it

_SAID_BY = {Status.OK: Answer.YES, Status.FAILED: Answer.NO, Status.UNKNOWN: Answer.UNKNOWN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One thing that speaks for or against a condition: the state of a check, or a document."""

    name: str
    answer: Answer
    since: datetime | None = None
    reason: str = NO_EVIDENCE  # a word of a closed set: probes.Reason, or one of the two here
    detail: str = ""
    paper: Attestation | None = None  # where it is a document


def all_of(answers: Iterable[Answer]) -> Answer:
    """Kleene's AND; unknown for no answers at all."""
    held = set(answers)
    if Answer.NO in held:
        return Answer.NO
    return Answer.YES if held == {Answer.YES} else Answer.UNKNOWN


def look(check: str, state: State | None) -> Evidence:
    """What the state of a check says of the condition it proves."""
    if state is None:
        return Evidence(name=check, answer=Answer.UNKNOWN, detail="not looked at yet")
    return Evidence(
        name=check,
        answer=_SAID_BY[state.status],
        since=state.since,
        reason=state.reason,
        detail=f"{state.reason}: {state.detail}",
    )


def same_evidence(before: State | None, after: State) -> bool:
    """Whether what `look` makes of both decides the same; of what is right, no detail is ever shown."""
    if before is None or before.status is not after.status or before.since != after.since:
        return False
    told = before.reason is after.reason and before.detail == after.detail
    return told or after.status is Status.OK


def in_force(attestations: Iterable[Attestation], code: str, condition: Condition, day: date) -> Attestation | None:
    """The latest document on one condition of one agency that holds on that day."""
    held = [a for a in attestations if a.agency == code and a.condition is condition and a.since <= day]
    return max(held, key=lambda a: (a.since, a.issued, a.document), default=None)


def document(attestation: Attestation) -> Evidence:
    return Evidence(
        name=f"document {attestation.document}",
        answer=attestation.answer,
        since=datetime.combine(attestation.since, time(), ZONE),
        reason=DOCUMENT,
        detail=str(attestation),
        paper=attestation,
    )


def papers(attestations: Iterable[Attestation], day: date) -> dict[str, dict[Condition, Evidence]]:
    """What documents say, of the agencies of which they say anything."""
    by_agency: defaultdict[str, list[Attestation]] = defaultdict(list)
    for attestation in attestations:
        by_agency[attestation.agency].append(attestation)
    told = ((code, _documents(code, issued, day)) for code, issued in by_agency.items())
    return {code: held for code, held in told if held}


def _documents(code: str, issued: Sequence[Attestation], day: date) -> dict[Condition, Evidence]:
    held = {condition: in_force(issued, code, condition, day) for condition in Condition}
    return {condition: document(paper) for condition, paper in held.items() if paper}


def verdict(
    looks: Sequence[Evidence], paper: Evidence | None, *, before: Verdict | None, at: datetime, prefer: Prefer
) -> Verdict:
    """Join looks and paper; where they contradict each other say so, and let `prefer` decide."""
    seen = all_of(each.answer for each in looks)
    conflict = _conflict(seen, paper)
    evidence = [*looks, *([paper] if paper else [])]
    if paper and conflict:
        evidence = [paper] if prefer == "document" else list(looks)
    answer = all_of(each.answer for each in evidence)
    deciding = [each for each in evidence if each.answer is answer]
    now = Verdict(
        answer=answer,
        since=_since(answer, before, deciding, looks, at),
        because=_names(tuple(each.name for each in deciding)),
        reasons=_names(tuple(each.reason for each in deciding)) if answer is not Answer.YES else (),
        detail="; ".join(each.detail for each in deciding) if answer is not Answer.YES else "",
        conflict=conflict,
    )
    return before if before == now else now  # what is the same for many is there once, as long as it stays so


@lru_cache(1024)
def _names(names: tuple[str, ...]) -> tuple[str, ...]:
    """One object for equal ones: what decides is mostly the same checks."""
    return names


def _conflict(seen: Answer, paper: Evidence | None) -> Conflict | None:
    if paper is None or paper.paper is None or seen is Answer.UNKNOWN or paper.answer is seen:
        return None
    return Conflict(paper=paper.paper, looks=seen)


def _since(
    answer: Answer, before: Verdict | None, deciding: Sequence[Evidence], looks: Sequence[Evidence], at: datetime
) -> datetime:
    """What held before keeps its date; what we come upon is dated by its evidence, and so is what looks turned.

    A document turns an answer when we read it: the day from which it holds may be long past. And no answer begins ahead
    of time, for the clock may have been put back.
    """
    if before is None:
        return _began(answer, deciding) or at
    if before.answer is answer:
        return before.since
    by = [each for each in deciding if each.paper is None]
    if answer is not Answer.NO and before.answer is not Answer.YES:
        by += _turned(before, looks)
    began = _began(answer, by)
    return min(max(began, before.since), at) if began else at


def _turned(before: Verdict, looks: Sequence[Evidence]) -> list[Evidence]:
    """What stood against the answer that follows: it began no sooner than each of them turned, or was taken away."""
    known = {each.name: each for each in looks}
    return [known.get(name) or Evidence(name=name, answer=before.answer) for name in before.because]


def _began(answer: Answer, deciding: Sequence[Evidence]) -> datetime | None:
    """By its evidence; none where that does not say."""
    known = [each.since for each in deciding if each.since is not None]
    if not known or len(known) < len(deciding):
        return None
    return min(known) if answer is Answer.NO else max(known)


def joined(merged: Verdict, connected: Verdict, before: Verdict | None, at: datetime) -> Verdict:
    """Integrated = merged and connected."""
    both = [
        Evidence(name=str(condition), answer=part.answer, since=part.since, detail=part.detail)
        for condition, part in ((Condition.MERGED, merged), (Condition.CONNECTED, connected))
    ]
    return verdict(both, None, before=before, at=at, prefer="look")


def standing(
    agency: Agency,
    looks: Mapping[Condition, Sequence[Evidence]],
    papers: Mapping[Condition, Evidence],
    *,
    before: Standing | None,
    at: datetime,
    prefer: Prefer,
) -> Standing:
    """One agency's verdicts at `at`, given its evidence by condition and what was held before."""

    def of(condition: Condition, held: Verdict | None) -> Verdict:
        return verdict(looks.get(condition, ()), papers.get(condition), before=held, at=at, prefer=prefer)

    merged = of(Condition.MERGED, before.merged if before else None)
    connected = of(Condition.CONNECTED, before.connected if before else None)
    integrated = joined(merged, connected, before.integrated if before else None, at)
    return Standing(agency=agency, merged=merged, connected=connected, integrated=integrated)


def place(held: Standing) -> Place:
    """All of a standing that its level's score counts."""
    return held.agency.level, held.merged.answer, held.connected.answer, held.integrated.answer


def scores(standings: Iterable[Standing]) -> tuple[Score, ...]:
    """Count the counted agencies of every counted level, in the order of the headline."""
    return scores_of(Counter(place(each) for each in standings if each.agency.counted))


def scores_of(places: Mapping[Place, int]) -> tuple[Score, ...]:
    """The same from how many counted agencies are at each place."""
    return tuple(
        _score(level, {place: n for place, n in places.items() if place[0] is level}) for level in COUNTED_LEVELS
    )


def _score(level: Level, places: Mapping[Place, int]) -> Score:
    def count(part: Literal[1, 2, 3], answer: Answer) -> int:
        return sum(n for place, n in places.items() if place[part] is answer)

    return Score(
        level=level,
        agencies=sum(places.values()),
        merged=count(1, Answer.YES),
        connected=count(2, Answer.YES),
        integrated=count(3, Answer.YES),
        not_integrated=count(3, Answer.NO),
        unknown=count(3, Answer.UNKNOWN),
        unknown_merged=count(1, Answer.UNKNOWN),
        unknown_connected=count(2, Answer.UNKNOWN),
    )
