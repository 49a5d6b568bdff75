"""The dashboards as files: that they ask for what there is, say what they mean, and lead where something is."""

import json
import re
from functools import cache
from pathlib import Path
from unicodedata import is_normalized
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "grafana" / "dashboards"
NAMES = ("overview", "agencies", "agency", "exchange", "monitor")
FILES = [FOLDER / f"{name}.{language}.json" for name in NAMES for language in ("vi", "en")]
GOLDEN = (ROOT / "tests" / "monitor" / "golden" / "metrics.txt").read_text(encoding="utf-8")
ALERTS = ROOT / "config" / "prometheus" / "rules" / "npsp-alerts.yml"
OWN = {
    # Prometheus records these of every scrape, with the labels of the target.
    "up": {"job"},
    "scrape_duration_seconds": {"job"},
    "scrape_samples_scraped": {"job"},
    # Every Python program shows these of its process; the golden page leaves them out because they never stand still.
    "process_resident_memory_bytes": {"job"},
    "process_cpu_seconds_total": {"job"},
    "process_start_time_seconds": {"job"},
}
METRIC = re.compile(r"\b(?:(?:npsp|probe|process|scrape)_[a-z_]+|up)\b")
OKABE_ITO = {"#0072B2", "#E69F00", "#D55E00", "#F0E442", "#56B4E9", "#009E73", "#CC79A7"}
NEUTRAL = {"text", "#8E8E8E"}


def labels_of(page):
    """metric → label → its values."""
    found: dict[str, dict[str, set[str]]] = {}
    for name, labels in re.findall(r"^(\w+)(\{.*\})? \S+$", page, re.MULTILINE):
        of = found.setdefault(name, {})
        for label, value in re.findall(r'(\w+)="([^"]*)"', labels):
            of.setdefault(label, set()).add(value)
    return found


SERIES = labels_of(GOLDEN)


@cache
def read(file):
    return json.loads(file.read_text(encoding="utf-8"))


def panels_of(file):
    """All panels but the headings between them."""
    return [panel for panel in read(file)["panels"] if panel["type"] != "row"]


def queries(file):
    """Those of panels and those that fill variables."""
    asked = [target["expr"] for panel in panels_of(file) for target in panel["targets"]]
    filled = [each["query"]["query"] for each in read(file)["templating"]["list"] if each["type"] == "query"]
    return [*asked, *(re.sub(r"^query_result\((.*)\)$|^label_values\((.*), \w+\)$", r"\1\2", each) for each in filled)]


def metrics_in(query):
    return set(METRIC.findall(re.sub(r'\{[^}]*\}|"[^"]*"', "", query)))


def texts(held):
    """Every string of a JSON value."""
    if isinstance(held, str):
        yield held
    elif isinstance(held, dict | list):
        for each in held.values() if isinstance(held, dict) else held:
            yield from texts(each)


@pytest.fixture(params=FILES, ids=lambda path: path.name)
def file(request):
    return request.param


def test_there_are_five_dashboards_in_two_languages():
    assert sorted(FOLDER.iterdir()) == sorted(FILES)


def test_a_dashboard_keeps_its_address(file):
    assert read(file)["uid"] == f"npsp-{file.name.removesuffix('.json').replace('.', '-')}"


def test_no_two_dashboards_of_the_folder_have_the_same_title():
    """Grafana up to 10 refuses that."""
    assert len({read(file)["title"] for file in FILES}) == len(FILES)


def test_every_query_asks_for_metrics_that_there_are(file):
    for query in queries(file):
        asked_for = metrics_in(query)
        assert asked_for, query
        assert asked_for <= {*SERIES, *OWN}, query


def test_every_matcher_asks_for_a_label_that_the_metric_has_and_a_value_that_is_there(file):
    for query in queries(file):
        for name, matchers in re.findall(r"(\w+)\{([^}]*)\}", query):
            for label, how, value in re.findall(r'(\w+)(=~|!=|!~|=)"([^"]*)"', matchers):
                if name in OWN:
                    assert (label, how, value) == ("job", "=", "npsp-monitor")
                    continue
                assert label in SERIES[name], (name, label)
                if how == "=" and "$" not in value:
                    assert value in SERIES[name][label], (name, label, value)


def test_every_grouping_names_labels_that_its_metrics_have_or_the_query_made(file):
    for query in queries(file):
        there = {label for name in metrics_in(query) if name in SERIES for label in SERIES[name]}
        for names in re.findall(r"\b(?:by|on|group_left) \(([^)]*)\)", query):
            assert {name for name in re.split(r",\s*", names) if name} <= there | made_in(query), query


def made_in(query):
    """Labels that count_values, label_replace and label_join make; of the latter two a text with "$1" or "/" follows."""
    counted = re.findall(r'count_values(?: by \(\w+\) )?\("(\w+)"', query)
    return {*counted, *re.findall(r'"(\w+)", (?:"\$1"|"/")', query)}


def test_every_rate_is_taken_over_the_interval_that_grafana_knows_to_be_long_enough(file):
    for query in queries(file):
        for span in re.findall(r"\b(?:rate|increase|irate)\([^\[]*\[([^\]]*)\]", query):
            assert span == "$__rate_interval", query


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_ask_the_same_and_look_the_same(name):
    vi, en = (
        [
            (panel["id"], panel["type"], panel["gridPos"], [target["expr"] for target in panel.get("targets", [])])
            for panel in read(FOLDER / f"{name}.{language}.json")["panels"]
        ]
        for language in ("vi", "en")
    )

    assert vi == en


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_differ_in_every_title_and_description(name):
    vi, en = (read(FOLDER / f"{name}.{language}.json") for language in ("vi", "en"))
    for one, other in zip([vi, *vi["panels"]], [en, *en["panels"]], strict=True):
        assert one["title"] != other["title"]
        assert one.get("description") != other.get("description") or one.get("type") == "row"


def test_all_text_is_in_unicodes_composed_form(file):
    assert all(is_normalized("NFC", text) for text in texts(read(file)))


def test_every_panel_has_title_description_unit_and_a_text_for_no_data(file):
    for panel in panels_of(file):
        defaults = panel["fieldConfig"]["defaults"]
        assert all((panel["title"], panel["description"], defaults["unit"], defaults["noValue"])), panel["title"]
        assert not re.fullmatch(r"[\d\s.,%-]*", defaults["noValue"]), "no data looks like a figure"


def test_null_is_a_grey_text_and_in_a_timeline_nothing(file):
    """A state timeline draws a null that is mapped: there, nothing known has to stay empty.

    Not `null+nan`: some versions of Grafana take every word for that, since none is a number.
    """
    for panel in panels_of(file):
        shown_by_label = str(panel["options"].get("reduceOptions", {}).get("fields", "")).startswith("/")
        mappings = panel["fieldConfig"]["defaults"]["mappings"]
        of_null = [each["options"] for each in mappings if each["type"] == "special"]
        if panel["type"] in ("stat", "table") and not shown_by_label:
            ((match, result),) = ((each["match"], each["result"]) for each in of_null)
            assert (match, result["color"]) == ("null", "#8E8E8E")
            assert result["text"] == panel["fieldConfig"]["defaults"]["noValue"], "the mapping hides the other"
        else:
            assert of_null == []


def test_a_label_that_is_not_there_is_a_dash_and_not_the_text_of_a_table_without_rows(file):
    for panel in panels_of(file):
        if panel["type"] == "table":
            properties = [
                {p["id"]: p["value"] for p in each["properties"]} for each in panel["fieldConfig"]["overrides"]
            ]
            assert {each["noValue"] for each in properties} == {"–"}


def test_a_timeline_shows_the_texts_of_its_mapping_and_not_its_thresholds(file):
    for panel in panels_of(file):
        if panel["type"] == "state-timeline":
            assert panel["fieldConfig"]["defaults"]["color"]["mode"] != "thresholds"
            assert panel["fieldConfig"]["defaults"]["mappings"]


def test_colours_can_be_told_apart_by_the_colour_blind_and_none_speaks_without_a_text(file):
    colours = {text for text in texts(read(file)) if re.fullmatch(r"#[0-9A-Fa-f]{6}", text)}
    assert colours <= OKABE_ITO | NEUTRAL
    for each in mapped(read(file)):
        assert each["text"]


def mapped(held):
    """Every result of a value mapping."""
    if isinstance(held, dict) and held.get("type") == "value" and "options" in held:
        yield from held["options"].values()
    elif isinstance(held, dict | list):
        for each in held.values() if isinstance(held, dict) else held:
            yield from mapped(each)


def test_the_source_can_be_chosen_and_every_panel_asks_it(file):
    first = read(file)["templating"]["list"][0]
    assert (first["name"], first["type"], first["current"]["value"]) == ("datasource", "datasource", "npsp-prometheus")
    for panel in panels_of(file):
        sources = [panel["datasource"], *(target["datasource"] for target in panel["targets"])]
        assert {source["uid"] for source in sources} == {"${datasource}"}


def test_every_variable_that_is_used_is_there(file):
    known = {each["name"] for each in read(file)["templating"]["list"]}
    for text in texts(read(file)):
        used = {a or b for a, b in re.findall(r"\$(?:\{([a-z]+)\}|([a-z]+)\b)", text)}
        assert used <= known, text


def test_it_says_at_the_top_whether_the_data_is_synthetic(file):
    top = min(panels_of(file), key=lambda panel: panel["gridPos"]["y"])
    assert "npsp_monitor_synthetic == 1" in top["targets"][0]["expr"]
    assert "synthetic" in top["fieldConfig"]["defaults"]["mappings"][0]["options"]["1"]["text"].lower()


def test_no_two_panels_overlap_or_have_the_same_id(file):
    taken = {}
    panels = read(file)["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in panels:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        for cell in ((x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])):
            assert taken.setdefault(cell, panel["id"]) == panel["id"]


def test_it_is_shown_in_the_time_of_viet_nam_and_not_changed_by_hand(file):
    held = read(file)
    assert (held["timezone"], held["editable"]) == ("Asia/Ho_Chi_Minh", False)
    assert 37 <= held["schemaVersion"] <= 39


def links(file):
    """Every address of the dashboard."""
    found = re.findall(r'"url": "([^"]*)"', file.read_text(encoding="utf-8"))
    assert found
    return found


def test_links_lead_to_dashboards_that_there_are_and_variables_that_they_have(file):
    there = {read(each)["uid"]: {one["name"] for one in read(each)["templating"]["list"]} for each in FILES}
    for url in links(file):
        if url.startswith("/d/"):
            leads = urlsplit(url.replace("${__url_time_range}", ""))
            assert {name.removeprefix("var-") for name in parse_qs(leads.query)} <= there[
                leads.path.removeprefix("/d/")
            ]


def test_every_dashboard_leads_to_the_others_and_to_itself_in_the_other_language(file):
    name, language, _ = file.name.split(".")
    other = {"vi": "en", "en": "vi"}[language]
    wanted = {f"/d/npsp-{each}-{language}" for each in NAMES if each != name} | {f"/d/npsp-{name}-{other}"}
    along = [each for each in read(file)["links"] if each["url"].startswith("/d/")]

    assert {each["url"] for each in along} == wanted
    assert all(each["keepTime"] and each["includeVars"] for each in along)


def test_all_other_links_lead_to_pages_of_the_monitor(file):
    pages = re.compile(r"\$\{monitor\}/(|agency/\$\{agency\}|runbooks/Npsp\w+)")
    for url in links(file):
        assert url.startswith("/d/npsp-") or pages.fullmatch(url), url


@pytest.mark.skipif(not ALERTS.exists(), reason="the alert rules are not there yet")
def test_every_runbook_that_a_panel_leads_to_is_one_of_an_alert():
    groups = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"]
    alerts = {rule["alert"] for group in groups for rule in group["rules"]}
    led_to = {name for file in FILES for url in links(file) for name in re.findall(r"/runbooks/(\w+)", url)}

    assert led_to == alerts, "and every alert has a panel that shows what it is about"


def test_no_agency_is_named_so_that_any_roster_will_do(file):
    text = file.read_text(encoding="utf-8")
    for roster in ("provinces", "ministries", "national"):
        held = yaml.safe_load((ROOT / "config" / "agencies" / f"{roster}.yaml").read_text(encoding="utf-8"))
        names = {name for agency in held.values() for name in (agency["name"], agency["name_en"])}
        assert [name for name in names if f'"{name}"' in text] == []


def test_provisioning_puts_the_dashboards_in_one_folder_and_nobody_changes_them_there():
    file = ROOT / "grafana" / "provisioning" / "dashboards" / "npsp.yml"
    held = yaml.safe_load(file.read_text(encoding="utf-8"))
    (provider,) = held["providers"]
    assert (held["apiVersion"], provider["type"], provider["folder"]) == (1, "file", "NPSP")
    assert provider["allowUiUpdates"] is False


def test_provisioning_gives_the_source_the_uid_that_dashboards_hold_on_to():
    file = ROOT / "grafana" / "provisioning" / "datasources" / "prometheus.yml"
    held = yaml.safe_load(file.read_text(encoding="utf-8"))
    (source,) = held["datasources"]
    assert (held["apiVersion"], source["uid"], source["name"]) == (1, "npsp-prometheus", "Prometheus")
    assert source["type"] == "prometheus"
