"""What stands where on the pages: the report, sorted into what a reader looks for. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from monitor.declared import HOWS, DeclaredReport
from monitor.model import COUNTED_LEVELS, Condition, Level
from monitor.report import AgencyReport, CheckReport, Report, ScoreReport, VerdictReport

Part = Literal["merged", "connected", "integrated"]

_ORDER = {level.value: place for place, level in enumerate((*COUNTED_LEVELS, Level.NATIONAL))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The figure of one level, measured and declared."""

    level: Level
    score: ScoreReport
    declared: DeclaredReport | None
    conflicts: int
    differing: tuple[
        tuple[str, tuple[AgencyReport, ...]], ...
    ]  # how declared and measured differ, and who, where known

    @property
    def figure(self) -> str:
        return f"{self.score['integrated']}/{self.score['agencies']}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """One thing that decided an answer: a check, or a document when `check` is None."""

    condition: Condition
    name: str
    check: CheckReport | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    cards: tuple[Card, ...]
    missing: tuple[AgencyReport, ...]
    conflicts: tuple[AgencyReport, ...]
    unknowns: tuple[AgencyReport, ...]
    rest: tuple[AgencyReport, ...]
    watched: tuple[AgencyReport, ...]  # but not counted


def overview(report: Report) -> Overview:
    agencies = sorted(report["agencies"], key=lambda each: (_ORDER[each["level"]], each["code"]))
    counted = [agency for agency in agencies if agency["counted"]]
    return Overview(
        cards=tuple(_card(report, level, counted) for level in COUNTED_LEVELS if level in report["scores"]),
        missing=_answering(counted, "no"),
        conflicts=tuple(agency for agency in agencies if in_conflict(agency)),
        unknowns=_answering(counted, "unknown"),
        rest=_answering(counted, "yes"),
        watched=tuple(agency for agency in agencies if not agency["counted"]),
    )


def in_conflict(agency: AgencyReport) -> bool:
    return any(verdict["conflict"] for _, verdict in conditions(agency))


def conditions(agency: AgencyReport) -> Iterator[tuple[Condition, VerdictReport]]:
    """The two conditions with their verdicts; a national system has but one."""
    for condition, verdict in ((Condition.MERGED, agency["merged"]), (Condition.CONNECTED, agency["connected"])):
        if verdict:
            yield condition, verdict


def whys(agency: AgencyReport) -> tuple[Why, ...]:
    """What makes an agency's answer other than yes: of each condition answered like the whole, what decided it."""
    whole = agency["integrated"]
    return tuple(
        why
        for condition, verdict in conditions(agency)
        if whole and verdict["answer"] == whole["answer"] != "yes"
        for why in deciding(agency, condition, verdict)
    )


def deciding(agency: AgencyReport, condition: Condition, verdict: VerdictReport) -> Iterator[Why]:
    """What one verdict rests on."""
    checks = {check["name"]: check for check in agency["checks"]}
    return (Why(condition=condition, name=name, check=checks.get(name)) for name in verdict["because"])


def _answering(agencies: Iterable[AgencyReport], answer: str) -> tuple[AgencyReport, ...]:
    return tuple(each for each in agencies if each["integrated"] and each["integrated"]["answer"] == answer)


def _differing(report: Report, level: Level) -> Iterator[tuple[str, tuple[AgencyReport, ...]]]:
    declared = report["declared"].get(level)
    differences = declared["differences"] if declared else None
    by_code = {agency["code"]: agency for agency in report["agencies"]}
    for how in HOWS if differences else ():
        codes: list[str] = differences[how]  # type: ignore[index]  # one of its keys
        if codes:
            yield how, tuple(by_code[code] for code in codes)


def _card(report: Report, level: Level, counted: Iterable[AgencyReport]) -> Card:
    return Card(
        level=level,
        score=report["scores"][level],
        declared=report["declared"].get(level),
        conflicts=sum(in_conflict(agency) for agency in counted if agency["level"] == level),
        differing=tuple(_differing(report, level)),
    )
