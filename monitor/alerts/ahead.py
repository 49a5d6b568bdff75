"""What was remembered by a clock that was ahead, once it is put back: as if it had just happened.

Else whoever is back, or is to be reminded, would be told when the clock gets there again, which may be years.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from monitor.incidents import Incident, Loss
from monitor.stories import Memory, Story


def not_ahead(memory: Memory, at: datetime) -> Memory:
    """The memory with no time after `at`. Digests see to theirs: see `digests.told_until`."""
    return replace(
        memory,
        stories={subject: _story(story, at) for subject, story in memory.stories.items()},
        incidents=tuple(_incident(incident, at) for incident in memory.incidents),
    )


def losses_not_ahead(lost: Mapping[tuple[str, str], Loss], at: datetime) -> dict[tuple[str, str], Loss]:
    return {key: Loss(min(loss.since, at), min(loss.seen, at)) for key, loss in lost.items()}


def _story(story: Story, at: datetime) -> Story:
    return replace(
        story,
        since=min(story.since, at),
        seen=_by(story.seen, at),
        told_at=_by(story.told_at, at),
        escalated_at=_by(story.escalated_at, at),
        over_since=_by(story.over_since, at),
        turns=tuple(min(turn, at) for turn in story.turns),
    )


def _incident(incident: Incident, at: datetime) -> Incident:
    lost = {code: min(since, at) for code, since in incident.lost.items()}
    return replace(incident, since=min(incident.since, at), quiet_since=_by(incident.quiet_since, at), lost=lost)


def _by(when: datetime | None, at: datetime) -> datetime | None:
    return None if when is None else min(when, at)
