"""A monitor that is killed again and again, an estate in which things happen meanwhile, and receivers who keep all they get."""

import asyncio
import email
import json
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web
from aiosmtpd.smtp import SMTP

from monitor.bundled import config_folder
from monitor.notice import Event
from monitor.settings import load
from monitor.testbed.estate import Estate
from monitor.testbed.faults import Fault
from monitor.testbed.overlay import staged
from monitor.testbed.scenario import named

HERE = Path(__file__).parent
SCENARIO = HERE / "small.yaml"
FAULTS = (Fault.HTTP_500, Fault.HTTP_404, Fault.REFUSED, Fault.TLS_EXPIRED)
KILLED = -signal.SIGKILL
LONGEST = 3.0  # seconds that one life lasts where nothing ends it sooner
PATIENCE = 180.0  # seconds for what must come about in the end


class Receivers:
    """A webhook and a mailbox: what came, in its order. `trap` is called upon a receipt, before or after it is answered."""

    def __init__(self):
        self.came = {"hook": [], "mail": []}  # keys
        self.bodies = {}  # webhook: key -> notice
        self.said = Counter()  # webhook: (event, agency) -> in how many notices
        self.altered = []  # keys that came again with something else
        self.news = asyncio.Condition()
        self.trap = lambda _when: None

    async def hook(self, request):
        told = json.loads(await request.read())["npsp"]
        assert request.headers["Idempotency-Key"] == told["key"]
        if told["key"] not in self.bodies:
            self.bodies[told["key"]] = told["notice"]
            self.said.update((told["event"], entry["agency"]) for entry in told["notice"]["entries"])
        elif self.bodies[told["key"]] != told["notice"]:
            self.altered.append(told["key"])
        await self._take("hook", f"{told['notice']['key']}-hook")  # one notice may be several bodies
        return web.Response()

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        await self._take(
            "mail", email.message_from_bytes(envelope.original_content)["Message-ID"][1:].partition("@")[0]
        )
        return "250 taken"

    async def _take(self, channel, key):
        self.came[channel].append(key)
        async with self.news:
            self.news.notify_all()
        self.trap("before")
        asyncio.get_running_loop().call_soon(self.trap, "after")

    async def wait_for(self, so):
        async with self.news:
            await self.news.wait_for(so)


@dataclass
class Turn:
    """One fault of one agency. Times are UTC."""

    agency: str
    begun: datetime
    ended: datetime | None = None
    patient: bool = True  # whether it lasted till it was told, and so did what followed


@dataclass
class Course:
    """What happens in the estate."""

    estate: Estate
    receivers: Receivers
    chance: random.Random
    ending: asyncio.Event = field(default_factory=asyncio.Event)
    turns: list[Turn] = field(default_factory=list)

    async def patiently(self, code):
        """Nothing turns before what turned last was told."""
        await self._first_told()
        while not self.ending.is_set():
            turn = await self._begin(code, patient=True)
            await self._told(code, Event.LOST)
            if self.ending.is_set() and self.chance.random() < 0.5:
                return
            await self._end(turn)
            await self._told(code, Event.RESTORED)

    async def at_random(self, code):
        """What turns does so without regard to who was told what."""
        await self._first_told()
        while not self.ending.is_set():
            turn = await self._begin(code, patient=False)
            await self._pause(4.0)
            if self.ending.is_set() and self.chance.random() < 0.5:
                return
            await self._end(turn)
            await self._pause(2.0)

    async def _first_told(self):
        """What is wrong before is no change."""
        await self.receivers.wait_for(lambda: self.receivers.bodies)

    async def _pause(self, most):
        with suppress(TimeoutError):
            await asyncio.wait_for(self.ending.wait(), self.chance.random() * most)

    async def _begin(self, code, *, patient):
        turn = Turn(agency=code, begun=datetime.now(UTC), patient=patient)
        self.turns.append(turn)
        await self.estate.befall(code, self.chance.choice(FAULTS))
        return turn

    async def _end(self, turn):
        await self.estate.befall(turn.agency, None)
        turn.ended = datetime.now(UTC)

    async def _told(self, code, event):
        """Until the webhook was told so as often as there was reason to."""
        number = sum(turn.agency == code for turn in self.turns)
        await self.receivers.wait_for(lambda: self.receivers.said[event, code] >= number)

    @property
    def lost(self):
        """Agencies that are so now."""
        return {turn.agency for turn in self.turns if turn.ended is None}


class Killer:
    """Gives the monitor one life after the other."""

    def __init__(self, starter, receivers, chance):
        self.pid = 0
        self._starter = starter
        self._receivers = receivers
        self._chance = chance
        self.kills = {}  # way of dying -> how often

    async def life(self):
        """One that ends by a kill, at whatever instant."""
        way = self._chance.choices(("at_once", "any_time", "statement", "before", "after"), (10, 30, 30, 15, 15))[0]
        await self._start(self._statements() if way == "statement" else 0)
        self._receivers.trap = lambda when: when == way and self.kill()
        spans = {"at_once": 0.03, "any_time": 1.2}
        await self._until_dead(self._chance.random() * spans.get(way, 0) or LONGEST)
        self.kills[way] = self.kills.get(way, 0) + 1

    def _statements(self):
        return 1 + int(self._chance.expovariate(1 / 40))

    async def _until_dead(self, most):
        """Killed after `most` seconds at the latest."""
        ended = asyncio.ensure_future(self._starter.stdout.readline())
        await asyncio.wait({ended}, timeout=most)
        if not ended.done():
            self.kill()
        status = int(await asyncio.wait_for(ended, PATIENCE))
        self.pid = 0
        assert status == KILLED, f"it ended by itself: {status}"

    def kill(self):
        if self.pid:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    async def _start(self, statements):
        self._starter.stdin.write(f"{statements}\n".encode())
        self.pid = int(await asyncio.wait_for(self._starter.stdout.readline(), PATIENCE))

    async def last_life(self, until):
        """One that is let live until it has nothing left to do, and is asked to end then. Its exit status."""
        self._receivers.trap = lambda _when: None
        await self._start(0)
        try:
            await asyncio.wait_for(until(), PATIENCE)
            os.kill(self.pid, signal.SIGTERM)
            return int(await asyncio.wait_for(self._starter.stdout.readline(), PATIENCE))
        finally:
            self.kill()


@pytest.fixture
async def estate():
    scenario = named(str(SCENARIO))
    config, cast = staged(load(config_folder()), scenario)
    async with Estate(config.roster.on(scenario.day), scenario, cast) as running:
        yield running


@pytest.fixture
async def receivers():
    return Receivers()


@pytest.fixture
async def told(estate, receivers, tmp_path):
    """Where everything is, for the monitor."""
    async with AsyncExitStack() as stack:
        runner = web.ServerRunner(web.Server(receivers.hook), shutdown_timeout=0.1)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        mail = await asyncio.get_running_loop().create_server(
            lambda: SMTP(receivers, enable_SMTPUTF8=False), "127.0.0.1", 0
        )
        stack.callback(mail.close)
        yield {
            "scenario": str(SCENARIO),
            "connect_to": [(each.host, each.port, each.to) for each in estate.connect_to],
            "ca_file": str(estate.ca_file),
            "control": estate.control,
            "hook": f"http://127.0.0.1:{runner.addresses[0][1]}/",
            "mail": mail.sockets[0].getsockname()[1],
            "folder": str(tmp_path),
        }


@pytest.fixture
async def starter(told):
    """The program that starts monitors."""
    running = await asyncio.create_subprocess_exec(
        sys.executable,
        HERE / "monitor_to_kill.py",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={
            name: value for name, value in os.environ.items() if not name.startswith("COV")
        },  # most of them are killed
    )
    running.stdin.write(json.dumps(told).encode() + b"\n")
    yield running
    running.stdin.close()
    await asyncio.wait_for(running.wait(), PATIENCE)


@pytest.fixture
def chance():
    return random.Random(int(os.environ.get("KILL_SEED", "6")))


@pytest.fixture
def course(estate, receivers, chance):
    return Course(estate, receivers, random.Random(chance.random()))


@pytest.fixture
def killer(starter, receivers, chance):
    return Killer(starter, receivers, chance)
