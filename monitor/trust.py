"""Whether the machine's clock is believed before something is forgotten, or expires, because of its age.

A clock that is set to another year by mistake, and back, must delete no audit log and give up no notice. So after a leap
nothing ends by its age for a day, as counted by a clock that nobody sets: time enough for whoever keeps the clock. A leap
that was right, such as that of a machine without a battery, only delays it. How long nobody watched, no clock tells: after
a start that comes long after the latest sign of life it is the same.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

import structlog

log = structlog.get_logger()

LEAP = timedelta(
    hours=12
)  # half of the shortest time that a notice is kept; what a suspended guest may miss each night
DOUBT = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Of both clocks at one instant; `leapt` is when the one that can be set left the other, by the other."""

    at: datetime  # UTC
    steady: float  # seconds
    leapt: float | None = None

    @property
    def sure(self) -> bool:
        return self.leapt is None or self.steady - self.leapt >= DOUBT.total_seconds()


def read(before: Reading, at: datetime, steady: float) -> Reading:
    """The reading that follows on another."""
    return Reading(at=at, steady=steady, leapt=steady if abs(strayed(before, at, steady)) > LEAP else before.leapt)


def strayed(before: Reading, at: datetime, steady: float) -> timedelta:
    """By how much the clock went ahead of the one that nobody sets."""
    return at - before.at - timedelta(seconds=steady - before.steady)


def since_boot() -> float:
    """Seconds, also of the time in which the machine was suspended, where the system counts that."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Trust:
    """Follows both clocks, in any thread. Without `steady` every clock is believed, such as that of a drill."""

    def __init__(self, steady: Callable[[], float] | None = None) -> None:
        self._steady = steady
        self._latest: Reading | None = None
        self._one = Lock()

    def watched_till(self, at: datetime) -> None:
        """When a process before this one was last there."""
        if self._steady:
            self._latest = Reading(at=at, steady=self._steady())

    def sure(self, at: datetime) -> bool:
        """Whether what is old by `at`, which is now, is so."""
        if self._steady is None:
            return True
        with self._one:
            steady = self._steady()
            before = self._latest or Reading(at=at, steady=steady)
            self._latest = read(before, at, steady)
            if self._latest.leapt == steady:
                by = str(strayed(before, at, steady))
                log.warning("clock_leapt", by=by, kept="what is old, and notices that wait, for a day more")
            return self._latest.sure
