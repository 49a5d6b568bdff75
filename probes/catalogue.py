"""Does the agency list the procedures of the national database? Proves nothing by itself: what must be listed is unsure.

Three things are counted: procedures in force that are missing at the agency, procedures that were withdrawn and are
still listed, and codes in an old form. The national list is asked for once for all agencies and kept for hours; the
agency's pages are asked one after the other, as many as `pages` allows. Where lists are is UNKNOWN for every family of
software: off until the operator says so.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

from yarl import URL

from probes import Fact, Observation, Reason, Status, Target, Trouble, Way
from probes._answer import GONE_STATUSES, Answer, fault, visit
from probes._hosts import is_path, national, own, plain_host, under
from probes._national_list import NationalList
from probes._patterns import compiled, told
from probes._procedures import ANYWHERE, Difference, National, difference, procedure

_MOST_PAGES = 100
_MOST_CODES = 20_000
_SHOWN = 5  # codes of each sort that are shown
_NATIONAL = "national"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyList:
    """Where an agency lists its procedures: a page, or several when {page} is in the address. JSON will do as well."""

    url: str = "/danh-sach-thu-tuc?trang={page}"  # from the root of the portal's host; a guess of ours
    first_page: int = 1
    pages: int = 20  # at most
    pattern: str = ANYWHERE  # of a code; where it has a group, that is the code

    def __post_init__(self) -> None:
        if not is_path(self.url) or "{" in self.url.replace("{page}", ""):
            raise ValueError("url: must be a path from / and hold no {} but {page}")
        if not 1 <= self.pages <= _MOST_PAGES:
            raise ValueError(f"pages: must be from 1 to {_MOST_PAGES}")
        if self.first_page < 0:
            raise ValueError("first_page: must not be negative")
        try:
            compiled(self.pattern)
        except ValueError as error:
            raise ValueError(f"pattern: {error}") from None

    @property
    def numbers(self) -> range:
        return range(self.first_page, self.first_page + (self.pages if "{page}" in self.url else 1))

    def address(self, portal: URL, number: int) -> URL:
        return portal.join(URL(self.url.replace("{page}", str(number)), encoded=True))

    def codes(self, answer: Answer) -> set[str]:
        found = (code.strip() for code in told(self.pattern, answer.html.source, _MOST_CODES))
        return {code for code in found if procedure(code)}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    """What an agency's pages list."""

    codes: frozenset[str]
    last: Answer
    pages: int
    whole: bool  # false: there were more pages than are read


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """Off without `national`."""

    asks_pages: ClassVar[bool] = True

    national: NationalList | None = None
    agency: AgencyList = field(default_factory=AgencyList)
    least: float = 0.9  # of 1; a choice of ours, no text sets one
    max_age: int = 6 * 3600  # seconds the national list is good for

    def __post_init__(self) -> None:
        if not 0 <= self.least <= 1:
            raise ValueError("least: must be between 0 and 1")
        if self.max_age < 1:
            raise ValueError("max_age: must be at least a second")

    def applies(self, target: Target) -> bool:
        return self.national is not None and target.level != _NATIONAL

    async def look(self, target: Target, way: Way) -> Observation:
        assert self.national is not None  # noqa: S101 - else it does not apply
        known = await self._national(self.national, target, way)
        listed = await self._listed(target, way)
        if isinstance(listed, Observation):
            return listed
        return self._judged(difference(known, listed.codes, target.code), listed, target)

    async def _national(self, settings: NationalList, target: Target, way: Way) -> dict[str, National]:
        try:
            return await way.shared(f"catalogue {settings!r}", self.max_age, settings.fetch)
        except Trouble as trouble:
            if under(trouble.host, target.national_hosts) or trouble.reason.status is Status.UNKNOWN:
                raise
            # A host that the roster does not know is not the agency's for that.
            detail = f"{trouble.detail} ({trouble.reason})"
            raise Trouble(Reason.UPSTREAM, trouble.host, detail, **trouble.facts) from None

    async def _listed(self, target: Target, way: Way) -> _Listed | Observation:
        """Page after page, till one is not there or brings nothing new."""
        codes: frozenset[str] = frozenset()
        answer: Answer | None = None
        read = 0
        for number in self.agency.numbers:
            url = self.agency.address(target.portal, number)
            now = await visit(way, url, follow=_within(target))
            if answer and now.page.status in GONE_STATUSES:
                return _Listed(codes=codes, last=answer, pages=read, whole=True)
            if found := _no_list(now, target):
                return found
            answer, read, before = now, read + 1, codes
            codes |= self.agency.codes(now)
            if codes == before or len(codes) > _MOST_CODES:
                return _Listed(codes=codes, last=answer, pages=read, whole=codes == before)
        assert answer is not None  # noqa: S101 - there is at least one page
        return _Listed(codes=codes, last=answer, pages=read, whole="{page}" not in self.agency.url)

    def _judged(self, seen: Difference, listed: _Listed, target: Target) -> Observation:
        said = f"{listed.last.host} lists {seen.listed} procedures on {listed.pages} pages"
        facts = _facts(seen, listed)
        if not seen.listed:
            blank = listed.last.html.blank and listed.last.html.scripts
            reason = Reason.NOT_VISIBLE if blank else Reason.UNREADABLE
            return listed.last.found(reason, f"{said}; codes of procedures were expected", **facts)
        if seen.ratio is None:
            return listed.last.found(Reason.NO_DATA, f"{said}; the national list has none for {target.code}", **facts)
        facts["catalogue_ratio"] = round(seen.ratio, 4)
        counts = f"{len(seen.missing)} of {seen.national} in force are missing, {len(seen.withdrawn)} are withdrawn"
        if seen.ratio >= self.least:
            return listed.last.found(Reason.OK, f"{said}: {counts}, as expected", **facts)
        if not listed.whole:
            del facts["catalogue_ratio"]  # of a part of the list
            return listed.last.found(Reason.UNREADABLE, f"{said} and has more; all were expected", **facts)
        detail = f"{said}: {counts}; an agreement of at least {self.least:.0%} was expected, not {seen.ratio:.0%}"
        return listed.last.found(Reason.CATALOGUE_DIFFERS, detail, **facts)


def _within(target: Target) -> Callable[[URL], bool]:
    return lambda to: own(to, target)


def _no_list(answer: Answer, target: Target) -> Observation | None:
    """What is wrong with a page before it is read."""
    to, said = answer.leads_to, f"{answer.host} answered {answer.page.status}"
    if to is not None and not own(to, target):
        # A closed portal leads to the NPSP: that says nothing of a list.
        reason = Reason.NOT_VISIBLE if national(to, target) else Reason.LEADS_ELSEWHERE
        return answer.found(reason, f"{said} and leads to {plain_host(to)}; a list of procedures was expected")
    if answer.page.status in GONE_STATUSES:  # perhaps it is elsewhere: where lists are is not known
        return answer.found(Reason.UNREADABLE, f"{said}; a list of procedures was expected")
    return fault(answer)


def _facts(seen: Difference, listed: _Listed) -> dict[str, Fact]:
    shown = {"missing": seen.missing, "withdrawn": seen.withdrawn, "unknown": seen.unknown, "old": seen.old_codes}
    return {
        "catalogue_national": seen.national,
        "catalogue_listed": seen.listed,
        "catalogue_missing": len(seen.missing),
        "catalogue_withdrawn": len(seen.withdrawn),
        "catalogue_unknown": len(seen.unknown),
        "catalogue_old_codes": len(seen.old_codes),
        "catalogue_pages": listed.pages,
        "catalogue_whole": listed.whole,
        **{f"catalogue_{sort}_first": ", ".join(numbers[:_SHOWN]) for sort, numbers in shown.items() if numbers},
    }
