"""Connections that ask nothing, too many of them, and what is answered to what is no request; over real sockets."""

import asyncio
import errno
import logging
import os
import resource
import socket

import pytest
from structlog.testing import capture_logs

from monitor import loop
from monitor.settings import read_web
from monitor.web import callers
from monitor.web.callers import Bounds, usual
from monitor.web.guard import HEADERS
from monitor.web.serving import Site

SOON = 0.25  # seconds; far more than a loop takes for what is said at once
AT_ONCE = 0.05  # seconds, where nobody says anything in time
FAR = 1000.0
FEW = Bounds(most=4, each=3, head=FAR, kept=FAR)
ASKING = b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n"
HALF = ASKING[:-2]


def bounds(**changes):
    return Bounds(**{"most": 100, "each": 100, "head": FAR, "kept": FAR, "taking": FAR, **changes})


@pytest.fixture
async def call():
    """`await call(address, said=b"", own="127.0.0.1")` → reader and writer of a connection from `own`."""
    writers = []

    async def once(address, said=b"", own="127.0.0.1"):
        host, port = address.partition("://")[2].rsplit(":", 1)
        reader, writer = await asyncio.open_connection(host, int(port), local_addr=(own, 0))
        writers.append(writer)
        writer.write(said)
        return reader, writer

    yield once
    for each in writers:
        each.close()


async def ended(line):
    """Whether the other side ends it."""
    async with asyncio.timeout(60):
        try:
            return b"HTTP" not in await line[0].read()
        except ConnectionError:
            return True


async def healthy(line):
    """Whether it is answered over this connection, which stays open."""
    line[1].write(ASKING)
    async with asyncio.timeout(60):
        head = await line[0].readuntil(b"\r\n\r\n")
        return head.startswith(b"HTTP/1.1 200 ") and await line[0].readexactly(len(b"healthy\n")) == b"healthy\n"


@pytest.mark.parametrize("said", [b"", b"G", HALF], ids=["nothing", "a letter", "half a head"])
async def test_who_does_not_come_to_the_end_of_a_head_is_ended_and_who_has_asked_goes_on(site, call, small_world, said):
    address = await site(small_world, bounds=bounds(head=SOON))
    prometheus = await call(address)
    assert await healthy(prometheus)

    assert await ended(await call(address, said))
    assert await healthy(prometheus)


async def test_a_head_that_is_begun_after_an_answer_has_to_end_too(site, call, small_world):
    line = await call(await site(small_world, bounds=bounds(head=SOON)))
    assert await healthy(line)
    line[1].write(HALF)

    assert await ended(line)


async def test_who_asks_nothing_more_is_ended_after_a_while(site, call, small_world):
    line = await call(await site(small_world, bounds=bounds(kept=SOON)))
    assert await healthy(line)

    assert await ended(line)


async def test_a_request_takes_as_long_as_it_takes(site, call, small_world):
    """Of the two times, none runs while something is looked at."""
    looking, done = asyncio.Event(), asyncio.Event()

    async def reload():
        looking.set()
        await done.wait()
        return ()

    address = await site(small_world, bounds=bounds(head=SOON, kept=SOON), reload=reload)
    line = await call(address, b"POST /-/reload HTTP/1.1\r\nHost: x\r\n\r\n")
    await looking.wait()
    assert await ended(await call(address))  # a time has passed
    done.set()

    assert (await line[0].readline()).startswith(b"HTTP/1.1 200 ")


async def test_who_takes_nothing_of_an_answer_is_cut_off(site, small_world, wait_until):
    address = await site(small_world, bounds=bounds(taking=SOON))
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.setblocking(False)
    running = asyncio.get_running_loop()
    host, port = address.removeprefix("http://").split(":")
    await running.sock_connect(line, (host, int(port)))
    with line, pytest.raises(ConnectionError):
        await asyncio.wait_for(running.sock_sendall(line, b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 300_000), 60)
    await wait_until(lambda: not len(site.last._entrance.crowd))


async def test_the_oldest_idle_one_of_a_client_goes_for_its_newest(site, call, small_world):
    address = await site(small_world, bounds=FEW)
    lines = [await call(address) for _ in range(FEW.each)]
    assert all([await healthy(line) for line in lines])
    assert await healthy(lines[0])  # so that the second is the oldest now
    newest = await call(address)

    assert await healthy(newest)
    assert await ended(lines[1])
    assert all([await healthy(line) for line in (lines[0], lines[2], newest)])


async def test_a_flood_of_those_who_never_ask_does_not_end_one_who_did(site, call, small_world):
    """From one address too: behind a reverse proxy all have the same."""
    address = await site(small_world, bounds=FEW)
    prometheus = await call(address)
    assert await healthy(prometheus)
    with capture_logs() as logs:
        flood = [await call(address, HALF) for _ in range(50)]
        assert await ended(flood[0])
        assert await healthy(await call(address))

    assert await healthy(prometheus)
    assert len(site.last._entrance.crowd) == FEW.each
    assert [(line["event"], line["client"], line["most"]) for line in logs] == [
        ("too_many_connections", "127.0.0.1", FEW.most)  # once, and not fifty times
    ]


async def test_a_client_that_holds_too_many_takes_nothing_from_others(site, call, small_world):
    address = await site(small_world, bounds=FEW)
    other = await call(address, own="127.0.0.2")
    assert await healthy(other)
    for _ in range(10):
        await call(address)

    assert await healthy(other)


async def test_there_is_an_end_to_all_together(site, call, small_world):
    address = await site(small_world, bounds=FEW)
    first = await call(address)
    others = [await call(address, own=f"127.0.0.{n}") for n in range(2, 2 + FEW.most)]

    assert await ended(first)
    assert all([await healthy(line) for line in others])


async def test_where_all_are_asking_the_newcomer_is_refused(site, call, small_world):
    done, looking = asyncio.Event(), []

    async def reload():
        looking.append(None)
        await done.wait()
        return ()

    address = await site(small_world, bounds=FEW, reload=reload)
    busy = []
    for n in range(FEW.each):
        busy.append(await call(address, b"POST /-/reload HTTP/1.1\r\nHost: x\r\n\r\n"))
        async with asyncio.timeout(60):
            while len(looking) <= n:  # noqa: ASYNC110 - what comes is on the other side of a connection
                await asyncio.sleep(0)

    assert await ended(await call(address))
    done.set()
    assert [await line[0].readline() for line in busy] == [b"HTTP/1.1 200 OK\r\n"] * FEW.each


@pytest.mark.parametrize(
    ("descriptors", "most"), [(resource.RLIM_INFINITY, 512), (8192, 512), (1024, 256), (400, 100), (16, 8)]
)
def test_most_descriptors_are_left_to_the_looks(monkeypatch, descriptors, most):
    monkeypatch.setattr(callers.resource, "getrlimit", lambda _: (descriptors, descriptors))

    assert (usual().most, usual().each) == (most, most // 2)


def test_prometheus_comes_again_before_its_connection_is_ended():
    assert usual().kept > 60


async def test_where_the_system_gives_no_connection_the_next_is_taken(site, call, small_world, monkeypatch):
    running, full = asyncio.get_running_loop(), [OSError(errno.EMFILE, "Too many open files"), ConnectionAbortedError()]
    accept = running.sock_accept

    async def taken(listening):
        if full:
            raise full.pop()
        return await accept(listening)

    monkeypatch.setattr(running, "sock_accept", taken)
    with capture_logs() as logs:
        assert await healthy(await call(await site(small_world)))

    assert [(line["event"], line["error"]) for line in logs] == [
        ("connection_not_taken", "[Errno 24] Too many open files")
    ]


@pytest.fixture
def web(tmp_path, issue):
    issue(tmp_path, "server")
    (tmp_path / "web.yml").write_text("tls_server_config: {cert_file: server.crt, key_file: server.key}\n")
    return tmp_path / "web.yml"


def descriptors():
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - names alone, of this process


@pytest.mark.parametrize("run", [asyncio.run, loop.run], ids=["asyncio", "uvloop"])
def test_who_does_not_shake_hands_is_counted_and_ended_and_nothing_is_left_open(shown, small_world, web, run):
    """uvloop, in which the program runs, takes connections and speaks TLS by code of its own."""

    async def story():
        site = Site(shown(small_world), read_web(web, web.parent), bounds=bounds(each=3, head=AT_ONCE))
        host, port = (await site.start("127.0.0.1:0")).split(":")
        before = 0  # descriptors after the first round: uvloop opens something of its own, once
        for _ in range(4):
            lines = [await asyncio.open_connection(host, int(port)) for _ in range(5)]  # two of which are too many
            lines[-1][1].write(b"GET / HTTP/1.1\r\n\r\n")  # not TLS
            for line in lines:
                assert await ended(line)
                line[1].close()
                await line[1].wait_closed()
            async with asyncio.timeout(60):
                while len(site._entrance.crowd) or (before and descriptors() > before):  # noqa: ASYNC110 - the system's own
                    await asyncio.sleep(0)
            before = before or descriptors()
        await site.stop()

    with capture_logs() as logs:
        run(story())
    assert [line["event"] for line in logs if line["log_level"] != "debug"] == ["too_many_connections"]


@pytest.mark.parametrize("run", [asyncio.run, loop.run], ids=["asyncio", "uvloop"])
def test_bounds_hold_in_the_loop_that_the_program_runs_in(shown, small_world, run):
    async def story():
        site = Site(shown(small_world), bounds=bounds(each=3, head=SOON))
        host, port = (await site.start("127.0.0.1:0")).split(":")
        prometheus = await asyncio.open_connection(host, int(port))
        assert await healthy(prometheus)
        for line in [await asyncio.open_connection(host, int(port)) for _ in range(5)]:
            assert await ended(line)
            line[1].close()
        assert await healthy(prometheus)
        prometheus[1].close()
        await site.stop()

    run(story())


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (b"GET /hunter2 HTTP/1.1 hunter2\r\n\r\n", 400),
        (b"hunter2\r\n\r\n", 400),
        (b"GET /%s HTTP/1.1\r\nHost: x\r\n\r\n" % (b"hunter2" * 2000), 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nAuthorization Basic hunter2\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nCookie: a\0hunter2\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: hunter2\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nExpect: hunter2\r\nConnection: close\r\n\r\n", 417),
    ],
)
async def test_what_is_no_request_is_answered_as_everything_is_and_not_repeated(
    site, call, small_world, tmp_path, caplog, said, status
):
    (tmp_path / "web.yml").write_text("http_server_config: {headers: {X-XSS-Protection: '0'}}")
    address = await site(small_world, web=tmp_path / "web.yml")
    caplog.set_level(logging.DEBUG)
    with capture_logs() as logs:
        answer = await asyncio.wait_for((await call(address, said))[0].read(), 60)
    head, _, body = answer.decode().partition("\r\n\r\n")

    assert head.startswith((f"HTTP/1.1 {status} ", f"HTTP/1.0 {status} "))
    assert body == f"{status}\n"
    for name, value in (*HEADERS, ("Cache-Control", "no-store"), ("X-XSS-Protection", "0")):
        assert head.count(f"\r\n{name}: {value}") == head.count(f"\r\n{name}:") == 1, name
    assert "hunter2" not in answer.decode() + str(logs) + caplog.text
    assert "iohttp" not in head


async def test_a_fault_before_the_pages_are_reached_is_a_plain_500(site, client, small_world, monkeypatch):
    address = await site(small_world)

    async def broken(_):
        raise ZeroDivisionError("hunter2")

    monkeypatch.setattr(site.last._gate, "refusal", broken)
    with capture_logs() as logs:
        async with client.get(address + "/metrics") as answer:
            assert (answer.status, await answer.text()) == (500, "500\n")
            assert answer.headers.getall("Server") == ["npsp-monitor"]

    assert [line["event"] for line in logs] == ["page_failed"]


async def test_a_fault_of_the_error_page_itself_is_a_plain_500_too(site, client, small_world, monkeypatch):
    address = await site(small_world)
    monkeypatch.setattr("monitor.web.guard.reader", lambda _: 1 / 0)
    with capture_logs() as logs:
        async with client.get(address + "/nothing", headers={"Accept": "text/html"}) as answer:
            assert (answer.status, await answer.text()) == (500, "500\n")
            assert answer.headers.getall("Server") == ["npsp-monitor"]

    assert [line["event"] for line in logs] == ["page_failed"]
