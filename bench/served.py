"""A monitor of the bench's own, behind its real web server: `python bench/served.py AGENCIES`, or 0 for the real estate.

Nothing is asked: looks are laid before the store as a schedule would bring them. It prints where it listens, then obeys
lines: `look` lays a new look before one watch in fifteen, `cpu` tells the CPU seconds of the process so far, `memory` its
resident bytes. Made-up agencies have the checks that the configuration gives to a province of today.
"""

import asyncio
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from bench.showing import PHASES, facts  # noqa: E402 - after the path
from monitor import loop  # noqa: E402
from monitor.bundled import config_folder  # noqa: E402
from monitor.config import Config  # noqa: E402
from monitor.log import configure  # noqa: E402
from monitor.model import Level, Result, Watch  # noqa: E402
from monitor.roster import Entry, Roster  # noqa: E402
from monitor.server import shown  # noqa: E402
from monitor.service import Service  # noqa: E402
from monitor.settings import load  # noqa: E402
from monitor.web.serving import Site  # noqa: E402
from probes import Observation, Reason  # noqa: E402

NEW = 1 / 15  # of the watches between two scrapes: a period of 15 scrapes


def config(agencies: int) -> Config:
    """The real configuration, and made-up provinces until there are so many who count."""
    real = load(config_folder())
    there = sum(agency.counted for agency in real.roster.on(datetime.now(UTC).date()))
    extra = tuple(entry(number) for number in range(agencies - there))
    return replace(real, roster=Roster(entries=(*real.roster.entries, *extra)))


def entry(number: int) -> Entry:
    code = f"X{number:05}"
    return Entry(
        code=code,
        name=f"Tỉnh mẫu {number}",
        name_en=f"Sample {number}",
        level=Level.PROVINCE,
        portal=f"https://{code.lower()}.example/",
        evidence={"portal": "seen"},
        platform=f"platform{number % 8}",
    )


def looked(watch: Watch, due: datetime) -> Result:
    phases = {phase: random.random() / 20 for phase in PHASES}
    return Result(
        watch=watch,
        due=due,
        started=due + timedelta(microseconds=random.randrange(10**6)),
        seconds=sum(phases.values()),
        observation=Observation(reason=Reason.OK, facts=facts(watch.agency.code)),
        phases=phases,
    )


def look(service: Service, watches: Sequence[Watch]) -> None:
    due = datetime.now(UTC)
    for watch in watches:
        service.store.take(looked(watch, due))


async def serve(agencies: int) -> None:
    rules = config(agencies)
    service = Service(rules, lambda: rules)
    planned = service.plan()
    for _ in range(rules.patience.memory + 1):
        look(service, planned)
    site = Site(shown(service, reload))
    print(await site.start("127.0.0.1:0"), len(service.store.agencies), len(planned), flush=True)
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    while order := (await orders.readline()).decode().strip():
        if order == "look":
            look(service, random.sample(planned, round(len(planned) * NEW)))
        told = {"look": 0.0, "cpu": time.process_time(), "memory": psutil.Process().memory_info().rss}
        print(told[order], flush=True)
    await site.stop()
    await service.close()


async def reload() -> tuple[str, ...]:
    return ()


if __name__ == "__main__":
    configure("console", "error")
    loop.run(serve(int(sys.argv[1])))
