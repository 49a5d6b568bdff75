"""The way out of one process: its name servers, routes, TLS settings and manners, shared by all its trips."""

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable, Sequence
from importlib.metadata import version
from time import monotonic
from typing import TypeVar

from probes import Reason, Way
from probes._net import resolve
from probes._net.faults import Fault
from probes._net.guard import address_fault
from probes._net.line import connect
from probes._net.pace import Pace
from probes._net.route import Routes, endpoint, patterns
from probes._net.settings import NetworkSettings
from probes._net.shared import Shared
from probes._net.tls import Contexts
from probes._net.trip import Trip

T = TypeVar("T")

_SHARED_CAP = 60.0  # seconds for what many wait for; each of them has a limit of its own besides
_CONTROL_CAP = 3.0  # seconds for a control target to take a connection
_CONTROL_KEPT = 10.0  # seconds that the answer of `online` holds


class Network:
    """One per process and event loop. Make it inside the loop, and close it there."""

    def __init__(self, settings: NetworkSettings) -> None:
        """Raises ValueError for a route, name server or control target that is not ADDRESS:PORT."""
        self.settings = settings
        self.contexts = Contexts(settings.ca_file)
        self.pace = Pace(settings.requests_per_second, monotonic)
        self.headers = _headers(settings.contact)
        self._routes = Routes(settings.connect_to)
        self._internal = frozenset(host.lower() for host in settings.internal_hosts)
        self._control = [endpoint(target) for target in settings.control]
        self._resolver = _resolver(settings)
        self._shared = Shared(monotonic)
        self._sharing: dict[str, Trip] = {}  # key -> the trip that is under way for all

    def trip(self, limit: asyncio.Timeout | None = None) -> Trip:
        """The way out for one look; `limit` is the look's, and moves when we make it wait out of politeness."""
        return Trip(self, limit)

    async def online(self) -> bool:
        """Whether our own way out works: any of the control targets takes a connection. True when there are none."""
        if not self._control:
            return True
        return await self._shared.get("online", _CONTROL_KEPT, self._any_control)

    async def close(self) -> None:
        await self._shared.close()
        await self._resolver.close()

    async def addresses(self, host: str, port: int) -> tuple[tuple[str, ...], int]:
        """Where to connect for this host and port, guarded; raises `Fault`. For trips."""
        found, led, routed = await self._where(host, port)
        if not routed:
            self._guard(host, found)
        return found, led

    def _guard(self, host: str, found: Sequence[str]) -> None:
        internal = any(pattern in self._internal for pattern in patterns(host))
        for address in found:
            if fault := address_fault(address, internal=internal):
                raise Fault(Reason.FORBIDDEN_ADDRESS, f"leads to a forbidden address: {fault}")

    async def shared(self, key: str, seconds: float, work: Callable[[Way], Awaitable[T]]) -> T:
        """What `work` gives on a trip of its own. For trips."""
        return await self._shared.get(f"look {key}", seconds, lambda: self._for_all(key, work))

    def sharing(self, key: str) -> Trip | None:
        """The trip that is now made for all who want `key`. For trips."""
        return self._sharing.get(key)

    async def _for_all(self, key: str, work: Callable[[Way], Awaitable[T]]) -> T:
        trip: Trip | None = None
        try:
            async with asyncio.timeout(_SHARED_CAP) as limit:
                trip = self._sharing[key] = self.trip(limit)
                return await work(trip)
        except TimeoutError:
            if trip is None or not limit.expired():
                raise
            raise trip.timeout_trouble() from None
        finally:
            self._sharing.pop(key, None)

    async def _where(self, host: str, port: int) -> tuple[tuple[str, ...], int, bool]:
        """Addresses and port, and whether configuration leads there."""
        literal = _is_address(host)
        if not literal:
            resolve.check(host)
        if routed := self._routes.find(host, port):
            return (routed[0],), routed[1], True
        return (host,) if literal else await self._resolver.addresses(host), port, False

    async def _any_control(self) -> bool:
        attempts = [asyncio.ensure_future(self._reaches(host, port)) for host, port in self._control]
        try:
            for attempt in asyncio.as_completed(attempts):
                if await attempt:
                    return True
            return False
        finally:
            for attempt in attempts:
                attempt.cancel()
            await asyncio.gather(*attempts, return_exceptions=True)

    async def _reaches(self, host: str, port: int) -> bool:
        """Control targets are the operator's own choice, so no guard stands before them."""
        try:
            async with asyncio.timeout(_CONTROL_CAP):
                found, led, _ = await self._where(host, port)
                sock, _ = await connect(found, led)
        except (Fault, TimeoutError):
            return False
        sock.close()
        return True


def _headers(contact: str) -> Sequence[tuple[str, str]]:
    return (
        ("User-Agent", f"npsp-monitor/{version('npsp-monitor')} (+{contact})"),
        ("Accept", "text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.8"),
        ("Accept-Language", "vi"),
        ("Accept-Encoding", "gzip, deflate"),
        ("Connection", "close"),
    )


def _resolver(settings: NetworkSettings) -> resolve.Resolver:
    if settings.resolver:
        return resolve.NameServers(settings.resolver)
    return resolve.SystemResolver(settings.in_flight)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
