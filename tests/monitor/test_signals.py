import asyncio
import os
import signal
import subprocess
import sys

import pytest

from monitor.signals import FORCED, stop_event


@pytest.fixture
async def asked():
    """What stop_event does is done to this process; handlers are taken away after the test."""
    yield lambda number: os.kill(os.getpid(), number)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        asyncio.get_running_loop().remove_signal_handler(number)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_the_first_signal_asks_to_stop(asked, number):
    stop = stop_event()
    asked(number)

    await asyncio.wait_for(stop.wait(), 60)


async def test_a_hang_up_reloads_and_does_not_stop(asked):
    reloaded = asyncio.Event()

    async def reload():
        reloaded.set()

    stop = stop_event(reload)
    asked(signal.SIGHUP)
    await asyncio.wait_for(reloaded.wait(), 60)

    assert not stop.is_set()


async def test_a_hang_up_without_anything_to_reload_asks_to_stop(asked):
    """Else a drill whose terminal was closed would hold its hundred ports for ever."""
    stop = stop_event()
    asked(signal.SIGHUP)
    await asyncio.wait_for(stop.wait(), 60)


async def test_a_hang_up_that_was_to_be_passed_over_is(asked):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        stop = stop_event()
        asked(signal.SIGHUP)
        assert not stop.is_set()
        asked(signal.SIGTERM)
        await asyncio.wait_for(stop.wait(), 60)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_the_second_signal_stops_at_once():
    code = """
import asyncio, os, signal
from monitor.signals import stop_event
async def main():
    stop = stop_event()
    os.kill(os.getpid(), signal.SIGTERM)
    await stop.wait()
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.Event().wait()
asyncio.run(main())
"""
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == FORCED
