"""What is written down before it is acted on, and read back after a restart: the contract of the durable store.

One batch is one transaction. Whoever kills the process at whatever instruction leaves the ledger as it was after some
batch, and what went on from there is seen again by the next looks. Nothing here is called on the event loop.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Protocol

from monitor.model import Change, Standing, State, Verdict
from monitor.notice import Notice
from monitor.stories import Memory

Key = tuple[str, str]  # agency code, check name
_NONE: Final[Mapping[int, Notice]] = MappingProxyType({})


class LedgerError(Exception):
    """The store could not be read or written, such as on a full disk. Nothing of the batch was written."""


class Fate(StrEnum):
    """What became of one notice on one channel."""

    PENDING = "pending"
    DELIVERED = "delivered"
    REFUSED = "refused"  # for good
    EXPIRED = "expired"  # it could not be delivered for as long as it was worth to be
    MERGED = "merged"  # told within another message, since it was outdated


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One notice on one channel."""

    id: int
    channel: str
    notice: Notice
    since: datetime  # UTC: when it was written down
    not_before: datetime  # UTC: quiet hours, or the next try
    tries: int = 0
    fate: Fate = Fate.PENDING
    problem: str = ""  # of the latest try
    settled: datetime | None = None  # UTC: when it was no longer pending


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """A notice and when each of its channels may deliver it; a channel that is not here does not."""

    notice: Notice
    channels: Mapping[str, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one tick decided. None as a value: it is forgotten."""

    at: datetime  # UTC; also the monitor's sign of life
    states: Mapping[Key, State | None] = field(default_factory=dict)  # that turned
    standings: Mapping[str, Standing | None] = field(default_factory=dict)  # that are new
    changes: Sequence[Change] = ()
    before: Memory = field(default_factory=Memory)  # as written last: only what differs is written
    memory: Memory = field(default_factory=Memory)
    orders: Sequence[Ordered] = ()
    checks: Mapping[str, str] = field(default_factory=dict)  # what states of each check mean; only where that is new


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """Somebody has taken a loss on: no reminders, no escalation, until the agency is back."""

    agency: str
    by: str
    reason: str
    at: datetime  # UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Maintenance, once or again and again: notices are held, looks go on.

    `begin` is local time in `zone`, and so is each repetition: 22:00 stays 22:00 over a change of daylight saving.
    """

    id: str
    begin: datetime  # naive, in `zone`
    lasts: timedelta
    zone: str = "Asia/Ho_Chi_Minh"
    every: str = ""  # daily, weekly, monthly; empty: once
    until: datetime | None = None  # naive, in `zone`: no repetition begins later
    agencies: frozenset[str] = frozenset()  # codes; none: everybody
    reason: str
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One line of the audit log."""

    at: datetime  # UTC
    who: str
    what: str  # ack, unack, maintenance_add, maintenance_end, notify_test
    about: str  # an agency, a channel, or a window: its id and for whom it is
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """A standing as it was written: the agency itself comes from the configuration of the day."""

    merged: Verdict
    connected: Verdict
    integrated: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """What the ledger holds at the start."""

    at: datetime | None = None  # UTC: the latest sign of life; None: a new ledger
    states: Mapping[Key, State] = field(default_factory=dict)
    standings: Mapping[str, Verdicts] = field(default_factory=dict)
    memory: Memory = field(default_factory=Memory)
    checks: Mapping[str, str] = field(default_factory=dict)


class Ledger(Protocol):
    """Every method raises LedgerError. Safe for threads, and for other processes on the same file."""

    where: str  # for people; without user and password

    def recall(self) -> Recalled: ...

    def standings(self) -> Mapping[str, Verdicts]:
        """By agency, as they were written last; who is missing was never looked at."""

    def alive(self) -> datetime | None:
        """The latest sign of life (UTC) of a monitor that serves this ledger; None: there never was one."""

    def memory(self) -> Memory:
        """What alerting remembers, as it was written last."""

    def write(self, batch: Batch) -> None: ...

    # -- deliveries

    def pending(self, channel: str | None = None, limit: int = 1000) -> Sequence[Delivery]:
        """In the order in which they were written; where there are more than `limit`, those that may go first."""

    def had(self, notices: Sequence[str], channels: Sequence[str]) -> Mapping[str, str]:
        """Which of these notices, by key, were delivered on one of these channels, and on which."""

    def awaited(self) -> frozenset[str]:
        """Channels for which something is pending, configured or not."""

    def latest(self, channel: str | None = None, limit: int = 1000) -> Sequence[Delivery]:
        """Whatever became of them, the latest first."""

    def settle(
        self,
        ids: Sequence[int],
        fate: Fate,
        at: datetime,
        problem: str = "",
        orders: Sequence[Ordered] = (),
        retold: Mapping[int, Notice] = _NONE,
    ) -> None:
        """`orders`: what that gives rise to, in the same transaction; `retold`: others that go as this, by the same key."""

    def again(self, id_: int, not_before: datetime, problem: str) -> None:
        """A try failed, and there is to be another."""

    def rename(self, former: str, channel: str, at: datetime) -> None:
        """What waits for the former name of a channel waits for it by its name now. What it has already is merged."""

    def order(self, orders: Sequence[Ordered], at: datetime) -> None:
        """Notices that deliveries themselves give rise to. What was ordered before, by its key, is not again."""

    # -- what people do; each is written with its line of the audit log

    def acks(self) -> Sequence[Ack]: ...

    def ack(self, ack: Ack) -> None: ...

    def unack(self, agencies: Sequence[str], act: Act | None = None) -> None:
        """Whoever is back needs none; `act` where a person took it back."""

    def windows(self) -> Sequence[Window]: ...

    def open_window(self, window: Window, act: Act) -> None: ...

    def close_window(self, id_: str, act: Act) -> None:
        """One that is not there is left alone, and nothing is said of it in the audit log."""

    def act(self, act: Act) -> None:
        """One line of the audit log, for what changes nothing here."""

    def acts(self, limit: int = 100) -> Sequence[Act]:
        """The latest first."""

    # -- keeping it small

    def prune(self, before: datetime, portion: int = 1000) -> int:
        """Forget what was settled, or changed, or done earlier; at most `portion` of each kind. How many it were."""

    def close(self) -> None: ...
