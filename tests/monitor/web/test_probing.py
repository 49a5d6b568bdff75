import asyncio
import subprocess
from dataclasses import replace
from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from monitor.model import Result
from monitor.web.probing import OFFSET, Refused, wanted_of
from probes import Observation, Reason
from probes._secret import Secret
from probes.http import Probe as Http

HOSTILE = "CN=\x1b[31mred\u202e\n"
FACTS = {
    "http_status": 200,
    "http_version": "1.1",
    "url": "https://h26.example/",
    "tls_version": "TLSv1.3",
    "tls_cipher": "TLS_AES_128_GCM_SHA256",
    "certificate_earliest_not_after": 1.7e9,
    "certificate_subject": HOSTILE,
}


class Peeks:
    """Looks that come to what the test says; `hold` keeps them waiting."""

    def __init__(self, reason=Reason.OK):
        self.reason = reason
        self.limits = []
        self.started = asyncio.Event()
        self.hold = None
        self.cancelled = asyncio.Event()

    async def __call__(self, watch, within):
        self.limits.append(within)
        self.started.set()
        try:
            if self.hold:
                await self.hold.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        seen = Observation(reason=self.reason, detail="a sentence", facts=FACTS)
        limited = replace(watch, check=replace(watch.check, timeout=within))
        now = watch.target.day
        return Result(watch=limited, due=now, started=now, seconds=0.5, observation=seen, phases={"connect": 0.125})


@pytest.fixture
def peeks():
    return Peeks()


@pytest.fixture
def world(small_world):
    """Its checks are probes with settings."""
    probe = Http(headers={"X-Asked": "plainly", "X-Key": Secret("hunter2")}, user="probe", password=Secret("hunter2"))
    watches = [replace(watch, check=replace(watch.check, probe=probe)) for watch in small_world.store.watches]
    small_world.store.watches = tuple(watches)
    return small_world


@pytest.fixture
async def ask(world, site, client, peeks):
    """`await ask("agency=H26&check=http", **headers)` → the answer's status and text."""
    address = await site(world, peek=peeks)

    async def once(query, method="GET", **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with client.request(method, f"{address}/probe?{query}", headers=named) as answer:
            return answer.status, await answer.text()

    once.address = address
    return once


def series_of(text):
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_a_look_is_told_under_the_other_tools_names(ask):
    status, text = await ask("agency=H26&check=http")

    assert status == 200
    assert series_of(text)["probe_success",] == 1
    assert series_of(text)["probe_http_status_code",] == 200
    assert series_of(text)["npsp_probe_reason", "ok"] == 1


async def test_module_is_another_word_for_check(ask):
    assert (await ask("agency=H26&module=http"))[0] == 200
    assert (await ask("agency=H26&module=http&check=http"))[0] == 200
    assert (await ask("agency=H26&module=http&check=sign_on"))[0] == 400


async def test_openmetrics_is_spoken_to_who_wants_it(ask):
    _, text = await ask("agency=H26&check=http", Accept="application/openmetrics-text;version=1.0.0")

    assert text.endswith("# EOF\n")


@pytest.mark.parametrize(
    "accept",
    [
        "application/openmetrics-text;q=0.1, text/plain;q=1",
        "application/openmetrics-text;q=0",
        "text/plain;version=frog",
        "application/openmetrics-text;version=frog;q=0.1,text/plain",
    ],
)
async def test_openmetrics_is_spoken_to_nobody_else(ask, accept):
    status, text = await ask("agency=H26&check=http", Accept=accept)

    assert (status, "# EOF" in text) == (200, False)


@pytest.mark.parametrize("version", ["frog", "9.9.9", "1.0.0;escaping=frog"])
async def test_the_version_that_is_spoken_is_said_whatever_was_asked_for(ask, client, version):
    headers = {"Accept": f"application/openmetrics-text;version={version}"}
    async with client.get(f"{ask.address}/probe?agency=H26&check=http", headers=headers) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"


async def test_promtool_finds_nothing_wrong_with_it(ask, promtool):
    _, text = await ask("agency=H26&check=http")
    run = await asyncio.to_thread(
        subprocess.run, [promtool, "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )
    # What it finds in the names is what it finds in the other tool's.
    found = {line for line in run.stderr.splitlines() if line and "npsp_" in line}

    assert found == set()
    assert "error while linting" not in run.stderr


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("", 400, "/probe?agency=CODE&check=NAME"),
        ("agency=H26", 400, "both are needed"),
        ("agency=H99&check=http", 404, "no such agency; there are G09, H26, H57, NPSP"),
        ("agency=H26&check=nothing", 404, "no such check; there are dossier_sync, http, national_pages, one_door"),
        ("agency=NPSP&check=one_door", 404, "this check does not look at NPSP; these do: national_pages"),
        ("agency=http://127.0.0.1/&check=http", 404, "no such agency"),
    ],
)
async def test_what_is_not_configured_is_refused_with_what_is(ask, peeks, query, status, words):
    answered, text = await ask(query)

    assert (answered, peeks.limits) == (status, [])
    assert words in text


@pytest.mark.parametrize("method", ["POST", "HEAD", "PUT", "DELETE"])
async def test_only_get_is_answered(ask, peeks, method):
    assert (await ask("agency=H26&check=http", method))[0] == 405
    assert peeks.limits == []


async def test_a_web_page_cannot_ask_for_a_look(ask, peeks):
    assert (await ask("agency=H26&check=http", Sec_Fetch_Site="cross-site"))[0] == 403
    assert peeks.limits == []


@pytest.mark.parametrize(
    ("header", "limit"),
    [(None, 10.0), ("5", 4.5), ("10.0", 9.5), ("60", 10.0), ("0.6", 0.3)],
)
async def test_the_limit_leaves_time_for_the_way_back(ask, peeks, header, limit):
    headers = {"X_Prometheus_Scrape_Timeout_Seconds": header} if header else {}
    _, text = await ask("agency=H26&check=http", **headers)

    assert [each.total_seconds() for each in peeks.limits] == [limit]
    assert series_of(text)["probe_timeout_seconds",] == limit


@pytest.mark.parametrize("header", ["", "x", "-1", "0", "1e9", "nan", "1" * 30])
async def test_a_limit_that_is_none_is_refused(ask, header):
    assert (await ask("agency=H26&check=http", X_Prometheus_Scrape_Timeout_Seconds=header))[0] == 400


async def test_a_look_that_gets_no_turn_in_time_is_an_answer_too(ask, peeks):
    peeks.hold = asyncio.Event()
    status, text = await ask("agency=H26&check=http", X_Prometheus_Scrape_Timeout_Seconds="0.05")

    assert status == 503
    assert "no look within 0.05 s" in text
    assert peeks.cancelled.is_set()


async def test_a_request_that_goes_away_takes_its_look_with_it(ask, peeks):
    peeks.hold = asyncio.Event()
    asking = asyncio.ensure_future(ask("agency=H26&check=http"))
    await peeks.started.wait()
    asking.cancel()

    async with asyncio.timeout(60):
        await peeks.cancelled.wait()


async def test_one_agency_is_looked_at_once_at_a_time(ask, peeks, wait_until):
    peeks.hold = asyncio.Event()
    both = [asyncio.ensure_future(ask(f"agency=H26&check={check}")) for check in ("http", "sign_on")]
    other = asyncio.ensure_future(ask("agency=H57&check=http"))
    await wait_until(lambda: len(peeks.limits) == 2)
    peeks.hold.set()

    assert [status for status, _ in await asyncio.gather(*both, other)] == [200, 200, 200]
    assert len(peeks.limits) == 3


async def test_debug_tells_steps_facts_settings_and_metrics_without_a_secret(ask):
    status, text = await ask("agency=H26&check=http&debug=true")

    assert status == 200
    assert "  connect    0.125000" in text
    assert "Found: ok ok\n  a sentence" in text
    assert "  http_status: 200" in text
    assert "  headers: {'X-Asked': '<secret>', 'X-Key': '<secret>'}" in text
    assert "  password: <secret>" in text
    assert "probe_success 1.0" in text
    assert "hunter2" not in text
    assert "plainly" not in text


async def test_debug_shows_nothing_that_a_terminal_would_obey(ask):
    _, text = await ask("agency=H26&check=http&debug=true")
    before, _, _ = text.partition("Metrics:")

    assert "\x1b" not in before
    assert "\u202e" not in before


async def test_debug_is_asked_for_by_true_alone(ask):
    assert "Found:" not in (await ask("agency=H26&check=http&debug=1"))[1]


async def test_a_bug_shows_nothing_of_the_inside(world, site, client):
    async def broken(*_):
        raise KeyError("hunter2")

    async with client.get(await site(world, peek=broken) + "/probe?agency=H26&check=http") as answer:
        assert (answer.status, await answer.text()) == (500, "500\n")


def test_many_names_are_not_all_listed(small_world):
    watch = small_world.store.watches[0]
    many = tuple(replace(watch, agency=replace(watch.agency, code=f"H{n:03}")) for n in range(500))
    with pytest.raises(Refused, match="and 400 more"):
        wanted_of({"agency": "none", "check": "http"}, None, many)


def test_the_way_back_is_half_a_second():
    assert timedelta(seconds=0.5) == OFFSET
