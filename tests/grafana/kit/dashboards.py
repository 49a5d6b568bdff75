"""The dashboards as they are shipped: their panels, and the queries with Grafana's variables filled in."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from kit.history import BEGIN, END, STEP
from kit.source import Series, Source

FOLDER = Path(__file__).parents[3] / "grafana" / "dashboards"
LENGTHS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
MOST_POINTS = 1000  # about as many as a panel has pixels
VARIABLE = re.compile(r"\$\{(\w+)(?::(\w+))?\}|\$(\w+)|\[\[(\w+)\]\]")
ALL = "$__all"

Choice = Mapping[str, str | tuple[str, ...]]  # by variable: a value, or those chosen of several


@dataclass(frozen=True, slots=True)
class Span:
    """The time range chosen above a dashboard, or a panel's own."""

    begin: datetime
    end: datetime

    @property
    def step(self) -> timedelta:
        """As Grafana has it: no more points than pixels, and none closer than scrapes are."""
        return max(STEP, timedelta(seconds=round((self.end - self.begin).total_seconds() / MOST_POINTS)))

    def built_in(self) -> dict[str, str]:
        """Grafana's own variables."""
        step, whole = self.step.total_seconds(), (self.end - self.begin).total_seconds()
        rate = max(step + STEP.total_seconds(), 4 * STEP.total_seconds())
        return {
            "__interval": f"{step:.0f}s",
            "__interval_ms": f"{step * 1000:.0f}",
            "__rate_interval": f"{rate:.0f}s",
            "__range": f"{whole:.0f}s",
            "__range_s": f"{whole:.0f}",
            "__range_ms": f"{whole * 1000:.0f}",
        }


HISTORY = Span(BEGIN, END)


@dataclass(frozen=True, slots=True)
class Dashboard:
    name: str  # of the file, without .json
    held: Mapping[str, Any]

    @property
    def panels(self) -> list[Mapping[str, Any]]:
        """All but the headings between them, those under a collapsed heading too."""
        return [panel for panel in _flat(self.held["panels"]) if panel["type"] != "row"]

    @property
    def language(self) -> str:
        return self.name.rpartition(".")[2] or "en"

    @property
    def variables(self) -> list[Mapping[str, Any]]:
        return [each for each in self.held["templating"]["list"] if each["type"] != "datasource"]


def dashboards() -> list[Dashboard]:
    paths = sorted(FOLDER.glob("*.json"))
    return [Dashboard(path.stem, json.loads(path.read_text(encoding="utf-8"))) for path in paths]


def _flat(panels: list[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for panel in panels:
        yield panel
        yield from panel.get("panels", ())


def span_of(dashboard: Dashboard, panel: Mapping[str, Any], at: datetime = END) -> Span:
    """What the panel shows when the dashboard is opened at that time."""
    length = panel.get("timeFrom") or dashboard.held["time"]["from"].removeprefix("now-")
    number, unit = re.fullmatch(r"(?:now-)?(\d+)([smhdw])", length).groups()
    return Span(at - timedelta(**{LENGTHS[unit]: int(number)}), at)


def choices(dashboard: Dashboard, source: Source, span: Span = HISTORY) -> list[Choice]:
    """What the variables may be: as the dashboard opens; then each value of those of which one only is chosen."""
    chosen: list[Choice] = [{}]
    for variable in dashboard.variables:
        chosen = [
            {**before, variable["name"]: value}
            for before in chosen
            for value in _values(variable, before, source, span)
        ]
    return chosen


def _values(
    variable: Mapping[str, Any], before: Choice, source: Source, span: Span
) -> list[str] | list[tuple[str, ...]]:
    if variable["type"] == "textbox":
        return [variable["query"]]
    values = options_of(variable, before, source, span)
    if variable["multi"] and variable.get("allValue"):  # of nothing, all can be chosen
        return [tuple(values)]
    assert values, f"nothing to choose for {variable['name']} where {before}"
    return [tuple(values)] if variable["multi"] else values


def options_of(variable: Mapping[str, Any], before: Choice, source: Source, span: Span) -> list[str]:
    """Asked of the data source; each once, in the order of what Grafana's list shows."""
    if variable["type"] == "custom":
        return [option["value"] for option in variable["options"] if option["value"] != ALL]
    assert variable["type"] == "query", variable["type"]
    query = variable["query"]
    text = filled(query["query"] if isinstance(query, dict) else query, before, {}, span)
    found = {_matched(variable.get("regex", ""), each) for each in _asked(text, source, span)}
    return [value for _, value in sorted(pair for pair in found if pair)]


def _asked(query: str, source: Source, span: Span) -> list[str]:
    """What a variable's query gives, before its regular expression."""
    if labels := re.fullmatch(r"label_values\((?:(.+),\s*)?(\w+)\)", query, re.DOTALL):
        selector, label = labels[1] or '{__name__=~".+"}', labels[2]
        return [series[label] for series in source.series(selector, span.begin, span.end) if label in series]
    inner = re.fullmatch(r"query_result\((.+)\)", query, re.DOTALL)
    assert inner, f"a query for values that this test knows nothing of: {query}"
    return [_as_text(series) for series in source.instant(inner[1], span.end)]


def _as_text(series: Series) -> str:
    """As query_result has it: name{a="b",…} value time in milliseconds."""
    labels = ",".join(f'{name}="{value}"' for name, value in sorted(series.labels.items()) if name != "__name__")
    ((at, value),) = series.points
    return f"{series.labels.get('__name__', '')}{{{labels}}} {value:g} {at * 1000:.0f}"


def _matched(regex: str, text: str) -> tuple[str, str] | None:
    """What is shown and what it stands for: the groups `text` and `value`, else the first, else all of it."""
    if not regex:
        return text, text
    body, _, flags = regex.removeprefix("/").rpartition("/") if regex.startswith("/") else (regex, "", "")
    found = re.search(body.replace("(?<", "(?P<"), text, re.IGNORECASE if "i" in flags else 0)
    if found is None:
        return None
    named = found.groupdict()
    value = named.get("value") or named.get("text") or (found[1] if found.re.groups else found[0])
    return named.get("text") or value, value


def filled(query: str, choice: Choice, several: Mapping[str, str | None], span: Span) -> str:
    """The query with every variable filled in as Grafana's Prometheus data source does it.

    `several` names the variables of which many can be chosen, each with what stands for all of them, or None.
    """
    built_in = span.built_in()

    def value(found: re.Match[str]) -> str:
        name = found[1] or found[3] or found[4]
        if name in built_in:
            return built_in[name]
        if name.isdigit():  # of label_replace; Grafana leaves what it does not know as it is
            return found[0]
        return _written(choice[name], name in several, several.get(name))

    return VARIABLE.sub(value, query)


def _written(value: str | tuple[str, ...], many: bool, every: str | None) -> str:  # noqa: FBT001 - a fact, not a mode
    if not many:
        assert isinstance(value, str)
        return value.replace("\\", "\\\\\\\\").replace("'", "\\\\'")
    if every is not None:  # all are chosen
        return every
    escaped = [re.sub(r"([\\^$.|?*+(){}\[\]])", r"\\\\\1", each) for each in value]
    return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"


def several_of(dashboard: Dashboard) -> dict[str, str | None]:
    return {each["name"]: each.get("allValue") for each in dashboard.variables if each["multi"]}
