"""A panel's queries, as Grafana would ask them, and the frames it makes of the answers."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kit.dashboards import Choice, Dashboard, Span, filled, several_of
from kit.source import Series, Source


@dataclass(frozen=True, slots=True)
class Query:
    ref: str
    text: str
    instant: bool
    table: bool
    legend: str


@dataclass(frozen=True, slots=True)
class Frame:
    """A table: a query's answer as one, or what transformations made of some. Columns in order, rows by column."""

    ref: str
    columns: tuple[str, ...]
    rows: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One series of a panel that is no table: the name it is shown by, its labels, its points."""

    ref: str
    name: str
    series: Series


def queries(
    dashboard: Dashboard,
    panel: Mapping[str, Any],
    choice: Choice,
    span: Span,
    several: Mapping[str, str | None] | None = None,
) -> Iterator[Query]:
    """`several`: see `filled`; left out, all values are chosen of the variables of which many can be."""
    many = several_of(dashboard) if several is None else several
    for target in panel["targets"]:
        if not target.get("hide"):
            yield Query(
                ref=target["refId"],
                text=filled(target["expr"], choice, many, span),
                instant=bool(target.get("instant")),
                table=target.get("format") == "table",
                legend=target.get("legendFormat", ""),
            )


def answer(query: Query, source: Source, span: Span) -> list[Series]:
    """Raises RefusedError."""
    if query.instant:
        return source.instant(query.text, span.end)
    return source.over(query.text, *aligned(span), span.step)


def aligned(span: Span) -> tuple[Any, Any]:
    """Grafana asks for whole steps."""
    step = span.step.total_seconds()
    shift = [each.timestamp() % step for each in (span.begin, span.end)]
    return tuple(
        each.fromtimestamp(each.timestamp() - by, each.tzinfo)
        for each, by in zip((span.begin, span.end), shift, strict=True)
    )


def frame(query: Query, found: list[Series], *, alone: bool) -> Frame:
    """`alone`: the panel's only query; else the value's column is named after the query."""
    value = "Value" if alone else f"Value #{query.ref}"
    labels = sorted({label for series in found for label in series.labels})
    rows = tuple(
        {"Time": at * 1000, **{label: series.labels.get(label, "") for label in labels}, value: number}
        for series in found
        for at, number in series.points
    )
    return Frame(query.ref, ("Time", *labels, value), rows)


def line(query: Query, series: Series) -> Line:
    legend = query.legend
    if legend in ("", "__auto"):
        name = ", ".join(f'{key}="{value}"' for key, value in sorted(series.labels.items()))
        return Line(query.ref, f"{{{name}}}" if name else "Value", series)
    name = re.sub(r"\{\{\s*(\w+)\s*\}\}", lambda found: series.labels.get(found[1], ""), legend)
    return Line(query.ref, name, series)
