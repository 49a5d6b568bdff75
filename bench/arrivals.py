"""A receiver of webhooks that notes when it is told of whom, by ours and by each line of the chain."""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from aiohttp import web

_DOWN, _UP = {"lost", "unstable", "incident"}, {"restored", "steady", "ended"}


class Arrival(NamedTuple):
    """Seconds since 1970; ours says itself when a look first found it and when it was decided to tell."""

    at: float
    found: str = ""
    decided: str = ""


class Arrivals:
    """The first arrival for each (line, agency, whether it is down) since it was last forgotten."""

    def __init__(self) -> None:
        self.first: dict[tuple[str, str, bool], Arrival] = {}
        self.notices: Counter[str] = Counter()  # by line
        self.events: Counter[str] = Counter()  # of ours
        self.log: defaultdict[str, list[tuple[float, str]]] = defaultdict(list)
        self.initial = asyncio.Event()
        self._news = asyncio.Condition()

    async def take(self, request: web.Request) -> web.Response:
        body, line = await request.json(), request.match_info["line"]
        self.notices[line] += 1
        if line == "ours":
            self.events[body["npsp"]["event"]] += 1
        async with self._news:
            for agency, down, arrival in _read(body):
                self.first.setdefault((line, agency, down), arrival)
            self._news.notify_all()
        if body.get("npsp", {}).get("event") == "initial":
            self.initial.set()
        return web.Response()

    def forget(self, agency: str) -> None:
        for key in [key for key in self.first if key[1] == agency]:
            del self.first[key]

    async def all_of(self, wanted: Iterable[tuple[str, str, bool]], within: float) -> bool:
        """Wait till all of these have come; false: they have not within so many seconds."""
        wanted = set(wanted)
        try:
            async with asyncio.timeout(within), self._news:
                await self._news.wait_for(lambda: wanted <= self.first.keys())
        except TimeoutError:
            return False
        return True


def _read(body: Mapping[str, Any]) -> Iterable[tuple[str, bool, Arrival]]:
    now = time.time()
    ours = body.get("npsp")
    if ours is None:
        for alert in body["alerts"]:
            yield alert["labels"]["agency"], alert["status"] == "firing", Arrival(now)
    elif ours["event"] in _DOWN | _UP:
        notice, down = ours["notice"], ours["event"] in _DOWN
        for entry in notice["entries"]:
            found = entry["since"] if down else entry["until"]
            yield entry["agency"], down, Arrival(now, found or "", notice["at"])


@asynccontextmanager
async def receiving(arrivals: Arrivals) -> AsyncIterator[str]:
    """Where to send to; a line's name is to be the path."""
    app = web.Application(client_max_size=1 << 26)
    app.router.add_post("/{line}", arrivals.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
