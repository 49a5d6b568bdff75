"""A clock that goes on only when it is told to."""

from datetime import UTC, date, datetime, time, timedelta

from monitor.model import ZONE


class Clock:
    """Called, it tells the time in UTC, as `datetime.now(UTC)` would."""

    def __init__(self, day: date, begin: str) -> None:
        """`begin` is HH:MM in Viet Nam."""
        self._begun = datetime.combine(day, time.fromisoformat(begin), ZONE).astimezone(UTC)
        self.elapsed = timedelta()

    def __call__(self) -> datetime:
        return self._begun + self.elapsed

    def advance(self, by: timedelta) -> None:
        self.elapsed += by
