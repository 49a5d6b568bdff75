"""Real servers on loopback, under the names of the estate; nothing here leaves this machine."""

import asyncio
import contextlib
import gc
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import structlog
from aiohttp import web
from dnslib import QTYPE, RCODE, RR, A, DNSRecord
from dnslib.server import DNSLogger, DNSServer
from hypothesis import HealthCheck, settings
from yarl import URL

from monitor.testbed.authority import Authority, CertificateFault, Wish, _key_pem, _pem
from probes import Observation, Probe, Target, Trouble
from probes._net.network import Network
from probes._net.settings import ConnectTo, NetworkSettings
from probes._net.trip import Trip

HANOI = "dichvucong.hanoi.gov.vn"
Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
RawHandler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Come = str | Callable[[Trip], bool]  # to a phase, or as far as this says
MOMENT = 0.1  # seconds: what was sent by then is read, and a phase is seen to take time


# A machine that is busy is no fault of what is tested.
settings.register_profile(
    "patient",
    settings(),
    deadline=None,
    suppress_health_check=[*settings().suppress_health_check, HealthCheck.too_slow],
)
settings.load_profile("patient")


def pytest_collection_finish() -> None:
    """All tests together are a million objects, which stay: whoever collects garbage would be paused for half a second by them."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def logs_as_they_are_by_default() -> Iterator[None]:
    """A test that runs the command line sets them for the whole process, and may hide what the next one looks for."""
    yield
    structlog.reset_defaults()


@pytest.fixture(autouse=True)
def nobodys_ledger(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Who names no place for what is remembered gets one of its own, not that of whoever runs the tests, or of a test beside."""
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.getbasetemp() / f"state-{uuid4().hex}"))


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority(datetime.now(UTC))


@pytest.fixture(scope="session")
def ca_file(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("authority") / "root.pem"
    path.write_bytes(authority.root_pem)
    return path


@pytest.fixture
def issue(authority: Authority) -> Callable[..., None]:
    """`issue(folder, "server", *names, client=False)` writes server.crt and server.key, signed by the authority of the tests."""

    def write(folder: Path, stem: str, *names: str, client: bool = False) -> None:
        wish = Wish(fault=CertificateFault.WRONG_USAGE if client else None)  # for clients, that is
        chain = authority._chain(names or ("127.0.0.1", "localhost"), wish)
        (folder / f"{stem}.key").write_bytes(_key_pem(authority._leaf_key))
        (folder / f"{stem}.crt").write_bytes(b"".join(map(_pem, chain)))

    return write


@dataclass
class Routes:
    """Where the names of one test lead; a later entry for the same name and port replaces the earlier one."""

    entries: dict[tuple[str, int], str] = field(default_factory=dict)

    def add(self, host: str, port: int, to: str) -> None:
        self.entries[host, port] = to

    @property
    def connect_to(self) -> tuple[ConnectTo, ...]:
        return tuple(ConnectTo(host=host, port=port, to=to) for (host, port), to in self.entries.items())


@pytest.fixture
def routes() -> Routes:
    return Routes()


@pytest.fixture
async def serve(authority: Authority, routes: Routes) -> AsyncIterator[Callable[..., Awaitable[None]]]:
    """`await serve(handler, *hosts, fault=None, tls=True, port=443)`: HTTP under these names, HTTPS by default."""
    runners: list[web.ServerRunner] = []

    async def start(
        handler: Handler,
        *hosts: str,
        fault: CertificateFault | None = None,
        tls: bool = True,
        port: int | None = None,
    ) -> None:
        names = hosts or (HANOI,)
        runner = web.ServerRunner(web.Server(handler, handler_cancellation=True), shutdown_timeout=0.1)
        runners.append(runner)
        await runner.setup()
        context = authority.context(*names, fault=fault) if tls else None
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        _, listening = runner.addresses[0][:2]
        for host in names:
            routes.add(host, port or (443 if tls else 80), f"127.0.0.1:{listening}")

    yield start
    for runner in runners:
        await runner.cleanup()


@pytest.fixture
async def serve_raw(authority: Authority, routes: Routes) -> AsyncIterator[Callable[..., Awaitable[None]]]:
    """`await serve_raw(callback, *hosts, fault=None, tls=True, port=443)`: `callback(reader, writer)` speaks bytes."""
    async with contextlib.AsyncExitStack() as stack:

        async def start(
            callback: RawHandler,
            *hosts: str,
            fault: CertificateFault | None = None,
            tls: bool = True,
            port: int | None = None,
        ) -> None:
            names = hosts or (HANOI,)
            context = authority.context(*names, fault=fault) if tls else None
            listening = await stack.enter_async_context(_raw_server(callback, context))
            for host in names:
                routes.add(host, port or (443 if tls else 80), f"127.0.0.1:{listening}")

        yield start


@contextlib.asynccontextmanager
async def _raw_server(callback: RawHandler, context: ssl.SSLContext | None) -> AsyncIterator[int]:
    """Every connection is a task of ours, so that none outlives its test."""
    talks: set[asyncio.Task[None]] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            # The client may hang up at any time: that is its right.
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await callback(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(talk(reader, writer))
        talks.add(task)
        task.add_done_callback(talks.discard)

    server = await asyncio.start_server(begin, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tuple(talks):
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
        await server.wait_closed()


@pytest.fixture
async def network(routes: Routes, ca_file: Path) -> AsyncIterator[Callable[..., Network]]:
    """`network(**changes)`: the way out to what is served so far; the same one while nothing changes."""
    networks: dict[NetworkSettings, Network] = {}
    settings = NetworkSettings(contact="ops@monitor.example", ca_file=ca_file, requests_per_second=1000)

    def build(**changes: Any) -> Network:
        wanted = replace(settings, **{"connect_to": routes.connect_to, **changes})
        if wanted not in networks:
            networks[wanted] = Network(wanted)
        return networks[wanted]

    yield build
    for one in networks.values():
        await one.close()


@pytest.fixture
def look(network: Callable[..., Network]) -> Callable[..., Awaitable[tuple[Observation, Trip]]]:
    """`await look(probe, target, timeout=60, at=None, **network changes)`: one look, as the runner makes it.

    Its limit is far away, or a moment after the look has come `at` a phase: nothing hangs on the speed of this machine.
    """

    async def once(
        probe: Probe,
        target: Target,
        timeout: float = 60,  # noqa: ASYNC109 - the limit under test
        at: Come | None = None,
        **changes: Any,
    ) -> tuple[Observation, Trip]:
        trip: Trip | None = None
        try:
            async with asyncio.timeout(timeout) as limit:
                trip = network(**changes).trip(limit)
                async with _cut_off(trip, limit, at):
                    return await probe.look(target, trip), trip
        except TimeoutError:
            assert trip is not None
            return _observed(trip.timeout_trouble()), trip
        except Trouble as trouble:
            assert trip is not None
            return _observed(trouble), trip

    return once


def _observed(trouble: Trouble) -> Observation:
    return Observation(reason=trouble.reason, detail=trouble.detail, facts=trouble.facts)


@pytest.fixture
def target() -> Callable[..., Target]:
    """`target(**changes)`: Hà Nội on the day of the headline, unless changed."""
    usual = Target(
        code="H26",
        name="Hà Nội",
        level="province",
        portal=URL(f"https://{HANOI}/"),
        hosts=frozenset({HANOI}),
        national_hosts=frozenset({"dichvucong.gov.vn", "xacthuc.dichvucong.gov.vn"}),
        day=date(2023, 6, 21),
    )
    return lambda **changes: replace(usual, **changes)


@contextlib.asynccontextmanager
async def _cut_off(trip: Trip, limit: asyncio.Timeout, at: Come | None) -> AsyncIterator[None]:
    """The limit of what is done within runs out a moment after the trip has `at` last come there."""

    def there() -> bool:
        return at(trip) if callable(at) else trip.phase == at

    async def run_out() -> None:
        while not there():  # noqa: ASYNC110 - the phases of a trip have no events
            await asyncio.sleep(0.001)
        limit.reschedule(asyncio.get_running_loop().time() + MOMENT)

    running_out = asyncio.ensure_future(run_out()) if at else None
    try:
        yield
    finally:
        if running_out:
            running_out.cancel()


@pytest.fixture
def cut_off() -> Callable[..., Awaitable[Trip]]:
    """`await cut_off(network, at, ask)`: the trip of `ask(trip)`, whose limit ran out a moment after it had come `at` a phase."""

    async def until_cut(way: Network, at: Come, ask: Callable[[Trip], Awaitable[object]]) -> Trip:
        trip = None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(60) as limit:
                trip = way.trip(limit)
                async with _cut_off(trip, limit, at):
                    await ask(trip)
            pytest.fail("it ended within its limit")
        assert trip is not None
        return trip

    return until_cut


@pytest.fixture
def wait_until() -> Callable[..., Awaitable[None]]:
    """`await wait_until(predicate)`: until it is so, at most a minute."""

    async def until(predicate: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not predicate():  # noqa: ASYNC110 - any condition will do, also one without an event
                await asyncio.sleep(0.001)

    return until


@pytest.fixture
def free_port() -> Iterator[int]:
    """A port on loopback where nothing listens, nor can while the test runs: others are at work on this machine."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock.getsockname()[1]


@pytest.fixture
def udp_and_tcp() -> Callable[[], tuple[socket.socket, socket.socket]]:
    """`udp, tcp = udp_and_tcp()`: bound to one port of loopback; the second does not listen yet."""

    def bound() -> tuple[socket.socket, socket.socket]:
        while True:
            udp, tcp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), socket.socket()
            tcp.bind(("127.0.0.1", 0))
            try:
                udp.bind(tcp.getsockname())
            except OSError:  # somebody else's: the ports of both are given out apart
                udp.close()
                tcp.close()
            else:
                return udp, tcp

    return bound


@pytest.fixture
def full_port() -> Iterator[int]:
    """A port whose queue is full, so that the kernel leaves whoever knocks without an answer."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(socket.socket())
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for _ in range(4):
            knocking = stack.enter_context(socket.socket())
            knocking.setblocking(False)
            knocking.connect_ex(server.getsockname())
        yield server.getsockname()[1]


@pytest.fixture
def name_server() -> Iterator[str]:
    """A name server that answers by the first label: nobody (NXDOMAIN), empty, broken (SERVFAIL), inside (10.0.0.1)."""

    class Zone:
        def resolve(self, request: DNSRecord, _: object) -> DNSRecord:
            reply = request.reply()
            label = str(request.q.qname).partition(".")[0]
            if label == "inside" and request.q.qtype == QTYPE.A:
                reply.add_answer(RR(request.q.qname, QTYPE.A, rdata=A("10.0.0.1")))
            reply.header.rcode = {"nobody": RCODE.NXDOMAIN, "broken": RCODE.SERVFAIL}.get(label, RCODE.NOERROR)
            return reply

    server = DNSServer(Zone(), address="127.0.0.1", port=0, logger=DNSLogger(log="", prefix=False))
    server.start_thread()
    yield f"127.0.0.1:{server.server.server_address[1]}"
    server.stop()
    server.server.server_close()
    server.thread.join()
