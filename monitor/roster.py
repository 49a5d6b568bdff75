"""Who has to be integrated, by date: the agencies as they are on one day, and how to find one by its name."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from difflib import get_close_matches

from yarl import URL

from monitor.model import Agency, Level, Period, host_of
from monitor.names import fold, spellings

ALWAYS = Period()
GUESS = "pattern"  # evidence of a host that was inferred from other hosts' names and never seen
_MOST_NAMED = 8
_NOBODY: frozenset[str] = frozenset()  # an empty set that is made takes 216 bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Former:
    """A name an agency had until the day before `until`."""

    name: str
    name_en: str
    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosting:
    """Where an agency's portal is in a period, in place of `Entry.portal`."""

    portal: str
    other_hosts: tuple[str, ...] = ()
    evidence: str | None = None  # how well this portal is known, where it differs from the entry's
    period: Period = ALWAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """A front door of before that should be shut, or lead to the one system, in a period."""

    url: URL
    evidence: str
    period: Period = ALWAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What the files say of one agency, over all time."""

    code: str
    name: str
    name_en: str
    level: Level
    portal: str | None = None
    period: Period = ALWAYS
    into: str | None = None  # successor's code
    short: str = ""  # of the name that it has now; empty: none
    short_en: str = ""
    counted: Period | None = ALWAYS  # when it is in the score, as far as it exists; None: never
    platform: str | None = None
    formerly: tuple[Former, ...] = ()
    hosts: tuple[Hosting, ...] = ()
    other_hosts: tuple[str, ...] = ()
    former_doors: tuple[Door, ...] = ()
    evidence: Mapping[str, str] = field(default_factory=dict)  # code, portal, note

    def names(self, day: date) -> tuple[str, str]:
        """Vietnamese and English name on `day`."""
        held = sorted((was for was in self.formerly if day < was.until), key=lambda was: was.until)
        return (held[0].name, held[0].name_en) if held else (self.name, self.name_en)

    def all_names(self) -> Iterator[str]:
        yield from (self.name, self.name_en)
        for was in self.formerly:
            yield from (was.name, was.name_en)

    def hosting(self, day: date) -> Hosting | None:
        """Where its portal is on `day`; None where none is known."""
        for hosting in self.hosts:
            if hosting.period.holds(day):
                return hosting
        return None if self.portal is None else Hosting(portal=self.portal)

    def agency(self, day: date, inherited: Iterable[Agency] = (), into: str | None = None) -> Agency:
        """The agency as it is on `day`; the portals of those `inherited` are former doors of it."""
        doors = [URL(old.portal) for old in inherited if old.portal]
        hosting = self.hosting(day)
        name, name_en = self.names(day)
        own = [door for door in self.former_doors if door.period.holds(day)]
        guessed = {host_of(str(door.url)) for door in own if door.evidence == GUESS}
        guessed.update(host for old in inherited for host in old.guessed)
        if hosting and _evidence(self, hosting) == GUESS:
            guessed.add(host_of(hosting.portal))
        return Agency(
            code=self.code,
            name=name,
            name_en=name_en,
            short=self.short if name == self.name else "",
            short_en=self.short_en if name == self.name else "",
            level=self.level,
            counted=self.level is not Level.NATIONAL and self.counted is not None and self.counted.holds(day),
            portal=hosting.portal if hosting else None,
            other_hosts=_other_hosts(hosting, self.other_hosts),
            former_doors=tuple(dict.fromkeys((*(door.url for door in own), *doors))),
            guessed=frozenset(guessed) if guessed else _NOBODY,
            platform=self.platform,
            into=into,
            evidence=_with_portal(self.evidence, _evidence(self, hosting)),
        )


def _other_hosts(hosting: Hosting | None, others: tuple[str, ...]) -> tuple[str, ...]:
    return (*hosting.other_hosts, *others) if hosting else others


def _evidence(entry: Entry, hosting: Hosting | None) -> str:
    if hosting is None:
        return "none"
    return hosting.evidence or entry.evidence.get("portal", "")


def _with_portal(evidence: Mapping[str, str], portal: str) -> Mapping[str, str]:
    """The same mapping where it says so already: agencies are many."""
    return evidence if evidence.get("portal") == portal else {**evidence, "portal": portal}


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """All agencies over all time, in the order of their codes. Successions must be free of circles (rules.py)."""

    entries: tuple[Entry, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "entries", tuple(sorted(self.entries, key=lambda entry: entry.code)))

    def on(self, day: date) -> tuple[Agency, ...]:
        """The agencies that exist on `day`, sorted by code."""
        doors = self._inherited(day)
        return tuple(entry.agency(day, doors.get(entry.code, ())) for entry in self.entries if entry.period.holds(day))

    def ended(self, day: date) -> tuple[Agency, ...]:
        """The agencies that no longer exist on `day`, as they were on their last day, with their successors."""
        gone = (entry for entry in self.entries if entry.period.until is not None and entry.period.until <= day)
        return tuple(entry.agency(_last_day(entry), into=entry.into) for entry in gone)

    def successor(self, code: str, day: date) -> Entry | None:
        """Who has taken the place of `code` by `day`, over as many successions as it took; None: nobody."""
        by_code = {entry.code: entry for entry in self.entries}
        entry = by_code.get(code)
        for _ in self.entries:  # no more steps than entries, whatever the data
            if entry is None or entry.period.holds(day):
                return entry
            entry = by_code.get(entry.into) if entry.into else None
        return None

    def find(self, words: str, day: date) -> Agency:
        """The agency of `day` meant by a code, a name as people type it, or the beginning of one only.

        Raises LookupError, which names the candidates when there are several and the closest names when there is none.
        """
        agencies = {agency.code: agency for agency in self.on(day)}
        code = words.strip().upper()
        if code in agencies:
            return agencies[code]
        known = self._spellings(day)
        found = _matching(fold(words), known)
        if len(found) == 1:
            return agencies[found[0]]
        if found:
            raise LookupError(f"{words!r} may mean: {_listed(agencies[code] for code in found)}")
        raise LookupError(self._ended(words, day) or self._unknown(words, day, agencies, known))

    def _inherited(self, day: date) -> dict[str, list[Agency]]:
        """Portals of agencies that have ended: former doors of those that took their place, unless still their own."""
        doors: dict[str, list[Agency]] = {}
        for old in self.ended(day):
            heir = self.successor(old.code, day)
            if heir is None or old.portal is None:
                continue
            if host_of(old.portal) not in heir.agency(day).hosts:
                doors.setdefault(heir.code, []).append(old)
        return doors

    def _spellings(self, day: date) -> dict[str, frozenset[str]]:
        """By code, every folded form of every name an agency of `day` has or has had."""
        here = (entry for entry in self.entries if entry.period.holds(day))
        return {e.code: frozenset(s for name in e.all_names() for s in spellings(name, e.level)) for e in here}

    def _ended(self, words: str, day: date) -> str:
        """What became of the one that is meant by `words` and no longer exists; nothing where none or several are."""
        gone = {old.code: old for old in self.ended(day)}
        last = {entry.code: entry.period.until for entry in self.entries}
        known = {code: spellings(old.name, old.level) | {fold(code)} for code, old in gone.items()}
        found = _matching(fold(words), known)
        if len(found) != 1:
            return ""
        old = gone[found[0]]
        return f"{old.name} ({old.code}) ended on {last[old.code]}" + (f", into {old.into}" if old.into else "")

    @staticmethod
    def _unknown(words: str, day: date, agencies: Mapping[str, Agency], known: Mapping[str, frozenset[str]]) -> str:
        owners = {spelling: code for code, all_of_them in known.items() for spelling in sorted(all_of_them)}
        close = dict.fromkeys(owners[near] for near in get_close_matches(fold(words), sorted(owners), n=5))
        hint = f"; closest: {_listed(agencies[code] for code in list(close)[:3])}" if close else ""
        return f"no agency is called {words!r} on {day}{hint}"


def _listed(agencies: Iterable[Agency]) -> str:
    """Names with codes, as many as can be taken in at a glance."""
    named = [f"{agency.name} ({agency.code})" for agency in agencies]
    more = f" and {len(named) - _MOST_NAMED} more" if len(named) > _MOST_NAMED else ""
    return ", ".join(named[:_MOST_NAMED]) + more


def _last_day(entry: Entry) -> date:
    return (entry.period.until or date.max) - timedelta(days=1)


def _exactly(folded: str, known: Mapping[str, frozenset[str]]) -> list[str]:
    return [code for code, forms in known.items() if folded in forms]


def _matching(folded: str, known: Mapping[str, frozenset[str]]) -> list[str]:
    """Codes of those with just this name, else of those with a name that begins so."""
    if not folded:
        return []
    begins = [code for code, forms in known.items() if any(form.startswith(folded) for form in forms)]
    return _exactly(folded, known) or begins
