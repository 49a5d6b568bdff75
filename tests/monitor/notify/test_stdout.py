"""Notices on a standard output that is a real one: of a process of its own."""

import asyncio
import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from monitor.notify import NotifyError
from monitor.notify.stdout import Notifier


async def test_text_is_for_people(message, reach, capfd):
    await Notifier().send(message(text="Dòng một\nDòng hai\n"), reach)

    out = capfd.readouterr().out
    assert out == "Hà Nội (H26): mất kết nối với Cổng Dịch vụ công quốc gia\nDòng một\nDòng hai\n\n"


async def test_json_is_one_line(message, reach, capfd):
    one = message()
    await Notifier(form="json").send(one, reach)

    assert json.loads(capfd.readouterr().out)["key"] == one.key


async def test_text_cannot_rewrite_a_terminal(message, reach, capfd):
    await Notifier().send(message(subject="a\x1b[2Jb", text="c\rd\x9b"), reach)

    assert not set("\x1b\r\x9b") & set(capfd.readouterr().out)


async def test_an_output_that_is_full_is_tried_again(message, reach, monkeypatch):
    with Path("/dev/full").open("w", encoding="utf-8") as full:  # noqa: ASYNC230 - a device that answers at once
        monkeypatch.setattr(sys, "stdout", full)
        with pytest.raises(NotifyError, match="standard output cannot be written: No space") as raised:
            await Notifier().send(message(), reach)
        monkeypatch.undo()

    assert not raised.value.permanent


def test_nobody_who_reads_is_no_traceback(tmp_path):
    script = """
import asyncio, sys
from datetime import UTC, datetime
from monitor.notice import Event, Notice, Severity
from monitor.notify import Message, NotifyError
from monitor.notify.stdout import Notifier
from monitor.words import Language
sys.stdin.read()
notice = Notice(key="k", event=Event.TEST, at=datetime.now(UTC), severity=Severity.INFO)
message = Message(notice=notice, channel="c", language=Language.VI, subject="s", text="t", html="")
try:
    asyncio.run(Notifier().send(message, None))
except NotifyError as error:
    print(error, error.permanent, file=sys.stderr)
import os
os._exit(0)
"""
    running = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    running.stdout.close()
    running.stdin.close()
    said = running.stderr.read()
    running.stderr.close()

    assert running.wait(timeout=60) == 0
    assert said == "standard output cannot be written: Broken pipe False\n"


async def test_what_nobody_read_in_time_is_not_written_later(message, reach, monkeypatch):
    """To a pipe that is full until all have been given up."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writing, b"\n" * 4096)
    os.set_blocking(writing, True)
    with os.fdopen(writing, "w", encoding="utf-8") as out, os.fdopen(reading, encoding="utf-8") as come:
        monkeypatch.setattr(sys, "stdout", out)
        for _ in range(3):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(Notifier(form="json").send(message(), reach), 0.05)
        lines = (line for line in come if line.strip())
        first = asyncio.to_thread(next, lines)
        await asyncio.gather(first, Notifier(form="json").send(message(), reach))
        monkeypatch.undo()
        out.close()
        assert list(lines) == []
