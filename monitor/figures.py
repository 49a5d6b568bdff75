"""Declared and measured side by side, in English lines for the command line. Pure."""

from collections.abc import Iterable, Iterator
from datetime import date

from monitor.declared import HOWS, DeclaredReport, Differences
from monitor.report import AgencyReport, ScoreReport
from monitor.words import Language, day, phrase


def figures_lines(
    level: str, score: ScoreReport, declared: DeclaredReport | None, agencies: Iterable[AgencyReport]
) -> Iterator[str]:
    """`provinces: declared 62/63 on 21/6/2023, measured 58/63 now, 3 unknown`, and below it who differs, if it is known."""
    unknown = f", {score['unknown']} unknown" if score["unknown"] else ""
    measured = f"measured {score['integrated']}/{score['agencies']} now{unknown}"
    if declared is None:
        yield f"{level}: nothing declared, {measured}"
        return
    told = f"{declared['integrated']}/{declared['agencies']} on {day(date.fromisoformat(declared['as_of']))}"
    # Looked at here too: a server of before this was told sends no difference.
    if declared["agencies"] != score["agencies"]:
        sizes = f"{declared['agencies']} then, {score['agencies']} now"
        yield f"{level}: declared {told} ({sizes}): not comparable; {measured}"
        return
    yield f"{level}: declared {told}, {measured}"
    yield from _by_name(declared.get("differences"), {each["code"]: each["name"] for each in agencies})


def _by_name(differences: Differences | None, names: dict[str, str]) -> Iterator[str]:
    for how in HOWS if differences else ():
        codes: list[str] = differences[how]  # type: ignore[index]  # one of its keys
        if codes:
            said = phrase(how, Language.EN).lower()
            yield f"  {said}: {', '.join(f'{names.get(code, code)} ({code})' for code in codes)}"
