import os
import subprocess
import sys

import psutil
import pytest
from aiohttp import ClientSession

from monitor.testbed.control import control
from monitor.testbed.faults import Fault, Layer
from monitor.testbed.overlay import network_yaml
from monitor.testbed.scenario import named
from probes import Reason

# What the probes find at an agency with the fault; a fault of the estate that is not here fails its test.
FOUND = {
    Fault.REFUSED: Reason.REFUSED,
    Fault.RESET: Reason.RESET,
    Fault.SILENT_TLS: Reason.TIMEOUT_TLS,
    Fault.NOT_TLS: Reason.TLS_PROTOCOL,
    Fault.TLS_EXPIRED: Reason.TLS_EXPIRED,
    Fault.TLS_NOT_YET_VALID: Reason.TLS_NOT_YET_VALID,
    Fault.TLS_WRONG_NAME: Reason.TLS_NAME,
    Fault.TLS_INCOMPLETE_CHAIN: Reason.TLS_CHAIN,
    Fault.TLS_SELF_SIGNED: Reason.TLS_SELF_SIGNED,
    Fault.TLS_UNTRUSTED_ROOT: Reason.TLS_UNTRUSTED,
    Fault.TLS_WRONG_USAGE: Reason.TLS_INVALID,
    Fault.TLS_OLD_PROTOCOL: Reason.TLS_PROTOCOL,
    Fault.TLS_EXPIRING: Reason.TLS_EXPIRING,
    Fault.SILENT: Reason.TIMEOUT_RESPONSE,
    Fault.TRICKLE: Reason.TIMEOUT_BODY,
    Fault.NOT_HTTP: Reason.PROTOCOL,
    Fault.CUT_SHORT: Reason.PROTOCOL,
    Fault.TOO_LARGE: Reason.TOO_LARGE,
    Fault.ZIP_BOMB: Reason.TOO_LARGE,
    Fault.TOO_MANY_HEADERS: Reason.TOO_LARGE,
    Fault.HTTP_204: Reason.BLANK_PAGE,
    Fault.HTTP_404: Reason.HTTP_4XX,
    Fault.HTTP_418: Reason.HTTP_4XX,
    Fault.HTTP_500: Reason.HTTP_5XX,
    Fault.HTTP_503: Reason.HTTP_5XX,
    Fault.BLOCKED_403: Reason.BLOCKED,
    Fault.BLOCKED_429: Reason.BLOCKED,
    Fault.CHALLENGE_PAGE: Reason.BLOCKED,
    Fault.BLANK_PAGE: Reason.BLANK_PAGE,
    Fault.TINY_PAGE: Reason.NO_SIGN_ON_LINK,
    Fault.ENGLISH_PAGE: Reason.NO_SIGN_ON_LINK,
    Fault.MAINTENANCE_TEXT: Reason.NO_SIGN_ON_LINK,
    Fault.OTHER_TEXT: Reason.NO_SIGN_ON_LINK,
    Fault.REDIRECT_LOOP: Reason.REDIRECT_LOOP,
    Fault.ENDLESS_REDIRECTS: Reason.TOO_MANY_REDIRECTS,
    Fault.BAD_REDIRECT: Reason.BAD_REDIRECT,
    Fault.LEADS_ELSEWHERE: Reason.LEADS_ELSEWHERE,
    Fault.REDIRECT_TO_METADATA: Reason.LEADS_ELSEWHERE,
    Fault.REDIRECT_TO_FTP: Reason.FORBIDDEN_URL,
    Fault.MOVED_TO_NATIONAL: Reason.MOVED_TO_NATIONAL,
    Fault.NO_SIGN_ON_LINK: Reason.NO_SIGN_ON_LINK,
    Fault.SCRIPT_LOGIN: Reason.NOT_VISIBLE,
    Fault.NO_CLIENT_ID: Reason.NO_CLIENT_ID,
    Fault.FOREIGN_REDIRECT_URI: Reason.FOREIGN_REDIRECT_URI,
    Fault.SIGN_ON_REFUSED: Reason.SIGN_ON_REFUSED,
    Fault.HAND_OVER_404: Reason.HAND_OVER_MISSING,
    Fault.HAND_OVER_500: Reason.HTTP_5XX,
    Fault.HAND_OVER_BLANK: Reason.BLANK_PAGE,
    Fault.SECOND_DOOR_OPEN: Reason.SECOND_DOOR_OPEN,
    Fault.DOOR_500: Reason.DOOR_UNCLEAR,
    Fault.DOOR_BLOCKED: Reason.BLOCKED,
    Fault.SYNC_LOW: Reason.SYNC_LOW,
    Fault.SYNC_COLLAPSED: Reason.SYNC_COLLAPSED,
    Fault.SYNC_NO_DATA: Reason.NO_DATA,
}
# Faults that are not an agency's on the day of the headline, and the test that shows them.
ELSEWHERE = {Fault.OWN_PAGES, Fault.API_ERROR, Fault.API_NOT_JSON, *(f for f in Fault if f.layer is Layer.PAPER)}
VICTIM = "H49"  # has a hand-over form, and here a former door


def quick(fault):
    """The two faults that only time tells need not be waited for longer than it takes to tell them."""
    slow = fault in (Fault.SILENT, Fault.SILENT_TLS, Fault.TRICKLE)
    june = named("june-2023")
    return {"monitor": june.monitor.model_copy(update={"timeout": june.monitor.timeout / (6 if slow else 1)})}


async def reasons(stage, round_of, fault, **changes):
    everyone = {"province": 63, "ministry": 20}
    estate, service = await stage("one-drops-out", doors=everyone, **quick(fault), **changes)
    await estate.set_fault(VICTIM, fault)
    await round_of(service, VICTIM)
    store = service.store
    return {store.state(w.key).reason for w in store.watches if w.agency.code == VICTIM and store.state(w.key)}


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault not in ELSEWHERE])
async def test_every_fault_is_found_and_called_by_its_name(stage, round_of, fault):
    assert FOUND[fault] in await reasons(stage, round_of, fault)


async def test_an_agency_that_is_well_is_found_well(stage, round_of):
    assert await reasons(stage, round_of, None) == {Reason.OK}


async def test_own_pages_are_a_fault_once_portals_lead_to_the_national_one(stage, round_of):
    estate, service = await stage("today", start=())
    await estate.set_fault("H49", Fault.OWN_PAGES)
    await round_of(service, "H49", "H26")

    assert service.store.state(("H49", "portal_closed")).reason is Reason.OWN_PAGES_OPEN
    assert service.store.state(("H26", "portal_closed")).reason is Reason.OK


@pytest.mark.parametrize("fault", [Fault.API_ERROR, Fault.API_NOT_JSON, Fault.HTTP_503, Fault.BLOCKED_429])
async def test_a_report_that_fails_accuses_no_province(stage, round_of, fault):
    estate, service = await stage("one-drops-out")
    await estate.set_fault("REPORT", fault)
    await round_of(service, "H26", "H49")
    seen = service.store.last(("H49", "dossier_sync")).observation

    assert seen.reason in (Reason.UPSTREAM, Reason.NO_DATA, Reason.BLOCKED)


async def test_a_dead_server_comes_back_on_its_port(stage, round_of):
    estate, service = await stage("one-drops-out")
    ports = estate.connect_to
    found = []
    for fault in (Fault.REFUSED, None, Fault.RESET, Fault.TLS_EXPIRED, None):
        await estate.set_fault("H26", fault)
        await round_of(service, "H26")
        found.append(service.store.last(("H26", "portal")).observation.reason)

    assert found == [Reason.REFUSED, Reason.OK, Reason.RESET, Reason.TLS_EXPIRED, Reason.OK]
    assert estate.connect_to == ports


async def test_anyone_can_break_an_agency_with_curl_and_mend_it(stage):
    estate, _ = await stage("one-drops-out")
    async with control(estate) as address, ClientSession(f"http://{address}") as client:
        async with client.post("/hosts/dichvucong.hanoi.gov.vn/refused") as answer:
            assert (answer.status, await answer.text()) == (200, "H26: refused\n")
        assert estate.faults("H26") == {Fault.REFUSED}
        async with client.post("/hosts/h26/none") as answer:
            assert answer.status == 200
        assert estate.faults("H26") == frozenset()
        async with client.get("/") as answer:
            listing = await answer.json()

    assert listing["synthetic"] == "one-drops-out"
    assert {"dichvucong.hanoi.gov.vn", "xacthuc.dichvucong.gov.vn"} <= {each["host"] for each in listing["hosts"]}


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("/hosts/H26/on_fire", 400, "no fault 'on_fire'; there are none, refused"),
        ("/hosts/H99/refused", 404, "the estate has no 'H99'"),
        ("/hosts/REPORT/refused", 404, "REPORT has no host of its own"),
    ],
)
async def test_what_cannot_be_broken_is_said(stage, path, status, told):
    estate, _ = await stage("one-drops-out")
    async with control(estate) as address, ClientSession(f"http://{address}") as client, client.post(path) as answer:
        assert (answer.status, (await answer.text()).startswith(told)) == (status, True)


async def test_everything_the_estate_shows_says_that_it_is_synthetic(stage, authority):
    estate, _ = await stage("one-drops-out")
    async with ClientSession() as client:
        for each in estate.listing():
            if str(each["code"]) in ("REPORT", "SIGNON"):
                continue
            url = f"https://{each['address']}/vi/trangchu"
            async with client.get(url, ssl=False, headers={"Host": str(each["host"])}) as answer:
                assert "synthetic" in await answer.text(), each["host"]


async def test_the_sign_on_publishes_what_an_openid_provider_does(stage):
    estate, _ = await stage("one-drops-out")
    (address,) = [each["address"] for each in estate.listing() if each["code"] == "SIGNON"]
    async with ClientSession(headers={"Host": "xacthuc.dichvucong.gov.vn"}) as client:
        base = f"https://{address}"
        async with client.get(f"{base}/.well-known/openid-configuration", ssl=False) as answer:
            discovery = await answer.json()
        async with client.get(f"{base}/oauth2/jwks", ssl=False) as answer:
            assert (await answer.json())["keys"] == []

    assert discovery["authorization_endpoint"] == "https://xacthuc.dichvucong.gov.vn/oauth2/authorize"


async def test_a_monitor_of_ones_own_is_pointed_at_the_estate_by_a_file(stage, tmp_path):
    estate, _ = await stage("one-drops-out")
    text = network_yaml(estate.connect_to, estate.ca_file, estate.control)

    assert text.startswith("# SYNTHETIC")
    assert '{host: "dichvucong.hanoi.gov.vn", port: 443, to: "127.0.0.1:' in text


def test_the_testbed_runs_by_itself_and_ends_when_told(tmp_path):
    program = subprocess.Popen(
        [sys.executable, "-m", "monitor", "testbed", "--write", tmp_path / "drill"],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        told = [program.stderr.readline() for _ in range(2)]
        memory = psutil.Process(program.pid).memory_info().rss
    finally:
        program.terminate()
        rest = program.communicate(timeout=20)[1]

    assert "synthetic estate june-2023" in told[0]
    assert (tmp_path / "drill" / "network.yaml").is_file()
    assert (tmp_path / "drill" / "synthetic-ca.pem").is_file()
    assert memory < 150 * 1024 * 1024
    assert (program.returncode, "Traceback" in rest) == (0, False)
