"""probes.dossier_sync against a real report of the portal, and its reader against anything at all."""

import asyncio
import json
from datetime import date

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from probes import Observation, Page, Reason, Status, Target
from probes._answer import Answer
from probes._report import report_of
from probes.dossier_sync import Probe

PORTAL = "dichvucong.gov.vn"
JUNE, MAY = (2023, 6), (2023, 5)
GOOD = {"numerator": 950, "denominator": 1000, "ratio": 95, "dataQualityStatus": "OK"}


def row(code="H26", **metric):
    return {"departmentCode": code, "metrics": [{"code": "PUBLISH_ON_TIME"}, {"code": "DOSSIER_SYNC", **metric}]}


def envelope(*rows, code="OK"):
    return {"code": code, "data": {"evaluation": list(rows)}, "message": ""}


@pytest.fixture
def reports(serve):
    """`await reports({(2023, 6): document, …}, status=201)`: the portal's report; gives what is asked of it."""

    async def start(months, status=201):
        asked = []

        async def handler(request):
            body = await request.json()
            asked.append((request.method, request.path, body))
            told = months.get((body["year"], body["month"]), envelope())
            if isinstance(told, str):
                return web.Response(text=told, status=status)
            return web.json_response(told, status=status)

        await serve(handler, PORTAL)
        return asked

    return start


@pytest.mark.parametrize(
    ("day", "reason"),
    [(date(2023, 6, 1), Reason.SYNC_LOW), (date(2023, 6, 7), Reason.SYNC_LOW), (date(2023, 6, 8), Reason.NO_DATA)],
)
async def test_in_a_months_first_days_the_month_before_is_judged(reports, look, target, day, reason):
    await reports({JUNE: envelope(), MAY: envelope(row(numerator=80, denominator=100))})
    observation, _ = await look(Probe(), target(day=day))

    assert observation.reason is reason
    assert observation.facts["month"] == ("2023-06" if reason is Reason.NO_DATA else "2023-05")


async def test_a_figure_of_the_month_itself_comes_before_that_of_the_month_before(reports, look, target):
    await reports({JUNE: envelope(row(**GOOD)), MAY: envelope(row(numerator=80, denominator=100))})

    assert (await look(Probe(), target(day=date(2023, 6, 1))))[0].reason is Reason.OK


async def test_a_ratio_that_is_high_enough_is_right(reports, look, target):
    asked = await reports({JUNE: envelope(row(**GOOD)), MAY: envelope(row(numerator=97, denominator=100))})
    observation, _ = await look(Probe(), target())

    assert observation.reason is Reason.OK
    assert observation.facts == {
        "sync_ratio": 0.95,
        "sync_ratio_before": 0.97,
        "numerator": 950.0,
        "denominator": 1000.0,
        "quality": "OK",
        "month": "2023-06",
    }
    assert "95.00% of the dossiers of H26" in observation.detail
    path = "/api/v1/reporting/evaluation/transparency"
    usual = {"timeType": "month", "year": 2023, "departmentType": "ADMINISTRATIVE_UNIT"}
    assert asked == [("POST", path, {**usual, "month": 6}), ("POST", path, {**usual, "month": 5})]


async def test_the_month_before_january_is_december(reports, look, target):
    asked = await reports({(2024, 1): envelope(row(**GOOD))})
    await look(Probe(), target(day=date(2024, 1, 31)))

    assert [(body["year"], body["month"]) for *_, body in asked] == [(2024, 1), (2023, 12)]


async def test_all_agencies_share_one_question(reports, look, target):
    asked = await reports({JUNE: envelope(row("H26", **GOOD), row("000.00.00.H29", **GOOD), row("h30", **GOOD))})
    looks = [look(Probe(), target(code=code)) for code in ("H26", "H29", "H30", "H26")]

    assert {observation.reason for observation, _ in await asyncio.gather(*looks)} == {Reason.OK}
    assert len(asked) == 2


async def test_only_levels_whose_department_type_is_known_are_looked_at(target):
    assert Probe().applies(target())
    assert not Probe().applies(target(level="ministry"))
    assert Probe(department_types={"ministry": "X"}).applies(target(level="ministry"))


async def test_a_ratio_under_the_least_is_low(reports, look, target):
    await reports({JUNE: envelope(row(numerator=899, denominator=1000))})
    observation, _ = await look(Probe(), target())

    assert observation.reason is Reason.SYNC_LOW
    assert observation.status is Status.FAILED
    assert "at least 90.00% was expected" in observation.detail
    assert (await look(Probe(least=0.8), target()))[0].reason is Reason.OK


@pytest.mark.parametrize(("now", "reason"), [(69, Reason.SYNC_COLLAPSED), (71, Reason.OK), (0, Reason.SYNC_COLLAPSED)])
async def test_a_fall_against_the_month_before_is_a_collapse(reports, look, target, now, reason):
    before = envelope(row(numerator=100, denominator=100))
    await reports({JUNE: envelope(row(numerator=now, denominator=100)), MAY: before})

    assert (await look(Probe(least=0.5), target()))[0].reason is reason


@pytest.mark.parametrize(
    "before",
    [
        envelope(),
        envelope(code="ERROR"),
        envelope(row()),
        envelope(row(numerator=1, denominator=1, dataQualityStatus="TEMP_NATIONAL_REPORT_DENOMINATOR")),
    ],
)
async def test_without_a_sound_figure_before_there_is_no_collapse(reports, look, target, before):
    await reports({JUNE: envelope(row(numerator=1, denominator=100)), MAY: before})

    assert (await look(Probe(), target()))[0].reason is Reason.SYNC_LOW


@pytest.mark.parametrize(("numerator", "reason"), [(95, Reason.OK), (1, Reason.NO_DATA)])
async def test_a_provisional_figure_may_clear_and_never_accuses(reports, look, target, numerator, reason):
    provisional = {"denominator": 100, "dataQualityStatus": "TEMP_NATIONAL_REPORT_DENOMINATOR"}
    await reports({JUNE: envelope(row(numerator=numerator, **provisional)), MAY: envelope(row(**GOOD))})
    observation, _ = await look(Probe(), target())

    assert observation.reason is reason
    assert observation.facts["quality"] == "TEMP_NATIONAL_REPORT_DENOMINATOR"


NOTHING = {
    "null": {"numerator": None, "denominator": None, "ratio": None},
    "missing": {},
    "no denominator": {"numerator": 5, "denominator": None, "ratio": 0.5},
    "no numerator": {"denominator": 5},
    "denominator 0": {"numerator": 0, "denominator": 0, "ratio": 0},
    "denominator '0'": {"numerator": "0", "denominator": "0"},
    "flag": {"numerator": 0, "denominator": 100, "ratio": 0, "dataQualityStatus": "NO_NATIONAL_REPORT_DATA"},
    "too much": {"numerator": 120, "denominator": 100},
    "negative": {"numerator": -5, "denominator": 100},
    "word": {"ratio": "cao"},
    "word like a number": {"ratio": "hệ e1"},
    "true": {"ratio": True},
    "list": {"ratio": [0.5]},
    "percent too much": {"ratio": 101},
    "infinite": {"ratio": float("inf")},
    "nan": {"ratio": float("nan")},
    "text nan": {"ratio": "NaN"},
    "text infinite": {"numerator": "1e999", "denominator": 1},
    "negative ratio": {"ratio": -0.5},
}


@pytest.mark.parametrize("name", NOTHING)
async def test_no_figure_is_not_zero(reports, look, target, name):
    await reports({JUNE: envelope(row(**NOTHING[name]))})
    observation, _ = await look(Probe(), target())

    assert observation.reason is Reason.NO_DATA
    assert observation.status is Status.UNKNOWN
    assert "sync_ratio" not in observation.facts
    assert observation.facts["http_status"] == 201


@pytest.mark.parametrize(
    ("metric", "ratio"),
    [
        ({"numerator": "19", "denominator": "20"}, 0.95),
        ({"numerator": "1.900", "denominator": "2.000"}, 0.95),
        ({"numerator": "1 900 000", "denominator": 2_000_000}, 0.95),
        ({"numerator": "9,5", "denominator": 10}, 0.95),
        ({"ratio": "95,5"}, 0.955),
        ({"ratio": "95.5%"}, 0.955),
        ({"ratio": 95.5}, 0.955),
        ({"ratio": 0.955}, 0.955),
        ({"ratio": 1}, 1.0),
        ({"ratio": 100.2}, 1.0),
        ({"numerator": 1003, "denominator": 1000}, 1.0),
        ({"numerator": 0, "denominator": 10}, 0.0),
        ({"ratio": 0}, 0.0),
    ],
)
async def test_numbers_are_read_however_they_are_written(reports, look, target, metric, ratio):
    await reports({JUNE: envelope(row(**metric))})

    assert (await look(Probe(), target()))[0].facts["sync_ratio"] == pytest.approx(ratio)


async def test_an_agency_that_is_not_in_the_report_has_no_figure(reports, look, target):
    await reports({JUNE: envelope(row("H29", **GOOD), row("H26.14", **GOOD))})
    observation, _ = await look(Probe(), target())

    assert observation.reason is Reason.NO_DATA
    assert "H26 is not in it" in observation.detail


async def test_an_agency_without_the_metric_has_no_figure(reports, look, target):
    await reports({JUNE: envelope({"departmentCode": "H26", "metrics": [{"code": "PUBLISH_ON_TIME", "ratio": 1}]})})

    assert (await look(Probe(), target()))[0].reason is Reason.NO_DATA


@pytest.mark.parametrize("code", ["OK", "ok", 0, "0", "00", 200, "200"])
@pytest.mark.parametrize("status", [200, 201])
async def test_every_form_of_success_is_one(reports, look, target, code, status):
    await reports({JUNE: envelope(row(**GOOD), code=code)}, status)

    assert (await look(Probe(), target()))[0].reason is Reason.OK


async def test_rows_may_stand_in_data_itself(reports, look, target):
    await reports({JUNE: {"code": "OK", "data": [row(**GOOD)]}})

    assert (await look(Probe(), target()))[0].reason is Reason.OK


@pytest.mark.parametrize("code", ["ERROR", 1, -3, "3", "", False, None, ["OK"], {"OK": 1}])
async def test_a_code_that_is_no_success_is_the_portals_trouble(reports, look, target, code):
    await reports({JUNE: envelope(row(**GOOD), code=code)})
    observation, _ = await look(Probe(), target())

    assert observation.reason is Reason.UPSTREAM
    assert "OK was expected" in observation.detail


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (500, Reason.UPSTREAM),
        (503, Reason.UPSTREAM),
        (404, Reason.UPSTREAM),
        (400, Reason.UPSTREAM),
        (302, Reason.UPSTREAM),
    ],
)
async def test_a_status_that_is_no_success_is_the_portals_trouble(serve, shows, look, target, status, reason):
    await serve(shows("{}", status, "application/json", {"Location": "/x"}), PORTAL)

    assert (await look(Probe(), target()))[0].reason is reason


@pytest.mark.parametrize("status", [403, 429])
async def test_a_firewall_before_the_report_is_no_fault_of_anybody(reports, look, target, status):
    await reports({}, status)

    assert (await look(Probe(), target()))[0].reason is Reason.BLOCKED


async def test_a_challenge_before_the_report_is_no_fault_of_anybody(serve, shows, look, target):
    await serve(shows("<title>Request Rejected</title><p>Your support ID is: 1"), PORTAL)

    assert (await look(Probe(), target()))[0].reason is Reason.BLOCKED


@pytest.mark.parametrize(
    "document", ["", "<p>Bảo trì", "{", "[" * 100_000, "9" * 5000, '{"code"', "[]", "null", '"OK"', "{}"]
)
async def test_an_answer_that_is_no_report_is_the_portals_trouble(reports, look, target, document):
    await reports({JUNE: document})
    observation, _ = await look(Probe(), target())

    assert observation.reason is Reason.UPSTREAM
    assert observation.status is Status.UNKNOWN
    assert PORTAL in observation.detail


@pytest.mark.parametrize(
    "data", [None, [], {}, "", 0, {"evaluation": None}, {"evaluation": ["H26", None, {}]}, [[row()]]]
)
async def test_a_report_on_nobody_holds_no_figure(reports, look, target, data):
    """How a report on many departments is laid out is inferred: what does not fit accuses nobody."""
    await reports({JUNE: {"code": "OK", "data": data}})
    observation, _ = await look(Probe(), target())

    assert observation.reason is Reason.NO_DATA
    assert "without a figure for any agency" in observation.detail


async def test_a_month_before_that_cannot_be_read_changes_nothing(reports, look, target):
    await reports({JUNE: envelope(row(**GOOD)), MAY: "<p>Bảo trì"})
    observation, _ = await look(Probe(), target())

    assert observation.reason is Reason.OK
    assert "sync_ratio_before" not in observation.facts


async def test_trouble_at_the_report_passes_through_to_all(look, target, routes, free_port):
    routes.add(PORTAL, 443, f"127.0.0.1:{free_port}")
    (first, _), (second, _) = await asyncio.gather(look(Probe(), target()), look(Probe(), target(code="H29")))

    assert first.reason is second.reason is Reason.REFUSED


@pytest.mark.parametrize(
    "settings", [{"least": 1.1}, {"least": -0.1}, {"fall": 2.0}, {"least": float("nan")}, {"max_age": 0}, {"url": "x"}]
)
def test_settings_that_make_no_sense_are_refused(settings):
    with pytest.raises(ValueError, match=next(iter(settings))):
        Probe(**settings)


class Told:
    """A way whose answers are told beforehand: a million reports would take a real server too long."""

    def __init__(self, body, status=201):
        url = URL(f"https://{PORTAL}/")
        self.page = Page(url=url, status=status, headers={"content-type": "application/json"}, body=body, asked=(url,))

    async def ask(self, *_, **__):
        return self.page

    async def shared(self, _key, _seconds, work):
        return await work(self)


TARGET = Target(
    code="H26",
    name="Hà Nội",
    level="province",
    portal=URL("https://dichvucong.hanoi.gov.vn/"),
    hosts=frozenset({"dichvucong.hanoi.gov.vn"}),
    day=date(2023, 6, 21),
)
leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=10)
    | st.sampled_from(["H26", "OK", "DOSSIER_SYNC", "NO_NATIONAL_REPORT_DATA", "1.000", "95,5%", "1e400", 10**400])
)
keys = st.sampled_from(["code", "data", "evaluation", "departmentCode", "metrics", "numerator", "denominator", "ratio"])
anything = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys | st.text(max_size=5), inner, max_size=6)
)
metrics = st.fixed_dictionaries(
    {"code": st.just("DOSSIER_SYNC")},
    optional={"numerator": anything, "denominator": anything, "ratio": anything, "dataQualityStatus": anything},
)
rows = st.fixed_dictionaries(
    {"departmentCode": st.just("H26") | anything, "metrics": st.lists(metrics | anything, max_size=3) | anything}
)
documents = anything | st.fixed_dictionaries(
    {
        "code": st.just("OK") | anything,
        "data": anything
        | st.lists(rows, max_size=3)
        | st.fixed_dictionaries({"evaluation": st.lists(rows | anything, max_size=3)}),
    }
)


@given(document=documents, status=st.sampled_from([200, 201]))
def test_any_document_gives_an_observation(document, status):
    observation = asyncio.run(Probe().look(TARGET, Told(json.dumps(document).encode(), status)))

    assert isinstance(observation, Observation)
    assert observation.reason in {Reason.OK, Reason.SYNC_LOW, Reason.NO_DATA, Reason.UPSTREAM, Reason.SYNC_COLLAPSED}
    assert observation.detail.isprintable()
    if observation.status is not Status.UNKNOWN:
        assert 0 <= observation.facts["sync_ratio"] <= 1


@given(body=st.binary(max_size=300), status=st.integers(100, 599))
def test_any_bytes_give_a_report(body, status):
    page = Told(body, status).page
    assert report_of(Answer(page=page), "DOSSIER_SYNC").figures == {}
