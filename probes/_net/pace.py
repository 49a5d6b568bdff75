"""Politeness: how long to wait until a host may be asked again."""

from collections.abc import Callable

_MANY = 10_000  # hosts remembered before those whose slots have passed are forgotten


class Pace:
    """One slot each `1 / per_second` seconds for each host; the slots are dealt out in the order they are asked for."""

    def __init__(self, per_second: float, clock: Callable[[], float]) -> None:
        self._apart = 1 / per_second
        self._clock = clock
        self._free: dict[str, float] = {}  # host -> when its next slot begins

    def follow(self, before: "Pace") -> None:
        """Goes on where another left off: a new configuration is no reason to ask a host twice."""
        self._free = dict(before._free)  # noqa: SLF001 - of the same class

    def wait(self, host: str) -> float:
        """Takes the next slot; seconds until it begins, 0 when it is now."""
        now = self._clock()
        slot = max(now, self._free.get(host, now))
        self._free[host] = slot + self._apart
        if len(self._free) > _MANY:
            self._free = {name: free for name, free in self._free.items() if free > now}
        return slot - now
