"""The emulated estate: every host of the roster on a port of its own on loopback, with real TLS and what goes wrong."""

import asyncio
import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path
from ssl import SSLContext
from typing import Self

import structlog
from aiohttp import web

from monitor.model import COUNTED_LEVELS, Agency, Level
from monitor.schedule import utc_now
from monitor.testbed.answers import ANSWERS, ELSEWHERE, html
from monitor.testbed.authority import Authority, CertificateFault
from monitor.testbed.cast import Cast
from monitor.testbed.exchange import Exchange
from monitor.testbed.faults import Fault, Layer
from monitor.testbed.listener import LOOPBACK, Listener
from monitor.testbed.national import REPORT_PATH, Reporting, SignOn, page
from monitor.testbed.pages import NOT_FOUND
from monitor.testbed.pages import national as plain_page
from monitor.testbed.portals import Portal, door, portal_of
from monitor.testbed.records import NATIONAL_LIST, PORTAL_LOOK_UP, Records
from monitor.testbed.scenario import MONITOR, Scenario, ScenarioError, Step, due
from probes._net.settings import ConnectTo

log = structlog.get_logger()

NONE: frozenset[Fault] = frozenset()
TOP_LEVELS = ("vn", "example")  # of every name in the roster and in the scenarios
SYSTEMS = {"exchange.example": "EXCHANGE"}  # that are in no roster: a security server and the adapter behind it
_TLS_FAULTS = {
    Fault.TLS_EXPIRED: CertificateFault.EXPIRED,
    Fault.TLS_NOT_YET_VALID: CertificateFault.NOT_YET_VALID,
    Fault.TLS_WRONG_NAME: CertificateFault.WRONG_NAME,
    Fault.TLS_INCOMPLETE_CHAIN: CertificateFault.INCOMPLETE_CHAIN,
    Fault.TLS_SELF_SIGNED: CertificateFault.SELF_SIGNED,
    Fault.TLS_UNTRUSTED_ROOT: CertificateFault.UNTRUSTED_ROOT,
    Fault.TLS_WRONG_USAGE: CertificateFault.WRONG_USAGE,
    Fault.TLS_OLD_PROTOCOL: CertificateFault.OLD_PROTOCOL,
    Fault.TLS_EXPIRING: CertificateFault.EXPIRING,
    Fault.TLS_HOUR_LEFT: CertificateFault.HOUR_LEFT,
}


class Estate:
    """The hosts of `agencies`: those of the scenario's day, and of later days it reaches. `async with` starts and ends it.

    `now` is the clock that certificates go by.
    """

    def __init__(
        self, agencies: Iterable[Agency], scenario: Scenario, cast: Cast, now: Callable[[], datetime] = utc_now
    ) -> None:
        everyone = tuple(agencies)
        self.agencies = {agency.code: agency for agency in reversed(everyone)}  # as on the first of the days
        self.scenario = scenario
        self.link_up = True
        self._now = now
        self._groups = cast.groups
        self._hosting = {code: each for each in scenario.hosting for code in cast.groups.get(each.who, (each.who,))}
        self._faults = {code: frozenset(faults) for code, faults in cast.faults.items()}
        self._portals = {a.code: self._portal(a) for a in self.agencies.values() if a.level is not Level.NATIONAL}
        self._sign_on = SignOn(self.agencies.values())
        self._reporting = Reporting(self.agencies.values(), scenario.day, scenario.seed, self.faults)
        self._records = Records(self.agencies.values(), scenario.day, scenario.seed, now, self.faults)
        self._exchange = Exchange(self.agencies.values(), self._records.by_adapter)
        self._owners = {**_owners(everyone), **SYSTEMS}
        doors = {url.host or "": a.code for a in everyone for url in a.former_doors}
        self._doors = {host: code for host, code in doors.items() if host not in self._owners}
        self._listeners: dict[str, Listener] = {}
        self._nowhere = Listener(self._answer)  # never opened
        self._stack = AsyncExitStack()
        self._authority = Authority(now())
        self.ca_file = Path()

    async def __aenter__(self) -> Self:
        self._stack.push_async_callback(self._nowhere.end)
        folder = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="npsp-testbed-"))
        self.ca_file = Path(folder) / "synthetic-ca.pem"
        self.ca_file.write_bytes(self._authority.root_pem)
        try:
            self._check_steps()
            for host in (*self._owners, *self._doors, ELSEWHERE):
                listener = self._listeners[host] = Listener(self._answer, self._address(host))
                self._stack.push_async_callback(listener.end)
                await self._open(host)
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    # -- for the monitor

    @property
    def connect_to(self) -> tuple[ConnectTo, ...]:
        """Where each host is; fixed while the estate lives. Every other name leads to a closed port: nothing gets out."""
        here = [ConnectTo(host=host, port=443, to=each.address) for host, each in self._listeners.items()]
        nowhere = self._nowhere.address
        rest = [ConnectTo(host=f"*.{top}", port=port, to=nowhere) for top in TOP_LEVELS for port in (80, 443)]
        return (*here, *rest)

    @property
    def control(self) -> str:
        """A host that is never at fault, for telling whether one's own way out works."""
        return self._listeners[ELSEWHERE].address

    # -- faults

    def faults(self, code: str) -> frozenset[Fault]:
        return self._faults.get(code, NONE)

    def owner(self, who: str) -> str:
        """The code behind a code or a host; LookupError when the estate has neither."""
        here = self.agencies.keys() | set(SYSTEMS.values())
        code = who.upper() if who.upper() in here else (self._owners | self._doors).get(who.lower(), "")
        if not code:
            raise LookupError(f"the estate has no {who!r}; GET / lists hosts and codes")
        return code

    def members(self, who: str) -> tuple[str, ...]:
        """The codes behind a group of the scenario, a level, a code or a host. Raises LookupError."""
        if who in self._groups:
            return self._groups[who]
        level = tuple(agency.code for agency in self.agencies.values() if agency.level == who and agency.portal)
        return level or (self.owner(who),)

    def check_names(self, names: Iterable[str]) -> None:
        """Raises ScenarioError for one that nobody has."""
        for who in names:
            try:
                self.members(who)
            except LookupError:
                groups = ", ".join((*self._groups, *COUNTED_LEVELS))
                text = f"scenario {self.scenario.name}: nobody is called {who!r}; there are {groups}, codes and hosts"
                raise ScenarioError(text) from None

    def _check_steps(self) -> None:
        """Raises ScenarioError for a step that could not be taken, before anything is begun."""
        self.check_names(each.who for each in self.scenario.hosting)
        self.check_names(step.who for step in self.scenario.steps if step.who != MONITOR)
        for step in self.scenario.steps:
            if step.fault and (why := self._misplaced(step.who, step.fault)):
                raise ScenarioError(f"scenario {self.scenario.name}: {step.fault} cannot befall {step.who}: {why}")

    def _misplaced(self, who: str, fault: Fault) -> str:
        """Why the fault is none that can befall them; empty where it can."""
        if (fault.layer is Layer.MONITOR) is not (who == MONITOR):
            return f"{MONITOR} has faults of the layer {Layer.MONITOR}, and nobody else has them"
        codes = () if who == MONITOR else self.members(who)
        if fault.layer is Layer.PAPER:
            return "documents are there from the start; give it under `start`"
        if fault.layer is Layer.EXCHANGE and set(codes) - {"EXCHANGE"}:
            return "it is one of EXCHANGE"
        if fault.layer is Layer.DOOR and set(codes) - set(self._doors.values()):
            return "not all of them have a former door; `doors` gives some"
        if fault.layer in (Layer.SOCKET, Layer.TLS) and not all(map(self._hosts_of, codes)):
            return "not all of them have a host of their own"
        return ""

    async def befall(self, who: str, fault: Fault | None) -> None:
        """Let the fault, and no other, befall them; None: all is well. Raises LookupError, OSError."""
        if fault and (why := self._misplaced(who, fault)):
            raise LookupError(f"{fault} cannot befall {who}: {why}")
        if who == MONITOR:
            await self._set_link(up=fault is not Fault.LINK_DOWN)
            return
        for code in self.members(who):
            await self.set_fault(code, fault)

    async def _set_link(self, *, up: bool) -> None:
        if up is not self.link_up:
            self.link_up = up
            for host in self._listeners:
                await self._open(host)

    async def set_fault(self, who: str, fault: Fault | None) -> None:
        """The same for one agency or system."""
        code = self.owner(who)
        self._faults[code] = frozenset({fault}) if fault else NONE
        log.info("estate", agency=code, fault=fault or "none")
        for host in self._hosts_of(code):
            await self._open(host)

    async def play(self, speed: float = 1.0) -> None:
        """Take the scenario's steps at their times; `speed` is how much faster than life."""
        now = timedelta()
        for at, step in due(self.scenario.steps, timedelta(-1), timedelta.max):
            await asyncio.sleep((at - now).total_seconds() / speed)
            now = at
            await self.take(step)

    async def take(self, step: Step) -> None:
        """One step of the scenario, now."""
        await self.befall(step.who, step.fault)

    def listing(self) -> list[dict[str, object]]:
        """Every host with its port and what is wrong with it."""
        return [
            {"host": host, "code": code, "address": listener.address, "faults": sorted(self.faults(code))}
            for host, listener in self._listeners.items()
            for code in [(self._owners | self._doors).get(host, "")]
        ]

    # -- within

    def _portal(self, agency: Agency) -> Portal:
        leads = agency.level in self.scenario.leads_to_national
        return portal_of(agency, seed=self.scenario.seed, leads_to_national=leads)

    def _hosts_of(self, code: str) -> list[str]:
        return [host for host, owner in (self._owners | self._doors).items() if owner == code]

    async def _open(self, host: str) -> None:
        """A door is shut by its agency's choice and has its own faults; a portal has those below its pages."""
        at = NONE if host in self._doors else self.faults(self._owners.get(host, ""))
        socket_fault = next((fault for fault in at if fault.layer is Layer.SOCKET), None)
        tls_fault = next((_TLS_FAULTS[fault] for fault in at if fault.layer is Layer.TLS), None)
        if self._gone(host) or not self.link_up:
            socket_fault = Fault.REFUSED
        await self._listeners[host].open(self._context(host, tls_fault), socket_fault)

    def _gone(self, host: str) -> bool:
        """Half of the made-up former doors have no server any more, as in life; of a real name that is for nobody to say."""
        code = self._doors.get(host)
        if (
            code is None
            or not host.endswith(".example")
            or any(fault.layer is Layer.DOOR for fault in self.faults(code))
        ):
            return False
        return sum(host.encode()) % 2 == 0

    def _context(self, host: str, fault: CertificateFault | None) -> SSLContext:
        hosting = self._hosting.get(self._owners.get(host, ""))
        issuer = hosting.issuer if hosting and hosting.issuer else 0
        return self._authority.context(host, fault=fault, issuer=issuer, at=self._now())

    def _address(self, host: str) -> str:
        hosting = self._hosting.get(self._owners.get(host, ""))
        return f"127.0.{hosting.network}.1" if hosting and hosting.network else LOOPBACK

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        host = request.host.partition(":")[0].lower()
        if code := self._doors.get(host):
            return self._door(code)
        code = self._code_at(host, request.rel_url.path)
        faults = self.faults(code)
        for fault in faults:
            if fault in ANSWERS:
                return await ANSWERS[fault](request)
        return await self._healthy(code, request, faults)

    def _code_at(self, host: str, path: str) -> str:
        """The reporting interface shares its host with the front door of the NPSP."""
        if self._owners.get(host) in ("NPSP", "REPORT"):
            return "REPORT" if path.startswith(REPORT_PATH) else "NPSP"
        return self._owners.get(host, "")

    def _door(self, code: str) -> web.StreamResponse:
        portal = self._portals[code]
        return door(portal.agency, self.faults(code), leads_to_national=portal.leads_to_national)

    async def _healthy(self, code: str, request: web.BaseRequest, faults: frozenset[Fault]) -> web.StreamResponse:
        if portal := self._portals.get(code):
            return self._records.of_agency(portal, request, faults) or portal.answer(request, faults)
        if code == "EXCHANGE":
            return await self._exchange.answer(request, faults)
        if system := self.agencies.get(code):
            return await self._national(system, request, faults)
        return html(plain_page("elsewhere.example")) if request.rel_url.path == "/" else html(NOT_FOUND, 404)

    async def _national(self, system: Agency, request: web.BaseRequest, faults: frozenset[Fault]) -> web.StreamResponse:
        if system.code == "REPORT":
            return await self._reporting.answer(request, faults)
        if system.code == "SIGNON":
            return self._sign_on.answer(request)
        if request.rel_url.path in (PORTAL_LOOK_UP, NATIONAL_LIST):
            return await self._records.of_nation(request, faults)
        return page(system)


def _owners(agencies: Iterable[Agency]) -> Mapping[str, str]:
    """Whose each host is; of two systems on one host the first."""
    owners: dict[str, str] = {}
    for agency in agencies:
        for host in sorted(agency.hosts) if agency.portal else ():
            owners.setdefault(host, agency.code)
    return owners
