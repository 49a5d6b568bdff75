"""Asks the configured name servers for a host's addresses. /etc/hosts and search domains play no part."""

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable, Sequence

from probes import Reason
from probes._net import dns_message
from probes._net.address import Address, address, is_address
from probes._net.course import Course
from probes._net.dns_message import AAAA, NO_ERROR, NS, NX_DOMAIN, ROOT, A, NotAnAnswer, Reply
from probes._net.faults import Fault
from probes._net.phases import Phases
from probes._net.route import endpoint
from probes._net.wire import Wire

_TRIES = 3
_PATIENCE = 2.0  # seconds for a name server to answer, then the next one is asked
_PORT = 53
_LARGEST = 65535 + 2


class NameServers:
    """Each in turn, `_TRIES` times round; the first that answers yes or no is believed.

    That all stay silent about a name counts against it only when one of them was heard of anything meanwhile, be it by
    another look. For that they are also asked for the root's name servers, but not with the first try, which is mostly
    the last.
    """

    def __init__(self, servers: Sequence[str]) -> None:
        """ValueError when one is not ADDRESS or ADDRESS:PORT."""
        self._servers = tuple(_server(text) for text in servers)
        self._kinds = (AAAA, A) if _has_ipv6() else (A, AAAA)
        self._heard = 0  # answers so far, to whatever question
        self._dead = f"none of the name servers answers ({', '.join(servers)})"

    async def addresses(self, host: str, course: Course) -> tuple[str, ...]:
        """At least one, best first; raises `Fault`."""
        name, before, met = dns_message.wire_name(host), self._heard, None
        for count, server in enumerate(self._servers * _TRIES):
            try:
                replies = await self._ask(server, name, knock=count > 0 and self._heard == before)
            except Fault as fault:
                met = fault
                continue
            except asyncio.CancelledError:
                if self._heard == before:
                    course.ours = self._dead
                raise
            if found := _judged(replies):
                return found
            met = Fault(Reason.DNS_TROUBLE, "the name servers fail or refuse")
        raise Fault(Reason.OFFLINE, self._dead) if met is None or self._heard == before else met

    async def alive(self) -> bool:
        """Whether any of them says anything at all."""
        before = self._heard
        await asyncio.gather(*map(self._knock, self._servers))
        return self._heard > before

    async def close(self) -> None:
        """Nothing is held between two questions."""

    async def _knock(self, server: Address) -> None:
        with contextlib.suppress(Fault, OSError):  # it is silent, or no way leads to it; and another may not be
            await self._asked(Questions(server, ROOT, (), self._hear, knock=True))

    async def _ask(self, server: Address, name: bytes, *, knock: bool) -> tuple[Reply, ...]:
        return await self._asked(Questions(server, name, self._kinds, self._hear, knock=knock))

    async def _asked(self, questions: "Questions") -> tuple[Reply, ...]:
        timer = asyncio.get_running_loop().call_later(_PATIENCE, questions.give_up)
        try:
            return await questions.ask()
        finally:
            timer.cancel()
            questions.close()

    def _hear(self) -> None:
        self._heard += 1


class Questions:
    """All record types of one name, asked at once of one server: from a port of their own, under random numbers.

    `heard` is told of every answer. `knock`: a question is asked besides that every name server knows an answer to.
    """

    __slots__ = ("_heard", "_kinds", "_name", "_numbers", "_replies", "_server", "_wire", "answer")

    def __init__(
        self, server: Address, name: bytes, kinds: Sequence[int], heard: Callable[[], None], *, knock: bool
    ) -> None:
        self._server = server
        self._name = name
        self._kinds = kinds
        self._heard = heard
        self._numbers = _distinct_numbers((*kinds, NS) if knock else kinds)
        self._replies: dict[int, Reply] = {}
        self._wire = Wire((server,), Phases(), kind=socket.SOCK_DGRAM)
        self.answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def ask(self) -> tuple[Reply, ...]:
        self._wire.open(self)
        await self.answer
        return tuple([await self._whole(kind) for kind in self._kinds if kind in self._replies])

    def give_up(self) -> None:
        """Half an answer is one, if it holds an address: some servers know no AAAA and say nothing then."""
        if any(reply.addresses for reply in self._replies.values()) and not self.answer.done():
            self.answer.set_result(None)
        self.failed(_silent())

    def close(self) -> None:
        self._wire.close()

    # -- for the wire

    def connected(self) -> None:
        for number, kind in self._numbers.items():
            self._wire.send(dns_message.query(number, ROOT if kind == NS else self._name, kind))

    def received(self, data: bytes) -> None:
        number = dns_message.number_of(data)
        kind = self._numbers.get(number)
        if kind is None:
            return
        with contextlib.suppress(NotAnAnswer):  # some stranger's; the answer may yet come
            if kind == NS:
                dns_message.check(data, number, ROOT, NS)
            else:
                self._replies[kind] = dns_message.reply(data, number, self._name, kind)
            self._heard()
        if len(self._replies) == len(self._kinds) and not self.answer.done():
            self.answer.set_result(None)

    def ended(self) -> None:
        """Datagrams have no end."""

    def failed(self, error: Exception) -> None:
        self._wire.close()
        if not self.answer.done():
            self.answer.set_exception(_of_names(error))

    async def _whole(self, kind: int) -> Reply:
        """The reply, asked for again over TCP when it did not fit a datagram (RFC 7766)."""
        reply = self._replies[kind]
        if not reply.truncated:
            return reply
        (number,) = _distinct_numbers((kind,))
        asking = Stream(self._server, dns_message.query(number, self._name, kind))
        try:
            data = await asking.ask()
            return dns_message.reply(data, number, self._name, kind)
        except NotAnAnswer:
            raise Fault(Reason.DNS_TROUBLE, "the name servers answer in disorder") from None
        finally:
            asking.close()


class Stream:
    """One question over TCP, with its length before it."""

    __slots__ = ("_came", "_query", "_wire", "answer")

    def __init__(self, server: Address, query: bytes) -> None:
        self._query = len(query).to_bytes(2) + query
        self._came = b""
        self._wire = Wire((server,), Phases())
        self.answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def ask(self) -> bytes:
        timer = asyncio.get_running_loop().call_later(_PATIENCE, self.failed, _silent())
        try:
            self._wire.open(self)
            return await self.answer
        finally:
            timer.cancel()

    def close(self) -> None:
        self._wire.close()

    def connected(self) -> None:
        self._wire.send(self._query)

    def received(self, data: bytes) -> None:
        self._came += data
        whole = len(self._came) >= 2 and len(self._came) - 2 >= int.from_bytes(self._came[:2])
        if (whole or len(self._came) > _LARGEST) and not self.answer.done():
            self.answer.set_result(self._came[2:])

    def ended(self) -> None:
        self.failed(Fault(Reason.DNS_TROUBLE, "the name servers hang up"))

    def failed(self, error: Exception) -> None:
        self._wire.close()
        if not self.answer.done():
            self.answer.set_exception(_of_names(error))


def _distinct_numbers(kinds: Sequence[int]) -> dict[int, int]:
    """Number -> kind. That nobody can guess them is what keeps a stranger from answering."""
    first = int.from_bytes(os.urandom(2))
    return {(first + offset) & 0xFFFF: kind for offset, kind in enumerate(kinds)}


def _of_names(error: Exception) -> Exception:
    """Whatever a name server does is no word about the agency's own server."""
    if isinstance(error, Fault) and error.reason not in (Reason.TIMEOUT_RESOLVE, Reason.OFFLINE):
        return Fault(Reason.DNS_TROUBLE, "the name servers cannot be reached")
    return error


def _silent() -> Fault:
    return Fault(Reason.TIMEOUT_RESOLVE, "the name servers say nothing about the name")


def _judged(replies: tuple[Reply, ...]) -> tuple[str, ...]:
    """What was found; none when another server has to be asked. Raises `Fault` for a plain no."""
    found = tuple(text for reply in replies for text in reply.addresses)
    if found:
        return found
    codes = {reply.code for reply in replies}
    if NX_DOMAIN in codes:
        raise Fault(Reason.DNS_NO_NAME, "the name does not exist")
    if codes == {NO_ERROR}:
        raise Fault(Reason.DNS_NO_ADDRESS, "the name has no address")
    return ()


def _server(text: str) -> Address:
    if is_address(text.strip("[]")):
        return address(text.strip("[]"), _PORT)
    return address(*endpoint(text))


def _has_ipv6() -> bool:
    """Whether this machine knows a way into the IPv6 internet; a datagram socket that connects sends nothing."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
            sock.connect(("2000::1", _PORT))
    except OSError:
        return False
    return True
