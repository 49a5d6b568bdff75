"""`/sd`: what Prometheus is told to scrape."""

import asyncio
import json
import re
from dataclasses import replace
from datetime import timedelta

import aiohttp
import pytest

from probes._secret import Secret
from probes.heartbeat import Probe as Heartbeat

# What Prometheus takes for JSON, and nothing else (discovery/http).
JSON = re.compile(r'(?i:^application/json(;\s*charset=("utf-8"|utf-8))?$)')


@pytest.fixture
def world(small_world):
    """With a portal of a platform, and a system that pushes."""
    store = small_world.store
    watches = [
        replace(watch, agency=replace(watch.agency, platform="igate")) if watch.agency.code == "H26" else watch
        for watch in store.watches
    ]
    pushing = Heartbeat(within=timedelta(minutes=5), tokens={"H26": Secret("x" * 20)})
    internal = replace(watches[0].check, name="internal", kind="heartbeat", probe=pushing)
    store.watches = (*watches, replace(watches[0], check=internal))
    return small_world


@pytest.fixture
async def ask(world, site, client):
    """`await ask("?level=province", **headers)` → the answer, and its JSON or text."""
    address = await site(world)

    async def once(query="", **headers):
        async with client.get(f"{address}/sd{query}", headers=headers) as answer:
            return answer, json.loads(await answer.text()) if answer.status == 200 else await answer.text()

    once.address = address
    return once


def keys(groups):
    return [(group["labels"]["agency"], group["labels"]["check"]) for group in groups]


async def test_everything_that_can_be_looked_at_is_a_target(ask, world):
    answer, groups = await ask()

    assert answer.status == 200
    assert JSON.match(answer.headers["Content-Type"])
    assert keys(groups) == [watch.key for watch in world.store.watches if watch.check.name != "internal"]
    assert {tuple(group["targets"]) for group in groups} == {(ask.address.removeprefix("http://"),)}


async def test_a_target_is_led_to_probe_and_told_by_its_labels(ask):
    _, groups = await ask()
    labels = next(group["labels"] for group in groups if keys([group]) == [("H26", "http")])

    assert labels == {
        "__metrics_path__": "/probe",
        "__param_agency": "H26",
        "__param_check": "http",
        "agency": "H26",
        "check": "http",
        "level": "province",
        "__meta_npsp_agency": "H26",
        "__meta_npsp_name": "Hà Nội",
        "__meta_npsp_check": "http",
        "__meta_npsp_kind": "http",
        "__meta_npsp_level": "province",
        "__meta_npsp_platform": "igate",
        "__meta_npsp_portal": "https://h26.example/",
        "__meta_npsp_every": "1m",
        "__meta_npsp_timeout": "10s",
    }


async def test_a_label_is_a_text_and_has_a_name_that_prometheus_takes(ask):
    _, groups = await ask()
    for group in groups:
        assert set(group) == {"targets", "labels"}
        for name, value in group["labels"].items():
            assert re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", name)
            assert isinstance(value, str)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?level=national", [("NPSP", "national_pages")]),
        ("?level=ministry&check=http", [("G09", "http")]),
        ("?check=tls&check=national_pages", [("G09", "tls"), ("NPSP", "national_pages")]),
        ("?level=province&check=tls", []),
    ],
)
async def test_a_part_can_be_asked_for(ask, query, found):
    assert keys((await ask(query))[1]) == found


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?levle=province", 'unknown parameter "levle"; allowed: level, check'),
        ("?level=district", 'no level "district"; there are ministry, national, province'),
        ("?level=", 'no level ""; there are'),
        ("?check=nothing", 'no check "nothing"; there are dossier_sync, http, national_pages, one_door, sign_on, tls'),
        ("?check=internal", 'no check "internal"; there are'),  # it waits for pushes
        ("?check=http&check=%1b%5b31m", r'no check "\u001b[31m"; there are'),
    ],
)
async def test_what_is_not_understood_is_refused_and_no_empty_list(ask, query, words):
    answer, text = await ask(query)

    assert answer.status == 400
    assert text.startswith(words)


async def test_nobody_to_look_at_is_an_empty_list(site, client, make_world):
    async with client.get(await site(make_world((), ())) + "/sd") as answer:
        assert (answer.status, await answer.json()) == (200, [])


async def test_a_check_that_looks_at_nobody_today_is_an_empty_list_too(site, client, world):
    check = replace(world.store.watches[0].check, name="later")
    world.config = replace(world.config, checks=(check,))
    async with client.get(await site(world) + "/sd?check=later") as answer:
        assert (answer.status, await answer.json()) == (200, [])


async def test_the_list_is_of_now(ask, world):
    assert ("H57", "http") in keys((await ask())[1])
    world.store.watches = tuple(watch for watch in world.store.watches if watch.agency.code != "H57")
    answer, groups = await ask()

    assert answer.headers["Cache-Control"] == "no-store"
    assert "H57" not in str(keys(groups))


@pytest.mark.parametrize(
    "host", ["monitor.example", "monitor.example:9884", "192.0.2.7:80", "[2001:db8::7]:9884", "a_b"]
)
async def test_the_target_is_the_monitor_as_it_was_asked(ask, host):
    assert {group["targets"][0] for group in (await ask(Host=host))[1]} == {host}


@pytest.mark.parametrize(
    "host", ["", "a b", "a/b", "a@b", "a:0", "a:99999", "a:x", "[::1", "-a", '"', "é", "a,b", "a:1:2"]
)
async def test_an_address_that_is_none_is_not_handed_on(ask, host):
    at = ask.address.removeprefix("http://")
    reader, writer = await asyncio.open_connection(*at.split(":"))
    writer.write(f"GET /sd HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    if head.startswith(b"HTTP/1.1 200"):  # else it was no request at all
        assert {group["targets"][0] for group in json.loads(body)} == {at}


async def test_over_tls_the_targets_are_asked_over_tls(site, world, tmp_path, issue):
    issue(tmp_path, "server")
    (tmp_path / "web.yml").write_text("tls_server_config: {cert_file: server.crt, key_file: server.key}")
    address = await site(world, web=tmp_path / "web.yml")
    async with aiohttp.ClientSession() as client, client.get(address + "/sd", ssl=False) as answer:
        assert {group["labels"]["__scheme__"] for group in await answer.json()} == {"https"}
