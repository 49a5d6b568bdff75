"""A notice: one thing to tell people. It holds all that its words are made of, so that it can be said days later, elsewhere.

Nothing in it is looked up when it is delivered: what held when it was decided is what is told, in whichever language.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from hashlib import blake2b

from monitor.incidents import Sharing
from monitor.model import Answer, Condition, Level

MOST_ENTRIES = 200  # agencies spelt out in one notice; the rest are counted in `more`
MOST_GROUPS = 20  # incidents likewise; the rest are counted in `more_groups`
MOST_OTHERS = 3


class Event(StrEnum):
    """What a notice says."""

    LOST = "lost"  # agencies are no longer merged or connected, or can no longer be seen to be
    STILL_LOST = "still_lost"  # a reminder
    RESTORED = "restored"
    UNSTABLE = "unstable"  # agencies come and go: told once, then in digests until they hold still
    STEADY = "steady"  # what was unstable holds still
    INCIDENT = "incident"  # one for everybody who is down by it
    STILL_DOWN = "still_down"
    ENDED = "ended"  # of incidents
    SCORE = "score"  # it moved, and no other notice says by whom: such as by one that was never integrated before
    CONFLICT = "conflict"  # a document against the looks
    CONFLICT_OVER = "conflict_over"
    CERTIFICATE = "certificate"  # runs out in 30, 14, 7 or 1 days
    CERTIFICATE_RENEWED = "certificate_renewed"
    BLIND = "blind"  # too many answers are unknown for the scores to mean anything
    SIGHTED = "sighted"
    SILENT = "silent"  # the monitor itself did not look for a while
    INITIAL = "initial"  # what was found at the first start
    DAILY = "daily"
    WEEKLY = "weekly"
    CAUGHT_UP = "caught_up"  # a channel was dead: what is outdated by now, in one message
    UNDELIVERED = "undelivered"  # another channel refused a notice, or never took it
    TEST = "test"


OVER = frozenset(  # what says that something is over; goes to whoever was told of it
    {
        Event.RESTORED,
        Event.STEADY,
        Event.ENDED,
        Event.CONFLICT_OVER,
        Event.CERTIFICATE_RENEWED,
        Event.SIGHTED,
    }
)


class Severity(StrEnum):
    """How grave; of a notice that something is over, how grave it was."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"  # told in quiet hours too

    @property
    def rank(self) -> int:
        return _RANKS[self]


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One agency in a notice."""

    agency: str  # code
    name: str
    name_en: str
    level: Level
    # That are lost or back; of notices about conflicts, that are in conflict; of SCORE, that do not hold: none, all do.
    conditions: tuple[Condition, ...] = ()
    unknown: tuple[
        Condition, ...
    ] = ()  # those of `conditions` that can only not be seen to hold; if back, that could not
    since: datetime | None = None  # UTC: of what is told
    until: datetime | None = None  # UTC: where it is over
    because: tuple[str, ...] = ()  # names of the checks or documents that decided it
    kinds: tuple[str, ...] = ()  # of probe, one for each of `because`; empty where that is a document
    reasons: tuple[str, ...] = ()  # why, one for each of `because`: words of probes.Reason, or document, no_evidence
    detail: str = ""
    times: int = 0  # how often it was lost, of one that is unstable
    expires: datetime | None = None  # UTC: of a certificate
    against: tuple[Condition, ...] = ()  # what the document of a conflict is about
    document: str | None = None  # its number
    issued: date | None = None
    issuer: str | None = None
    says: Answer | None = None  # what the document says
    looks: Answer | None = None  # what the looks say
    ack: str | None = None  # the reason with which somebody has taken it on
    ack_by: str | None = None  # who that is
    held: str | None = None  # the reason of the maintenance that it is in, of digests and of who moved a score
    gone: bool = False  # it left the roster, and only its code is known


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One incident in a notice."""

    sharing: Sharing
    value: str  # as of incidents.Cause
    name: str = ""  # of a national system
    name_en: str = ""
    short: str = ""  # of it, where it has a shorter name
    short_en: str = ""
    since: datetime  # UTC
    until: datetime | None = None
    down: int  # agencies
    of: int
    agencies: tuple[
        str, ...
    ] = ()  # codes of those that are down by it, MOST_ENTRIES at most; none of a national system


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A score before and after; the same twice where it did not move."""

    level: Level
    before: tuple[int, int]  # integrated, of
    after: tuple[int, int]
    unknown: int = 0  # after
    declared: tuple[int, int] | None = None  # by the latest report, where one speaks of as many agencies


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """`key` is the same however often it is delivered, and no other notice has it."""

    key: str
    event: Event
    at: datetime  # UTC, when it was decided
    severity: Severity
    entries: tuple[Entry, ...] = ()
    more: int = 0  # agencies beyond the entries
    # Who else moved the scores since they were told last, MOST_OTHERS at most of each: who fell, then who rose.
    others: tuple[Entry, ...] = ()
    others_fell: int = 0
    others_rose: int = 0
    groups: tuple[Group, ...] = ()
    more_groups: int = 0  # incidents beyond the groups
    moves: tuple[Move, ...] = ()  # of every counted level
    after: tuple[str, ...] = ()  # keys of the notices that it follows on, oldest first: mail threads by them
    # Key of the first notice of each trouble that was told before, by stories.Subject.value: such as an agency's code.
    stories: tuple[tuple[str, str], ...] = ()
    told: tuple[str, ...] = ()  # names of the channels it goes to
    escalated: bool = False  # nobody has taken it on in time
    levels: tuple[Level, ...] = ()  # of BLIND and SIGHTED: whose answers
    share: float | None = None  # of these answers that are unknown; of several levels the greatest
    since: datetime | None = (
        None  # UTC: of what concerns no agency, such as BLIND and SILENT, and where a digest begins
    )
    until: datetime | None = None
    outage: bool = False  # of CAUGHT_UP: these are the channel's first try that failed and the one that did not, else of what was missed
    channel: str = ""  # of UNDELIVERED and CAUGHT_UP: which could not be reached
    problem: str = ""  # of UNDELIVERED: why; holds no secret
    events: tuple[tuple[Event, int], ...] = ()  # of digests and CAUGHT_UP: how many notices of each
    synthetic: str | None = None  # name of the scenario, where the data is


def subject_of(notice: Notice, of: Entry | Group | Level) -> str:
    """Which trouble it is that is told of it: as of stories.Subject.value."""
    if isinstance(of, Group):
        return f"{of.sharing} {of.value}".strip()
    if isinstance(of, Level):
        return of.value
    in_conflict = notice.event in (Event.CONFLICT, Event.CONFLICT_OVER)
    return " ".join((of.agency, *of.conditions)) if in_conflict else of.agency


def key_of(event: Event, at: datetime, about: tuple[str, ...]) -> str:
    """The idempotency key of what is told at an instant about some subjects: 32 hexadecimal digits."""
    text = "\n".join((event, at.isoformat(), *sorted(about)))
    return blake2b(text.encode(), digest_size=16).hexdigest()
