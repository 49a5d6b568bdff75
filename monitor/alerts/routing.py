"""Which channels get a notice, and when."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from monitor.channels import Channel, Channels, Quiet
from monitor.model import ZONE, Level
from monitor.notice import OVER, Event, Notice, Severity


def takers(
    channels: Channels, event: Event, severity: Severity, levels: Iterable[Level] = (), *, escalated: bool = False
) -> frozenset[str]:
    """The channels that are told of what begins or goes on, and concerns these levels; none given: all."""
    about = frozenset(levels)
    return frozenset(
        channel.name
        for channel in channels.values()
        if channel.escalation is escalated and _wants(channel, event, severity, about)
    )


def wanted_from(channel: Channel, notice: Notice, at: datetime) -> datetime | None:
    """The earliest at which this channel may be told of a notice that comes about at `at`; None: it is not told."""
    levels = frozenset(entry.level for entry in notice.entries)
    return (
        when(channel, notice.event, notice.severity, at)
        if _wants(channel, notice.event, notice.severity, levels)
        else None
    )


def _wants(channel: Channel, event: Event, severity: Severity, levels: frozenset[Level]) -> bool:
    return (
        severity.rank >= channel.least.rank
        and (not channel.events or event in channel.events)
        and (not levels or not levels.isdisjoint(channel.levels))
    )


def when(channel: Channel, event: Event, severity: Severity, at: datetime) -> datetime:
    """The earliest at which it may be delivered: people are left in peace in quiet hours, but for what is critical.

    That something is over calls nobody to do anything, however grave it was: it has time till the morning.
    """
    grave = severity is Severity.CRITICAL and event not in OVER
    if grave or channel.quiet is None or channel.notifier.audience == "machines":
        return at
    return _end_of_quiet(channel.quiet, at) or at


def _end_of_quiet(quiet: Quiet, at: datetime) -> datetime | None:
    """When the quiet hours that are now end, in UTC; None where there are none now."""
    local = at.astimezone(ZONE)
    today = local.date()
    over_night = quiet.end < quiet.begin
    for day in (today - timedelta(days=1), today) if over_night else (today,):
        begin = datetime.combine(day, quiet.begin, ZONE)
        end = datetime.combine(day + timedelta(days=over_night), quiet.end, ZONE)
        if begin <= local < end:
            return end.astimezone(UTC)
    return None
