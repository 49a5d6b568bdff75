"""The scores as each channel's last digest told them: the next one says how they moved since, and not since anything else."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from monitor.alerts.compose import as_it_is
from monitor.alerts.now import Now
from monitor.channels import Channel
from monitor.model import Level
from monitor.notice import Event, Move
from monitor.stories import Digested


def alike(now: Now, event: Event, names: Iterable[str]) -> Iterator[tuple[tuple[Move, ...], frozenset[str]]]:
    """The moves to tell, and the channels that they are to be told on: not all need have had the same digest last."""
    found: defaultdict[tuple[Move, ...], set[str]] = defaultdict(set)
    for name in sorted(names):
        found[_moves(now, event, now.channels[name])].add(name)
    return ((moves, frozenset(on)) for moves, on in found.items())


def _moves(now: Now, event: Event, channel: Channel) -> tuple[Move, ...]:
    still = (as_it_is(score, now.sight.declared.get(score.level)) for score in now.sight.scores)
    return tuple(replace(each, before=_last(now, event, each.level, channel, each.after)) for each in still)


def _last(now: Now, event: Event, level: Level, channel: Channel, usual: tuple[int, int]) -> tuple[int, int]:
    """By any of its names; of a channel that had no such digest yet, `usual`."""
    told = now.memory.digested
    known = ((event, level, name) for name in (channel.name, *channel.formerly))
    return next((told[each] for each in known if each in told), usual)


def digested(now: Now, told: Iterable[tuple[Event, str]]) -> Mapping[Digested, tuple[int, int]]:
    """As it is remembered now that these digests were `told`; of whoever had none yet, as it is."""
    just, figures = frozenset(told), now.sight.figures()
    known = {
        (event, level, name): figure if (event, name) in just else _last(now, event, level, channel, figure)
        for name, channel in now.channels.items()
        for event in _kept(channel)
        for level, figure in figures.items()
    }
    return now.memory.digested if known == now.memory.digested else known


def _kept(channel: Channel) -> Iterator[Event]:
    if channel.daily:
        yield Event.DAILY
    if channel.weekly:
        yield Event.WEEKLY
