"""What one look has met so far: shared by its trip under all terms, and read by who made it when it has ended."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from probes import Fact, Heard, Reason, Trouble
from probes._net.address import Address
from probes._net.cookies import Jar
from probes._net.faults import Fault
from probes._net.phases import Phases

_TIMEOUTS = {
    "resolve": (Reason.TIMEOUT_RESOLVE, "resolving the name took too long"),
    "connect": (Reason.TIMEOUT_CONNECT, "connecting took too long"),
    "tls": (Reason.TIMEOUT_TLS, "the TLS handshake took too long"),
    "processing": (Reason.TIMEOUT_RESPONSE, "no answer began in time"),
    "transfer": (Reason.TIMEOUT_BODY, "the answer did not end in time"),
}


class Place(Protocol):
    """One of the places for looks under way, held by this look."""

    def leave(self) -> None: ...

    async def enter(self) -> None: ...


class Course:
    """Where a look is, what it knows, and what it has cost."""

    __slots__ = (
        "_noted",
        "_place",
        "addresses",
        "heard",
        "host",
        "jar",
        "known",
        "limit",
        "meaning",
        "ours",
        "phases",
        "redirects",
        "troubles",
        "waited",
        "waits_for",
    )

    def __init__(self, limit: asyncio.Timeout | None, place: Place | None = None, heard: Heard | None = None) -> None:
        self.limit = limit  # of the look; stands still while politeness makes it wait
        self.heard = heard  # of what is pushed to the monitor
        self._place = place
        self.host = ""  # being asked, or asked last
        self.phases = Phases()
        self.redirects = -1  # followed so far; less than none while no page was asked for
        self._noted: tuple[Mapping[str, Fact], ...] = ()
        self.jar = Jar()
        self.addresses: Mapping[tuple[str, int, bool], tuple[Address, ...]] | None = None  # each resolved once per look
        self.waited = 0.0  # seconds, out of politeness
        self.troubles: tuple[Reason, ...] = ()  # every one met, those a probe took for an answer too
        self.known: Trouble | None = None  # found, while evidence is still being gathered
        self.meaning: Callable[[], Trouble] | None = None  # of a limit that runs out now, as who looks has it
        self.waits_for = ""  # key of what another trip does for all
        self.ours = ""  # what of ours is being asked: the proxy, the resolver

    def note(self, facts: Mapping[str, Fact]) -> None:
        """Kept as it is till somebody asks: most are the same for many looks, and a look that waits holds none of its own."""
        if facts:
            self._noted = (*self._noted, facts)

    @property
    def facts(self) -> dict[str, Fact]:
        """Of all that was noted; what was noted later holds."""
        facts: dict[str, Fact] = {"redirects": self.redirects} if self.redirects >= 0 else {}
        for noted in self._noted:
            facts |= noted
        return facts

    def trouble(self, fault: Fault) -> Trouble:
        """What went wrong is the trouble of the host that is being asked."""
        self.troubles = (*self.troubles, fault.reason)
        return Trouble(fault.reason, self.host, fault.detail, **fault.facts)

    def timeout(self) -> Trouble:
        """What it means that the look's limit ran out now."""
        if self.meaning:
            return self.meaning()
        if self.known:
            return self.known
        reason, detail = _TIMEOUTS.get(self.phases.current or "processing", _TIMEOUTS["processing"])
        if self.ours:
            return Trouble(Reason.OFFLINE, self.host, f"{self.ours}: {detail}")
        return Trouble(reason, self.host, detail)

    async def aside(self, seconds: float) -> None:
        """A wait that is ours: the look's limit stands still meanwhile, and its place is free for others."""
        held = self._hold()
        try:
            await self._without_place(seconds)
        finally:
            self._go_on(*held)

    @contextlib.contextmanager
    def still(self) -> Iterator[None]:
        """Also a wait that is ours, but the look keeps its place: what it waits for would be no nearer for others."""
        held = self._hold()
        try:
            yield
        finally:
            self._go_on(*held)

    def _hold(self) -> tuple[float, float | None, str | None]:
        """When it began, when the limit was to run out, and the phase it was in, which does not grow either."""
        phase, ends = self.phases.current, self.limit.when() if self.limit else None
        self.phases.leave()
        if self.limit and ends is not None:
            self.limit.reschedule(None)
        return asyncio.get_running_loop().time(), ends, phase

    def _go_on(self, began: float, ends: float | None, phase: str | None) -> None:
        waited = asyncio.get_running_loop().time() - began
        self.waited += waited
        if self.limit and ends is not None:
            self.limit.reschedule(ends + waited)
        if phase:
            self.phases.enter(phase)

    async def _without_place(self, seconds: float) -> None:
        if self._place is None:
            await asyncio.sleep(seconds)
            return
        self._place.leave()
        try:
            await asyncio.sleep(seconds)
        finally:
            await self._place.enter()  # also for who was cancelled: whoever gave it the place takes it back
