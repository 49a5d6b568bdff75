"""probes.dossier against real look-ups of an agency and of the NPSP."""

import json
import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import structlog
from aiohttp import web
from yarl import URL

from monitor.model import Agency, Check, Condition, Level, Watch
from monitor.runner import Runner
from monitor.web.probing import settings_of
from probes import Reason, Status
from probes._look_up import LookUp
from probes.dossier import Probe

HANOI, PORTAL = "dichvucong.hanoi.gov.vn", "dichvucong.gov.vn"
CODE, OTHER, OF_HUE = "H26.14-240607-12345", "000.00.00.H26-200420-0001", "H57.14-240607-12345"
SHOWN = "H26.14-24…-1…45"
NPSP = LookUp(
    url=f"https://{PORTAL}/look-up",
    method="POST",
    body='{"maHoSo": "{code}"}',
    status_path="data.trangThai",
    changed_path="data.luc",
    changed_format="%Y%m%d%H%M%S",
    code_path="code",
)
AGENCY = LookUp(changed_pattern=r"Cập nhật: ([\d/: ]+)")


def probe(*codes, **changes):
    return Probe(**{"codes": codes or (CODE,), "agency": AGENCY, "portal": NPSP, **changes})


def page(status, ago=None, extra=""):
    moment = f"<p>Cập nhật: {local(ago):%d/%m/%Y %H:%M}</p>" if ago is not None else ""
    return f"<title>Tra cứu</title><p>Trạng thái hồ sơ: <b>{status}</b></p>{moment}{extra}"


def local(ago):
    return datetime.now(UTC) + timedelta(hours=7) - ago


def envelope(stage=None, code="OK", **more):
    data = None if stage is None else {"trangThai": stage, **more}
    return {"code": code, "data": data, "message": ""}


DAYS, HOUR = timedelta(days=20), timedelta(hours=1)


@pytest.fixture
def look_ups(serve):
    """`await look_ups({code: page}, {code: document})`: both; gives what they are asked. A response stands for itself."""

    async def start(here, there, status=201):
        asked = []

        async def agency(request):
            asked.append(request.path_qs)
            told = here.get(request.query.get("maHoSo"), "<p>Không tìm thấy hồ sơ")
            return told if isinstance(told, web.Response) else web.Response(text=told, content_type="text/html")

        async def portal(request):
            body = await request.json()
            asked.append((request.method, request.headers["Content-Type"], body))
            told = there.get(body["maHoSo"], envelope())
            return told if isinstance(told, web.Response) else web.json_response(told, status=status)

        await serve(agency, HANOI)
        await serve(portal, PORTAL)
        return asked

    return start


def test_without_codes_of_an_agency_there_is_nothing_to_look_at(target):
    assert not Probe().applies(target())
    assert not probe(OF_HUE).applies(target())
    assert probe(OF_HUE, CODE).applies(target())
    assert probe(OTHER).applies(target())


async def test_the_same_status_at_both_is_right(look_ups, look, target):
    asked = await look_ups({CODE: page("Đang xử lý", DAYS)}, {CODE: envelope(4)})
    observation, _ = await look(probe(OF_HUE, CODE), target())

    assert observation.reason is Reason.OK
    facts = dict(observation.facts)
    assert facts.pop("working_hours_agency") > 8
    assert facts == {
        "dossier": SHOWN,
        "dossiers": 1,
        "dossiers_ok": 1,
        "dossiers_pending": 0,
        "http_status": 201,
        "status_agency": 4,
        "status_portal": 4,
    }
    assert (
        observation.detail
        == f"{HANOI} shows dossier {SHOWN} as 4 (in progress), {PORTAL} as 4 (in progress); as expected"
    )
    assert asked == [f"/tra-cuu-ho-so?maHoSo={CODE}", ("POST", "application/json", {"maHoSo": CODE})]


@pytest.mark.parametrize(
    ("here", "there", "reason", "words"),
    [
        (page("Đang xử lý", DAYS), envelope(2), Reason.STALE, "within 8 working hours, and"),
        (page("Đang xử lý", HOUR), envelope(2), Reason.OK, "of which"),
        (page("Đang xử lý"), envelope(2), Reason.STATUS_DIFFERS, "the same was expected"),
        (page("Đang xử lý", DAYS), envelope(10), Reason.STATUS_DIFFERS, "the same was expected"),
        (page("Đang xử lý", DAYS), envelope(), Reason.MISSING_AT_PORTAL, "as not known"),
        (page("Đang xử lý", HOUR), envelope(), Reason.OK, "of which"),
        (None, envelope(2), Reason.MISSING_AT_AGENCY, "as not known"),
        (None, envelope(), Reason.NO_DATA, "the same was expected"),
        ("<h1>Tra cứu</h1>", envelope(2), Reason.UNREADABLE, "no status that can be read"),
        (page("Đang xử lý"), envelope("đã qua"), Reason.UNREADABLE, PORTAL),
        (page("Đang xử lý"), {"code": "OK", "data": {"x": 1}}, Reason.UNREADABLE, PORTAL),
        ("<div id=root></div><script src=/m.js></script>", envelope(2), Reason.NOT_VISIBLE, HANOI),
    ],
)
async def test_each_case_has_its_reason(look_ups, look, target, here, there, reason, words):
    await look_ups({CODE: here} if here else {}, {CODE: there})
    observation, _ = await look(probe(), target())

    assert observation.reason is reason
    assert words in observation.detail
    assert observation.facts["dossier"] == SHOWN


async def test_what_is_still_in_time_is_counted(look_ups, look, target):
    await look_ups({CODE: page("Đang xử lý", HOUR), OTHER: page("Đang xử lý")}, {CODE: envelope(2), OTHER: envelope(4)})
    observation, _ = await look(probe(CODE, OTHER), target())

    assert observation.reason is Reason.OK
    assert (observation.facts["dossiers"], observation.facts["dossiers_ok"]) == (2, 2)
    assert observation.facts["dossiers_pending"] == 1


async def test_of_several_the_worst_is_told(look_ups, look, target):
    await look_ups({CODE: page("Đang xử lý"), OTHER: page("Đang xử lý")}, {CODE: envelope(4), OTHER: envelope(9)})
    observation, _ = await look(probe(CODE, OTHER), target())

    assert observation.reason is Reason.STATUS_DIFFERS
    assert observation.facts["dossier"] == "000.00.00.H26-20…-0…1"
    assert observation.facts["dossiers_ok"] == 1


async def test_a_distortion_that_was_seen_elsewhere_is_noted(look_ups, look, target):
    await look_ups({CODE: page("Yêu cầu bổ sung giấy tờ")}, {CODE: envelope(9)})
    observation, _ = await look(probe(), target())

    assert observation.reason is Reason.STATUS_DIFFERS
    assert observation.facts["distortion"] == "rewritten_as_processed"


async def test_a_status_set_at_the_portal_after_the_agencys_is_not_the_one_of_before(look_ups, look, target):
    set_at = f"{local(DAYS / 2):%Y%m%d%H%M%S}"
    await look_ups({CODE: page("Đang xử lý", DAYS)}, {CODE: envelope(2, luc=set_at)})

    assert (await look(probe(), target()))[0].reason is Reason.STATUS_DIFFERS


@pytest.mark.parametrize("status", [400, 404, 500, 503, 302])
async def test_an_error_of_the_national_look_up_is_nobodys_fault(look_ups, look, target, status):
    headers = {"Location": "https://elsewhere.example/"} if status == 302 else {}
    await look_ups({CODE: page("Đang xử lý")}, {CODE: web.Response(status=status, headers=headers)})

    assert (await look(probe(), target()))[0].reason is Reason.UPSTREAM


@pytest.mark.parametrize(
    "told", [envelope(code="SYSTEM_ERROR"), web.Response(text="<p>Bảo trì"), web.Response(text="")]
)
async def test_a_national_look_up_that_says_it_failed_is_nobodys_fault(look_ups, look, target, told):
    await look_ups({CODE: page("Đang xử lý")}, {CODE: told})

    assert (await look(probe(), target()))[0].reason is Reason.UPSTREAM


@pytest.mark.parametrize("side", ["agency", "portal"])
@pytest.mark.parametrize("status", [403, 429])
async def test_a_firewall_before_either_is_no_fault_of_anybody(look_ups, look, target, side, status):
    answer = web.Response(status=status)
    asked = await look_ups(
        {CODE: answer if side == "agency" else page("Đang xử lý")}, {CODE: answer if side == "portal" else envelope(4)}
    )
    observation, _ = await look(probe(CODE, OTHER), target())

    assert observation.reason is Reason.BLOCKED
    assert len(asked) == (1 if side == "agency" else 2)  # who turns us away is not asked for the second code


async def test_trouble_at_the_national_look_up_passes_through(look_ups, look, target, routes, free_port):
    await look_ups({CODE: page("Đang xử lý")}, {})
    routes.add(PORTAL, 443, f"127.0.0.1:{free_port}")

    assert (await look(probe(), target()))[0].reason is Reason.REFUSED  # the runner makes upstream of it


async def test_trouble_at_a_national_host_that_the_roster_does_not_know_is_not_the_agencys(
    look_ups, look, target, routes, free_port
):
    await look_ups({CODE: page("Đang xử lý")}, {})
    routes.add("moi.example", 443, f"127.0.0.1:{free_port}")
    there = replace(NPSP, url="https://moi.example/")

    assert (await look(probe(portal=there), target()))[0].reason is Reason.UPSTREAM


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (web.Response(status=500), Reason.HTTP_5XX),
        (web.Response(status=404), Reason.UNREADABLE),  # perhaps the look-up is elsewhere
        (web.Response(status=302, headers={"Location": f"https://{PORTAL}/"}), Reason.NOT_VISIBLE),  # closed by order
        (web.Response(status=302, headers={"Location": "https://elsewhere.example/"}), Reason.LEADS_ELSEWHERE),
    ],
)
async def test_an_agencys_look_up_that_is_none_is_told_by_what_it_is(look_ups, look, target, answer, reason):
    await look_ups({CODE: answer}, {CODE: envelope(4)})

    assert (await look(probe(), target()))[0].reason is reason


async def test_a_page_that_renews_itself_is_read(look_ups, look, target):
    again = "<meta http-equiv=refresh content=5>"
    await look_ups({CODE: page("Đang xử lý", extra=again)}, {CODE: envelope(4)})

    assert (await look(probe(), target()))[0].reason is Reason.OK


async def test_a_status_of_http_may_say_that_there_is_no_such_dossier(look_ups, look, target):
    await look_ups({CODE: page("Đang xử lý")}, {CODE: web.Response(status=404)})
    there = replace(NPSP, missing_statuses=(404,))

    assert (await look(probe(portal=there), target()))[0].reason is Reason.MISSING_AT_PORTAL


# -- nothing gives a code away


ECHOES = {
    "on the page": page("Đang xử lý", extra=f"<h1>{CODE}</h1>"),
    "in the title": f"<title>Hồ sơ {CODE}</title><p>Không rõ",
    "in a redirect": {"status": 302, "headers": {"Location": f"/ho-so/{CODE}"}},
    "in a redirect elsewhere": {"status": 302, "headers": {"Location": f"https://elsewhere.example/{CODE}"}},
    "in a redirect to a host": {"status": 302, "headers": {"Location": f"https://{CODE}.example/"}},
    "in a loop": {"status": 302, "headers": {"Location": f"/tra-cuu-ho-so?maHoSo={CODE}"}},
    "in a refusal": {"status": 500, "text": CODE, "headers": {"Retry-After": CODE}},
    "in a status": page(CODE),
}


@pytest.mark.parametrize("where", ECHOES)
@pytest.mark.parametrize("path", ["/tra-cuu-ho-so?maHoSo={code}", "/tra-cuu/{code}"])
async def test_no_fact_no_sentence_and_no_line_of_the_log_holds_a_whole_code(
    serve, network, target, where, path, caplog
):
    caplog.set_level(logging.DEBUG)
    answer = ECHOES[where]

    async def agency(_):
        told = answer if isinstance(answer, dict) else {"text": answer, "content_type": "text/html"}
        return web.Response(**told)

    async def portal(_):
        return web.json_response(envelope(9, note=CODE), status=201)

    await serve(agency, HANOI)
    await serve(portal, PORTAL)
    looked = await _looked(network(), probe(agency=replace(AGENCY, url=path)), target())
    result, lines = looked
    told = json.dumps([result.observation.detail, dict(result.observation.facts)], ensure_ascii=False)

    assert result.observation.reason is not Reason.BUG
    # The servers of this test log what they are asked, as the agency's will.
    ours = [record.getMessage() for record in caplog.records if record.name != "aiohttp.access"]
    assert CODE.casefold() not in f"{told}{lines}{ours}".casefold()
    assert CODE not in repr(probe())


def _check(probe):
    return Check(
        name="dossier",
        kind="dossier",
        probe=probe,
        every=timedelta(hours=1),
        timeout=timedelta(seconds=5),
        proves=Condition.CONNECTED,
        levels=frozenset(Level),
    )


async def _looked(network, probe, target):
    """One look of the runner, and what was logged."""
    agency = Agency(
        code="H26", name="Hà Nội", name_en="Hanoi", level=Level.PROVINCE, counted=True, portal=f"https://{HANOI}/"
    )
    with structlog.testing.capture_logs() as lines:
        result = await Runner(network, lambda _: None).look(
            Watch(agency=agency, check=_check(probe), aim=lambda _: target), datetime.now(UTC)
        )
    return result, lines


async def test_the_page_that_shows_a_checks_settings_shows_codes_in_part():
    check = _check(probe(CODE, OTHER))
    shown = dict(settings_of(check))
    assert shown["codes"] == f"('{SHOWN}', '000.00.00.H26-20…-0…1')"
    assert CODE not in str(shown)


async def test_a_code_in_the_path_is_not_in_the_fact_of_the_address(look_ups, look, target, serve, shows):
    await serve(shows("<p>Không rõ"), HANOI)
    observation, _ = await look(probe(agency=LookUp(url="/tra-cuu/{code}")), target())

    assert observation.facts["url"] == f"https://{HANOI}/tra-cuu/{SHOWN}"


# -- settings


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"codes": (CODE, "H26-1234")}, "^codes.2: must be a dossier's code"),
        ({"codes": (CODE, OTHER, CODE)}, "^codes.3: is named twice"),
        ({"codes": tuple(f"H26-240607-{n}" for n in range(10_000, 10_006))}, "^codes.6: at most 5"),
        ({"portal": None}, "^portal: must say"),
        ({"portal": LookUp()}, "^portal.url: must be a whole address"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, message):
    with pytest.raises(ValueError, match=message) as caught:
        probe(**{"codes": (CODE,), **settings})
    assert not any(code in str(caught.value) for code in (OTHER, "H26-1234"))


def test_a_dossier_that_could_not_be_compared_accuses_nobody():
    unsure = (Reason.UNREADABLE, Reason.NO_DATA, Reason.UPSTREAM, Reason.NOT_VISIBLE, Reason.BLOCKED)
    assert {reason.status for reason in unsure} == {Status.UNKNOWN}


def test_the_look_up_of_an_agency_is_on_its_portal_unless_an_address_is_given():
    portal = URL("https://dichvucong.hanoi.gov.vn/vi/trangchu")
    assert str(LookUp().address(CODE, portal)) == f"https://{HANOI}/tra-cuu-ho-so?maHoSo={CODE}"
