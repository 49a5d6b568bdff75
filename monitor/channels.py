"""The channels of the configuration: by which notifier, to whom, in which language, what of it and when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time, timedelta

from monitor.model import COUNTED_LEVELS, Level
from monitor.notice import Event, Severity
from monitor.notify import Notifier
from monitor.words import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """Hours of the night in Viet Nam in which people are told only of what is critical."""

    begin: time
    end: time  # earlier than `begin`: of the next day


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One entry of `channels` in monitor.yaml."""

    name: str
    kind: str
    notifier: Notifier
    language: Language = Language.VI
    least: Severity = Severity.INFO  # what is less grave is not told here
    events: frozenset[Event] = frozenset()  # only these; none: all
    levels: frozenset[Level] = frozenset((*COUNTED_LEVELS, Level.NATIONAL))
    quiet: Quiet | None = None
    daily: time | None = None  # of the digest, in Viet Nam
    weekly: tuple[int, time] | None = None  # Monday is 0
    escalation: bool = False  # told only of what nobody took on in time
    keep: timedelta = timedelta(days=3)  # that a notice is worth to be delivered
    timeout: timedelta = timedelta(seconds=30)  # of one try
    formerly: tuple[str, ...] = ()  # names that it had: what waits for them, and who was told by them, is its own


Channels = Mapping[str, Channel]


def renamed(channels: Channels) -> Mapping[str, str]:
    """Former name -> name."""
    return {old: channel.name for channel in channels.values() for old in channel.formerly}


@dataclass(frozen=True, slots=True, kw_only=True)
class Retelling:
    """When what was told is told again."""

    remind: timedelta = timedelta(days=1)  # then after twice as long, and so on
    most_between: timedelta = timedelta(days=7)  # of two reminders
    escalate: timedelta = timedelta(hours=1)  # without anybody taking it on
    turns: int = 3  # so many losses
    within: timedelta = timedelta(hours=6)  # in this time are called unstable
    steady: timedelta = timedelta(hours=1)  # without a turn, and it is not any more
    certificate: tuple[int, ...] = (30, 14, 7, 1)  # days before the end
    blind: float = 0.3  # more than this part of the answers of a level unknown
    blind_for: timedelta = timedelta(minutes=15)
    silent: timedelta = timedelta(minutes=10)  # between two signs of life
