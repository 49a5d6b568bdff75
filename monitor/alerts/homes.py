"""Where a story goes on whose channel was renamed, or is there no more: somebody was told that it began."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from monitor.alerts.now import Now, agency_of
from monitor.alerts.routing import takers
from monitor.channels import renamed
from monitor.notice import Event
from monitor.stories import Kind, Memory, Story, Subject

_BEGINS: Final[Mapping[Kind, Event]] = MappingProxyType(
    {
        Kind.LOSS: Event.LOST,
        Kind.INCIDENT: Event.INCIDENT,
        Kind.CONFLICT: Event.CONFLICT,
        Kind.CERTIFICATE: Event.CERTIFICATE,
        Kind.BLIND: Event.BLIND,
    }
)


def homed(now: Now) -> Memory:
    """What is remembered, with every story also on the channels that stand in for those of it that are gone.

    A name that is gone stays: by it the channel is told the end if it comes back.
    """
    memory, names, former = now.memory, frozenset(now.channels), renamed(now.channels)
    moved = {
        subject: replace(story, on=on)
        for subject, story in memory.stories.items()
        if not story.on <= names and (on := story.on | _instead(now, subject, story, former)) != story.on
    }
    return replace(memory, stories={**memory.stories, **moved}) if moved else memory


def _instead(now: Now, subject: Subject, story: Story, former: Mapping[str, str]) -> frozenset[str]:
    """Under its new name; of one without, whoever would be told now that it began."""
    gone = story.on - now.channels.keys()
    heirs = frozenset(former[name] for name in gone if name in former)
    if gone <= former.keys() or (agency_of(subject) and agency_of(subject) not in now.sight.standings):
        return heirs
    levels, event = now.levels(subject), _BEGINS[subject.kind]
    for escalated in (False, True) if story.escalated else (False,):
        heirs |= takers(now.channels, event, story.severity, levels, escalated=escalated)
    return heirs
