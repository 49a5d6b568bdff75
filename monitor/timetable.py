"""When which look is due. Pure: the time is passed in.

A watch's phase is a fixed share of its period told by its key, and its due instants are the multiples of the period
plus the phase since 1970 UTC: the same after a restart, the same on every replica, and spread without a draw. Beside
its rhythm a watch may be given one more instant, to be looked at again sooner; the rhythm goes on as if it were not.
"""

import heapq
from array import array
from collections.abc import Container, Iterable
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from monitor.model import Watch

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Due = tuple[datetime, Watch]
MICROSECOND = timedelta(microseconds=1)
_SECOND = 1_000_000  # microseconds
_SET_BACK = 1_000_000  # a wall clock is corrected by less without anyone setting it


def share(key: tuple[str, str]) -> float:
    """A number in [0, 1) told by the key."""
    digest = blake2b("/".join(key).encode(), digest_size=6).digest()
    return int.from_bytes(digest) / 2**48


def next_due(key: tuple[str, str], every: timedelta, after: datetime) -> datetime:
    """The first instant of the watch's own rhythm that is later than `after`."""
    return _instant(_next(_micros(every * share(key)), _micros(every), _since_epoch(after)))


class Timetable:
    """Watches by the second they are due next: numbers in arrays, some twenty bytes a watch."""

    def __init__(
        self, watches: Iterable[Watch], *, now: datetime, warm_up: timedelta, looked: Container[tuple[str, str]] = ()
    ) -> None:
        """Watches not in `looked` come first within `warm_up`, spread by their share, then fall into their rhythm."""
        self._watches = tuple(watches)
        self._now = _since_epoch(now)
        self._phase = array("q")  # microseconds, as all that follow
        self._next = array("q", bytes(8 * len(self._watches)))
        self._by_second: dict[int, array[int]] = {}
        self._seconds: list[int] = []  # a heap of the keys of `_by_second`
        self._extra: list[tuple[int, tuple[str, str], Watch]] = []  # a heap of looks beside the rhythm
        self._awaited: set[tuple[str, str]] = set()  # whose they are
        for i, watch in enumerate(self._watches):
            self._put(i, self._first(watch, warm_up, looked))

    def _first(self, watch: Watch, warm_up: timedelta, looked: Container[tuple[str, str]]) -> int:
        key, every = watch.key, watch.check.every
        part = share(key)
        self._phase.append(_micros(every * part))
        if key in looked:
            return self._later(len(self._phase) - 1, self._now)
        return self._now + _micros(warm_up * part)

    def due(self, now: datetime, until: datetime) -> list[Due]:
        """What is due by `until`, in order, once each, however late: a look is never dropped, only made once."""
        instant = _since_epoch(now)
        if instant < self._now - _SET_BACK:
            self._set_back(instant)
        self._now = instant
        told = [(_instant(at), self._watches[i]) for at, i in self._take(_since_epoch(until))]
        extra = self._take_extra(_since_epoch(until))
        return sorted(told + extra, key=_when) if extra else told

    def sooner(self, watch: Watch, at: datetime) -> None:
        """Look at `watch` at `at` too. No more than one such look waits for each watch, and the next plan forgets it.

        None is made where `at` has passed, for who is late has no time for more looks, nor where the rhythm brings one
        within a second. `due` has to be asked in shorter steps than a look is to come sooner by.
        """
        instant, key = _since_epoch(at), watch.key
        if key in self._awaited or instant <= self._now or _turn(watch, instant - _SECOND) <= instant + _SECOND:
            return
        self._awaited.add(key)
        heapq.heappush(self._extra, (instant, key, watch))

    def _take_extra(self, until: int) -> list[Due]:
        """Those due by then, but for those whose watch's next turn has come as well."""
        taken: list[Due] = []
        while self._extra and self._extra[0][0] <= until:
            at, key, watch = heapq.heappop(self._extra)
            self._awaited.discard(key)
            if _turn(watch, at) > self._now:
                taken.append((_instant(at), watch))
        return taken

    def _take(self, until: int) -> list[tuple[int, int]]:
        taken: list[tuple[int, int]] = []
        later: list[int] = []  # due in the second that `until` cuts in two
        while self._seconds and self._seconds[0] * _SECOND <= until:
            for i in self._by_second.pop(heapq.heappop(self._seconds)):
                at = self._next[i]
                if at > until:
                    later.append(i)
                    continue
                taken.append((at, i))
                self._put(i, self._later(i, max(at, self._now)))
        for i in later:
            self._put(i, self._next[i])
        taken.sort()
        return taken

    def _put(self, i: int, at: int) -> None:
        self._next[i] = at
        second = at // _SECOND
        bucket = self._by_second.get(second)
        if bucket is None:
            bucket = self._by_second[second] = array("I")
            heapq.heappush(self._seconds, second)
        bucket.append(i)

    def _set_back(self, now: int) -> None:
        """The wall clock was set back: without this, every look would wait until it has caught up."""
        self._by_second.clear()
        self._seconds.clear()
        self._extra.clear()
        self._awaited.clear()
        for i, at in enumerate(self._next):
            self._put(i, min(at, self._later(i, now)))

    def _later(self, i: int, after: int) -> int:
        """When a watch is next due in its rhythm."""
        return _next(self._phase[i], _micros(self._watches[i].check.every), after)


def _turn(watch: Watch, after: int) -> int:
    """The first instant of the watch's own rhythm that is later than `after`."""
    every = watch.check.every
    return _next(_micros(every * share(watch.key)), _micros(every), after)


def _when(due: Due) -> datetime:
    return due[0]


def _next(phase: int, every: int, after: int) -> int:
    return phase + every * ((after - phase) // every + 1)


def _micros(span: timedelta) -> int:
    return span // MICROSECOND


def _since_epoch(instant: datetime) -> int:
    return (instant - EPOCH) // MICROSECOND


def _instant(micros: int) -> datetime:
    return EPOCH + timedelta(microseconds=micros)
