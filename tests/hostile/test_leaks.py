"""However a look ends, and wherever it is cut off: no task, no descriptor and no connection stays behind."""

import asyncio
import contextlib
import gc
import socket
import ssl
from collections import Counter

import psutil
import pytest
from yarl import URL

from monitor.testbed.authority import CertificateFault

HOST = "dichvucong.hanoi.gov.vn"
HTTP, HTTPS = URL(f"http://{HOST}/"), URL(f"https://{HOST}/")
HEAD = b"HTTP/1.1 200 OK\r\n"
KINDS = ("ssl", "OpenSSL", "socket", "probes._net")  # modules whose objects a look makes


def held():
    """What this process holds: descriptors and tasks."""
    return psutil.Process().num_fds(), len(asyncio.all_tasks())


def objects():
    gc.collect()
    kinds = Counter(map(type, gc.get_objects())).items()
    return Counter({kind: times for kind, times in kinds if str(kind.__module__).startswith(KINDS)})


@pytest.fixture
def stuck(serve_raw, says, hold, routes, full_port, authority):  # noqa: C901 - one small function for each phase
    """`await stuck(phase)`: (URL, network changes, an event once a look has got so far)."""
    reached = asyncio.Event()

    async def silent(reader, writer):
        await reader.read(1)
        reached.set()
        await hold(reader, writer)

    def after(raw):
        async def then(reader, writer):
            reached.set()
            await hold(reader, writer)

        return says(raw, then)

    async def connecting():
        routes.add(HOST, 80, f"127.0.0.1:{full_port}")
        reached.set()
        return HTTP

    async def tls():
        await serve_raw(silent, tls=False, port=443)
        return HTTPS

    async def evidence():
        """The first handshake comes to nothing; the one for evidence never ends."""
        visits = []
        old = authority.context(HOST, fault=CertificateFault.OLD_PROTOCOL)

        async def once(reader, writer):
            visits.append(1)
            if len(visits) % 2:
                with contextlib.suppress(ssl.SSLError, ConnectionError):
                    await writer.start_tls(old)
            else:
                await silent(reader, writer)

        await serve_raw(once, tls=False, port=443)
        return HTTPS

    async def headers(url):
        await serve_raw(after(HEAD), tls=url is HTTPS)
        return url

    async def body(url):
        await serve_raw(after(HEAD + b"Content-Length: 9\r\n\r\nabc"), tls=url is HTTPS)
        return url

    async def answer(url):
        await serve_raw(after(b""), tls=url is HTTPS)
        return url

    phases = {
        "connect": connecting,
        "tls": tls,
        "evidence": evidence,
        **{
            f"{name} over {url.scheme}": lambda step=step, url=url: step(url)
            for name, step in {"answer": answer, "headers": headers, "body": body}.items()
            for url in (HTTP, HTTPS)
        },
    }

    async def start(phase):
        return await phases[phase](), reached

    return start


PHASES = [
    "connect",
    "tls",
    "evidence",
    *(f"{what} over {scheme}" for what in ("answer", "headers", "body") for scheme in ("http", "https")),
]


@pytest.mark.parametrize("phase", PHASES)
async def test_a_look_that_is_cancelled_leaves_nothing(stuck, network, wait_until, phase):
    url, reached = await stuck(phase)
    way = network()
    figures = None
    for _ in range(6):
        asking = asyncio.ensure_future(begun(way, url, phase))
        arriving = asyncio.ensure_future(reached.wait())
        await asyncio.wait([asking, arriving], return_when="FIRST_COMPLETED")
        await turns(20)
        asking.cancel()
        arriving.cancel()
        await asyncio.gather(asking, arriving, return_exceptions=True)
        if phase != "connect":
            reached.clear()
        del asking, arriving
        await turns(20)
        figures = figures or (held(), objects())  # after the first: some things are made once and kept
    before, made = figures
    await wait_until(lambda: held() == before)
    await wait_until(lambda: objects() - made == Counter())


async def begun(way, url, phase):
    trip = way.trip()
    await (trip.handshake(HOST) if phase == "evidence" else trip.get(url))


async def turns(number):
    """Lets the loop go round, so that what was reached is also noticed by the other side."""
    for _ in range(number):
        await asyncio.sleep(0)


async def test_a_look_that_is_cancelled_while_it_resolves_leaves_nothing(network, wait_until):
    """The name servers' socket is kept for the next question, and is no more than one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.setblocking(False)
        way = network(resolver=(f"127.0.0.1:{sock.getsockname()[1]}",))
        figures = []
        for _ in range(6):
            asking = asyncio.ensure_future(way.trip().get(HTTP))
            await asyncio.get_running_loop().sock_recv(sock, 512)
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            await turns(5)
            figures.append(held())
    assert len(set(figures[1:])) == 1


ENDS = {
    "well": HEAD + b"Content-Length: 0\r\n\r\n",
    "a broken answer": b"SSH-2.0\r\n",
    "an early end": HEAD,
    "a flood": HEAD + b"\r\n" + b"x" * 3_000_000,
}


@pytest.mark.parametrize("name", ENDS)
async def test_a_look_that_ends_leaves_nothing(serve_raw, says, network, wait_until, url, name):
    await serve_raw(says(ENDS[name]), tls=url.scheme == "https")
    way = network()
    with contextlib.suppress(Exception):
        await way.trip().get(url)  # what is made once, such as a TLS context, is made now
    await turns(20)
    before, made = held(), objects()
    for _ in range(5):
        with contextlib.suppress(Exception):
            await way.trip().get(url)
    await wait_until(lambda: held() == before)
    await wait_until(lambda: objects() - made == Counter())
