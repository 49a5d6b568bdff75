"""Whatever a hostile adapter does with the password, the session and the code it was given: no look tells them."""

import base64
import json
import logging
from urllib.parse import quote

import pytest
from aiohttp import web
from yarl import URL

from probes import dossier
from probes._dossiers import masked
from probes._portal_adapter import PortalAdapter
from probes._secret import Secret
from probes.adapter import Probe

SERVER = "security.example"
TLS = False  # it plays no part here
# Each could be taken for a code, or for the type of an error, and so would pass as one.
PASSWORD, SESSION, KEY = "hunterword", "t0kenOfASession", "k3yOfAProxy1"
SECRETS = (PASSWORD, SESSION, KEY)
# Long, so that neither a port nor a time that is told can hold a part of it by chance.
HANOI, CODE = "dichvucong.hanoi.gov.vn", "H26.14-20240607-1938475"
SETTINGS = {"url": URL(f"http://{SERVER}"), "password": Secret(PASSWORD), "headers": {"AccessKey": Secret(KEY)}}
# Every way of writing one that a program would think of; letters of a host are small ones.
FORMS = {
    "as it is": str,
    "in capitals": str.upper,
    "percent-encoded": lambda text: quote(text, safe=""),
    "a piece": lambda text: text[:6],
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
}

# Of a code a part may be shown (`masked`); these may not be.
CODE_FORMS = {
    "as it is": str,
    "in small letters": str.lower,
    "percent-encoded": lambda code: quote(code, safe="").replace(".", "%2E"),
    "without what is between": lambda code: code.replace("-", "").replace(".", ""),
    "its day": lambda code: code.split("-")[1],
    "its number": lambda code: code.split("-")[2],
    "base64": lambda code: base64.b64encode(code.encode()).decode(),
}


def hostile(text):
    """Answers that hold the text, by the place it is in."""

    def envelope(**changes):
        return lambda: web.json_response({"session": SESSION, "error_code": 0, "result": [{"A": 1}], **changes})

    def headers(status=200, body="{}", **more):
        return lambda: web.Response(status=status, text=body, headers={k.replace("_", "-"): v for k, v in more.items()})

    def page(status=200):
        body = f"<html><title>{text}</title><a href='http://{text}.example/'>{text}</a>{text}"
        return lambda: web.Response(status=status, text=body, content_type="text/html")

    challenge = f"<title>{text}</title>Just a moment <script src=/challenge-platform></script>"
    return {
        "code": envelope(error_code=text),
        "code and more": envelope(error_code=f"E{text}"),
        "message": envelope(error_code=3, message=text),
        "result": envelope(result=[{text: text}]),
        "another result": envelope(result={text: text}),
        "status of a dossier": envelope(result=[{"TRANGTHAIHOSO": text, "THOIDIEM": text}]),
        "two of them": envelope(result=[{"TRANGTHAIHOSO": text}, {"TRANGTHAIHOSO": 4}]),
        "name of a field": envelope(**{text: text}),
        "page": page(),
        "page with an error": page(500),
        "page that blocks": page(403),
        "challenge": lambda: web.Response(text=challenge, content_type="text/html"),
        "redirect to its host": headers(302, Location=f"http://{text}.example/"),
        "redirect to its path": headers(307, Location=f"http://{SERVER}/{text}?{text}"),
        "refresh": lambda: web.Response(
            text=f"<meta http-equiv=refresh content='0;url=http://{text}.example/'>", content_type="text/html"
        ),
        "X-Road-Error": headers(500, X_Road_Error=text),
        "type of an error": headers(500, X_Road_Error=f"Server.ClientProxy.{text}"),
        "Retry-After": headers(503, Retry_After=text),
        "Content-Type": headers(200, Content_Type=f"text/{text}"),
        "Server": headers(404, Server=text, X_Anything=text),
        "status line": lambda: web.Response(status=500, reason=text),
        "cookie": headers(500, Set_Cookie=f"a={text}"),
        "Last-Modified": headers(200, Last_Modified=text),
    }


PLACES = tuple(hostile("x"))


@pytest.fixture
def adapter(serve):
    """`await adapter(login=…, call=…)`; who is asked keeps nothing."""

    async def start(login=None, call=None):
        good = {"session": SESSION, "error_code": 0}

        async def handler(request):
            if request.path.endswith("/login"):
                return login() if login else web.json_response(good)
            return call() if call else web.json_response({"error_code": 0, "result": [1]})

        await serve(handler, SERVER, tls=False)

    return start


@pytest.fixture
def told(look, target, caplog, capfd):
    """`await told(probe, times)`: everything that looks leave behind, facts, sentences, logs and what is printed."""

    async def gather(probe=Probe(**SETTINGS), times=2):  # noqa: B008 - a frozen value
        caplog.set_level(logging.DEBUG)
        seen = []
        for _ in range(times):
            observation, trip = await look(probe, target())
            seen.append(f"{observation!r} {dict(observation.facts)} {dict(trip.facts)} {trip.phases} {probe!r}")
        printed = capfd.readouterr()
        # The servers of this test log what they are asked, as the agency's will.
        lines = [caplog.handler.format(record) for record in caplog.records if record.name != "aiohttp.access"]
        return " ".join((*seen, *lines, printed.out, printed.err))

    return gather


def holds(text, secret):
    folded = text.casefold()
    return [form for form, written in FORMS.items() if written(secret).casefold() in folded]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("secret", [PASSWORD, KEY])
async def test_what_the_login_echoes_is_not_told(adapter, told, secret, form, place):
    await adapter(login=hostile(FORMS[form](secret))[place])
    text = await told()

    assert [holds(text, each) for each in SECRETS] == [[], [], []]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("secret", SECRETS)
async def test_what_a_call_echoes_is_not_told(adapter, told, secret, form, place):
    await adapter(call=hostile(FORMS[form](secret))[place])
    text = await told()

    assert [holds(text, each) for each in SECRETS] == [[], [], []]


async def test_a_session_that_is_the_password_is_not_told(adapter, told):
    await adapter(login=lambda: web.json_response({"session": PASSWORD, "error_code": PASSWORD}))

    assert holds(await told(), PASSWORD) == []


@pytest.fixture
async def by_adapter(serve):
    """The kind dossier, which asks the agency and then the adapter."""

    async def agency(_):
        return web.Response(text="<p>Trạng thái hồ sơ: <b>Đang xử lý</b></p>", content_type="text/html")

    await serve(agency, HANOI)
    return dossier.Probe(codes=(CODE,), portal_adapter=PortalAdapter(**SETTINGS, changed_path="THOIDIEM"))


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("step", ["login", "call"])
async def test_what_is_echoed_to_a_look_at_a_dossier_is_not_told(adapter, told, by_adapter, step, form, place):
    for secret in SECRETS if step == "call" else (PASSWORD, KEY):
        await adapter(**{step: hostile(FORMS[form](secret))[place]})
        text = await told(by_adapter, times=1)

        assert [holds(text, each) for each in SECRETS] == [[], [], []]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("form", CODE_FORMS)
@pytest.mark.parametrize("step", ["login", "call"])
async def test_a_code_that_is_echoed_is_shown_in_part_only(adapter, told, by_adapter, step, form, place):
    await adapter(**{step: hostile(CODE_FORMS[form](CODE))[place]})
    text = await told(by_adapter)

    assert masked(CODE) in text
    shown = text.casefold()
    assert [name for name, written in CODE_FORMS.items() if written(CODE).casefold() in shown] == []


async def test_the_password_is_sent_to_no_other_host_than_its_own(serve, look, target):
    heard = []

    async def elsewhere(request):
        heard.append((dict(request.headers), await request.read()))
        return web.json_response({"session": SESSION, "error_code": 0})

    async def leads(_):
        return web.Response(status=307, headers={"Location": "http://elsewhere.example/"})

    await serve(leads, SERVER, tls=False)
    await serve(elsewhere, "elsewhere.example", tls=False)
    await look(Probe(url=URL(f"http://{SERVER}"), password=Secret(PASSWORD)), target())

    assert heard == []


async def test_the_name_under_which_a_session_is_kept_holds_no_secret(adapter, look, target, network):
    await adapter()
    await look(Probe(url=URL(f"http://{SERVER}"), password=Secret(PASSWORD)), target())
    kept = " ".join(network()._shared._entries)

    assert "adapter session of security.example" in kept
    assert [holds(kept, each) for each in SECRETS] == [[], [], []]
    assert SESSION not in repr([entry.task.result() for entry in network()._shared._entries.values()])


async def test_a_bug_of_ours_tells_nothing_either(adapter, look, target, monkeypatch):
    await adapter()
    monkeypatch.setattr(json, "dumps", None)
    with pytest.raises(TypeError) as caught:
        await look(Probe(url=URL(f"http://{SERVER}"), password=Secret(PASSWORD)), target())

    assert PASSWORD not in str(caught.value)
