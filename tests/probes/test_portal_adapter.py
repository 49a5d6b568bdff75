"""probes.dossier where the NPSP is asked by the data-exchange adapter: real servers that speak as it does, or do not."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from yarl import URL

from monitor.model import Check, Condition, Level
from monitor.web.probing import settings_of
from probes import Reason, adapter
from probes._look_up import LookUp
from probes._portal_adapter import PortalAdapter
from probes._secret import Secret
from probes.dossier import Probe

HANOI, SERVER = "dichvucong.hanoi.gov.vn", "security.example"
CODE, OTHER, OF_HUE = "H26.14-240607-12345", "000.00.00.H26-200420-0001", "H57.14-240607-12345"
SHOWN = "H26.14-24…-1…45"
GOOD = {"session": "s3ssion-0001", "error_code": 0}
ENDED = {"error_code": -2, "message": "Phiên làm việc đã hết hạn"}
PAGE = "<html><p>Kết nối thành công"
DAYS, HOUR = timedelta(days=20), timedelta(hours=1)
OF_A_DOSSIER = {Reason.STATUS_DIFFERS, Reason.STALE, Reason.MISSING_AT_PORTAL, Reason.MISSING_AT_AGENCY}


def by_adapter(**changes):
    return PortalAdapter(**{"url": URL(f"http://{SERVER}"), "password": Secret("pass-w0rd-0001"), **changes})


def probe(*codes, agency=LookUp(changed_pattern=r"Cập nhật: ([\d/: ]+)"), **changes):  # noqa: B008 - a frozen value
    return Probe(codes=codes or (CODE,), agency=agency, portal_adapter=by_adapter(**changes))


def local(ago):
    return datetime.now(UTC) + timedelta(hours=7) - ago


def page(status, ago=None):
    moment = f"<p>Cập nhật: {local(ago):%d/%m/%Y %H:%M}</p>" if ago is not None else ""
    return f"<title>Tra cứu</title><p>Trạng thái hồ sơ: <b>{status}</b></p>{moment}"


def result(*results, code=0):
    return {"error_code": code, "message": "", "result": list(results)}


def status(number, **more):
    return {"TRANGTHAIHOSO": number, **more}


def http(number, text="", **headers):
    return lambda: web.Response(status=number, text=text, headers=headers)


@pytest.fixture
def both(serve):
    """`await both(page of the agency, [login, …], [call, …])`: answers in turn, the last for ever; gives (step, body)."""

    async def start(here=None, calls=(), logins=(GOOD,)):
        asked, left = [], {"login": list(logins), "g": list(calls or [result(status(4))])}

        async def agency(_):
            return web.Response(text=here or "<p>Không tìm thấy hồ sơ", content_type="text/html")

        async def exchange(request):
            step = request.path.rpartition("/")[2]
            asked.append((step, json.loads(await request.read())))
            told = left[step].pop(0) if len(left[step]) > 1 else left[step][0]
            told = told() if callable(told) else told
            return told if isinstance(told, web.Response) else _written(told)

        await serve(agency, HANOI)
        await serve(exchange, SERVER, tls=False)
        return asked

    return start


def _written(told):
    text, kind = (told, "text/html") if isinstance(told, str) else (json.dumps(told), "application/json")
    return web.Response(text=text, content_type=kind)


def steps(asked):
    return "".join("L" if step == "login" else "g" for step, _ in asked)


# -- what is asked, and what comes of it


async def test_the_same_status_at_both_is_right(both, look, target):
    asked = await both(page("Đang xử lý", DAYS))
    observation, _ = await look(probe(), target())

    assert observation.reason is Reason.OK
    facts = dict(observation.facts)
    assert facts.pop("working_hours_agency") > 8
    assert facts == {
        "dossier": SHOWN,
        "dossiers": 1,
        "dossiers_ok": 1,
        "dossiers_pending": 0,
        "http_status": 200,
        "result_code": "0",
        "service": "TraCuuHoSo",
        "status_agency": 4,
        "status_portal": 4,
        "url": f"http://{SERVER}/XrdAdapter/RestService/forward/mapi/g",
    }
    assert observation.detail == (
        f"{HANOI} shows dossier {SHOWN} as 4 (in progress), {SERVER} as 4 (in progress); as expected"
    )
    assert asked == [
        ("login", {"username": "000.00.00.H26", "password": "pass-w0rd-0001"}),
        (
            "g",
            {"session": "s3ssion-0001", "madonvi": "000.00.00.H26", "service": "TraCuuHoSo", "mahoso": CODE},
        ),
    ]


@pytest.mark.parametrize(
    ("here", "call", "reason", "words"),
    [
        (page("Đang xử lý", DAYS), result(status("2")), Reason.STALE, "within 8 working hours, and"),
        (page("Đang xử lý", HOUR), result(status(2)), Reason.OK, "of which"),
        (page("Đang xử lý"), result(status("Được tiếp nhận")), Reason.STATUS_DIFFERS, "the same was expected"),
        (page("Đang xử lý"), result(status(4), status("04")), Reason.OK, "as expected"),
        (page("Đang xử lý"), result(status(4), code="00"), Reason.OK, "as expected"),
        (page("Đang xử lý", DAYS), result(), Reason.MISSING_AT_PORTAL, "as not known"),
        (page("Đang xử lý"), {"error_code": 0, "result": None}, Reason.MISSING_AT_PORTAL, "as not known"),
        (page("Đang xử lý", HOUR), result(), Reason.OK, "of which"),
        (None, result(status(2)), Reason.MISSING_AT_AGENCY, "as not known"),
        (None, result(), Reason.NO_DATA, "the same was expected"),
        (page("Đang xử lý"), result({}), Reason.UNREADABLE, "no status that can be read"),
        (page("Đang xử lý"), result(None), Reason.UNREADABLE, "no status that can be read"),
        (page("Đang xử lý"), result(status("đã qua")), Reason.UNREADABLE, "no status that can be read"),
        (page("Đang xử lý"), result({"trangThai": 4}), Reason.UNREADABLE, "to TraCuuHoSo with no status"),
        (page("Đang xử lý"), result(status(4), status(2)), Reason.UNREADABLE, "2 results of which one must be it"),
        (page("Đang xử lý"), result(status(4), {}), Reason.UNREADABLE, "2 results of which one must be it"),
    ],
)
async def test_each_case_has_its_reason(both, look, target, here, call, reason, words):
    await both(here, [call])
    observation, _ = await look(probe(), target())

    assert observation.reason is reason
    assert words in observation.detail
    assert observation.facts["dossier"] == SHOWN


async def test_where_things_stand_in_a_result_is_a_setting(both, look, target):
    there = {"tinhTrang": {"ten": "Hoàn thành"}, "luc": f"{local(DAYS / 2):%d/%m/%Y %H:%M}"}
    asked = await both(page("Đã trả kết quả", DAYS), [result(there)])
    settings = {
        "service": "TraCuuHoSoMoi",
        "code_parameter": "maHoSo",
        "parameters": {"loai": "1"},
        "status_path": "tinhTrang.ten",
        "words": {"hoàn thành": 10},
        "changed_path": "luc",
        "changed_format": "%d/%m/%Y %H:%M",
    }
    observation, _ = await look(probe(**settings), target())

    assert observation.reason is Reason.OK
    assert observation.facts["working_hours_agency"] > observation.facts["working_hours_portal"] > 8
    call = asked[1][1]
    assert (call["service"], call["maHoSo"], call["loai"]) == ("TraCuuHoSoMoi", CODE, "1")
    assert "mahoso" not in call


async def test_a_moment_that_cannot_be_read_is_not_told(both, look, target):
    await both(page("Đang xử lý"), [result(status(4, LUC="hôm qua"))])
    observation, _ = await look(probe(changed_path="LUC"), target())

    assert observation.reason is Reason.OK
    assert "working_hours_portal" not in observation.facts


# -- an error of the adapter says nothing of a dossier


ERRORS = [
    ({"error_code": 1, "session": None}, None, Reason.LOGIN_REFUSED),
    (http(401, json.dumps({"error_code": 0})), None, Reason.LOGIN_REFUSED),
    (None, ENDED, Reason.SESSION_LOST),
    (None, {"error_code": 3, "result": []}, Reason.RESULT_CODE),
    (None, {"error_code": "E404", "result": None}, Reason.RESULT_CODE),
    (None, http(403, json.dumps(result())), Reason.RESULT_CODE),
    (None, http(500, "{}", **{"X-Road-Error": "Server.ClientProxy.NetworkError"}), Reason.EXCHANGE_FAILED),
    (http(500, "{}", **{"X-Road-Error": "Server.ClientProxy.NetworkError"}), None, Reason.EXCHANGE_FAILED),
    (None, http(500, "{}", **{"X-Road-Error": "Server.ServerProxy.ServiceFailed"}), Reason.UPSTREAM),
    (None, http(500, "{}", **{"x-road-id": "1"}), Reason.PROVIDER_ERROR),
    (None, http(404, "{}", **{"x-road-id": "1"}), Reason.PROVIDER_ERROR),
    (None, http(404), Reason.HTTP_4XX),
    (None, http(502), Reason.HTTP_5XX),
    (None, http(403), Reason.BLOCKED),
    (None, http(429), Reason.BLOCKED),
]
NOT_READ = [
    (PAGE, None),
    ({"token": "x", "errorCode": 0}, None),
    (None, PAGE),
    (None, http(204)),
    (None, {"errorCode": 0, "data": []}),
    (None, {"error_code": 0, "data": []}),
    (None, {"error_code": 0, "result": {"TRANGTHAIHOSO": 4}}),
]


@pytest.mark.parametrize("here", [page("Đang xử lý", DAYS), None])
@pytest.mark.parametrize(("login", "call", "reason"), ERRORS)
async def test_an_error_of_the_adapter_keeps_its_reason(both, look, target, here, login, call, reason):
    asked = await both(here, [call or result()], [login or GOOD])
    observation, _ = await look(probe(CODE, OTHER), target())

    assert observation.reason is reason
    assert (observation.facts["dossiers"], observation.facts["dossier"]) == (1, SHOWN)
    assert {body.get("mahoso", CODE) for _, body in asked} == {CODE}  # the second is not asked for


@pytest.mark.parametrize(("login", "call"), NOT_READ)
async def test_an_answer_that_cannot_be_read_is_no_dossiers(both, look, target, login, call):
    await both(page("Đang xử lý", DAYS), [call or result()], [login or GOOD])

    assert (await look(probe(), target()))[0].reason is Reason.UNREADABLE


async def test_an_adapter_that_is_down_is_told_as_such(both, look, target, routes, free_port):
    await both(page("Đang xử lý", DAYS))
    routes.add(SERVER, 80, f"127.0.0.1:{free_port}")

    assert (await look(probe(), target()))[0].reason is Reason.REFUSED


async def test_a_code_of_an_error_may_say_that_there_is_no_such_dossier(both, look, target):
    await both(page("Đang xử lý", DAYS), [{"error_code": "E44", "message": CODE}])
    observation, _ = await look(probe(missing_codes=("E44",)), target())

    assert observation.reason is Reason.MISSING_AT_PORTAL
    assert (observation.facts["result_code"], observation.facts["http_status"]) == ("E44", 200)


async def test_who_may_not_ask_is_told_nothing_of_a_dossier(both, look, target):
    await both(page("Đang xử lý", DAYS), [http(403, json.dumps({"error_code": "E44"}))])

    assert (await look(probe(missing_codes=("E44",)), target()))[0].reason is Reason.RESULT_CODE


# -- sessions


async def test_one_session_serves_all_dossiers_and_looks_and_the_kind_adapter(both, look, target):
    asked = await both(page("Đang xử lý"))
    for _ in range(2):
        assert (await look(probe(CODE, OTHER), target()))[0].reason is Reason.OK
    other = adapter.Probe(url=URL(f"http://{SERVER}"), password=Secret("pass-w0rd-0001"))
    assert (await look(other, target()))[0].reason is Reason.OK

    assert steps(asked) == "Lggggg"


async def test_a_session_that_ends_between_two_dossiers_is_renewed(both, look, target):
    asked = await both(page("Đang xử lý"), [result(status(4)), ENDED, result(status(9))])
    observation, _ = await look(probe(CODE, OTHER), target())

    assert observation.reason is Reason.STATUS_DIFFERS
    assert observation.facts["renewed"] is True
    assert steps(asked) == "LggLg"


# -- settings


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"url": None}, "url: must say where the adapter is"),
        ({"password": None}, "url: needs a password"),
        ({"family": "both"}, "family: must be any, 4 or 6: a dossier is looked up once"),
        ({"service": "DongBoHoSoMC"}, "service: must be one that reads: its name begins with Lay, TraCuu, DanhSach"),
        ({"code_parameter": ""}, "code_parameter: must be the name of a parameter that is not sent anyway"),
        ({"code_parameter": "session"}, "code_parameter: must be the name of a parameter that is not sent anyway"),
        ({"parameters": {"mahoso": "x"}}, "code_parameter: must be the name of a parameter that is not sent anyway"),
        ({"status_path": ""}, "status_path: must say where the status stands in a result"),
        ({"words": {"xong": 11}}, "words.xong: must be a status from 1 to 10"),
    ],
)
def test_settings_that_cannot_work_are_refused(changes, why):
    with pytest.raises(ValueError) as caught:
        by_adapter(**changes)
    assert str(caught.value) == why


@pytest.mark.parametrize("changes", [{"status_path": "a b"}, {"changed_path": ".."}, {"changed_format": "%H"}])
def test_paths_and_formats_are_checked(changes):
    with pytest.raises(ValueError, match=f"^{next(iter(changes))}: must be"):
        by_adapter(**changes)


def test_the_portal_is_asked_in_one_way():
    with pytest.raises(ValueError, match=r"^portal_adapter: cannot be given beside portal"):
        Probe(portal=LookUp(url="https://dichvucong.gov.vn/{code}"), portal_adapter=by_adapter())


def test_a_password_is_sent_with_the_name_of_its_own_agency_only():
    with pytest.raises(ValueError, match=r"^codes\.2: must be of the agency of the first") as caught:
        probe(CODE, OF_HUE)
    assert OF_HUE not in str(caught.value)
    assert probe(CODE, OTHER)


def test_the_page_that_shows_a_checks_settings_shows_no_secret():
    shown = probe(headers={"AppName": "pl4in-but-private", "AccessKey": Secret("k3y-0001")})
    check = Check(
        name="dossier",
        kind="dossier",
        probe=shown,
        every=timedelta(hours=1),
        timeout=timedelta(seconds=5),
        proves=Condition.CONNECTED,
        levels=frozenset(Level),
    )
    text = f"{dict(settings_of(check))} {shown!r}"

    assert "password=<secret>" in text
    assert not [each for each in ("pass-w0rd", "k3y-", "pl4in", CODE) if each in text]
