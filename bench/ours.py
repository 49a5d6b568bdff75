"""Our looks alone in a process, with everything on that a served look has: a program, told what to do by options.

A look is `Service.look` of a check of the kind `http`: name resolution, guard, phases, causes, certificate facts, the
judge, the store and the log. Prints one line of JSON.
"""

import argparse
import asyncio
import cProfile
import gc
import io
import json
import pstats
import sys
import time
from collections import Counter
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uvloop
from yarl import URL

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from bench.targets import HOSTS, host, url  # noqa: E402 - after the path
from bench.world import NAME_SERVER  # noqa: E402
from monitor.bundled import config_folder  # noqa: E402
from monitor.config import Config  # noqa: E402
from monitor.log import configure  # noqa: E402
from monitor.model import Check, Level, Watch  # noqa: E402
from monitor.pauses import made_to_stay  # noqa: E402
from monitor.roster import Entry, Roster  # noqa: E402
from monitor.service import Service  # noqa: E402
from monitor.settings import load  # noqa: E402
from probes._net.settings import NetworkSettings  # noqa: E402
from probes.http import Probe  # noqa: E402

FAR = 1e9  # requests a second to a host: nobody waits
WARM = 300  # looks before those that count


def known(kind: type, **wanted: Any) -> dict[str, Any]:
    """The settings that this state of the tree has."""
    names = {field.name for field in fields(kind)}
    return {name: value for name, value in wanted.items() if name in names}


def config_of(target: str, engine: str, root: Path) -> Config:
    usual = load(config_folder())
    network = NetworkSettings(
        contact="bench@monitor.example",
        resolver=(NAME_SERVER,),
        ca_file=root,
        requests_per_second=FAR,
        internal_hosts=("*.bench.example",),
        **known(NetworkSettings, engine=engine),
    )
    check = Check(
        name="http",
        kind="http",
        probe=Probe(**known(Probe, page=False)),
        every=timedelta(minutes=1),
        timeout=timedelta(minutes=5),
        proves=None,
        levels=frozenset(Level),
    )
    entries = tuple(entry(target, number) for number in range(HOSTS))
    return replace(usual, roster=Roster(entries=entries), checks=(check,), attestations=(), network=network)


def entry(target: str, number: int) -> Entry:
    name, portal = f"Tỉnh {number}", URL(url(target, number))
    return Entry(
        code=f"X{number:03}",
        name=name,
        name_en=name,
        level=Level.PROVINCE,
        portal=str(portal),
        other_hosts=(host(target, number),),
    )


class Looks:
    """Looks at a target through a service, each due a microsecond after the one before."""

    def __init__(self, config: Config) -> None:
        self.service = Service(config, lambda: config)
        with made_to_stay():  # as the service does
            self.watches: tuple[Watch, ...] = self.service.plan()
        self.reasons: Counter[str] = Counter()
        self.details: dict[str, str] = {}  # of a look of each reason
        self._due = datetime.now(UTC)
        self._made = 0

    async def make(self, number: int, in_flight: int) -> None:
        """`in_flight` at once, begun a few at a time."""
        last = self._made + number
        self.reasons.clear()
        async with asyncio.TaskGroup() as group:
            for begun in range(min(in_flight, number)):
                group.create_task(self._until(last))
                if begun % 20 == 19:
                    await asyncio.sleep(0.01)

    async def _until(self, last: int) -> None:
        while self._made < last:
            self._made += 1
            self._due += timedelta(microseconds=1)
            result = await self.service.look(self.watches[self._made % len(self.watches)], self._due)
            self.reasons[result.observation.reason] += 1
            self.details[result.observation.reason] = result.observation.detail


async def run(options: argparse.Namespace) -> dict[str, Any]:
    looks = Looks(config_of(options.target, options.engine, options.root))
    await looks.make(WARM, 10)
    if options.wait:
        gc.collect()
        print("warm", flush=True)
        sys.stdin.readline()
    profile = cProfile.Profile()
    begun, used = time.perf_counter(), time.process_time()
    if options.profile:
        profile.enable()
    await looks.make(options.looks, options.in_flight)
    profile.disable()
    seconds, cpu = time.perf_counter() - begun, time.process_time() - used
    await looks.service.close()
    if options.profile:
        print(_told(profile), file=sys.stderr)
    return {
        "cpu_ms": 1000 * cpu / options.looks,
        "seconds": seconds,
        "reasons": looks.reasons,
        "details": looks.details,
    }


def _told(profile: cProfile.Profile) -> str:
    text = io.StringIO()
    pstats.Stats(profile, stream=text).sort_stats("tottime").print_stats(45)
    return text.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", required=True)
    parser.add_argument("--engine", required=True)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--looks", type=int, required=True)
    parser.add_argument("--in-flight", type=int, default=10)
    parser.add_argument("--wait", action="store_true", help="say that it is warm, and go on after a line on stdin")
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    with Path("/dev/null").open("w") as nowhere, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        configure("json", "info", nowhere)
        print(json.dumps(runner.run(run(options))))


if __name__ == "__main__":
    main()
