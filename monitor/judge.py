"""Turns looks into the state of one check. Pure: no clock, no I/O; the order of the looks is all that counts.

A state turns when enough looks since it last turned agree against it. Looks that could not be made are neither good
nor bad: they are passed over when good and bad ones are counted, and have a patience of their own. A look that failed
because of a national system or of our own way out says nothing of the agency and leaves its state as it is.

What turned is dated by the first of the looks in a row that turned it, not by the one that made us sure: people are told
since when it was so.

While looks disagree with the state they come closer together, so that many can agree soon: see `sooner`.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

from monitor.model import Check, Doubt, Doubted, Result, State
from probes import Observation, Reason, Status

NOT_ABOUT_THE_AGENCY = frozenset({Reason.UPSTREAM, Reason.PROVIDER_ERROR, Reason.OFFLINE})
CLOSEST = timedelta(seconds=15)  # of two looks at one watch: manners, whatever the period is


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`looks` of the last `of` must agree; equal numbers mean so many in a row."""

    looks: int
    of: int

    def __post_init__(self) -> None:
        if not 1 <= self.looks <= self.of <= 100:
            raise ValueError(f"{self.looks} of {self.of}: want 1 <= looks <= of <= 100")


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How much it takes to change the monitor's mind, by what it would be changed to.

    `confirm`: looks in a period while they disagree with the state; 1 keeps the rhythm. The defaults are chosen from
    the table "Accuracy under noise" in bench/RESULTS.md.
    """

    fail: Row = field(default_factory=lambda: Row(looks=6, of=6))
    recover: Row = field(default_factory=lambda: Row(looks=3, of=3))
    unknown: Row = field(default_factory=lambda: Row(looks=5, of=5))
    confirm: int = 4

    def before(self, status: Status) -> Row:
        if status is Status.UNKNOWN:
            return self.unknown
        return self.recover if status is Status.OK else self.fail

    @property
    def memory(self) -> int:
        """Looks to remember: unknown ones may lie between the ones that count, fewer than would turn the state."""
        return max(self.fail.of, self.recover.of) * self.unknown.of


def judge(before: State | None, result: Result, patience: Patience) -> State:
    """The state after `result`; `since` differs from before exactly when the status turned."""
    seen = result.observation
    if seen.reason in NOT_ABOUT_THE_AGENCY:
        return before or _turned(result, result.started, recent=())
    if before is None or not before.recent:  # the first look that says anything needs no patience
        return _turned(result, result.started, recent=_row(seen.status, 1))
    recent = _longer(before.recent, seen.status, patience.memory)
    if seen.status is before.status:
        return _held(before, seen.reason, seen.detail, recent)
    doubt = _doubt(before, result)
    if _convinced(recent, seen, patience.before(seen.status)):
        since = doubt.since if doubt.status is seen.status else result.started
        # The clock may have been put back since the first of them.
        return _turned(result, min(since, result.started), recent=_row(seen.status, 1))
    return Doubted(
        status=before.status,
        since=before.since,
        reason=before.reason,
        detail=before.detail,
        recent=recent,
        doubt=doubt,
    )


def sooner(held: State, result: Result, patience: Patience) -> datetime | None:
    """When to look again, where that is before the watch's next turn: after a look that disagrees with what is held.

    Told by the look's due instant alone, so that replicas agree. A look that could not be made asks for no other: who
    blocks us, or is blamed for nothing, is not asked more often; nor does a refused login, which may lock an account.
    """
    seen = result.observation
    if seen.status in (held.status, Status.UNKNOWN) or seen.reason is Reason.LOGIN_REFUSED:
        return None
    every, parts = result.watch.check.every, _parts(result.watch.check, patience.confirm)
    return result.due + every / parts if parts > 1 else None


def _parts(check: Check, confirm: int) -> int:
    """Of the period, equal ones: none so short that a look may not have ended, or is told what the last one was told."""
    shared = timedelta(seconds=getattr(check.probe, "max_age", 0))  # for which a kind's looks share one answer
    least = timedelta(seconds=getattr(check.probe, "least_every", 0))  # what the kind itself allows
    return min(confirm, check.every // max(CLOSEST, 2 * check.timeout, shared, least))


def _longer(recent: tuple[Status, ...], status: Status, memory: int) -> tuple[Status, ...]:
    if recent.count(status) == len(recent):
        return _row(status, min(len(recent) + 1, memory))
    return (*recent, status)[-memory:]


@cache
def _row(status: Status, looks: int) -> tuple[Status, ...]:
    """One object for equal rows: nearly all of a hundred thousand states have the same past."""
    return (status,) * looks


def _doubt(before: State, result: Result) -> Doubt:
    """Looks that could not be made lie between those that count; they are no doubt of their own once there is one."""
    seen = result.observation.status
    if isinstance(before, Doubted) and seen in (before.doubt.status, Status.UNKNOWN):
        return before.doubt
    return Doubt(seen, result.started)


def _held(before: State, reason: Reason, detail: str, recent: tuple[Status, ...]) -> State:
    """The same state, in no doubt; the same object where nothing is new, which is most of the time."""
    same = recent == before.recent and reason is before.reason and detail == before.detail
    if same and not isinstance(before, Doubted):
        return before
    return State(status=before.status, since=before.since, reason=reason, detail=detail, recent=recent)


def _convinced(recent: tuple[Status, ...], seen: Observation, row: Row) -> bool:
    if seen.status is not Status.UNKNOWN:
        recent = tuple(status for status in recent if status is not Status.UNKNOWN)
    return recent[-row.of :].count(seen.status) >= row.looks


def _turned(result: Result, since: datetime, recent: tuple[Status, ...]) -> State:
    seen = result.observation
    return State(status=seen.status, since=since, reason=seen.reason, detail=seen.detail, recent=recent)
