"""What once led to a "no" that an agency had not earned; found by a critic of the engine."""

import asyncio
import contextlib
import errno
import fcntl
import os
import shutil
import socket
import struct
import subprocess
import termios

import pytest
from yarl import URL

from monitor.testbed.authority import Wish, _key_pem, _pem
from probes import Reason, Trouble
from probes._net import connection
from probes._net.course import Course
from probes._net.name_servers import NameServers

TLS = False  # each test here speaks with the engine it needs
HOST = "dichvucong.hanoi.gov.vn"
LARGE = 8_000_000


async def test_a_request_that_the_socket_does_not_take_at_once_is_sent_whole(serve_raw, network):
    async def counts(reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        assert f"Content-Length: {LARGE}\r\n".encode() in head
        await reader.readexactly(LARGE)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    await serve_raw(counts, HOST, tls=False)
    async with asyncio.timeout(60):
        page = await network().trip().ask(URL(f"http://{HOST}/"), method="POST", body=bytes(LARGE))
    assert page.body == b"ok"


@pytest.mark.parametrize("name", ["openssl", "rustls"])
async def test_an_answer_that_is_whole_is_an_answer_though_the_server_resets_then(authority, serve_raw, network, name):
    async def resets(reader, writer):
        await writer.start_tls(authority.context(HOST))
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        await writer.drain()
        raw = writer.get_extra_info("socket")
        while fcntl.ioctl(raw.fileno(), termios.TIOCOUTQ, bytes(4)) != bytes(4):  # noqa: ASYNC110 - arrived: no event says so
            await asyncio.sleep(0)
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    await serve_raw(resets, HOST, tls=False, port=443)
    way = network(engine=name)
    for _ in range(5):
        assert (await way.trip().get(URL(f"https://{HOST}/"))).body == b"ok"


async def test_a_server_that_is_silent_to_rustls_alone_is_asked_by_openssl(authority, serve_raw, network, monkeypatch):
    """Some networks swallow a hello that is longer than others'."""
    monkeypatch.setattr(connection, "_PATIENCE", 0.1)
    visits = []

    async def picky(reader, writer):
        visits.append(1)
        if len(visits) == 2:  # rustls
            await reader.read(-1)
            return
        await writer.start_tls(authority.context(HOST))
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    await serve_raw(picky, HOST, tls=False, port=443)
    way = network(engine="rustls")
    trips = [way.trip() for _ in range(2)]
    for trip in trips:
        assert (await trip.get(URL(f"https://{HOST}/"))).body == b"ok"
    assert [trip.facts["tls_engine"] for trip in trips] == ["openssl", "openssl"]
    assert len(visits) == 3


async def test_a_look_that_is_cut_off_in_the_hello_of_rustls_is_openssls_the_next_time(
    authority, serve_raw, network, cut_off
):
    visits = []

    async def picky(reader, writer):
        visits.append(1)
        if len(visits) == 2:
            await reader.read(-1)
            return
        await writer.start_tls(authority.context(HOST))
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    await serve_raw(picky, HOST, tls=False, port=443)
    way, url = network(engine="rustls"), URL(f"https://{HOST}/")
    await way.trip().get(url)
    assert (
        await cut_off(way, lambda _: len(visits) == 2, lambda trip: trip.get(url))
    ).timeout_trouble().reason is Reason.TIMEOUT_TLS
    trip = way.trip()
    await trip.get(url)
    assert trip.facts["tls_engine"] == "openssl"


async def test_a_flood_before_tls_is_agreed_on_ends_the_look_and_not_the_loop(serve_raw, network):
    """Requests for a hello, nine bytes each, which OpenSSL passes over without end."""

    async def floods(reader, writer):
        await reader.read(1)
        writer.write(b"\x16\x03\x03\x00\x04\x00\x00\x00\x00" * 100_000)
        await writer.drain()
        await reader.read(-1)

    await serve_raw(floods, HOST, tls=False, port=443)
    with pytest.raises(Trouble) as caught:
        async with asyncio.timeout(60):
            await network(engine="openssl").trip().get(URL(f"https://{HOST}/"))
    assert caught.value.reason is Reason.TLS_PROTOCOL


async def test_a_length_with_thousands_of_noughts_is_no_bug(serve_raw, network):
    async def pads(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: " + b"0" * 5000 + b"2\r\n\r\nok")

    await serve_raw(pads, HOST, tls=False)
    trip = network().trip()
    page = await trip.get(URL(f"http://{HOST}/"))
    assert (page.body, trip.facts["content_length"]) == (b"ok", -1)


async def test_a_redirect_to_an_address_with_a_zone_is_forbidden(serve_raw, network):
    async def leads(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 302 F\r\nLocation: http://[2606:4700::1%25eth0]/\r\nContent-Length: 0\r\n\r\n")

    await serve_raw(leads, HOST, tls=False)
    with pytest.raises(Trouble) as caught:
        await network().trip().get(URL(f"http://{HOST}/"))
    assert caught.value.reason in (Reason.FORBIDDEN_ADDRESS, Reason.DNS_NO_NAME, Reason.BAD_REDIRECT)


async def wants_a_password(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")


async def hangs_up(reader, _writer):
    await reader.readuntil(b"\r\n\r\n")


@pytest.mark.parametrize("proxy", [wants_a_password, hangs_up])
async def test_a_proxy_that_fails_a_plain_request_is_our_trouble(serve_raw, network, proxy):
    await serve_raw(proxy, "proxy.example", tls=False, port=3128)
    with pytest.raises(Trouble) as caught:
        await network(proxy=URL("http://proxy.example:3128")).trip().get(URL(f"http://{HOST}/"))
    assert caught.value.reason is Reason.OFFLINE


async def test_tls_with_a_server_that_has_ended_is_cut_off_at_once(serve_raw, network):
    async def greets(_reader, writer):
        writer.write(b"220 ready\r\n")

    await serve_raw(greets, HOST, tls=False, port=25)

    async def ask():
        async with network().trip().talk(HOST, 25) as talk:
            while await talk.receive():
                pass
            await talk.start_tls()

    with pytest.raises(Trouble) as caught:
        await asyncio.wait_for(ask(), 60)
    assert caught.value.reason is Reason.RESET


async def test_of_a_name_with_very_many_addresses_a_few_are_tried(network, monkeypatch):
    way = network()

    async def many(_host, _course):
        return tuple(f"8.8.{i // 250}.{i % 250}" for i in range(2000))

    monkeypatch.setattr(way._resolver, "addresses", many)
    assert len(await way.addresses("many.example", 443, Course(None))) == 8


def test_a_machine_without_ipv6_asks_its_name_servers_all_the_same(monkeypatch):
    """Only a kernel without it fails so, and this one has it."""
    usual = socket.socket

    def without(family=socket.AF_INET, *rest):
        if family == socket.AF_INET6:
            raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")
        return usual(family, *rest)

    monkeypatch.setattr(socket, "socket", without)
    assert NameServers(["192.0.2.1"])


@pytest.fixture
def openssl():
    """The program."""
    path = shutil.which("openssl")
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail("openssl is missing; `make debian-packages` installs it")
        pytest.skip("openssl is not installed; `make debian-packages` installs it")
    return path


@contextlib.asynccontextmanager
async def renegotiating(openssl, authority, folder, command):
    """An `openssl s_server` that wants to begin TLS anew before it answers; its port, and what came of it each time.

    `command`: r, or R to ask for the client's certificate then, as servers do that only guard some of their pages.
    """
    pem = folder / "server.pem"
    pem.write_bytes(_key_pem(authority._leaf_key) + b"".join(map(_pem, authority._chain((HOST,), Wish()))))
    port, times = asyncio.get_running_loop().create_future(), []

    async def serve():
        async for line in server.stdout:
            if line.startswith(b"ACCEPT"):
                port.set_result(int(line.rpartition(b":")[2]))
            elif line.startswith(b"Connection: close"):
                server.stdin.write(command + b"\n")
            elif line.startswith(b"SSL_do_handshake -> 1"):
                times.append("asked for")
            elif line.startswith(b"Read BLOCK") and times[-1:] == [
                "asked for"
            ]:  # its hello has come, and more is to come
                times[-1] = "begun"
                server.stdin.write(b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok\n")

    options = ("-accept", "127.0.0.1:0", "-tls1_2", "-crlf", "-cert", pem, "-cert_chain", pem)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    server = await asyncio.create_subprocess_exec(openssl, "s_server", *options, **pipes)
    serving = asyncio.ensure_future(serve())
    try:
        yield await asyncio.wait_for(port, 60), times
    finally:
        server.kill()
        await serving
        await server.wait()


@pytest.mark.parametrize("command", [b"r", b"R"])
async def test_a_server_that_begins_tls_anew_which_rustls_never_does_is_asked_by_openssl(
    openssl, authority, network, routes, tmp_path, command
):
    async with renegotiating(openssl, authority, tmp_path, command) as (port, times):
        routes.add(HOST, 443, f"127.0.0.1:{port}")
        way = network(engine="rustls")
        trips = [way.trip() for _ in range(2)]
        for trip in trips:
            async with asyncio.timeout(60):
                assert (await trip.get(URL(f"https://{HOST}/"))).body == b"ok"
    assert [trip.facts["tls_engine"] for trip in trips] == ["openssl", "openssl"]
    assert times == ["begun", "asked for", "begun"]  # of rustls too, in vain
