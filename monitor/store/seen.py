"""What is remembered of one watch, packed: there may be a hundred thousand of them, each looked at every minute.

A record is never changed, only replaced. So whoever holds some of them holds a picture of one instant, and a record
that is still the same object has had no look since.
"""

import math
from collections.abc import Hashable, Iterable, Mapping
from datetime import UTC, datetime
from struct import pack, unpack, unpack_from
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

from monitor.judge import NOT_ABOUT_THE_AGENCY
from monitor.model import Result, State, Watch
from probes import Fact, Observation, Reason, Status

T = TypeVar("T", bound=Hashable)

SET_BACK = 600.0  # seconds; a look so much older than the last one taken means that the clock was set back
_AT_ONCE = 4096  # values that are shared; what comes from far must not gather here


class Shared:
    """One object for equal values that many records hold."""

    def __init__(self) -> None:
        self._held: dict[Hashable, Hashable] = {}

    def one(self, value: T) -> T:
        if len(self._held) >= _AT_ONCE:
            self._held.clear()
        return self._held.setdefault(value, value)  # type: ignore[return-value]  # what is equal is of the same type


class Facts(tuple[Any, ...]):
    """Names, then a value for each: looks of one kind share the tuple of names."""

    __slots__ = ()

    @property
    def names(self) -> tuple[str, ...]:
        names: tuple[str, ...] = self[0]
        return names

    def get(self, name: str) -> Fact | None:
        found: Fact | None = self[self[0].index(name) + 1] if name in self[0] else None
        return found

    def number(self, name: str) -> float | None:
        value = self.get(name)
        return None if value is None or isinstance(value, str) else float(value)

    def items(self) -> Iterable[tuple[str, Fact]]:
        return zip(self[0], self[1:], strict=True)


class Times(NamedTuple):
    """How many looks were made, and of the latest, in seconds, the first three since 1970.

    `looks` lies in one row of bytes with the others: beyond 256, an int of its own would take 32 bytes a watch. `made` is
    NaN before the first look that said something of the agency.
    """

    looks: float
    due: float
    started: float
    made: float
    took: float


_NO_TIMES = pack("5d", 0.0, math.nan, math.nan, math.nan, math.nan)
_NO_FACTS = Facts(((),))
_NO_FAILURES: Mapping[Reason, int] = MappingProxyType({})


class Alike(NamedTuple):
    """What looks at many watches have in common."""

    reason: Reason = Reason.OK
    detail: str = ""
    vantage: str = ""
    phases: tuple[str, ...] = ()


_NO_LOOK = Alike()


class Seen(NamedTuple):
    """One watch and what its looks came to. A tuple, since one is made at every look: a dataclass takes four times as long."""

    watch: Watch  # as planned now
    state: State | None = None
    failures: Mapping[Reason, int] = _NO_FAILURES
    look: Alike = _NO_LOOK  # this and what follows mean nothing before the first look
    facts: Facts = _NO_FACTS
    known: Facts = _NO_FACTS  # the latest value of each fact, of whichever look
    numbers: bytes = b""  # Times, then seconds in each of the phases; empty before the first look
    by: Watch | None = None  # as it was planned when it was looked at
    others: tuple[tuple[str, float], ...] = ()  # other vantages, and the due instants of their latest looks

    @property
    def looks(self) -> int:
        return int(self.times().looks)

    @property
    def reason(self) -> Reason:
        return self.look.reason

    def is_news(self, result: Result) -> bool:
        check = self.watch.check
        if check is not result.watch.check and check != result.watch.check:  # begun before a reload that changed it
            return False
        due, last = result.due.timestamp(), self._due(result.vantage)
        return last is None or due > last or last - due > SET_BACK

    def _due(self, vantage: str) -> float | None:
        if self.numbers and vantage == self.look.vantage:
            return self.times().due
        return dict(self.others).get(vantage)

    def times(self) -> Times:
        return Times._make(unpack_from("5d", self.numbers or _NO_TIMES))

    def made(self) -> float | None:
        """When the latest look began that said something of the agency."""
        made = self.times().made
        return None if math.isnan(made) else made

    def in_phases(self) -> Mapping[str, float]:
        """Seconds in each phase of the latest look."""
        phases = self.look.phases
        return dict(zip(phases, unpack(f"{len(phases)}d", self.numbers[40:]), strict=True))

    def result(self) -> Result | None:
        """The latest look as it came in; None before the first."""
        if not self.numbers:
            return None
        times = self.times()
        return Result(
            watch=self.by or self.watch,
            vantage=self.look.vantage,
            due=moment(times.due),
            started=moment(times.started),
            seconds=times.took,
            observation=Observation(
                reason=self.look.reason,
                detail=self.look.detail,
                facts=dict(self.facts.items()),
            ),
            phases=self.in_phases(),
        )

    def after(self, result: Result, state: State, shared: Shared) -> "Seen":
        """The record with one look more; what the look found again is kept, so that it is held once."""
        found, vantage = result.observation, result.vantage
        facts = _facts(self.facts, found.facts, shared)
        look = (found.reason, found.detail, vantage, tuple(result.phases))
        return Seen(
            self.watch,
            state,
            self.failures if found.status is Status.OK else _one_more(self.failures, found.reason),
            self.look if look == self.look else shared.one(Alike._make(look)),
            facts,
            self.known if facts is self.facts else _known(self.known, facts, shared),
            self._numbers(result),
            result.watch,
            self.others if vantage == self.look.vantage else self._others(vantage),
        )

    def _numbers(self, result: Result) -> bytes:
        looks, _, _, made, _ = unpack_from("5d", self.numbers or _NO_TIMES)
        started, phases = result.started.timestamp(), result.phases
        if result.observation.reason not in NOT_ABOUT_THE_AGENCY:
            made = started
        times = (looks + 1, result.due.timestamp(), started, made, result.seconds)
        return pack(f"{5 + len(phases)}d", *times, *phases.values())

    def _others(self, vantage: str) -> tuple[tuple[str, float], ...]:
        """The vantages but this one, with the one that looked last."""
        held = dict(self.others) | ({self.look.vantage: self.times().due} if self.numbers else {})
        return tuple((name, due) for name, due in held.items() if name != vantage)


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _one_more(failures: Mapping[Reason, int], reason: Reason) -> Mapping[Reason, int]:
    return {**failures, reason: failures.get(reason, 0) + 1}


def _facts(before: Facts, found: Mapping[str, Fact], shared: Shared) -> Facts:
    facts = Facts((tuple(found), *found.values()))
    if facts == before:
        return before
    return Facts(
        (shared.one(facts.names), *(shared.one(value) if type(value) is str else value for value in facts[1:]))
    )


def _known(known: Facts, found: Facts, shared: Shared) -> Facts:
    """What was known and what was found; only numbers are asked for of what is not in the latest look."""
    if known.names is found.names or set(known.names) <= set(found.names):
        return found
    merged = dict(known.items()) | dict(found.items())
    return _facts(known, {name: value for name, value in merged.items() if not isinstance(value, str)}, shared)
