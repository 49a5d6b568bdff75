"""Measures the way from a fault to the notice, stage by stage: `python bench/end_to_end.py`. Nothing here is asserted.

Everything is real: the emulated estate, the monitor, Prometheus, Alertmanager, a mailbox and a webhook, by the code of
`make stack`. Measured with its `--quick` times; what the shipped times make of it is worked out from the shipped files,
since a round of them takes a quarter of an hour.
"""

import asyncio
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import ClientSession

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / ".ci")]

from stack import derive, words  # noqa: E402
from stack.addresses import SHIPPED, free  # noqa: E402
from stack.course import STAGES, Asking, Course, Turn  # noqa: E402
from stack.edits import Quick  # noqa: E402
from stack.lineup import Plan, up  # noqa: E402

from bench.figures import spread, table  # noqa: E402 - after the path
from bench.scraping import revision  # noqa: E402
from monitor.bundled import config_folder  # noqa: E402
from monitor.judge import CLOSEST  # noqa: E402
from monitor.model import Check, Level  # noqa: E402
from monitor.settings import load  # noqa: E402

ROUNDS = 5
LOST = Turn(who="H26", fault="refused", answer="no", alert="NpspAgencyLost", status="firing", subject="(H26)")
BACK = Turn(who="H26", fault="none", answer="yes", alert="NpspAgencyLost", status="resolved", subject="(H26)")
DOWN = Turn(
    who="SIGNON", fault="refused", answer="no", alert="NpspNationalSystemDown", status="firing", subject="[NPSP]"
)
UP = Turn(who="SIGNON", fault="none", answer="yes", alert="NpspNationalSystemDown", status="resolved", subject="[NPSP]")
WAYS = {"an agency is lost": (LOST, BACK), "a national system is down": (DOWN, UP)}
WORDS = {
    "turned": "the monitor's answer is no",
    "scraped": "Prometheus has it",
    "fires": "the alert fires",
    "webhook": "the webhook has it",
    "mail": "the mail is in the box",
}


@asynccontextmanager
async def asking():
    """A whole stack, ready."""
    with tempfile.TemporaryDirectory() as folder:
        plan = Plan(addresses=free("127.77.10.1"), quick=Quick())
        async with up(plan, Path(folder)) as stack, ClientSession() as session:
            ask = Asking(stack, session)
            await ask.ready()
            yield ask


async def measured() -> dict[str, list[tuple[Course, Course]]]:
    async with asking() as ask:
        return {
            name: [(await ask.course(first), await ask.course(then)) for _ in range(ROUNDS)]
            for name, (first, then) in WAYS.items()
        }


def turned(level: Level) -> float:
    """Seconds until a fault that every look meets has turned the answer, at the latest, by the shipped configuration."""
    config = load(config_folder())

    def latest(check: Check) -> float:
        apart = check.every / min(config.patience.confirm, check.every // max(CLOSEST, 2 * check.timeout))
        return (check.every + (config.patience.fail.looks - 1) * apart + check.timeout).total_seconds()

    return min(latest(check) for check in config.checks if check.proves and level in check.levels)


def shipped(name: str) -> dict[str, float]:
    """Seconds from the fault to each stage at the latest, with the shipped configuration of all three programs."""
    first, _ = WAYS[name]
    at = turned(Level.NATIONAL if first is DOWN else Level.PROVINCE)
    found = {"turned": at}
    with tempfile.TemporaryDirectory() as folder:
        derive.derived(Path(folder), SHIPPED, None)
        for stage, wait in words.waits(Path(folder), first.alert).items():
            at += wait
            found[stage] = at
    return {**found, "mail": at}


def rows(name: str, rounds: Sequence[tuple[Course, Course]]) -> Iterator[Sequence[str]]:
    latest = shipped(name)
    for stage in STAGES:
        lost, back = (spread([course.after[stage] for course in each], 1) for each in zip(*rounds, strict=True))
        yield name, WORDS[stage], lost, back, f"{int(latest[stage] // 60)}:{latest[stage] % 60:02.0f}"


def main() -> int:
    told = f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"{told}, `bench/end_to_end.py` at {revision()}, {ROUNDS} rounds\n")
    if not shutil.which("prometheus") or not (shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")):
        print("Prometheus or Alertmanager is not installed; `make debian-packages` installs them.")
        return 1
    found = asyncio.run(measured())
    head = ("what", "stage", "s after the fault, quick", "s after the repair, quick", "shipped, at most, min:s")
    print(table(head, (row for name, rounds in found.items() for row in rows(name, rounds))))
    print(
        "Quick: looks every 3 s (3 against, 2 to recover), scrapes every 2 s, rules every second, and what is minutes of `for` and "
        "group_wait is seconds.\nShipped: a period, six looks that come four in a period, the last one's time-out; scrape, recorded series "
        "and alert by turns, `for`, group_wait; a fault that refuses is found sooner than one that lets time run out."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
