"""Which looks there are to make on one day."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from yarl import URL

from monitor.config import Config
from monitor.judge import Patience
from monitor.model import Check, Level, Period
from monitor.plan import watches
from monitor.roster import Entry, Hosting, Roster
from probes import Observation, Reason, Target
from probes._net.settings import NetworkSettings
from probes._secret import Secret
from probes.heartbeat import Probe as Heartbeat

DAY = date(2025, 7, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnPlatform:
    """A kind that looks only at agencies of one family of software."""

    platform: str | None = None

    def applies(self, target: Target) -> bool:
        return self.platform in (None, target.platform)

    async def look(self, *_: object) -> Observation:
        return Observation(reason=Reason.OK)


CHECK = Check(
    name="portal",
    kind="http",
    probe=OnPlatform(),
    every=timedelta(minutes=5),
    timeout=timedelta(seconds=10),
    proves=None,
    levels=frozenset({Level.PROVINCE}),
)
ENTRIES = (
    Entry(code="H26", name="Hà Nội", name_en="Hanoi", level=Level.PROVINCE, portal="https://h26.example"),
    Entry(
        code="H60",
        name="Tuyên Quang",
        name_en="Tuyen Quang",
        level=Level.PROVINCE,
        platform="eform",
        portal="https://h60.example",
        other_hosts=("dvc.h60.example",),
    ),
    Entry(
        code="H22",
        name="Hà Giang",
        name_en="Ha Giang",
        level=Level.PROVINCE,
        portal="https://h22.example",
        period=Period(until=DAY),
        into="H60",
    ),
    Entry(code="G20", name="Thanh tra Chính phủ", name_en="Government Inspectorate", level=Level.MINISTRY),
    Entry(
        code="NPSP",
        name="Cổng Dịch vụ công quốc gia",
        name_en="NPSP",
        level=Level.NATIONAL,
        portal="https://npsp.example",
        other_hosts=("old.npsp.example",),
    ),
)


@pytest.fixture
def keys():
    """The (agency, check) pairs of the day for some checks."""

    def plan(*checks: Check, day: date = DAY) -> list[tuple[str, str]]:
        return [watch.key for watch in watches(config(*checks), day)]

    return plan


def config(*checks: Check) -> Config:
    return Config(
        folder=Path("config"),
        roster=Roster(entries=ENTRIES),
        checks=checks,
        network=NetworkSettings(contact="test.example"),
        patience=Patience(),
    )


def test_each_agency_of_the_day_is_watched_by_each_check_of_its_level(keys):
    assert keys(CHECK) == [("H26", "portal"), ("H60", "portal")]
    assert keys(CHECK, day=DAY - timedelta(days=1)) == [("H22", "portal"), ("H26", "portal"), ("H60", "portal")]


def test_a_check_holds_from_its_first_day_to_the_day_before_its_end(keys):
    dated = replace(CHECK, period=Period(since=DAY, until=DAY + timedelta(days=1)))

    assert keys(dated)
    assert not keys(dated, day=DAY - timedelta(days=1))
    assert not keys(dated, day=DAY + timedelta(days=1))


def test_an_agency_without_a_known_portal_cannot_be_looked_at(keys):
    assert keys(replace(CHECK, levels=frozenset({Level.MINISTRY}))) == []


def test_a_kind_says_itself_where_there_is_nothing_to_look_at(keys):
    assert keys(replace(CHECK, probe=OnPlatform(platform="eform"))) == [("H60", "portal")]


def test_a_check_for_some_agencies_leaves_the_others_alone(keys):
    assert keys(replace(CHECK, only=frozenset({"H26", "NPSP"}))) == [("H26", "portal")]


def test_a_target_knows_its_own_hosts_the_national_ones_and_the_doors_of_before():
    target = watches(config(CHECK), DAY)[1].target

    assert target.hosts == {"h60.example", "dvc.h60.example"}
    assert target.national_hosts == {"npsp.example", "old.npsp.example"}
    assert target.former_doors == (URL("https://h22.example"),)
    assert (target.code, target.level, target.platform, target.day) == ("H60", "province", "eform", DAY)


def test_where_a_portal_is_depends_on_the_day():
    moved = replace(ENTRIES[0], hosts=(Hosting(portal="https://new.example", period=Period(since=DAY)),))
    moving = replace(config(CHECK), roster=Roster(entries=(moved,)))

    assert watches(moving, DAY)[0].target.portal == URL("https://new.example")
    assert watches(moving, DAY - timedelta(days=1))[0].target.portal == URL("https://h26.example")


def test_whoever_holds_the_agencies_of_the_day_gets_watches_of_these_very_agencies():
    agencies = config().roster.on(DAY)

    assert {id(watch.agency) for watch in watches(config(CHECK), DAY, agencies)} <= set(map(id, agencies))


def test_all_checks_of_an_agency_look_at_an_equal_target_that_nobody_holds_for_them():
    first, second, *_ = watches(config(CHECK, replace(CHECK, name="again")), DAY)

    assert first.target == second.target
    assert first.aim is second.aim


def test_an_agency_without_a_known_portal_can_be_listened_to():
    pushes = Heartbeat(tokens={"G99": Secret("0123456789abcdef0123"), "H26": Secret("abcdef0123456789abcd")})
    listening = replace(CHECK, name="internal", kind="heartbeat", probe=pushes, levels=frozenset(Level))
    nowhere = Entry(code="G99", name="Bộ mẫu", name_en="Sample", level=Level.MINISTRY)
    roster = Roster(entries=(*ENTRIES, nowhere))
    changed = replace(config(replace(CHECK, levels=frozenset(Level)), listening), roster=roster)
    keys = {watch.key for watch in watches(changed, DAY)}

    assert {("G99", "internal"), ("H26", "internal"), ("H26", "portal")} <= keys
    assert ("G99", "portal") not in keys
    assert ("H60", "internal") not in keys
