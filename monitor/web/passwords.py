"""Whether a password is a user's: bcrypt, one at a time, beside the loop; who was right once is known from then on.

How long an answer takes tells nobody which users there are: whoever is asked for, the same work is done.
"""

import asyncio
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

import bcrypt

from probes._secret import Secret

MOST_WAITING: Final = 16  # whose turn has not come; each takes some 70 ms at a cost of 10
MOST_OF_ONE: Final = 8  # of those, of one client, so that it leaves places to others
MOST_KNOWN: Final = 100
_LONGEST: Final = 72  # bytes that bcrypt looks at; of longer ones it would take the start for the whole
_NOBODYS: Final = "mDwo.lAisC94iLAyP81MCesa29IzH37oigHC/42V2pdJlUprsJPze"  # salt and digest that stand in for a user's


class Busy(Exception):  # noqa: N818 - like Trouble, it is an answer and no fault of ours
    """Too many wait for their turn already."""


class Passwords:
    """`users` are bcrypt hashes by name, given anew each time: who is no longer among them is not known any more."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._known: OrderedDict[bytes, None] = OrderedDict()  # digests of what was right, the latest last
        self._one_at_a_time = ThreadPoolExecutor(max_workers=1, thread_name_prefix="passwords")
        self._waiting: dict[Future[bool], str] = {}  # and whose they are

    def known(self, users: Mapping[str, Secret], user: str, password: str) -> bool:
        """Whether it was right before; at once."""
        digest = self._digest(users, user, password)
        if digest not in self._known:
            return False
        self._known.move_to_end(digest)
        return True

    async def right(self, users: Mapping[str, Secret], user: str, password: str, *, who: str = "") -> bool:
        """Raises Busy. Who goes away meanwhile keeps its place in the queue unless its turn has not come.

        `who` is the client that asks.
        """
        waiting = list(self._waiting.values())
        if len(waiting) >= MOST_WAITING or waiting.count(who) >= MOST_OF_ONE:
            raise Busy
        work = self._one_at_a_time.submit(matches, users, user, password)
        self._waiting[work] = who
        work.add_done_callback(lambda done: self._waiting.pop(done, None))
        found = await asyncio.wrap_future(work)
        if found:
            self._remember(self._digest(users, user, password))
        return found

    def close(self) -> None:
        self._one_at_a_time.shutdown(wait=False, cancel_futures=True)

    def _remember(self, digest: bytes) -> None:
        self._known[digest] = None
        if len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)

    def _digest(self, users: Mapping[str, Secret], user: str, password: str) -> bytes:
        """No password is kept: only this, which without the process's own key is worth nothing."""
        kept = users[user].reveal() if user in users else ""
        parts = (part.encode(errors="surrogatepass") for part in (user, kept, password))
        told = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
        return hmac.digest(self._key, told, "sha256")


def matches(users: Mapping[str, Secret], user: str, password: str) -> bool:
    """Once for each cost that any user's hash has, with the user's own where it has that cost, else with nobody's."""
    own = users[user].reveal() if user in users else ""
    given = password.encode(errors="surrogatepass")
    sound = len(given) <= _LONGEST and b"\0" not in given
    tried = given[:_LONGEST].replace(b"\0", b"?")
    right = False
    for cost in sorted({cost_of(each.reveal()) for each in users.values()}):
        its = cost_of(own) == cost
        right |= bcrypt.checkpw(tried, (own if its else f"$2b${cost}${_NOBODYS}").encode()) and its
    return right and sound


def cost_of(kept: str) -> str:
    """The cost of a hash, as the two digits in which it stands there."""
    return kept[4:6]
