"""One dashboard of the source as Grafana's JSON: the frame round the panels."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from catalogue import LANGUAGES
from layout import WIDTH, below, flowed
from mistake import Mistake, pick
from panels import dashboard_link, panel, row
from pen import SOURCE, Pen
from source import Dashboard, Panel, Row, Variable

ZONE = "Asia/Ho_Chi_Minh"
MONITOR = "http://127.0.0.1:9884"  # where the monitor listens unless told otherwise


def uid_of(name: str, language: str) -> str:
    return f"npsp-{name}-{language}"


def dashboard(pen: Pen, name: str, held: Dashboard) -> dict[str, Any]:
    return {
        "uid": uid_of(name, pen.language),
        "title": pen.text(f"{name}.title"),
        "description": pen.text(f"{name}.about"),
        "tags": ["npsp", f"npsp-{pen.language}"],
        "schemaVersion": 37,
        "version": 1,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "1m",
        "timezone": ZONE,
        "time": {"from": held.time, "to": "now"},
        "timepicker": {},
        "fiscalYearStartMonth": 0,
        "weekStart": "monday",
        "annotations": {"list": []},
        "links": list(_links(pen, name, held)),
        "templating": {"list": list(_variables(pen, held.variables))},
        "panels": list(_panels(pen, name, held.rows)),
    }


def _links(pen: Pen, name: str, held: Dashboard) -> Iterator[dict[str, Any]]:
    """To the other dashboards of this language, to this one in the other, and what else it names."""
    along = {"icon": "dashboard", "keepTime": True, "includeVars": True}
    for other in pen.presets.order:
        if other != name:
            yield dashboard_link(pen.text(f"{other}.short"), f"/d/{uid_of(other, pen.language)}", **along)
    (language,) = (each for each in LANGUAGES if each != pen.language)
    yield dashboard_link(pen.text("link.other_language"), f"/d/{uid_of(name, language)}", **along)
    for more in held.links:
        link, title, url = pen.link(more)
        yield dashboard_link(title, url, targetBlank=link.blank)


def _panels(pen: Pen, name: str, rows: Iterable[Row]) -> Iterator[dict[str, Any]]:
    top = 0
    for each in (Row(shared=("banner",)), *rows):
        if each.heading:
            yield row(pen, each.heading, {"x": 0, "y": top, "w": WIDTH, "h": 1})
            top += 1
        held = [*(_shared(pen, one) for one in each.shared), *((one, f"{name}.{one.name}") for one in each.panels)]
        places = list(_placed([one for one, _ in held], top))
        for (one, words), place in zip(held, places, strict=True):
            yield _panel(pen, one, words, place)
        top = below(places, top)


def _shared(pen: Pen, name: str) -> tuple[Panel, str]:
    """The panel and the prefix of its texts."""
    return pick({one.name: one for one in pen.presets.shared}, name, "shared panel"), f"shared.{name}"


def _placed(panels: list[Panel], top: int) -> Iterator[dict[str, int]]:
    try:
        yield from flowed((held.size for held in panels), top)
    except Mistake as mistake:
        raise mistake.at(" or ".join(held.name for held in panels)) from mistake


def _panel(pen: Pen, held: Panel, words: str, place: dict[str, int]) -> dict[str, Any]:
    try:
        return panel(pen, held, words, place)
    except Mistake as mistake:
        raise mistake.at(held.name) from mistake


def _variables(pen: Pen, held: Iterable[Variable]) -> Iterator[dict[str, Any]]:
    source = {"refresh": 1, "regex": "", "options": [], "current": {"text": "Prometheus", "value": "npsp-prometheus"}}
    yield _variable(pen, "datasource", "datasource", query="prometheus", **source)
    yield from (_chosen(pen, each) for each in held)
    address = {"selected": True, "text": MONITOR, "value": MONITOR}
    yield _variable(pen, "monitor", "textbox", query=MONITOR, options=[address], current=address)


def _variable(pen: Pen, name: str, kind: str, **more: Any) -> dict[str, Any]:
    plain = {"name": name, "type": kind, "label": pen.text(f"variable.{name}"), "hide": 0, "skipUrlSync": False}
    return plain | {"includeAll": False, "multi": False} | more


def _chosen(pen: Pen, each: Variable) -> dict[str, Any]:
    every = {"text": ["All"], "value": ["$__all"]}
    several = {"includeAll": True, "multi": True, "allValue": ".*", "current": every} if each.several else {}
    if each.query is None:
        given = [(value, pen.text(text)) for value, text in each.values.items()]
        options = [{"selected": False, "text": text, "value": value} for value, text in given]
        listed = ", ".join(f"{text} : {value}".replace(",", "\\,") for value, text in given)
        return _variable(pen, each.name, "custom", query=listed, options=options, **several)
    query = {"query": pen.promql(each.query), "refId": "StandardVariableQuery"}
    regex = pen.text(each.regex) if each.regex else ""
    more = {"regex": regex, "refresh": 2, "sort": 1, "options": []}
    return _variable(pen, each.name, "query", datasource=SOURCE, query=query, **more, **several)


def numbers_twice(made: dict[str, Any]) -> list[str]:
    """Titles of panels whose ids fall together: one of them needs another name."""
    times = Counter(each["id"] for each in made["panels"])
    return [each["title"] for each in made["panels"] if times[each["id"]] > 1]
