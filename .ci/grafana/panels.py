"""One panel of the source as Grafana's JSON."""

from collections.abc import Iterator
from string import ascii_uppercase
from typing import Any
from zlib import crc32

from layout import Place
from mistake import pick
from pen import SOURCE, Pen
from source import Column, Kind, Panel, Query


def number_of(name: str) -> int:
    """The same for ever, whatever panels come before it."""
    return crc32(name.encode()) % 1_000_000 + 1


def row(pen: Pen, heading: str, place: Place) -> dict[str, Any]:
    return {
        "id": number_of(heading),
        "type": "row",
        "title": pen.text(heading),
        "collapsed": False,
        "gridPos": place,
        "panels": [],
    }


def panel(pen: Pen, held: Panel, words: str, place: Place) -> dict[str, Any]:
    kind = pick(pen.presets.kinds, held.kind, "kind")
    return {
        "id": number_of(held.name),
        "type": kind.type,
        "title": pen.text(f"{words}.title"),
        "description": pen.text(f"{words}.about"),
        "datasource": SOURCE,
        "gridPos": place,
        "links": [_runbook(pen, name) for name in held.runbooks],
        "targets": [_target(pen, kind, *each) for each in zip(ascii_uppercase, held.queries, strict=False)],
        "transformations": _transformations(pen, held.columns),
        "options": kind.options | _sorted(pen, held),
        "fieldConfig": {"defaults": _defaults(pen, held, kind), "overrides": list(_overrides(pen, held))},
    } | ({"timeFrom": held.period} if held.period else {})


def dashboard_link(title: str, url: str, **more: Any) -> dict[str, Any]:
    """All that Grafana's type of a link asks for."""
    plain = {"type": "link", "icon": "external link", "tooltip": "", "tags": [], "asDropdown": False}
    rest = {"targetBlank": False, "keepTime": False, "includeVars": False}
    return {"title": title, "url": url, **plain, **rest, **more}


def _runbook(pen: Pen, alert: str) -> dict[str, Any]:
    return dashboard_link(f"{pen.text('link.runbook')} {alert}", "${monitor}/runbooks/" + alert, targetBlank=True)


def _target(pen: Pen, kind: Kind, ref: str, query: Query) -> dict[str, Any]:
    return {
        "datasource": SOURCE,
        "refId": ref,
        "expr": pen.promql(query.show),
        "legendFormat": pen.text(query.legend),
        "format": "table" if kind.labels else "time_series",
        "instant": kind.once,
        "range": not kind.once,
        "editorMode": "code",
    }


def _transformations(pen: Pen, columns: tuple[Column, ...]) -> list[dict[str, Any]]:
    """Only the columns named, in that order. Their titles are overrides, so that links find a field by its own name."""
    names = [pen.text(column.field) for column in columns]
    order = {name: index for index, name in enumerate(names)}
    steps = (
        ("filterFieldsByName", {"include": {"names": names}}),
        ("organize", {"indexByName": order, "excludeByName": {}, "renameByName": {}}),
    )
    return [{"id": name, "options": options} for name, options in steps] if columns else []


def _sorted(pen: Pen, held: Panel) -> dict[str, Any]:
    return {"sortBy": [{"displayName": pen.text(held.sort.by), "desc": held.sort.descending}]} if held.sort else {}


def _defaults(pen: Pen, held: Panel, kind: Kind) -> dict[str, Any]:
    made = {
        "unit": pen.unit(held.unit),
        "noValue": pen.text(held.empty),
        "mappings": pen.mappings(held.mapping, null=held.empty if kind.grey else None),
        "thresholds": pen.thresholds(held.thresholds),
        "custom": kind.custom,
    }
    return made | _range(held.range) | _links(pen, held.link) | ({"color": kind.color} if kind.color else {})


def _range(bounds: tuple[int, int] | None) -> dict[str, int]:
    return dict(zip(("min", "max"), bounds, strict=True)) if bounds else {}


def _links(pen: Pen, name: str | None) -> dict[str, Any]:
    if name is None:
        return {}
    link, title, url = pen.link(name)
    return {"links": [{"title": title, "url": url, "targetBlank": link.blank}]}


def _overrides(pen: Pen, held: Panel) -> Iterator[dict[str, Any]]:
    for column in held.columns:
        yield _override(pen.text(column.field), _of_column(pen, column))
    paints = pen.paints(held.paint) if held.paint else {}
    for code, text in ((code, text) for prefix in held.rename for code, text in pen.under(prefix).items()):
        painted = {"color": {"mode": "fixed", "fixedColor": paints[code]}} if code in paints else {}
        yield _override(code, {"displayName": text} | painted)


def _override(field: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "matcher": {"id": "byName", "options": field},
        "properties": [{"id": key, "value": value} for key, value in properties.items()],
    }


def _of_column(pen: Pen, column: Column) -> dict[str, Any]:
    """A label that is not there comes as an empty text, for which Grafana would write the panel's `noValue`."""
    made: dict[str, Any] = {
        "displayName": pen.text(column.title),
        "unit": pen.unit(column.unit),
        "noValue": pen.text("empty.cell"),
    }
    if column.mapping:
        made["mappings"] = pen.mappings(column.mapping, null="empty.cell")
    if column.thresholds != "none":
        made["thresholds"] = pen.thresholds(column.thresholds)
    if column.width:
        made["custom.width"] = column.width
    if column.look != "plain":
        looks = {"filled": {"type": "color-background", "mode": "basic"}, "gauge": {"type": "gauge", "mode": "basic"}}
        made["custom.cellOptions"] = looks[column.look]
    return made | _range(column.range) | _links(pen, column.link)
