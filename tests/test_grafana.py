"""Dashboards and Prometheus's configuration: that they ask for what there is, and show what they should."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
DASHBOARDS = sorted((ROOT / "grafana" / "dashboards").glob("*.json"))
GOLDEN = (ROOT / "tests" / "monitor" / "golden" / "metrics.txt").read_text(encoding="utf-8")
THERE = set(re.findall(r"^# TYPE (\S+) ", GOLDEN, re.MULTILINE))
MISUNDERSTOOD = re.compile(r"err: |parse error|many-to-many|found duplicate series")
NAME = re.compile(r"\b(?:npsp|probe)_[a-z_]+\b")


@pytest.fixture
def promtool():
    path = shutil.which("promtool")
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail("promtool is missing; `make debian-packages` installs it")
        pytest.skip("promtool is not installed; `make debian-packages` installs it")
    return path


def read(dashboard):
    return json.loads(dashboard.read_text(encoding="utf-8"))


def queries(dashboard):
    return [target["expr"] for panel in read(dashboard)["panels"] for target in panel["targets"]]


@pytest.fixture(params=DASHBOARDS, ids=lambda path: path.stem)
def dashboard(request):
    return request.param


def test_there_are_dashboards():
    assert DASHBOARDS


def test_every_query_asks_for_metrics_that_there_are(dashboard):
    for query in queries(dashboard):
        asked = set(NAME.findall(query))
        assert asked
        assert asked <= THERE, query


def test_a_dashboard_keeps_its_address_and_its_source_can_be_chosen(dashboard):
    read_in = read(dashboard)
    assert read_in["uid"].startswith("npsp-")
    assert [each["type"] for each in read_in["templating"]["list"]][:1] == ["datasource"]
    ids = [panel["id"] for panel in read_in["panels"]]
    assert len(set(ids)) == len(ids)
    for panel in read_in["panels"]:
        assert panel["title"]
        assert panel["description"]
        assert panel["fieldConfig"]["defaults"]["unit"]
        assert panel["fieldConfig"]["defaults"]["noValue"]
        sources = [panel["datasource"], *(target["datasource"] for target in panel["targets"])]
        assert {source["uid"] for source in sources} == {"${datasource}"}


def test_no_two_panels_overlap(dashboard):
    taken = {}
    for panel in read(dashboard)["panels"]:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        for cell in ((x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])):
            assert taken.setdefault(cell, panel["id"]) == panel["id"]


def evaluate(promtool, folder, cases):
    """Prometheus's own engine over the golden page's series, held for five minutes; `cases` are (query, samples)."""
    series = [
        {"series": re.sub(r',?[a-z_]+=""', "", name).replace("{,", "{"), "values": f"{value}x5"}
        for name, _, value in (line.rpartition(" ") for line in GOLDEN.splitlines() if not line.startswith("#"))
    ]
    tests = [{"expr": query, "eval_time": "5m", "exp_samples": samples} for query, samples in cases]
    file = folder / "rules.yml"
    file.write_text(
        yaml.safe_dump(
            {
                "evaluation_interval": "1m",
                "tests": [{"interval": "1m", "input_series": series, "promql_expr_test": tests}],
            }
        ),
        encoding="utf-8",
    )
    found = subprocess.run([promtool, "test", "rules", str(file)], capture_output=True, text=True, check=False)
    return found.returncode, found.stdout + found.stderr


def test_the_headline_shows_both_figures_in_one_text(promtool, tmp_path):
    overview = read(ROOT / "grafana" / "dashboards" / "overview.json")
    panels = [panel for panel in overview["panels"] if panel.get("options", {}).get("textMode") == "name"]
    cases = []
    for panel, (integrated, agencies) in zip(panels, (("1", "2"), ("0", "1")), strict=True):
        (target,) = panel["targets"]
        assert target["legendFormat"] == "{{score}}"
        labels = f'{{agencies="{agencies}", integrated="{integrated}", score="{integrated}/{agencies}"}}'
        cases.append((target["expr"], [{"labels": labels, "value": 1}]))
    assert evaluate(promtool, tmp_path, cases) == (0, f"Unit Testing:  {tmp_path / 'rules.yml'}\n  SUCCESS\n\n")


def test_the_table_names_who_is_not_integrated(promtool, tmp_path):
    overview = read(ROOT / "grafana" / "dashboards" / "overview.json")
    who, since = next(panel["targets"] for panel in overview["panels"] if panel["title"] == "Not integrated")
    labels = '{agency="H57", level="province", name="Thừa Thiên Huế", name_en="Thua Thien Hue"}'
    cases = [
        (who["expr"], [{"labels": labels, "value": 1}]),
        (since["expr"], [{"labels": '{agency="H57"}', "value": 1687330800000}]),
    ]
    code, said = evaluate(promtool, tmp_path, cases)
    assert code == 0, said


def test_prometheus_understands_every_query(promtool, tmp_path, dashboard):
    for query in queries(dashboard):
        _, said = evaluate(promtool, tmp_path, [(query, [])])
        assert not MISUNDERSTOOD.search(said), said


def test_a_query_that_prometheus_does_not_understand_would_be_found(promtool, tmp_path):
    for query in ("max(", "npsp_agencies * on () npsp_agency_standing"):
        assert MISUNDERSTOOD.search(evaluate(promtool, tmp_path, [(query, [])])[1])


def test_prometheus_takes_the_example_configuration(promtool):
    file = ROOT / "config" / "prometheus" / "prometheus.yml"
    found = subprocess.run([promtool, "check", "config", str(file)], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr
    assert yaml.safe_load(file.read_text(encoding="utf-8"))["scrape_configs"][0]["job_name"] == "npsp-monitor"


@pytest.mark.parametrize("file", sorted((ROOT / "grafana" / "provisioning").rglob("*.yml")), ids=lambda path: path.name)
def test_provisioning_is_yaml_of_version_1(file):
    assert yaml.safe_load(file.read_text(encoding="utf-8"))["apiVersion"] == 1
