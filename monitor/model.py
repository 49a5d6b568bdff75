"""The words of the house: agency, check, look, result, state, standing, score, change."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from yarl import URL

from probes import Observation, Probe, Reason, Status, Target

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")  # of days and of what people read; inside, time is UTC


class Level(StrEnum):
    MINISTRY = "ministry"
    PROVINCE = "province"
    NATIONAL = "national"  # the portal's own systems: watched, never counted


COUNTED_LEVELS = (Level.PROVINCE, Level.MINISTRY)  # in the order of the headline: 62/63 địa phương · 10/21 bộ, ngành


class Condition(StrEnum):
    MERGED = "merged"
    CONNECTED = "connected"


class Answer(StrEnum):
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From the first day to the day before `until`; an open end is None."""

    since: date | None = None
    until: date | None = None

    def holds(self, day: date) -> bool:
        return (self.since is None or self.since <= day) and (self.until is None or day < self.until)

    def overlaps(self, other: "Period") -> bool:
        return (self.since is None or other.until is None or self.since < other.until) and (
            other.since is None or self.until is None or other.since < self.until
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Agency:
    """One ministry, province or national system as it is on one day."""

    code: str  # identifier code (QĐ 20/2020/QĐ-TTg), or a placeholder of ours where none is known
    name: str  # Vietnamese, NFC
    name_en: str
    level: Level
    counted: bool  # in the score on that day
    portal: str | None = None  # an address; parsed where it is asked, since a parsed one takes four times the memory
    other_hosts: tuple[str, ...] = ()  # that its own pages may live on, beside the portal's
    former_doors: tuple[URL, ...] = ()
    guessed: frozenset[str] = frozenset()  # of its hosts and doors, those inferred from a pattern and never seen
    platform: str | None = None
    into: str | None = None  # successor's code, once the agency has ended
    short: str = ""  # name, where it has a shorter one
    short_en: str = ""
    evidence: Mapping[str, str] = field(default_factory=dict)  # how well its host and code are known

    @property
    def hosts(self) -> frozenset[str]:
        """The names its own pages may live on."""
        return frozenset((host_of(self.portal), *self.other_hosts) if self.portal else self.other_hosts)


def host_of(address: str) -> str:
    """Its host as people read it; `URL.host` takes long to find that there is nothing to decode."""
    url = URL(address)
    raw = url.raw_host or ""
    return url.host or "" if "xn--" in raw else raw


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One kind of probe with settings, applied to every agency that has what it needs."""

    name: str
    kind: str
    probe: Probe
    every: timedelta
    timeout: timedelta
    proves: Condition | None
    levels: frozenset[Level]
    period: Period = field(default_factory=Period)
    depends_on: tuple[str, ...] = ()  # codes of national systems
    only: frozenset[str] = frozenset()  # codes of the agencies it is for; none: all of its levels


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Watch:
    """One check on one agency, in one plan: another plan's watch is another, though its key may be the same."""

    agency: Agency
    check: Check
    aim: Callable[[Agency], Target] = field(repr=False)  # one for a whole plan: a target is made when it is looked at

    @property
    def target(self) -> Target:
        return self.aim(self.agency)

    @property
    def key(self) -> tuple[str, str]:
        return self.agency.code, self.check.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One look, identified by (agency, check, vantage, due)."""

    watch: Watch
    vantage: str = "local"
    due: datetime  # UTC
    started: datetime  # UTC
    seconds: float
    observation: Observation
    phases: Mapping[str, float] = field(default_factory=dict)  # seconds in resolve, connect, tls, processing, transfer

    @property
    def identity(self) -> tuple[str, str, str, datetime]:
        return (*self.watch.key, self.vantage, self.due)


class Doubt(NamedTuple):
    """What looks found last that disagree with a state, and since when (UTC, start of the first of them)."""

    status: Status
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What the monitor holds to be true of one check on one agency."""

    status: Status
    since: datetime  # UTC, start of the first of the looks in a row that turned it
    reason: Reason  # of the look that decided it, or of the latest look that agreed
    detail: str
    recent: tuple[Status, ...] = ()  # looks since the state turned, newest last, as far back as patience reaches


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubted(State):
    """One that the latest looks disagree with. Of its own kind, since of a hundred thousand states hardly any is."""

    doubt: Doubt


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation:
    """A dated document that says whether a condition holds: evidence, not a verdict."""

    agency: str
    condition: Condition
    answer: Answer
    since: date
    document: str  # number
    issued: date
    issuer: str
    url: str | None = None
    synthetic: bool = False

    def __str__(self) -> str:
        mark = " (synthetic)" if self.synthetic else ""
        return f"{self.document} of {self.issued:%d/%m/%Y}, {self.issuer}{mark}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """A document against the looks."""

    paper: Attestation
    looks: Answer

    def __str__(self) -> str:
        return f"{self.paper} says {self.paper.answer}, the looks say {self.looks}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer to one condition of one agency, and what decided it."""

    answer: Answer
    since: datetime  # UTC
    because: tuple[str, ...]  # names of the checks or documents that decided it
    reasons: tuple[str, ...] = ()  # why it is not yes, one for each of `because`
    detail: str = ""
    conflict: Conflict | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One agency's verdicts."""

    agency: Agency
    merged: Verdict
    connected: Verdict
    integrated: Verdict

    @property
    def conflict(self) -> bool:
        return bool(self.merged.conflict or self.connected.conflict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How many of a level hold each condition on one day; counted from standings only."""

    level: Level
    agencies: int
    integrated: int
    merged: int
    connected: int
    not_integrated: int
    unknown: int  # integrated can be answered neither way
    unknown_merged: int
    unknown_connected: int

    def __str__(self) -> str:
        return f"{self.integrated}/{self.agencies}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A state or a standing turned. `what` is a check's name, or merged, connected, integrated."""

    agency: Agency
    what: str
    before: str
    after: str
    at: datetime  # UTC, when that was decided
    since: datetime  # UTC, when it began by the looks that decided it
    reason: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """Figures as a report declares them."""

    level: Level
    as_of: date
    agencies: int
    integrated: int
    tasks_planned: int | None = None
    tasks_completed: int | None = None
    source: str
    integrated_agencies: frozenset[str] | None = None  # codes; None: which they are is not known
    missing_agencies: frozenset[str] | None = None
