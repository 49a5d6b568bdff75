"""Everything that was read from the files and fits its shape, before anything is held against anything else."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from monitor.document import Complaint, Document, Item, Where
from monitor.fields import Shape
from monitor.kinds import kinds, probe_of, shape_of
from monitor.shapes import AgencyShape, AttestationShape, CheckShape, DeclaredShape, MonitorShape, WindowShape
from monitor.validate import at, entries, fit, listed, unknown, whole
from probes import Probe

S = TypeVar("S", bound=Shape)

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
    return Sources(
        agencies=_fitting(AgencyShape, places, complaints, context),
        written=frozenset(str(where[0]) for _, where in places) if all(map(_readable, rosters)) else None,
        checks=found,
        probes=probes_of(found, complaints),
        attestations=_list(AttestationShape, documents["attestations.yaml"], complaints, context),
        declared=_list(DeclaredShape, documents["declared.yaml"], complaints, context),
        maintenance=_mapping(WindowShape, documents["maintenance.yaml"], complaints, context),
        monitor=whole(MonitorShape, documents["monitor.yaml"], complaints, context),
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
    shapes = {kind: shape_of(kind, probe) for kind, probe in kinds().items()}
    found = (
        fit(shape, document, where, complaints, context)
        for where in entries(document, complaints)
        if (shape := _shape(shapes, document, where, complaints)) is not None
    )
    return tuple(item for item in found if item is not None)


def _shape(
    shapes: Mapping[str, type[CheckShape]], document: Document, where: Where, complaints: list[Complaint]
) -> type[CheckShape] | None:
    """The shape that the check's `probe` asks for; a check that names none is held against the common keys."""
    check = at(document.data, where)
    kind = check.get("probe") if isinstance(check, dict) else None
    if not isinstance(kind, str):
        return CheckShape
    if kind not in shapes:
        complaints.append(document.complain((*where, "probe"), unknown(kind, tuple(shapes), "kind of probe")))
    return shapes.get(kind)


def probes_of(items: tuple[Item[CheckShape], ...], complaints: list[Complaint]) -> dict[str, Probe]:
    known, probes = kinds(), {}
    for item in items:
        try:
            probes[item.key] = probe_of(known[item.value.probe], item.value)
        except ValueError as error:
            complaints.append(item.complain(str(error)))
    return probes
