"""Dashboards and Prometheus's configuration: that they ask for what there is, and show what they should."""

import json
import os
import re
import shutil
import subprocess
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
import yaml

ROOT = Path(__file__).parents[1]
DASHBOARDS = sorted((ROOT / "grafana" / "dashboards").glob("*.json"))
GOLDEN = (ROOT / "tests" / "monitor" / "golden" / "metrics.txt").read_text(encoding="utf-8")
OVERVIEW = ROOT / "grafana" / "dashboards" / "overview.json"
# (name, its label="value" pairs) of every series of the page
SERIES = [
    (name, frozenset(re.findall(r'\w+="[^"]*"', labels)))
    for name, labels in re.findall(r"^(\w+)(\{.*\})? \S+$", GOLDEN, re.MULTILINE)
]
NAME = re.compile(r"\b(?:npsp|probe)_[a-z_]+\b")
SCORES = {"province": (62, 63), "ministry": (10, 21)}


def program(name):
    path = shutil.which(name)
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{name} is missing; `make debian-packages` installs it")
        pytest.skip(f"{name} is not installed; `make debian-packages` installs it")
    return path


def read(dashboard):
    return json.loads(dashboard.read_text(encoding="utf-8"))


def panels_of(dashboard):
    """All panels but the headings between them."""
    return [panel for panel in read(dashboard)["panels"] if panel["type"] != "row"]


def queries(dashboard):
    return [target["expr"] for panel in panels_of(dashboard) for target in panel["targets"]]


def _headline():
    page = GOLDEN
    for level, (integrated, agencies) in SCORES.items():
        for name, value in (("npsp_agencies_integrated", integrated), ("npsp_agencies", agencies)):
            page, times = re.subn(rf'(?m)^({name}{{level="{level}"}}) \S+$', rf"\g<1> {value}", page)
            assert times == 1
    return page


HEADLINE = _headline()  # the golden page with the scores of June 2023


@pytest.fixture(params=DASHBOARDS, ids=lambda path: path.stem)
def dashboard(request):
    return request.param


def test_there_are_dashboards():
    assert DASHBOARDS


def test_every_query_asks_for_metrics_that_there_are(dashboard):
    for query in queries(dashboard):
        asked_for = set(NAME.findall(query))
        assert asked_for
        assert asked_for <= {name for name, _ in SERIES}, query


def test_every_query_asks_for_labels_that_there_are(dashboard):
    for query in queries(dashboard):
        for name, matchers in re.findall(r"\b(\w+)\{([^}]*)\}", query):
            for pair in matchers.split(","):
                assert any(pair in labels for each, labels in SERIES if each == name), (name, pair)
        made = set(re.findall(r'(?:count_values\(|\), )"(\w+)"', query))
        there = {pair.partition("=")[0] for name, labels in SERIES if name in query for pair in labels}
        for names in re.findall(r"\b(?:by|on|group_left) \(([^)]*)\)", query):
            assert {name for name in re.split(r",\s*", names) if name} <= there | made, query


def test_a_dashboard_keeps_its_address_and_its_source_can_be_chosen(dashboard):
    read_in = read(dashboard)
    assert read_in["uid"].startswith("npsp-")
    assert [each["type"] for each in read_in["templating"]["list"]][:1] == ["datasource"]
    ids = [panel["id"] for panel in read_in["panels"]]
    assert len(set(ids)) == len(ids)
    for panel in panels_of(dashboard):
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


@contextmanager
def served(text):
    """The text at /metrics of an address on loopback."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self):
            body = text.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@contextmanager
def scraping(binary, folder, address):
    """A real Prometheus that scrapes the address every second; gives its URL."""
    job = {"job_name": "npsp-monitor", "static_configs": [{"targets": [address]}]}
    (folder / "prometheus.yml").write_text(
        yaml.safe_dump({"global": {"scrape_interval": "1s"}, "scrape_configs": [job]}), encoding="utf-8"
    )
    command = [binary, "--config.file=prometheus.yml", "--storage.tsdb.path=data", "--web.listen-address=127.0.0.1:0"]
    log = folder / "log"
    with log.open("wb") as said, subprocess.Popen(command, cwd=folder, stderr=said) as running:
        try:
            listening = r'msg="?Listening on"? address=(\S+)'
            base = "http://" + until(lambda: re.search(listening, log.read_text(encoding="utf-8")))[1]
            until(lambda: ready(base))
            yield base
        finally:
            running.terminate()


def ready(base):
    """It listens before it can answer; until then it says 503."""
    try:
        with urlopen(f"{base}/-/ready", timeout=10):
            return True
    except HTTPError:
        return False


def until(get, seconds=30):
    """What `get` gives as soon as it gives something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := get():
            return found
        time.sleep(0.05)
    pytest.fail("it never came")


def asked(base, query):
    """(labels, value) of each series of the answer; an error of Prometheus's own as text."""
    url = f"{base}/api/v1/query?{urlencode({'query': query})}"
    try:
        with urlopen(url, timeout=10) as answer:
            result = json.load(answer)["data"]["result"]
    except HTTPError as error:
        return json.load(error)["error"]
    return [(series["metric"], float(series["value"][1])) for series in result]


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    """`ask(query)`: the answer of a real Prometheus that has scraped the page twice."""
    binary, folder = program("prometheus"), tmp_path_factory.mktemp("prometheus")
    with served(HEADLINE) as address, scraping(binary, folder, address) as base:
        until(lambda: asked(base, "count_over_time(npsp_monitor_online[1m]) >= 2"))
        yield lambda query: asked(base, query.replace("$__rate_interval", "1m"))


def test_the_headline_shows_both_figures_in_one_text(ask):
    panels = [p for p in panels_of(OVERVIEW) if "{{score}}" in (target["legendFormat"] for target in p["targets"])]
    told = []
    for panel in panels:
        (target,) = panel["targets"]
        ((labels, value),) = ask(target["expr"])
        assert value == 1
        assert panel["options"]["textMode"] == "name"
        told.append(target["legendFormat"].replace("{{score}}", labels["score"]))
    assert told == ["62/63", "10/21"]


@pytest.mark.parametrize(
    ("title", "who", "since"),
    [
        (
            "Not integrated",
            {"agency": "H57", "level": "province", "name": "Thừa Thiên Huế", "name_en": "Thua Thien Hue"},
            1687330800000,
        ),
        (
            "Unknown",
            {"agency": "G09", "level": "ministry", "name": "Bộ Nội vụ", "name_en": "Ministry of Home Affairs"},
            1687330740000,  # since the plan was laid: no look has answered it
        ),
    ],
)
def test_a_table_names_who_is_meant_and_since_when(ask, title, who, since):
    first, second = next(p["targets"] for p in panels_of(OVERVIEW) if (p["type"], p["title"]) == ("table", title))
    assert ask(first["expr"]) == [(who, 1)]
    assert ask(second["expr"]) == [({"agency": who["agency"]}, since)]


def test_every_panel_shows_something_of_a_monitor_that_runs(ask, dashboard):
    for panel in panels_of(dashboard):
        answers = [ask(target["expr"]) for target in panel["targets"]]
        assert [answer for answer in answers if isinstance(answer, str)] == []
        assert any(answers), panel["title"]


def test_a_monitor_that_is_gone_shows_no_figures(ask, dashboard):
    """Nothing that is not there may look like a nought."""
    for query in queries(dashboard):
        assert ask(NAME.sub("no_such_metric", query)) == [], query


def test_a_query_that_prometheus_does_not_understand_would_be_found(ask):
    for query in ("max(", "npsp_agencies * on () npsp_agency_standing"):
        assert isinstance(ask(query), str)


def test_prometheus_takes_the_example_configuration():
    promtool = program("promtool")
    file = ROOT / "config" / "prometheus" / "prometheus.yml"
    found = subprocess.run([promtool, "check", "config", str(file)], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr
    assert yaml.safe_load(file.read_text(encoding="utf-8"))["scrape_configs"][0]["job_name"] == "npsp-monitor"


@pytest.mark.parametrize("file", sorted((ROOT / "grafana" / "provisioning").rglob("*.yml")), ids=lambda path: path.name)
def test_provisioning_is_yaml_of_version_1(file):
    assert yaml.safe_load(file.read_text(encoding="utf-8"))["apiVersion"] == 1
