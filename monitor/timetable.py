"""When which look is due. Pure: the time is passed in.

A watch's phase is a fixed share of its period told by its key, and its due instants are the multiples of the period
plus the phase since 1970 UTC: the same after a restart, the same on every replica, and spread without a draw.
"""

import heapq
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from monitor.model import Watch

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Due = tuple[datetime, Watch]


def share(key: tuple[str, str]) -> float:
    """A number in [0, 1) told by the key."""
    digest = blake2b("/".join(key).encode(), digest_size=6).digest()
    return int.from_bytes(digest) / 2**48


def next_due(key: tuple[str, str], every: timedelta, after: datetime) -> datetime:
    """The first instant of the watch's own rhythm that is later than `after`."""
    phase = every * share(key)
    periods = (after - EPOCH - phase) // every + 1
    return EPOCH + phase + every * periods


class Timetable:
    """Watches ordered by when they are due next."""

    def __init__(
        self, watches: Iterable[Watch], *, now: datetime, warm_up: timedelta, looked: Collection[tuple[str, str]] = ()
    ) -> None:
        """Watches not in `looked` come first within `warm_up`, spread by their share, then fall into their rhythm."""
        self._watches = tuple(watches)
        self._now = now
        first = [
            (next_due(w.key, w.check.every, now) if w.key in looked else now + warm_up * share(w.key), i)
            for i, w in enumerate(self._watches)
        ]
        self._heap = first
        heapq.heapify(self._heap)

    def due(self, now: datetime, until: datetime) -> list[Due]:
        """What is due by `until`, in order, once each, however late: a look is never dropped, only made once."""
        if now < self._now - timedelta(seconds=1):
            self._set_back(now)
        self._now = now
        taken = []
        while self._heap and self._heap[0][0] <= until:
            instant, i = self._heap[0]
            watch = self._watches[i]
            heapq.heapreplace(self._heap, (next_due(watch.key, watch.check.every, max(instant, now)), i))
            taken.append((instant, watch))
        return taken

    def _set_back(self, now: datetime) -> None:
        """The wall clock was set back: without this, every look would wait until it has caught up."""
        self._heap = [
            (min(at, next_due(w.key, w.check.every, now)), i) for at, i in self._heap for w in [self._watches[i]]
        ]
        heapq.heapify(self._heap)
