"""A whole monitor, ledger and channels and all, in a time of its own; what its looks find is what the test says."""

import asyncio
import gc
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import ClassVar

import pytest

from monitor.alerts.rules import Telling
from monitor.channels import Channel, Retelling
from monitor.config import Config
from monitor.judge import Patience, Row
from monitor.keeping import before
from monitor.model import Answer, Attestation, Check, Condition, Level
from monitor.roster import Entry, Roster
from monitor.server import Server
from monitor.service import Service
from monitor.store.opening import open_ledger
from monitor.store.place import Place
from probes import Observation, Reason
from probes._net.settings import NetworkSettings

MINUTE = timedelta(minutes=1)
ENTRIES = (
    Entry(code="H26", name="Hà Nội", name_en="Hanoi", level=Level.PROVINCE, portal="https://hanoi.example/"),
    Entry(
        code="H29", name="Hồ Chí Minh", name_en="Ho Chi Minh City", level=Level.PROVINCE, portal="https://hcm.example/"
    ),
    Entry(
        code="G09",
        name="Bộ Nội vụ",
        name_en="Ministry of Home Affairs",
        level=Level.MINISTRY,
        portal="https://moha.example/",
    ),
)


class Clock:
    """Ahead of the real one, by which commands go: what they begin has begun."""

    def __init__(self):
        self.at = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)

    def __call__(self):
        return self.at


class Looking:
    """A probe that finds everybody well, but for those of whom the test says what is wrong."""

    asks_pages = True

    def __init__(self):
        self.wrong = {}  # code -> reason
        self.looks = 0

    def applies(self, _):
        return True

    async def look(self, target, _):
        self.looks += 1
        return Observation(reason=self.wrong.get(target.code, Reason.OK))


class Keeps:
    """A channel that keeps what it is sent; `open` holds it up where it is not set."""

    audience: ClassVar[str] = "machines"

    def __init__(self):
        self.came = []
        self.open = asyncio.Event()
        self.open.set()
        self.asked = asyncio.Event()

    async def send(self, message, _):
        self.asked.set()
        await self.open.wait()
        self.came.append(message.notice)

    @property
    def events(self):
        return [str(notice.event) for notice in self.came]

    def of(self, event):
        return [notice for notice in self.came if notice.event == event]


@dataclass
class Lives:
    """One monitor after the other on one ledger. `clock`, `probe` and what the channels keep outlive them."""

    place: Place
    config: Config
    clock: Clock
    probe: Looking
    duty: Keeps
    wait_until: object
    server: Server | None = None
    vitals: list = field(default_factory=list)

    @property
    def service(self):
        return self.server.service

    @property
    def ledger(self):
        return self.service.ledger

    async def begin(self):
        """As `Server.serve` begins, but that nothing happens by itself."""
        ledger = open_ledger(self.place, serving=True)
        service = Service(self.config, lambda: self.config, self.clock, ledger=ledger)
        self.server = Server(service)
        await self.server.prepare(before(ledger))

    async def look(self):
        """At everybody, now."""
        for watch in self.service.store.watches:
            await self.service.look(watch, self.clock())

    async def tick(self, after=timedelta(seconds=1)):
        """Later: look at everybody, decide, and deliver what is to be delivered."""
        self.clock.at += after
        await self.look()
        await self.decide()

    async def decide(self):
        self.service.heed()
        await self.quiet()
        self.server._post.wake(set(self.config.channels))
        await self.delivered()

    async def quiet(self):
        """Nothing is being written or asked."""
        keeping = self.service.keeping
        await self.wait_until(lambda: not keeping.busy and not keeping._tasks)

    async def delivered(self):
        await self.wait_until(lambda: not self.due())

    def due(self):
        """What could be delivered now by a channel that is not held up."""
        held = {} if self.duty.open.is_set() else {"duty"}
        names = self.service.config.channels.keys() - held
        return [each for each in self.ledger.pending() if each.not_before <= self.clock() and each.channel in names]

    async def minutes(self, number):
        for _ in range(number):
            await self.tick(MINUTE)

    async def end(self):
        """As one that was asked to."""
        await self.server._close()
        self.server = None

    async def die(self):
        """As one that is killed: nothing more is written."""
        await self.quiet()
        self.service.keeping._begun = False
        await self.end()


@pytest.fixture(autouse=True)
def what_is_set_aside_stays_so(monkeypatch):
    """Each monitor that begins goes through all objects of its process once: here they are those of all tests."""
    monkeypatch.setattr(gc, "unfreeze", lambda: None)


@pytest.fixture
def place(tmp_path):
    return Place(file=tmp_path / "monitor.db")


@pytest.fixture
async def lives(place, wait_until, tmp_path):
    """Begun, everybody well, and the first digest told."""
    clock, probe, duty = Clock(), Looking(), Keeps()
    check = Check(
        name="portal",
        kind="http",
        probe=probe,
        every=MINUTE,
        timeout=timedelta(seconds=10),
        proves=Condition.CONNECTED,
        levels=frozenset(Level),
    )
    config = Config(
        folder=Path(tmp_path),
        roster=Roster(entries=ENTRIES),
        checks=(check,),
        attestations=tuple(paper(entry.code) for entry in ENTRIES),
        network=NetworkSettings(contact="ops@monitor.example"),
        patience=Patience(fail=Row(looks=1, of=1), recover=Row(looks=1, of=1)),
        listen="127.0.0.1:0",
        channels={"duty": Channel(name="duty", kind="stdout", notifier=duty)},
        alerts=Telling(retelling=Retelling(remind=30 * MINUTE)),
        synthetic="whole",
    )
    made = Lives(place=place, config=config, clock=clock, probe=probe, duty=duty, wait_until=wait_until)
    await made.begin()
    await made.tick()
    yield made
    duty.open.set()
    if made.server:
        await made.end()


def paper(code):
    return Attestation(
        agency=code,
        condition=Condition.MERGED,
        answer=Answer.YES,
        since=date(2023, 1, 1),
        document="1/X",
        issued=date(2023, 1, 1),
        issuer="X",
        synthetic=True,
    )


@pytest.fixture
def also():
    """`also(lives, name, notifier)`: the configuration with one channel more."""

    def added(lives, name, notifier, **more):
        channel = Channel(name=name, kind="stdout", notifier=notifier, **more)
        return replace(lives.config, channels={**lives.config.channels, name: channel})

    return added


@pytest.fixture
def keeps():
    return Keeps


@pytest.fixture
def beside(place):
    """Another process's way to the ledger."""
    with closing(open_ledger(place)) as ledger:
        yield ledger
