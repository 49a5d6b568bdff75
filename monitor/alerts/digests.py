"""When digests are told: once at each channel's hour in Viet Nam, over restarts, a process that slept and a clock that jumps."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta

from monitor.channels import Channel, Channels
from monitor.model import ZONE
from monitor.notice import Event

_DAY, _WEEK = timedelta(days=1), timedelta(days=7)

Due = Mapping[datetime, frozenset[str]]  # where the digest begins -> channels that are to be told


def daily(channels: Channels, last: datetime | None, at: datetime) -> Due:
    """`last`: when digests were told last. None: they begin with the first instant after this one."""
    return _due({name: instant for name, each in channels.items() if (instant := _daily(each, at))}, _DAY, last, at)


def weekly(channels: Channels, last: datetime | None, at: datetime) -> Due:
    return _due({name: instant for name, each in channels.items() if (instant := _weekly(each, at))}, _WEEK, last, at)


def told_until(last: datetime | None, every: timedelta, at: datetime) -> datetime:
    """Up to when digests count as told: a clock that was far ahead must not keep them away for as long."""
    return at if last is None or last - at > every else last


def _due(instants: Mapping[str, datetime], every: timedelta, last: datetime | None, at: datetime) -> Due:
    """`instants`: of each channel, the latest that is not after `at`."""
    until = told_until(last, every, at)
    found: defaultdict[datetime, set[str]] = defaultdict(set)
    for name, instant in instants.items():
        if instant > until:
            found[instant - every * -((until - instant) // every)].add(name)
    return {begin: frozenset(names) for begin, names in found.items()}


def _daily(channel: Channel, at: datetime) -> datetime | None:
    return _latest(channel.daily, at) if channel.daily else None


def _weekly(channel: Channel, at: datetime) -> datetime | None:
    if channel.weekly is None:
        return None
    day, hour = channel.weekly
    latest = _latest(hour, at)
    return latest - _DAY * ((latest.astimezone(ZONE).weekday() - day) % 7)


def _latest(hour: time, at: datetime) -> datetime:
    """The latest instant of this hour in Viet Nam that is not after `at`, in UTC."""
    today = datetime.combine(at.astimezone(ZONE).date(), hour, ZONE)
    return (today if today <= at else today - _DAY).astimezone(UTC)


EVENTS = {Event.DAILY: _DAY, Event.WEEKLY: _WEEK}
