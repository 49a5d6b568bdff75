"""What must hold between the entries of one file and of several. Pure: from what was read to what is wrong with it."""

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta

from monitor import roster_rules
from monitor.acting import NotDone, fault_of
from monitor.build import period_of, telling_of, window_of
from monitor.document import Complaint, Item
from monitor.kinds import least_every
from monitor.model import Condition, Level
from monitor.roster_rules import ordered
from monitor.shapes import CHECK_NAME, AgencyShape, AttestationShape, ChannelShape, CheckShape, DeclaredShape, RowShape
from monitor.sources import Sources
from monitor.validate import unknown

_LEAST_KEPT = timedelta(days=1)
_LONGEST_TRY = timedelta(minutes=5)


def broken(sources: Sources) -> Iterator[Complaint]:
    """Everything that breaks a rule."""
    for rule in (roster_rules.broken, _checks, _attestations, _declared, _maintenance, _patience, _alerts, _channels):
        yield from rule(sources)


def _checks(sources: Sources) -> Iterator[Complaint]:
    levels = {item.key: item.value.level for item in sources.agencies}
    for item in sources.checks:
        yield from of_check(item)
        for at, code in enumerate(item.value.depends_on):
            if not sources.may_hold(code) or levels.get(code, Level.NATIONAL) is not Level.NATIONAL:
                national = [code for code, level in levels.items() if level is Level.NATIONAL]
                yield item.complain(unknown(code, national, "national system"), "depends_on", at)
        for code, where in _meant(item.value):
            if not sources.may_hold(code):
                yield item.complain(unknown(code, list(levels), "agency"), *where)
            elif levels.get(code, item.value.levels[0]) not in item.value.levels:
                yield item.complain(f"{code} is of level {levels[code]}, for which the check is not", *where)


def _meant(shape: CheckShape) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """The agencies that a check is for, where it names any; `tokens` of a kind are by agency."""
    yield from ((code, ("only", at)) for at, code in enumerate(shape.only))
    yield from ((code, ("tokens", code)) for code in getattr(shape, "tokens", ()))


def of_check(item: Item[CheckShape]) -> Iterator[Complaint]:
    """What one check breaks by itself."""
    shape = item.value
    if not re.fullmatch(CHECK_NAME, item.key):
        yield item.complain("a check's name must be lower-case letters, digits and _, from a letter on, at most 40")
    if item.key in (*Condition, "integrated"):
        yield item.complain("is the name of a condition; give the check another")
    if shape.timeout >= shape.every:
        yield item.complain(f"must be shorter than the period, every {shape.every.total_seconds():g}s", "timeout")
    if shape.every < (least := least_every(shape.probe)):
        yield item.complain(f"must be at least {least.total_seconds():g}s for {shape.probe}", "every")
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
        yield from _named(item, sources)


def _named(item: Item[DeclaredShape], sources: Sources) -> Iterator[Complaint]:
    """The agencies that figures name, where they name any."""
    figures = item.value
    for key, number, what in (
        ("integrated_agencies", figures.integrated, "integrated"),
        ("missing_agencies", figures.agencies - figures.integrated, "agencies less integrated"),
    ):
        codes: tuple[str, ...] | None = getattr(figures, key)
        if codes is None:
            continue
        if len(codes) != number:
            yield item.complain(f"names {len(codes)} agencies, and {what} is {number}; name all or leave it out", key)
        yield from _declarable(item, key, codes, sources)
    for at, code in enumerate(figures.missing_agencies or ()):
        if code in (figures.integrated_agencies or ()):
            yield item.complain(f"{code} is in integrated_agencies too", "missing_agencies", at)


def _declarable(item: Item[DeclaredShape], key: str, codes: Iterable[str], sources: Sources) -> Iterator[Complaint]:
    """Who is named has to count in the level on the day of the figures."""
    figures, by_code = item.value, {each.key: each.value for each in sources.agencies}
    for at, code in enumerate(codes):
        if not sources.may_hold(code):
            yield item.complain(unknown(code, list(by_code), "agency"), key, at)
        elif (agency := by_code.get(code)) and not _counts(agency, figures):
            yield item.complain(f"{code} is no {figures.level} that counts on {figures.as_of}", key, at)


def _counts(agency: AgencyShape, figures: DeclaredShape) -> bool:
    there = agency.level is figures.level and period_of(agency).holds(figures.as_of)
    return there and agency.counted is not None and period_of(agency.counted).holds(figures.as_of)


def _maintenance(sources: Sources) -> Iterator[Complaint]:
    known = [item.key for item in sources.agencies]
    for item in sources.maintenance:
        for at, code in enumerate(item.value.agencies):
            if not sources.may_hold(code):
                yield item.complain(unknown(code, known, "agency"), "agencies", at)
        try:
            fault = fault_of(window_of(item))
        except NotDone as error:
            yield item.complain(str(error), "zone")
        else:
            if fault:
                yield item.complain(fault)


def _patience(sources: Sources) -> Iterator[Complaint]:
    if sources.monitor is None:
        return
    for name, row in sources.monitor.value.patience:
        if isinstance(row, RowShape) and row.looks > row.of:
            yield sources.monitor.complain(f"must be at most `of`, {row.of}", "patience", name, "looks")


def _channels(sources: Sources) -> Iterator[Complaint]:
    for item in sources.channels:
        channel = item.value
        if channel.quiet and channel.quiet.begin == channel.quiet.end:
            yield item.complain("must be another time than `from`: all day is no night", "quiet", "to")
        if "keep" in channel.model_fields_set and channel.keep < _LEAST_KEPT:
            yield item.complain("must be at least 1d: a notice waits for the end of the quiet hours", "keep")
        if "timeout" in channel.model_fields_set and channel.timeout > _LONGEST_TRY:
            yield item.complain(f"must be at most {_LONGEST_TRY.total_seconds():g}s", "timeout")
    yield from _formerly(sources.channels)


def _formerly(channels: Iterable[Item[ChannelShape]]) -> Iterator[Complaint]:
    """Whoever waits for a name waits for one channel."""
    names = {item.key for item in channels}
    heirs: dict[str, str] = {}
    for item in channels:
        for at, name in enumerate(item.value.formerly):
            if name in names:
                yield item.complain("must be a name that no channel has any more", "formerly", at)
            elif heirs.setdefault(name, item.key) != item.key:
                yield item.complain(f"is a former name of {heirs[name]} already", "formerly", at)


def _alerts(sources: Sources) -> Iterator[Complaint]:
    if sources.monitor is None:
        return
    retelling = telling_of(sources.monitor.value.alerts).retelling
    if retelling.escalate >= retelling.remind:
        yield sources.monitor.complain("must be shorter than `remind`", "alerts", "escalate")
    if retelling.most_between < retelling.remind:
        yield sources.monitor.complain("must not be shorter than `remind`", "alerts", "most_between")
