"""How long each phase of a look took: resolve, connect, tls, processing, transfer."""

from time import perf_counter


class Phases:
    """One phase at a time; seconds are summed over the requests of a look. A phase that is cut off stays current."""

    __slots__ = ("_since", "current", "seconds")

    def __init__(self) -> None:
        self.current: str | None = None  # None when idle
        self.seconds: dict[str, float] = {}
        self._since = 0.0

    def enter(self, phase: str) -> None:
        """The one before ends, this one begins."""
        now = perf_counter()
        if self.current:
            self._add(now)
        self.current = phase
        self._since = now

    def leave(self) -> None:
        if self.current:
            self._add(perf_counter())
            self.current = None

    def halt(self) -> None:
        """Count the time till now; who is cut off stays where he is."""
        if self.current:
            now = perf_counter()
            self._add(now)
            self._since = now

    def _add(self, now: float) -> None:
        seconds, current = self.seconds, self.current or ""
        seconds[current] = seconds.get(current, 0.0) + now - self._since
