import os
import subprocess
import sys

import psutil
import pytest
from aiohttp import ClientSession
from yarl import URL

from monitor.testbed.control import control
from monitor.testbed.faults import Fault
from monitor.testbed.overlay import network_yaml
from probes import Reason, http


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


async def test_a_page_in_a_browser_cannot_break_anything(stage):
    estate, _ = await stage("one-drops-out")
    headers = {"Origin": "https://evil.example"}
    async with control(estate) as address, ClientSession(headers=headers) as client:
        answer = await client.post(f"http://{address}/hosts/H26/refused")

    assert answer.status == 403
    assert estate.faults("H26") == frozenset()


async def test_no_name_of_the_roster_leads_out_of_this_machine(stage, look, target):
    estate, _ = await stage("one-drops-out")
    for url in ("http://dichvucong.hanoi.gov.vn/", "https://www.hanoi.gov.vn/", "https://cdn.example/"):
        at = target(portal=URL(url), hosts=frozenset({str(URL(url).host)}))
        seen, _ = await look(http.Probe(), at, connect_to=estate.connect_to)
        assert seen.reason is Reason.REFUSED


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("/hosts/H26/on_fire", 400, "no fault 'on_fire'; there are none, refused"),
        ("/hosts/H26/link_down", 404, "link_down cannot befall H26: monitor has faults of the layer monitor"),
        ("/hosts/H99/refused", 404, "the estate has no 'H99'"),
        ("/hosts/REPORT/refused", 404, "refused cannot befall REPORT: not all of them have a host of their own"),
    ],
)
async def test_what_cannot_be_broken_is_said(stage, path, status, told):
    estate, _ = await stage("one-drops-out")
    async with control(estate) as address, ClientSession(f"http://{address}") as client, client.post(path) as answer:
        assert (answer.status, (await answer.text()).startswith(told)) == (status, True)


async def test_everything_the_estate_shows_says_that_it_is_synthetic(stage):
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


async def test_a_monitor_of_ones_own_is_pointed_at_the_estate_by_a_file(stage):
    estate, _ = await stage("one-drops-out")
    text = network_yaml(estate.connect_to, estate.ca_file, estate.control, "june-2023")

    assert text.startswith("# SYNTHETIC")
    assert "\nsynthetic: june-2023\n" in text
    assert '{host: "dichvucong.hanoi.gov.vn", port: 443, to: "127.0.0.1:' in text


def test_the_testbed_runs_by_itself_and_ends_when_told(tmp_path):
    program = subprocess.Popen(
        [sys.executable, "-m", "monitor", "testbed", "--write", tmp_path / "drill"],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        told = []
        for line in program.stderr:
            told.append(line)
            if line.startswith("to break an agency: curl -X POST http://127.0.0.1:"):
                break
        memory = psutil.Process(program.pid).memory_info().rss
    finally:
        program.terminate()
        rest = program.communicate(timeout=60)[1]

    assert "synthetic estate june-2023" in told[0]
    assert told[-1].startswith("to break an agency: ")
    assert (tmp_path / "drill" / "network.yaml").is_file()
    assert (tmp_path / "drill" / "synthetic-ca.pem").is_file()
    assert memory < 150 * 1024 * 1024
    assert (program.returncode, "Traceback" in rest) == (0, False)
