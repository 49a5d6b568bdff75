"""Decisions on their way to the ledger: small ones are made on the loop, long ones beside it."""

import asyncio
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from monitor.alerts.tell import Decision
from monitor.bundled import config_folder
from monitor.channels import Channel
from monitor.judge import Patience
from monitor.keeping import Course, People, Written
from monitor.model import Level, Result
from monitor.notice import Event
from monitor.notify.stdout import Notifier
from monitor.roster import Entry, Roster
from monitor.service import Service
from monitor.settings import load
from monitor.store.ledger import LedgerError, Recalled
from monitor.store.memory import Memory as Store
from monitor.store.opening import open_ledger
from monitor.store.place import Place
from monitor.stories import Memory
from monitor.vitals import Vitals
from probes import Observation, Reason

AT = datetime(2026, 1, 1, tzinfo=UTC)
BEGAN = Memory(began=True)


@pytest.fixture
def ledger(tmp_path):
    opened = open_ledger(Place(file=tmp_path / "monitor.db"), serving=True)
    yield opened
    opened.close()


class Full:
    """A ledger on a disk that is full."""

    def __init__(self, ledger):
        self._ledger = ledger

    def __getattr__(self, name):
        return getattr(self._ledger, name)

    def write(self, batch):
        raise LedgerError(f"no space left at {batch.at}")


class Kept:
    """What is kept in this ledger, and what came of it."""

    def __init__(self, ledger):
        self.store = Store(Patience(), "look", noting=True)
        self.keeping = Written(ledger, self.store, Vitals(started=AT))
        self.keeping.begin(Recalled(), People())
        self.deciding, self.decided, self.adopted = [], [], []

    def course(self, decide=lambda: Decision(memory=BEGAN), *, long=True, at=AT):
        def apart():
            self.deciding.append(threading.current_thread())
            return decide()

        def adopt(decision):
            self.adopted.append((decision.memory, threading.current_thread()))

        return Course(at=at, long=long, decide=apart, decided=self.decided.append, adopt=adopt)

    async def keep(self, course):
        self.keeping.keep(course)
        assert await self.keeping.close(timedelta(seconds=30))


@pytest.mark.parametrize("long", [False, True])
async def test_a_long_decision_is_made_beside_the_loop_and_holds_on_it(ledger, long):
    kept = Kept(ledger)
    await kept.keep(kept.course(long=long))

    main = threading.main_thread()
    assert [thread is main for thread in kept.deciding] == [not long]
    assert kept.adopted == [(BEGAN, main)]
    assert ledger.recall().memory == BEGAN


@pytest.mark.parametrize("long", [False, True])
async def test_what_is_decided_again_is_not_written_again(ledger, long):
    kept = Kept(ledger)
    await kept.keep(kept.course(long=long))
    await kept.keep(kept.course(long=long, at=AT + timedelta(seconds=1)))

    assert len(kept.adopted) == len(kept.decided) == 2
    assert ledger.recall().at == AT


@pytest.mark.parametrize("long", [False, True])
async def test_what_cannot_be_written_does_not_hold_and_is_news_again(ledger, long):
    kept = Kept(Full(ledger))
    kept.store._notes.states.add(("H26", "http"))
    with capture_logs() as logs:
        await kept.keep(kept.course(long=long))

    assert not kept.adopted
    assert len(kept.decided) == 1
    assert ("H26", "http") in kept.store.news().states
    assert [line["event"] for line in logs if line["log_level"] == "error"] == ["store_fails"]


async def test_a_mistake_in_a_long_decision_loses_no_news(ledger):
    def mistake():
        raise ZeroDivisionError

    kept = Kept(ledger)
    kept.store._notes.states.add(("H26", "http"))
    with capture_logs() as logs:
        await kept.keep(kept.course(mistake))

    assert kept.adopted == kept.decided == []
    assert ("H26", "http") in kept.store.news().states
    assert "batch_not_written" in [line["event"] for line in logs]


async def test_a_mistake_in_a_short_decision_loses_no_news(ledger):
    def mistake():
        raise ZeroDivisionError

    kept = Kept(ledger)
    kept.store._notes.states.add(("H26", "http"))
    with pytest.raises(ZeroDivisionError):
        kept.keeping.keep(kept.course(mistake, long=False))

    assert ("H26", "http") in kept.store.news().states


# -- the whole of it

AGENCIES = 210


@pytest.fixture
def service(ledger):
    """Provinces of which nothing is known but one check, and a channel."""
    entries = tuple(
        Entry(
            code=f"X{n:03}",
            name=f"Tỉnh {n}",
            name_en=f"Province {n}",
            level=Level.PROVINCE,
            portal=f"https://x{n}.example/",
        )
        for n in range(AGENCIES)
    )
    real = load(config_folder())
    config = replace(
        real,
        roster=Roster(entries=entries),
        checks=tuple(check for check in real.checks if check.name == "portal_closed"),
        attestations=(),
        channels={"out": Channel(name="out", kind="stdout", notifier=Notifier())},
    )
    return Service(config, lambda: config, ledger=ledger)


async def test_when_hundreds_are_lost_looks_are_taken_while_that_is_decided(service, ledger):
    watches = service.plan()
    service.recall(ledger.recall(), People())
    due = service.now() - timedelta(hours=1)

    def look(reason):
        nonlocal due
        due += timedelta(minutes=1)
        for watch in watches:
            seen = Observation(reason=reason)
            service._changed(
                service.store.take(Result(watch=watch, due=due, started=due, seconds=0.1, observation=seen))
            )

    async def heed():
        service.heed()
        assert await service.keeping.close(timedelta(seconds=30))

    look(Reason.OK)
    await heed()
    for _ in range(6):
        look(Reason.HTTP_5XX)
    assert service.alerts.many(service.sight(service.now()))

    service.heed()
    assert service.keeping.busy
    for _ in range(3):
        look(Reason.OK)  # one comes back after the other while the losses are still being decided
    assert await service.keeping.close(timedelta(seconds=30))
    told = [delivery.notice for delivery in await asyncio.to_thread(ledger.latest, "out")]

    assert [notice.event for notice in told] == [Event.INCIDENT, Event.INITIAL]
    assert told[0].groups[0].down == AGENCIES
    await service.close()
