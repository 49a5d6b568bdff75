"""The monitor's own health: plain counters that whoever runs it keeps and /metrics shows."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.trust import Trust

LAG_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)  # seconds
ASLEEP = timedelta(seconds=30)  # without a tick, of which there is one a second


@dataclass(slots=True, kw_only=True)
class Tally:
    """Of one channel."""

    delivered: int = 0
    pending: int = 0  # that could be delivered now, were the channel well; what quiet hours hold is not among them
    failures: int = 0  # of tries, and notices that were given up


@dataclass(slots=True, kw_only=True)
class Vitals:
    """Counts since the start. Times are UTC, lag is seconds from the due instant to the start of the look."""

    started: datetime
    trust: Trust = field(default_factory=Trust)  # in the machine's clock
    in_flight: int = 0
    overruns: int = 0
    last_cycle: datetime | None = None
    awake_since: datetime | None = None  # where it was suspended after the start
    online: bool = True
    store_writes: int = 0  # batches
    store_failures: int = 0
    store_at: datetime | None = None  # of the latest batch that is on the disk
    channels: dict[str, Tally] = field(default_factory=dict)  # by name
    reload_ok: bool = True
    web_ok: bool = True  # whether the web's configuration could be read anew when it changed
    reload_at: datetime | None = None
    lag_buckets: tuple[float, ...] = LAG_BUCKETS
    lag_counts: list[int] = field(default_factory=lambda: [0] * (len(LAG_BUCKETS) + 1))
    lag_sum: float = 0.0

    def cycled(self, at: datetime) -> None:
        """The schedule went round."""
        self.awake_since = self.awake(at)
        self.last_cycle = at

    def awake(self, at: datetime) -> datetime:
        """Since when the process runs without a gap: a machine that was suspended heard nothing meanwhile."""
        asleep = self.last_cycle is not None and at - self.last_cycle > ASLEEP
        return at if asleep else self.awake_since or self.started

    def stored(self, at: datetime) -> None:
        """A batch of that instant is on the disk."""
        self.store_writes += 1
        self.store_at = at

    def tell_by(self, names: Iterable[str]) -> None:
        """These channels are configured; what was counted of one that was there before goes on."""
        self.channels = {name: self.channels.get(name) or Tally() for name in names}

    def lagged(self, seconds: float) -> None:
        seconds = max(0.0, seconds)
        self.lag_counts[bisect_left(self.lag_buckets, seconds)] += 1
        self.lag_sum += seconds
