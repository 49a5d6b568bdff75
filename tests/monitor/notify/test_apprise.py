"""Messages to real receivers on loopback by the addresses of several services, as Apprise sends them."""

import asyncio
import json
import logging
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from apprise.manager_plugins import NotificationManager
from apprise.plugins.custom_json import NotifyJSON

from monitor.notice import Event, Severity
from monitor.notify import NotifyError, apprise
from monitor.notify.apprise import Notifier
from probes._secret import Secret

# The library asks for it at its first use, for a package beneath it; Python 3.13 has it no more.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

TOKEN = "AbCd1234token"


class Receiver:
    """Keeps what it was sent, and answers as told."""

    def __init__(self, status=200, **headers):
        self.got, self.status, self.headers = [], status, headers

    async def take(self, request):
        body = (await request.read()).decode()
        self.got.append((request.method, request.path, dict(request.headers), body))
        return web.Response(status=self.status, text="{}", headers=self.headers)


@asynccontextmanager
async def serving(receiver):
    runner = web.ServerRunner(web.Server(receiver.take), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def notifier(url, **settings):
    return Notifier(url=Secret(url), **settings)


async def test_json_has_subject_text_and_how_grave_it_is(message, notice, reach):
    receiver = Receiver()
    async with serving(receiver) as address:
        await notifier(f"json://{address}/hook").send(message(), reach)
        await notifier(f"json://{address}/hook").send(message(notice(Event.RESTORED)), reach)
        await notifier(f"json://{address}/hook").send(message(notice(severity=Severity.INFO)), reach)

    bodies = [json.loads(body) for *_, body in receiver.got]
    assert bodies[0]["title"] == message().subject
    assert bodies[0]["message"].rstrip("\n") == message().text.rstrip("\n")
    assert [body["type"] for body in bodies] == ["failure", "success", "info"]


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("ntfy://{}/topic?mode=private", "/"),
        (f"gotify://{{}}/{TOKEN}", "/message"),
        ("mmost://{}/" + "a" * 24, "/hooks/" + "a" * 24),
        (f"rocket://{'a' * 24}/{'b' * 24}@{{}}/#duty", f"/hooks/{'a' * 24}/{'b' * 24}"),
    ],
)
async def test_a_chat_of_ones_own_is_told_by_its_own_interface(url, path, message, reach):
    receiver = Receiver()
    async with serving(receiver) as address:
        await notifier(url.format(address)).send(message(), reach)

    method, asked, _, body = receiver.got[0]
    assert (method, asked) == ("POST", path)
    said = json.loads(body) if body.startswith("{") else {"": body}
    assert "mất kết nối" in json.dumps(said, ensure_ascii=False)


async def test_in_markdown_a_name_stays_the_name_it_is(message, reach):
    receiver = Receiver()
    async with serving(receiver) as address:
        one = message(text="check sign_on\n*not* bold\n")
        await notifier(f"json://{address}/?format=markdown", form="markdown").send(one, reach)

    assert json.loads(receiver.got[0][3])["message"] == "check sign\\_on  \n\\*not\\* bold"


@pytest.mark.parametrize(
    ("status", "permanent"), [(400, True), (401, True), (404, True), (429, False), (500, False), (503, False)]
)
async def test_an_answer_says_whether_to_try_again(status, permanent, message, reach):
    async with serving(Receiver(status)) as address:
        with pytest.raises(NotifyError, match=f"JSON answers {status}") as raised:
            await notifier(f"json://user:{TOKEN}@{address}/").send(message(), reach)

    assert raised.value.permanent is permanent


async def test_who_is_not_there_is_tried_again(unused_tcp_port, message, reach):
    with pytest.raises(NotifyError, match="JSON did not take it, or was not reached") as raised:
        await notifier(f"json://127.0.0.1:{unused_tcp_port}/").send(message(), reach)

    assert not raised.value.permanent


async def test_no_redirect_is_followed(message, reach):
    elsewhere = Receiver()
    async with serving(elsewhere) as there, serving(Receiver(307, Location=f"http://{there}/")) as address:
        with pytest.raises(NotifyError, match="answers 307"):
            await notifier(f"json://{address}/").send(message(), reach)

    assert elsewhere.got == []


async def test_no_token_is_in_an_error_or_a_log(message, reach, caplog, capfd, unused_tcp_port):
    caplog.set_level(logging.DEBUG)
    async with serving(Receiver(403)) as address:
        for url in (f"gotify://{address}/{TOKEN}", f"gotify://127.0.0.1:{unused_tcp_port}/{TOKEN}"):
            one = notifier(url)
            with pytest.raises(NotifyError) as raised:
                await one.send(message(), reach)
            assert TOKEN not in f"{raised.value!r} {one!r}"

    assert TOKEN not in caplog.text
    assert TOKEN not in "".join(capfd.readouterr())


async def test_a_mistake_in_the_library_is_no_traceback_and_no_leak(message, reach, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError(TOKEN)

    monkeypatch.setattr(NotifyJSON, "notify", fail)
    with pytest.raises(NotifyError, match=r"^JSON could not be told: RuntimeError$"):
        await notifier("json://127.0.0.1:1/").send(message(), reach)


async def test_a_service_that_is_slow_holds_up_nobody_else(message, reach):
    let_go, asked = asyncio.Event(), asyncio.Event()

    class Slow(Receiver):
        async def take(self, request):
            asked.set()
            await let_go.wait()
            return web.Response()

    async with serving(Slow()) as address:
        sending = asyncio.create_task(notifier(f"json://{address}/").send(message(), reach))
        await asked.wait()  # the loop goes on while the library waits
        assert not sending.done()
        let_go.set()
        await sending


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("nonsense://x", "is no address that Apprise knows"),
        (f"gotify:///{TOKEN}", "is no address that Apprise knows"),
        (TOKEN, "is no address that Apprise knows"),
        ("syslog://", "only reaches this machine"),
        ("json://127.0.0.1/?rto=3600", "rto and cto must be at most 30"),
        ("json://127.0.0.1/?cto=31", "rto and cto must be at most 30"),
    ],
)
def test_an_address_that_cannot_be_meant_is_an_error_of_the_configuration(url, problem):
    with pytest.raises(ValueError, match=f"url: {problem}") as raised:
        notifier(url)

    assert TOKEN not in str(raised.value)


def test_what_only_reaches_this_machine_is_all_that_the_library_has_of_it():
    """Those are the services whose address needs no more than its scheme; another one with a new release fails here."""
    manager = NotificationManager()
    bare = {
        name
        for name in manager.schemas()
        if any(str(template) in ("{schema}://", "{schema}://_/") for template in manager[name].templates)
    }

    assert bare - {"gio"} <= apprise._LOCAL
    assert {"syslog", "dbus", "gnome", "windows", "macosx"} <= bare | apprise._LOCAL


def test_without_the_library_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(apprise, "installed", lambda _: False)

    with pytest.raises(ValueError, match=r"npsp-monitor\[chat\]"):
        notifier("json://127.0.0.1/")
