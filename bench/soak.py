"""Very many looks that end in every way, and what is left of them: `make soak`, or `python bench/soak.py --looks 2000`.

Servers on loopback, in another process, are well, refuse, hang up, stay silent, present bad certificates, send bombs and
lead in circles. Prints tasks, descriptors, memory and objects of the engine after a warm-up and at the end; a look that
leaves anything behind makes them grow. Ends with 1 when something was left.
"""

import argparse
import asyncio
import gc
import gzip
import multiprocessing
import socket
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
from yarl import URL

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from bench.figures import table  # noqa: E402 - after the path
from monitor import loop  # noqa: E402
from monitor.log import configure  # noqa: E402
from monitor.model import Agency, Check, Level, Watch  # noqa: E402
from monitor.runner import Runner  # noqa: E402
from monitor.testbed.authority import Authority, CertificateFault  # noqa: E402
from probes import Probe, Target, http, tls  # noqa: E402
from probes._net.network import Network  # noqa: E402
from probes._net.settings import ConnectTo, NetworkSettings  # noqa: E402

AT_ONCE = 50
WARM = 20_000  # looks; with fewer, resident memory still grows by itself
KINDS = ("ssl", "OpenSSL", "socket", "probes", "rtls")  # modules whose objects a look makes
OK = b"HTTP/1.1 200 OK\r\n"
SAYS = {
    "well": OK + b"Content-Length: 7\r\n\r\nxin cho",
    "packed": OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"xin cho"),
    "bomb": OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(bytes(30_000_000)),
    "short": OK + b"Content-Length: 70\r\n\r\nxin cho",
    "garbage": b"SSH-2.0-x\r\n",
    "circle": b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n",
    "broken": b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n",
    "silent": b"",
    "hangup": b"",
}
FAULTS = (CertificateFault.EXPIRED, CertificateFault.WRONG_NAME, CertificateFault.SELF_SIGNED)


def serve(authority: Authority, told: "multiprocessing.Queue[dict[str, int]]") -> None:
    """Every server of the soak, till the process is ended."""

    async def run() -> None:
        ports = {}
        for name, says in SAYS.items():
            for scheme, context in (("http", None), ("https", authority.context(f"{name}.https.example"))):
                server = await asyncio.start_server(answering(name, says), "127.0.0.1", 0, ssl=context)
                ports[f"{name}.{scheme}.example"] = server.sockets[0].getsockname()[1]
        for fault in FAULTS:
            host = f"{fault.value.replace('_', '-')}.https.example"
            context = authority.context(host, fault=fault)
            server = await asyncio.start_server(answering("well", SAYS["well"]), "127.0.0.1", 0, ssl=context)
            ports[host] = server.sockets[0].getsockname()[1]
        told.put(ports)
        await asyncio.Event().wait()

    asyncio.run(run())


def answering(name: str, says: bytes):
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            if name != "hangup":
                await reader.readuntil(b"\r\n\r\n")
            if name == "silent":
                await reader.read()
            writer.write(says)
            if name == "hangup":
                writer.transport.abort()
            await writer.drain()
        writer.close()

    return talk


def watches(ports: dict[str, int]) -> list[Watch]:
    probes: tuple[Probe, ...] = (http.Probe(page=False), http.Probe(), tls.Probe())
    return [watch(host, probe, at) for host in (*ports, "refused.http.example") for at, probe in enumerate(probes)]


def watch(host: str, probe: Probe, number: int) -> Watch:
    scheme = host.split(".")[1]
    portal, day = URL(f"{scheme}://{host}/"), datetime.now(UTC).date()
    agency = Agency(code=host, name=host, name_en=host, level=Level.PROVINCE, counted=True, portal=str(portal))
    check = Check(
        name=f"check{number}",
        kind="http",
        probe=probe,
        every=timedelta(minutes=1),
        timeout=timedelta(milliseconds=100 if host.startswith("silent") else 10_000),
        proves=None,
        levels=frozenset(Level),
    )
    target = Target(code=host, name=host, level="province", portal=portal, hosts=frozenset({host}), day=day)
    return Watch(agency=agency, check=check, aim=lambda _: target)


def held() -> dict[str, int]:
    """What this process holds now."""
    gc.collect()
    engine = sum(str(type(one).__module__).startswith(KINDS) for one in gc.get_objects())
    process = psutil.Process()
    tasks = len(asyncio.all_tasks())
    blocks, resident = sys.getallocatedblocks(), process.memory_info().rss >> 20
    return {"tasks": tasks, "descriptors": process.num_fds(), "objects": engine, "blocks": blocks, "MB": resident}


async def soak(
    settings: NetworkSettings, ports: dict[str, int], looks: int
) -> tuple[list[dict[str, int]], Counter[str]]:
    network, ends = Network(settings), Counter[str]()
    runner, planned = Runner(network, lambda _: None), [w for w in watches(ports) if w.check.probe.applies(w.target)]
    left = iter(range(looks))

    async def some() -> None:
        for number in left:
            result = await runner.look(planned[number % len(planned)], datetime.now(UTC))
            ends[result.observation.reason] += 1
            if number and number % (looks // 5) == 0:
                figures.append(held())

    figures: list[dict[str, int]] = []
    await asyncio.gather(*(some() for _ in range(AT_ONCE)))
    await asyncio.sleep(0)
    figures.append(held())
    await network.close()
    return figures, ends


def main() -> int:
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--looks", type=int, default=100_000)
    reader.add_argument("--engine", choices=("openssl", "rustls"), default="rustls")
    given = reader.parse_args()
    configure("console", "error")
    authority, told = Authority(datetime.now(UTC)), multiprocessing.Queue()
    servers = multiprocessing.Process(target=serve, args=(authority, told), daemon=True)
    servers.start()
    ports = told.get()
    with tempfile.TemporaryDirectory() as folder, socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and does not listen
        root = Path(folder) / "root.pem"
        root.write_bytes(authority.root_pem)
        to = {**ports, "refused.http.example": nobody.getsockname()[1]}
        led = [ConnectTo(host=h, port=p, to=f"127.0.0.1:{port}") for h, port in to.items() for p in (80, 443)]
        settings = NetworkSettings(contact="soak@monitor.example", ca_file=root, connect_to=tuple(led))
        settings = replace(settings, engine=given.engine, requests_per_second=1e9)
        begun = time.perf_counter()
        figures, ends = loop.run(soak(settings, ports, given.looks))
    servers.terminate()
    print(f"{given.looks} looks in {time.perf_counter() - begun:.0f} s, {given.engine}, {AT_ONCE} at once\n")
    print(table(("ended as", "looks"), [(reason, str(count)) for reason, count in ends.most_common()]))
    shares = [f"after {20 * share} %" for share in range(1, len(figures))]
    print(table(("", *shares, "at the end"), [(k, *(str(f[k]) for f in figures)) for k in figures[0]]))
    return leaking(figures, ends)


def leaking(figures: list[dict[str, int]], ends: Counter[str]) -> int:
    """While looks are under way some things are held by right; at the end, and from one share to the next, none more.

    The first share is the warm-up, when what is made once is made. Resident memory needs a longer one: every bomb that
    meets another one under way takes a little more than there ever was.
    """
    first, last, end = figures[1], figures[-2], figures[-1]
    resident = sum(ends.values()) >= WARM and last["MB"] > first["MB"] + 20
    grown = resident or last["objects"] > 1.2 * first["objects"] or last["blocks"] > 1.05 * first["blocks"]
    return int(grown or end["tasks"] > 1 or end["descriptors"] > first["descriptors"] or bool(ends["bug"]))


if __name__ == "__main__":
    sys.exit(main())
