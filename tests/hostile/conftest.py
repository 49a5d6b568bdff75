"""Servers that mean no good, and looks at them by every TLS engine there is."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import ClassVar

import pytest
from yarl import URL

from probes import Observation, Reason, Target, Trouble, Way
from probes._net.network import Network

ENGINES = ("openssl", "rustls")  # every test here in which TLS plays a part is made with each of them
HANOI = "dichvucong.hanoi.gov.vn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Getting:
    """Gets one URL, follows everything and judges nothing: what is left is what the way out says."""

    asks_pages: ClassVar[bool] = True

    url: URL
    headers: tuple[tuple[str, str], ...] = ()

    def applies(self, target: Target) -> bool:
        return True

    async def look(self, target: Target, way: Way) -> Observation:
        page = await way.get(self.url, headers=dict(self.headers))
        facts = {"status": page.status, "body": page.body.decode("latin-1"), "asked": " ".join(map(str, page.asked))}
        return Observation(reason=Reason.OK, facts=facts)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A module in which TLS plays no part says `TLS = False`."""
    engines = ENGINES if getattr(metafunc.module, "TLS", True) else ENGINES[:1]
    if "url" in metafunc.fixturenames:
        pairs = [("http", ENGINES[0]), *(("https", engine) for engine in engines)]
        metafunc.parametrize(("url", "engine"), pairs, indirect=True)
    elif "engine" in metafunc.fixturenames:
        metafunc.parametrize("engine", engines, indirect=True)


@pytest.fixture
def engine(request) -> str:
    """The name of a TLS engine."""
    return request.param


@pytest.fixture
def network(network, engine) -> Callable[..., Network]:
    """As everywhere, through the engine in hand."""
    return lambda **changes: network(**{"engine": engine, **changes})


@pytest.fixture
def serve_raw(serve_raw, network, engine) -> Callable[..., Awaitable[None]]:
    """As everywhere; but to a second engine the server shows itself sound first, or that engine would not be used.

    A second engine looks only at what the first has found in order.
    """

    async def start(callback, *hosts: str, tls: bool = True, **more) -> None:
        strange = tls and engine != ENGINES[0]

        async def talk(reader, writer) -> None:
            nonlocal strange
            if strange:
                strange = False
                await reader.readuntil(b"\r\n\r\n")
                writer.write(b"HTTP/1.1 204 No\r\n\r\n")
                await writer.drain()
            else:
                await callback(reader, writer)

        await serve_raw(talk, *hosts, tls=tls, **more)
        if strange:
            await network().trip().get(URL(f"https://{(hosts or (HANOI,))[0]}/"))

    return start


@pytest.fixture
def url(request) -> URL:
    """Hà Nội's portal, without TLS and with it."""
    return URL(f"{request.param}://{HANOI}/")


@pytest.fixture
def ask(look, target) -> Callable[..., Awaitable[Observation]]:
    """`await ask(url, headers={}, **network changes)`: what one look at this URL finds, the way's facts included.

    The limit is far away: a test in which it plays a part sets its own (`run_out`).
    """

    async def once(url: URL | str, headers: dict[str, str] | None = None, **changes) -> Observation:
        probe = Getting(url=URL(url), headers=tuple((headers or {}).items()))
        observation, trip = await look(probe, target(), 20.0, **changes)
        return Observation(
            reason=observation.reason, detail=observation.detail, facts={**trip.facts, **observation.facts}
        )

    return once


@pytest.fixture
def run_out(network) -> Callable[..., Awaitable[tuple[Trouble, set[str]]]]:
    """`await run_out(url, reached)`: the trouble of a look whose time runs out once the server has `reached` a point.

    With it come the phases that had begun. Nothing hangs on the speed of this machine: the limit is set only when the
    server has done what it does, and far enough for what it sent to be read first.
    """

    async def until(url: URL, reached: asyncio.Event, **changes) -> tuple[Trouble, set[str]]:
        async def hurry(limit: asyncio.Timeout) -> None:
            await reached.wait()
            limit.reschedule(asyncio.get_running_loop().time() + 0.2)

        trip = None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(20) as limit, asyncio.TaskGroup() as helpers:
                trip = network(**changes).trip(limit)
                helpers.create_task(hurry(limit))
                await trip.get(url)
        assert trip is not None
        assert limit.expired(), "it ended within its limit"
        return trip.timeout_trouble(), set(trip.phases)

    return until


@pytest.fixture
def says() -> Callable[..., Callable]:
    """`says(raw, then=None)`: a server that reads a request, sends these bytes, does `then(reader, writer)`, closes."""

    def of(raw: bytes, then=None):
        async def talk(reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(raw)
            await writer.drain()
            if then:
                await then(reader, writer)

        return talk

    return of


@pytest.fixture
def cut() -> Callable[..., Awaitable[None]]:
    """`await cut(reader, writer)`: the connection ends in a RST."""

    async def reset(_reader, writer) -> None:
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    return reset


@pytest.fixture
def hold() -> Callable[..., Awaitable[None]]:
    """`await hold(reader, writer)`: nothing more is said till the other side goes."""

    async def wait(reader, _writer) -> None:
        while await reader.read(65536):
            pass

    return wait
