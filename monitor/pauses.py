"""Keeps Python's collector of cycles from pausing the looks.

Nothing runs while it collects, and a full collection goes through every object there is: 0.1 s for 100,000 targets, of
which next to nothing is ever in a cycle. What is there to stay is set aside; a full collection then goes only through
what came since, such as the records of the latest looks.
"""

import gc
from asyncio import AbstractEventLoop
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

T = TypeVar("T")


@contextmanager
def made_to_stay() -> Iterator[None]:
    """What is made inside stays for long: it is not searched for garbage, neither meanwhile nor later.

    At the end everything is collected once, also what was set aside before and is garbage by now.
    """
    wanted = gc.isenabled()
    gc.disable()  # it would begin anew and again while objects become more and none is garbage: a third of the time
    try:
        yield
    finally:
        gc.unfreeze()
        gc.collect()
        gc.freeze()
        if wanted:
            gc.enable()


def undisturbed(work: Callable[[], T], loop: AbstractEventLoop) -> Callable[[], T]:
    """The work, for another thread to do at once; nothing is collected from now on till it is done. Call it on the loop.

    Ten thousand short-lived objects, none of them garbage yet, would set off one full collection after the other.
    """
    if not gc.isenabled():
        return work
    gc.disable()

    def quietly() -> T:
        try:
            return work()
        finally:
            with suppress(RuntimeError):  # the loop was closed
                loop.call_soon_threadsafe(gc.enable)  # there, as `made_to_stay`: two threads would undo each other

    return quietly
