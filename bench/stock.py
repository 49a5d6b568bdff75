"""Plain aiohttp alone in a process: what a look costs who does not build a way out of their own. A program.

A fresh connection a look, one shared SSLContext, every name resolved anew by aiodns; status and body are read, and
nothing else is found out. Prints one line of JSON.
"""

import argparse
import asyncio
import json
import ssl
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import aiohttp

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.targets import url

WARM = 300  # looks before those that count


class Looks:
    """Looks at a target through one session."""

    def __init__(self, session: aiohttp.ClientSession, target: str) -> None:
        self._session = session
        self._target = target
        self._made = 0
        self.reasons: Counter[str] = Counter()

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
            self.reasons[await self._look(url(self._target, self._made))] += 1

    async def _look(self, asked: str) -> str:
        try:
            async with self._session.get(asked, allow_redirects=False) as answer:
                await answer.read()
                return "ok" if answer.status == 200 else f"status {answer.status}"
        except aiohttp.ClientConnectorError as error:
            return "refused" if isinstance(error.os_error, ConnectionRefusedError) else str(error)


async def run(options: argparse.Namespace) -> dict[str, Any]:
    context = ssl.create_default_context()
    context.load_verify_locations(options.root)
    connector = aiohttp.TCPConnector(
        resolver=aiohttp.AsyncResolver(nameservers=["127.0.0.1"]),
        use_dns_cache=False,
        force_close=True,
        limit=0,
        ssl=context,
    )
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(300)) as session:
        looks = Looks(session, options.target)
        await looks.make(WARM, 10)
        if options.wait:
            print("warm", flush=True)
            sys.stdin.readline()
        begun, used = time.perf_counter(), time.process_time()
        await looks.make(options.looks, options.in_flight)
        seconds, cpu = time.perf_counter() - begun, time.process_time() - used
    return {"cpu_ms": 1000 * cpu / options.looks, "seconds": seconds, "reasons": looks.reasons}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", required=True)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--looks", type=int, required=True)
    parser.add_argument("--in-flight", type=int, default=10)
    parser.add_argument("--wait", action="store_true", help="say that it is warm, and go on after a line on stdin")
    print(json.dumps(asyncio.run(run(parser.parse_args()))))


if __name__ == "__main__":
    main()
