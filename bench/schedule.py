"""Measures the schedule at scale: `python bench/schedule.py`. Nothing here is asserted: machines are noisy.

Every part runs in a process of its own, pinned to one core where the system lets it, and is measured some times; a row is
the median, the spread and the number of rounds. Looks are trivial: what is measured is what it costs to start them.
"""

import asyncio
import gc
import gzip
import json
import os
import platform
import resource
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]

from run import row  # noqa: E402 - after the path

from monitor.config import Config  # noqa: E402
from monitor.inbox import Inbox  # noqa: E402
from monitor.judge import Patience  # noqa: E402
from monitor.log import configure  # noqa: E402
from monitor.metrics import Page  # noqa: E402
from monitor.model import Check, Condition, Level, Result, Watch  # noqa: E402
from monitor.pauses import made_to_stay  # noqa: E402
from monitor.plan import watches  # noqa: E402
from monitor.room import Room  # noqa: E402
from monitor.roster import Entry, Roster  # noqa: E402
from monitor.schedule import Schedule, utc_now  # noqa: E402
from monitor.server import Server  # noqa: E402
from monitor.service import Service  # noqa: E402
from monitor.store.memory import Memory  # noqa: E402
from monitor.timetable import Timetable  # noqa: E402
from monitor.vitals import Vitals  # noqa: E402
from monitor.web.serving import Site  # noqa: E402
from monitor.web.shown import Shown  # noqa: E402
from probes import Fact, Observation, Reason  # noqa: E402
from probes._net.settings import NetworkSettings  # noqa: E402

DAY = date(2025, 7, 1)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SHOWN = 3_600  # agencies whose series are shown: some 100,000 series
SCRAPE_EVERY = 15  # seconds
PHASES = {"resolve": 0.01, "connect": 0.02, "tls": 0.03, "processing": 0.1, "transfer": 0.05}
FACTS = {
    "ip_protocol": 4,
    "tls_version": "TLSv1.3",
    "tls_cipher": "TLS_AES_256_GCM_SHA384",
    "certificate_issuer": "CN=Made up",
    "redirects": 1,
    "http_status": 200,
    "http_version": "1.1",
}
EVIDENCE = {"portal": "made up"}


class Trivial:
    """A kind whose looks cost nothing."""

    asks_pages = True

    def applies(self, _):
        return True

    async def look(self, *_):
        return Observation(reason=Reason.OK)


@dataclass(slots=True, kw_only=True)
class Kept(Vitals):
    """Vitals that keep every lag."""

    lags: list[float] = field(default_factory=list)

    def lagged(self, seconds):
        self.lags.append(seconds)
        Vitals.lagged(self, seconds)


class Pauses:
    """The longest time the collector let nothing else run, in ms."""

    def __init__(self) -> None:
        self.longest = self._begun = 0.0
        gc.callbacks.append(self._collecting)

    def _collecting(self, phase: str, _: dict[str, int]) -> None:
        if phase == "start":
            self._begun = time.perf_counter()
        else:
            self.longest = max(self.longest, 1000 * (time.perf_counter() - self._begun))


def entry(number: int) -> Entry:
    name = f"Agency {number}"
    portal = f"https://a{number}.example/"
    return Entry(code=f"S{number:06}", name=name, name_en=name, level=Level.PROVINCE, portal=portal, evidence=EVIDENCE)


def config(every: timedelta, agencies: int, checks: int = 1) -> Config:
    return Config(
        folder=ROOT,
        roster=Roster(entries=tuple(map(entry, range(agencies)))),
        checks=tuple(check(f"portal_{number}", every) for number in range(checks)),
        network=NetworkSettings(contact="bench.example"),
        patience=Patience(),
        listen="127.0.0.1:0",
        day=DAY,
    )


def check(name: str, every: timedelta) -> Check:
    return Check(
        name=name,
        kind="http",
        probe=Trivial(),
        every=every,
        timeout=timedelta(seconds=10),
        proves=Condition.CONNECTED,
        levels=frozenset(Level),
    )


def own_facts(number: int) -> dict[str, Fact]:
    """Those of one agency alone, as a look over HTTPS brings them."""
    return {
        "address": f"192.0.2.{number % 256}",
        "address_hash": 10**9 + number,
        "certificate_not_after": 1.8e9 + number,
        "certificate_earliest_not_after": 1.7e9 + number,
        "url": f"https://a{number}.example/dichvucong",
    }


def resident() -> float:
    return psutil.Process().memory_info().rss


def peak() -> float:
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def result(watch: Watch, due: datetime) -> Result:
    seen = Observation(reason=Reason.OK, facts=FACTS | own_facts(int(watch.agency.code[1:])))
    return Result(watch=watch, due=due, started=due, seconds=0.2, observation=seen, phases=PHASES)


# -- parts; each prints a JSON object of figures


async def firing(targets: int, seconds: float, *, scraped: bool = False, taken: bool = False) -> dict[str, float]:
    """Lag and CPU of `targets` looks a minute; `scraped`: a page of 100,000 series is asked for beside it."""
    with made_to_stay():
        rules = config(MINUTE, targets)
        planned = watches(rules, DAY)
        store = filled(rules, planned[:SHOWN]) if scraped else Memory(rules.patience)
    vitals, pauses = Kept(started=utc_now()), Pauses()

    async def look(watch: Watch, due: datetime) -> None:
        if taken and watch.key < planned[SHOWN].key:
            store.take(result(watch, due))

    schedule = Schedule(look, nothing, vitals, room=Room(64))
    looked = {watch.key for watch in planned}
    schedule.follow(Timetable(planned, now=utc_now(), warm_up=timedelta(), looked=looked))
    site = site_of(store, vitals, rules)
    address = await site.start("127.0.0.1:0")
    schedule.start()
    await asyncio.sleep(1)  # what came due while the timetable was laid is no lag of a schedule that goes
    vitals.lags.clear()
    pauses.longest = 0.0
    begun, used = time.perf_counter(), time.process_time()
    program = await asyncio.create_subprocess_exec(sys.executable, __file__, "scraper", address) if scraped else None
    await asyncio.sleep(seconds)
    spent, wall = time.process_time() - used, time.perf_counter() - begun
    paused = pauses.longest
    if program:
        program.terminate()
        await program.wait()
    await site.stop()
    await schedule.drain(timedelta(seconds=1))
    lags = sorted(vitals.lags)
    return {
        "p50": 1000 * lags[len(lags) // 2],
        "p99": 1000 * lags[len(lags) * 99 // 100],
        "worst": 1000 * lags[-1],
        "paused": paused,
        "cpu": 1e6 * spent / len(lags),
        "a minute": 60 * len(lags) / wall,
        "overruns": vitals.overruns,
    }


async def nothing() -> None:
    pass


def filled(rules: Config, planned: tuple[Watch, ...]) -> Memory:
    store = Memory(rules.patience)
    store.plan([watch.agency for watch in planned], planned, (), day=DAY, at=utc_now())
    for watch in planned:
        store.take(result(watch, utc_now() - HOUR))
    return store


def site_of(store: Memory, vitals: Vitals, rules: Config) -> Site:
    async def reload() -> tuple[str, ...]:
        return ()

    async def peek(watch: Watch, _: timedelta) -> Result:
        return result(watch, utc_now())

    shown = Shown(
        store=store,
        vitals=vitals,
        config=lambda: rules,
        day=lambda: DAY,
        now=utc_now,
        reload=reload,
        peek=peek,
        inbox=Inbox(utc_now, lambda at: at),
    )
    return Site(shown)


def scraper(address: str) -> None:
    """Asks as Prometheus does."""
    unpinned()
    url = f"http://{address}/metrics"
    request = urllib.request.Request(url, headers={"Accept-Encoding": "gzip", "Accept": "text/plain;version=0.0.4"})
    while True:
        begun = time.monotonic()
        with urllib.request.urlopen(request) as answer:
            page = answer.read()
        took = time.monotonic() - begun
        if page[:2] == b"\x1f\x8b":
            page = gzip.decompress(page)
        series = sum(not line.startswith(b"#") for line in page.splitlines())
        print(f"{series} series in {took:.2f} s", file=sys.stderr, flush=True)
        time.sleep(max(0.0, SCRAPE_EVERY - took))


async def machine() -> dict[str, float]:
    """What the machine alone adds to a lag: a timer as often as a look, and nothing else."""
    loop, lags = asyncio.get_running_loop(), []
    for _ in range(3_000):
        due = loop.time() + 0.006
        await asyncio.sleep(0.006)
        lags.append(1000 * (loop.time() - due))
    lags.sort()
    return {"p50": lags[len(lags) // 2], "p99": lags[len(lags) * 99 // 100], "worst": lags[-1]}


async def burst(targets: int) -> dict[str, float]:
    """CPU of beginning and ending looks that are all due now: what is left without waking up for each."""
    vitals = Vitals(started=utc_now())
    schedule = Schedule(lambda *_: nothing(), nothing, vitals, room=Room(64))
    with made_to_stay():  # as the service does
        planned = watches(config(HOUR, targets), DAY)
        schedule.follow(Timetable(planned, now=utc_now(), warm_up=timedelta()))
    used = time.process_time()
    schedule.start()
    while sum(vitals.lag_counts) < targets:  # noqa: ASYNC110 - the schedule has no event for it
        await asyncio.sleep(0.01)
    spent = time.process_time() - used
    await schedule.drain(timedelta(seconds=1))
    return {"cpu": 1e6 * spent / targets}


async def started(agencies: int, checks: int = 1, *, hours: int = 0) -> dict[str, float]:
    """Seconds and memory from nothing to a service that serves; and after so many looks at each, and a scrape."""
    configure(level="error")
    empty, begun = resident(), time.perf_counter()
    rules = config(HOUR, agencies, checks)
    entered, found = resident(), dict[str, float]()
    service, stop = Service(rules, load=lambda: rules), asyncio.Event()

    def serving(_: str) -> None:
        found.update({"seconds": time.perf_counter() - begun, "MB": resident() / 1e6, "peak": peak() / 1e6})
        asyncio.get_running_loop().call_later(0.1, stop.set)  # after the first tick

    await Server(service).serve(stop, serving)
    targets, pauses = len(service.store.watches), Pauses()
    found |= {"of an entry": (entered - empty) / agencies, "of a target": (1e6 * found["MB"] - entered) / targets}
    for hour in range(1, hours + 1):
        for watch in service.store.watches:
            service.store.take(result(watch, utc_now() + hour * HOUR))
    found["looked at"] = (resident() - entered) / targets
    if hours:
        page = Page(store=service.store, vitals=service.vitals, config=lambda: rules, day=lambda: DAY, version="0")
        await page.scrape(gzip=True)
    return found | {"shown": (resident() - entered) / targets, "paused": pauses.longest}


def unpinned() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, range(os.cpu_count() or 1))


PARTS = {
    "machine": machine,
    "alone": lambda: firing(10_000, 20),
    "scraped": lambda: firing(10_000, 42, scraped=True),
    "taken": lambda: firing(10_000, 42, scraped=True, taken=True),
    "many": lambda: firing(100_000, 20),
    "burst": lambda: burst(20_000),
    "held": lambda: started(100_000, hours=4),
    "million": lambda: started(1_000_000),
    "four checks": lambda: started(250_000, 4),
}


def measured(part: str, rounds: int) -> dict[str, list[float]]:
    """Each figure of a part, of every round."""
    texts = [
        subprocess.run([sys.executable, __file__, part], check=True, stdout=subprocess.PIPE).stdout
        for _ in range(rounds)
    ]
    every = [json.loads(text) for text in texts]
    return {name: [each[name] for each in every] for name in every[0]}


LAG = (
    ("p50", "ms"),
    ("p99", "ms"),
    ("worst", "ms"),
    ("paused", "ms, the longest collection"),
    ("cpu", "µs a look"),
    ("a minute", "looks"),
    ("overruns", ""),
)
START = (
    ("seconds", "s"),
    ("MB", "MB"),
    ("peak", "MB"),
    ("of an entry", "B of configuration"),
    ("of a target", "B beyond, before the first look"),
)
LOOKED = (
    ("looked at", "B beyond, after four looks at each"),
    ("shown", "B beyond, after a gzipped scrape too"),
    ("paused", "ms, the longest collection"),
)
ROWS = (
    ("machine", "the machine alone, a timer 10,000 times a minute", LAG[:3], 3),
    ("alone", "10,000 looks a minute", LAG, 3),
    ("scraped", "10,000 looks a minute, 100,000 series scraped every 15 s", LAG, 3),
    ("taken", "the same, results of 3,600 a minute taken", LAG, 3),
    ("many", "100,000 looks a minute", LAG, 3),
    ("burst", "20,000 looks due at once, 64 at a time", LAG[4:5], 5),
    ("held", "100,000 agencies of one check, the service started", (*START, *LOOKED), 3),
    ("million", "1,000,000 agencies of one check, the service started", START, 3),
    ("four checks", "250,000 agencies of four checks, the service started", START, 3),
)


def main(parts: tuple[str, ...]) -> None:
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    print("| what | median | spread | rounds |\n|---|---|---|---|")
    for part, what, figures, rounds in ROWS:
        if parts and part not in parts:
            continue
        found = measured(part, rounds)
        for name, unit in figures:
            row(f"{what}: {name}", unit, found[name])


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["scraper", address]:
            scraper(address)
        case [part] if part in PARTS:
            if hasattr(os, "sched_setaffinity"):
                os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # on one core
            print(json.dumps(asyncio.run(PARTS[part]())))
        case chosen:
            main(tuple(part.removeprefix("--") for part in chosen))
