"""probes.figure against a real report of the portal."""

import json
from datetime import date

import pytest
from aiohttp import web

from probes import Reason
from probes.figure import Probe

PORTAL = "dichvucong.gov.vn"


@pytest.fixture
def report(serve):
    """`await report(rows, status=201)`: the portal's report on digitisation; gives what is asked of it."""

    async def start(rows, status=201):
        asked = []

        async def handler(request):
            asked.append((request.path, json.loads(await request.text())))
            return web.json_response({"code": "OK", "data": {"evaluation": rows}}, status=status)

        await serve(handler, PORTAL)
        return asked

    return start


def row(code="H26", **metric):
    return {"departmentCode": code, "metrics": [{"code": "ORIGINAL_RESULT_AVAILABLE", **metric}]}


@pytest.mark.parametrize(("part", "reason"), [(92, Reason.OK), (50, Reason.OK), (49, Reason.FIGURE_LOW)])
async def test_a_figure_is_held_against_what_it_should_be_at_least(report, look, target, part, reason):
    asked = await report([row(numerator=part, denominator=100)])
    observation, _ = await look(Probe(), target(day=date(2023, 6, 21)))

    assert observation.reason is reason
    assert (observation.facts["figure"], observation.facts["month"]) == (part / 100, "2023-05")
    assert asked == [
        (
            "/api/v1/reporting/evaluation/dossier-digitized",
            {"timeType": "month", "year": 2023, "month": 5, "departmentType": "ADMINISTRATIVE_UNIT"},
        )
    ]


@pytest.mark.parametrize("rows", [[], [row("H27", numerator=1, denominator=2)], [row(numerator=None)]])
async def test_no_figure_is_not_a_low_one(report, look, target, rows):
    await report(rows)

    assert (await look(Probe(), target()))[0].reason is Reason.NO_DATA


async def test_a_report_that_fails_is_nobodys_low_figure(report, look, target):
    await report([], status=500)

    assert (await look(Probe(), target()))[0].reason is Reason.UPSTREAM


@pytest.mark.parametrize("wrong", [{"least": 2.0}, {"max_age": 0}, {"url": "dichvucong.gov.vn"}])
def test_settings_that_cannot_be_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Probe(**wrong)


def test_who_has_no_type_of_department_has_no_figure(target):
    assert Probe().applies(target())
    assert not Probe().applies(target(level="ministry"))
