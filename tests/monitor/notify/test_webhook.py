"""POSTs to real receivers on loopback, and to those that are out of order."""

import asyncio
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from yarl import URL

from monitor.incidents import Sharing
from monitor.model import Level
from monitor.notice import Event, Group
from monitor.notify import NotifyError
from monitor.notify._webhook_body import fingerprint
from monitor.notify.webhook import Notifier
from monitor.testbed.authority import CertificateFault
from probes._secret import Secret

HOST = "hook.example"
SECRET = "s3cr3t of the receiver, quite long"
TOKEN = "t0k3n-of-the-bearer"
DOCS = Path(__file__).parents[3] / "docs" / "notices.md"


def notifier(path="/npsp", **changes):
    return Notifier(**{"url": URL(f"https://{HOST}{path}"), "secret": Secret(SECRET), "key_id": "2026", **changes})


class Receiver:
    """Takes what comes, or answers as told."""

    def __init__(self):
        self.came = []
        self.answer = lambda: web.Response(text="ok")

    async def __call__(self, request):
        self.came.append((request.path, request.headers.copy(), await request.read()))
        return self.answer()

    @property
    def body(self):
        return json.loads(self.came[-1][2])


@pytest.fixture
async def receiver(serve):
    one = Receiver()
    await serve(one, HOST)
    return one


async def refusal(sending):
    with pytest.raises(NotifyError) as caught:
        await sending
    return str(caught.value), caught.value.permanent, caught.value.after


async def test_the_body_is_alertmanagers_with_ours_beside_it(receiver, way, message, notice, entry):
    said = message(notice(Event.LOST, "H26", "G09", more=3))
    await notifier().send(said, replace(await way(), page=URL("https://npsp-monitor.example/")))
    body = receiver.body
    assert {key: type(value).__name__ for key, value in body.items()} == {
        "version": "str",
        "groupKey": "str",
        "truncatedAlerts": "int",
        "status": "str",
        "receiver": "str",
        "groupLabels": "dict",
        "commonLabels": "dict",
        "commonAnnotations": "dict",
        "externalURL": "str",
        "alerts": "list",
        "npsp": "dict",
    }
    assert (body["version"], body["status"], body["receiver"], body["truncatedAlerts"]) == ("4", "firing", "duty", 3)
    assert body["externalURL"] == "https://npsp-monitor.example/"
    first, second = sorted(body["alerts"], key=lambda each: each["labels"]["agency"])
    assert set(first) == {"status", "labels", "annotations", "startsAt", "endsAt", "generatorURL", "fingerprint"}
    assert (first["labels"]["agency"], second["labels"]["agency"]) == ("G09", "H26")
    assert (first["status"], first["endsAt"]) == ("firing", "0001-01-01T00:00:00Z")
    assert second["generatorURL"] == "https://npsp-monitor.example/agency/H26"
    assert body["commonLabels"]["alertname"] == "NpspAgencyLost"
    assert "agency" not in body["commonLabels"]
    assert (body["npsp"]["key"], body["npsp"]["subject"], body["npsp"]["text"]) == (said.key, said.subject, said.text)
    assert body["npsp"]["notice"]["entries"][0]["name"] == "Hà Nội"


async def test_what_is_over_is_resolved_under_the_same_fingerprint(receiver, way, message, notice, entry):
    reach = await way()
    lost = notice(Event.LOST)
    ended = lost.at + timedelta(hours=1)
    await notifier().send(message(lost), reach)
    before = receiver.body
    back = notice(Event.RESTORED, key="b" * 32, at=ended, entries=(entry(until=ended),), after=(lost.key,))
    await notifier().send(message(back), reach)
    after = receiver.body
    assert (after["status"], after["alerts"][0]["status"]) == ("resolved", "resolved")
    assert after["alerts"][0]["endsAt"] == ended.isoformat().replace("+00:00", "Z")
    assert after["alerts"][0]["fingerprint"] == before["alerts"][0]["fingerprint"]
    assert after["alerts"][0]["startsAt"] == before["alerts"][0]["startsAt"]
    assert after["groupKey"] == before["groupKey"]


def groups_of(receiver):
    """groupKey -> whether its fingerprints were last told to be over."""
    told = {}
    for _, _, body in receiver.came:
        said = json.loads(body)
        told.setdefault(said["groupKey"], {}).update({each["fingerprint"]: each["status"] for each in said["alerts"]})
    return told


async def test_ends_that_are_told_together_resolve_each_group_under_which_they_were_told(
    receiver, way, message, notice, entry
):
    reach, ended = await way(), notice().at + timedelta(hours=1)
    first, second = notice(Event.LOST, "H26"), notice(Event.LOST, "H52", "G09")
    back = notice(
        Event.RESTORED,
        key="b" * 32,
        at=ended,
        entries=tuple(entry(code, until=ended) for code in ("H26", "H52", "G09")),
        after=(first.key, second.key),
        stories=(("G09", second.key), ("H26", first.key), ("H52", second.key)),
        more=2,
    )
    for each in (first, second, back):
        await notifier().send(message(each), reach)

    told = groups_of(receiver)
    assert set(told) == {f'{{}}:{{story="{each.key}"}}' for each in (first, second)}
    assert [set(each.values()) for each in told.values()] == [{"resolved"}, {"resolved"}]
    bodies = [json.loads(body) for _, _, body in receiver.came[2:]]
    assert [[each["agency"] for each in body["npsp"]["notice"]["entries"]] for body in bodies] == [
        ["H26"],
        ["H52", "G09"],
    ]
    assert [body["truncatedAlerts"] for body in bodies] == [2, 0]
    keys = [headers["Idempotency-Key"] for _, headers, _ in receiver.came]
    assert keys[2:] == [f"{'b' * 32}-duty-{each.key}" for each in (first, second)]
    assert keys == [json.loads(body)["npsp"]["key"] for _, _, body in receiver.came]


async def test_incidents_and_levels_have_their_groups_too(receiver, way, message, notice):
    reach = await way()
    groups = tuple(
        Group(sharing=Sharing.PLATFORM, value=value, since=notice().at, until=notice().at, down=5, of=5)
        for value in ("igate", "vnpt")
    )
    stories = (("platform igate", "1" * 32), ("platform vnpt", "2" * 32))
    await notifier().send(message(notice(Event.ENDED, groups=groups, stories=stories, after=("1" * 32,))), reach)
    levels = (Level.PROVINCE, Level.MINISTRY)
    stories = (("province", "3" * 32), ("ministry", "4" * 32))
    await notifier().send(message(notice(Event.SIGHTED, entries=(), levels=levels, stories=stories)), reach)
    assert list(groups_of(receiver)) == [f'{{}}:{{story="{number * 32}"}}' for number in "1234"]
    assert [len(each) for each in groups_of(receiver).values()] == [1] * 4


async def test_every_notice_there_may_be_makes_a_message_with_an_alert(receiver, way, message, every_notice):
    reach = await way()
    for each in every_notice:
        await notifier().send(message(each), reach)
        assert receiver.body["alerts"]
        assert receiver.body["npsp"]["event"] == each.event
    assert len(receiver.came) == len(Event)


def test_a_fingerprint_is_prometheuss():
    """The values of client_golang's and common's own tests: model/signature_test.go, model/labelset_test.go."""
    assert fingerprint({}) == f"{14695981039346656037:016x}"
    assert fingerprint({"name": "garland, briggs", "fear": "love is not enough"}) == f"{5799056148416392346:016x}"


async def test_the_snippet_in_the_docs_verifies_what_came_and_nothing_else(receiver, way, message):
    [snippet] = re.findall(r"```python\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    found = {}
    exec(compile(snippet, "docs/notices.md", "exec"), found)
    reach = await way()
    await notifier().send(message(), reach)
    _, headers, body = receiver.came[0]

    def verified(headers=headers, body=body, secrets={"2026": SECRET}, later=0):  # noqa: B006 - is not changed
        return found["verified"](headers, body, secrets, now=lambda: reach.now().timestamp() + later)

    assert verified()
    assert verified(later=299)
    assert not verified(later=301)
    assert not verified(later=-301)
    assert not verified(body=body.replace(b"H26", b"H57"))
    assert not verified(secrets={"2026": "another"})
    assert not verified(secrets={"2025": SECRET})
    for name in ("X-Npsp-Key-Id", "X-Npsp-Timestamp", "X-Npsp-Signature"):
        assert not verified(headers={**headers, name: "1"})
        assert not verified(headers={key: value for key, value in headers.items() if key != name})


async def test_a_notice_has_the_same_key_at_every_try_and_no_cookie(receiver, way, message):
    receiver.answer = lambda: web.Response(headers={"Set-Cookie": "a=b"})
    reach = await way()
    await notifier().send(message(), reach)
    await notifier().send(message(), reach)
    keys = [headers["Idempotency-Key"] for _, headers, _ in receiver.came]
    assert keys == [message().key] * 2
    assert not [headers for _, headers, _ in receiver.came if "Cookie" in headers]


async def test_who_wants_a_token_or_a_header_gets_it_and_who_wants_no_signature_gets_none(receiver, way, message):
    own = {"X-Team": "reform", "X-Api-Key": Secret("k3y")}
    await notifier(secret=None, token=Secret(TOKEN), headers=own).send(message(), await way())
    headers = receiver.came[0][1]
    assert headers["Authorization"] == f"Bearer {TOKEN}"
    assert (headers["X-Team"], headers["X-Api-Key"]) == ("reform", "k3y")
    assert "X-Npsp-Signature" not in headers
    assert headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("status", "permanent"),
    [(400, True), (401, True), (403, True), (404, True), (410, True), (422, True)]
    + [(status, False) for status in (408, 425, 429, 500, 502, 503, 504, 599)],
)
async def test_what_may_pass_is_tried_again(receiver, way, message, status, permanent):
    receiver.answer = lambda: web.Response(status=status)
    text, told, after = await refusal(notifier().send(message(), await way()))
    assert text.startswith(f"{HOST}:443 answers {status}")
    assert (told, after) == (permanent, None)


@pytest.mark.parametrize("status", [200, 201, 202, 204])
async def test_what_was_taken_was_taken(receiver, way, message, status):
    receiver.answer = lambda: web.Response(status=status)
    await notifier().send(message(), await way())
    assert len(receiver.came) == 1


NOW = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("120", 120.0),
        ("Tue, 01 Dec 2026 08:02:00 GMT", 120.0),
        ("Tue, 01 Dec 2026 07:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("9" * 40, None),
        ("", None),
    ],
)
async def test_who_asks_for_a_pause_is_heard(receiver, way, message, text, after):
    receiver.answer = lambda: web.Response(status=503, headers={"Retry-After": text})
    assert (await refusal(notifier().send(message(), await way(now=lambda: NOW))))[2] == after


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed_and_its_host_alone_is_told(receiver, serve, way, message, status):
    other = Receiver()
    await serve(other, "other.example")
    receiver.answer = lambda: web.Response(status=status, headers={"Location": "https://other.example/a?token=xyz"})
    text, permanent, _ = await refusal(notifier().send(message(), await way()))
    assert text == f"{HOST}:443 answers {status} and redirects to https://other.example; write that one"
    assert (permanent, other.came) == (True, [])


@pytest.mark.parametrize("location", ["", "/a", "http://[", "javascript:alert(1)", "//\x00"])
async def test_a_redirect_to_nowhere(receiver, way, message, location):
    receiver.answer = lambda: web.Response(status=302, headers={"Location": location} if location.isprintable() else {})
    _, permanent, _ = await refusal(notifier().send(message(), await way()))
    assert permanent


@pytest.mark.parametrize(("status", "taken"), [(200, True), (500, False)])
async def test_an_answer_without_an_end_is_not_read(serve_raw, way, message, status, taken):
    async def endless(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 {status} X\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        while True:
            writer.write(b"4000\r\n" + b"x" * 0x4000 + b"\r\n")
            await writer.drain()

    await serve_raw(endless, HOST)
    sending = notifier().send(message(), await way())
    if taken:
        await sending
    else:
        assert (await refusal(sending))[1] is False


async def head_only(reader, writer):
    await reader.readuntil(b"\r\n\r\n")


async def nonsense(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"SSH-2.0-OpenSSH_9.7\r\n")


async def half(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")


async def long_head(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n")


async def at_once(reader, writer):
    writer.transport.abort()


async def test_what_was_taken_was_taken_whatever_comes_of_the_rest_of_the_answer(serve_raw, way, message):
    await serve_raw(half, HOST)
    await notifier().send(message(), await way())


@pytest.mark.parametrize("talk", [head_only, nonsense, long_head, at_once])
async def test_whoever_does_not_speak_http_is_tried_again(serve_raw, way, message, talk):
    await serve_raw(talk, HOST)
    text, permanent, _ = await refusal(notifier().send(message(), await way()))
    assert text.startswith(HOST)
    assert not permanent


async def test_whoever_is_slow_is_cut_off_from_outside(serve_raw, way, message):
    reached = asyncio.Event()

    async def slow(reader, writer):
        reached.set()
        await reader.read()

    await serve_raw(slow, HOST)
    sending = asyncio.ensure_future(notifier().send(message(), await way()))
    await reached.wait()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending


@pytest.mark.parametrize(
    "fault", [CertificateFault.EXPIRED, CertificateFault.UNTRUSTED_ROOT, CertificateFault.WRONG_NAME]
)
async def test_a_receiver_that_cannot_prove_itself_gets_nothing(serve, way, message, fault):
    one = Receiver()
    await serve(one, HOST, fault=fault)
    text, permanent, _ = await refusal(notifier().send(message(), await way()))
    assert text.startswith(f"{HOST}:443: the certificate is not trusted: ")
    assert (permanent, one.came) == (False, [])


async def test_nobody_there(routes, way, message):
    routes.add(HOST, 443, "127.0.0.1:1")
    said = await refusal(notifier().send(message(), await way()))
    assert said == (f"{HOST}:443: Connection refused", False, None)


@pytest.mark.parametrize("host", ["169.254.169.254", "[fe80::1]", "[::ffff:169.254.169.254]", "100.100.100.200"])
async def test_a_clouds_metadata_service_is_no_receiver(way, message, host):
    text, _, _ = await refusal(notifier(url=URL(f"http://{host}/latest/meta-data")).send(message(), await way()))
    assert "forbidden address" in text


async def test_through_a_proxy_of_its_own(serve_raw, serve, routes, way, message):
    one = Receiver()
    await serve(one, HOST, tls=False, port=8080)
    asked = []

    async def proxy(reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        asked.append(head.split(b"\r\n")[0])
        length = int(re.search(rb"Content-Length: (\d+)", head)[1])
        await reader.readexactly(length)
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")

    await serve_raw(proxy, "proxy.example", tls=False, port=3128)
    url, by = URL(f"http://{HOST}:8080/npsp"), URL("http://proxy.example:3128")
    await notifier(url=url, proxy=by).send(message(), await way())
    assert (asked, one.came) == ([b"POST http://hook.example:8080/npsp HTTP/1.1"], [])


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"key_id": "a b"}, "key_id: "),
        ({"headers": {"Bad Name": "x"}}, "headers.Bad Name: "),
        ({"headers": {"X-Npsp-Signature": "x"}}, "headers.X-Npsp-Signature: "),
        ({"headers": {"Host": "x"}}, "headers.Host: "),
        ({"headers": {"X-Key": "a\r\nX-Other: b"}}, "headers.X-Key: "),
        ({"headers": {"X-Key": Secret("a\nb")}}, "headers.X-Key: "),
        ({"headers": {"X-Key": "ấ"}}, "headers.X-Key: "),
    ],
)
def test_what_cannot_be_right_is_refused_at_the_start(changes, where):
    with pytest.raises(ValueError, match=f"^{re.escape(where)}"):
        notifier(**changes)
