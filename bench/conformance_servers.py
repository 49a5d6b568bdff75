"""The servers of the conformance cases: real ones, on loopback, each under a word that the cases name as @word@."""

import asyncio
import base64
import contextlib
import gzip
import ssl
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import brotli
from aiohttp import web
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from dnslib import CNAME, MX, NS, QTYPE, RCODE, RR, SOA, TXT, A, DNSRecord
from dnslib.server import DNSLogger, DNSServer

from monitor.testbed.authority import Authority, CertificateFault, Wish

NAME = "portal.test"
BODY = b"<html><body>Portal of synthetic services, dossiers 2.000815</body></html>\n"
ASKED = '{"ask": "xin chào"}'.encode()
PLAIN = {"Content-Type": "text/html"}
BASIC = "Basic " + base64.b64encode(b"probe:s3cret").decode()
Raw = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

# What servers answer that speak bytes and not HTTP, or a bent one, once they have seen the end of the request's head.
BENT = {
    "old_http": b"HTTP/1.0 200 OK\r\n\r\nold and fine\n",
    "garbage": b"SSH-2.0-OpenSSH_9.2\r\n",
    "cut": b"",
    "short": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this",
    "chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "bad_chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n",
    "early_hints": b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "two_lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!",
    "unknown_status": b"HTTP/1.1 299 Whatever\r\nContent-Length: 2\r\n\r\nok",
}


async def pages(request: web.BaseRequest) -> web.StreamResponse:
    """By path: `/status/404` is answered with 404."""
    _, first, *rest = request.path.split("/", 2)
    if first in ("never", "trickle"):
        return await _hangs(request, begun=first == "trickle")
    answers = {"status": _status, "packed": _packed, "to": _redirect, "needs": _needs, "token": _token}
    if first in answers:
        return await answers[first](request, "".join(rest))
    return _still(first)


def _still(name: str) -> web.Response:
    """Answers that are always the same."""
    dates = {"dated": "Wed, 21 Jun 2023 07:00:00 GMT", "undated": "yesterday"}
    if name == "empty":
        return web.Response(status=204)
    if name == "large":
        return web.Response(body=b"x" * 65536, headers=PLAIN)
    dated = {"Last-Modified": dates[name]} if name in dates else {}
    return web.Response(body=BODY, headers={**PLAIN, "X-Portal": "synthetic", "X-Empty": "", **dated})


async def _status(_: web.BaseRequest, code: str) -> web.Response:
    return web.Response(status=int(code), body=BODY, headers=PLAIN)


async def _packed(_: web.BaseRequest, how: str) -> web.Response:
    """`gzip`, or `gzip-lied`: the header alone."""
    coding, _dash, lied = how.partition("-")
    pack = {"gzip": gzip.compress, "deflate": _raw_deflate, "br": brotli.compress, "identity": bytes}[coding]
    headers = {} if coding == "identity" else {"Content-Encoding": coding}
    return web.Response(body=BODY if lied else pack(BODY), headers={**PLAIN, **headers})


def _raw_deflate(data: bytes) -> bytes:
    """Without zlib's header, as Go's reader of `deflate` wants it."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


async def _redirect(request: web.BaseRequest, where: str) -> web.Response:
    """`/to/301?/page`, `/to/loop`, `/to/many/3`, `/to/nowhere`."""
    if where == "loop":
        return web.Response(status=302, headers={"Location": "/to/loop"})
    if where == "nowhere":
        return web.Response(status=302)
    if where.startswith("many/"):
        left = int(where.removeprefix("many/"))
        return web.Response(status=302, headers={"Location": f"/to/many/{left - 1}" if left else "/page"})
    return web.Response(status=int(where), headers={"Location": request.query["to"]})


async def _needs(request: web.BaseRequest, what: str) -> web.Response:
    """200 for who brings what is asked for, else 400 (401 where it is a password)."""
    right = {
        "post": request.method == "POST",
        "put": request.method == "PUT",
        "body": await request.read() == ASKED,
        "header": request.headers.get("X-Asked") == "of synthetic services",
        "host": request.headers.get("Host") == NAME,
        "gzip": "gzip" in request.headers.get("Accept-Encoding", ""),
        "basic": request.headers.get("Authorization") == BASIC,
        "bearer": request.headers.get("Authorization") == "Bearer s3cret",
        "client": bool(request.transport and request.transport.get_extra_info("peercert")),
    }[what]
    refusal = 401 if what in ("basic", "bearer", "client") else 400
    return web.Response(status=200 if right else refusal, body=BODY, headers=PLAIN)


async def _token(request: web.BaseRequest, _: str) -> web.Response:
    """The token endpoint of OAuth 2 (RFC 6749, 4.4); the client says who it is in a header or in the form."""
    form = await request.post()
    known = base64.b64encode(b"probe:s3cret").decode() in request.headers.get("Authorization", "")
    if not (known or (form.get("client_id") == "probe" and form.get("client_secret") == "s3cret")):
        return web.json_response({"error": "invalid_client"}, status=401)
    return web.json_response({"access_token": "s3cret", "token_type": "Bearer", "expires_in": 3600})


async def _hangs(request: web.BaseRequest, *, begun: bool) -> web.StreamResponse:
    """Says nothing, or a beginning and nothing more."""
    response = web.StreamResponse(headers={**PLAIN, "Content-Length": "1000"})
    if begun:
        await response.prepare(request)
        await response.write(b"begun")
    await asyncio.Event().wait()
    return response


def bent(answer: bytes) -> Raw:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()

    return talk


async def greets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Says a line, and again what it is told."""
    writer.write(b"220 portal.test ready version 1.4.2\n")
    while line := await reader.readline():
        if line.strip() == b"QUIT":
            writer.write(b"221 bye\n")
            return
        writer.write(b"you said " + line)
        await writer.drain()


async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()


def mail(context: ssl.SSLContext) -> Raw:
    """As much SMTP as STARTTLS takes."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 portal.test ESMTP\r\n")
        await reader.readline()
        writer.write(b"250-portal.test\r\n250-STARTTLS\r\n250 HELP\r\n")
        await reader.readline()
        writer.write(b"220 go ahead\r\n")
        await writer.drain()
        await writer.start_tls(context)
        await reader.readline()
        writer.write(b"250 in secret\r\n")
        await writer.drain()
        await reader.read()

    return talk


class Zone:
    """synthetic.test, and names that fail as they are called."""

    def resolve(self, request: DNSRecord, handler: object) -> DNSRecord:
        reply, name, kind = request.reply(), request.q.qname, QTYPE[request.q.qtype]
        label = str(name).partition(".")[0]
        if code := {"nobody": RCODE.NXDOMAIN, "broken": RCODE.SERVFAIL, "refused": RCODE.REFUSED}.get(label):
            reply.header.rcode = code
            return reply
        if label == "long" and getattr(handler, "protocol", "") == "udp":
            reply.header.tc = 1  # the question and nothing else, as servers in use send it
            return reply
        for each in _records(label, kind):
            reply.add_answer(RR(name, rdata=each, rtype=getattr(QTYPE, type(each).__name__), ttl=300))
        if label == "delegated":
            reply.add_auth(RR("synthetic.test", QTYPE.NS, rdata=NS("ns1.synthetic.test"), ttl=300))
            reply.add_ar(RR("ns1.synthetic.test", QTYPE.A, rdata=A("192.0.2.53"), ttl=300))
        return reply


def _records(label: str, kind: str) -> list[object]:
    found = {
        "A": {"two": [A("192.0.2.1"), A("192.0.2.2")], "empty": [], "alias": [CNAME("two.synthetic.test")]},
        "MX": {},
        "TXT": {"long": [TXT(f"text {number:03} " + "x" * 200) for number in range(20)]},
        "SOA": {},
    }
    usual = {
        "A": [A("192.0.2.1")],
        "MX": [MX("mail.synthetic.test", 10)],
        "TXT": [TXT("synthetic")],
        "SOA": [SOA("ns1.synthetic.test", "ops.synthetic.test", (2023062101, 3600, 600, 86400, 300))],
    }
    return list(found.get(kind, {}).get(label, usual.get(kind, [])))


@contextlib.asynccontextmanager
async def servers(folder: Path) -> AsyncIterator[dict[str, str]]:
    """All of them; where each listens, and the files that the cases name, by their words."""
    authority, other = Authority(datetime.now(UTC)), Authority(datetime.now(UTC))
    words = _files(folder, authority)
    (folder / "other.pem").write_bytes(other.root_pem)
    words["other_ca"] = str(folder / "other.pem")
    async with contextlib.AsyncExitStack() as stack:
        words["http"] = await _web(stack, None)
        words["tokens"] = await _web(stack, other.context("127.0.0.1"))
        for word, context in _contexts(authority, folder).items():
            words[word] = await _web(stack, context)
        for word, answer in BENT.items():
            words[word] = await _raw(stack, bent(answer))
        good = authority.context(NAME, "127.0.0.1")
        words |= {
            "greets": await _raw(stack, greets),
            "greets_tls": await _raw(stack, greets, good),
            "silent": await _raw(stack, silent),
            "mail": await _raw(stack, mail(good)),
            "mail_expired": await _raw(stack, mail(authority.context("127.0.0.1", fault=CertificateFault.EXPIRED))),
            "closed": _closed(),
            "names": stack.enter_context(_name_server()),
        }
        yield words


def _files(folder: Path, authority: Authority) -> dict[str, str]:
    root = folder / "root.pem"
    root.write_bytes(authority.root_pem)
    leaf = authority._leaf((NAME,), Wish(fault=CertificateFault.WRONG_USAGE))  # noqa: SLF001 - the authority makes no files
    chain = b"".join(each.public_bytes(Encoding.PEM) for each in (leaf, authority._intermediate(0).certificate))  # noqa: SLF001 - as above
    key = authority._leaf_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())  # noqa: SLF001 - as above
    (folder / "client.pem").write_bytes(chain)
    (folder / "client.key").write_bytes(key)
    return {"ca": str(root), "cert": str(folder / "client.pem"), "key": str(folder / "client.key"), "name": NAME}


def _contexts(authority: Authority, folder: Path) -> dict[str, ssl.SSLContext]:
    """`https` is in order; the others are called by what is wrong or particular with them."""
    both = (NAME, "127.0.0.1")
    contexts = {"https": authority.context(*both)}
    contexts |= {str(fault): authority.context(*both, fault=fault) for fault in CertificateFault}
    contexts["only_12"] = authority.context(*both)
    contexts["only_12"].maximum_version = ssl.TLSVersion.TLSv1_2
    contexts["only_13"] = authority.context(*both)
    contexts["only_13"].minimum_version = ssl.TLSVersion.TLSv1_3
    contexts["wants_client"] = authority.context(*both)
    contexts["wants_client"].load_verify_locations(folder / "root.pem")
    contexts["wants_client"].verify_mode = ssl.CERT_REQUIRED
    return contexts


async def _web(stack: contextlib.AsyncExitStack, context: ssl.SSLContext | None) -> str:
    runner = web.ServerRunner(web.Server(pages, handler_cancellation=True), shutdown_timeout=0.1)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    return f"127.0.0.1:{runner.addresses[0][1]}"


async def _raw(stack: contextlib.AsyncExitStack, talk: Raw, context: ssl.SSLContext | None = None) -> str:
    async def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await talk(reader, writer)
        with contextlib.suppress(OSError):
            writer.close()

    server = await asyncio.start_server(begin, "127.0.0.1", 0, ssl=context)
    stack.callback(server.close)
    return f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


def _closed() -> str:
    """Where nobody listens: port 1 of an address that nothing is bound to."""
    return "127.0.0.77:1"


@contextlib.contextmanager
def _name_server() -> Iterator[str]:
    """UDP and TCP at one port."""
    both = _at_one_port(DNSLogger(log="-request,-reply,-truncated,-error", prefix=False))
    for each in both:
        each.start_thread()
    try:
        yield f"127.0.0.1:{both[0].server.server_address[1]}"
    finally:
        for each in both:
            each.stop()
            each.server.server_close()
            each.thread.join()


def _at_one_port(logger: DNSLogger) -> tuple[DNSServer, DNSServer]:
    """A port that is free for one may be taken for the other."""
    while True:
        tcp = DNSServer(Zone(), address="127.0.0.1", port=0, tcp=True, logger=logger)
        try:
            port = tcp.server.server_address[1]
            return tcp, DNSServer(Zone(), address="127.0.0.1", port=port, logger=logger)
        except OSError:
            tcp.server.server_close()
