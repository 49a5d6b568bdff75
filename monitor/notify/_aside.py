"""What may hang, in a thread of its own: a disk that is gone, a lock that is never given up, an output that nobody reads.

Not in the loop's own threads: there are few, everything else that waits for a disk takes turns with them, and the program
does not end before they have.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from threading import Thread


async def aside(work: Callable[..., None], *given: object) -> None:
    """Like `asyncio.to_thread`; who is cancelled leaves it to itself."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def ended(error: BaseException | None) -> None:
        if done.cancelled():
            return
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)

    def run() -> None:
        error: BaseException | None = None
        try:
            work(*given)
        except BaseException as caught:  # noqa: BLE001 - it is raised where it is waited for
            error = caught
        with suppress(RuntimeError):  # the loop was closed: nobody waits any more
            loop.call_soon_threadsafe(ended, error)

    Thread(target=run, name="notify", daemon=True).start()
    await done
