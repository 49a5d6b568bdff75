"""probes.one_door against real former doors: gone, leading on, open, or unclear."""

import pytest
from yarl import URL

from monitor.testbed.authority import CertificateFault
from probes import Reason, Status
from probes.one_door import Probe

HANOI = "dichvucong.hanoi.gov.vn"
OLD, STOP = "dvc-cu.hanoi.gov.vn", "motcua.hanoi.gov.vn"
FIRST, SECOND = URL(f"https://{OLD}/"), URL(f"https://{STOP}/")


@pytest.fixture
def doors(target):
    return lambda *doors, **changes: target(former_doors=doors or (FIRST,), **changes)


async def test_an_agency_without_a_known_former_door_is_not_looked_at(doors, target):
    assert not Probe().applies(target())
    assert Probe().applies(doors())


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "to", [f"https://{HANOI}/", f"http://{HANOI}/x", f"https://www.{HANOI}", "https://dichvucong.gov.vn/"]
)
async def test_a_door_that_leads_to_the_one_system_is_closed(serve, leads, look, doors, status, to):
    """Where it leads is not asked: nothing serves it here."""
    await serve(leads(to, status), OLD)
    observation, _ = await look(Probe(), doors())

    assert observation.reason is Reason.OK
    assert observation.facts["doors_closed"] == OLD
    assert observation.facts["answers"].startswith(f"{OLD} {status}, leads to ")


@pytest.mark.parametrize(
    "body",
    [
        f"<meta http-equiv=refresh content='3;url=https://{HANOI}/'><p>Đang chuyển…",
        f"<script>location.replace('https://{HANOI}/')</script>",
    ],
)
async def test_a_door_that_leads_on_by_its_page_is_closed(serve, shows, look, doors, body):
    await serve(shows(body), OLD)

    assert (await look(Probe(), doors()))[0].reason is Reason.OK


@pytest.mark.parametrize("status", [404, 410])
async def test_a_door_that_is_not_found_is_closed(serve, shows, look, doors, status):
    await serve(shows("<p>Không tìm thấy", status=status), OLD)

    assert (await look(Probe(), doors()))[0].reason is Reason.OK


async def test_a_door_whose_server_is_gone_is_closed(look, doors, routes, free_port):
    routes.add(OLD, 443, f"127.0.0.1:{free_port}")
    observation, _ = await look(Probe(), doors())

    assert observation.reason is Reason.OK
    assert "refused" in observation.detail


@pytest.mark.parametrize("name", ["nobody", "empty"])
async def test_a_door_that_was_only_guessed_is_no_evidence_when_it_is_not_there(look, doors, name_server, name):
    url = URL(f"https://{name}.example/")
    guessed = doors(url, guessed=frozenset({url.host}))

    assert (await look(Probe(), guessed, resolver=(name_server,)))[0].reason is Reason.DOOR_UNCLEAR


@pytest.mark.parametrize(
    ("name", "reason"),
    [("nobody", Reason.OK), ("empty", Reason.OK), ("broken", Reason.DOOR_UNCLEAR)],
)
async def test_a_door_whose_name_is_gone_is_closed(look, doors, name_server, name, reason):
    observation, _ = await look(Probe(), doors(URL(f"https://{name}.example/")), resolver=(name_server,))

    assert observation.reason is reason
    assert f"{name}.example answered dns_" in observation.detail


async def test_a_door_that_shows_pages_of_its_own_is_open(serve, shows, leads, look, doors):
    await serve(leads(f"https://{HANOI}/"), OLD)
    await serve(shows(), STOP)
    observation, _ = await look(Probe(), doors(FIRST, SECOND))

    assert observation.reason is Reason.SECOND_DOOR_OPEN
    assert observation.status is Status.FAILED
    assert observation.facts["doors"] == 2
    assert observation.facts["doors_open"] == STOP
    assert observation.facts["doors_closed"] == OLD
    assert f"{STOP} answered 200 with pages of its own" in observation.detail


async def test_a_door_that_leads_to_a_page_of_its_own_is_open(serve, site, leads, look, doors):
    await serve(leads(f"https://{OLD}/"), OLD, tls=False)
    await serve(site({"/": leads("/trang-chu"), "/trang-chu": "<p>Một cửa điện tử"}), OLD)
    observation, _ = await look(Probe(), doors(FIRST.with_scheme("http")))

    assert observation.reason is Reason.SECOND_DOOR_OPEN


async def test_a_door_that_leads_to_another_former_door_is_as_that_one_is(serve, shows, leads, look, doors):
    await serve(leads(str(SECOND)), OLD)
    await serve(shows(), STOP)
    observation, _ = await look(Probe(), doors(FIRST, SECOND))

    assert observation.facts["doors_open"] == f"{OLD}, {STOP}"


async def test_a_door_below_the_agencys_own_name_is_a_door_all_the_same(serve, site, leads, look, doors):
    """motcua.hanoi.gov.vn is below hanoi.gov.vn; its way to a page of its own is not a way to the one system."""
    await serve(site({"/": leads("/home"), "/home": "<p>Một cửa"}), STOP)
    observation, _ = await look(Probe(), doors(SECOND, hosts=frozenset({HANOI, "hanoi.gov.vn"})))

    assert observation.reason is Reason.SECOND_DOOR_OPEN


async def test_a_door_on_the_one_systems_own_name_is_closed_when_it_leads_on(serve, leads, look, doors):
    await serve(leads("/"), HANOI)

    assert (await look(Probe(), doors(URL(f"https://{HANOI}/motcua"))))[0].reason is Reason.OK


@pytest.mark.parametrize("status", [403, 429])
async def test_a_door_that_turns_us_away_is_not_known_to_be_open(serve, shows, look, doors, status):
    await serve(shows("", status=status, headers={"Retry-After": "60"}), OLD)
    observation, _ = await look(Probe(), doors())

    assert observation.reason is Reason.BLOCKED
    assert observation.facts["retry_after"] == 60


async def test_a_challenge_at_a_door_is_not_an_open_door(serve, shows, look, doors):
    await serve(shows("<title>Request Rejected</title><p>Your support ID is: 1"), OLD)

    assert (await look(Probe(), doors()))[0].reason is Reason.BLOCKED


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("<p>Lỗi", 500),
        ("<p>Bảo trì", 503),
        ("<div id=root></div>", 200),
        ("<p>?", 401),
        ("<h1>Hệ thống đang bảo trì", 200),
    ],
)
async def test_a_door_that_neither_opens_nor_leads_on_is_unclear(serve, shows, look, doors, body, status):
    await serve(shows(body, status=status), OLD)
    observation, _ = await look(Probe(), doors())

    assert observation.reason is Reason.DOOR_UNCLEAR
    assert observation.facts["doors_unclear"] == OLD


async def test_a_door_that_leads_to_a_stranger_is_unclear(serve, leads, look, doors):
    await serve(leads("https://nhacai.example/"), OLD)

    assert (await look(Probe(), doors()))[0].reason is Reason.DOOR_UNCLEAR


@pytest.mark.parametrize("fault", [CertificateFault.EXPIRED, CertificateFault.WRONG_NAME])
async def test_a_door_whose_certificate_is_not_in_order_is_unclear(serve, shows, look, doors, fault):
    await serve(shows(), OLD, fault=fault)

    assert (await look(Probe(), doors()))[0].reason is Reason.DOOR_UNCLEAR


async def test_an_open_door_outweighs_a_blocked_one_and_that_an_unclear_one(serve, shows, leads, look, doors):
    await serve(leads(f"https://{HANOI}/"), "a.example")
    await serve(shows("", status=500), "b.example")
    await serve(shows("", status=403), "c.example")
    await serve(shows(), "d.example")
    a, b, c, d = (URL(f"https://{name}.example/") for name in "abcd")

    assert (await look(Probe(), doors(a, b)))[0].reason is Reason.DOOR_UNCLEAR
    assert (await look(Probe(), doors(a, b, c)))[0].reason is Reason.BLOCKED
    observation, _ = await look(Probe(), doors(a, b, c, d))
    assert observation.reason is Reason.SECOND_DOOR_OPEN
    assert observation.facts["doors_blocked"] == "c.example"
