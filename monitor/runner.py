"""Runs one check once. The only place where an error becomes an observation, and where it is decided whose it is."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from types import MappingProxyType

import structlog

from monitor.model import Level, Result, Watch
from probes import Fact, Heard, Observation, Reason, Status, Target, Trouble
from probes._hosts import plain_host, under
from probes._net.course import Place
from probes._net.network import Network
from probes._net.trip import Trip

log = structlog.get_logger()

# Troubles that a broken link of our own looks like.
MAYBE_OURS = frozenset(
    {
        Reason.DNS_NO_NAME,
        Reason.DNS_TROUBLE,
        Reason.REFUSED,
        Reason.RESET,
        Reason.UNREACHABLE,
        Reason.TIMEOUT_RESOLVE,
        Reason.TIMEOUT_CONNECT,
        Reason.TIMEOUT_TLS,
        Reason.TIMEOUT_RESPONSE,
        Reason.TIMEOUT_BODY,
        Reason.HEARTBEAT_MISSING,  # where nothing of ours gets out, nothing of theirs may get in
    }
)

# Found without asking anybody, and no trouble of the way out.
SILENCE = frozenset({Reason.HEARTBEAT_MISSING})

# And what dead name servers of our own look like.
MAYBE_OUR_NAMES = frozenset({Reason.DNS_TROUBLE, Reason.TIMEOUT_RESOLVE})

# Of a look that found the way out of all looks down; a probe's own `offline` is about one way, such as one family.
LINK_DOWN: Mapping[str, Fact] = MappingProxyType({"link": "down"})

Down = Callable[[Iterable[str]], tuple[str, str] | None]
Hear = Callable[[tuple[str, str]], Heard | None]


def _nothing(_: tuple[str, str]) -> None:
    """Where nobody listens."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Runner:
    """Looks through `network`; `down` tells which of some national systems is held to be down, and why."""

    def __init__(
        self,
        network: Network,
        down: Down,
        *,
        vantage: str = "local",
        place: Place | None = None,
        hear: Hear = _nothing,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        """Who calls `look` holds one of the places; a look gives it back while politeness makes it wait.

        `hear` gives what was pushed for an agency and a check, where something is listened for.
        """
        self._network = network
        self._hear = hear
        self._place = place
        self._down = down
        self._now = now
        self._vantage = vantage

    async def look(self, watch: Watch, due: datetime) -> Result:
        """One look; always returns a result, raises only when cancelled."""
        started, clock = self._now(), time.perf_counter()
        trip = self._network.trip(place=self._place, heard=self._hear(watch.key))
        observation = self._spared(watch) or await self._observe(watch, trip)
        return Result(
            watch=watch,
            vantage=self._vantage,
            due=due,
            started=started,
            # Waiting for one's turn at a host is the monitor's manners and not the agency's slowness.
            seconds=max(0.0, time.perf_counter() - clock - trip.waited),
            observation=Observation(
                reason=observation.reason, detail=observation.detail, facts={**trip.facts, **observation.facts}
            ),
            phases=dict(trip.phases),
        )

    def _spared(self, watch: Watch) -> Observation | None:
        """A look that needs a system which is down would only add to its load and say nothing of the agency."""
        down = self._down(watch.check.depends_on)
        if down is None:
            return None
        code, why = down
        return Observation(reason=Reason.UPSTREAM, detail=f"{code} is down: {why}")

    async def _observe(self, watch: Watch, trip: Trip) -> Observation:
        try:
            return await self._judged(watch, trip)
        except Exception as error:
            log.exception("probe_bug", agency=watch.agency.code, check=watch.check.name)
            return Observation(reason=Reason.BUG, detail=f"{type(error).__name__} in the probe; see the log")

    async def _judged(self, watch: Watch, trip: Trip) -> Observation:
        met: tuple[Reason, ...] = ()
        try:
            observation = await self._within(watch, trip)
            met = tuple({observation.reason} & SILENCE)
        except Trouble as trouble:
            met = (trouble.reason,)
            observation = _blamed(trouble, watch.target)
        ours = await self._ours({*trip.troubles, *met})
        return Observation(reason=Reason.OFFLINE, detail=ours, facts=LINK_DOWN) if ours else observation

    async def _ours(self, met: AbstractSet[Reason]) -> str:
        """What of our own is down that these troubles may come from; empty where nothing is."""
        if met & MAYBE_OURS and not await self._network.online():
            return "no control target answers: our own way out is down"
        if met & MAYBE_OUR_NAMES and not await self._network.names_answer():
            return "none of the system's name servers answers"
        if Reason.DNS_NO_NAME in met and not await self._network.names_known():
            return "no name of the national systems is known to our own name servers"
        return ""

    async def _within(self, watch: Watch, trip: Trip) -> Observation:
        try:
            async with asyncio.timeout(watch.check.timeout.total_seconds()) as limit:
                trip.limited(limit)
                return await watch.check.probe.look(watch.target, trip)
        except TimeoutError:
            if not limit.expired():
                raise
            raise trip.timeout_trouble() from None


def _blamed(trouble: Trouble, target: Target) -> Observation:
    """Whose host failed decides whose trouble it is: an agency answers for its own and not for a national system."""
    ours = LINK_DOWN if trouble.reason is Reason.OFFLINE else {}
    facts = {**trouble.facts, **ours, "trouble_host": trouble.host}
    detail = f"{trouble.host}: {trouble.detail}"
    if (
        trouble.reason.status is Status.UNKNOWN
    ):  # the proxy, the resolver, what is shared: whoever was asked is innocent
        return Observation(reason=trouble.reason, detail=detail, facts=facts)
    host = trouble.host.lower()
    if host in target.guessed and trouble.reason in (Reason.DNS_NO_NAME, Reason.DNS_NO_ADDRESS):
        return Observation(reason=Reason.HOST_UNSURE, detail=f"{detail}; the host was only ever guessed", facts=facts)
    if target.level == Level.NATIONAL or under(host, target.hosts):
        return Observation(reason=trouble.reason, detail=detail, facts=facts)
    if under(host, target.national_hosts):
        detail = f"{trouble.host}, a national system, failed ({trouble.reason}): {trouble.detail}"
        return Observation(reason=Reason.UPSTREAM, detail=detail, facts=facts)
    if under(host, map(plain_host, target.former_doors)):
        # A door that hangs takes the whole look's time; it is neither open nor known to be shut.
        detail = f"{trouble.host}, a former door, failed ({trouble.reason}): {trouble.detail}"
        return Observation(reason=Reason.DOOR_UNCLEAR, detail=detail, facts=facts)
    return Observation(reason=trouble.reason, detail=detail, facts=facts)
