"""One answer for all who want it: whatever is asked for under a key is asked once."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, TypeVar

T = TypeVar("T")

_ERROR_KEPT = 900.0  # seconds at most: what is good for a day must not be missing for one


@dataclass(slots=True, kw_only=True)
class _Entry:
    task: asyncio.Task[Any]
    until: float = float("inf")  # known once it has ended
    traceback: TracebackType | None = None


class Shared:
    """Runs work as a task of its own: who waits for it may give up without spoiling it for the others."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._entries: dict[str, _Entry] = {}

    async def get(self, key: str, seconds: float, work: Callable[[], Awaitable[T]]) -> T:
        """The result of `work`, kept for `seconds` after it ended; its error, kept for a quarter of an hour at most."""
        self._forget()
        entry = self._entries.get(key) or self._begin(key, seconds, work)
        await asyncio.wait([entry.task])  # unlike awaiting the task itself, it is not cancelled with us
        if error := entry.task.exception():
            # The same error is raised for many; without this each would add its frames to it.
            raise error.with_traceback(entry.traceback)
        result: T = entry.task.result()
        return result

    async def close(self) -> None:
        tasks = [entry.task for entry in self._entries.values()]
        self._entries.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, key: str, seconds: float, work: Callable[[], Awaitable[Any]]) -> _Entry:
        entry = _Entry(task=asyncio.get_running_loop().create_task(_run(work), name=f"shared {key}"))
        self._entries[key] = entry

        def ended(task: asyncio.Task[Any]) -> None:
            failed = not task.cancelled() and task.exception()
            entry.until = self._clock() + (min(seconds, _ERROR_KEPT) if failed else seconds)
            if failed:
                entry.traceback = failed.__traceback__

        entry.task.add_done_callback(ended)
        return entry

    def _forget(self) -> None:
        now = self._clock()
        for key in [key for key, entry in self._entries.items() if entry.until <= now]:
            del self._entries[key]


async def _run(work: Callable[[], Awaitable[T]]) -> T:
    return await work()
