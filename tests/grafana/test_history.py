"""The history that the dashboards are asked over is what its scenario says, in both servers."""

from datetime import timedelta

import pytest
from kit.history import BEGIN, END, STEP
from kit.source import RefusedError

SCORES = (  # minutes after the beginning; integrated provinces and ministries
    (5, 62, 10),
    (54, 55, 10),
    (135, 61, 10),
)


@pytest.fixture(params=["of_prometheus", "of_victoria"])
def source(request):
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize(("minutes", "provinces", "ministries"), SCORES)
def test_the_scores_go_as_the_scenario_says(source, minutes, provinces, ministries):
    found = source.instant("npsp_agencies_integrated", BEGIN + timedelta(minutes=minutes))

    values = {series.labels["level"]: series.points[0][1] for series in found}
    assert values == {"province": provinces, "ministry": ministries}


def test_every_minute_was_scraped(source):
    (up,) = source.over("up", BEGIN + STEP, END, STEP)

    assert len(up.points) == (END - BEGIN) / STEP
    assert dict(up.labels) == {"__name__": "up", "job": "npsp-monitor", "instance": "127.0.0.1:9884"}


def test_it_says_that_it_is_synthetic(source):
    (said,) = source.instant("npsp_monitor_synthetic == 1", END)

    assert said.labels["scenario"] == "history-of-panels"


def test_a_query_that_no_server_understands_is_refused(source):
    with pytest.raises(RefusedError):
        source.instant("max(", END)
