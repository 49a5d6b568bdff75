"""What has been told, and of what: a story is one trouble, from when it began to when it was told to be over."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from monitor.incidents import Incident, Loss, Sharing
from monitor.model import Level
from monitor.notice import Event, Severity


class Kind(StrEnum):
    """What a story is about."""

    LOSS = "loss"  # value: code of the agency
    INCIDENT = "incident"  # value: sharing and value of the cause, with a space between
    CONFLICT = "conflict"  # value: code of the agency and condition, with a space between
    CERTIFICATE = "certificate"  # value: code of the agency
    BLIND = "blind"  # value: level
    SCORE = "score"  # value: level; it moved, and nobody was told
    TOLD = "told"  # value: an event; `turns` is when notices of it were decided in the last days


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Subject:
    kind: Kind
    value: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.value}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Times are UTC. `told` holds keys of its notices, the first and the latest; none: nobody was told yet."""

    since: datetime  # the trouble began
    severity: Severity
    seen: datetime | None = None  # when that was known, where it was later
    told_at: datetime | None = None  # the latest notice, reminders among them
    over_since: datetime | None = None  # it is gone, and not told to be
    turns: tuple[datetime, ...] = ()  # when it began, as far back as matters for calling it unstable
    stage: int = (
        0  # of what grows graver, such as days to the end of a certificate: what was told; of a loss: see lost.mark
    )
    reminders: int = 0
    escalated: bool = False
    escalated_at: datetime | None = None
    unstable: bool = False  # told to be
    told: tuple[str, ...] = ()
    on: frozenset[str] = frozenset()  # channels that it was told on: they are told that it is over

    @property
    def known(self) -> datetime:
        """Since when it is, to whoever waits whether it holds, or who else comes along."""
        return self.seen or self.since


Digested = tuple[Event, Level, str]  # daily or weekly, level, channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """All that alerting remembers: what goes on with it tells neither twice nor never."""

    lost: Mapping[tuple[str, str], Loss] = field(default_factory=dict)  # by agency and condition
    stories: Mapping[Subject, Story] = field(default_factory=dict)
    incidents: tuple[Incident, ...] = ()
    scores: Mapping[Level, tuple[int, int]] = field(default_factory=dict)  # as told last: integrated, of
    counted: Mapping[str, Level] = field(default_factory=dict)  # code -> level: who was integrated then
    began: bool = False  # what was found at the first start was told
    digested: Mapping[Digested, tuple[int, int]] = field(default_factory=dict)  # scores as the last digest told them
    daily: datetime | None = None  # when the latest digests were told
    weekly: datetime | None = None


def national_down(memory: Memory) -> frozenset[str]:
    """Codes of the national systems that an incident is told of, and not yet told to be over."""
    causes = (incident.cause for incident in memory.incidents)
    return frozenset(cause.value for cause in causes if cause.sharing is Sharing.NATIONAL)
