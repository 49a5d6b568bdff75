"""What reports declare, held against what was measured: by number where that means something, by name where names are known.

The two are never mixed: a declared figure changes no answer and no score.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final, TypedDict

from monitor.model import Answer, Declared, Level, Score, Standing
from monitor.roster import Roster


class Differences(TypedDict):
    """Codes of agencies that count now and of which declared and measured are not the same."""

    declared_not_measured: list[str]  # declared integrated, measured not
    measured_not_declared: list[str]
    declared_unknown: list[str]  # declared integrated, and unknown to us


HOWS: Final = ("declared_not_measured", "measured_not_declared", "declared_unknown")


class DeclaredReport(TypedDict):
    as_of: str
    agencies: int
    integrated: int
    tasks_planned: int | None
    tasks_completed: int | None
    source: str
    difference: int | None  # measured less declared; None: the roster had another size then
    integrated_agencies: list[str] | None  # codes; None: not known which
    missing_agencies: list[str] | None
    differences: Differences | None  # None: not known by name, or of another roster


def declared_on(declared: Iterable[Declared], day: date) -> tuple[Declared, ...]:
    """The latest figures of each level that are not of a later day."""
    latest = {each.level: each for each in sorted(declared, key=lambda each: each.as_of) if each.as_of <= day}
    return tuple(latest.values())


def declared_report(
    figures: Declared, roster: Roster, scores: Iterable[Score], standings: Iterable[Standing]
) -> DeclaredReport:
    """One level's figures against the scores and standings of now."""
    score = next((each for each in scores if each.level is figures.level), None)
    comparable = score is not None and score.agencies == figures.agencies
    integrated, missing = by_name(figures, roster)
    return {
        "as_of": figures.as_of.isoformat(),
        "agencies": figures.agencies,
        "integrated": figures.integrated,
        "tasks_planned": figures.tasks_planned,
        "tasks_completed": figures.tasks_completed,
        "source": figures.source,
        "difference": score.integrated - figures.integrated if score and comparable else None,
        "integrated_agencies": _codes(integrated),
        "missing_agencies": _codes(missing),
        "differences": _differences(integrated, missing, answers(standings, figures.level)) if comparable else None,
    }


def by_name(figures: Declared, roster: Roster) -> tuple[frozenset[str] | None, frozenset[str] | None]:
    """Who is declared integrated and who is not; one list gives the other where the roster of that day is as large."""
    integrated, missing = figures.integrated_agencies, figures.missing_agencies
    if (integrated is None) == (missing is None):
        return integrated, missing
    everyone = counted(roster, figures)
    if len(everyone) != figures.agencies:
        return integrated, missing
    return (integrated if missing is None else everyone - missing), (
        missing if integrated is None else everyone - integrated
    )


def counted(roster: Roster, figures: Declared) -> frozenset[str]:
    """Codes of who counted in this level on the day of the figures."""
    return frozenset(a.code for a in roster.on(figures.as_of) if a.counted and a.level is figures.level)


def answers(standings: Iterable[Standing], level: Level) -> dict[str, Answer]:
    """Whether each agency that counts is integrated."""
    counting = (each for each in standings if each.agency.counted and each.agency.level is level)
    return {each.agency.code: each.integrated.answer for each in counting}


def _differences(
    integrated: frozenset[str] | None, missing: frozenset[str] | None, measured: Mapping[str, Answer]
) -> Differences | None:
    if integrated is None or missing is None:
        return None

    def of(codes: frozenset[str], answer: Answer) -> list[str]:
        return sorted(code for code in codes if measured.get(code) is answer)

    return {
        "declared_not_measured": of(integrated, Answer.NO),
        "measured_not_declared": of(missing, Answer.YES),
        "declared_unknown": of(integrated, Answer.UNKNOWN),
    }


def _codes(codes: frozenset[str] | None) -> list[str] | None:
    return None if codes is None else sorted(codes)
