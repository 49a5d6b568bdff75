"""Systems that push, at a monitor that really listens: over sockets, with tokens from the environment."""

import asyncio
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from monitor.metrics import page_text
from monitor.server import shown
from monitor.service import Service
from monitor.settings import load
from monitor.web import bodies, heartbeats
from monitor.web.bodies import LARGEST, Refused
from monitor.web.heartbeats import Said, said_of
from monitor.web.limits import Limit
from monitor.web.serving import Site
from probes import Reason

BASE = Path(__file__).parents[2] / "broken" / "_base"
HANOI, TUYEN_QUANG = "hanoi-0123456789abcdef-0123", "tuyenquang-0123456789abcdef"
SECRETS = {"HANOI": HANOI, "TUYEN_QUANG": TUYEN_QUANG}
CHECKS = """
inside:
  probe: heartbeat
  every: 1m
  timeout: 5s
  within: 10m
  proves: connected
  tokens: {H26: "${env:HANOI}", H60: "${env:TUYEN_QUANG}"}
backup:
  probe: heartbeat
  every: 1m
  timeout: 5s
  tokens: {H60: "${env:TUYEN_QUANG}"}
"""
PUSH = "/api/v1/heartbeats/H26/inside"


class Listening:
    """A monitor, and what its pages are served at."""

    def __init__(self, service, address):
        self.service = service
        self.address = address

    async def look(self, agency="H26", check="inside"):
        watch = next(each for each in self.service.store.watches if each.key == (agency, check))
        return (await self.service.look(watch, self.service.now())).observation


@pytest.fixture
async def monitor(tmp_path):
    folder = tmp_path / "config"
    shutil.copytree(BASE, folder)
    with (folder / "checks.yaml").open("a", encoding="utf-8") as file:
        file.write(CHECKS)
    service = Service(load(folder, SECRETS), lambda: load(folder, SECRETS))
    service.plan()

    async def reload():
        service.renew(service.load())
        service.plan()
        return ()

    site = Site(shown(service, reload))
    yield Listening(service, f"http://{await site.start('127.0.0.1:0')}")
    await site.stop()
    await service.close()


@pytest.fixture
def push(monitor, client):
    """`await push(path, token=…, **request)` → (status, text, headers)."""

    async def once(path=PUSH, token=HANOI, method="POST", headers=None, **request):
        own = {"Authorization": f"Bearer {token}"} if token else {}
        url = monitor.address + path
        async with client.request(method, url, headers={**own, **(headers or {})}, **request) as answer:
            return answer.status, await answer.text(), answer.headers

    return once


async def test_an_empty_push_says_that_all_is_well_and_the_next_look_sees_it(monitor, push):
    assert (await monitor.look()).reason is Reason.HEARTBEAT_AWAITED
    assert (await push())[:2] == (204, "")
    seen = await monitor.look()

    assert (seen.reason, seen.facts["heartbeats"]) == (Reason.OK, 1)
    assert (await monitor.look("H60")).reason is Reason.HEARTBEAT_AWAITED


async def test_a_system_may_say_that_it_has_failed_and_is_not_trusted_with_its_words(monitor, push):
    detail = "\x1b[31mfull\n\u202e<b>" + "x" * 1000
    assert (await push(json={"status": "failed", "detail": detail}))[0] == 204
    seen = await monitor.look()

    assert seen.reason is Reason.HEARTBEAT_FAILED
    assert "it has failed ([31mfull <b>xxx" in seen.detail
    assert seen.detail.isprintable()
    assert len(seen.detail) < 300
    assert (await push(json={"status": "ok"}))[0] == 204
    assert (await monitor.look()).reason is Reason.OK


async def test_what_was_pushed_outlives_a_reload(monitor, push, client):
    await push()
    async with client.post(monitor.address + "/-/reload") as answer:
        assert answer.status == 200

    assert (await monitor.look()).reason is Reason.OK


async def test_a_look_that_is_asked_for_at_probe_sees_it_too(monitor, push, client):
    await push()
    async with client.get(monitor.address + "/probe?agency=H26&check=inside&debug=true") as answer:
        text = await answer.text()
    assert "Found: ok ok" in text
    assert "tokens: {'H26': <secret>, 'H60': <secret>}" in text


# -- who is let in


@pytest.mark.parametrize(
    ("path", "token", "status"),
    [
        (PUSH, TUYEN_QUANG, 401),
        (PUSH, "", 401),
        (PUSH, "wrong-0123456789abcdef", 401),
        ("/api/v1/heartbeats/H99/inside", HANOI, 401),
        ("/api/v1/heartbeats/H99/nothing", "wrong-0123456789abcdef", 401),
        ("/api/v1/heartbeats/h26/inside", HANOI, 401),
        ("/api/v1/heartbeats/H26/nothing", "wrong-0123456789abcdef", 401),
        ("/api/v1/heartbeats/H26/nothing", HANOI, 404),
        ("/api/v1/heartbeats/H26/portal", HANOI, 404),  # a check, which nobody pushes
        ("/api/v1/heartbeats/H26", HANOI, 404),
        ("/api/v1/heartbeats/H60/backup", TUYEN_QUANG, 204),
    ],
)
async def test_only_the_agencys_own_token_opens_its_own_door(push, path, token, status):
    assert (await push(path, token))[0] == status


async def test_an_agency_that_there_is_not_is_answered_like_a_wrong_token(push):
    one, other = [await push(path, "wrong-0123456789abcdef") for path in (PUSH, "/api/v1/heartbeats/H99/inside")]

    assert one[:2] == other[:2] == (401, "the token is missing, or not that of this agency and check\n")
    assert one[2]["WWW-Authenticate"] == other[2]["WWW-Authenticate"] == "Bearer"
    assert {*one[2]} == {*other[2]}


@pytest.mark.parametrize(
    "given",
    [
        f"Basic {HANOI}",
        HANOI,
        f"Bearer{HANOI}",
        f"Bearer {HANOI}x",
        "Bearer",
        "Bearer \u1ea5".encode().decode("latin-1"),
    ],
)
async def test_a_token_comes_as_bearer_and_in_no_other_way(push, given):
    assert (await push(token="", headers={"Authorization": given}))[0] == 401
    assert (await push(f"{PUSH}?token={HANOI}", token=""))[0] == 401


async def test_the_word_bearer_may_be_written_in_any_case(push):
    assert (await push(token="", headers={"Authorization": f"bearer {HANOI}"}))[0] == 204


async def test_there_is_no_other_method(push):
    for method in ("GET", "PUT", "DELETE"):
        status, text, headers = await push(method=method)
        assert (status, text, headers["Allow"]) == (405, "405\n", "POST")


async def test_a_web_page_cannot_push(push):
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert (await push(headers=headers))[0] == 403


# -- what is taken


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'"ok"',
        b"null",
        b'{"status": "fine"}',
        b'{"status": true}',
        b'{"detail": 5}',
        b'{"status": "ok", "level": 9}',
        b"\xff",
        b"[" * 4000,
        b'{"detail": "\\ud800"}',
        b"status=ok",
    ],
)
async def test_a_body_that_is_not_what_it_should_be_is_refused_and_changes_nothing(monitor, push, body):
    status, text, _ = await push(data=body)

    assert status == 400
    assert text.startswith("the body must be empty, or JSON such as")
    assert (await monitor.look()).reason is Reason.HEARTBEAT_AWAITED


def test_white_space_alone_is_an_empty_body():
    assert said_of(b" \r\n") == Said()
    with pytest.raises(Refused):
        said_of(b"\0")


async def test_a_body_is_at_most_four_kibibytes_long(push):
    padding = LARGEST - len(json.dumps({"detail": ""}))
    assert (await push(data=json.dumps({"detail": "x" * padding})))[0] == 204
    assert (await push(data=json.dumps({"detail": "x" * (padding + 1)})))[0] == 413

    async def without_a_length():
        for _ in range(100):
            yield b"x" * 1000

    assert (await push(data=without_a_length()))[0] == 413


async def test_a_packed_body_is_refused(push):
    assert (await push(data=b"{}", headers={"Content-Encoding": "identity"}))[0] == 204
    status, text, _ = await push(data=b"\x1f\x8b" + b"x" * 100, headers={"Content-Encoding": "gzip"})
    assert status in (400, 415), text


async def test_a_body_that_does_not_come_is_not_waited_for(monitor, monkeypatch):
    monkeypatch.setattr(bodies, "PATIENCE", 0.1)
    host, port = monitor.address.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        f"POST {PUSH} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {HANOI}\r\nContent-Length: 20\r\n\r\n{{".encode()
    )
    answer = await asyncio.wait_for(reader.readline(), 60)
    writer.close()

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert (await monitor.look()).reason is Reason.HEARTBEAT_AWAITED


async def test_whose_token_is_wrong_is_told_before_the_body_is_read(monitor):
    host, port = monitor.address.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"POST {PUSH} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 99999999\r\n\r\n{{".encode())
    answer = await asyncio.wait_for(reader.readline(), 60)
    writer.close()

    assert answer.startswith(b"HTTP/1.1 401 ")


# -- how often


async def test_many_may_push_at_once(monitor, push):
    answers = await asyncio.gather(
        *(push() for _ in range(10)), *(push(PUSH.replace("26", "60"), TUYEN_QUANG) for _ in range(10))
    )

    assert {answer[0] for answer in answers} == {204}
    assert [(await monitor.look(agency)).facts["heartbeats"] for agency in ("H26", "H60")] == [10, 10]


async def test_a_flood_of_one_agency_is_turned_away_and_spares_the_others(monitor, push):
    answers = await asyncio.gather(*(push() for _ in range(60)))
    late = [headers["Retry-After"] for status, _, headers in answers if status == 429]

    assert {answer[0] for answer in answers} == {204, 429}
    assert len(late) >= 20
    assert all(1 <= int(seconds) <= 2 for seconds in late)
    assert (await push(PUSH.replace("26", "60"), TUYEN_QUANG))[0] == 204
    assert (await monitor.look()).reason is Reason.OK


async def test_wrong_tokens_are_turned_away_and_right_ones_from_the_same_address_are_not(monitor, push):
    """Behind a proxy all come from one address: a stranger's noise must make nobody seem silent."""
    with capture_logs() as logs:
        answers = [await push(token=f"wrong-{number}") for number in range(30)]

    assert [status for status, _, _ in answers].count(401) in (10, 11)
    assert {status for status, _, _ in answers} == {401, 429}
    assert all(int(headers["Retry-After"]) <= 10 for status, _, headers in answers if status == 429)
    assert len(logs) in (10, 11)
    assert (await push())[0] == 204


def test_the_allowances_fit_a_push_a_minute_of_every_check():
    assert Limit(*heartbeats.PUSHES, lambda: 0.0).wait("H26") == 0
    assert heartbeats.PUSHES[1] <= 60 / 20


# -- what must not be seen


async def test_no_token_is_told_to_anybody(monitor, push, client):
    """Neither the right ones nor what strangers try, wherever in the request they put it."""
    with capture_logs() as logs:
        answers = [
            await push(),
            await push(json={"status": "failed", "detail": "a sentence"}),
            await push(token=TUYEN_QUANG),
            await push(f"/api/v1/heartbeats/{HANOI}/inside"),
            await push(f"/api/v1/heartbeats/H26/{HANOI}"),
            await push(f"{PUSH}/{HANOI}"),
            await push(f"/api/v1/heartbeats/{HANOI}/inside", token=""),
            await push(data=f'{{"token": "{HANOI}"}}'),
            await push(token="", headers={"Authorization": f"Basic {HANOI}"}),
        ]
        await monitor.look()
        pages = []
        for path in ("/metrics", "/", "/agency/H26", "/api/v1/status", "/probe?agency=H26&check=inside&debug=true"):
            async with client.get(monitor.address + path) as answer:
                pages.append(await answer.text())
    service = monitor.service
    everything = [
        json.dumps(logs, default=str),
        *(f"{text} {dict(headers)}" for _, text, headers in answers),
        *pages,
        page_text(service.store, service.vitals, service.config),
        repr(service.config.checks),
    ]
    refused = [line for line in logs if line["event"] == "heartbeat_refused"]

    assert "a sentence" in "".join(everything)
    assert not [text for text in everything if HANOI in text or TUYEN_QUANG in text]
    assert refused
    assert {key for line in refused for key in line} == {"event", "log_level", "client", "agency", "check"}


async def test_a_reload_while_the_body_comes_shuts_the_door(monitor):
    host, port = monitor.address.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        f"POST {PUSH} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {HANOI}\r\n"
        f"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n{{".encode()
    )
    assert (await asyncio.wait_for(reader.readline(), 60)).startswith(b"HTTP/1.1 100 ")
    monitor.service.inbox.listen({})
    writer.write(b"}")
    rest = await asyncio.wait_for(reader.readuntil(b"check of this agency\n"), 60)
    writer.close()

    assert b"HTTP/1.1 404 " in rest


async def test_the_line_of_the_manual_works(monitor):
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    manual = (Path(__file__).parents[3] / "docs" / "api.md").read_text(encoding="utf-8")
    line = next(line for line in manual.splitlines() if line.startswith("curl ") and "/heartbeats/" in line)
    command = line.replace("http://127.0.0.1:9884", monitor.address).replace("/H26/internal", "/H26/inside")
    env = {"NPSP_HEARTBEAT_TOKEN": HANOI, "PATH": "/usr/bin:/bin"}
    told = await asyncio.to_thread(
        subprocess.run, ["sh", "-c", command], capture_output=True, text=True, check=False, env=env, timeout=60
    )

    assert (told.returncode, told.stdout) == (0, ""), told.stderr
    assert (await monitor.look()).reason is Reason.OK
