"""Maintenance windows: which are open at an instant, since when and until when. Pure.

A window begins at a local time of its zone. A time that a change of daylight saving leaves out begins when it would have
been, by the clock as it was before: 02:30 on the night in which 02:00 becomes 03:00 is 03:30. One that comes twice is the
first of the two. What a window lasts is real time.
"""

from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from monitor.store.ledger import Window

_STEPS = {"daily": timedelta(days=1), "weekly": timedelta(days=7)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Of whom notices are held, and since when (UTC)."""

    everybody: datetime | None = None
    agencies: dict[str, datetime] = field(default_factory=dict)

    @property
    def nobody(self) -> bool:
        return self.everybody is None and not self.agencies

    def since(self, code: str) -> datetime | None:
        own = self.agencies.get(code)
        return own if self.everybody is None else min(self.everybody, own or self.everybody)


def held(windows: Iterable[Window], at: datetime) -> Held:
    """Of whom notices are held at `at`. Of windows that overlap, the one that began first counts."""
    everybody: datetime | None = None
    agencies: dict[str, datetime] = {}
    for window in windows:
        begun = open_since(window, at)
        if begun is None:
            continue
        if not window.agencies:
            everybody = min(begun, everybody or begun)
        agencies |= {code: min(begun, agencies.get(code, begun)) for code in window.agencies}
    return Held(everybody=everybody, agencies=agencies)


def open_for(windows: Iterable[Window], code: str, at: datetime) -> tuple[datetime, Window] | None:
    """The maintenance that an agency is in at `at`, and since when (UTC); of several the one that began first."""
    concerned = (window for window in windows if not window.agencies or code in window.agencies)
    begun = ((since, window) for window in concerned if (since := open_since(window, at)))
    return min(begun, key=lambda each: each[0], default=None)


def open_since(window: Window, at: datetime) -> datetime | None:
    """When the window that is open at `at` began, in UTC; None where none is open."""
    return next((begun for begun in _near(window, at) if begun <= at < begun + window.lasts), None)


def next_begin(window: Window, after: datetime) -> datetime | None:
    """When it begins next, later than `after`, in UTC."""
    return next((begin for begin in _begins(window, after) if begin > after), None)


def _near(window: Window, at: datetime) -> Iterator[datetime]:
    """The begins that a window open at `at` may have."""
    for begin in _begins(window, at - window.lasts):
        if begin > at:
            return
        yield begin


def _begins(window: Window, after: datetime) -> Iterator[datetime]:
    """In their order, all from some time before `after`."""
    zone = ZoneInfo(window.zone)
    number = _skipped(window, after.astimezone(zone).replace(tzinfo=None))
    while True:
        local = _repeated(window, number)
        if local is None or (window.until is not None and local > window.until):
            return
        yield _instant(local, zone)
        number += 1


def _skipped(window: Window, local: datetime) -> int:
    """How many repetitions are surely over; two more are kept, for clocks that are set."""
    if window.every == "monthly":
        months = (local.year - window.begin.year) * 12 + local.month - window.begin.month
        return max(0, months - 2)
    step = _STEPS.get(window.every)
    return max(0, (local - window.begin) // step - 2) if step else 0


def _repeated(window: Window, number: int) -> datetime | None:
    """The local time of a repetition; the last day of a month where the month is too short."""
    begin = window.begin
    if window.every == "monthly":
        years, month = divmod(begin.month - 1 + number, 12)
        year = begin.year + years
        return begin.replace(year=year, month=month + 1, day=min(begin.day, monthrange(year, month + 1)[1]))
    step = _STEPS.get(window.every)
    if step is None:
        return begin if number == 0 else None
    return begin + number * step


def _instant(local: datetime, zone: ZoneInfo) -> datetime:
    return local.replace(tzinfo=zone, fold=0).astimezone(UTC)
