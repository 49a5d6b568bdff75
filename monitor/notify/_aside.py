"""What may hang, in a thread of its own: a disk that is gone, a lock that is never given up, an output that nobody reads.

Not in the loop's own threads: there are few, everything else that waits for a disk takes turns with them, and the program
does not end before they have.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Lock, Thread


class Attempt:
    """One try in a thread. Either it comes to its end, or who waits for it gives it up before: never both."""

    def __init__(self) -> None:
        self._first = Lock()  # held for ever by whoever ends it
        self._ended = False
        self._given_up = Event()

    @property
    def given_up(self) -> bool:
        return self._given_up.is_set()

    def rest(self, seconds: float) -> None:
        """The thread's; ends when it is given up."""
        self._given_up.wait(seconds)

    def end(self) -> bool:
        """The thread's, once all is done. False: it was given up, so what was done is to be undone."""
        self._ended = self._ended or self._first.acquire(blocking=False)
        return self._ended

    def give_up(self) -> bool:
        """Of who waits. False: too late, it has come to its end."""
        if not self._first.acquire(blocking=False):
            return False
        self._given_up.set()
        return True


async def aside(work: Callable[[Attempt], None]) -> None:
    """Like `asyncio.to_thread`; who is cancelled leaves it to itself, and `work` is told so by its `Attempt`."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()
    attempt = Attempt()

    def ended(error: BaseException | None) -> None:
        if error is None or attempt.given_up:
            done.set_result(None)  # nobody waits for what was given up
        else:
            done.set_exception(error)

    def run() -> None:
        error: BaseException | None = None
        try:
            work(attempt)
        except BaseException as caught:  # noqa: BLE001 - it is raised where it is waited for
            error = caught
        attempt.end()
        with suppress(RuntimeError):  # the loop was closed: nobody waits any more
            loop.call_soon_threadsafe(ended, error)

    Thread(target=run, name="notify", daemon=True).start()
    try:
        await asyncio.shield(done)
    except asyncio.CancelledError:
        if attempt.give_up():
            raise
        await done  # it is on its way from the thread: what was done must not count as given up
