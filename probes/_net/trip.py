"""One look's way out: what it asks, how long each phase takes, and what it meets."""

import asyncio
import contextlib
import ipaddress
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from time import perf_counter
from typing import TYPE_CHECKING, TypeVar

from yarl import URL

from probes import Certificate, Fact, Page, Reason, Trouble, Way
from probes._net import certificate, http1, redirect
from probes._net.chase import Chase, Follow, page
from probes._net.cookies import Jar
from probes._net.faults import Fault, of_os_error
from probes._net.guard import url_fault
from probes._net.line import Line, SecureLine, connect

if TYPE_CHECKING:
    from probes._net.network import Network

T = TypeVar("T")

_TIMEOUTS = {
    "resolve": (Reason.TIMEOUT_RESOLVE, "resolving the name took too long"),
    "connect": (Reason.TIMEOUT_CONNECT, "connecting took too long"),
    "tls": (Reason.TIMEOUT_TLS, "the TLS handshake took too long"),
    "processing": (Reason.TIMEOUT_RESPONSE, "no answer began in time"),
    "transfer": (Reason.TIMEOUT_BODY, "the answer did not end in time"),
}


class Trip:
    """`probes.Way` for one look; asks one thing after the other. Made by `Network.trip`."""

    def __init__(self, network: "Network", limit: asyncio.Timeout | None) -> None:
        self.phase: str | None = None  # resolve, connect, tls, processing, transfer; None when idle
        self.host = ""  # being asked, or asked last
        self.phases: dict[str, float] = {}  # seconds, summed over requests
        self.facts: dict[str, Fact] = {}
        self.settings = network.settings
        self._network = network
        self.limit = limit  # of the look; moves when politeness makes it wait
        self.waited = 0.0  # seconds, out of politeness
        self.troubles: list[Reason] = []  # every one met, those a probe took for an answer too
        self._jar = Jar()
        self._known: Trouble | None = None  # found, while evidence is still being gathered
        self._waits_for = ""  # key of what another trip does for all

    async def get(self, url: URL, *, headers: Mapping[str, str] | None = None, follow: Follow | None = None) -> Page:
        url = redirect.plain(url)
        with self._faults():
            return await Chase(self, url, headers or {}, follow).run()

    async def post_json(self, url: URL, body: Mapping[str, Fact]) -> Page:
        url = redirect.plain(url)
        data = json.dumps(dict(body), ensure_ascii=False).encode()
        answer = await self.ask("POST", url, {"Content-Type": "application/json"}, data)
        with self._faults():
            return page(answer, (url,), redirect.target(url, answer.status, answer.headers))

    async def handshake(self, host: str, port: int = 443, *, verify: bool = True) -> Certificate:
        try:
            url = URL.build(scheme="https", host=host, port=port)
        except ValueError:
            raise Trouble(Reason.DNS_NO_NAME, host, "not a possible host name") from None
        try:
            return await self._handshake(url, verify=verify)
        except Trouble as trouble:
            if not (verify and trouble.facts.keys() & {"verify_code", "tls_error"}):
                raise
            raise await self._with_evidence(trouble, url) from None

    async def shared(self, key: str, seconds: float, work: Callable[[Way], Awaitable[T]]) -> T:
        with self._waiting(key):
            return await self._network.shared(key, seconds, work)

    def timeout_trouble(self) -> Trouble:
        """What it means that the look's limit ran out now."""
        if self._waits_for and (other := self._network.sharing(self._waits_for)):
            return other.timeout_trouble()
        if self._known:
            return self._known
        reason, detail = _TIMEOUTS.get(self.phase or "processing", _TIMEOUTS["processing"])
        return Trouble(reason, self.host, detail)

    async def ask(self, method: str, url: URL, headers: Mapping[str, str], body: bytes = b"") -> http1.Answer:
        """One request and its answer; raises `Trouble`. For `Chase`."""
        self.host = url.raw_host or self.host
        with self._faults():
            sent = http1.request(method, url, self._headers(url, headers), body)
            async with self._connected(url) as line:
                answer = await self._exchange(line, sent)
        self._jar.take(self.host, answer.cookies)
        self.facts |= {
            "http_status": answer.status,
            "http_version": answer.version,
            "body_bytes": len(answer.body),
        }
        return answer

    def cookies(self, url: URL) -> str:
        return self._jar.header(url.raw_host or "")

    async def _exchange(self, line: Line, sent: bytes) -> http1.Answer:
        parser = http1.Parser(max_headers=self.settings.max_headers, max_body=self.settings.max_body)
        with self._timed("processing"):
            await line.send(sent)
            data = await line.receive()
        with self._timed("transfer"):
            while data:
                parser.feed(data)
                if parser.done:
                    break
                data = await line.receive()
            parser.end()
            return parser.answer()

    async def _handshake(self, url: URL, *, verify: bool) -> Certificate:
        self.host = url.raw_host or ""
        with self._faults():
            async with self._connected(url, verify=verify) as line:
                assert isinstance(line, SecureLine)  # noqa: S101 - the scheme is https
                return certificate.read(line.tls)

    async def _with_evidence(self, trouble: Trouble, url: URL) -> Trouble:
        """A handshake that failed shows nothing of the certificate, so it is done once more without conditions."""
        self._known = trouble
        phases = dict(self.phases)
        with contextlib.suppress(Trouble):
            seen = await self._handshake(url, verify=False)
            trouble = _with_certificate(trouble, seen)
        self._known = None
        self.phases = phases
        return trouble

    def _headers(self, url: URL, headers: Mapping[str, str]) -> list[tuple[str, str]]:
        given = {name.lower() for name in headers}
        usual = [(name, value) for name, value in self._network.headers if name.lower() not in given]
        cookies = self.cookies(url)
        return [*usual, *headers.items(), *([("Cookie", cookies)] if cookies else [])]

    @contextlib.asynccontextmanager
    async def _connected(self, url: URL, *, verify: bool = True) -> AsyncIterator[Line]:
        """A line to the URL's host, after every check, a polite wait, and TLS where it is asked for."""
        if reason := url_fault(url, self.settings.ports):
            raise Fault(Reason.FORBIDDEN_URL, reason)
        await self._slot()
        line = await self._connect(url, verify=verify)
        try:
            if isinstance(line, SecureLine):
                await self._secure(line)
            yield line
        finally:
            line.close()

    async def _connect(self, url: URL, *, verify: bool) -> Line:
        host, port = url.raw_host or "", url.port or 0
        with self._timed("resolve"):
            addresses, port = await self._network.addresses(host, port)
        with self._timed("connect"):
            sock, address = await connect(addresses, port)
        self.facts |= _address_facts(address)
        if url.scheme == "http":
            return Line(sock)
        contexts = self._network.contexts
        return SecureLine(sock, contexts.verifying if verify else contexts.reading, host.rstrip("."))

    async def _secure(self, line: SecureLine) -> None:
        with self._timed("tls"):
            await line.handshake()
        # A chain that OpenSSL accepts and cryptography cannot read is no reason to see nothing else of the portal.
        with contextlib.suppress(Fault):
            self.facts |= certificate.facts(certificate.read(line.tls))

    async def _slot(self) -> None:
        """Waits until it is polite to ask; that wait is ours, so the look's limit moves with it."""
        if wait := self._network.pace.wait(self.host):
            self.waited += wait
            if self.limit and (when := self.limit.when()) is not None:
                self.limit.reschedule(when + wait)
            await asyncio.sleep(wait)

    @contextlib.contextmanager
    def _timed(self, phase: str) -> Iterator[None]:
        """Times a phase, also one that fails; one that is cut off stays current, for `timeout_trouble`."""
        self.phase = phase
        start = perf_counter()
        try:
            yield
            self.phase = None
        except Exception:
            self.phase = None
            raise
        finally:
            self.phases[phase] = self.phases.get(phase, 0.0) + perf_counter() - start

    @contextlib.contextmanager
    def _waiting(self, key: str) -> Iterator[None]:
        """While another trip does the work; one that is cut off stays known, for `timeout_trouble`."""
        self._waits_for = key
        try:
            yield
        except Exception:
            self._waits_for = ""
            raise
        self._waits_for = ""

    @contextlib.contextmanager
    def _faults(self) -> Iterator[None]:
        """What goes wrong is the trouble of the host that is being asked."""
        try:
            yield
        except Fault as fault:
            self.troubles.append(fault.reason)
            raise Trouble(fault.reason, self.host, fault.detail, **fault.facts) from None
        except OSError as error:
            met = of_os_error(error)
            self.troubles.append(met.reason)
            raise Trouble(met.reason, self.host, met.detail) from None


def _with_certificate(trouble: Trouble, seen: Certificate) -> Trouble:
    """The same trouble with its evidence. Who hung up on us and speaks old TLS did so because of that."""
    reason, detail = trouble.reason, trouble.detail
    if reason is Reason.RESET and seen.version in ("TLSv1", "TLSv1.1"):
        reason, detail = Reason.TLS_PROTOCOL, f"speaks nothing newer than {seen.version}"
    return Trouble(reason, trouble.host, detail, **{**certificate.facts(seen), **trouble.facts})


def _address_facts(text: str) -> dict[str, Fact]:
    address = ipaddress.ip_address(text)
    return {"address": text, "address_hash": _fnv_1a(address.packed), "ip_protocol": address.version}


def _fnv_1a(data: bytes) -> int:
    """FNV-1a, 32 bits, of the packed address, as blackbox_exporter computes it."""
    value = 0x811C9DC5
    for byte in data:
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value
