"""Unix signals as events: the first SIGTERM or SIGINT asks to stop, the second stops at once, SIGHUP reloads.

Where there is nothing to reload, SIGHUP means what it meant at first: the terminal is gone, and so should we be.
"""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable

FORCED = 130  # exit status after the second signal, as shells give for SIGINT


def stop_event(reload: Callable[[], Awaitable[object]] | None = None) -> asyncio.Event:
    """An event that is set by the first SIGTERM or SIGINT; for the running loop."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    reloads: set[asyncio.Future[object]] = set()

    def asked() -> None:
        if stop.is_set():
            os._exit(FORCED)
        stop.set()

    def reload_now() -> None:
        if reload is None:
            asked()
        elif not stop.is_set():
            task = asyncio.ensure_future(reload())
            reloads.add(task)
            task.add_done_callback(reloads.discard)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked)
    if hasattr(signal, "SIGHUP") and (reload or signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN):  # by nohup
        loop.add_signal_handler(signal.SIGHUP, reload_now)
    return stop
