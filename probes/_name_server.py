"""Asks one name server one question, over UDP, TCP or TLS, and waits for the answer to that very question.

What else comes meanwhile is passed over: answers with another number or question (late, or forged), and garbage. The
look's limit ends the wait; a flood of them ends it sooner, so that one look cannot keep the processor to itself.
"""

import ipaddress
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, Self

from probes import Reason, Talk, Trouble, Way
from probes._records import Query, Question, Reply, UnreadableError
from probes._stream import EndedError, Stream

Transport = Literal["udp", "tcp", "tls"]

_PORT, _PORT_OF_TLS = 53, 853
_MOST_STRAYS = 1000
_MOST_IN_TCP = 128 * 1024  # bytes; one message has at most 64 KiB


@dataclass(frozen=True, slots=True, kw_only=True)
class NameServer:
    host: str  # a name or an address
    port: int

    @classmethod
    def of(cls, text: str, transport: Transport) -> Self:
        """From HOST or HOST:PORT, an IPv6 address with a port in brackets; ValueError when it is none of them."""
        usual = _PORT_OF_TLS if transport == "tls" else _PORT
        host, port = (text, str(usual)) if _is_bare(text) else _split(text)
        if not host or not (port.isascii() and port.isdecimal() and 0 < int(port) < 65536):
            raise ValueError(f"{text[:100]!r} must be ADDRESS or ADDRESS:PORT, such as 192.0.2.53 or [2001:db8::53]:53")
        return cls(host=host, port=int(port))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a name server answered, and how it came to it."""

    reply: Reply
    truncated: bool  # its answer over UDP was, and so it was asked again over TCP


async def ask(way: Way, server: NameServer, question: Question, transport: Transport, *, ours: bool) -> Told:
    """Raises `Trouble` of the server, or of us where it is `ours`. No other limit than the look's."""
    if transport == "udp":
        async with way.talk(server.host, server.port, transport="udp", ours=ours) as talk:
            reply = await _over_udp(talk, server, question)
        if not reply.truncated:
            return Told(reply=reply, truncated=False)
    async with way.talk(server.host, server.port, ours=ours) as talk:
        if transport == "tls":
            await talk.start_tls()
        return Told(reply=await _over_tcp(talk, server, question), truncated=transport == "udp")


async def _over_udp(talk: Talk, server: NameServer, question: Question) -> Reply:
    query = Query(question)
    await talk.send(query.wire)
    return await _answer(query, server, talk.receive)


async def _over_tcp(talk: Talk, server: NameServer, question: Question) -> Reply:
    """Each message comes behind its length in two bytes (RFC 1035, 4.2.2)."""
    query = Query(question)
    await talk.send(len(query.wire).to_bytes(2, "big") + query.wire)
    try:
        return await _answer(query, server, Messages(talk).receive)
    except EndedError:
        raise Trouble(Reason.RESET, server.host, "the connection ended without an answer") from None


async def _answer(query: Query, server: NameServer, receive: Callable[[], Awaitable[bytes]]) -> Reply:
    for _ in range(_MOST_STRAYS):
        try:
            if reply := query.reply(await receive()):
                return reply
        except UnreadableError:
            raise Trouble(Reason.DNS_TROUBLE, server.host, "its answer cannot be read") from None
    detail = f"sent {_MOST_STRAYS} messages that are no answer to the question"
    raise Trouble(Reason.DNS_TROUBLE, server.host, detail)


class Messages:
    """DNS messages from a stream."""

    def __init__(self, talk: Talk) -> None:
        self._stream = Stream(talk, _MOST_IN_TCP)

    async def receive(self) -> bytes:
        """The next message. Raises `EndedError`."""
        self._stream.allow()
        return await self._stream.exactly(int.from_bytes(await self._stream.exactly(2), "big"))


def _split(text: str) -> tuple[str, str]:
    host, colon, port = text.rpartition(":")
    inside = host[1:-1] if host.startswith("[") and host.endswith("]") else ""
    if not colon or (":" in host and not _is_address(inside)):
        return "", ""
    return inside or host, port


def _is_bare(text: str) -> bool:
    """Without a port."""
    return ":" not in text or _is_address(text)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
