"""Measures what it costs to show 100,000 series: `python bench/showing.py`. Nothing here is asserted: machines are noisy.

The estate is made up and nothing is asked: looks are laid before the store as a schedule would bring them. CPU time is
of the whole process. The stock exposition, prometheus_client's own, is measured beside ours in the same run.
"""

import asyncio
import gc
import os
import platform
import random
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.registry import Collector
from yarl import URL

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from monitor.blackbox import OF_LOOKS  # noqa: E402 - after the path
from monitor.bundled import config_folder  # noqa: E402
from monitor.judge import Patience  # noqa: E402
from monitor.metrics import Page  # noqa: E402
from monitor.model import Agency, Check, Condition, Level, Result, Watch  # noqa: E402
from monitor.series import Picture, of_scores, picture  # noqa: E402
from monitor.settings import load  # noqa: E402
from monitor.show.agencies import OF_AGENCIES, OF_STANDINGS  # noqa: E402
from monitor.show.checks import OF_CHECKS, OF_LOOKS_AT_ONE  # noqa: E402
from monitor.show.family import Family, Rows  # noqa: E402
from monitor.store.memory import Memory  # noqa: E402
from monitor.vitals import Vitals  # noqa: E402
from probes import Fact, Observation, Reason, Target  # noqa: E402

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = date(2026, 1, 1)
CONFIG = replace(load(config_folder()), day=DAY)
PHASES = ("resolve", "connect", "tls", "processing", "transfer")
ROUNDS = 9


class Pages:
    asks_pages = True


class Handshakes:
    asks_pages = False


def check(name: str, probe: object, proves: Condition | None) -> Check:
    return Check(
        name=name,
        kind=name,
        probe=probe,
        every=timedelta(minutes=1),
        timeout=timedelta(seconds=10),
        proves=proves,
        levels=frozenset(Level),
    )


CHECKS = (
    check("portal", Pages(), Condition.CONNECTED),
    check("sign_on", Pages(), Condition.CONNECTED),
    check("one_door", Pages(), Condition.MERGED),
    check("certificate", Handshakes(), None),
)


def agency(number: int) -> Agency:
    code = f"X{number:05}"
    return Agency(
        code=code, name=f"Tỉnh mẫu {number}", name_en=f"Sample {number}", level=Level.PROVINCE, counted=True,
        portal=f"https://{code.lower()}.example/",
    )  # fmt: skip


def watches(of: Agency) -> list[Watch]:
    target = Target(code=of.code, name=of.name, level=of.level, portal=URL(of.portal or ""), hosts=frozenset(), day=DAY)
    return [Watch(agency=of, check=each, aim=lambda _: target) for each in CHECKS]


def facts(code: str) -> dict[str, Fact]:
    """As a look over HTTPS brings them; equal at every look at the same agency."""
    draw = random.Random(code)
    expiry = 1_800_000_000.0 + draw.randrange(10**7)
    return {
        "address": f"192.0.2.{draw.randrange(256)}",
        "address_hash": draw.randrange(2**32),
        "ip_protocol": 4,
        "tls_version": "TLSv1.3",
        "tls_cipher": "TLS_AES_256_GCM_SHA384",
        "certificate_not_after": expiry,
        "certificate_earliest_not_after": expiry - 1,
        "certificate_issuer": f"CN=Made up {draw.randrange(20)}",
        "url": f"https://{code.lower()}.example/dichvucong",
        "redirects": 1,
        "http_status": 200,
        "http_version": "1.1",
    }


def looked(watch: Watch, turn: int) -> Result:
    due = START + timedelta(minutes=turn)
    phases = {phase: random.random() / 20 for phase in PHASES}
    return Result(
        watch=watch,
        due=due,
        started=due + timedelta(microseconds=random.randrange(10**6)),
        seconds=sum(phases.values()),
        observation=Observation(reason=Reason.OK, facts=facts(watch.agency.code)),
        phases=phases,
    )


class Estate:
    """So many agencies with four checks each; the looks made at each fill what a state remembers of its past."""

    def __init__(self, agencies: int) -> None:
        self.agencies = [agency(number) for number in range(agencies)]
        self.watches = [watch for each in self.agencies for watch in watches(each)]
        self._turn = 0

    def start(self) -> None:
        self.store = Memory(Patience())
        self.store.plan(self.agencies, self.watches, (), day=DAY, at=START)
        self.page = Page(
            store=self.store,
            vitals=Vitals(started=START, reload_at=START),
            config=lambda: CONFIG,
            day=lambda: DAY,
            version="0",
        )
        for _ in range(Patience().memory + 1):
            self.look(1)

    def some(self, part: float) -> list[Result]:
        self._turn += 1
        chosen = random.sample(self.watches, round(len(self.watches) * part))
        return [looked(watch, self._turn) for watch in chosen]

    def look(self, part: float) -> None:
        for result in self.some(part):
            self.store.take(result)


class Stock(Collector):
    """The same families for prometheus_client, without those of the monitor itself."""

    def __init__(self, store: Memory) -> None:
        self._store = store

    def collect(self) -> Iterator[Metric]:
        yield from map(metric, families(picture(self._store)))


def families(now: Picture) -> Iterator[Family]:
    yield from of_scores(now.scores)
    every = (
        (OF_AGENCIES, now.agencies),
        (OF_STANDINGS, now.standings),
        (OF_LOOKS_AT_ONE, now.looks_by_agency),
        ((*OF_CHECKS, *OF_LOOKS), now.looks),
    )
    for group, things in every:
        yield from (replace(each.family, rows=each.all_of(things)) for each in group)


def metric(family: Family) -> Metric:
    rows: Rows = [(labels, value) for labels, value in family.rows if value is not None]
    if family.kind == "info":
        info = InfoMetricFamily(family.name.removesuffix("_info"), family.text)
        for labels, _ in rows:
            info.add_metric((), dict(zip(family.labels, labels, strict=True)))
        return info
    shape = CounterMetricFamily if family.kind == "counter" else GaugeMetricFamily
    made = shape(family.name, family.text, labels=family.labels)
    for labels, value in rows:
        made.add_metric(labels, value)
    return made


def row(what: str, unit: str, figures: list[float], digits: int = 1) -> None:
    spread = f"{min(figures):.{digits}f}–{max(figures):.{digits}f}"
    print(f"| {what} | {statistics.median(figures):.{digits}f} {unit} | {spread} | {len(figures)} |", flush=True)


def cpu(work: Callable[[], object]) -> float:
    """Milliseconds of CPU of the process."""
    begun = time.process_time()
    work()
    return 1000 * (time.process_time() - begun)


def scrapes(estate: Estate, part: float, *, gzip: bool) -> list[float]:
    found = []
    for _ in range(ROUNDS):
        estate.look(part)
        found.append(cpu(lambda: estate.page.render(gzip=gzip, process=True)))
    return found


async def stall(estate: Estate, part: float, *, gzip: bool) -> float:
    """The longest the loop let others wait, in ms, while one scrape was under way."""
    estate.look(part)
    scrape = asyncio.create_task(estate.page.scrape(gzip=gzip))
    longest, before = 0.0, time.perf_counter()
    while not scrape.done():
        await asyncio.sleep(0)
        now = time.perf_counter()
        longest, before = max(longest, now - before), now
    return 1000 * longest


def takes(estate: Estate) -> float:
    """Microseconds of one look that finds nothing new."""
    results = estate.some(0.2)
    return 1000 * cpu(lambda: [estate.store.take(result) for result in results]) / len(results)


def memory(agencies: int) -> list[float]:
    """Bytes a watch: of the store, and of the page's lines, packed and plain; without agencies, checks and watches."""
    estate = Estate(agencies)
    gc.collect()
    tracemalloc.start()
    estate.start()
    held = [traced()]
    for gzip in (True, False):
        estate.page.render(gzip=gzip)
        held.append(traced() - held[0])
    tracemalloc.stop()
    return [each / len(estate.watches) for each in held]


def traced() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def stock(estate: Estate) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(Stock(estate.store))
    return registry


def costs(estate: Estate, name: str) -> None:
    for part, words in ((0, "nothing new"), (1 / 60, "1/60 new"), (1 / 15, "1/15 new"), (1, "all new")):
        for gzip, form in ((False, "plain"), (True, "gzip")):
            row(f"{name}, {words}, {form}: CPU", "ms", scrapes(estate, part, gzip=gzip))
    for part, words in ((1 / 15, "1/15 new"), (1, "all new")):
        for gzip, form in ((False, "plain"), (True, "gzip")):
            waits = [asyncio.run(stall(estate, part, gzip=gzip)) for _ in range(ROUNDS)]
            row(f"{name}, {words}, {form}: longest the loop waits", "ms", waits)


def main() -> None:
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}, `bench/showing.py`\n")
    print("| what | median | spread | rounds |\n|---|---|---|---|")
    for agencies in (90, 1250):
        estate = Estate(agencies)
        estate.start()
        page, _ = estate.page.render(gzip=False)
        series = sum(not line.startswith(b"#") for line in page.splitlines())
        costs(estate, f"{series:,} series ({len(page) / 1e6:.1f} MB)")
        registry = stock(estate)
        row(
            "the same by prometheus_client, plain: CPU",
            "ms",
            [cpu(lambda: generate_latest(registry)) for _ in range(ROUNDS)],  # noqa: B023 - called at once
        )
    row("one look taken, nothing new", "µs", [takes(estate) for _ in range(ROUNDS)])
    for what, held in zip(("the store", "lines kept packed", "lines kept plain"), memory(5_000), strict=True):
        row(f"20,000 watches of 5,000 agencies, {what}", "bytes a watch", [held], 0)


if __name__ == "__main__":
    main()
