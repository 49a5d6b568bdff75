"""probes.security_server against servers that answer as X-Road does, and against others."""

import json

import pytest
from aiohttp import web
from yarl import URL

from probes import Reason
from probes.security_server import Probe

SERVER = "security.example"
HEALTH, REST = URL(f"http://{SERVER}/"), URL(f"http://{SERVER}")
LISTED = {"service": [{"service_code": "mapi"}, {"service_code": "kore"}]}


def reply(status=200, body="", content_type="text/plain", **headers):
    text = body if isinstance(body, str) else json.dumps(body)
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda: web.Response(status=status, text=text, content_type=content_type, headers=headers)


@pytest.fixture
def server(serve):
    """`await server(health, methods)`: a security server; gives what it was asked, as (path, X-Road-Client)."""

    async def start(health=reply(), methods=reply(200, LISTED)):  # noqa: B008 - makes an answer when it is asked
        asked = []

        async def handler(request):
            asked.append((request.rel_url.raw_path, request.headers.get("X-Road-Client")))
            return (health if request.path == "/" else methods)()

        await serve(handler, SERVER, tls=False)
        return asked

    return start


async def test_a_server_that_is_well_and_passes_messages_on_is_right(server, look, target):
    asked = await server()
    observation, _ = await look(Probe(health_url=HEALTH, url=REST), target())

    assert observation.reason is Reason.OK
    assert (observation.facts["health"], observation.facts["methods"]) == ("well", 2)
    assert asked == [
        ("/", None),
        ("/r1/VN/GOV/000.00.00.G22/vpcpdvcprovider/listMethods", "VN/GOV/000.00.00.H26"),
    ]


@pytest.mark.parametrize(("settings", "paths"), [({"health_url": HEALTH}, 1), ({"url": REST}, 1)])
async def test_either_address_is_enough(server, look, target, settings, paths):
    asked = await server()

    assert (await look(Probe(**settings), target()))[0].reason is Reason.OK
    assert len(asked) == paths


async def test_members_are_written_as_the_protocol_wants_it(server, look, target):
    asked = await server()
    await look(Probe(url=REST, provider="VN/GOV/a b/ĐVC", client="VN/GOV/x:y"), target())

    assert asked == [("/r1/VN/GOV/a%20b/%C4%90VC/listMethods", "VN/GOV/x%3Ay")]


@pytest.mark.parametrize(
    ("health", "reason", "said"),
    [
        (reply(500, "timed out for: OCSP status"), Reason.HTTP_5XX, "failing"),
        (reply(503, "Health check interface is in maintenance mode"), Reason.HTTP_5XX, "maintenance"),
        (reply(404, "<p>no page"), Reason.HTTP_4XX, "unclear"),
        (reply(403), Reason.BLOCKED, "unclear"),
        (reply(204), Reason.HTTP_STATUS, "unclear"),
        (reply(302, Location="http://elsewhere.example/"), Reason.HTTP_STATUS, "unclear"),
        (reply(200, " <html><p>Kết nối thành công", "text/html"), Reason.UNREADABLE, "unclear"),
    ],
)
async def test_a_server_that_is_not_well_is_told_and_asked_no_more(server, look, target, health, reason, said):
    asked = await server(health)
    observation, _ = await look(Probe(health_url=HEALTH, url=REST), target())

    assert observation.reason is reason
    assert observation.facts["health"] == said
    assert len(asked) == 1


async def test_what_failed_is_told_short_and_on_one_line(server, look, target):
    await server(reply(500, "timed\nout \x1b[31m" + "x" * 500))
    observation, _ = await look(Probe(health_url=HEALTH), target())

    assert observation.facts["health_message"].startswith("timed out [31mxxx")
    assert len(observation.facts["health_message"]) == 120


@pytest.mark.parametrize(
    ("methods", "reason", "facts"),
    [
        (
            reply(500, "{}", X_Road_Error="Server.ClientProxy.OutdatedGlobalConf"),
            Reason.EXCHANGE_FAILED,
            {"hop": "client_proxy", "error_type": "server.clientproxy.outdatedglobalconf"},
        ),
        (
            reply(500, "{}", X_Road_Error="server.serverproxy.access_denied"),
            Reason.EXCHANGE_FAILED,
            {"hop": "access", "error_type": "server.serverproxy.access_denied"},
        ),
        (reply(403, "{}", X_Road_Error="Client.BadRequest"), Reason.UNREADABLE, {"hop": "request"}),
        (reply(200, LISTED, X_Road_Error="x y"), Reason.UNREADABLE, {"hop": "unclear", "error_type": "other"}),
        (reply(500, "{}"), Reason.PROVIDER_ERROR, {}),
        (reply(404, "{}"), Reason.PROVIDER_ERROR, {}),
        (reply(403, "{}", X_Road_Id="1"), Reason.PROVIDER_ERROR, {}),
        (reply(403, "{}"), Reason.BLOCKED, {}),
        (reply(429, "{}"), Reason.BLOCKED, {}),
        (reply(301, Location="/x"), Reason.HTTP_STATUS, {}),
        (reply(200, {"service": []}), Reason.OK, {"methods": 0}),
        (reply(200, {"service": [{"service_code": "captcha"}]}), Reason.OK, {"methods": 1}),
        (reply(200, {"services": []}), Reason.UNREADABLE, {}),
        (reply(200, {"service": "thành công"}), Reason.UNREADABLE, {}),
        (reply(200, []), Reason.UNREADABLE, {}),
        (reply(200, "<html><p>Kết nối thành công", "text/html"), Reason.UNREADABLE, {}),
        (reply(200, "[" * 100_000), Reason.UNREADABLE, {}),
        (reply(200), Reason.UNREADABLE, {}),
    ],
)
async def test_the_exchanges_errors_are_told_from_the_providers(server, look, target, methods, reason, facts):
    await server(methods=methods)
    observation, _ = await look(Probe(url=REST), target())

    assert observation.reason is reason
    assert facts.items() <= observation.facts.items()


def test_without_an_address_there_is_nothing_to_look_at(target):
    assert not Probe().applies(target())
    assert Probe(url=REST).applies(target())
    assert Probe(health_url=HEALTH).applies(target())


@pytest.mark.parametrize("member", ["VN", "VN/GOV", "VN/GOV//x", "VN/GOV/a/b/c", "VN/GOV/a\n", "VN:GOV:a:b"])
@pytest.mark.parametrize("name", ["provider", "client"])
def test_a_member_that_is_none_is_refused(name, member):
    with pytest.raises(ValueError) as caught:
        Probe(**{name: member})
    assert str(caught.value).startswith(f"{name}: must be INSTANCE/CLASS/MEMBER")


def test_it_is_not_to_be_asked_more_often_than_its_answer_changes():
    assert Probe.least_every == 30.0
