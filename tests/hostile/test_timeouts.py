"""A look whose time runs out says in which phase, however busy the server keeps it."""

import asyncio
import contextlib
import itertools
import socket

import pytest
from dnslib import QTYPE, DNSRecord
from yarl import URL

from probes import Reason
from probes._net import name_servers

HOST = "dichvucong.hanoi.gov.vn"
HTTP, HTTPS = URL(f"http://{HOST}/"), URL(f"https://{HOST}/")
SILENT_PHASES = {  # what the server has said by then -> how the look ends
    b"": Reason.TIMEOUT_RESPONSE,
    b"H": Reason.TIMEOUT_BODY,
    b"HTTP/1.1 200 OK\r\nX:": Reason.TIMEOUT_BODY,
    b"HTTP/1.1 200 OK\r\n\r\n": Reason.TIMEOUT_BODY,
    b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc": Reason.TIMEOUT_BODY,
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n": Reason.TIMEOUT_BODY,
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n": Reason.TIMEOUT_BODY,
    b"HTTP/1.1 100 Continue\r\n\r\n": Reason.TIMEOUT_BODY,
}
TRICKLES = {  # what comes first, and then again and again
    "a status line": (b"HTTP/1.1 200 ", b"O"),
    "a header": (b"HTTP/1.1 200 OK\r\nX: ", b"y"),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
    "interim answers": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a body of some length": (b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", b"x"),
    "a body of any length": (b"HTTP/1.1 200 OK\r\n\r\n", b"x"),
    "chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "a chunk's extension": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"x"),
    "trailers": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n"),
}
BEFORE = {"http": {"resolve", "connect"}, "https": {"resolve", "connect", "tls"}}


@contextlib.contextmanager
def name_server(heard):
    """Silent, but for what `heard(question)` says."""

    def answer():
        data, who = sock.recvfrom(512)
        if said := heard(DNSRecord.parse(data)):
            sock.sendto(said.pack(), who)

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        loop = asyncio.get_running_loop()
        loop.add_reader(sock, answer)
        yield f"127.0.0.1:{sock.getsockname()[1]}"
        loop.remove_reader(sock)


@pytest.mark.parametrize(
    ("tries", "alive", "reason"),
    [
        (1, True, Reason.OFFLINE),  # nothing is known of it yet
        (1, False, Reason.OFFLINE),
        (2, True, Reason.TIMEOUT_RESOLVE),
        (2, False, Reason.OFFLINE),
    ],
)
async def test_silence_about_a_name_is_a_timeout_of_resolving_only_where_a_name_server_is_known_to_live(
    run_out, monkeypatch, tries, alive, reason
):
    monkeypatch.setattr(name_servers, "_PATIENCE", 20 if tries == 1 else 0.1)
    monkeypatch.setattr(name_servers, "_TRIES", 1000)
    reached = asyncio.Event()

    def heard(question):
        root = question.q.qtype == QTYPE.NS
        if tries == 1 or root:
            reached.set()
        return question.reply() if alive and root else None

    with name_server(heard) as at:
        found, phases = await run_out(HTTP, reached, resolver=(at,))
    assert (found.reason, found.host, phases) == (reason, HOST, {"resolve"})


async def test_a_server_that_takes_no_connection_is_a_timeout_of_connecting(run_out, routes, full_port):
    routes.add(HOST, 80, f"127.0.0.1:{full_port}")
    now = asyncio.Event()
    now.set()
    found, phases = await run_out(HTTP, now)
    assert (found.reason, found.host, phases) == (Reason.TIMEOUT_CONNECT, HOST, {"resolve", "connect"})


@pytest.mark.parametrize("said", [b"", b"\x16", b"\x16\x03\x03\x00\x7a\x02"])
async def test_a_handshake_that_stops_is_a_timeout_of_tls(serve_raw, run_out, hold, said):
    reached = asyncio.Event()

    async def stops(reader, writer):
        await reader.read(65536)
        writer.write(said)
        await writer.drain()
        reached.set()
        await hold(reader, writer)

    await serve_raw(stops, tls=False, port=443)
    found, phases = await run_out(HTTPS, reached)
    assert (found.reason, found.host, phases) == (Reason.TIMEOUT_TLS, HOST, {"resolve", "connect", "tls"})


async def test_a_handshake_that_trickles_is_a_timeout_of_tls(serve_raw, run_out):
    reached = asyncio.Event()

    async def trickles(reader, writer):
        await reader.read(65536)
        # A long ServerHello, one byte at a time, as plausible as can be.
        await trickle(writer, b"\x16\x03\x03\x3f\xff\x02\x00\x3f\xfb\x03\x03", b"x", reached)

    await serve_raw(trickles, tls=False, port=443)
    found, phases = await run_out(HTTPS, reached)
    assert (found.reason, found.host, phases) == (Reason.TIMEOUT_TLS, HOST, {"resolve", "connect", "tls"})


@pytest.mark.parametrize("said", SILENT_PHASES)
async def test_a_server_that_falls_silent_is_a_timeout_of_what_was_awaited(serve_raw, says, run_out, hold, url, said):
    reached = asyncio.Event()

    async def falls_silent(reader, writer):
        reached.set()
        await hold(reader, writer)

    await serve_raw(says(said, falls_silent), tls=url.scheme == "https")
    found, phases = await run_out(url, reached)
    assert (found.reason, found.host) == (SILENT_PHASES[said], HOST)
    assert phases == BEFORE[url.scheme] | {"processing"} | ({"transfer"} if said else set())


@pytest.mark.parametrize("what", TRICKLES)
async def test_a_trickle_does_not_outlast_the_limit(serve_raw, run_out, url, what):
    """Slow loris, the other way round: there is always one more byte."""
    reached = asyncio.Event()

    async def drips(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        await trickle(writer, *TRICKLES[what], reached)

    await serve_raw(drips, tls=url.scheme == "https")
    found, phases = await run_out(url, reached)
    assert (found.reason, found.host) == (Reason.TIMEOUT_BODY, HOST)
    assert phases == BEFORE[url.scheme] | {"processing", "transfer"}


async def trickle(writer, first, again, reached):
    """For ever; `reached` when it is well under way."""
    writer.write(first)
    for dropped in itertools.count():
        writer.write(again)
        await writer.drain()
        if dropped == 20:
            reached.set()
        await asyncio.sleep(0.005)  # the drip of the tap, not a wait of the test
