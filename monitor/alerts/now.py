"""All that a decision goes by, and what the parts of one ask of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from monitor.alerts.lost import Lost
from monitor.alerts.rules import Telling
from monitor.alerts.sight import Sight
from monitor.alerts.windows import Held
from monitor.channels import Channels
from monitor.incidents import Cause, Incident, Loss, Sharing
from monitor.model import Level
from monitor.stories import Kind, Memory, Story, Subject

COUNTED = frozenset({Sharing.ISSUER, Sharing.NETWORK, Sharing.PLATFORM, Sharing.LEVEL})
_OF_AGENCIES = frozenset({Kind.LOSS, Kind.CONFLICT, Kind.CERTIFICATE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """`incidents` are open at `at`; `lost` is by agency and condition, with those that maintenance accounts for."""

    at: datetime  # UTC
    sight: Sight
    lost: Mapping[Lost, Loss]
    memory: Memory  # as it was before
    incidents: Mapping[Subject, Incident]
    held: Held
    telling: Telling
    channels: Channels

    def level(self, code: str) -> Level:
        return self.sight.standings[code].agency.level

    def levels(self, subject: Subject) -> frozenset[Level]:
        """Whom it concerns; none: all."""
        if subject.kind in (Kind.BLIND, Kind.SCORE):
            return frozenset({Level(subject.value)})
        if subject.kind is Kind.INCIDENT:
            return self._levels_of(self.incidents.get(subject) or remembered(self.memory)[subject])
        return frozenset({self.level(agency_of(subject))})

    def _levels_of(self, incident: Incident) -> frozenset[Level]:
        if incident.cause.sharing is Sharing.NATIONAL:
            return frozenset({Level.NATIONAL})
        if incident.cause.sharing is Sharing.MONITOR:
            return frozenset()
        return self.levels_of(incident.ever | incident.down)

    def levels_of(self, codes: Iterable[str]) -> frozenset[Level]:
        held = self.sight.standings
        return frozenset(held[code].agency.level for code in codes if code in held)


def agency_of(subject: Subject) -> str:
    """Its code; empty for what is about none."""
    return subject.value.partition(" ")[0] if subject.kind in _OF_AGENCIES else ""


@lru_cache(1024)
def subject_of(cause: Cause) -> Subject:
    return Subject(kind=Kind.INCIDENT, value=f"{cause.sharing} {cause.value}".strip())


def remembered(memory: Memory) -> Mapping[Subject, Incident]:
    return {subject_of(incident.cause): incident for incident in memory.incidents}


def open_incidents(memory: Memory) -> tuple[Incident, ...]:
    """Those that are not over; what is over stays remembered until that was told."""
    return tuple(each for each in memory.incidents if not _is_over(memory.stories.get(subject_of(each.cause))))


def _is_over(story: Story | None) -> bool:
    return story is not None and story.over_since is not None
