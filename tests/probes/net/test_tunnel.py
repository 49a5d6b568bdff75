"""Through real HTTP proxies on loopback, good ones and bad ones."""

import asyncio
import socket
import struct
from datetime import UTC, datetime, timedelta

import psutil
import pytest
from aiohttp import web
from yarl import URL

from monitor.model import Agency, Check, Level, Watch
from monitor.runner import Runner
from monitor.testbed.authority import CertificateFault
from probes import Reason, Terms, Trouble
from probes._documents import post_json
from probes._net.settings import ConnectTo
from probes._text import text_of
from probes.http import Probe

HOST = "dichvucong.hanoi.gov.vn"
NATIONAL = "dichvucong.gov.vn"
HTTP, HTTPS = URL(f"http://{HOST}/a?b=1"), URL(f"https://{HOST}/a?b=1")
PROXY = URL("http://proxy.example:3128")


class Proxy:
    """Does what a proxy has to do; it finds its servers by the routes of the test, and not by asking for names."""

    def __init__(self, routes, answer=b"HTTP/1.1 200 Connection established\r\n\r\n"):
        self.routes = routes
        self.answer = answer
        self.heads = []

    async def __call__(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.heads.append(head)
        method, target, _ = head.split("\r\n")[0].split(" ")
        if method == "CONNECT":
            host, _, port = target.rpartition(":")
            await self.join(reader, writer, host, int(port), say=self.answer)
        else:
            url = URL(target)
            first = head.replace(target, url.raw_path_qs, 1).encode()
            await self.join(reader, writer, url.host, url.port, pass_on=first)

    async def join(self, reader, writer, host, port, *, say=b"", pass_on=b""):
        to, _, at = self.routes.entries.get((host, port), "127.0.0.1:0").rpartition(":")
        other, onward = await asyncio.open_connection(to, int(at))
        try:
            writer.write(say)
            onward.write(pass_on)
            async with asyncio.TaskGroup() as pumps:
                pumps.create_task(pump(reader, onward))
                pumps.create_task(pump(other, writer))
        finally:
            onward.close()


async def pump(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.write_eof()
    except (OSError, NotImplementedError):  # the other side has gone
        return


@pytest.fixture
async def proxy(serve_raw, routes):
    one = Proxy(routes)
    await serve_raw(one, PROXY.host, tls=False, port=PROXY.port)
    return one


@pytest.fixture
def through(network):
    """`through(**changes)`: a trip of a network that goes out by the proxy."""
    return lambda **changes: network(proxy=PROXY, **changes).trip()


@pytest.fixture
def bad_proxy(serve_raw):
    """`await bad_proxy(callback)`: stands where the proxy should."""

    async def stand(callback):
        await serve_raw(callback, PROXY.host, tls=False, port=PROXY.port)

    return stand


def says(raw):
    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(raw)
        await writer.drain()
        await reader.read(-1)

    return answer


async def echo(request):
    return web.Response(text=f"{request.scheme} {request.host} {request.path_qs}")


async def trouble_of(asking):
    with pytest.raises(Trouble) as caught:
        await asking
    return caught.value


# -- proxies that work


async def test_a_secure_page_is_got_through_a_tunnel(serve, proxy, through):
    await serve(echo)
    trip = through()
    page = await trip.get(HTTPS)
    assert (text_of(page), page.url) == (f"https {HOST} /a?b=1", HTTPS)
    assert trip.facts["certificate_names"] == HOST
    assert set(trip.phases) == {"resolve", "connect", "tls", "processing", "transfer"}


async def test_a_tunnel_is_asked_for_with_the_host_and_our_name_and_nothing_else(serve, proxy, through):
    await serve(echo)
    await through().get(HTTPS, headers={"Authorization": "Bearer x"})
    (head,) = proxy.heads
    request, host, agent, *rest = head.split("\r\n")
    assert (request, host) == (f"CONNECT {HOST}:443 HTTP/1.1", f"Host: {HOST}:443")
    assert agent.startswith("User-Agent: npsp-monitor/")
    assert rest == ["", ""]


async def test_a_plain_page_is_asked_for_by_its_whole_url(serve, proxy, through):
    await serve(echo, tls=False)
    trip = through()
    assert text_of(await trip.get(HTTP)) == f"http {HOST} /a?b=1"
    (head,) = proxy.heads
    assert head.startswith(f"GET http://{HOST}/a?b=1 HTTP/1.1\r\nHost: {HOST}\r\n")
    assert set(trip.phases) == {"resolve", "connect", "processing", "transfer"}


async def test_a_plain_page_at_another_port_is_asked_for_with_its_port(serve, proxy, through):
    await serve(echo, tls=False, port=8080)
    url = URL(f"http://{HOST}:8080/x")
    await through(ports=(80, 443, 8080)).get(url)
    assert proxy.heads[0].startswith(f"GET {url} HTTP/1.1\r\nHost: {HOST}:8080\r\n")


async def test_redirects_are_followed_through_the_proxy(serve, proxy, through):
    async def leads(_request):
        return web.Response(status=302, headers={"Location": str(HTTPS)})

    await serve(leads, tls=False)
    await serve(echo)
    page = await through().get(HTTP)
    assert page.asked == (HTTP, HTTPS)
    assert [head.split(" ")[0] for head in proxy.heads] == ["GET", "CONNECT"]


async def test_a_handshake_goes_through_the_proxy_too(serve, proxy, through):
    await serve(echo)
    assert (await through().handshake(HOST)).names == (HOST,)
    assert len(proxy.heads) == 1


async def test_what_is_posted_goes_through_the_proxy(serve, proxy, through):
    async def posted(request):
        return web.Response(text=f"{request.method} {await request.text()}")

    await serve(posted)
    assert text_of(await post_json(through(), HTTPS, {"n": 1})) == 'POST {"n": 1}'


async def test_a_check_may_name_a_proxy_of_its_own(serve, proxy, network):
    await serve(echo)
    trip = network().trip()
    assert (await trip.under(Terms(proxy=PROXY)).get(HTTPS)).status == 200
    assert len(proxy.heads) == 1
    assert (await trip.get(HTTPS)).status == 200
    assert len(proxy.heads) == 1


async def test_the_proxy_and_not_the_monitor_finds_the_host(serve, proxy, network, routes):
    """The monitor may stand where no public name can be resolved."""
    await serve(echo)
    (led,) = (one for one in routes.connect_to if one.host == PROXY.host)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as resolver:
        resolver.bind(("127.0.0.1", 0))
        resolver.setblocking(False)
        at = f"127.0.0.1:{resolver.getsockname()[1]}"
        way = network(proxy=PROXY, connect_to=(led,), resolver=(at,))
        assert (await way.trip().get(HTTPS)).status == 200
        with pytest.raises(BlockingIOError):
            resolver.recv(512)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.0 200 OK\r\n\r\n",
        b"HTTP/1.1 200\r\n\r\n",
        b"HTTP/1.1 299 Why not\r\nX-Proxy: yes\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 15_000 + b"\r\n\r\n",
    ],
)
async def test_a_proxy_may_say_yes_in_its_own_words(serve, proxy, through, answer):
    await serve(echo)
    proxy.answer = answer
    assert (await through().get(HTTPS)).status == 200


async def test_a_yes_that_comes_byte_by_byte_is_a_yes(serve, proxy, through, serve_raw):
    class Slow(Proxy):
        async def join(self, reader, writer, host, port, *, say=b"", pass_on=b""):
            for byte in self.answer:
                writer.write(bytes([byte]))
                await writer.drain()
            await super().join(reader, writer, host, port)

    await serve(echo)
    await serve_raw(Slow(proxy.routes), PROXY.host, tls=False, port=PROXY.port)
    assert (await through().get(HTTPS)).status == 200


# -- what is the agency's, behind a proxy that works


@pytest.mark.parametrize(
    ("fault", "reason"),
    [(CertificateFault.EXPIRED, Reason.TLS_EXPIRED), (CertificateFault.WRONG_NAME, Reason.TLS_NAME)],
)
async def test_a_faulty_certificate_behind_the_proxy_is_the_agencys(serve, proxy, through, fault, reason):
    await serve(echo, fault=fault)
    found = await trouble_of(through().get(HTTPS))
    assert (found.reason, found.host) == (reason, HOST)
    assert found.facts["certificate_subject"].endswith("O=synthetic")


@pytest.mark.parametrize("status", [502, 503, 504])
async def test_a_proxy_that_cannot_reach_the_agency_is_believed(bad_proxy, through, status):
    await bad_proxy(says(f"HTTP/1.1 {status} No way\r\n\r\n".encode()))
    found = await trouble_of(through().get(HTTPS))
    assert (found.reason, found.host) == (Reason.UNREACHABLE, HOST)
    assert str(status) in found.detail


async def test_a_silence_behind_an_open_tunnel_is_the_agencys(bad_proxy, network, cut_off):
    await bad_proxy(says(b"HTTP/1.1 200 OK\r\n\r\n"))
    trip = await cut_off(network(proxy=PROXY), "tls", lambda trip: trip.get(HTTPS))
    assert (trip.timeout_trouble().reason, trip.timeout_trouble().host) == (Reason.TIMEOUT_TLS, HOST)


async def test_a_silence_after_the_request_is_the_agencys(serve, proxy, network, cut_off):
    async def silent(_request):
        await asyncio.Event().wait()

    await serve(silent)
    trip = await cut_off(network(proxy=PROXY), "processing", lambda trip: trip.get(HTTPS))
    assert (trip.timeout_trouble().reason, trip.timeout_trouble().host) == (Reason.TIMEOUT_RESPONSE, HOST)


async def test_an_open_tunnel_that_is_cut_in_the_handshake_is_the_agencys(bad_proxy, through):
    async def opens_and_hangs_up(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await writer.drain()

    await bad_proxy(opens_and_hangs_up)
    found = await trouble_of(through().get(HTTPS))
    assert (found.reason, found.host, found.facts) == (Reason.RESET, HOST, {"tls_error": "cut"})


async def test_bytes_that_come_with_the_yes_are_the_agencys(bad_proxy, through):
    """They are the first of its TLS; these are none."""
    await bad_proxy(says(b"HTTP/1.1 200 OK\r\n\r\nSSH-2.0-OpenSSH_9.2\r\n"))
    found = await trouble_of(through().get(HTTPS))
    assert (found.reason, found.host) == (Reason.TLS_PROTOCOL, HOST)


# -- what is the proxy's


async def hang_up(reader, _writer):
    await reader.readuntil(b"\r\n\r\n")


async def reset(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def endless(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-More: " + b"x" * 1000 + b"\r\n")
        await writer.drain()


BAD = {
    "wants a password": says(b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n"),
    "forbids": says(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 3\r\n\r\nno!"),
    "does not know how": says(b"HTTP/1.1 405 Method Not Allowed\r\n\r\n"),
    "is broken": says(b"HTTP/1.1 500 Internal Server Error\r\n\r\n"),
    "leads elsewhere": says(b"HTTP/1.1 302 Found\r\nLocation: http://login.example/\r\n\r\n"),
    "hangs up": hang_up,
    "resets": reset,
    "is no proxy": says(b"220 mail.example ESMTP\r\n\r\n"),
    "says nothing of HTTP": says(b"\x00\x01\x02\r\n\r\n"),
    "has a status of letters": says(b"HTTP/1.1 2xx OK\r\n\r\n"),
    "speaks HTTP/2": says(b"HTTP/2 200\r\n\r\n"),
    "never ends": endless,
}


@pytest.mark.parametrize("name", BAD)
async def test_a_proxy_that_fails_is_our_trouble(bad_proxy, through, name):
    await bad_proxy(BAD[name])
    trip = through()
    found = await trouble_of(trip.get(HTTPS))
    assert (found.reason, found.host) == (Reason.OFFLINE, HOST)
    assert found.detail.startswith("the proxy")
    assert (trip.phase, trip.troubles) == (None, (Reason.OFFLINE,))


async def test_what_a_proxy_says_stays_out_of_the_detail(bad_proxy, through):
    await bad_proxy(says(b"HTTP/1.1 407 secret-realm\x1b[31m\r\nProxy-Authenticate: secret\r\n\r\n"))
    assert (await trouble_of(through().get(HTTPS))).detail == "the proxy fails: it answered 407"


@pytest.mark.parametrize("url", [HTTP, HTTPS])
async def test_a_dead_proxy_is_our_trouble(routes, through, free_port, url):
    routes.add(PROXY.host, PROXY.port, f"127.0.0.1:{free_port}")
    trip = through()
    found = await trouble_of(trip.get(url))
    assert (found.reason, found.host) == (Reason.OFFLINE, HOST)
    assert trip.phase is None


@pytest.mark.parametrize("url", [HTTP, HTTPS])
async def test_a_proxy_that_does_not_take_the_connection_is_our_trouble(routes, network, full_port, cut_off, url):
    routes.add(PROXY.host, PROXY.port, f"127.0.0.1:{full_port}")
    trip = await cut_off(network(proxy=PROXY), "connect", lambda trip: trip.get(url))
    assert (trip.timeout_trouble().reason, trip.timeout_trouble().host) == (Reason.OFFLINE, HOST)


async def test_a_proxy_that_does_not_answer_is_our_trouble(bad_proxy, network, cut_off):
    await bad_proxy(says(b""))
    trip = await cut_off(network(proxy=PROXY), "connect", lambda trip: trip.get(HTTPS))
    assert (trip.timeout_trouble().reason, trip.timeout_trouble().host) == (Reason.OFFLINE, HOST)


@pytest.mark.parametrize("label", ["nobody", "empty", "broken"])
async def test_a_proxy_whose_name_cannot_be_resolved_is_our_trouble(network, name_server, label):
    trip = network(proxy=URL(f"http://{label}.example:3128"), resolver=(name_server,)).trip()
    found = await trouble_of(trip.get(HTTPS))
    assert (found.reason, found.host) == (Reason.OFFLINE, HOST)
    assert trip.phase is None


async def test_a_proxy_whose_name_servers_are_silent_is_our_trouble(network, cut_off):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        way = network(proxy=PROXY, resolver=(f"127.0.0.1:{silent.getsockname()[1]}",))
        trip = await cut_off(way, "resolve", lambda trip: trip.get(HTTPS))
    assert trip.timeout_trouble().reason is Reason.OFFLINE


async def test_the_proxy_may_stand_at_any_address(serve, proxy, network, routes):
    """It is the operator's own choice; the guard is for where strangers lead."""
    await serve(echo)
    at = routes.entries[PROXY.host, PROXY.port]
    assert (await network(proxy=URL(f"http://{at}")).trip().get(HTTPS)).status == 200


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "169.254.169.254", "10.0.0.1", "[::1]", "[::ffff:10.0.0.1]", "2130706433", "0x7f.1", "127.1"]
)
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_the_proxy_is_not_asked_for_an_address_inside(proxy, through, scheme, host):
    """It may stand where a hostile redirect wants to get."""
    found = await trouble_of(through().get(URL(f"{scheme}://{host}/")))
    assert found.reason in (Reason.FORBIDDEN_ADDRESS, Reason.DNS_NO_NAME)
    assert proxy.heads == []


async def test_after_a_proxy_that_failed_a_silent_server_answers_for_itself(network, name_server, serve_raw, cut_off):
    await serve_raw(says(b""), tls=False)
    gone = Terms(proxy=URL("http://nobody.example:3128"))

    async def both(trip):
        assert (await trouble_of(trip.under(gone).get(HTTP))).reason is Reason.OFFLINE
        await trip.get(HTTP)

    trip = await cut_off(network(resolver=(name_server,)), "processing", both)
    assert trip.timeout_trouble().reason is Reason.TIMEOUT_RESPONSE


@pytest.mark.parametrize("name", ["hangs up", "forbids"])
async def test_a_tunnel_that_failed_leaves_no_descriptor(bad_proxy, through, wait_until, name):
    await bad_proxy(BAD[name])
    trip = through()
    await trouble_of(trip.get(HTTPS))
    before = psutil.Process().num_fds()
    for _ in range(5):
        await trouble_of(trip.get(HTTPS))
    await wait_until(lambda: psutil.Process().num_fds() <= before)


# -- the runner


def watch(target, timeout):
    agency = Agency(code=target.code, name=target.name, name_en="Hanoi", level=Level(target.level), counted=True)
    check = Check(
        name="portal",
        kind="http",
        probe=Probe(),
        every=timedelta(minutes=1),
        timeout=timedelta(seconds=timeout),
        proves=None,
        levels=frozenset(Level),
    )
    return Watch(agency=agency, check=check, aim=lambda _: target)


async def observed(way, target, timeout=60.0):  # noqa: ASYNC109 - the limit under test
    runner = Runner(way, lambda _codes: None)
    return (await runner.look(watch(target, timeout), datetime(2026, 1, 1, tzinfo=UTC))).observation


@pytest.mark.parametrize("name", BAD)
async def test_nobody_is_blamed_for_a_proxy_that_fails(bad_proxy, network, target, name):
    await bad_proxy(BAD[name])
    assert (await observed(network(proxy=PROXY), target())).reason is Reason.OFFLINE


async def test_nobody_is_blamed_for_a_proxy_that_is_silent(bad_proxy, network, target):
    await bad_proxy(says(b""))
    assert (await observed(network(proxy=PROXY), target(), 0.1)).reason is Reason.OFFLINE


async def test_nobody_is_blamed_for_a_proxy_that_is_gone(network, target, free_port):
    led = ConnectTo(host=PROXY.host, port=PROXY.port, to=f"127.0.0.1:{free_port}")
    way = network(proxy=PROXY, connect_to=(led,))
    assert (await observed(way, target())).reason is Reason.OFFLINE
    national = target(portal=URL(f"https://{NATIONAL}/"), hosts=frozenset({NATIONAL}), level="national")
    assert (await observed(way, national)).reason is Reason.OFFLINE
