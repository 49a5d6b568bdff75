"""One connection of a look, from the polite wait to the end: resolve, guard, connect, proxy, TLS, and one errand."""

import asyncio
import socket
from collections.abc import Coroutine, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from yarl import URL

from probes import Certificate, Fact, Reason, Terms
from probes._net import http1
from probes._net.address import Address
from probes._net.certificate import Seen
from probes._net.course import Course
from probes._net.exchange import Exchange
from probes._net.faults import Fault
from probes._net.guard import url_fault
from probes._net.rustls import Unsure
from probes._net.tls import Secure, Session
from probes._net.tunnel import Tunnel
from probes._net.wire import Line, Owner, Wire

if TYPE_CHECKING:
    from probes._net.network import Network

T = TypeVar("T")

_PATIENCE = 2.0  # seconds for the fast engine's handshake: some networks swallow a hello that is not like others

OF_THE_HANDSHAKE = frozenset({"verify_code", "tls_error"})  # facts of a fault that TLS itself was refused for


class Errand(Owner, Protocol[T]):
    """An owner that comes to a result, on one line after the other where the first was not sure."""

    def begin(self, line: Line) -> None: ...

    @property
    def answer(self) -> "asyncio.Future[T]": ...

    @property
    def facts(self) -> Mapping[str, Fact]:
        """What is known so far, also of one that failed or was cut off."""


class Greeting:
    """The errand of who wants no more than the handshake."""

    __slots__ = ("_course", "_line", "answer", "facts")

    def __init__(self, course: Course) -> None:
        self._course = course
        self.facts: Mapping[str, Fact] = {}

    def begin(self, line: Line) -> None:
        self._line = line
        self.answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connected(self) -> None:
        self._course.phases.leave()
        if not self.answer.done():
            self.answer.set_result(None)

    def received(self, data: bytes) -> None:
        """Nothing was asked."""

    def ended(self) -> None:
        """It has greeted before."""

    def failed(self, error: Exception) -> None:
        self._course.phases.leave()
        self._line.close()
        if not self.answer.done():
            self.answer.set_exception(error)


class Connection:
    """Raises `Fault` for what is wrong on the other side, OSError for what is wrong with this machine."""

    __slots__ = ("_course", "_network", "_proxy", "_seen", "_stapled", "_terms", "host", "url")

    def __init__(self, network: "Network", course: Course, terms: Terms, url: URL) -> None:
        self.url = url
        self.host = url.raw_host or ""
        self._network = network
        self._course = course
        self._terms = terms
        self._proxy = terms.proxy or network.settings.proxy
        self._seen: Seen | None = None
        self._stapled = b""

    @property
    def through(self) -> str:
        """What stands before the path of a plain request that goes through a proxy."""
        return f"http://{self.url.host_port_subcomponent}" if self._proxy and self.url.scheme == "http" else ""

    def exchange(self, sent: bytes, *, head: bool = False) -> Coroutine[Any, Any, http1.Answer]:
        settings, cap = self._network.settings, self._terms.max_body
        most = settings.max_body if cap is None else cap
        phases = self._course.phases
        return self._run(Exchange(sent, phases, max_headers=settings.max_headers, max_body=most, head=head))

    async def greet(self) -> Certificate:
        """TLS only."""
        await self._run(Greeting(self._course))
        return self.certificate

    async def _run(self, errand: Errand[T]) -> T:
        self._course.host, self._course.ours = self.host, ""
        if reason := url_fault(self.url, self._network.settings.ports):
            raise Fault(Reason.FORBIDDEN_URL, reason)
        await self.turn()
        addresses = await self._addresses()
        if self.url.scheme != "https":
            return await self._through(addresses, None, errand)
        return await self._securely(addresses, errand)

    async def _securely(self, addresses: tuple[Address, ...], errand: Errand[T]) -> T:
        fast = self._network.engines.fast(self.host, self._terms)
        if fast is None:
            return await self._through(addresses, self.session(), errand)
        try:
            return await self._through(addresses, fast, errand, _PATIENCE)
        except Unsure:
            return await self._again(addresses, errand)
        except asyncio.CancelledError:
            if self._seen is None:  # the look's own limit was shorter: the next one is OpenSSL's
                self._network.engines.doubt(self.host)
            raise
        except Fault as fault:
            if not fault.facts.keys() & OF_THE_HANDSHAKE:
                raise  # what is not TLS's own is no engine's
            return await self._again(addresses, errand)

    async def _again(self, addresses: tuple[Address, ...], errand: Errand[T]) -> T:
        """With OpenSSL, after the other engine could not confirm."""
        engines = self._network.engines
        engines.doubt(self.host)
        await self.turn()
        try:
            return await self._through(addresses, self.session(), errand)
        except Fault:
            engines.clear(self.host)  # it was right not to
            raise

    async def turn(self) -> None:
        """Waits until it is polite to ask."""
        if wait := self._network.pace.wait(self.host):
            await self._course.aside(wait)

    def session(self) -> Session:
        return self._network.engines.session(self.host, self._terms)

    def agreed(self, session: Session) -> None:
        """Told when a handshake is done, or its chain refused; raises `Fault` then, or `Unsure`."""
        engines = self._network.engines
        self._course.note(engines.facts(session))
        self._seen = engines.seen(self.host, session, self._terms.tls)
        self._stapled = session.stapled
        self._course.note(self._seen.facts)

    @property
    def certificate(self) -> Certificate:
        """Of the server, once a handshake is done."""
        assert self._seen is not None  # noqa: S101 - asked for after the handshake
        return replace(self._seen.certificate, stapled=self._stapled)

    async def _addresses(self) -> tuple[Address, ...]:
        if self._proxy:
            self._network.check_for_proxy(self.host)
            return await self._of_proxy(self._proxy)
        return await self.resolve(self.url.port or 0)

    async def resolve(self, port: int, *, guarded: bool = True) -> tuple[Address, ...]:
        """Where the host is, by its family; asked once per look."""
        course, key = self._course, (self.host, port, guarded)
        found = course.addresses.get(key) if course.addresses else None
        if found is None:
            course.phases.enter("resolve")
            try:
                found = await self._network.addresses(self.host, port, course, guarded=guarded)
            except Exception:
                course.phases.leave()
                raise
            finally:
                course.phases.halt()
            course.phases.leave()
            course.addresses = {**(course.addresses or {}), key: found}
        return _of_family(found, self._terms)

    async def _of_proxy(self, proxy: URL) -> tuple[Address, ...]:
        self._course.ours = "the proxy"
        self._course.phases.enter("resolve")
        try:
            return await self._network.addresses(proxy.raw_host or "", proxy.port or 0, self._course, guarded=False)
        except Fault as fault:
            self._course.ours = ""
            self._course.phases.leave()
            raise Fault(Reason.OFFLINE, f"the proxy: {fault.detail}") from None

    async def _through(
        self,
        addresses: tuple[Address, ...],
        session: Session | None,
        errand: Errand[T],
        patience: float | None = None,
    ) -> T:
        """Raises `Unsure` when no handshake is done after `patience` seconds."""
        wire = Wire(addresses, self._course.phases)
        line, owner = self._chain(wire, session, errand)
        timer = asyncio.get_running_loop().call_later(patience, self._doubted, errand) if patience else None
        try:
            wire.open(owner)
            return await errand.answer
        finally:
            if timer:
                timer.cancel()
            self._course.phases.halt()
            line.close()
            self._course.note(errand.facts)
            if wire.address:
                self._course.note({**wire.address.facts, "host": self.host})
                if self._proxy:
                    self._course.note({"network": ""})  # the proxy's own is none of the host's

    def _doubted(self, errand: Errand[T]) -> None:
        if self._seen is None:
            errand.failed(Unsure())

    def _chain(self, wire: Wire, session: Session | None, errand: Errand[T]) -> tuple[Line, Owner]:
        """Wire, proxy, TLS and errand, each the owner of the one before."""
        tunnel = self._tunnel(wire) if self._proxy else None
        line: Line = tunnel or wire
        secure = Secure(line, session, self.agreed, self._course.phases) if session else None
        errand.begin(secure or line)
        owner: Owner = secure.belong(errand) if secure else errand
        return secure or line, tunnel.belong(owner) if tunnel else owner

    def _tunnel(self, wire: Wire) -> Tunnel:
        return Tunnel(wire, self.url, self._network.headers, self._course)


def _of_family(found: tuple[Address, ...], terms: Terms) -> tuple[Address, ...]:
    if terms.family == "any":
        return found
    family = socket.AF_INET6 if terms.family == "6" else socket.AF_INET
    wanted = tuple(address for address in found if address.family is family)
    if wanted or terms.fallback:
        return wanted or found
    raise Fault(Reason.DNS_NO_ADDRESS, f"the name has no IPv{terms.family} address")
