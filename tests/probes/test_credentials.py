"""probes._credentials against a real token endpoint: who a look says it is, to whom, and that it is shown to nobody else."""

import asyncio
import base64
import json
import logging
from dataclasses import replace
from urllib.parse import parse_qs

import pytest
from aiohttp import web
from yarl import URL

from probes import Reason, Status, Trouble
from probes._credentials import Credentials, OAuth2
from probes._secret import Secret
from probes.http import Probe

HANOI = "dichvucong.hanoi.gov.vn"
TOKENS = "login.example"
OAUTH2 = OAuth2(token_url=URL(f"https://{TOKENS}/token"), client_id="npsp", client_secret=Secret("cl/ient s3cret"))
SECRETS = ("pass-w0rd", "be-4rer", "cl/ient s3cret", "cl%2Fient", "t0ken", "b0dy", "p4rameter")


@pytest.fixture
def endpoint(serve):
    """`await endpoint(answer, …)`: a token endpoint; gives what it was asked, as (authorization, form)."""

    async def start(*answers, status=200):
        asked, left = [], list(answers) or [{"access_token": "t0ken", "token_type": "Bearer", "expires_in": 3600}]

        async def handler(request):
            asked.append((request.headers.get("Authorization"), parse_qs((await request.read()).decode())))
            answer = left.pop(0) if len(left) > 1 else left[0]
            if isinstance(answer, int):
                return web.Response(status=answer)
            body = answer if isinstance(answer, str) else json.dumps(answer)
            return web.Response(text=body, status=status, content_type="application/json")

        await serve(handler, TOKENS)
        return asked

    return start


@pytest.fixture
async def portal(serve):
    """A portal that keeps the credentials it was shown."""
    shown = []

    async def handler(request):
        shown.append(request.headers.get("Authorization"))
        return web.Response(text="<p>Cổng", content_type="text/html")

    await serve(handler)
    return shown


async def test_a_name_and_a_password_are_sent(portal, look, target):
    observation, _ = await look(Probe(user="giám sát", password=Secret("pass-w0rd")), target())

    assert observation.reason is Reason.OK
    assert base64.b64decode(portal[0].removeprefix("Basic ")).decode() == "giám sát:pass-w0rd"


async def test_a_bearer_token_is_sent(portal, look, target):
    await look(Probe(bearer=Secret("be-4rer")), target())

    assert portal == ["Bearer be-4rer"]


async def test_a_token_is_had_of_its_endpoint_and_sent(endpoint, portal, look, target):
    asked = await endpoint()
    oauth2 = replace(OAUTH2, scopes=("a", "b"), parameters={"audience": "x", "key": Secret("p4rameter")})
    observation, _ = await look(Probe(oauth2=oauth2), target())

    assert observation.reason is Reason.OK
    assert portal == ["Bearer t0ken"]
    authorization, form = asked[0]
    assert base64.b64decode(authorization.removeprefix("Basic ")) == b"npsp:cl%2Fient+s3cret"
    assert form == {"grant_type": ["client_credentials"], "audience": ["x"], "key": ["p4rameter"], "scope": ["a b"]}


async def test_a_token_is_had_once_for_all_looks(endpoint, portal, look, target):
    asked = await endpoint()
    await asyncio.gather(*(look(Probe(oauth2=OAUTH2), target()) for _ in range(5)))

    assert (len(asked), portal) == (1, ["Bearer t0ken"] * 5)


async def test_other_settings_have_a_token_of_their_own(endpoint, portal, look, target):
    asked = await endpoint()
    await look(Probe(oauth2=OAUTH2), target())
    await look(Probe(oauth2=replace(OAUTH2, client_secret=Secret("another"))), target())

    assert len(asked) == 2


async def test_a_token_is_replaced_before_its_end(endpoint, portal, look, target, monkeypatch):
    """By a clock that is set forward: only the life of a token is counted by it."""
    asked = await endpoint({"access_token": "first", "expires_in": 100}, {"access_token": "second", "expires_in": 100})
    now = [1000.0]
    monkeypatch.setattr("probes._credentials.monotonic", lambda: now[0])
    for at in (1000.0, 1089.0, 1091.0, 1092.0):
        now[0] = at
        await look(Probe(oauth2=OAUTH2), target())

    assert portal == ["Bearer first", "Bearer first", "Bearer second", "Bearer second"]
    assert len(asked) == 2


async def test_an_endpoint_that_reads_the_secret_from_the_body_only_gets_it_there(endpoint, portal, look, target):
    asked = await endpoint(401, {"access_token": "t0ken"})
    await look(Probe(oauth2=OAUTH2), target())

    assert portal == ["Bearer t0ken"]
    assert asked[1] == (
        None,
        {"grant_type": ["client_credentials"], "client_id": ["npsp"], "client_secret": ["cl/ient s3cret"]},
    )


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        ({"error": "invalid_client"}, 401, "answered 401 (invalid_client)"),
        ({"error": "cl/ient s3cret is wrong"}, 400, "answered 400; a token was expected"),
        (503, 503, "answered 503"),
        ("no JSON", 200, "answered 200; a token"),
        ("[" * 50_000, 200, "answered 200; a token"),
        ("[]", 200, "answered 200; a token"),
        ({"access_token": "a\r\nX-Evil: 1"}, 200, "a token was expected"),
        ({"access_token": 5}, 200, "a token was expected"),
        ({"access_token": "x" * 70_000}, 200, "login.example"),
    ],
)
async def test_that_no_token_is_given_is_our_trouble(endpoint, portal, look, target, answer, status, said):
    await endpoint(answer, status=status)
    observation, _ = await look(Probe(oauth2=OAUTH2), target())

    assert observation.reason is Reason.UPSTREAM
    assert observation.status is Status.UNKNOWN
    assert observation.detail.startswith("the token endpoint gave no token: ")
    assert said in observation.detail
    assert portal == []


async def test_an_endpoint_that_is_not_there_is_our_trouble_even_where_a_closed_portal_is_right(
    portal, look, target, routes, free_port
):
    routes.add(TOKENS, 443, f"127.0.0.1:{free_port}")
    observation, _ = await look(Probe(oauth2=OAUTH2, answers="national_portal"), target())

    assert observation.reason is Reason.UPSTREAM
    assert "login.example: connection refused" in observation.detail


async def test_an_endpoint_that_gave_none_is_asked_again_after_a_while(endpoint, portal, look, target, monkeypatch):
    asked = await endpoint(503, 503, {"access_token": "t0ken"})
    now = [1000.0]
    monkeypatch.setattr("probes._credentials.monotonic", lambda: now[0])
    reasons = []
    for at in (1000.0, 1020.0, 1031.0):
        now[0] = at
        reasons.append((await look(Probe(oauth2=OAUTH2), target()))[0].reason)

    assert reasons[:2] == [Reason.UPSTREAM, Reason.UPSTREAM]
    assert len(asked) == 2


async def test_the_secret_of_a_token_endpoint_follows_no_redirect(serve, portal, look, target):
    async def moved(_):
        return web.Response(status=307, headers={"Location": "https://thief.example/"})

    async def thief(request):
        raise AssertionError

    await serve(moved, TOKENS)
    await serve(thief, "thief.example")

    assert (await look(Probe(oauth2=OAUTH2), target()))[0].reason is Reason.UPSTREAM


WAYS = {
    "password": {"user": "npsp", "password": Secret("pass-w0rd")},
    "bearer": {"bearer": Secret("be-4rer")},
    "token": {"oauth2": OAUTH2},
    "body": {"method": "POST", "body": Secret("b0dy")},
    "header": {"headers": {"X-Key": Secret("be-4rer")}},
}


@pytest.mark.parametrize("how", ["redirect", "refresh"])
@pytest.mark.parametrize("name", WAYS)
async def test_what_is_secret_is_for_the_first_origin_alone(serve, endpoint, shows, look, target, name, how):
    seen = []
    other = f"other.{HANOI}"

    async def thief(request):
        seen.append((dict(request.headers), await request.read()))
        return web.Response(text="<p>Cổng", content_type="text/html")

    led = f"https://{other}/"
    refresh = shows(f'<meta http-equiv="refresh" content="0; url={led}">')
    await serve(shows("", status=307, headers={"Location": led}) if how == "redirect" else refresh)
    await serve(thief, other)
    await endpoint()
    for page in (True, False):
        await look(Probe(page=page, **WAYS[name]), target())

    assert not [secret for secret in SECRETS if secret in repr(seen)]
    assert "Authorization" not in repr(seen)


@pytest.mark.parametrize("status", [200, 401, 403, 500])
@pytest.mark.parametrize("name", WAYS)
async def test_what_is_secret_is_shown_nowhere(serve, endpoint, look, target, caplog, capfd, name, status):
    async def echo(request):
        return web.Response(text=f"<title>{request.path}</title><p>Cổng", status=status, content_type="text/html")

    await serve(echo)
    await endpoint()
    caplog.set_level(logging.DEBUG)
    probe = Probe(**WAYS[name])
    observation, trip = await look(probe, target())
    shown = [repr(probe), repr(observation), repr(trip.facts), repr(probe.terms()), caplog.text, *capfd.readouterr()]

    assert not [secret for secret in SECRETS if secret in "".join(shown)]


async def test_what_a_token_is_shared_under_holds_no_secret():
    key = replace(OAUTH2, parameters={"a": Secret("p4rameter")}).key

    assert not [secret for secret in SECRETS if secret in key]
    assert key == replace(OAUTH2, parameters={"a": Secret("p4rameter")}).key != OAUTH2.key


async def test_trouble_with_a_token_holds_no_secret(endpoint, network):
    await endpoint({"error": "t0ken"}, status=400)
    with pytest.raises(Trouble) as caught:
        await Credentials(oauth2=OAUTH2).authorization(network().trip())

    assert not [secret for secret in SECRETS if secret in str(caught.value) + repr(caught.value)]


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"user": "a"}, "user"),
        ({"password": Secret("a")}, "user"),
        ({"user": "a:b", "password": Secret("a")}, "user"),
        ({"bearer": Secret("a"), "user": "a", "password": Secret("a")}, "bearer"),
        ({"bearer": Secret("a"), "oauth2": OAUTH2}, "oauth2"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, name):
    with pytest.raises(ValueError, match=f"^{name}: "):
        Credentials(**settings)


def test_a_secret_is_not_sent_in_the_open():
    with pytest.raises(ValueError, match="token_url: must be https"):
        replace(OAUTH2, token_url=URL("http://login.example/token"))
