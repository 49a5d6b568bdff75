"""Every rule's expression, asked of a real Prometheus and a real VictoriaMetrics over hours of history.

That each alert fires and does not fire as it should is for promtool's tests; this is about the expressions as they
stand in the files, on data as the monitor gives them.
"""

from collections import Counter
from datetime import timedelta

import pytest
from kit.comparing import differences
from kit.history import BEGIN, END, STEP
from kit.rules import rules
from kit.source import Series

ALL = rules()
SILENT = {  # rules whose expression gives nothing over this history, with the reason
    "NpspMonitorStuck": "its schedule turns all the time",
    "NpspAgencyUnstable": "nobody is lost and back three times",
    "NpspMonitorBlind": "of more than half of a level something is always seen",
}
# Rules are asked for one moment, as VictoriaMetrics' `or` joins whole series where it is asked for more. Between two scrapes,
# because Prometheus 2 counts a sample at the far edge of a range that VictoriaMetrics, as Prometheus 3, leaves out.
MOMENTS = [BEGIN + timedelta(minutes=minutes, seconds=30) for minutes in range(6, 135, 8)]


@pytest.fixture(params=ALL, ids=lambda rule: rule.name)
def rule(request):
    return request.param


def kept(rule, source):
    """What the rule would keep at each moment: without a name left by its expression, and with its own labels."""
    points = {}
    for series in (each for at in MOMENTS for each in source.instant(rule.expr, at)):
        labels = frozenset({**series.labels, "__name__": "", **rule.labels}.items())
        points.setdefault(labels, []).extend(series.points)
    return [Series(dict(labels), tuple(held)) for labels, held in points.items()]


def test_a_rule_gives_the_same_in_both(rule, of_prometheus, of_victoria):
    assert differences(rule.expr, kept(rule, of_prometheus), kept(rule, of_victoria)) == [], rule.expr


def test_no_rule_gives_two_values_at_once(rule, of_prometheus):
    for series in kept(rule, of_prometheus):
        times = Counter(at for at, _ in series.points)
        assert max(times.values()) == 1, series.labels


def test_what_is_not_given_anything_by_the_history_is_known(of_prometheus):
    given = {rule.name for rule in ALL if of_prometheus.over(rule.expr, BEGIN, END, STEP)}

    assert {rule.name for rule in ALL} - given == set(SILENT)
