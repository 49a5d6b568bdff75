"""Rules and runbooks: that they fire when they should, say it in both languages, and name only what there is."""

import os
import re
import shutil
import subprocess
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml

from probes import Reason

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "config" / "prometheus"
RULES = sorted((CONFIG / "rules").glob("*.yml"))
TESTS = sorted((Path(__file__).parent / "rules").glob("*.yml"))
RUNBOOKS = sorted((ROOT / "docs" / "runbooks").glob("Npsp*.md"))
INDEX = ROOT / "docs" / "runbooks" / "README.md"
GOLDEN = ROOT / "tests" / "monitor" / "golden" / "metrics.txt"

# Prometheus's own, with the labels that it gives them; no page of the monitor has them.
OWN = {
    "up": {"job", "instance"},
    "ALERTS": {"alertname", "alertstate", "severity", "level", "condition", "incident"},
}
TARGET = {"job", "instance"}  # that every series of a target has once it is scraped
SEVERITIES = {"critical", "warning", "info", "none"}
LEVELS = {"province", "ministry", "national", "monitor"}
TEXTS = ("summary", "description")
LINKS = ("runbook_url", "dashboard_url", "dashboard_url_en")

METRIC = re.compile(r"(?<![\w:])(?:npsp|probe|scrape)_[a-z0-9_]+(?![\w:])")
RECORDED = re.compile(r"(?<![\w:])[a-z_]+:[a-z0-9_]+:[a-z0-9_]+")
SELECTOR = re.compile(r"([A-Za-z_][\w:]*)\{([^{}]*)\}")
GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^()]*)\)")
MADE = re.compile(r'label_replace\(.*?, "(\w+)", "[^"]*", "\w+", "[^"]*"\s*\)', re.DOTALL)
REASONS = re.compile(r'reason[=!]~?"([^"]+)"')


def program(name):
    path = shutil.which(name)
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{name} is missing; `make debian-packages` installs it")
        pytest.skip(f"{name} is not installed; `make debian-packages` installs it")
    return path


def run(*command):
    # promtool is in want of time, not of memory.
    environ = os.environ | {"GOGC": "400"}
    found = subprocess.run(command, capture_output=True, text=True, check=False, env=environ)
    assert found.returncode == 0, found.stdout + found.stderr


def read(file):
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def rules() -> Iterator[dict]:
    for file in RULES:
        for group in read(file)["groups"]:
            yield from group["rules"]


def name_of(rule):
    """An alert with the labels that its rule fixes: some alerts have several rules."""
    fixed = {name: value for name, value in rule.get("labels", {}).items() if "{{" not in value}
    return rule["alert"], tuple(sorted(fixed.items()))


ALERTS = [rule for rule in rules() if "alert" in rule]
NAMES = list(dict.fromkeys(rule["alert"] for rule in ALERTS))


@cache
def exported() -> dict[str, frozenset[str]]:
    """Metric -> its labels, from the page that the monitor is held to."""
    page = GOLDEN.read_text(encoding="utf-8")
    labels = {name: frozenset[str]() for name in re.findall(r"^# TYPE (\w+) ", page, re.MULTILINE)}
    for name, pairs in re.findall(r"^(\w+)(\{.*\})? \S+$", page, re.MULTILINE):
        labels[name] = labels.get(name, frozenset()) | frozenset(re.findall(r'(\w+)="', pairs))
    return labels


@cache
def recorded() -> dict[str, list[dict]]:
    """Recorded series -> the rules that make it. They are of these files and on no page of the monitor."""
    found: dict[str, list[dict]] = {}
    for rule in rules():
        if "record" in rule:
            found.setdefault(rule["record"], []).append(rule)
    return found


@cache
def labels_of(name: str) -> frozenset[str]:
    if name in OWN:
        return frozenset(OWN[name])
    if name in exported():
        return exported()[name] | TARGET
    assert name in recorded(), f"there is no {name}"
    given = (frozenset(rule.get("labels", {})) | labels_in(rule["expr"], but=name) for rule in recorded()[name])
    return frozenset[str]().union(*given)


def series_in(expr: str) -> set[str]:
    bare = re.sub(r'"(?:[^"\\]|\\.)*"', '""', expr)
    own = {name for name in OWN if re.search(rf"(?<![\w:]){name}(?![\w:])", bare)}
    return {*METRIC.findall(bare), *RECORDED.findall(bare), *own}


def labels_in(expr: str, but: str = "") -> frozenset[str]:
    """All labels that series of the expression may have; `but` is the series it makes, which some remember."""
    return frozenset(MADE.findall(expr)).union(*(labels_of(name) for name in series_in(expr) - {but}))


def check(expr: str) -> None:
    """Every series is there, with every label that it is asked for."""
    there = labels_in(expr)
    for name, matchers in SELECTOR.findall(expr):
        for label in re.findall(r'(\w+)\s*[=!]~?\s*(?:"|%q|\\")', matchers):
            assert label in labels_of(name), f"{name} has no label {label}"
    for names in GROUPING.findall(expr):
        for label in filter(None, re.split(r"[,\s]+", names)):
            assert label in there, f"no series of {expr} has a label {label}"
    for words in REASONS.findall(expr):
        assert set(words.split("|")) <= {*Reason, "document", "no_evidence"}, words


def queries_of(text: str) -> list[str]:
    """The queries of a template."""
    written = re.findall(r'printf "((?:[^"\\]|\\.)*)"', text)
    return [query.replace('\\"', '"') for query in written]


# ---- what there is


@pytest.mark.parametrize("rule", list(rules()), ids=lambda rule: rule.get("alert") or rule["record"])
def test_a_rule_names_only_metrics_and_labels_that_there_are(rule):
    check(rule["expr"])
    for text in (*rule.get("annotations", {}).values(), *rule.get("labels", {}).values()):
        asked = frozenset[str]()
        for query in queries_of(text):
            check(query)
            asked |= labels_in(query)
        assert set(re.findall(r"\$labels\.(\w+)", text)) <= labels_in(rule["expr"])
        assert set(re.findall(r'\| label "(\w+)"', text)) <= asked


@pytest.mark.parametrize("page", [*RUNBOOKS, INDEX], ids=lambda page: page.stem)
def test_a_runbook_names_only_metrics_and_labels_that_there_are(page):
    text = page.read_text(encoding="utf-8")
    for query in re.findall(r"```promql\n(.*?)```", text, re.DOTALL):
        assert series_in(query), query
        check(query)
    for span in re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text):
        check(span)


def test_a_name_or_label_that_is_not_there_would_be_found():
    for wrong in (
        "npsp_no_such_metric",
        'npsp_agencies{agency="H26"}',
        "sum by (agency) (npsp_agencies)",
        "level:npsp_agencies:median",
        'npsp_agency_reason{reason="bad_luck"}',
    ):
        with pytest.raises(AssertionError):
            check(wrong)


def test_queries_of_runbooks_are_promql(tmp_path):
    promtool = program("promtool")
    queries = [
        query
        for page in RUNBOOKS
        for query in re.findall(r"```promql\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    ]
    made = [{"record": f"runbook:query:{number}", "expr": query} for number, query in enumerate(queries)]
    file = tmp_path / "rules.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "runbooks", "rules": made}]}), encoding="utf-8")
    run(promtool, "check", "rules", str(file))


# ---- every alert is whole


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: "-".join((rule["alert"], *dict(name_of(rule)[1]).values())))
def test_an_alert_says_what_it_has_to_in_both_languages(rule):
    texts = rule["annotations"]
    assert set(texts) == {*TEXTS, *(f"{text}_vi" for text in TEXTS), *LINKS}
    for text in TEXTS:
        vietnamese, english = texts[f"{text}_vi"], texts[text]
        assert vietnamese.strip() != english.strip()
        assert not re.search(r"[À-ỹ]", re.sub(r"\{\{.*?\}\}", "", english)), "Vietnamese in an English text"
        assert re.search(r"[À-ỹ]", vietnamese), "no Vietnamese in a Vietnamese text"
        assert unicodedata.is_normalized("NFC", vietnamese)
    assert texts["runbook_url"] == "{{ $externalLabels.monitor_url }}/runbooks/" + rule["alert"]
    assert re.match(r"\{\{ \$externalLabels.grafana_url \}\}/d/npsp-\w+-vi\b", texts["dashboard_url"])
    assert texts["dashboard_url_en"] == re.sub(r"(/d/npsp-\w+)-vi\b", r"\1-en", texts["dashboard_url"])


def test_every_alert_has_its_page_and_every_page_its_alert():
    assert {page.stem for page in RUNBOOKS} == set(NAMES)
    listed = re.findall(r"^\| \[(\w+)\]\((\w+)\.md\)", INDEX.read_text(encoding="utf-8"), re.MULTILINE)
    assert listed == [(name, name) for name in NAMES]


@pytest.mark.parametrize("page", RUNBOOKS, ids=lambda page: page.stem)
def test_a_page_says_what_somebody_who_is_woken_needs(page):
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"# {page.stem}\n\n**")
    assert unicodedata.is_normalized("NFC", text)
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == [
        "What it means for citizens",
        "How to see it",
        "Likely causes, in this order",
        "What to do",
        "Whom to call",
    ]
    links = re.findall(r"\]\(([^)]*)\)", text)
    assert all((page.parent / link).exists() for link in links)
    for reason in re.findall(r"^\| (`.*?) \|", text, re.MULTILINE):
        if page.stem == "NpspAgencyLost":
            assert set(re.findall(r"`(\w+)`", reason)) <= {*Reason, "document"}


# ---- every alert is tested


@cache
def expectations() -> list[dict]:
    return [one for file in TESTS for test in read(file)["tests"] for one in test.get("alert_rule_test", ())]


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: "-".join((rule["alert"], *dict(name_of(rule)[1]).values())))
def test_every_rule_of_an_alert_is_seen_to_fire(rule):
    alert, fixed = name_of(rule)
    fired = [each["exp_labels"] for one in expectations() if one["alertname"] == alert for each in one["exp_alerts"]]
    assert any(set(fixed) <= set(labels.items()) for labels in fired), "no test in which it fires"


@pytest.mark.parametrize("alert", NAMES)
def test_every_alert_is_seen_not_to_fire(alert):
    if alert == "NpspWatchdog":
        return  # it always fires: that is what it is for
    assert any(one["alertname"] == alert and not one["exp_alerts"] for one in expectations())


def test_every_alert_that_fires_has_a_severity_and_a_level():
    for one in expectations():
        for each in one["exp_alerts"]:
            assert each["exp_labels"]["severity"] in SEVERITIES
            assert each["exp_labels"]["level"] in LEVELS
            assert not {"instance", "job"} & set(each["exp_labels"]) or each["exp_labels"]["level"] == "monitor"
            assert all(unicodedata.is_normalized("NFC", text) for text in each["exp_annotations"].values())


# ---- what Prometheus and vmalert say


@pytest.mark.parametrize("file", TESTS, ids=lambda file: file.stem)
def test_alerts_fire_and_do_not_fire_as_written_in(file):
    run(program("promtool"), "test", "rules", str(file))


@pytest.mark.parametrize("file", ["prometheus.yml", "http-sd.yml"])
def test_prometheus_takes_the_configuration(file):
    run(program("promtool"), "check", "config", str(CONFIG / file))


def test_prometheus_finds_no_fault_in_the_rules():
    run(program("promtool"), "check", "rules", "--lint=all", "--lint-fatal", *map(str, RULES))


def test_vmalert_takes_the_rules():
    run(program("vmalert"), f"-rule={CONFIG}/rules/*.yml", "-dryRun")


def test_links_come_from_one_place_and_are_no_labels_of_alerts():
    config = read(CONFIG / "prometheus.yml")
    assert config["global"]["external_labels"].keys() == {"monitor_url", "grafana_url"}
    assert config["alerting"]["alert_relabel_configs"] == [{"action": "labeldrop", "regex": "monitor_url|grafana_url"}]
    assert config["scrape_configs"][0]["job_name"] == "npsp-monitor"
    assert config["rule_files"] == ["rules/*.yml"]
