"""Whatever goes wrong on a channel: no log, no error and nothing in the ledger holds a secret."""

import contextlib
from base64 import b64encode
from datetime import timedelta
from types import MethodType

import pytest
from aiohttp import web
from structlog.testing import capture_logs
from yarl import URL

from monitor.channels import Channel
from monitor.delivery import Line, Office
from monitor.notify.email import Notifier as Email
from monitor.notify.webhook import Notifier as Webhook
from monitor.store.ledger import Ordered
from monitor.store.opening import open_ledger
from monitor.store.place import Place
from monitor.testbed.authority import CertificateFault
from monitor.undelivered import anything
from monitor.vitals import Vitals
from probes._secret import Secret

HOST = "receiver.example"
HIDDEN = ("tr0ub4dor-and-3", "bearer-of-bad-news", "k3y-of-the-team", "in-the-path-of-it")
PASSWORD, TOKEN, KEY, PATH = HIDDEN
TELLING = [*HIDDEN, *(b64encode(text.encode()).decode() for text in HIDDEN)]
TELLING += [b64encode(f"\0monitor\0{PASSWORD}".encode()).decode()]

WEBHOOK = Webhook(
    url=URL(f"https://{HOST}/{PATH}?t={PATH}"),
    secret=Secret(PASSWORD),
    token=Secret(TOKEN),
    headers={"X-Key": Secret(KEY)},
)
MAIL = Email(
    host=HOST,
    port=443,
    security="tls",
    user="monitor",
    password=Secret(PASSWORD),
    sender="a@b.example",
    to=("c@d.example",),
)


def http(status, **headers):
    async def echoes(request):
        said = "".join(f"{name}: {value} " for name, value in request.headers.items())
        return web.Response(status=status, text=said + str(request.url), headers=headers)

    return echoes


async def hangs_up(reader, writer):
    await reader.read(1)


async def echoes_head(reader, writer):
    head = await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 500 " + head.replace(b"\r\n", b" ")[:4000] + b"\r\n\r\n")


async def echoes_nonsense(reader, writer):
    writer.write(await reader.readuntil(b"\r\n\r\n"))


async def hangs_up_at_once(_reader, _writer):
    """Who speaks SMTP waits to be greeted."""


async def greets_with_nonsense(reader, writer):
    writer.write(b"what is it?\r\n")
    while said := await reader.readline():
        writer.write(said)


def smtp(*answers, echo=False):
    """Says the answers, one after the other; the last one with what was said to it, as some servers do."""

    async def talk(reader, writer):
        writer.write(b"220 hello\r\n")
        said = b""
        for answer in answers:
            said = await reader.readline()
            writer.write(answer + b"\r\n")
        said = await reader.readline()
        writer.write(b"535 what is " + said.strip() + b"?\r\n" if echo else b"550 no\r\n")
        while said := await reader.readline():
            writer.write(b"535 what is " + said.strip() + b"?\r\n" if echo else b"550 no\r\n")

    return talk


FAILURES = {
    **{f"webhook, {status}": (WEBHOOK, "http", http(status)) for status in (400, 401, 403, 404, 429, 500, 503)},
    "webhook, redirect": (WEBHOOK, "http", http(302, Location=f"https://{TOKEN}@other.example/{PATH}")),
    "webhook, hangs up": (WEBHOOK, "raw", hangs_up),
    "webhook, echoes in the status line": (WEBHOOK, "raw", echoes_head),
    "webhook, echoes instead of HTTP": (WEBHOOK, "raw", echoes_nonsense),
    "webhook, certificate": (WEBHOOK, CertificateFault.EXPIRED, http(200)),
    "webhook, nobody there": (WEBHOOK, "nobody", None),
    "mail, hangs up": (MAIL, "raw", hangs_up_at_once),
    "mail, no AUTH": (MAIL, "raw", smtp(b"250 hello")),
    "mail, AUTH refused": (MAIL, "raw", smtp(b"250-hello\r\n250 AUTH PLAIN LOGIN")),
    "mail, AUTH echoed": (MAIL, "raw", smtp(b"250-hello\r\n250 AUTH PLAIN LOGIN", echo=True)),
    "mail, not SMTP": (MAIL, "raw", greets_with_nonsense),
    "mail, refused after AUTH": (MAIL, "raw", smtp(b"250-hello\r\n250 AUTH PLAIN", b"235 in")),
    "mail, certificate": (MAIL, CertificateFault.WRONG_NAME, http(200)),
    "mail, nobody there": (MAIL, "nobody", None),
}


@pytest.fixture
def ledger(tmp_path):
    with contextlib.closing(open_ledger(Place(file=tmp_path / "monitor.db"))) as one:
        yield one


@pytest.mark.parametrize(("notifier", "how", "handler"), FAILURES.values(), ids=FAILURES)
async def test_no_failure_tells_a_secret(
    notifier, how, handler, serve, serve_raw, routes, way, ledger, message, notice, caplog
):
    if how == "http":
        await serve(handler, HOST)
    elif how == "raw":
        await serve_raw(handler, HOST)
    elif isinstance(how, CertificateFault):
        await serve(handler, HOST, fault=how)
    else:
        routes.add(HOST, 443, "127.0.0.1:1")
    written, line = await failing(notifier, ledger, message, notice, await way(), timedelta(seconds=60))
    await line.sweep()
    shown = written() + caplog.text
    assert written()
    assert [text for text in TELLING if text in shown] == []


@pytest.mark.parametrize("notifier", [WEBHOOK, MAIL], ids=["webhook", "mail"])
async def test_neither_does_a_try_that_takes_too_long_or_a_bug(
    notifier, serve_raw, way, ledger, message, notice, monkeypatch
):
    async def silent(reader, writer):
        await reader.read()

    await serve_raw(silent, HOST)
    reach = await way()
    written, line = await failing(notifier, ledger, message, notice, reach, timedelta(milliseconds=50))
    await line.sweep()

    async def bug(self, message, reach):
        raise ValueError(f"{PASSWORD} {TOKEN}")

    monkeypatch.setattr(type(notifier), "send", bug)
    line._office.now = lambda: notice().at + timedelta(hours=1)
    await line.sweep()
    assert "no end of it within" in written() or "bug: ValueError" in written()
    assert [text for text in TELLING if text in written()] == []


async def failing(notifier, ledger, message, notice, reach, limit):
    """What was written of it, and the line that is to fail."""
    channel = Channel(name="duty", kind="any", notifier=notifier, timeout=limit)
    told = notice()
    ledger.order([Ordered(notice=told, channels={"duty": told.at})], told.at)
    vitals = Vitals(started=told.at)
    vitals.tell_by(("duty",))
    line = Line(
        channel,
        Office(
            ledger=ledger,
            say=lambda notice, channel: message(notice),
            route=lambda notice, channel: anything(notice, channel, told.at),
            vitals=vitals,
            now=lambda: told.at,
            chance=lambda: 0.0,
            channels={"duty": channel},
            reach=reach,
        ),
    )
    logs = []
    sweep = line.sweep

    async def heard(self):
        with capture_logs() as said:
            await sweep()
        logs.extend(said)

    holder = type("Heard", (), {"sweep": heard, "_office": line._office})()
    holder.sweep = MethodType(heard, holder)
    return lambda: "".join(map(str, [*logs, *(each.problem for each in ledger.latest())])), holder
