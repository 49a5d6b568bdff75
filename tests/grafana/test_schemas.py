"""Dashboards have the shape that Grafana's own types describe (schemas/NOTICE says how these were made).

That Grafana loads them is not shown by this: no registry has the server, and none runs here.
"""

import json
from copy import deepcopy
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

ROOT = Path(__file__).parents[2]
DASHBOARDS = sorted((ROOT / "grafana" / "dashboards").glob("*.json"))
SCHEMAS = {
    path.name.removesuffix(".json"): Draft7Validator(json.loads(path.read_text(encoding="utf-8")))
    for path in (Path(__file__).parent / "schemas").glob("*.json")
}


AGENCY = json.loads((ROOT / "grafana" / "dashboards" / "agency.vi.json").read_text(encoding="utf-8"))  # has all kinds


def faults(dashboard):
    """Where the dashboard, a panel, its options or its fields' settings are not as the types say, and how."""
    frame = ("frame", {**dashboard, "panels": []}, "dashboard")
    return faults_of([frame, *(part for panel in dashboard["panels"] for part in parts_of(panel))])


def faults_of(parts):
    return [f"{where}: {error.message}" for where, held, name in parts for error in SCHEMAS[name].iter_errors(held)]


def parts_of(panel):
    where, kind = panel["title"], panel["type"]
    if kind == "row":
        yield where, panel, "row"
        return
    yield where, panel, "panel"
    yield f"{where}: options", panel["options"], f"{kind}.options"
    custom = panel["fieldConfig"]["defaults"]["custom"]
    if f"{kind}.custom" in SCHEMAS:
        yield f"{where}: custom", custom, f"{kind}.custom"
        yield f"{where}: custom of overrides", overridden(panel), f"{kind}.custom"
    else:
        assert custom == {}, where


def overridden(panel):
    """What overrides set of a field's own settings: {"id": "custom.width"} sets width."""
    properties = (each for override in panel["fieldConfig"]["overrides"] for each in override["properties"])
    return {
        each["id"].removeprefix("custom."): each["value"] for each in properties if each["id"].startswith("custom.")
    }


@pytest.mark.parametrize("file", DASHBOARDS, ids=lambda path: path.stem)
def test_a_dashboard_has_the_shape_of_grafanas_types(file):
    assert faults(json.loads(file.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("kind", "spoil"),
    [
        ("stat", lambda panel: panel["options"].update(textMode="both")),
        ("stat", lambda panel: panel["options"].pop("reduceOptions") and panel["options"].update(reduce="last")),
        ("stat", lambda panel: panel["gridPos"].pop("w")),
        ("stat", lambda panel: panel["fieldConfig"]["defaults"].update(noValues="none")),
        ("stat", lambda panel: panel["fieldConfig"]["defaults"]["thresholds"].update(mode="total")),
        ("stat", lambda panel: panel["fieldConfig"]["defaults"]["mappings"].append({"type": "text", "options": {}})),
        ("table", lambda panel: panel["options"].update(cellHeight="tiny")),
        ("table", lambda panel: panel["options"].update(sortBy=[{"name": "Since"}])),
        ("table", lambda panel: panel["fieldConfig"]["defaults"]["custom"]["cellOptions"].update(type="bar")),
        ("table", lambda panel: panel["fieldConfig"]["overrides"][0].pop("matcher")),
        ("table", lambda panel: panel["transformations"][0].pop("id")),
        ("timeseries", lambda panel: panel["fieldConfig"]["defaults"]["custom"].update(drawStyle="dots")),
        ("timeseries", lambda panel: panel["options"]["tooltip"].update(mode="all")),
        ("timeseries", lambda panel: panel["links"].append({"url": "/"})),
        ("state-timeline", lambda panel: panel["options"].update(showValue="sometimes")),
        ("state-timeline", lambda panel: panel["fieldConfig"]["defaults"]["custom"].update(fill=1)),
        ("row", lambda panel: panel.update(collapsed="no")),
    ],
)
def test_a_planted_mistake_in_a_panel_is_found(kind, spoil):
    spoiled = next(panel for panel in AGENCY["panels"] if panel["type"] == kind)
    assert faults_of(parts_of(spoiled)) == []
    spoiled = deepcopy(spoiled)
    spoil(spoiled)

    assert faults_of(parts_of(spoiled))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda held: held.update(refresh=30),
        lambda held: held["templating"]["list"][0].update(type="source"),
        lambda held: held["templating"]["list"][0].update(hidden=True),
        lambda held: held["links"][0].pop("title"),
        lambda held: held.pop("schemaVersion") and held.update(schema=37),
    ],
)
def test_a_planted_mistake_in_the_frame_is_found(spoil):
    spoiled = json.loads(DASHBOARDS[0].read_text(encoding="utf-8"))
    spoil(spoiled)

    assert faults(spoiled)
