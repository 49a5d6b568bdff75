"""A burning estate: `python bench/burning.py`. Ten thousand agencies are lost within a minute, and come back.

The real server, schedule, judge, ledger (SQLite on a disk) and webhook channel; only the network is made up: a look takes
20 ms and finds what the fire says. The receiver is another process. `--agencies` more than are burning: without a common
cause. What is measured: notices and their bodies, memory, how long the loop stands still and by what, lag of looks.
"""

import argparse
import asyncio
import gc
import json
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
from aiohttp import web
from yarl import URL

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]

from figures import table  # noqa: E402 - after the path

from bench.served import entry  # noqa: E402
from monitor import loop  # noqa: E402
from monitor.bundled import config_folder  # noqa: E402
from monitor.channels import Channel  # noqa: E402
from monitor.config import Config  # noqa: E402
from monitor.log import configure  # noqa: E402
from monitor.model import Result, Watch  # noqa: E402
from monitor.notify import webhook  # noqa: E402
from monitor.roster import Roster  # noqa: E402
from monitor.server import Server  # noqa: E402
from monitor.service import Service  # noqa: E402
from monitor.settings import load  # noqa: E402
from monitor.store.ledger import Ledger  # noqa: E402
from monitor.store.opening import open_ledger  # noqa: E402
from monitor.store.place import Place  # noqa: E402
from probes import Observation, Reason  # noqa: E402

LOOK = 0.02  # seconds
BEAT = 0.01  # seconds; how often the loop is asked whether it stands still
PERIOD = timedelta(seconds=60)
CHECK = "portal_closed"


def config_of(agencies: int, receiver: str | None) -> Config:
    """Made-up provinces with one check, every minute; with a time-out that lets it look again after 15 s."""
    real = load(config_folder())
    check = next(each for each in real.checks if each.name == CHECK)
    check = replace(check, every=PERIOD, timeout=timedelta(seconds=7))
    channels = {}
    if receiver:
        channels["desk"] = Channel(name="desk", kind="webhook", notifier=webhook.Notifier(url=URL(receiver)))
    return replace(
        real,
        roster=Roster(entries=tuple(map(entry, range(agencies)))),
        checks=(check,),
        attestations=(),
        channels=channels,
        listen="127.0.0.1:0",
    )


class Fire:
    """In the place of a runner: `lit` tells whose looks fail."""

    def __init__(self, now: Callable[[], datetime], seconds: float = LOOK) -> None:
        self.lit: Callable[[int], bool] = lambda _number: False
        self._now = now
        self._seconds = seconds

    async def look(self, watch: Watch, due: datetime) -> Result:
        started = self._now()
        if self._seconds:
            await asyncio.sleep(self._seconds)
        number = int(watch.agency.code[1:])
        reason = Reason.HTTP_5XX if self.lit(number) else Reason.OK
        facts = {"network": f"198.51.{number % 250}.0/24", "certificate_issuer": f"CN=Made up {number % 10}"}
        seen = Observation(reason=reason, facts=facts if reason is Reason.OK else {}, detail=reason.value)
        return Result(
            watch=watch, due=due, started=started, seconds=self._seconds, observation=seen, phases={"connect": 0.01}
        )


class Burning(Service):
    """A service that looks at nothing but the fire."""

    fire: Fire

    def heed(self) -> None:
        self.heeded()

    def heeded(self) -> None:
        """What the schedule calls once a second, where it can be measured."""
        super().heed()

    def _runner_of(self, config: Config) -> Any:
        del config
        self.fire = Fire(self.now)
        return self.fire


class Gauge:
    """What is measured, by phase."""

    def __init__(self) -> None:
        self.phase = "start"
        self.figures: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
        self._collecting = 0.0
        gc.callbacks.append(self._collected)

    def note(self, what: str, figure: float) -> None:
        self.figures[self.phase, what].append(figure)

    def _collected(self, phase: str, info: Mapping[str, int]) -> None:
        if phase == "start":
            self._collecting = time.perf_counter()
        else:
            self.note(f"collected {info['generation']}", 1000 * (time.perf_counter() - self._collecting))

    def timed(self, owner: object, name: str, what: str) -> None:
        """Note how long this method takes: by the wall, and of CPU of its thread; ms."""
        inner = getattr(owner, name)

        def outer(*args: Any, **kwargs: Any) -> Any:
            wall, cpu = time.perf_counter(), time.thread_time()
            try:
                return inner(*args, **kwargs)
            finally:
                self.note(what, 1000 * (time.perf_counter() - wall))
                self.note(f"{what}, cpu", 1000 * (time.thread_time() - cpu))

        setattr(owner, name, outer)

    async def beat(self) -> None:
        """By how much the loop is late; 0 within its own precision."""
        while True:
            due = time.perf_counter() + BEAT
            await asyncio.sleep(BEAT)
            self.note("pause", 1000 * (time.perf_counter() - due))


def watched(gauge: Gauge, service: Service, ledger: Ledger) -> None:
    gauge.timed(service, "heeded", "heed")
    gauge.timed(service, "sight", "sight")
    gauge.timed(service.alerts, "decide", "decide")
    gauge.timed(service.keeping, "keep", "keep")
    gauge.timed(service.store, "news", "news")
    gauge.timed(service.keeping, "_nothing_new", "compare")
    gauge.timed(ledger, "write", "write")
    lagged = service.vitals.lagged

    class Lagging(type(service.vitals)):  # type: ignore[misc]  # of slots, which take no other method
        __slots__ = ()

        def lagged(self, seconds: float) -> None:
            gauge.note("lag", 1000 * seconds)
            lagged(seconds)

    service.vitals.__class__ = Lagging


# -- the receiver, in a process of its own


def receive() -> None:
    """Prints its address, then a line of JSON for each notice."""

    async def take(request: web.Request) -> web.Response:
        body = await request.read()
        ours = json.loads(body)["npsp"]
        notice = ours["notice"]
        told = {"at": time.time(), "event": ours["event"], "bytes": len(body), "entries": len(notice["entries"])}
        print(json.dumps(told | {"more": notice["more"], "text": len(ours["text"])}), flush=True)
        return web.Response()

    async def serve() -> None:
        app = web.Application(client_max_size=1 << 30)
        app.router.add_post("/", take)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        print(f"http://127.0.0.1:{runner.addresses[0][1]}/", flush=True)
        await asyncio.Event().wait()

    asyncio.run(serve())


# -- a run


def memory() -> float:
    return float(psutil.Process().memory_info().rss / 2**20)


async def burn(options: argparse.Namespace, folder: Path, receiver: str, gauge: Gauge) -> None:
    config = config_of(options.agencies, receiver)
    ledger = open_ledger(Place(file=folder / "monitor.db"), serving=True)
    service = Burning(config, lambda: config, ledger=ledger)
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        server = group.create_task(Server(service).serve(stop))
        while not service.alerts.memory.began:  # noqa: ASYNC110 - nothing says so
            await asyncio.sleep(0.5)
        watched(gauge, service, ledger)
        beating = group.create_task(gauge.beat())
        every = options.agencies // options.burning
        for phase, lit, seconds in (
            ("calm", lambda _number: False, 45),
            ("fire", lambda number: number % every == 0, 200),
            ("burnt", lambda number: number % every == 0, 45),
            ("recovery", lambda _number: False, options.recovery),
        ):
            gc.collect()
            gauge.phase = phase
            gauge.note("rss before", memory())
            service.fire.lit = lit
            for _ in range(seconds):
                await asyncio.sleep(1)
                gauge.note("rss", memory())
            lost = len(service.alerts.lost)
            print(f"{phase}: {lost} lost, {len(service.store.agencies)} agencies, {memory():.0f} MB", flush=True)
        beating.cancel()
        stop.set()
        await server


def say(gauge: Gauge) -> None:
    phases = ("calm", "fire", "burnt", "recovery")
    rows = []
    for what in sorted({what for _, what in gauge.figures}):
        cells = [what]
        for phase in phases:
            figures = sorted(gauge.figures.get((phase, what), ()))
            if not figures:
                cells.append("–")
                continue
            p50, p99 = (figures[min(len(figures) - 1, int(len(figures) * part))] for part in (0.5, 0.99))
            cells.append(f"{p50:.2f}, {p99:.2f}, {figures[-1]:.2f} ({len(figures)})")
        rows.append(cells)
    print(table(("ms (rss: MB): median, 99 %, worst (of)", *phases), rows), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agencies", type=int, default=10_000)
    parser.add_argument("--burning", type=int, default=10_000)
    parser.add_argument("--recovery", type=int, default=330, help="seconds that it is watched")
    parser.add_argument("--receive", action="store_true", help="be the receiver")
    options = parser.parse_args()
    if options.receive:
        receive()
        return
    configure("json", "error")
    gauge = Gauge()
    command = [sys.executable, __file__, "--receive"]
    with TemporaryDirectory(prefix="npsp-burning-") as folder, Path(folder, "told").open("w+b") as out:
        receiver = subprocess.Popen(command, stdout=out)
        try:
            while not (address := Path(folder, "told").read_text().strip()):
                time.sleep(0.1)
            print(f"{datetime.now(UTC):%H:%M:%S}: {options.agencies} agencies, {options.burning} burn", flush=True)
            loop.run(burn(options, Path(folder), address, gauge))
        finally:
            receiver.terminate()
            receiver.wait()
        told = [json.loads(line) for line in Path(folder, "told").read_text().splitlines()[1:]]
        size = sum(each.stat().st_size for each in Path(folder).glob("monitor.db*")) / 2**20
    for each in told:
        print(f"{datetime.fromtimestamp(each['at'], UTC):%H:%M:%S} {each}")
    print(
        f"notices: {dict(Counter(each['event'] for each in told))}; biggest body {max(e['bytes'] for e in told)} bytes"
    )
    print(f"ledger: {size:.1f} MB on the disk\n")
    say(gauge)


if __name__ == "__main__":
    main()
