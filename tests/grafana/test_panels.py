"""Every query of every panel, asked of a real Prometheus and a real VictoriaMetrics over hours of history."""

import re
from collections import Counter
from datetime import timedelta
from itertools import product

import pytest
from kit.asking import aligned, answer, queries
from kit.comparing import differences
from kit.dashboards import HISTORY, Span, choices, dashboards, span_of
from kit.history import BEGIN, END, NETWORK_DOWN, SIGN_ON_DOWN
from kit.picture import line_title, row_texts
from kit.showing import shown

ALL = dashboards()
ONCE = [each for each in ALL if each.language != "vi"]  # the other language asks the same, see below
PANELS = [(each, panel) for each in ONCE for panel in each.panels]
NAMES = re.compile(r"(?<![\w\"$])(?:(?:npsp|probe|process|python|scrape)_\w+|up)(?=[\s{)\[,])")
MOMENTS = [END - number * timedelta(minutes=4) for number in range((END - BEGIN) // timedelta(minutes=4))]
SOME_TIME_AGO = (NETWORK_DOWN, SIGN_ON_DOWN, END)

NEVER = {  # asked, and never answered by this history, with the reason
    "max(npsp_monitor_synthetic) == 0": "all of the history is synthetic, and says so",
}


@pytest.fixture(params=ONCE, ids=lambda each: each.name)
def dashboard(request):
    return request.param


@pytest.fixture(params=PANELS, ids=lambda pair: f"{pair[0].name}: {pair[1]['title']} {pair[1]['id']}")
def panel(request):
    """(dashboard, panel)"""
    return request.param


@pytest.fixture(scope="module")
def chosen(of_prometheus):
    """By dashboard: every choice of its variables, the one it opens with first."""
    return {each.name: choices(each, of_prometheus) for each in ONCE}


@pytest.fixture(scope="module")
def some(chosen, of_prometheus):
    """A few choices of each: of one agency in conflict, one lost, one lost for a while, and some more."""
    conflict, gone, housed = (
        {series.labels["agency"] for series in of_prometheus.instant(query, NETWORK_DOWN)}
        for query in (
            "npsp_agency_conflict == 1",
            'npsp_agency_standing{level="province",answer="no",condition="integrated"} == 1',
            "npsp_agency_incident",
        )
    )
    telling = {min(conflict), min(gone), min(housed), "SIGNON", "H26"}
    return {
        name: [held[0], *(each for each in held[1:] if each.get("agency") in telling)] for name, held in chosen.items()
    }


def tried(held):
    """At any time as the dashboard opens; at some for everything else that can be chosen."""
    yield from product(MOMENTS, held[:1])
    yield from product(SOME_TIME_AGO, held[1:])


def ask_over(dashboard, panel, choice, span, source):
    return [(query, answer(query, source, span)) for query in queries(dashboard, panel, choice, span)]


def test_both_languages_ask_the_same():
    asked = {each.name: [p["targets"] for p in each.panels] for each in ALL}
    for name, targets in asked.items():
        if name.endswith(".en"):
            other = asked[name.removesuffix("en") + "vi"]
            assert [[t["expr"] for t in panel] for panel in targets] == [[t["expr"] for t in panel] for panel in other]


def test_every_panel_shows_something(panel, chosen, of_prometheus):
    """As the dashboard opens at the end of the history; what may be empty then was not at another time, or for another
    agency."""
    dashboard, held = panel
    for at, choice in tried(chosen[dashboard.name]):
        if shown(dashboard, held, choice, Span(BEGIN, at), of_prometheus):
            return
    pytest.fail("it never shows anything")


def test_every_query_gives_something_at_some_time(panel, chosen, of_prometheus):
    """Not only one of a panel's."""
    dashboard, held = panel
    silent = {query.ref for query in queries(dashboard, held, chosen[dashboard.name][0], HISTORY)}
    for at, choice in tried(chosen[dashboard.name]):
        found = ask_over(dashboard, held, choice, Span(BEGIN, at), of_prometheus)
        silent -= {query.ref for query, series in found if series}
        if not silent:
            return
    assert {target["expr"] for target in held["targets"] if target["refId"] in silent} <= NEVER.keys()


def test_every_panel_answers_over_its_own_time_range(panel, chosen, of_prometheus):
    dashboard, held = panel
    assert shown(dashboard, held, chosen[dashboard.name][-1], span_of(dashboard, held), of_prometheus) is not None


def test_no_row_and_no_name_comes_twice(panel, some, of_prometheus):
    """As they are read: a row by all its texts, without figures and times; a line by the name it is given."""
    dashboard, held = panel
    for at, choice in product(SOME_TIME_AGO, some[dashboard.name]):
        found = shown(dashboard, held, choice, Span(BEGIN, at), of_prometheus)
        rows = [row for frame in found.frames for row in row_texts(held, frame)]
        assert [row for row, times in Counter(rows).items() if times > 1] == []
        names = Counter(line_title(held, line) for line in found.lines)
        assert [name for name, times in names.items() if times > 1] == []


def test_victoriametrics_answers_the_same(panel, some, of_prometheus, of_victoria):
    dashboard, held = panel
    for at, choice in product(SOME_TIME_AGO, some[dashboard.name]):
        span = Span(BEGIN, at)
        for query in queries(dashboard, held, choice, span):
            found = differences(query.text, answer(query, of_prometheus, span), answer(query, of_victoria, span))
            assert found == [], query.text


def test_variables_offer_the_same_in_both(dashboard, of_prometheus, of_victoria):
    assert choices(dashboard, of_prometheus) == choices(dashboard, of_victoria)


def test_some_of_several_can_be_chosen(dashboard, chosen, of_prometheus):
    """One value, and two."""
    every = {each["name"]: None for each in dashboard.variables if each["multi"]}
    for name, number in product(every, (1, 2)):
        choice = chosen[dashboard.name][0]
        assert isinstance(choice[name], tuple)
        fewer = {**choice, name: choice[name][:number]}
        for held in dashboard.panels:
            for query in queries(dashboard, held, fewer, HISTORY, every):
                of_prometheus.instant(query.text, END)


def test_a_monitor_that_is_gone_shows_no_figures(panel, chosen, of_prometheus):
    """Nothing that is not there may look like a nought."""
    dashboard, held = panel
    for query in queries(dashboard, held, chosen[dashboard.name][0], HISTORY):
        gone = NAMES.sub("no_such_metric", query.text)
        assert gone != query.text
        assert not re.search(r"\bnpsp_", gone), gone
        assert of_prometheus.instant(gone, END) == [], gone
        assert of_prometheus.over(gone, *aligned(HISTORY), HISTORY.step) == [], gone
