"""One look's way out: `probes.Way` over one network."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from yarl import URL

from probes import Certificate, Fact, Heard, Page, Reason, Talk, Terms, TlsVersion, Trouble, Way
from probes._net import certificate, http1, redirect
from probes._net.chase import Chase, Follow
from probes._net.connection import OF_THE_HANDSHAKE, Connection
from probes._net.course import Course
from probes._net.faults import Fault
from probes._net.openssl import READING
from probes._net.talk import Dialogue

if TYPE_CHECKING:
    from probes._net.network import Network

T = TypeVar("T")

USUAL = Terms()


class Trip:
    """`probes.Way` for one look; asks one thing after the other. Made by `Network.trip`."""

    __slots__ = ("_course", "_network", "_terms")

    def __init__(self, network: "Network", course: Course, terms: Terms = USUAL) -> None:
        self._network = network
        self._course = course
        self._terms = terms

    # -- for who looks

    def under(self, terms: Terms) -> "Trip":
        return Trip(self._network, self._course, terms)

    async def ask(
        self,
        url: URL,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        follow: Follow | None = None,
    ) -> Page:
        first = http1.Request(method=method, url=redirect.plain(url), headers=headers or {}, body=body)
        course = self._course
        try:
            return await Chase(course, self._network.settings, self._exchange, follow).run(first)
        except Fault as fault:
            raise course.trouble(fault) from None

    def get(
        self, url: URL, *, headers: Mapping[str, str] | None = None, follow: Follow | None = None
    ) -> Coroutine[Any, Any, Page]:
        return self.ask(url, headers=headers, follow=follow)  # not awaited here: each frame of a waiting look is memory

    async def handshake(self, host: str, port: int = 443, *, verify: bool = True) -> Certificate:
        url = _origin(host, port)
        try:
            return await self._greet(url, self._terms if verify else _unconditional(self._terms))
        except Fault as fault:
            raise self._course.trouble(fault) from None

    @contextlib.asynccontextmanager
    async def talk(
        self, host: str, port: int, *, transport: Literal["tcp", "udp"] = "tcp", ours: bool = False
    ) -> AsyncIterator[Talk]:
        dialogue = Dialogue(self._connection(_origin(host, port)), self._course, ours=ours)
        try:
            await dialogue.open(port, transport)
            yield dialogue
            dialogue.over()
        except Exception:
            dialogue.over()
            raise
        finally:
            dialogue.close()

    async def shared(self, key: str, seconds: float, work: Callable[[Way], Awaitable[T]]) -> T:
        with self._waiting(key):
            return await self._network.shared(key, seconds, work)

    @contextlib.contextmanager
    def meaning(self, trouble: Callable[[], Trouble]) -> Iterator[None]:
        """One that is cut off stays known, for `timeout_trouble`."""
        self._course.meaning = trouble
        try:
            yield
        except Exception:
            self._course.meaning = None
            raise
        self._course.meaning = None

    @property
    def now(self) -> datetime:
        return self._network.now()

    @property
    def heard(self) -> Heard:
        return self._course.heard or Heard(since=self.now)

    @property
    def name_servers(self) -> tuple[str, ...]:
        return self._network.name_servers

    # -- for who made it

    @property
    def host(self) -> str:
        """Being asked, or asked last."""
        return self._course.host

    @property
    def phase(self) -> str | None:
        return self._course.phases.current

    @property
    def phases(self) -> Mapping[str, float]:
        """Seconds, summed over requests."""
        return self._course.phases.seconds

    @property
    def facts(self) -> Mapping[str, Fact]:
        return self._course.facts

    @property
    def waited(self) -> float:
        """Seconds, out of politeness."""
        return self._course.waited

    @property
    def troubles(self) -> tuple[Reason, ...]:
        """Every one met, those a probe took for an answer too."""
        return self._course.troubles

    def limited(self, limit: asyncio.Timeout) -> None:
        """From now on this is the look's limit."""
        self._course.limit = limit

    def timeout_trouble(self) -> Trouble:
        """What it means that the look's limit ran out now."""
        course = self._course
        if not course.waits_for or (other := self._network.sharing(course.waits_for)) is None:
            return course.timeout()
        # What many wait for is nobody's own host: a report, a token, a list of revoked certificates.
        met = other.timeout_trouble()
        course.troubles = (*course.troubles, met.reason)
        return Trouble(Reason.UPSTREAM, met.host, f"{met.detail} ({met.reason})", **met.facts)

    # -- inside

    def _connection(self, url: URL) -> Connection:
        return Connection(self._network, self._course, self._terms, url)

    async def _exchange(self, asked: http1.Request) -> http1.Answer:
        """One request and its answer."""
        connection = self._connection(asked.url)
        sent = asked.written(self._network.headers, self._course.jar.header(asked.url), connection.through)
        try:
            answer = await connection.exchange(sent, head=asked.method == "HEAD")
        except Fault as fault:
            raise await self._with_evidence(fault, asked.url, self._terms) from None
        self._note(asked.url, answer)
        return answer

    def _note(self, url: URL, answer: http1.Answer) -> None:
        course = self._course
        if cookies := answer.cookies:
            course.jar.take(url, cookies)
        facts: dict[str, Fact] = {
            "http_status": answer.status,
            "http_version": float(answer.version),
            "body_bytes": len(answer.body),
            "content_length": answer.told_length,
        }
        course.note(facts)

    async def _greet(self, url: URL, terms: Terms) -> Certificate:
        try:
            return await Connection(self._network, self._course, terms, url).greet()
        except Fault as fault:
            raise await self._with_evidence(fault, url, terms) from None

    async def _with_evidence(self, fault: Fault, url: URL, terms: Terms) -> Fault:
        """A handshake that was broken off shows nothing of the certificate: it is done once more without conditions."""
        if not (terms.tls.verify and fault.facts.keys() & OF_THE_HANDSHAKE) or "certificate_not_after" in fault.facts:
            return fault
        course = self._course
        course.known = Trouble(fault.reason, course.host, fault.detail, **fault.facts)
        phases = dict(course.phases.seconds)
        with contextlib.suppress(Fault, OSError):
            seen = await Connection(self._network, course, _unconditional(terms), url).greet()
            fault = _with_certificate(fault, seen, terms.tls.least)
        course.known = None
        course.phases.seconds = phases
        course.phases.current = None
        return fault

    @contextlib.contextmanager
    def _waiting(self, key: str) -> Iterator[None]:
        """While another trip does the work; one that is cut off stays known, for `timeout_trouble`."""
        self._course.waits_for = key
        try:
            yield
        except Exception:
            self._course.waits_for = ""
            raise
        self._course.waits_for = ""


def _origin(host: str, port: int) -> URL:
    try:
        return URL.build(scheme="https", host=host, port=port)
    except ValueError:
        raise Trouble(Reason.DNS_NO_NAME, host, "not a possible host name") from None


def _unconditional(terms: Terms) -> Terms:
    """The same, but taking whatever is presented."""
    return replace(terms, tls=replace(READING, server_name=terms.tls.server_name))


def _with_certificate(fault: Fault, seen: Certificate, least: TlsVersion) -> Fault:
    """The same fault with its evidence. Who hung up on us and speaks TLS too old for us did so because of that."""
    reason, detail = fault.reason, fault.detail
    version = seen.version
    if reason is Reason.RESET and version < least:
        reason, detail = Reason.TLS_PROTOCOL, f"speaks nothing newer than {version}"
    return Fault(reason, detail, **{**certificate.facts(seen), **fault.facts})
