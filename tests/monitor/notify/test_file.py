"""Notices in real files, on real folders that are missing, full, read-only or somebody else's."""

import asyncio
import fcntl
import json
import os
import stat
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from monitor.notify import NotifyError
from monitor.notify._aside import aside
from monitor.notify.file import Notifier


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


async def test_each_notice_is_a_line(tmp_path, notice, message, reach):
    path = tmp_path / "notices.jsonl"
    first, second = message(), message(notice(synthetic="june-2023"), link="https://monitor.example/")
    for one in (first, second):
        await Notifier(path=path).send(one, reach)

    found = lines(path)
    assert [each["key"] for each in found] == [first.key, second.key]
    assert found[0]["text"] == first.text
    assert found[0]["agencies"] == ["H26"]
    assert (found[1]["synthetic"], found[1]["link"]) == ("june-2023", "https://monitor.example/")
    assert "Hà Nội" in path.read_text(encoding="utf-8")


async def test_text_is_for_people(tmp_path, message, reach):
    path = tmp_path / "notices.txt"
    await Notifier(path=path, form="text").send(message(text="Dòng một\n"), reach)

    assert path.read_text(encoding="utf-8").splitlines()[1:] == ["Dòng một", ""]


async def test_a_new_file_is_not_for_everybody(tmp_path, message, reach):
    path = tmp_path / "notices.jsonl"
    before = os.umask(0)
    try:
        await Notifier(path=path).send(message(), reach)
    finally:
        os.umask(before)

    assert stat.S_IMODE(path.stat().st_mode) == 0o640


async def test_a_file_that_is_rotated_away_is_begun_anew(tmp_path, message, reach):
    path = tmp_path / "notices.jsonl"
    await Notifier(path=path).send(message(), reach)
    path.rename(tmp_path / "notices.jsonl.1")
    await Notifier(path=path).send(message(), reach)

    assert len(lines(path)) == 1


async def test_many_at_once_mix_no_lines(tmp_path, message, reach):
    path = tmp_path / "notices.jsonl"
    long = message(text="x" * 100_000)
    await asyncio.gather(*(Notifier(path=path).send(long, reach) for _ in range(20)))

    assert len(lines(path)) == 20


async def refused(path, message, reach):
    with pytest.raises(NotifyError, match="cannot be written") as raised:
        await Notifier(path=path).send(message(), reach)
    assert str(path) in str(raised.value)
    return raised.value


async def test_behind_a_line_that_a_kill_cut_off_a_new_one_begins(tmp_path, message, reach):
    path = tmp_path / "notices.jsonl"
    path.write_bytes(b'{"key": "hal')
    await Notifier(path=path).send(message(), reach)
    await Notifier(path=path).send(message(), reach)

    half, *whole = path.read_text(encoding="utf-8").splitlines()
    assert (half, [json.loads(line)["key"] for line in whole]) == ('{"key": "hal', [message().key] * 2)


async def test_a_file_that_may_be_written_and_not_read_is_written(not_ours, message, reach):
    os.seteuid(0) if os.getuid() == 0 else not_ours.chmod(0o755)
    path = not_ours / "notices.jsonl"
    path.touch()
    path.chmod(0o222)
    os.seteuid(65534) if os.getuid() == 0 else None
    await Notifier(path=path).send(message(), reach)
    os.seteuid(0) if os.getuid() == 0 else path.chmod(0o644)

    assert [each["key"] for each in lines(path)] == [message().key]


async def test_a_missing_folder_may_yet_be_mounted(tmp_path, message, reach):
    error = await refused(tmp_path / "none" / "notices.jsonl", message, reach)
    assert (error.permanent, "No such file" in str(error)) == (False, True)


async def test_a_full_disk_leaves_no_half_line_and_is_tried_again(small_disk, message, reach):
    path = small_disk / "notices.jsonl"
    await Notifier(path=path).send(message(), reach)
    before = path.read_bytes()
    with pytest.raises(NotifyError, match="No space left") as raised:
        await Notifier(path=path).send(message(text="x" * 2_000_000), reach)

    assert not raised.value.permanent
    assert path.read_bytes() == before


async def test_a_file_system_that_is_read_only_is_tried_again(small_disk, message, reach):
    await asyncio.to_thread(subprocess.run, ["mount", "-o", "remount,ro", str(small_disk)], check=True)
    error = await refused(small_disk / "notices.jsonl", message, reach)

    assert (error.permanent, "Read-only" in str(error)) == (False, True)


async def test_somebody_elses_folder_is_for_good(not_ours, message, reach):
    error = await refused(not_ours / "notices.jsonl", message, reach)
    assert (error.permanent, "Permission denied" in str(error)) == (True, True)


async def test_a_folder_is_no_file(tmp_path, message, reach):
    assert (await refused(tmp_path, message, reach)).permanent


async def test_a_pipe_that_nobody_reads_holds_nothing_up(tmp_path, message, reach):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert (await refused(pipe, message, reach)).permanent


async def test_a_device_is_no_file(message, reach):
    with pytest.raises(NotifyError, match="is not a plain file") as raised:
        await Notifier(path="/dev/null").send(message(), reach)
    assert raised.value.permanent


async def test_a_lock_that_is_never_given_up_takes_no_thread_of_the_loop(tmp_path, message, reach):
    path = tmp_path / "notices.jsonl"
    loop = asyncio.get_running_loop()
    with path.open("w", encoding="utf-8") as held, ThreadPoolExecutor(1) as few:
        loop.set_default_executor(few)
        fcntl.flock(held, fcntl.LOCK_EX)
        try:
            for _ in range(3):
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(Notifier(path=path).send(message(), reach), 0.05)
            assert await asyncio.wait_for(asyncio.to_thread(lambda: "free"), 60) == "free"
        finally:
            fcntl.flock(held, fcntl.LOCK_UN)


async def given_up(path, message, reach):
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(Notifier(path=path).send(message, reach), 0.05)


async def none_writes():
    """Until every thread that wrote, or waited to, has ended."""
    for thread in threading.enumerate():
        if thread.name == "notify":
            await asyncio.to_thread(thread.join)


async def test_what_was_given_up_while_it_waited_is_not_written_later(tmp_path, message, reach):
    path, one = tmp_path / "notices.jsonl", message()
    with path.open("w", encoding="utf-8") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        for _ in range(3):
            await given_up(path, one, reach)
    await Notifier(path=path).send(one, reach)
    await none_writes()

    assert [each["key"] for each in lines(path)] == [one.key]


async def test_what_was_given_up_while_the_disk_hung_is_taken_back(tmp_path, message, reach, monkeypatch):
    path, one = tmp_path / "notices.jsonl", message()
    await Notifier(path=path).send(message(text="before"), reach)
    answers = threading.Event()
    monkeypatch.setattr(os, "fsync", lambda _: answers.wait())
    await given_up(path, one, reach)
    answers.set()
    await none_writes()
    monkeypatch.undo()
    assert [each["text"] for each in lines(path)] == ["before"]

    await Notifier(path=path).send(one, reach)
    assert [each["text"] for each in lines(path)] == ["before", one.text]


async def test_what_others_wrote_behind_it_is_not_taken_back(tmp_path, message, reach, monkeypatch):
    path = tmp_path / "notices.jsonl"
    answers = threading.Event()
    monkeypatch.setattr(os, "fsync", lambda _: answers.wait())
    await given_up(path, message(), reach)
    with path.open("a", encoding="utf-8") as other:
        other.write('{"key": "theirs"}\n')
    answers.set()
    await none_writes()

    assert [each["key"] for each in lines(path)] == [message().key, "theirs"]


async def test_who_is_given_up_when_it_has_just_ended_has_ended():
    """By the thread it is done, and the loop has not heard of it yet."""
    in_thread, go_on = threading.Event(), threading.Event()

    def work(attempt):
        assert attempt.end()
        in_thread.set()
        go_on.wait()

    waiting = asyncio.ensure_future(aside(work))
    await asyncio.to_thread(in_thread.wait)
    waiting.cancel()
    asyncio.get_running_loop().call_soon(go_on.set)
    await waiting
    assert not waiting.cancelled()
