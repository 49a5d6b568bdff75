"""Looks that fail although nothing is wrong: models of noise, told by a seed. Instants are microseconds since 1970.

Each model is asked of the looks at one watch in the order of time. `skip` is the quick way past the looks that do not
fail: the same draws in the same order, so that both ways come to the same (tests/monitor/test_accuracy.py).
"""

import math
import random
from typing import Protocol

MINUTE = 60_000_000  # microseconds
_NEVER = 1 << 62


class Noise(Protocol):
    def fails(self, at: int) -> bool:
        """Whether the look at this instant fails."""

    def skip(self, at: int, every: int) -> int:
        """The first of the instants at, at + every, … whose look fails; no look is made before it."""


class Silence:
    """Nothing fails."""

    def fails(self, _at: int) -> bool:
        return False

    def skip(self, _at: int, _every: int) -> int:
        return _NEVER


class Independent:
    """Every look fails with the same probability, whatever the others did: so many good ones lie before the next."""

    def __init__(self, rate: float, seed: str) -> None:
        self._draw, self._scale = random.Random(seed).random, math.log1p(-rate)
        self._good = self._drawn()

    def _drawn(self) -> int:
        return int(math.log(1 - self._draw()) / self._scale)

    def fails(self, _at: int) -> bool:
        if self._good:
            self._good -= 1
            return False
        self._good = self._drawn()
        return True

    def skip(self, at: int, every: int) -> int:
        at += self._good * every
        self._good = 0
        return at


class Bursts:
    """Gilbert's model: the way is good or bad, for exponentially long; while it is bad, every look fails.

    `rate` is the part of the time in which it is bad, `length` how long that lasts on average, in microseconds.
    E. N. Gilbert, Capacity of a burst-noise channel, Bell System Technical Journal 39 (1960).
    """

    def __init__(self, rate: float, length: float, seed: str, begin: int) -> None:
        self._draw = random.Random(seed).expovariate
        self._leave, self._enter = 1 / length, rate / (1 - rate) / length
        self._start = self._end = begin

    def _reach(self, at: int) -> None:
        while self._end <= at:
            self._start = self._end + int(self._draw(self._enter))
            self._end = self._start + int(self._draw(self._leave))

    def fails(self, at: int) -> bool:
        self._reach(at)
        return self._start <= at

    def skip(self, at: int, every: int) -> int:
        while not self.fails(at):
            at += -(-(self._start - at) // every) * every
        return at


class Outage:
    """A true one, from `begin` to `end`, in which looks fail with probability `share`; noise around it."""

    def __init__(self, begin: int, end: int, noise: Noise, share: float = 1.0, seed: str = "") -> None:
        self._begin, self._end, self._noise, self._share = begin, end, noise, share
        self._draw = random.Random(seed).random

    def fails(self, at: int) -> bool:
        if self._begin <= at < self._end and (self._share >= 1 or self._draw() < self._share):
            return True
        return self._noise.fails(at)

    def skip(self, at: int, _every: int) -> int:
        return at
