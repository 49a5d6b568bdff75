"""What must hold of an agency's entry by itself, and of all entries among each other. Pure."""

import re
from collections.abc import Callable, Hashable, Iterable, Iterator
from datetime import date
from itertools import combinations
from typing import Any

from yarl import URL

from monitor.build import entry_of, period_of
from monitor.document import Complaint, Item
from monitor.model import Level, Period
from monitor.names import fold
from monitor.roster import Entry
from monitor.shapes import CODE, PLACEHOLDER, AgencyShape
from monitor.sources import Sources
from monitor.validate import unknown

_FILE_LEVELS = {
    "provinces.yaml": Level.PROVINCE,
    "ministries.yaml": Level.MINISTRY,
    "national.yaml": Level.NATIONAL,
}
_DAY_ONE = date(1900, 1, 1)  # before everything that a file may name


def broken(sources: Sources) -> Iterator[Complaint]:
    """Everything in the agencies' files that breaks a rule."""
    for agency in sources.agencies:
        for rule in (_code, _level, _period, _hosts, _formerly, _doors, _counting, _evidence):
            yield from rule(agency)
    for rule_of_all in (_twice, _successors, _circles, _same_names, _same_portals):
        yield from rule_of_all(sources)


def _code(item: Item[AgencyShape]) -> Iterator[Complaint]:
    if item.value.evidence.code == "placeholder":
        if not re.fullmatch(PLACEHOLDER, item.key):
            yield item.complain("a placeholder code must be two to eight capital letters, so that it looks like none")
    elif not re.fullmatch(CODE, item.key):
        yield item.complain(
            "the code must be a capital letter and two digits, such as H26, or evidence.code placeholder"
        )


def _level(item: Item[AgencyShape]) -> Iterator[Complaint]:
    wanted = _FILE_LEVELS.get(item.document.file.rpartition("/")[2], item.value.level)
    if item.value.level is not wanted:
        yield item.complain(f"must be {wanted} in this file, not {item.value.level}", "level")


def _period(item: Item[AgencyShape]) -> Iterator[Complaint]:
    yield from ordered(item, period_of(item.value))
    if item.value.into and item.value.until is None:
        yield item.complain(
            "has a successor and no end: give until, the first day on which it no longer exists", "into"
        )


def _hosts(item: Item[AgencyShape]) -> Iterator[Complaint]:
    periods = [period_of(hosting) for hosting in item.value.hosts]
    for at, period in enumerate(periods):
        yield from ordered(item, period, "hosts", at)
    for (first, one), (second, other) in combinations(enumerate(periods), 2):
        if one.overlaps(other):
            yield item.complain(
                f"overlaps the period of hosts.{first + 1}; on one day only one may hold", "hosts", second
            )


def _formerly(item: Item[AgencyShape]) -> Iterator[Complaint]:
    ends = [former.until for former in item.value.formerly]
    for at, until in enumerate(ends):
        if until in ends[:at]:
            yield item.complain(f"two names end on {until}; on one day only one may hold", "formerly", at, "until")
        if not _within(until, period_of(item.value)):
            yield item.complain(f"{until} is not within the agency's own period", "formerly", at, "until")


def _doors(item: Item[AgencyShape]) -> Iterator[Complaint]:
    for at, door in enumerate(item.value.former_doors):
        yield from ordered(item, period_of(door), "former_doors", at)
        if door.url in _portals(item.value, period_of(door)):
            yield item.complain(
                "is its portal in the same period; a former door is one that should be shut", "former_doors", at, "url"
            )


def _counting(item: Item[AgencyShape]) -> Iterator[Complaint]:
    given = "counted" in item.value.model_fields_set
    if item.value.counted is not None:
        yield from ordered(item, period_of(item.value.counted), "counted")
        if given and item.value.level is Level.NATIONAL:
            yield item.complain("national systems are never counted; leave it out", "counted")


def _evidence(item: Item[AgencyShape]) -> Iterator[Complaint]:
    evidence = item.value.evidence
    if evidence.code in ("placeholder", "inferred") and evidence.note is None:
        yield item.complain(f"a code that is {evidence.code} needs a note that says why", "evidence")
    if (evidence.portal == "none") != (item.value.portal is None):
        yield item.complain("must be none without a portal, and only then", "evidence", "portal")


def ordered(item: Item[Any], period: Period, *where: str | int) -> Iterator[Complaint]:
    if period.since is not None and period.until is not None and period.since >= period.until:
        yield item.complain(f"since {period.since} is not before until {period.until}", *where, "until")


def _within(day: date, period: Period) -> bool:
    return (period.since is None or period.since < day) and (period.until is None or day < period.until)


def _portals(shape: AgencyShape, period: Period) -> Iterator[Any]:
    """Its portals on any day of the period; the one of no period is taken to hold when none of a period is given."""
    if shape.portal is not None and not shape.hosts:
        yield shape.portal
    for hosting in shape.hosts:
        if period_of(hosting).overlaps(period):
            yield hosting.portal


# Agencies among each other.


def _twice(sources: Sources) -> Iterator[Complaint]:
    first: dict[str, Item[AgencyShape]] = {}
    for item in sources.agencies:
        other = first.setdefault(item.key, item)
        if other is not item:
            yield item.complain(f"is also in {other.document.file}; a code stands for one agency")


def _successors(sources: Sources) -> Iterator[Complaint]:
    by_code = {item.key: item.value for item in sources.agencies}
    for item in sources.agencies:
        code = item.value.into
        if code is not None and not sources.may_hold(code):
            yield item.complain(unknown(code, list(by_code), "agency"), "into")
        if code in by_code:
            yield from _succeeded(item, by_code[code])


def _succeeded(item: Item[AgencyShape], heir: AgencyShape) -> Iterator[Complaint]:
    code, until = item.value.into, item.value.until
    if until is not None and not period_of(heir).holds(until):
        yield item.complain(f"{code} does not exist on {until}, when {item.key} ends", "into")
    if heir.level is not item.value.level:
        yield item.complain(f"{code} is a {heir.level}, not a {item.value.level}", "into")


def _circles(sources: Sources) -> Iterator[Complaint]:
    """A circle is told once, at its first code."""
    into = {item.key: item.value.into for item in sources.agencies}
    for item in sources.agencies:
        path, code = [item.key], item.value.into
        while code is not None and code not in path:
            path.append(code)
            code = into.get(code)
        if code == item.key == min(path):
            yield item.complain(f"the successors go in a circle: {' > '.join([*path, code])}", "into")


def _same_names(sources: Sources) -> Iterator[Complaint]:
    yield from _same(sources, lambda entry, day: (entry.level, fold(entry.names(day)[0])), "name")


def _same_portals(sources: Sources) -> Iterator[Complaint]:
    """Agencies may share a host; the very same page would be looked at for two, and stand for neither."""
    yield from _same(sources, _portal, "portal")


def _portal(entry: Entry, day: date) -> URL | None:
    """As it is compared: with or without a slash after the host."""
    hosting = entry.hosting(day)
    return URL(hosting.portal) if hosting else None


def _same(sources: Sources, of: Callable[[Entry, date], Hashable], what: str) -> Iterator[Complaint]:
    """Pairs of agencies that have the same on any one day; each pair is told once. None is had by nobody."""
    items = {item.key: item for item in sources.agencies}
    entries = [entry_of(item.key, item.value) for item in items.values()]
    told: set[tuple[str, str]] = set()
    for day in _turns(sources.agencies):
        owners: dict[Hashable, Entry] = {}
        for entry in sorted((e for e in entries if e.period.holds(day)), key=lambda e: e.code):
            first = owners.setdefault(of(entry, day), entry)
            pair = (first.code, entry.code)
            if first is entry or of(entry, day) is None or pair in told:
                continue
            told.add(pair)
            when = "" if day == _DAY_ONE else f" from {day} on"
            yield items[entry.code].complain(f"has the same {what} as {first.code}{when}", what)


def _turns(agencies: Iterable[Item[AgencyShape]]) -> list[date]:
    """The first day of all and every day on which something changes."""
    days = {_DAY_ONE}
    for item in agencies:
        shape = item.value
        periods = [period_of(shape), *(period_of(hosting) for hosting in shape.hosts)]
        days |= {former.until for former in shape.formerly}
        days |= {day for period in periods for day in (period.since, period.until) if day is not None}
    return sorted(days)
