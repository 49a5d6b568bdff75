"""Makes the configuration's values from what was read and found right."""

from pathlib import Path

from monitor.alerts import Telling
from monitor.config import Config
from monitor.document import Item
from monitor.incidents import Counting
from monitor.judge import Patience, Row
from monitor.model import Attestation, Check, Condition, Declared, Period
from monitor.roster import Door, Entry, Former, Hosting, Roster
from monitor.shapes import (
    AgencyShape,
    AlertsShape,
    AttestationShape,
    CheckShape,
    DeclaredShape,
    DoorShape,
    HostingShape,
    MonitorShape,
    NetworkShape,
    PatienceShape,
    PeriodShape,
    RowShape,
)
from monitor.sources import Sources
from monitor.store_shapes import place_of
from monitor.web_config import WebConfig
from probes import Probe
from probes._net.settings import ConnectTo, NetworkSettings

_APART = frozenset({"network", "patience", "alerts", "web", "store"})  # are made values here, or elsewhere


def config_of(folder: Path, sources: Sources, monitor: MonitorShape, web: WebConfig | None) -> Config:
    """The configuration. Only for sources without a complaint."""
    given = {name: getattr(monitor, name) for name in monitor.model_fields_set - _APART}
    return Config(
        folder=folder,
        roster=Roster(entries=tuple(entry_of(item.key, item.value) for item in sources.agencies)),
        checks=tuple(check_of(item, sources.probes[item.key]) for item in sources.checks),
        attestations=tuple(_attestation(item.value) for item in sources.attestations),
        declared=tuple(_declared(item.value) for item in sources.declared),
        network=_network(monitor.network),
        patience=patience_of(monitor.patience),
        alerts=_telling(monitor.alerts),
        web=web,
        store=place_of(monitor.store) if monitor.store else None,
        **given,
    )


def entry_of(code: str, shape: AgencyShape) -> Entry:
    return Entry(
        code=code,
        name=shape.name,
        name_en=shape.name_en,
        level=shape.level,
        portal=None if shape.portal is None else str(shape.portal),
        period=period_of(shape),
        into=shape.into,
        counted=None if shape.counted is None else period_of(shape.counted),
        platform=shape.platform,
        formerly=tuple(Former(**dict(former)) for former in shape.formerly),
        hosts=tuple(_hosting(hosting) for hosting in shape.hosts),
        other_hosts=shape.other_hosts,
        former_doors=tuple(_door(door) for door in shape.former_doors),
        evidence=shape.evidence.model_dump(exclude_none=True),
    )


def period_of(shape: PeriodShape | AgencyShape | CheckShape) -> Period:
    return Period(since=shape.since, until=shape.until)


def _hosting(shape: HostingShape) -> Hosting:
    return Hosting(
        portal=str(shape.portal), other_hosts=shape.other_hosts, evidence=shape.evidence, period=period_of(shape)
    )


def _door(shape: DoorShape) -> Door:
    return Door(url=shape.url, evidence=shape.evidence, period=period_of(shape))


def check_of(item: Item[CheckShape], probe: Probe) -> Check:
    shape = item.value
    return Check(
        name=item.key,
        kind=shape.probe,
        probe=probe,
        every=shape.every,
        timeout=shape.timeout,
        proves=None if shape.proves == "nothing" else Condition(shape.proves),
        levels=frozenset(shape.levels),
        period=period_of(shape),
        depends_on=shape.depends_on,
        only=frozenset(shape.only),
    )


def _attestation(shape: AttestationShape) -> Attestation:
    return Attestation(**{**dict(shape), "agency": shape.agency, "url": str(shape.url) if shape.url else None})


def _declared(shape: DeclaredShape) -> Declared:
    integrated, missing = shape.integrated_agencies, shape.missing_agencies
    lists = {
        "integrated_agencies": None if integrated is None else frozenset(integrated),
        "missing_agencies": None if missing is None else frozenset(missing),
    }
    return Declared(**{**dict(shape), **lists})


def _network(shape: NetworkShape) -> NetworkSettings:
    given = {name: getattr(shape, name) for name in shape.model_fields_set}
    given["connect_to"] = tuple(ConnectTo(**dict(each)) for each in shape.connect_to)
    return NetworkSettings(**given)


def _telling(shape: AlertsShape) -> Telling:
    given = {name: getattr(shape, name) for name in shape.model_fields_set}
    held = {"hold": given.pop("hold")} if "hold" in given else {}
    return Telling(counting=Counting(**given), **held)


def patience_of(shape: PatienceShape) -> Patience:
    return Patience(
        fail=_row(shape.fail), recover=_row(shape.recover), unknown=_row(shape.unknown), confirm=shape.confirm
    )


def _row(shape: RowShape) -> Row:
    return Row(looks=shape.looks, of=shape.of)
