"""Two hours and a quarter of an emulated estate, as Prometheus would have scraped them: an OpenMetrics file with time stamps. SYNTHETIC.

What the agencies' series say was looked at for real, by monitor.drills. Made by hand here, because a clock that goes
fast has none of it, are: what Prometheus itself writes of a scrape (`up`, …), the schedule's lag, an overrun, a reload
that fails for a while, a notice that waits, when the process started, and the scores of ninety days before.
"""

import asyncio
import logging
import re
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

import structlog

from monitor.bundled import config_folder
from monitor.config import Config
from monitor.drills.engine import run
from monitor.metrics import Page, installed_version
from monitor.model import Check, Level
from monitor.service import Service
from monitor.settings import load
from monitor.testbed.scenario import checks_of, named

SCENARIO = Path(__file__).parents[1] / "history.yaml"
BEGIN = datetime(2023, 6, 21, 0, 0, tzinfo=UTC)  # 07:00 in Viet Nam
END = BEGIN + timedelta(hours=2, minutes=15)
NETWORK_DOWN = BEGIN + timedelta(minutes=54)  # when each incident of the scenario is open; REPORT's is at the end
SIGN_ON_DOWN = BEGIN + timedelta(minutes=106)
STEP = timedelta(minutes=1)  # between scrapes
INSTANCE = "127.0.0.1:9884"
SCRAPED = f'instance="{INSTANCE}",job="npsp-monitor"'.encode()
OPENMETRICS = "application/openmetrics-text"
RELOAD_FAILS = range(70, 80)  # minutes after BEGIN; made by hand, like the next two
NOTICE_WAITS = range(95, 100)
OVERRUN_AT = 90
COMMENT = re.compile(rb"(?m)^#.*\n")
PLAIN = re.compile(rb"(?m)^(\w+) ")
STARTED = re.compile(rb"(?m)^(process_start_time_seconds) \S+$")


async def write(folder: Path) -> None:
    """history.om and before.om. Raises AssertionError when the estate did not go the way its scenario says."""
    with (folder / "history.om").open("wb") as file:
        scrapes = Scrapes(file)
        outcome = await run(_config(), named(str(SCENARIO)), checks_of(str(SCENARIO)), scrapes)
        file.write(b"# EOF\n")
    (folder / "before.om").write_bytes(scrapes.before + b"# EOF\n")
    wrong = [row for row in outcome.rows if not row.right and not row.what.startswith("notices")]
    assert not wrong, wrong


def _config() -> Config:
    """The operator's own, looking at agencies a third as often: the tests have to wait for every look."""
    config = load(config_folder())
    return replace(config, checks=tuple(_seldom(check) for check in config.checks))


def _seldom(check: Check) -> Check:
    return check if Level.NATIONAL in check.levels and check.only else replace(check, every=3 * check.every)


class Scrapes:
    """Called after every tick of the drill; writes the page of each full minute."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._page: Page | None = None
        self.before = b""  # the scores of the tenth minute, as if it had been so ninety days before

    def __call__(self, service: Service, now: datetime) -> None:
        after = now - BEGIN
        service.vitals.cycled(now)
        if after % STEP:
            return
        _make_up(service, after // STEP)
        self._page = self._page or _page_of(service)
        body, _ = self._page.render(OPENMETRICS, process=True)
        self._file.write(scraped(STARTED.sub(rb"\1 %d" % BEGIN.timestamp(), body), now))
        if after == timedelta(minutes=10):
            scores = b"".join(line for line in body.splitlines(keepends=True) if line.startswith(b"npsp_agencies"))
            self.before = scraped(scores, END - timedelta(days=90))


def _page_of(service: Service) -> Page:
    return Page(
        store=service.store,
        vitals=service.vitals,
        config=lambda: service.config,
        day=service.day,
        version=installed_version(),
    )


def _make_up(service: Service, minute: int) -> None:
    """What the drill's clock leaves out of a monitor's life."""
    vitals = service.vitals
    for number in range(30):
        vitals.lagged(0.002 + 0.001 * (number % 7) + (0.4 if number % 25 == minute % 25 else 0))
    vitals.in_flight = minute % 4
    vitals.overruns += minute == OVERRUN_AT
    vitals.reload_ok = minute not in RELOAD_FAILS
    for tally in vitals.channels.values():
        tally.pending = int(minute in NOTICE_WAITS)
        tally.failures += minute in NOTICE_WAITS


def scraped(page: bytes, at: datetime) -> bytes:
    """The samples of a page as Prometheus keeps them: with job, instance and time; and what it writes of the scrape."""
    samples = COMMENT.sub(b"", page)
    kept = PLAIN.sub(rb"\1{%b} " % SCRAPED, samples.replace(b"{", b"{%b," % SCRAPED))  # no value of a label has a brace
    count = b"%d" % samples.count(b"\n")
    of_scrape = (
        (b"up", b"1"),
        (b"scrape_duration_seconds", b"0.031"),
        (b"scrape_samples_scraped", count),
        (b"scrape_samples_post_metric_relabeling", count),
        (b"scrape_series_added", b"0"),
    )
    lines = kept + b"".join(b"%b{%b} %b\n" % (name, SCRAPED, value) for name, value in of_scrape)
    return lines.replace(b"\n", b" %d\n" % at.timestamp())


if (
    __name__ == "__main__"
):  # a process of its own: what it shows of itself is a monitor's, and its log is not the tests'
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    asyncio.run(write(Path(sys.argv[1])))
