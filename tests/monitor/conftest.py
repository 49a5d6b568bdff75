"""Small worlds to show: stores that were fed by hand with looks at fixed times."""

import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from yarl import URL

from monitor.config import Config
from monitor.judge import Patience
from monitor.model import Agency, Answer, Attestation, Check, Condition, Declared, Level, Result, Watch
from monitor.roster import Roster
from monitor.store.memory import Memory
from monitor.vitals import Vitals
from probes import Fact, Observation, Reason, Target
from probes._net.settings import NetworkSettings

DAY = date(2023, 6, 21)
START = datetime(2023, 6, 21, 7, 0, tzinfo=UTC)  # 14:00 in Viet Nam
CERTIFICATE_END = datetime(2024, 1, 1, tzinfo=UTC).timestamp()


class NeverLooks:
    """A probe of a world where looks come from the test."""

    def __init__(self, *, asks_pages: bool = True) -> None:
        self.asks_pages = asks_pages

    def applies(self, _: Target) -> bool:
        return True

    async def look(self, *_: object) -> Observation:
        raise AssertionError


def make_check(kind: str, proves: Condition | None, minutes: int = 5) -> Check:
    return Check(
        name=kind,
        kind=kind,
        probe=NeverLooks(asks_pages=kind not in ("tls", "dossier_sync")),
        every=timedelta(minutes=minutes),
        timeout=timedelta(seconds=10),
        proves=proves,
        levels=frozenset(Level),
    )


PORTAL = make_check("http", None, minutes=1)
CERTIFICATE = make_check("tls", None, minutes=60)
ONE_DOOR = make_check("one_door", Condition.MERGED)
SIGN_ON = make_check("sign_on", Condition.CONNECTED)
DOSSIERS = make_check("dossier_sync", Condition.CONNECTED, minutes=60)
NATIONAL_PAGES = replace(make_check("http", Condition.CONNECTED), name="national_pages")


def make_agency(code: str, name: str, name_en: str, level: Level, *, counted: bool = True) -> Agency:
    return Agency(
        code=code,
        name=name,
        name_en=name_en,
        level=level,
        counted=counted,
        portal=f"https://{code.lower()}.example/",
    )


def make_watch(agency: Agency, check: Check) -> Watch:
    target = Target(
        code=agency.code,
        name=agency.name,
        level=agency.level,
        portal=URL(agency.portal or ""),
        hosts=agency.hosts,
        day=DAY,
    )
    return Watch(agency=agency, check=check, aim=lambda _: target)


@dataclass
class World:
    """A store and what stands around it."""

    store: Memory
    config: Config
    vitals: Vitals
    now: datetime = START + timedelta(minutes=5)
    reloads: list[tuple[str, ...]] = field(default_factory=list)  # errors of the reloads to come

    def look(
        self,
        watch: Watch,
        reason: Reason = Reason.OK,
        detail: str = "",
        *,
        at: datetime = START,
        seconds: float = 0.25,
        phases: dict[str, float] | None = None,
        **facts: Fact,
    ) -> None:
        self.store.take(
            Result(
                watch=watch,
                due=at,
                started=at,
                seconds=seconds,
                observation=Observation(reason=reason, detail=detail, facts=facts),
                phases=phases or {},
            )
        )

    async def reload(self) -> tuple[str, ...]:
        return self.reloads.pop() if self.reloads else ()


@pytest.fixture
def promtool() -> str:
    path = shutil.which("promtool")
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail("promtool is missing; `make debian-packages` installs it")
        pytest.skip("promtool is not installed; `make debian-packages` installs it")
    return path


@pytest.fixture
def make_world() -> Callable[..., World]:
    """`make_world(agencies, watches, papers=())`: nothing looked at yet."""

    def make(agencies: Iterable[Agency], watches: Iterable[Watch], papers: Iterable[Attestation] = ()) -> World:
        config = Config(
            folder=Path("config"),
            roster=Roster(entries=()),
            checks=(),
            attestations=tuple(papers),
            declared=_declared(),
            network=NetworkSettings(contact="ops@monitor.example"),
            patience=Patience(),
            day=DAY,
        )
        store = Memory(config.patience)
        store.plan(tuple(agencies), tuple(watches), config.attestations, day=DAY, at=START - timedelta(minutes=1))
        vitals = Vitals(started=START - timedelta(minutes=1), reload_at=START - timedelta(minutes=1))
        vitals.tell_by(("log",))
        return World(store=store, config=config, vitals=vitals)

    return make


def _declared() -> tuple[Declared, ...]:
    source = "Báo cáo phiên họp thứ năm"
    return (
        Declared(level=Level.PROVINCE, as_of=date(2022, 6, 21), agencies=63, integrated=40, source="an earlier one"),
        Declared(
            level=Level.PROVINCE,
            as_of=DAY,
            agencies=63,
            integrated=62,
            tasks_planned=3003,
            tasks_completed=1384,
            source=source,
        ),
        Declared(level=Level.MINISTRY, as_of=DAY, agencies=21, integrated=10, source=source),
        Declared(level=Level.PROVINCE, as_of=date(2025, 7, 1), agencies=34, integrated=34, source="of a later day"),
    )


HANOI = make_agency("H26", "Hà Nội", "Hanoi", Level.PROVINCE)
HUE = make_agency("H57", "Thừa Thiên Huế", "Thua Thien Hue", Level.PROVINCE)
INTERIOR = make_agency("G09", "Bộ Nội vụ", "Ministry of Home Affairs", Level.MINISTRY)
NPSP = make_agency(
    "NPSP", "Cổng Dịch vụ công quốc gia", "National Public Service Portal", Level.NATIONAL, counted=False
)
PAPER = Attestation(
    agency="H57",
    condition=Condition.MERGED,
    answer=Answer.YES,
    since=date(2023, 1, 1),
    document="12/BC-UBND",
    issued=date(2023, 1, 2),
    issuer="UBND tỉnh",
    synthetic=True,
)
PAGE_FACTS = {
    "http_status": 200,
    "http_version": "1.1",
    "redirects": 1,
    "tls_version": "TLSv1.3",
    "certificate_earliest_not_after": CERTIFICATE_END,
    "ip_protocol": 4,
    "address_hash": 2166136261,
}
PHASES = {"resolve": 0.01, "connect": 0.02, "tls": 0.03, "processing": 0.1, "transfer": 0.05}


@pytest.fixture
def small_world(make_world: Callable[..., World]) -> World:
    """Hà Nội is integrated, Huế is not and has a document against it, the ministry is unknown; the NPSP answers."""
    watches = [
        *(make_watch(agency, check) for agency in (HANOI, HUE) for check in (PORTAL, ONE_DOOR, SIGN_ON, DOSSIERS)),
        *(make_watch(INTERIOR, check) for check in (PORTAL, CERTIFICATE, ONE_DOOR, SIGN_ON)),
        make_watch(NPSP, NATIONAL_PAGES),
    ]
    world = make_world((INTERIOR, HANOI, HUE, NPSP), watches, (PAPER,))
    for watch in watches:
        _small_look(world, watch)
    for seconds in (0.004, 0.03, 0.03, 2.0, 60.0):
        world.vitals.lagged(seconds)
    world.vitals.in_flight, world.vitals.overruns = 2, 1
    world.vitals.last_cycle = START + timedelta(minutes=4)
    return world


def _small_look(world: World, watch: Watch) -> None:
    match watch.key:
        case ("H57", "http"):  # cut off before an address was found
            world.look(watch, Reason.TIMEOUT_RESOLVE, "no answer in 10 s", seconds=10.0, phases={"resolve": 10.0})
        case ("H57", "one_door"):
            world.look(watch, Reason.SECOND_DOOR_OPEN, "motcua.h57.example serves its own pages", **PAGE_FACTS)
        case ("H57", "dossier_sync"):
            world.look(watch, Reason.SYNC_LOW, "31.5 % of the dossiers", sync_ratio=0.315)
        case ("H26", "dossier_sync"):
            world.look(watch, sync_ratio=0.987)
        case ("G09", "sign_on"):
            world.look(watch, Reason.NOT_VISIBLE, "the login is made by a script", phases=PHASES, **PAGE_FACTS)
        case ("G09", "tls"):
            world.look(watch, phases=PHASES, certificate_earliest_not_after=CERTIFICATE_END, ip_protocol=6)
        case _:
            world.look(watch, phases=PHASES, **PAGE_FACTS)


@pytest.fixture
def headline_world(make_world: Callable[..., World]) -> World:
    """63 made-up provinces and 21 made-up ministries, of which 62 and 10 are integrated; one ministry is unknown."""
    agencies = [
        *(make_agency(f"H{n:02}", f"Tỉnh mẫu số {n}", f"Sample {n}", Level.PROVINCE) for n in range(1, 64)),
        *(make_agency(f"G{n:02}", f"Bộ mẫu số {n}", f"Sample ministry {n}", Level.MINISTRY) for n in range(1, 22)),
    ]
    watches = [make_watch(agency, check) for agency in agencies for check in (ONE_DOOR, SIGN_ON)]
    world = make_world(agencies, watches)
    world.config = replace(world.config, synthetic="june-2023")
    missing = {"H57", *(f"G{n:02}" for n in range(1, 11))}
    for watch in watches:
        if watch.key == ("G11", "sign_on"):
            world.look(watch, Reason.BLOCKED, "HTTP 403 from a firewall")
        elif watch.agency.code in missing and watch.check is SIGN_ON:
            world.look(watch, Reason.NO_SIGN_ON_LINK, "no link to the authorize end-point")
        else:
            world.look(watch, phases=PHASES, **PAGE_FACTS)
    return world
