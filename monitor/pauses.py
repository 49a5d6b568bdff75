"""Keeps Python's collector of cycles from pausing the looks.

Nothing runs while it collects, and a full collection goes through every object there is: 0.1 s for 100,000 targets, of
which next to nothing is ever in a cycle. What is there to stay is set aside; a full collection then goes only through
what came since, such as the records of the latest looks.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


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
