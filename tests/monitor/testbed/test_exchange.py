"""The emulated security server and adapter: what the real probes find at each of its faults."""

import pytest
from aiohttp import ClientSession
from yarl import URL

from monitor.model import Agency, Level
from monitor.testbed.exchange import PASSWORD, USES, Exchange
from monitor.testbed.faults import Fault, Layer
from probes import Reason, adapter, security_server
from probes._secret import Secret

SERVER = "security.example"
BASE = URL(f"http://{SERVER}")
HANOI = Agency(code="H26", name="Hà Nội", name_en="Hanoi", level=Level.PROVINCE, counted=True)
ADAPTER = adapter.Probe(url=BASE, password=Secret(PASSWORD))
HEALTH = security_server.Probe(health_url=BASE)
METHODS = security_server.Probe(url=BASE)
BOTH = security_server.Probe(health_url=BASE, url=BASE)

# By the adapter, by the health check, by listMethods; a fault that is not here fails its test.
FOUND = {
    Fault.LOGIN_REFUSED: (Reason.LOGIN_REFUSED, Reason.OK, Reason.OK),
    Fault.RESULT_CODE_3: (Reason.RESULT_CODE, Reason.OK, Reason.OK),
    Fault.CODES_AS_TEXT: (Reason.OK, Reason.OK, Reason.OK),
    Fault.SESSION_EXPIRES: (Reason.OK, Reason.OK, Reason.OK),
    Fault.SESSION_NEVER_GOOD: (Reason.SESSION_LOST, Reason.OK, Reason.OK),
    Fault.SAYS_CONNECTED: (Reason.UNREADABLE, Reason.UNREADABLE, Reason.UNREADABLE),
    Fault.EMPTY_RESULT: (Reason.EMPTY_RESULT, Reason.OK, Reason.OK),
    Fault.CLIENT_PROXY_ERROR: (Reason.EXCHANGE_FAILED, Reason.OK, Reason.EXCHANGE_FAILED),
    Fault.SERVER_PROXY_ERROR: (Reason.UPSTREAM, Reason.OK, Reason.UPSTREAM),
    Fault.PROVIDER_ERROR: (Reason.PROVIDER_ERROR, Reason.OK, Reason.PROVIDER_ERROR),
    Fault.UNHEALTHY: (Reason.OK, Reason.HTTP_5XX, Reason.OK),
    Fault.ENVELOPE_CHANGED: (Reason.UNREADABLE, Reason.OK, Reason.UNREADABLE),
}


@pytest.fixture
def exchange(serve):
    """`await exchange(*faults, **settings)`: a served Exchange; gives the paths it was asked."""

    async def start(*faults, **settings):
        emulated, asked = Exchange([HANOI], **settings), []

        async def handler(request):
            asked.append(request.path)
            return await emulated.answer(request, frozenset(faults))

        await serve(handler, SERVER, tls=False)
        return asked

    return start


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault.layer is Layer.EXCHANGE])
async def test_every_fault_is_found_by_the_real_probes(exchange, look, target, fault):
    await exchange(fault)
    found = [(await look(probe, target()))[0].reason for probe in (ADAPTER, HEALTH, METHODS)]

    assert tuple(found) == FOUND[fault]


async def test_an_exchange_that_is_well_is_found_well(exchange, look, target):
    await exchange()
    for probe in (ADAPTER, HEALTH, METHODS, BOTH):
        assert (await look(probe, target()))[0].reason is Reason.OK


@pytest.mark.parametrize(
    ("fault", "hop"), [(Fault.CLIENT_PROXY_ERROR, "client_proxy"), (Fault.SERVER_PROXY_ERROR, "server_proxy")]
)
async def test_the_hop_is_found(exchange, look, target, fault, hop):
    await exchange(fault)
    for probe in (ADAPTER, METHODS):
        assert (await look(probe, target()))[0].facts["hop"] == hop


async def test_of_dossiers_it_tells_what_it_is_given(exchange, look, target):
    """Of TraCuuHoSo alone; an empty result where the NPSP does not know the dossier."""
    asked = []
    await exchange(dossiers=lambda code: (asked.append(code), ({"TRANGTHAIHOSO": "4"},) if code == "known" else ())[1])
    found = []
    for code in ("known", "another"):
        settings = {"url": BASE, "password": Secret(PASSWORD), "service": "TraCuuHoSo", "parameters": {"mahoso": code}}
        found.append((await look(adapter.Probe(**settings), target()))[0].reason)
    await look(ADAPTER, target())

    assert found == [Reason.OK, Reason.EMPTY_RESULT]
    assert asked == ["known", "another"]


async def test_a_session_ends_after_so_many_uses_and_is_renewed(exchange, look, target):
    asked = await exchange(uses=2)
    for _ in range(3):
        assert (await look(ADAPTER, target()))[0].reason is Reason.OK

    assert ["login" if path.endswith("login") else "g" for path in asked] == ["login", "g", "g", "g", "login", "g"]


async def test_a_session_that_ends_early_is_renewed_in_every_look_and_does_no_harm(exchange, look, target):
    await exchange(Fault.SESSION_EXPIRES)
    for renewed in (False, True, True):
        observation, _ = await look(ADAPTER, target())
        assert observation.reason is Reason.OK
        assert observation.facts.get("renewed", False) is renewed


@pytest.mark.parametrize("changes", [{"password": Secret("another")}, {"username": "000.00.00.H27"}])
async def test_who_is_not_known_is_not_let_in(exchange, look, target, changes):
    await exchange()
    settings = {"url": BASE, "password": Secret(PASSWORD), **changes}

    assert (await look(adapter.Probe(**settings), target()))[0].reason is Reason.LOGIN_REFUSED


async def test_a_message_that_does_not_say_where_to_is_refused_by_the_security_server(exchange, look, target):
    await exchange()
    observation, _ = await look(adapter.Probe(url=BASE, password=Secret(PASSWORD), dstcode=""), target())

    assert (observation.reason, observation.facts["hop"]) == (Reason.UNREADABLE, "request")


async def test_whatever_is_asked_is_answered(exchange, routes):
    await exchange()
    where = f"http://{routes.entries[SERVER, 80]}"
    async with ClientSession() as session:
        for path in ("/XrdAdapter/RestService/forward/mapi/g?dstcode=x", "/elsewhere", "/"):
            for body in (b"", b"[]", b"\xff", b'{"session": ["x"]}'):
                async with session.post(f"{where}{path}", data=body) as answer:
                    assert answer.status in (200, 404)


def test_a_session_is_good_for_some_time():
    assert USES > 1
