"""What a channel did not take is told on the others: never silence, and never a loop. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from monitor.channels import Channel
from monitor.notice import Event, Notice, Severity, key_of
from monitor.store.ledger import Delivery, Ordered

Route = Callable[[Notice, Channel], datetime | None]  # when a channel may be told a notice; None: it is not

# Nobody is told that nobody could be told; and who tries a channel sees it himself.
_ENOUGH = frozenset({Event.UNDELIVERED, Event.TEST})


def elsewhere(
    delivery: Delivery, problem: str, channels: Mapping[str, Channel], route: Route, at: datetime
) -> tuple[Ordered, ...]:
    """The notice that tells of it, with its channels; nothing where there is nobody to tell, or has been told of it."""
    if delivery.notice.event in _ENOUGH:
        return ()
    notice = _notice(delivery, problem, at)
    others = [channel for name, channel in channels.items() if name != delivery.channel]
    when = {each.name: due for each in others if (due := route(notice, each)) is not None}
    first = {each.name: when[each.name] for each in others if each.name in when and not each.escalation} or when
    return (Ordered(notice=replace(notice, told=tuple(sorted(first))), channels=first),) if first else ()


def _notice(delivery: Delivery, problem: str, at: datetime) -> Notice:
    lost = delivery.notice
    return Notice(
        key=key_of(Event.UNDELIVERED, at, (delivery.channel, lost.key)),
        event=Event.UNDELIVERED,
        at=at,
        severity=max((lost.severity, Severity.WARNING), key=lambda each: each.rank),
        entries=lost.entries,
        more=lost.more,
        groups=lost.groups,
        more_groups=lost.more_groups,
        since=lost.at,
        channel=delivery.channel,
        problem=problem,
        events=((lost.event, 1),),
        synthetic=lost.synthetic,
    )


def anything(notice: Notice, channel: Channel, at: datetime) -> datetime | None:
    """By a channel's own choice of what it is told, at once."""
    graver = notice.severity.rank >= channel.least.rank
    return at if graver and (not channel.events or notice.event in channel.events) else None
