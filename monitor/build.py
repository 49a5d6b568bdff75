"""Makes the configuration's values from what was read and found right."""

from pathlib import Path
from typing import Any

from monitor.alerts.rules import Telling
from monitor.channels import Channel, Quiet, Retelling
from monitor.config import Config
from monitor.document import Item
from monitor.fields import Shape
from monitor.incidents import Counting
from monitor.judge import Patience, Row
from monitor.model import Attestation, Check, Condition, Declared, Period
from monitor.notify import Notifier
from monitor.roster import Door, Entry, Former, Hosting, Roster
from monitor.shapes import (
    AgencyShape,
    AlertsShape,
    AttestationShape,
    ChannelShape,
    CheckShape,
    DeclaredShape,
    DoorShape,
    HostingShape,
    MonitorShape,
    NetworkShape,
    PatienceShape,
    PeriodShape,
    RowShape,
    WindowShape,
)
from monitor.sources import Sources
from monitor.store.ledger import Window
from monitor.store_shapes import place_of
from monitor.web_config import WebConfig
from probes import Probe
from probes._net.settings import ConnectTo, NetworkSettings

_AGAIN = {
    "remind": "remind",
    "most_between": "most_between",
    "escalate": "escalate",
    "certificate_days": "certificate",
    "blind": "blind",
    "blind_for": "blind_for",
    "silent": "silent",
}
_APART = frozenset({"network", "patience", "alerts", "web", "channels", "store"})  # are made values here, or elsewhere


def config_of(folder: Path, sources: Sources, monitor: MonitorShape, web: WebConfig | None) -> Config:
    """The configuration. Only for sources without a complaint."""
    given = {name: getattr(monitor, name) for name in monitor.model_fields_set - _APART}
    return Config(
        folder=folder,
        roster=Roster(entries=tuple(entry_of(item.key, item.value) for item in sources.agencies)),
        checks=tuple(check_of(item, sources.probes[item.key]) for item in sources.checks),
        attestations=tuple(_attestation(item.value) for item in sources.attestations),
        declared=tuple(_declared(item.value) for item in sources.declared),
        maintenance=tuple(map(window_of, sources.maintenance)),
        network=_network(monitor.network),
        patience=patience_of(monitor.patience),
        alerts=telling_of(monitor.alerts),
        channels={item.key: channel_of(item, sources.notifiers[item.key]) for item in sources.channels},
        web=web,
        store=place_of(monitor.store) if monitor.store else None,
        url=monitor.web.url if monitor.web else None,
        **given,
    )


def entry_of(code: str, shape: AgencyShape) -> Entry:
    return Entry(
        code=code,
        name=shape.name,
        name_en=shape.name_en,
        short=shape.short or "",
        short_en=shape.short_en or "",
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


def channel_of(item: Item[ChannelShape], notifier: Notifier) -> Channel:
    shape = item.value
    given = {name: getattr(shape, name) for name in shape.model_fields_set & ChannelShape.model_fields.keys()}
    given |= {name: frozenset(given[name]) for name in ("events", "levels") if name in given}
    hours = given.pop("quiet", None)
    quiet = None if hours is None else Quiet(begin=hours.begin, end=hours.end)
    return Channel(name=item.key, notifier=notifier, quiet=quiet, **given)


def _attestation(shape: AttestationShape) -> Attestation:
    return Attestation(**{**dict(shape), "agency": shape.agency, "url": str(shape.url) if shape.url else None})


def _declared(shape: DeclaredShape) -> Declared:
    integrated, missing = shape.integrated_agencies, shape.missing_agencies
    lists = {
        "integrated_agencies": None if integrated is None else frozenset(integrated),
        "missing_agencies": None if missing is None else frozenset(missing),
    }
    return Declared(**{**dict(shape), **lists})


def window_of(item: Item[WindowShape]) -> Window:
    shape = item.value
    return Window(
        id=item.key,
        begin=shape.begin,
        lasts=shape.lasts,
        zone=shape.zone,
        every=shape.every or "",
        until=shape.until,
        agencies=frozenset(shape.agencies),
        reason=shape.reason,
        by="maintenance.yaml",
    )


def _network(shape: NetworkShape) -> NetworkSettings:
    given = {name: getattr(shape, name) for name in shape.model_fields_set}
    given["connect_to"] = tuple(ConnectTo(**dict(each)) for each in shape.connect_to)
    return NetworkSettings(**given)


def telling_of(shape: AlertsShape) -> Telling:
    given = _given(shape)
    again = _given(given.pop("unstable", None)) | {
        _AGAIN[name]: given.pop(name) for name in _AGAIN.keys() & given.keys()
    }
    waits = {name: given.pop(name) for name in ("hold", "gather") if name in given}
    return Telling(counting=Counting(**given), retelling=Retelling(**again), **waits)


def _given(shape: Shape | None) -> dict[str, Any]:
    """What a file says; what it leaves out has its default where the value is made."""
    return {name: getattr(shape, name) for name in shape.model_fields_set} if shape else {}


def patience_of(shape: PatienceShape) -> Patience:
    return Patience(
        fail=_row(shape.fail), recover=_row(shape.recover), unknown=_row(shape.unknown), confirm=shape.confirm
    )


def _row(shape: RowShape) -> Row:
    return Row(looks=shape.looks, of=shape.of)
