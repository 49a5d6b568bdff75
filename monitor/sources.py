"""Everything that was read from the files and fits its shape, before anything is held against anything else."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from monitor.document import Complaint, Document, Item, Where
from monitor.fields import Shape
from monitor.fitting import PluggedShape
from monitor.kinds import channel_shape, check_shape, kinds, notifier_of, notifiers, probe_of
from monitor.notify import Notifier
from monitor.shapes import (
    AgencyShape,
    AttestationShape,
    ChannelShape,
    CheckShape,
    DeclaredShape,
    MonitorShape,
    WindowShape,
)
from monitor.validate import at, entries, fit, listed, unknown, whole
from probes import Probe

S = TypeVar("S", bound=Shape)
P = TypeVar("P", bound=PluggedShape)
V = TypeVar("V")

AGENCIES = ("agencies/provinces.yaml", "agencies/ministries.yaml", "agencies/national.yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What fits. `written` holds the codes of all entries, of those too that do not fit; None when a file is missing."""

    agencies: tuple[Item[AgencyShape], ...]
    written: frozenset[str] | None
    checks: tuple[Item[CheckShape], ...]
    probes: Mapping[str, Probe]  # by check
    attestations: tuple[Item[AttestationShape], ...]
    declared: tuple[Item[DeclaredShape], ...]
    maintenance: tuple[Item[WindowShape], ...]
    monitor: Item[MonitorShape] | None
    channels: tuple[Item[ChannelShape], ...]
    notifiers: Mapping[str, Notifier]  # by channel

    def may_hold(self, code: str) -> bool:
        """Whether there is, or may be in a file that cannot be read, an entry for `code`."""
        return self.written is None or code in self.written


def gather(
    documents: Mapping[str, Document | None], complaints: list[Complaint], context: Mapping[str, Any]
) -> Sources:
    """What fits of the files, by their names in the folder; a complaint is added for all that does not."""
    rosters = [documents[name] for name in AGENCIES]
    places = [(document, where) for document in rosters for where in entries(document, complaints)]
    found = checks(documents["checks.yaml"], complaints, context)
    told = _channels(documents["monitor.yaml"], complaints, context)
    return Sources(
        agencies=_fitting(AgencyShape, places, complaints, context),
        written=frozenset(str(where[0]) for _, where in places) if all(map(_readable, rosters)) else None,
        checks=found,
        probes=probes_of(found, complaints),
        attestations=_list(AttestationShape, documents["attestations.yaml"], complaints, context),
        declared=_list(DeclaredShape, documents["declared.yaml"], complaints, context),
        maintenance=_mapping(WindowShape, documents["maintenance.yaml"], complaints, context),
        monitor=whole(MonitorShape, documents["monitor.yaml"], complaints, context),
        channels=told,
        notifiers=_made(told, lambda shape: notifier_of(notifiers()[shape.kind], shape), complaints),
    )


def _readable(document: Document | None) -> bool:
    """Whether all keys of a file are known: it is a mapping, or empty."""
    return document is not None and (document.data is None or isinstance(document.data, dict))


def _fitting(
    shape: type[S],
    places: list[tuple[Document | None, Where]],
    complaints: list[Complaint],
    context: Mapping[str, Any],
) -> tuple[Item[S], ...]:
    items = (fit(shape, document, where, complaints, context) for document, where in places if document is not None)
    return tuple(item for item in items if item is not None)


def _list(
    shape: type[S], document: Document | None, complaints: list[Complaint], context: Mapping[str, Any]
) -> tuple[Item[S], ...]:
    return _fitting(shape, [(document, where) for where in listed(document, complaints)], complaints, context)


def _mapping(
    shape: type[S], document: Document | None, complaints: list[Complaint], context: Mapping[str, Any]
) -> tuple[Item[S], ...]:
    return _fitting(shape, [(document, where) for where in entries(document, complaints)], complaints, context)


def checks(
    document: Document | None, complaints: list[Complaint], context: Mapping[str, Any]
) -> tuple[Item[CheckShape], ...]:
    """Each check in the shape of its kind."""
    if document is None:
        return ()
    if document.data is None or document.data == {}:
        complaints.append(document.complain((), "holds no check: nothing would be looked at"))
    shapes = {kind: check_shape(kind, probe) for kind, probe in kinds().items()}
    family = Family(shapes, CheckShape, "probe", "kind of probe")
    return _plugged(family, document, entries(document, complaints), complaints, context)


def probes_of(items: tuple[Item[CheckShape], ...], complaints: list[Complaint]) -> dict[str, Probe]:
    return _made(items, lambda shape: probe_of(kinds()[shape.probe], shape), complaints)


def _channels(
    document: Document | None, complaints: list[Complaint], context: Mapping[str, Any]
) -> tuple[Item[ChannelShape], ...]:
    """Each channel in the shape of its kind. What is no mapping is complained of by the file's own shape."""
    held = document.data.get("channels") if document and isinstance(document.data, dict) else None
    if document is None or not isinstance(held, dict):
        return ()
    shapes = {kind: channel_shape(kind, notifier) for kind, notifier in notifiers().items()}
    places = tuple(("channels", name) for name, channel in held.items() if isinstance(channel, dict))
    family = Family(shapes, ChannelShape, "kind", "kind of channel")
    return _plugged(family, document, places, complaints, context)


@dataclass(frozen=True, slots=True)
class Family(Generic[P]):
    """Plug-ins of one folder, each of which has a shape; `key` says in an entry which one it is."""

    shapes: Mapping[str, type[P]]
    common: type[P]
    key: str
    called: str


def _plugged(
    family: Family[P],
    document: Document,
    places: Iterable[Where],
    complaints: list[Complaint],
    context: Mapping[str, Any],
) -> tuple[Item[P], ...]:
    """Each entry in the shape of its kind."""
    found = (
        fit(shape, document, where, complaints, context)
        for where in places
        if (shape := _shape(family, document, where, complaints)) is not None
    )
    return tuple(item for item in found if item is not None)


def _shape(family: Family[P], document: Document, where: Where, complaints: list[Complaint]) -> type[P] | None:
    """The shape that an entry asks for; one that names no kind is held against the common keys."""
    entry = at(document.data, where)
    kind = entry.get(family.key) if isinstance(entry, dict) else None
    if not isinstance(kind, str):
        return family.common
    if kind not in family.shapes:
        text = unknown(kind, tuple(family.shapes), family.called)
        complaints.append(document.complain((*where, family.key), text))
    return family.shapes.get(kind)


def _made(items: Iterable[Item[P]], make: Callable[[P], V], complaints: list[Complaint]) -> dict[str, V]:
    """By name, what comes of the items; a complaint of each that its kind refuses."""
    made = {}
    for item in items:
        try:
            made[item.key] = make(item.value)
        except ValueError as error:
            complaints.append(item.complain(str(error)))
    return made
