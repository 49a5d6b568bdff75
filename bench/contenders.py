"""Who is measured: each a way to make some looks at a target on the measured core, and to tell their CPU time.

All resolve by the same name server, verify the whole chain, and open a fresh connection for every look.
"""

import asyncio
import contextlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import psutil

from bench.targets import host, url
from bench.world import cores

HERE = Path(__file__).parent
BLACKBOX = "prometheus-blackbox-exporter"
AT_ONCE = 10
_LISTEN = "127.0.0.1:9115"
_MODULES = "modules: {http_2xx: {prober: http, timeout: 300s}}\n"
_SYSTEM_ROOTS = Path("/etc/ssl/certs/ca-certificates.crt")

Cost = Callable[[str, int], float]  # of so many looks at a target: CPU milliseconds of one


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """`cost` raises RuntimeError when a look did not end as it must."""

    name: str
    cost: Cost
    targets: frozenset[str]  # what it can look at


def measured(command: list[str]) -> list[str]:
    """The command, on the core of what is measured."""
    return ["taskset", "-c", str(cores_of_bench()[1]), *command]


def cores_of_bench() -> tuple[int, int]:
    """Read before the bench pins itself."""
    first, last = map(int, os.environ["NPSP_BENCH_CORES"].split())
    return first, last


def pin() -> None:
    """The bench itself stays with the targets."""
    first, last = cores()
    os.environ["NPSP_BENCH_CORES"] = f"{first} {last}"
    os.sched_setaffinity(0, {first})


def engines() -> list[str]:
    """Those of ours that can be measured here; rustls is an extra."""
    return ["openssl", *(["rustls"] if importlib.util.find_spec("rtls") else [])]


def ours(engine: str, root: Path) -> list[str]:
    return [sys.executable, str(HERE / "ours.py"), "--engine", engine, "--root", str(root)]


def stock(root: Path) -> list[str]:
    return [sys.executable, str(HERE / "stock.py"), "--root", str(root)]


def of_worker(program: list[str]) -> Cost:
    """The cost told by a program of ours that makes looks and measures itself."""

    def cost(target: str, looks: int) -> float:
        command = measured([*program, "--target", target, "--looks", str(looks)])
        told = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
        expect(told, target, looks)
        return float(told["cpu_ms"])

    return cost


def expect(told: dict[str, Any], target: str, looks: int) -> None:
    """Looks that did not end as they must are no measurement."""
    if told["reasons"] != {"refused" if target == "dead" else "ok": looks}:
        raise RuntimeError(f"looks at {target} ended otherwise: {told}")


@contextlib.contextmanager
def blackbox(folder: Path, root: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A running blackbox_exporter of default settings, to which the bench's roots are the system's."""
    modules, roots = folder / "blackbox.yml", folder / "all-roots.pem"
    modules.write_text(_MODULES)
    system = _SYSTEM_ROOTS.read_bytes() if _SYSTEM_ROOTS.exists() else b""
    roots.write_bytes(system + root.read_bytes())
    command = measured([BLACKBOX, f"--config.file={modules}", f"--web.listen-address={_LISTEN}", "--log.level=error"])
    environment = {**os.environ, "SSL_CERT_FILE": str(roots)}
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as program:
        try:
            yield program
        finally:
            program.terminate()


def of_blackbox(program: subprocess.Popen[bytes]) -> Cost:
    """CPU time of blackbox_exporter alone, asked over kept-alive connections by a client on the other core."""

    def cost(target: str, looks: int) -> float:
        before = cpu_ms(program.pid)
        asyncio.run(probe(target, looks, AT_ONCE))
        return (cpu_ms(program.pid) - before) / looks

    asyncio.run(listening())
    return cost


def cpu_ms(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return 1000 * float(times.user + times.system)


async def listening() -> None:
    async with aiohttp.ClientSession() as session, asyncio.timeout(10):
        while True:
            with contextlib.suppress(aiohttp.ClientConnectionError):
                async with session.get(f"http://{_LISTEN}/-/healthy"):
                    return
            await asyncio.sleep(0.05)


async def probe(target: str, looks: int, at_once: int) -> None:
    """So many looks by blackbox_exporter; each is a request to it."""
    wanted = b"probe_success 0" if target == "dead" else b"probe_success 1"
    numbers = iter(range(looks))
    connector = aiohttp.TCPConnector(limit=0)

    async def one_after_the_other(session: aiohttp.ClientSession) -> None:
        for number in numbers:
            asked = {"target": url(target, number), "module": "http_2xx"}
            async with session.get(f"http://{_LISTEN}/probe", params=asked) as answer:
                if wanted not in await answer.read():
                    raise RuntimeError(f"blackbox_exporter's look at {target} ended otherwise")

    timeout = aiohttp.ClientTimeout(600)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session, asyncio.TaskGroup() as group:
        for begun in range(min(at_once, looks)):
            group.create_task(one_after_the_other(session))
            if begun % 20 == 19:
                await asyncio.sleep(0.01)


def of_curl(folder: Path, root: Path) -> Cost:
    """One curl for all looks. Names are resolved once each; a TLS context is made for every look."""

    def cost(target: str, looks: int) -> float:
        urls = folder / "curl.conf"
        one = 'url = "{}"\noutput = "/dev/null"\n'
        urls.write_text("".join(one.format(url(target, number)) for number in range(looks)))
        options = ["--silent", "--no-sessionid", "--header", "Connection: close", "--cacert", str(root)]
        ended, told = _ended(["curl", *options, "--write-out", "%{http_code}\n", "--config", str(urls)])
        if target != "dead" and (ended.code or told.count("200\n") != looks):
            raise RuntimeError(f"curl's looks at {target} ended otherwise")
        return ended.cpu_ms / looks

    return cost


def of_s_time(root: Path) -> Cost:
    """`openssl s_time`: handshake, chain, one GET; no timing, no parsing, no checking of the name."""

    def cost(target: str, looks: int) -> float:
        seconds = max(1, round(looks / 1000))
        options = ["-new", "-www", "/", "-verify", "5", "-CAfile", str(root), "-time", str(seconds)]
        ended, told = _ended(["openssl", "s_time", "-connect", f"{host(target)}:443", *options])
        made = re.search(r"(?m)^(\d+) connections in \S+s;", told)
        if ended.code or made is None or "verify error" in told:
            raise RuntimeError(f"s_time failed at {target}: {told[-200:]}")
        return ended.cpu_ms / int(made[1])

    return cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a program ended, and what it cost."""

    code: int
    cpu_ms: float


def _ended(command: list[str]) -> tuple[Ended, str]:
    with subprocess.Popen(measured(command), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as program:
        told = program.stdout.read() if program.stdout else ""
        _, status, used = os.wait4(program.pid, 0)
        program.returncode = os.waitstatus_to_exitcode(status)
    return Ended(code=program.returncode, cpu_ms=1000 * (used.ru_utime + used.ru_stime)), told


def everyone(folder: Path, root: Path, stack: contextlib.ExitStack) -> list[Contender]:
    """Those that are installed here, blackbox_exporter first; `stack` ends what was started."""
    tls = frozenset({"ecdsa", "rsa", "long"})
    looked_at = tls | {"plain", "dead"}
    found: list[Contender] = []
    if shutil.which(BLACKBOX):
        program = stack.enter_context(blackbox(folder, root))
        found.append(Contender(name="blackbox_exporter", cost=of_blackbox(program), targets=looked_at))
    for engine in engines():
        # Without TLS the engines are the same.
        targets = looked_at if engine == "openssl" else tls
        found.append(Contender(name=f"ours, {engine}", cost=of_worker(ours(engine, root)), targets=targets))
    found.append(Contender(name="aiohttp", cost=of_worker(stock(root)), targets=looked_at))
    if shutil.which("curl"):
        found.append(Contender(name="C: curl", cost=of_curl(folder, root), targets=looked_at))
    if shutil.which("openssl"):
        found.append(Contender(name="C: openssl s_time", cost=of_s_time(root), targets=tls))
    return found
