"""What one look has met so far: shared by its trip under all terms, and read by who made it when it has ended."""

import asyncio

from probes import Fact, Reason, Trouble
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


class Course:
    """Where a look is, what it knows, and what it has cost."""

    __slots__ = (
        "addresses",
        "facts",
        "host",
        "jar",
        "known",
        "limit",
        "ours",
        "phases",
        "troubles",
        "waited",
        "waits_for",
    )

    def __init__(self, limit: asyncio.Timeout | None) -> None:
        self.limit = limit  # of the look; moves when politeness makes it wait
        self.host = ""  # being asked, or asked last
        self.phases = Phases()
        self.facts: dict[str, Fact] = {}
        self.jar = Jar()
        self.addresses: dict[tuple[str, int], tuple[Address, ...]] = {}  # resolved once per look
        self.waited = 0.0  # seconds, out of politeness
        self.troubles: tuple[Reason, ...] = ()  # every one met, those a probe took for an answer too
        self.known: Trouble | None = None  # found, while evidence is still being gathered
        self.waits_for = ""  # key of what another trip does for all
        self.ours = ""  # what of ours is being asked: the proxy, the resolver

    def trouble(self, fault: Fault) -> Trouble:
        """What went wrong is the trouble of the host that is being asked."""
        self.troubles = (*self.troubles, fault.reason)
        return Trouble(fault.reason, self.host, fault.detail, **fault.facts)

    def timeout(self) -> Trouble:
        """What it means that the look's limit ran out now."""
        if self.known:
            return self.known
        reason, detail = _TIMEOUTS.get(self.phases.current or "processing", _TIMEOUTS["processing"])
        if self.ours:
            return Trouble(Reason.OFFLINE, self.host, f"{self.ours}: {detail}")
        return Trouble(reason, self.host, detail)

    def wait(self, seconds: float) -> None:
        """A wait that is ours: the look's limit moves with it."""
        self.waited += seconds
        if self.limit and (when := self.limit.when()) is not None:
            self.limit.reschedule(when + seconds)
