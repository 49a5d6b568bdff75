"""The way out of one process: its name servers, routes, TLS engines and manners, shared by all its trips."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from time import monotonic
from typing import TypeVar

from probes import Heard, Reason, Way
from probes._net import resolve
from probes._net.address import Address, address, is_address
from probes._net.course import Course, Place
from probes._net.engines import Engines
from probes._net.faults import Fault
from probes._net.guard import address_fault, name_fault
from probes._net.name_servers import NameServers
from probes._net.pace import Pace
from probes._net.phases import Phases
from probes._net.route import Routes, endpoint, patterns
from probes._net.settings import NetworkSettings
from probes._net.shared import Shared
from probes._net.trip import Trip
from probes._net.wire import Knock, Wire

T = TypeVar("T")

_SHARED_CAP = 60.0  # seconds for what many wait for; each of them has a limit of its own besides
_CONTROL_CAP = 3.0  # seconds for a control target to take a connection
_HTTPS = 443
_CONTROL_KEPT = 1.0  # seconds that the answer of `online` holds: polite, and hardly older than the trouble
_MOST_ADDRESSES = 8  # of one name that are tried
_THREADS = 1024  # at most, for the system's resolver; one whose look was cut off is still busy for a while
_MANY = 100_000  # addresses kept with the verdict on them


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Network:
    """One per process and event loop. Make it inside the loop, and close it there."""

    def __init__(
        self,
        settings: NetworkSettings,
        clock: Callable[[], float] = monotonic,
        system: Callable[[], tuple[str, ...]] = resolve.of_the_system,
        now: Callable[[], datetime] | None = None,
    ) -> None:
        """`system` names its name servers; `now`, UTC, is a drill's clock in place of the system's. ValueError for a route, name server or control target that is no ADDRESS:PORT."""
        self.settings = settings
        self.now = now or _utc_now
        self.engines = Engines(settings, now)
        self.pace = Pace(settings.requests_per_second, clock)
        self.headers = _headers(settings.contact)
        self._routes = Routes(settings.connect_to)
        self._internal = frozenset(host.lower() for host in settings.internal_hosts)
        self._control = [endpoint(target) for target in settings.control]
        self._resolver = _resolver(settings)
        self._system = system
        self._shared = Shared(_seconds_of(now) if now else clock)
        self._sharing: dict[str, Trip] = {}  # key -> the trip that is under way for all
        self._led: dict[tuple[str, int], Address] = {}  # to which configuration leads
        self._fit: dict[tuple[str, int, bool], Address] = {}  # found fit to be asked, by hosts that are internal or not

    def trip(
        self, limit: asyncio.Timeout | None = None, place: Place | None = None, heard: Heard | None = None
    ) -> Trip:
        """The way out for one look; while politeness makes it wait, its limit stands still and its place is free."""
        return Trip(self, Course(limit, place, heard))

    @property
    def name_servers(self) -> tuple[str, ...]:
        return self.settings.resolver or self._system()

    async def online(self) -> bool:
        """Whether our own way out works: any of the control targets takes a connection. True when there are none."""
        if not self._control:
            return True
        return await self._shared.get("online", _CONTROL_KEPT, self._any_control)

    async def names_answer(self) -> bool:
        """Whether the system's name servers say anything; those that are configured are watched at every question."""
        if self.settings.resolver or not self._system():
            return True
        return await self._shared.get("names", _CONTROL_KEPT, NameServers(self._system()).alive)

    async def names_known(self) -> bool:
        """Whether the name servers know any of the names that exist: some know those of one's own network only."""
        if not self.settings.known_names or self.settings.proxy:
            return True
        return await self._shared.get("known names", _CONTROL_KEPT, self._any_known)

    async def close(self) -> None:
        await self._shared.close()
        await self._resolver.close()

    async def addresses(self, host: str, port: int, course: Course, *, guarded: bool = True) -> tuple[Address, ...]:
        """Where to connect for this host and port; raises `Fault`. For connections."""
        literal = is_address(host)
        if not literal:
            resolve.check(host)
        if routed := self._routes.find(host, port):
            return (self._led.get(routed) or self._led.setdefault(routed, address(*routed)),)
        found = ((host,) if literal else await self._resolver.addresses(host, course))[:_MOST_ADDRESSES]
        if not guarded:
            return tuple(address(text, port) for text in found)
        return tuple(self._guarded(host, text, port) for text in found)

    async def shared(self, key: str, seconds: float, work: Callable[[Way], Awaitable[T]]) -> T:
        """What `work` gives on a trip of its own. For trips."""
        return await self._shared.get(f"look {key}", seconds, lambda: self._for_all(key, work))

    def sharing(self, key: str) -> Trip | None:
        """The trip that is now made for all who want `key`. For trips."""
        return self._sharing.get(key)

    def check_for_proxy(self, host: str) -> None:
        """What can be guarded of a host that a proxy resolves: not its addresses. Raises `Fault`. For connections."""
        internal = any(pattern in self._internal for pattern in patterns(host))
        literal = is_address(host)
        if not literal:
            resolve.check(host)
        fault = address_fault(host, internal=internal) if literal else name_fault(host)
        if fault and (literal or not internal):
            raise Fault(Reason.FORBIDDEN_ADDRESS, f"leads to a forbidden address: {fault}")

    def _guarded(self, host: str, text: str, port: int) -> Address:
        internal = bool(self._internal) and any(pattern in self._internal for pattern in patterns(host))
        fit = self._fit.get((text, port, internal))
        if fit is None:
            if fault := address_fault(text, internal=internal):
                raise Fault(Reason.FORBIDDEN_ADDRESS, f"leads to a forbidden address: {fault}")
            if len(self._fit) >= _MANY:
                self._fit.clear()
            fit = self._fit[text, port, internal] = address(text, port)
        return fit

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

    async def _any_known(self) -> bool:
        for name in self.settings.known_names:
            with contextlib.suppress(Fault, TimeoutError):
                async with asyncio.timeout(_CONTROL_CAP):
                    return bool(await self.addresses(name, _HTTPS, Course(None), guarded=False))
        return False

    async def _reaches(self, host: str, port: int) -> bool:
        """Control targets are the operator's own choice, so no guard stands before them."""
        try:
            async with asyncio.timeout(_CONTROL_CAP):
                wire = Wire(await self.addresses(host, port, Course(None), guarded=False), Phases())
                knock = Knock()
                try:
                    wire.open(knock)
                    return await knock.answer
                finally:
                    wire.close()
        except (Fault, TimeoutError):
            return False


def _seconds_of(now: Callable[[], datetime]) -> Callable[[], float]:
    return lambda: now().timestamp()


def _headers(contact: str) -> Sequence[tuple[str, str]]:
    return (
        ("User-Agent", f"npsp-monitor/{version('npsp-monitor')} (+{contact})"),
        ("Accept", "text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.8"),
        ("Accept-Language", "vi"),
        ("Accept-Encoding", "gzip, deflate, br"),
        ("Connection", "close"),
    )


def _resolver(settings: NetworkSettings) -> resolve.Resolver:
    if settings.resolver:
        return NameServers(settings.resolver)
    return resolve.SystemResolver(min(_THREADS, 8 * settings.in_flight))
