"""What must hold between the entries of one file and of several. Pure: from what was read to what is wrong with it."""

import re
from collections.abc import Iterator

from monitor import roster_rules
from monitor.build import period_of
from monitor.document import Complaint, Item
from monitor.model import Condition, Level
from monitor.roster_rules import ordered
from monitor.shapes import CHECK_NAME, AgencyShape, AttestationShape, CheckShape, RowShape
from monitor.sources import Sources
from monitor.validate import unknown


def broken(sources: Sources) -> Iterator[Complaint]:
    """Everything that breaks a rule."""
    for rule in (roster_rules.broken, _checks, _attestations, _declared, _patience):
        yield from rule(sources)


def _checks(sources: Sources) -> Iterator[Complaint]:
    levels = {item.key: item.value.level for item in sources.agencies}
    for item in sources.checks:
        yield from _check(item)
        for at, code in enumerate(item.value.depends_on):
            if not sources.may_hold(code) or levels.get(code, Level.NATIONAL) is not Level.NATIONAL:
                national = [code for code, level in levels.items() if level is Level.NATIONAL]
                yield item.complain(unknown(code, national, "national system"), "depends_on", at)
        for at, code in enumerate(item.value.only):
            if not sources.may_hold(code):
                yield item.complain(unknown(code, list(levels), "agency"), "only", at)
            elif levels.get(code, item.value.levels[0]) not in item.value.levels:
                yield item.complain(f"{code} is of level {levels[code]}, for which the check is not", "only", at)


def _check(item: Item[CheckShape]) -> Iterator[Complaint]:
    shape = item.value
    if not re.fullmatch(CHECK_NAME, item.key):
        yield item.complain("a check's name must be lower-case letters, digits and _, from a letter on, at most 40")
    if item.key in (*Condition, "integrated"):
        yield item.complain("is the name of a condition; give the check another")
    if shape.timeout >= shape.every:
        yield item.complain(f"must be shorter than the period, every {shape.every.total_seconds():g}s", "timeout")
    if shape.proves == "merged" and Level.NATIONAL in shape.levels:
        yield item.complain(
            "must be connected or nothing where levels hold national: there is nothing to merge", "proves"
        )
    yield from ordered(item, period_of(shape))


def _attestations(sources: Sources) -> Iterator[Complaint]:
    by_code = {item.key: item.value for item in sources.agencies}
    for item in sources.attestations:
        code = item.value.agency
        if not sources.may_hold(code):
            yield item.complain(unknown(code, list(by_code), "agency"), "agency")
        if code in by_code:
            yield from _attested(item, by_code[code])


def _attested(item: Item[AttestationShape], agency: AgencyShape) -> Iterator[Complaint]:
    if agency.level is Level.NATIONAL:
        yield item.complain("must be a province or a ministry: national systems are never counted", "agency")
    if not period_of(agency).holds(item.value.since):
        yield item.complain(f"{item.value.agency} does not exist on {item.value.since}", "since")


def _declared(sources: Sources) -> Iterator[Complaint]:
    seen = set()
    for item in sources.declared:
        figures = item.value
        if (figures.level, figures.as_of) in seen:
            text = f"the figures of {figures.level} on {figures.as_of} are declared twice; keep one"
            yield item.complain(text, "as_of")
        seen.add((figures.level, figures.as_of))
        if figures.integrated > figures.agencies:
            yield item.complain(f"must be at most the number of agencies, {figures.agencies}", "integrated")
        if figures.tasks_planned is not None and (figures.tasks_completed or 0) > figures.tasks_planned:
            yield item.complain(f"must be at most tasks_planned, {figures.tasks_planned}", "tasks_completed")


def _patience(sources: Sources) -> Iterator[Complaint]:
    if sources.monitor is None:
        return
    for name, row in sources.monitor.value.patience:
        if isinstance(row, RowShape) and row.looks > row.of:
            yield sources.monitor.complain(f"must be at most `of`, {row.of}", "patience", name, "looks")
