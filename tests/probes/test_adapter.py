"""probes.adapter against servers that speak as the adapter does, or as nobody should."""

import json
from collections.abc import Mapping

import pytest
from aiohttp import web
from yarl import URL

from probes import Reason, Status
from probes._secret import Secret
from probes.adapter import Probe

SERVER = "security.example"
GOOD = {"session": "s3ssion-0001", "error_code": 0}
RESULT = {"error_code": 0, "message": "", "result": [{"MA": "01"}]}
ENDED = {"error_code": -2, "message": "Phiên làm việc đã hết hạn"}
PAGE = "<html><p>Kết nối thành công"


def probe(**changes):
    return Probe(**{"url": URL(f"http://{SERVER}"), "password": Secret("pass-w0rd-0001"), **changes})


def answered(told):
    """JSON of a document, a page of a text, or what a server made itself."""
    if isinstance(told, web.Response):
        return told
    page = isinstance(told, str)
    return web.Response(
        text=told if page else json.dumps(told), content_type="text/html" if page else "application/json"
    )


@pytest.fixture
def adapter(serve):
    """`await adapter([login, …], [call, …])`: the answers in turn, the last for ever; gives (path and query, headers, body)."""

    async def start(logins=(GOOD,), calls=(RESULT,)):
        asked, left = [], {"login": list(logins), "g": list(calls)}

        async def handler(request):
            asked.append((request.path_qs, request.headers, json.loads(await request.read())))
            answers = left[request.path.rpartition("/")[2]]
            told = answers.pop(0) if len(answers) > 1 else answers[0]
            return answered(told() if callable(told) else told)

        await serve(handler, SERVER, tls=False)
        return asked

    return start


def named(asked):
    return "".join("L" if "/login" in path else "g" for path, _, _ in asked)


def status(code, document=None, **headers):
    text = json.dumps(document) if isinstance(document, Mapping) else document or ""
    return lambda: web.Response(status=code, text=text, headers=headers)


# What is asked.


async def test_a_look_logs_in_and_reads_a_catalogue(adapter, look, target):
    asked = await adapter()
    observation, _ = await look(probe(), target())

    assert observation.reason is Reason.OK
    assert observation.facts["results"] == 1
    (login, headers, said), (call, _, body) = asked
    assert login == "/XrdAdapter/RestService/forward/mapi/login?dstcode=VN:GOV:000.00.00.G22:vpcpdvcprovider"
    assert call == "/XrdAdapter/RestService/forward/mapi/g?dstcode=VN:GOV:000.00.00.G22:vpcpdvcprovider"
    assert said == {"username": "000.00.00.H26", "password": "pass-w0rd-0001"}
    assert body == {"session": "s3ssion-0001", "madonvi": "000.00.00.H26", "service": "LayDanhMucTinhThanh"}
    assert headers["Accept"] == headers["Content-Type"] == "application/json"
    assert headers["Charset"] == "utf-8"
    assert headers["dstcode"] == "VN:GOV:000.00.00.G22:vpcpdvcprovider"


async def test_the_other_variant_names_the_provider_by_its_url(adapter, look, target):
    asked = await adapter()
    path = "/XrdAdapter/RestService/forward/bndp/public/v1/login"
    url = "https://apigiaytocanhan.dichvucong.gov.vn"
    await look(probe(login_path=path, providerurl=url), target())

    assert asked[0][0] == (
        f"{path}?dstcode=VN%3AGOV%3A000.00.00.G22%3Avpcpdvcprovider"
        "&providerurl=https%3A%2F%2Fapigiaytocanhan.dichvucong.gov.vn"
    )


async def test_a_proxy_of_the_agencys_own_can_be_asked_in_its_way(adapter, look, target):
    asked = await adapter()
    settings = {
        "login_path": "/api/mapi/login",
        "call_path": "/api/mapi/g",
        "dstcode": "",
        "headers": {"AppName": "giám sát", "AccessKey": Secret("k3y-0001")},
        "username": "user",
        "madonvi": "H26",
        "service": "LayThuTuc",
        "parameters": {"maTTHC": "1.001193"},
    }
    await look(probe(**settings), target())

    (login, headers, said), (call, _, body) = asked
    assert (login, call) == ("/api/mapi/login", "/api/mapi/g")
    assert headers["AccessKey"] == "k3y-0001"
    assert "dstcode" not in headers
    assert said["username"] == "user"
    assert (body["madonvi"], body["service"], body["maTTHC"]) == ("H26", "LayThuTuc", "1.001193")


# Sessions.


async def test_a_session_is_used_again(adapter, look, target):
    asked = await adapter()
    for _ in range(3):
        await look(probe(), target())

    assert named(asked) == "Lggg"


async def test_each_agency_has_a_session_of_its_own(adapter, look, target):
    asked = await adapter()
    await look(probe(), target())
    await look(probe(), target(code="H49"))

    assert named(asked) == "LgLg"


async def test_a_look_can_log_in_anew_each_time(adapter, look, target):
    asked = await adapter()
    for _ in range(2):
        await look(probe(session_kept=0), target())

    assert named(asked) == "LgLg"


async def test_a_session_that_has_ended_is_renewed_by_a_login_and_the_new_one_is_kept(adapter, look, target):
    sessions = [{"session": f"s3ssion-000{n}", "error_code": 0} for n in (1, 2)]
    asked = await adapter(sessions, [RESULT, ENDED, RESULT])
    first, renewed, third = [(await look(probe(), target()))[0] for _ in range(3)]

    assert [each.reason for each in (first, renewed, third)] == [Reason.OK] * 3
    assert ("renewed" in first.facts, renewed.facts["renewed"], "renewed" in third.facts) == (False, True, False)
    assert named(asked) == "LggLgg"
    assert [body["session"][-1] for path, _, body in asked if "/g?" in path] == ["1", "1", "2", "2"]


@pytest.mark.parametrize(
    "ended",
    [ENDED, {"error_code": "401"}, {"error_code": 9, "message": "Invalid SESSION"}, status(401), status(401, ENDED)],
)
async def test_an_ended_session_is_known_by_its_code_its_words_or_the_status(adapter, look, target, ended):
    asked = await adapter(calls=[ended, RESULT])

    assert (await look(probe(), target()))[0].reason is Reason.OK
    assert named(asked) == "LgLg"


async def test_how_a_session_ends_is_a_setting(adapter, look, target):
    asked = await adapter(calls=[{"error_code": "E77"}, RESULT])
    settings = {"expired_codes": ("E77",), "expired_words": ()}

    assert (await look(probe(**settings), target()))[0].reason is Reason.OK
    assert named(asked) == "LgLg"


async def test_a_session_that_was_just_had_and_is_not_known_is_lost(adapter, look, target):
    asked = await adapter(calls=[ENDED])
    observation, _ = await look(probe(), target())

    assert observation.reason is Reason.SESSION_LOST
    assert observation.facts["result_code"] == "-2"
    assert named(asked) == "LgLg"
    await look(probe(), target())
    assert named(asked) == "LgLgLgLg"  # what was lost is not kept


async def test_a_success_that_speaks_of_the_session_is_a_success(adapter, look, target):
    asked = await adapter(calls=[{**RESULT, "message": "Phiên hợp lệ"}])

    assert (await look(probe(), target()))[0].reason is Reason.OK
    assert named(asked) == "Lg"


async def test_a_login_that_is_refused_at_the_renewal_is_told_as_such(adapter, look, target):
    await adapter([GOOD, {"error_code": 1}], [ENDED])

    assert (await look(probe(), target()))[0].reason is Reason.LOGIN_REFUSED


async def test_a_login_that_failed_is_tried_anew_at_the_next_look(adapter, look, target):
    await adapter([status(500), GOOD])

    assert (await look(probe(), target()))[0].reason is Reason.HTTP_5XX
    assert (await look(probe(), target()))[0].reason is Reason.OK


# What is answered.


@pytest.mark.parametrize("code", [0, "0", "00"])
async def test_success_is_known_in_all_its_forms(adapter, look, target, code):
    await adapter([{**GOOD, "error_code": code}], [{**RESULT, "error_code": code}])

    assert (await look(probe(), target()))[0].reason is Reason.OK


async def test_an_address_that_our_own_settings_forbid_accuses_nobody(look, target):
    private = Probe(url=URL("http://127.0.0.1:8080"), password=Secret("p4ssword-of-nobody"))
    observation, _ = await look(private, target(), connect_to=())

    assert observation.reason is Reason.NOT_ALLOWED
    assert "network.ports and network.internal_hosts" in observation.detail


@pytest.mark.parametrize(
    ("login", "reason"),
    [
        ({"session": "s3ssion-0001", "error_code": 1, "message": "thành công"}, Reason.LOGIN_REFUSED),
        ({"session": None, "error_code": "-1"}, Reason.LOGIN_REFUSED),
        ({"session": "s3ssion-0001", "error_code": False}, Reason.UNREADABLE),
        (status(401, {"error_code": 0}), Reason.LOGIN_REFUSED),
        (status(403, {"error_code": 7}), Reason.LOGIN_REFUSED),
        (status(401), Reason.HTTP_4XX),
        (status(403), Reason.BLOCKED),
        (status(429, {"error_code": 7}), Reason.BLOCKED),
        (status(500, {"error_code": 0}), Reason.HTTP_5XX),
        (status(302, "", Location=f"http://{SERVER}/login"), Reason.HTTP_STATUS),
        ({"session": "", "error_code": 0}, Reason.UNREADABLE),
        ({"session": "có dấu", "error_code": 0}, Reason.UNREADABLE),
        ({"session": ["x"], "error_code": 0}, Reason.UNREADABLE),
        ({"token": "x", "errorCode": 0}, Reason.UNREADABLE),
        (["x"], Reason.UNREADABLE),
        (PAGE, Reason.UNREADABLE),
        ("", Reason.UNREADABLE),
        (status(500, "{}", **{"X-Road-Error": "Server.ClientProxy.NetworkError"}), Reason.EXCHANGE_FAILED),
    ],
)
async def test_a_login_is_judged_by_what_is_in_it(adapter, look, target, login, reason):
    asked = await adapter([login])

    assert (await look(probe(), target()))[0].reason is reason
    assert named(asked) == "L"


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        ({"error_code": 3, "message": "đã tồn tại", "result": [1]}, Reason.RESULT_CODE),
        ({"error_code": "000", "result": [1]}, Reason.RESULT_CODE),
        ({"error_code": None, "message": "Kết nối thành công", "result": [1]}, Reason.UNREADABLE),
        (status(403, {"error_code": 0, "result": [1]}), Reason.RESULT_CODE),
        ({"error_code": 0, "result": []}, Reason.EMPTY_RESULT),
        ({"error_code": 0, "result": None}, Reason.EMPTY_RESULT),
        ({"error_code": 0, "result": [{}, None]}, Reason.EMPTY_RESULT),
        ({"error_code": 0, "result": "thành công"}, Reason.UNREADABLE),
        ({"error_code": 0, "data": [1]}, Reason.UNREADABLE),
        ({"errorCode": 0, "data": [1]}, Reason.UNREADABLE),
        (PAGE, Reason.UNREADABLE),
        (status(204), Reason.UNREADABLE),
        (status(400, {"error_code": 0, "result": [1]}), Reason.HTTP_4XX),
        (status(403), Reason.BLOCKED),
        (status(502, "<p>bad gateway"), Reason.HTTP_5XX),
        (status(500, ENDED, **{"X-Road-Error": "Server.ServerProxy.AccessDenied"}), Reason.EXCHANGE_FAILED),
    ],
)
async def test_a_call_is_judged_by_what_is_in_it(adapter, look, target, call, reason):
    await adapter(calls=[call])

    assert (await look(probe(), target()))[0].reason is reason


async def test_that_it_says_connected_proves_nothing_and_accuses_nobody(adapter, look, target):
    await adapter([PAGE], [PAGE])

    assert (await look(probe(), target()))[0].status is Status.UNKNOWN


async def test_a_catalogue_that_speaks_of_captchas_is_no_firewalls(adapter, look, target):
    await adapter(calls=[{"error_code": 0, "result": [{"TEN": "captcha"}]}])

    assert (await look(probe(), target()))[0].reason is Reason.OK


async def test_the_code_of_an_error_is_a_fact(adapter, look, target):
    await adapter(calls=[{"error_code": -3, "result": []}])
    observation, _ = await look(probe(), target())

    assert observation.facts["result_code"] == "-3"
    assert observation.detail == f"{SERVER} answered 200 to LayDanhMucTinhThanh with the code -3; 0 was expected"


async def test_at_which_hop_the_exchange_failed_is_a_fact(adapter, look, target):
    await adapter([status(500, "{}", **{"X-Road-Error": "Server.ServerProxy.ServiceFailed.HttpError"})])
    observation, _ = await look(probe(), target())

    assert (observation.facts["hop"], observation.facts["error_type"]) == (
        "service",
        "server.serverproxy.servicefailed.httperror",
    )


async def test_a_server_that_is_silent_is_told_as_every_other(adapter, look, target, serve_raw):
    async def silent(reader, _):
        await reader.read()

    await serve_raw(silent, SERVER, tls=False)

    assert (await look(probe(), target(), at="processing"))[0].reason is Reason.TIMEOUT_RESPONSE


# Settings.


def test_without_an_address_there_is_nothing_to_look_at(target):
    assert not Probe().applies(target())
    assert probe().applies(target())


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"password": None}, "url: needs a password"),
        ({"login_path": "mapi/login"}, "login_path: must be a path from /, without a query"),
        ({"call_path": "/mapi/g?x=1"}, "call_path: must be a path from /, without a query"),
        ({"service": "DongBoHoSoMC"}, "service: must be one that reads: its name begins with Lay, TraCuu, DanhSach"),
        ({"session_kept": -1}, "session_kept: must not be negative"),
        ({"parameters": {"session": "x"}}, "parameters.session: is sent anyway"),
        ({"headers": {"a b": "x"}}, "headers.a b: must be a header of one line"),
        ({"headers": {"a": Secret("x\ny")}}, "headers.a: must be a header of one line"),
        ({"dstcode": "VN\n"}, "dstcode: must be one line of ASCII"),
    ],
)
def test_settings_that_cannot_work_are_refused(changes, why):
    with pytest.raises(ValueError) as caught:
        probe(**changes)
    assert str(caught.value) == why


def test_settings_can_be_shown_without_their_secrets():
    shown = repr(probe(headers={"AccessKey": Secret("k3y-0001")}))

    assert "pass-w0rd" not in shown
    assert "k3y-" not in shown
