"""What one look costs, in counts that do not depend on time: calls of functions, socket operations, memory that stays.

The ceilings stand some 15 % above what was counted; whoever makes a look dearer has to raise them knowingly. The time
it takes is measured by `make bench`.
"""

import asyncio
import gc
import logging
import socket
import ssl
import sys
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import pytest
import structlog
import uvloop
from dnslib import QTYPE, RR, A, DNSRecord

from monitor.bundled import config_folder
from monitor.model import Check, Level, Result
from monitor.roster import Entry, Roster
from monitor.service import Service
from monitor.settings import load
from monitor.testbed.authority import Authority
from probes import Reason
from probes._net.settings import NetworkSettings
from probes.http import Probe

HOST = "dichvucong.hanoi.gov.vn"
PAGE = b"<!DOCTYPE html><html lang='vi'><title>x</title><body><p>" + b"Xin chao. " * 80 + b"</p></body></html>"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(PAGE)
WARM, COUNTED, MANY = 30, 30, 1000

# Of one look by scheme and engine: calls of Python's and of C's functions, the event loop's included, and those of
# them that are a socket's.
CEILINGS = {
    ("http", "openssl"): (605, 12),
    ("https", "openssl"): (970, 16),
    ("https", "rustls"): (745, 16),
}
BLOCKS_LEFT = 900  # of memory, after MANY looks: fewer than one a look; 100 to 400 were counted, however many looks


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A server that answers every connection once, in a thread of its own: what it does is not counted."""

    port: int
    resolver: str
    ca_file: Path


@contextmanager
def answering(context: ssl.SSLContext | None) -> Iterator[int]:
    """Its port. One connection after the other."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_answer_all, args=(server, context))
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def _answer_all(server: socket.socket, context: ssl.SSLContext | None) -> None:
    while True:
        try:
            plain, _ = server.accept()
        except OSError:  # shut down
            return
        with context.wrap_socket(plain, server_side=True) if context else plain as sock:
            if _asked(sock):
                sock.sendall(ANSWER + PAGE)


def _asked(sock: socket.socket) -> bool:
    """Whether a whole request came."""
    seen = b""
    while not seen.endswith(b"\r\n\r\n"):
        data = sock.recv(65536)
        if not data:
            return False
        seen += data
    return True


@pytest.fixture(scope="module")
def resolver() -> Iterator[str]:
    """A name server to which every name is on loopback; in one thread, since coverage remembers every thread."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=_name_all, args=(server,))
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        server.sendto(b"", server.getsockname())
        thread.join()


def _name_all(server: socket.socket) -> None:
    """Till an empty message comes."""
    while True:
        asked, whom = server.recvfrom(4096)
        if not asked:
            return
        reply = DNSRecord.parse(asked).reply()
        if reply.q.qtype == QTYPE.A:
            reply.add_answer(RR(reply.q.qname, QTYPE.A, rdata=A("127.0.0.1")))
        server.sendto(reply.pack(), whom)


@pytest.fixture
def place(request: pytest.FixtureRequest, authority: Authority, ca_file: Path, resolver: str) -> Iterator[Place]:
    context = authority.context(HOST) if request.getfixturevalue("scheme") == "https" else None
    with answering(context) as port:
        yield Place(port=port, resolver=resolver, ca_file=ca_file)


def service_for(scheme: str, place: Place, engine: str) -> Service:
    """One agency, looked at as cheaply as the kind `http` can look."""
    settings = NetworkSettings(
        contact="ops@monitor.example",
        engine=engine,
        resolver=(place.resolver,),
        ca_file=place.ca_file,
        requests_per_second=1e9,
        ports=(place.port,),
        internal_hosts=(HOST,),
    )
    bare = {field.name: False for field in fields(Probe) if field.name == "page"}
    check = Check(
        name="http",
        kind="http",
        probe=Probe(**bare),
        every=timedelta(minutes=1),
        timeout=timedelta(seconds=10),
        proves=None,
        levels=frozenset(Level),
    )
    portal = f"{scheme}://{HOST}:{place.port}/"
    entry = Entry(code="H26", name="Hà Nội", name_en="Hanoi", level=Level.PROVINCE, portal=portal)
    config = replace(load(config_folder()), roster=Roster(entries=(entry,)), checks=(check,), attestations=())
    service = Service(replace(config, network=settings), load=lambda: config)
    service.plan()
    return service


async def looks(service: Service, number: int) -> list[Result]:
    """One after the other, all of them good."""
    (watch,) = service.store.watches
    start = datetime.now(UTC)
    made = [await service.look(watch, start + timedelta(microseconds=n)) for n in range(number)]
    assert Counter(result.observation.reason for result in made) == {Reason.OK: number}
    return made


def run(work: Callable[[], Awaitable[object]]) -> None:
    """On the event loop, and with the level of logs, that the program runs on."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_awaited(work))
    finally:
        structlog.reset_defaults()


async def _awaited(work: Callable[[], Awaitable[object]]) -> None:
    await work()


class Counts:
    """Calls while it is in force, in this thread alone."""

    def __init__(self) -> None:
        self.calls = 0
        self.on_sockets = 0

    def __enter__(self) -> Self:
        sys.setprofile(self._called)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _called(self, _: object, event: str, what: object) -> None:
        if event == "call":
            self.calls += 1
        elif event == "c_call":
            self.calls += 1
            self.on_sockets += isinstance(getattr(what, "__self__", None), socket.socket)


@pytest.mark.parametrize(("scheme", "engine"), CEILINGS)
def test_a_look_calls_no_more_functions_and_asks_no_more_of_its_sockets_than_it_needs(scheme, engine, place):
    if engine == "rustls":
        pytest.importorskip("rtls")
    counted: list[Counts] = []

    async def work() -> None:
        service = service_for(scheme, place, engine)
        await looks(service, WARM)
        for _ in range(COUNTED):
            with Counts() as counts:
                await looks(service, 1)
            counted.append(counts)
        await service.close()

    run(work)

    # The fewest: an answer that comes in more pieces takes a few more calls, and that is the network's doing.
    calls, on_sockets = CEILINGS[scheme, engine]
    assert min(counts.calls for counts in counted) <= calls
    assert min(counts.on_sockets for counts in counted) <= on_sockets


@pytest.mark.parametrize(("scheme", "engine"), CEILINGS)
def test_looks_leave_no_memory_behind(scheme, engine, place):
    if engine == "rustls":
        pytest.importorskip("rtls")
    left: list[int] = []

    async def work() -> None:
        service = service_for(scheme, place, engine)
        await looks(service, MANY // 5)
        gc.collect()
        before = sys.getallocatedblocks()
        await looks(service, MANY)
        gc.collect()
        left.append(sys.getallocatedblocks() - before)
        await service.close()

    run(work)

    assert left[0] <= BLOCKS_LEFT
