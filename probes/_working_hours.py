"""How much working time lies between two instants in Viet Nam: without weekends and public holidays, lunar ones too.

The rule it serves: what an agency receives is to be dealt with within 8 working hours (the receipt rule, as reported of
Gia Lai in September 2025 by nld.com.vn; the text of law itself was not read).

The days come from the library `holidays`. Held against the days off of 2019 to 2026, as generally known (not every
announcement was read), its Vietnam is right in Tết, Giỗ Tổ Hùng Vương, the second day of Quốc khánh, days in lieu and the
Saturdays worked for a bridge day, but for what `_SWAPPED` adds. Bridge days are announced some weeks before; one that the
library does not know yet makes a delay look up to a working day longer.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

ZONE: Final = ZoneInfo("Asia/Ho_Chi_Minh")
LEGAL: Final = timedelta(hours=8)
# A CHOICE OF OURS: agencies differ (7:30 to 11:30 and 13:30 to 17:00 is seen as well); what counts is a day of 8 hours.
_HOURS: Final = ((time(8), time(12)), (time(13), time(17)))
# Days off and the Saturdays worked for them that the library lacks. 2026: 12729/VPCP-KGVX of 25/12/2025,
# as reported; the text was not read.
_SWAPPED: Final = ((date(2026, 1, 2), date(2026, 1, 10)),)
_NOTHING: Final = timedelta()
_SATURDAY = 5


def between(start: datetime, end: datetime) -> timedelta:
    """Working time from `start` to `end`, both with a zone; nothing where the end is not after the start."""
    start, end = start.astimezone(ZONE), end.astimezone(ZONE)
    return sum((_within(day, start, end) for day in _days(start.date(), end.date()) if works(day)), _NOTHING)


def works(day: date) -> bool:
    """Whether public offices are open."""
    off, worked = _exceptions(day.year)
    return day in worked if day.weekday() >= _SATURDAY else day not in off


def _within(day: date, start: datetime, end: datetime) -> timedelta:
    parts = ((datetime.combine(day, begin, ZONE), datetime.combine(day, till, ZONE)) for begin, till in _HOURS)
    return sum((max(_NOTHING, min(till, end) - max(begin, start)) for begin, till in parts), _NOTHING)


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


@lru_cache(maxsize=64)
def _exceptions(year: int) -> tuple[frozenset[date], frozenset[date]]:
    """Days off, and days of a weekend that are worked. A swap may cross the turn of the year."""
    from holidays import country_holidays  # noqa: PLC0415 - costs 0.1 s and 8 MB, and most runs need none of it

    known = country_holidays("VN", years=range(year - 1, year + 2))
    off = {*known, *(day for day, _ in _SWAPPED)}
    worked = {*known.weekend_workdays, *(day for _, day in _SWAPPED)}
    return frozenset(off), frozenset(worked)
