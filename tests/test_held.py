"""What a target costs to hold, in bytes that were asked for: not the system's pages, which depend on what was freed before.

The ceilings stand some 15 % above what was counted. Each agency has one check, which is the dearest way to have so many
targets. Seconds and resident memory are measured by `bench/schedule.py`.
"""

import gc
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from monitor.config import Config
from monitor.judge import Patience
from monitor.metrics import Page
from monitor.model import Check, Condition, Level, Result, Watch
from monitor.roster import Entry, Roster
from monitor.service import Service
from monitor.timetable import Timetable
from probes import Observation, Reason
from probes._net.settings import NetworkSettings

DAY, START = date(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC)
TARGETS = 5_000
LOOKS = 300  # beyond those numbers of which Python holds one object each
PLANNED = 590  # bytes beyond the configuration
LOOKED_AT = 1_350
SHOWN_PACKED, SHOWN_PLAIN = 290, 3_500
ALTOGETHER = 1_500  # with a page that was asked for packed, as Prometheus asks
PHASES = ("resolve", "connect", "tls", "processing", "transfer")


class Trivial:
    asks_pages = True

    def applies(self, _):
        return True


def traced() -> float:
    """Bytes a target."""
    gc.collect()
    return tracemalloc.get_traced_memory()[0] / TARGETS


def entry(number: int) -> Entry:
    name = f"Agency {number}"
    return Entry(
        code=f"S{number:06}",
        name=name,
        name_en=name,
        level=Level.PROVINCE,
        portal=f"https://a{number}.example/",
        evidence={"portal": "seen"},
    )


def config(targets: int) -> Config:
    check = Check(
        name="portal",
        kind="http",
        probe=Trivial(),
        every=timedelta(hours=1),
        timeout=timedelta(seconds=10),
        proves=Condition.CONNECTED,
        levels=frozenset(Level),
    )
    return Config(
        folder=Path("config"),
        roster=Roster(entries=tuple(map(entry, range(targets)))),
        checks=(check,),
        network=NetworkSettings(contact="bench.example"),
        patience=Patience(),
        day=DAY,
    )


def looked(watch: Watch, turn: int) -> Result:
    """As a look over HTTPS brings it: most values are of this agency alone."""
    number, due = int(watch.agency.code[1:]), START + timedelta(hours=turn)
    return Result(
        watch=watch,
        due=due,
        started=due + timedelta(microseconds=number),
        seconds=0.2 + number / 1e6,
        observation=Observation(
            reason=Reason.OK,
            facts={
                "address": f"192.0.2.{number % 256}",
                "address_hash": 10**9 + number,
                "ip_protocol": 4,
                "tls_version": "TLSv1.3",
                "tls_cipher": "TLS_AES_256_GCM_SHA384",
                "certificate_not_after": 1.8e9 + number,
                "certificate_earliest_not_after": 1.7e9 + number,
                "certificate_issuer": f"CN=Made up {number % 20}",
                "url": f"https://a{number}.example/dichvucong",
                "redirects": 1,
                "http_status": 200,
                "http_version": "1.1",
            },
        ),
        phases=dict.fromkeys(PHASES, 0.01 + number / 10000000.0),
    )


@pytest.fixture
def tracing() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


@pytest.mark.usefixtures("tracing")
def test_a_target_is_held_in_less_than_a_kilobyte_and_a_half_with_its_looks_and_its_lines():
    few, rules = config(200), config(TARGETS)
    Service(few, load=lambda: few).plan()  # fills what libraries keep, however many targets there are
    service = Service(rules, load=lambda: rules)
    begun = traced()
    timetable = Timetable(service.plan(), now=START, warm_up=timedelta(seconds=30))
    planned = traced()
    for turn in range(LOOKS):
        for watch in service.store.watches if turn < 4 else service.store.watches[:: TARGETS // 20]:
            service.store.take(looked(watch, turn))
    held = traced()
    page = Page(store=service.store, vitals=service.vitals, config=lambda: rules, day=lambda: DAY, version="0")
    page.render(gzip=True)
    packed = traced()
    page.render()
    plain = traced()
    page.render(gzip=True)
    again = traced()

    assert planned - begun <= PLANNED
    assert held - begun <= LOOKED_AT
    assert packed - held <= SHOWN_PACKED
    assert again - begun <= ALTOGETHER
    assert plain - held <= SHOWN_PLAIN
    assert timetable.due(START, START + timedelta(hours=1))  # it was held, too
