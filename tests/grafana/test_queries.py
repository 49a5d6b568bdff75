"""What a real Prometheus answers to the panels' queries after it has scraped the golden page."""

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

ROOT = Path(__file__).parents[2]
NAMES = ("overview", "agencies", "agency", "exchange", "monitor")
DASHBOARDS = {
    name: json.loads((ROOT / "grafana" / "dashboards" / f"{name}.vi.json").read_text(encoding="utf-8"))
    for name in NAMES
}  # one language: that both ask the same is a test of test_dashboards.py
GOLDEN = (ROOT / "tests" / "monitor" / "golden" / "metrics.txt").read_text(encoding="utf-8")
WORDS = yaml.safe_load((ROOT / ".ci" / "grafana" / "words.yaml").read_text(encoding="utf-8"))
SCORES = {"province": (62, 63), "ministry": (10, 21)}
MORE = """
npsp_incident_since_timestamp_seconds{incident="national/CSDL",sharing="national"} 1.687331e+09
npsp_check_state{agency="H26",check="hand_over",level="province",state="ok"} 1
process_resident_memory_bytes 1e+08
process_cpu_seconds_total 12
"""  # what the golden page has not: an incident that nobody is in, a check, what stands still in no page
METRIC = re.compile(r"\b(?:npsp|probe|process|scrape)_[a-z_]+\b(?!\")|\bup\b")
CHOSEN = {"agency": "H57", "level": ".*", "platform": ".*", "answer": ".*", "check": ".*", "__rate_interval": "1m"}


def program(name):
    path = shutil.which(name)
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{name} is missing; `make debian-packages` installs it")
        pytest.skip(f"{name} is not installed; `make debian-packages` installs it")
    return path


def _page():
    page = GOLDEN
    for level, (integrated, agencies) in SCORES.items():
        for name, value in (("npsp_agencies_integrated", integrated), ("npsp_agencies", agencies)):
            page, times = re.subn(rf'(?m)^({name}{{level="{level}"}}) \S+$', rf"\g<1> {value}", page)
            assert times == 1
    return page + MORE.lstrip()


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
        yield server.server_port
        server.shutdown()
        thread.join()


@contextmanager
def scraping(binary, folder, *targets):
    """A real Prometheus that scrapes the addresses every second; gives its URL."""
    job = {"job_name": "npsp-monitor", "static_configs": [{"targets": list(targets)}]}
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
        with urlopen(f"{base}/-/ready", timeout=60):
            return True
    except HTTPError:
        return False


def until(get, seconds=90):
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
        with urlopen(url, timeout=60) as answer:
            result = json.load(answer)["data"]["result"]
    except HTTPError as error:
        return json.load(error)["error"]
    return [(series["metric"], float(series["value"][1])) for series in result]


def filled(query, **chosen):
    """The query as Grafana sends it."""
    for name, value in (CHOSEN | chosen).items():
        query = re.sub(rf"\${name}\b", value, query)
    assert "$" not in query.replace('"$1"', "")
    return query


@pytest.fixture(scope="module")
def bases(tmp_path_factory):
    """Two Prometheus: one has scraped the page under one address, the other the same page under two."""
    binary = program("prometheus")
    one, two = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("two")
    with served(_page()) as port:
        address, again = f"127.0.0.1:{port}", f"localhost:{port}"
        with scraping(binary, one, address) as first, scraping(binary, two, address, again) as second:
            for base, targets in ((first, 1), (second, 2)):
                enough = f"count(count_over_time(npsp_monitor_online[1m]) >= 3) == {targets}"
                until(lambda base=base, enough=enough: asked(base, enough))
            yield first, second


@pytest.fixture(scope="module")
def ask(bases):
    """`ask(query, **chosen)`: what the Prometheus with one address answers."""
    return lambda query, **chosen: asked(bases[0], filled(query, **chosen))


def panels(name):
    return [panel for panel in DASHBOARDS[name]["panels"] if panel["type"] != "row"]


EVERY = [
    pytest.param(name, panel, id=f"{name}-{panel['title']}") for name in DASHBOARDS for panel in panels(name)
]  # of each dashboard


def query_of(name, title, kind="table"):
    (target,) = next(panel["targets"] for panel in panels(name) if (panel["title"], panel["type"]) == (title, kind))
    return target["expr"]


def rows(answer, *labels):
    """The rows of a table: these labels of each series, then its value."""
    return sorted((*(series.get(label, "") for label in labels), value) for series, value in answer)


def test_the_headline_shows_both_figures_in_one_text(ask):
    headlines = [panel for panel in panels("overview") if '"shown", "/"' in panel["targets"][0]["expr"]]
    told = []
    for panel in headlines:
        (target,) = panel["targets"]
        ((labels, _),) = ask(target["expr"])
        assert target["format"] == "table"
        assert panel["options"]["reduceOptions"]["fields"] == "/^shown$/"
        told.append(labels["shown"])

    assert told == ["62/63", "10/21"]


def test_a_table_names_who_is_missing_since_when_and_why(ask):
    answer = ask(query_of("overview", "Chưa hợp nhất, kết nối"))

    assert rows(answer, "agency", "level", "name", "name_en", "condition", "check", "reason") == [
        ("H57", "province", "Thừa Thiên Huế", "Thua Thien Hue", "connected", "dossier_sync", "sync_low", 1687330800000),
        (
            "H57",
            "province",
            "Thừa Thiên Huế",
            "Thua Thien Hue",
            "merged",
            "one_door",
            "second_door_open",
            1687330800000,
        ),
    ]


def test_a_table_names_who_is_unknown_since_when_and_why(ask):
    answer = ask(query_of("overview", "Không xác định"))

    assert rows(answer, "agency", "name", "condition", "check", "reason") == [
        ("G09", "Bộ Nội vụ", "connected", "sign_on", "not_visible", 1687330740000)
    ]


def test_declared_and_measured_stand_in_one_row_a_level(ask):
    answer = ask(query_of("overview", "Theo báo cáo và theo kết quả đo"))

    assert rows(answer, "level", "declared", "measured") == [
        ("ministry", "10/21", "10/21", 1687280400000),
        ("province", "62/63", "62/63", 1687280400000),
    ]


def test_an_incident_is_one_row_with_the_number_of_agencies_in_it_also_when_it_is_none(ask):
    answer = ask(query_of("overview", "Sự cố"))

    assert [row[:2] for row in rows(answer, "incident", "agencies")] == [
        ("national/CSDL", ""),
        ("network/94c6699e", "1"),
        ("platform/igate", "1"),
    ]


def test_an_agency_is_one_row_with_all_its_answers(ask):
    answer = ask(query_of("agencies", "Danh sách cơ quan"))

    assert rows(answer, "agency", "name", "integrated", "merged", "connected") == [
        ("G09", "Bộ Nội vụ", "unknown", "yes", "unknown", 1687330740000),
        ("H26", "Hà Nội", "yes", "yes", "yes", 1687330800000),
        ("H57", "Thừa Thiên Huế", "no", "no", "no", 1687330800000),
    ]


@pytest.mark.parametrize(
    ("chosen", "left"),
    [
        ({"answer": "(no|unknown)"}, ["G09", "H57"]),
        ({"level": "province"}, ["H26", "H57"]),
        ({"level": "ministry", "answer": "yes"}, []),
        ({"platform": "igate"}, []),
    ],
)
def test_what_is_chosen_above_the_dashboard_is_what_is_left(ask, chosen, left):
    for panel in panels("agencies")[1:]:
        (target,) = panel["targets"]
        assert [row[0] for row in rows(ask(target["expr"], **chosen), "agency")] == left, panel["title"]


def test_an_answer_is_told_by_a_figure_of_its_own(ask):
    answer = ask(query_of("agencies", "Hợp nhất và kết nối", "state-timeline"))

    assert rows(answer, "agency") == [("G09", 2), ("H26", 1), ("H57", 0)]


def test_what_needs_a_national_system_is_told_by_name_and_number(ask):
    answer = ask(query_of("exchange", "Những gì phụ thuộc vào hệ thống quốc gia"))

    assert rows(answer, "system", "name_en", "check") == [("NPSP", "National Public Service Portal", "sign_on", 3)]


def test_agencies_are_chosen_by_their_names(bases):
    """As Grafana does it: each series of the answer as text, the value and the name by the regular expression."""
    for language, names in (("vi", ["Bộ Nội vụ", "Hà Nội"]), ("en", ["Ministry of Home Affairs", "Hanoi"])):
        held = json.loads((ROOT / "grafana" / "dashboards" / f"agency.{language}.json").read_text(encoding="utf-8"))
        variable = next(each for each in held["templating"]["list"] if each["name"] == "agency")
        query = re.fullmatch(r"query_result\((.*)\)", variable["query"]["query"])[1]
        regex = variable["regex"].strip("/").replace("(?<", "(?P<")
        said = ["{" + ",".join(f'{k}="{v}"' for k, v in labels.items()) + "} 1" for labels, _ in asked(bases[0], query)]
        found = {match["value"]: match["text"] for match in (re.search(regex, each) for each in said)}
        assert [found["G09"], found["H26"]] == names


@pytest.mark.parametrize(("name", "panel"), EVERY)
def test_every_panel_shows_something_of_a_monitor_that_runs(ask, name, panel):
    answers = [ask(target["expr"]) for target in panel["targets"]]

    assert [answer for answer in answers if isinstance(answer, str)] == []
    if "offset 90d" not in panel["targets"][0]["expr"]:
        assert any(answers), name


@pytest.mark.parametrize(("name", "panel"), EVERY)
def test_a_monitor_that_is_gone_shows_no_figures(ask, name, panel):
    """Nothing that is not there may look like a nought."""
    for target in panel["targets"]:
        assert ask(METRIC.sub("no_such_metric", target["expr"])) == [], name


@pytest.mark.parametrize(("name", "panel"), EVERY)
def test_the_same_page_scraped_under_two_addresses_gives_no_row_twice(bases, name, panel):
    for target in panel["targets"]:
        one, two = (asked(base, filled(target["expr"])) for base in bases)
        assert not isinstance(two, str), two
        assert rows_of(one) == rows_of(two), name


@pytest.fixture(scope="module")
def just_started():
    """The page of a monitor that has looked at nothing yet."""
    page = GOLDEN + f"process_start_time_seconds {time.time():.0f}\n" + MORE.lstrip()
    page = re.sub(r'(?m)^(npsp_agency_standing\{.*answer="unknown"[^}]*\}) \S+$', r"\1 1", page)
    page = re.sub(r'(?m)^(npsp_agency_standing\{.*answer="(?:yes|no)"[^}]*\}) \S+$', r"\1 0", page)
    page = re.sub(r'(?m)^(npsp_check_state\{.*state="unknown"[^}]*\}) \S+$', r"\1 1", page)
    page = re.sub(r'(?m)^(npsp_check_state\{.*state="(?:ok|failed)"[^}]*\}) \S+$', r"\1 0", page)
    page = re.sub(r"(?m)^npsp_agency_(?:reason|conflict)\{.*\n", "", page)
    page = re.sub(r"(?m)^(npsp_agencies_integrated\{.*\}|npsp_monitor_watches_looked_at) \S+$", r"\1 0", page)
    return re.sub(r"(?m)^(npsp_agencies_unknown\{.*\}) \S+$", r"\1 60", page)


@pytest.fixture(scope="module")
def beside_a_fresh_one(bases, just_started, tmp_path_factory):
    """A Prometheus that has scraped the page, and beside it that of a monitor which has only just started."""
    folder = tmp_path_factory.mktemp("differing")
    with (
        served(_page()) as port,
        served(just_started) as other,
        scraping(program("prometheus"), folder, f"127.0.0.1:{port}", f"127.0.0.1:{other}") as base,
    ):
        until(lambda: asked(base, "count(count_over_time(npsp_monitor_online[1m]) >= 3) == 2"))
        yield base


ANSWERS = {
    "overview": {
        "Địa phương đã hợp nhất và kết nối",
        "Bộ, ngành đã hợp nhất và kết nối",
        "Không xác định",
        "Theo báo cáo và theo kết quả đo",
        "Chênh lệch so với báo cáo",
        "Chưa hợp nhất, kết nối",
        "Địa phương",
        "Bộ, ngành",
        "Các hệ thống quốc gia",
    },
    "agencies": {"Danh sách cơ quan", "Hợp nhất và kết nối", "Hợp nhất", "Kết nối"},
    "agency": {"Kết quả", "Kết quả theo thời gian", "Các mục kiểm tra"},
    "exchange": {WORDS[f"exchange.{name}.title"]["vi"] for name in ("states", "sign_on", "hand_over")},
}


@pytest.mark.parametrize(
    ("name", "panel"), [each for each in EVERY if each.values[1]["title"] in ANSWERS.get(each.values[0], ())]
)
def test_a_second_monitor_that_only_just_started_changes_no_answer(bases, beside_a_fresh_one, name, panel):
    for target in panel["targets"]:
        one, two = (asked(base, filled(target["expr"])) for base in (bases[0], beside_a_fresh_one))
        assert not isinstance(two, str), two
        assert told_by(one) == told_by(two), name


@pytest.fixture(scope="module")
def disagreeing(tmp_path_factory):
    """A Prometheus that has scraped the page, and beside it that of a monitor which finds that of H26 nothing is well."""
    page = _page()
    for series, held in (("npsp_agency_standing", ("answer", "no")), ("npsp_check_state", ("state", "failed"))):
        for label, value in (held, (held[0], rf"(?!{held[1]})\w+")):
            found = rf'(?m)^({series}\{{agency="H26".*{label}="{value}".*\}}) \S+$'
            page, times = re.subn(found, rf"\1 {int(value == held[1])}", page)
            assert times
    folder = tmp_path_factory.mktemp("disagreeing")
    with (
        served(_page()) as port,
        served(page) as other,
        scraping(program("prometheus"), folder, f"127.0.0.1:{port}", f"127.0.0.1:{other}") as base,
    ):
        until(lambda: asked(base, "count(count_over_time(npsp_monitor_online[1m]) >= 3) == 2"))
        yield base


def test_of_two_monitors_that_disagree_each_agency_is_counted_once_and_the_loss_is_believed(bases, disagreeing):
    query = filled(query_of("exchange", WORDS["exchange.states.title"]["vi"]))
    one, two = (asked(base, query) for base in (bases[0], disagreeing))
    checks = {labels["check"] for labels, _ in one}
    count = [
        {check: sum(n for labels, n in told if labels["check"] == check) for check in checks} for told in (one, two)
    ]
    failed = [sum(n for labels, n in told if labels["state"] == "failed") for told in (one, two)]

    assert count[0] == count[1]
    assert failed[1] > failed[0]
    for name in ("sign_on", "hand_over"):
        query = filled(query_of("exchange", WORDS[f"exchange.{name}.title"]["vi"], kind="timeseries"))
        assert sum(n for _, n in asked(bases[0], query)) == sum(n for _, n in asked(disagreeing, query)) > 0


def test_of_two_monitors_that_disagree_an_agency_is_chosen_by_the_answer_that_is_shown(bases, disagreeing):
    query = query_of("agencies", "Danh sách cơ quan")
    listed = {
        answer: {labels["agency"] for labels, _ in asked(disagreeing, filled(query, answer=answer))}
        for answer in ("yes", "no", "unknown", "yes|no|unknown")
    }

    assert "H26" in {labels["agency"] for labels, _ in asked(bases[0], filled(query, answer="yes"))}
    assert "H26" in listed["no"]
    assert "H26" not in listed["yes"] | listed["unknown"]
    assert sum(len(listed[answer]) for answer in ("yes", "no", "unknown")) == len(listed["yes|no|unknown"])


def told_by(answer):
    return sorted((sorted(labels.items()), value) for labels, value in answer)


def test_a_monitor_that_only_just_started_shows_no_score(just_started, tmp_path):
    with served(just_started) as port, scraping(program("prometheus"), tmp_path, f"127.0.0.1:{port}") as base:
        until(lambda: asked(base, "npsp_monitor_online"))
        scores = [
            target["expr"]
            for panel in panels("overview")
            for target in panel["targets"]
            if "npsp_agencies_integrated" in target["expr"]
        ]
        assert len(scores) >= 9
        assert [asked(base, score) for score in scores] == [[]] * len(scores)


def rows_of(answer):
    return sorted(sorted(labels.items()) for labels, _ in answer)


@pytest.mark.parametrize(("name", "panel"), EVERY)
def test_every_column_of_a_table_is_a_field_of_its_answer(ask, name, panel):
    if panel["type"] == "table":
        (target,) = panel["targets"]
        there = {label for labels, _ in ask(target["expr"]) for label in labels} | {"Value"}
        wanted = set(panel["transformations"][0]["options"]["include"]["names"])
        assert wanted - {"platform"} <= there, name  # nobody's platform is known in the golden page


def test_a_query_that_prometheus_does_not_understand_would_be_found(ask):
    for query in ("max(", "npsp_agencies * on () npsp_agency_standing"):
        assert isinstance(ask(query), str)
