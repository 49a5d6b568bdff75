"""Measures what a scrape costs, the monitor and a real Prometheus: `python bench/scraping.py`. Nothing here is asserted.

Over HTTP, from the monitor's real web server, in a process of its own; between two scrapes one watch in fifteen has a new
look. CPU time is of the whole process, header to last byte, so it has the server's and the packing's part in it.
"""

import contextlib
import http.client
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / ".ci")]

from stack import derive  # noqa: E402
from stack.addresses import free  # noqa: E402
from stack.edits import Quick  # noqa: E402

from bench.figures import spread, table  # noqa: E402 - after the path

ROUNDS = 9
SCRAPES = 15  # of Prometheus, before it is asked what they took
SERIES = 100_000
AGENCIES = 3_400
FORMS = {  # what a scraper asks for, and with which coding
    "text": ("text/plain;version=0.0.4", "identity"),
    "text, gzip": ("text/plain;version=0.0.4", "gzip"),
    "OpenMetrics": ("application/openmetrics-text;version=1.0.0", "identity"),
    "OpenMetrics, gzip": ("application/openmetrics-text;version=1.0.0", "gzip"),
}
TIMES = Quick(scrape="5s", evaluation="10s", divide=1)  # only those two differ
SELDOM = "npsp-memory"  # the group of rules that reads long ranges, every half hour as shipped


@dataclass(slots=True, kw_only=True)
class Monitor:
    """One of bench/served.py."""

    process: subprocess.Popen[str]
    address: str
    agencies: int
    watches: int

    def told(self, order: str) -> float:
        self.process.stdin.write(f"{order}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def scrape(self, form: str) -> tuple[bytes, float, float]:
        """The body as it came, ms of CPU and ms of waiting."""
        accept, coding = FORMS[form]
        connection = http.client.HTTPConnection(*self.address.split(":"), timeout=120)
        before, begun = self.told("cpu"), time.perf_counter()
        connection.request("GET", "/metrics", headers={"Accept": accept, "Accept-Encoding": coding})
        body = connection.getresponse().read()
        waited, used = time.perf_counter() - begun, self.told("cpu") - before
        connection.close()
        return body, 1000 * used, 1000 * waited


@contextlib.contextmanager
def served(agencies: int) -> Iterator[Monitor]:
    command = [sys.executable, str(ROOT / "bench" / "served.py"), str(agencies)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        address, number, watches = process.stdout.readline().split()
        try:
            yield Monitor(process=process, address=address, agencies=int(number), watches=int(watches))
        finally:
            process.stdin.close()  # it ends by itself
            process.wait(30)


def series(page: bytes) -> int:
    return sum(not line.startswith(b"#") for line in page.splitlines())


@dataclass(slots=True)
class Costs:
    """Of one form, round by round."""

    size: list[float] = field(default_factory=list)  # kB
    cpu: list[float] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)


def costs(monitor: Monitor) -> dict[str, Costs]:
    """Each form is asked for several times running, as a scraper does: the lines are kept in the form asked for last."""
    found = {}
    for form in FORMS:
        monitor.scrape(form)
        found[form] = each = Costs()
        for _ in range(ROUNDS):
            monitor.told("look")
            body, cpu, waited = monitor.scrape(form)
            each.size.append(len(body) / 1000)
            each.cpu.append(cpu)
            each.waited.append(waited)
    return found


def told_of(name: str, monitor: Monitor) -> Iterator[Sequence[str]]:
    for form, each in costs(monitor).items():
        yield name, form, spread(each.size, 0), spread(each.cpu, 1), spread(each.waited, 1)


# -- Prometheus


@contextlib.contextmanager
def prometheus(address: str) -> Iterator[str]:
    """One that scrapes the address, with the shipped rules; gives its URL."""
    with tempfile.TemporaryDirectory() as folder:
        to = free("127.77.6.1")
        derive.derived(Path(folder), replace(to, monitor=address), TIMES)
        command = [
            *("prometheus", f"--config.file={folder}/prometheus/prometheus.yml", f"--storage.tsdb.path={folder}/data"),
            f"--web.listen-address={to.prometheus}",
        ]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as running:
            try:
                yield f"http://{to.prometheus}"
            finally:
                running.terminate()


def asked(base: str, query: str) -> list[tuple[dict[str, str], float]]:
    with urlopen(f"{base}/api/v1/query?{urlencode({'query': query})}", timeout=30) as answer:
        result = json.load(answer)["data"]["result"]
    return [(each["metric"], float(each["value"][1])) for each in result]


def own(base: str) -> dict[str, float]:
    """Prometheus's own page: name with labels, value."""
    with urlopen(f"{base}/metrics", timeout=30) as answer:
        lines = answer.read().decode().splitlines()
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[:1] != "#")}


def scraped(monitor: Monitor, base: str) -> dict[str, list[float]]:
    """What each scrape took, and each evaluation of all rules; one watch in fifteen is new before each scrape."""
    found: dict[str, list[float]] = {"scrape": [], "samples": [], "rules": [], SELDOM: []}
    seen: set[float] = set()
    end = time.monotonic() + 20 * SCRAPES
    while len(seen) < SCRAPES and time.monotonic() < end:
        with contextlib.suppress(URLError, ConnectionError):
            at = [value for _, value in asked(base, "max(timestamp(up)) and max(up) == 1")]
            if at and at[0] not in seen:
                seen.add(at[0])
                monitor.told("look")
                for key, query in (("scrape", "scrape_duration_seconds"), ("samples", "scrape_samples_scraped")):
                    found[key] += [value for _, value in asked(base, query)]
                groups = {k: v for k, v in own(base).items() if k.startswith("prometheus_rule_group_last_duration_sec")}
                found["rules"].append(sum(value for name, value in groups.items() if SELDOM not in name))
                found[SELDOM] += [value for name, value in groups.items() if SELDOM in name and value]
        time.sleep(0.05)
    return found


def of_prometheus(name: str, monitor: Monitor) -> Sequence[str]:
    with prometheus(monitor.address) as base:
        found = scraped(monitor, base)
        page = own(base)
    ms = [[1000 * value for value in found[key][1:]] for key in ("scrape", "rules", SELDOM)]
    head = page["prometheus_tsdb_head_series"]
    memory = page["process_resident_memory_bytes"] / 1e6
    cpu = 1000 * page["process_cpu_seconds_total"] / SCRAPES
    return (
        name,
        f"{found['samples'][-1]:,.0f}",
        spread(ms[0], 0),
        spread(ms[1], 0),
        spread(ms[2], 0),
        f"{head:,.0f}",
        f"{memory:.0f}",
        f"{cpu:.0f}",
    )


def estates() -> Iterator[tuple[str, int]]:
    """Name and how many agencies count, 0 for the real estate."""
    yield "the real estate", 0
    yield f"{AGENCIES:,} agencies", AGENCIES
    with served(0) as few, served(AGENCIES) as many:
        sizes = [series(monitor.scrape("text")[0]) for monitor in (few, many)]
        each = (sizes[1] - sizes[0]) / (many.agencies - few.agencies)
        yield f"{SERIES:,} series", round(few.agencies + (SERIES - sizes[0]) / each)


def revision() -> str:
    told = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return told.stdout.strip() or "unknown"


def version() -> str:
    told = subprocess.run(["prometheus", "--version"], capture_output=True, text=True, check=False)
    return re.search(r"version (\S+)", told.stdout + told.stderr)[1]


def main() -> None:
    print(
        f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}, `bench/scraping.py` at {revision()}\n"
    )
    pages, servers, sizes = [], [], []
    for name, agencies in estates():
        with served(agencies) as monitor:
            page, *_ = monitor.scrape("text")
            sizes.append(f"{name}: {monitor.agencies:,} agencies, {monitor.watches:,} watches, {series(page):,} series")
            pages += told_of(name, monitor)
            if shutil.which("prometheus"):
                servers.append(of_prometheus(name, monitor))
    print("; ".join(sizes) + ".\n")
    print(table(("estate", "asked for", "kB", "CPU of a scrape, ms", "wall, ms"), pages))
    if servers:
        print(
            f"Prometheus {version()} with the shipped rules, {SCRAPES} scrapes 5 s apart, rules every 10 s. Its memory and head are "
            "of these few minutes; rules over long windows see little of one yet.\n"
        )
        head = (
            "estate",
            "samples",
            "scrape and ingestion, ms",
            "rules of every 30 s, once, ms",
            "rules of every 30 min, once, ms",
            "series in its head",
            "its memory, MB",
            "its CPU a scrape, start and rules included, ms",
        )
        print(table(head, servers))
    else:
        print("prometheus is not installed; `make debian-packages` installs it.")


if __name__ == "__main__":
    main()
