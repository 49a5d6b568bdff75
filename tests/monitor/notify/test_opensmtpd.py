"""Mail to an independent server, Debian's OpenSMTPD, into a mailbox on disk.

In the clear: version 6.8 cannot do TLS with OpenSSL 3 ("missing private key"), nor AUTH without. See test_email for both.
"""

import asyncio
import contextlib
import fcntl
import os
import shutil
import socket
import tempfile
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from monitor.notice import Event
from monitor.notify import NotifyError, Picture
from monitor.notify.email import Notifier

# Its spool and its control socket are the machine's: one instance at a time, also over several runs of the tests.
pytestmark = pytest.mark.xdist_group("opensmtpd")

HOST = "mail.example"
LIMIT = 60  # seconds for it to start, and for a mail to be in its box
CONFIG = """
smtp max-message-size 200K
listen on 127.0.0.1 port {port} hostname mail.example
action "keep" maildir "{folder}/mail" virtual {{ "@" => nobody }}
match from any for domain "ministry.example" action "keep"
"""


def program():
    found = shutil.which("smtpd", path="/usr/sbin:/usr/bin:/sbin:/bin")
    if found is None or os.geteuid() != 0:
        if os.environ.get("CI") == "true":
            pytest.fail("opensmtpd is missing, or this is not root; `make debian-packages` installs it")
        pytest.skip("opensmtpd is not installed, or this is not root; `make debian-packages` installs it")
    return found


@pytest.fixture
def folder():
    """Which the server's unprivileged processes may enter; those of pytest are for their owner alone."""
    made = Path(tempfile.mkdtemp(prefix="npsp-opensmtpd-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextlib.asynccontextmanager
async def alone():
    lock = os.open(Path(tempfile.gettempdir()) / "npsp-opensmtpd.lock", os.O_CREAT | os.O_RDWR)
    try:
        await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


async def started(binary, folder):
    log = os.open(folder / "log", os.O_CREAT | os.O_WRONLY)
    try:
        return await asyncio.create_subprocess_exec(
            binary, "-d", "-f", str(folder / "smtpd.conf"), stdout=log, stderr=log
        )
    finally:
        os.close(log)


@pytest.fixture
async def smtpd(folder, routes):
    """Its mailbox."""
    binary = program()
    async with alone():
        port = free_port()
        (folder / "mail").mkdir()
        shutil.chown(folder / "mail", "nobody")
        (folder / "smtpd.conf").write_text(CONFIG.format(folder=folder, port=port))
        process = await started(binary, folder)
        try:
            await _answering(port, process, folder / "log")
            routes.add(HOST, 25, f"127.0.0.1:{port}")
            yield folder / "mail"
            await _emptied()
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.wait()


async def _answering(port, process, log):
    async with asyncio.timeout(LIMIT):
        while True:
            assert process.returncode is None, log.read_text()
            with contextlib.suppress(OSError):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                greeted = await reader.readline()
                writer.close()
                if greeted.startswith(b"220"):
                    return
            await asyncio.sleep(0.05)


async def _emptied():
    """What is in the box may still be in the queue: the next server would put it into its own box once more."""
    async with asyncio.timeout(LIMIT):
        while True:
            asked = await asyncio.create_subprocess_exec(
                shutil.which("smtpctl", path="/usr/sbin:/usr/bin:/sbin:/bin"),
                *("show", "queue"),
                stdout=asyncio.subprocess.PIPE,
            )
            queue, _ = await asked.communicate()
            if asked.returncode == 0 and not queue.strip():
                return
            await asyncio.sleep(0.05)


async def mails(mailbox, number):
    """So many as soon as they are in the box."""
    async with asyncio.timeout(LIMIT):
        while True:
            found = [*mailbox.glob("new/*")]
            if len(found) >= number:
                return [message_from_bytes(each.read_bytes(), policy=policy.default) for each in found]
            await asyncio.sleep(0.05)


def notifier(*to, **changes):
    return Notifier(
        **{
            "host": HOST,
            "security": "none",
            "sender": "Giám sát <monitor@agency.example>",
            "to": to or ("Trực ban <duty@ministry.example>",),
            **changes,
        }
    )


async def refusal(sending):
    with pytest.raises(NotifyError) as caught:
        await sending
    return str(caught.value), caught.value.permanent, caught.value.left


async def test_a_thread_with_text_page_and_picture_is_in_the_mailbox_as_it_was_sent(smtpd, way, message, notice):
    reach = await way()
    first = notice()
    picture = Picture(name="scores", png=b"\x89PNG" + bytes(range(256)) * 50, alt="62/63")
    await notifier().send(message(first, pictures=(picture,), html='<img src="cid:scores">'), reach)
    await notifier().send(message(notice(Event.RESTORED, key="b" * 32, after=(first.key,))), reach)
    lost, back = sorted(await mails(smtpd, 2), key=lambda each: each["X-Npsp-Event"])
    assert lost["Subject"] == message().subject
    assert lost["To"] == "Trực ban <duty@ministry.example>"
    assert back["References"] == lost["Message-ID"] == f"<{first.key}-duty@agency.example>"
    text, page = lost.iter_parts()
    assert text.get_content().splitlines() == message().text.splitlines()
    assert [part.get_content() for part in page.iter_parts()][1] == picture.png


async def test_it_refuses_what_a_server_refuses(smtpd, way, message):
    reach = await way()
    text, permanent, left = await refusal(
        notifier("duty@ministry.example", "x@elsewhere.example").send(message(), reach)
    )
    assert text.startswith("refused for x@elsewhere.example: 550")
    assert (permanent, left) == (True, ("x@elsewhere.example",))
    text, permanent, _ = await refusal(notifier("x@elsewhere.example").send(message(), reach))
    assert permanent
    text, permanent, _ = await refusal(notifier().send(message(text="x" * 300_000), reach))
    assert ("552" in text or "too big" in text.lower(), permanent) == (True, True)
    assert len(await mails(smtpd, 1)) == 1
