"""Follows what happens, one change after the other, and decides what is told; what was decided holds once it is adopted."""

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial

from monitor.alerts.ahead import losses_not_ahead, not_ahead
from monitor.alerts.dating import dated
from monitor.alerts.homes import homed
from monitor.alerts.lost import Lost, first_lost, note
from monitor.alerts.now import Now, open_incidents
from monitor.alerts.rules import Telling
from monitor.alerts.sight import Sight
from monitor.alerts.steps import subjects
from monitor.alerts.tell import Decision, begin, tell, wait
from monitor.alerts.windows import Held, held
from monitor.channels import Channels
from monitor.incidents import Incident, Loss, Scene, follow
from monitor.model import Change
from monitor.stories import Kind, Memory

_MANY = 200  # stories, conditions lost, agencies in doubt: some ms


class Alerts:
    """`memory` is as of the latest decision that was adopted. Not safe for threads."""

    def __init__(self, telling: Telling, channels: Channels, memory: Memory | None = None) -> None:
        self.telling = telling
        self.channels = channels
        self.memory = memory or Memory()
        self._lost = dict(self.memory.lost)  # goes on between decisions
        self._picture: Mapping[Lost, Loss] | None = self.memory.lost  # the same object as long as nothing turns
        self._first: Mapping[str, Loss] | None = None
        self._at: datetime | None = None  # by the clock, when it was last asked what time it is

    @property
    def incidents(self) -> tuple[Incident, ...]:
        """Open now."""
        return open_incidents(self.memory)

    @property
    def idle(self) -> bool:
        """Whether time alone can change nothing: nothing is open, and no digest is to come."""
        digests = any(each.daily or each.weekly for each in self.channels.values())
        stories = all(subject.kind is Kind.TOLD for subject in self.memory.stories)
        return self.memory.began and stories and not (digests or self._lost or self.memory.incidents)

    @property
    def lost(self) -> Mapping[str, Loss]:
        """By agency."""
        if self._first is None:
            self._first = first_lost(self._lost)
        return self._first

    def go_by(self, at: datetime) -> None:
        """It is `at`, whatever was remembered when: the clock may have been put back, or have been while nobody was here."""
        if self._at is None or at < self._at:
            self.memory, self._lost = not_ahead(self.memory, at), losses_not_ahead(self._lost, at)
            self._turned()
        self._at = at

    def note(self, changes: Iterable[Change]) -> None:
        """What turned."""
        note(self._lost, changes)
        self._turned()

    def keep(self, present: Container[str]) -> None:
        """Who is no longer in the roster is forgotten: neither lost nor restored."""
        for key in [key for key in self._lost if key[0] not in present]:
            del self._lost[key]
        self._turned()

    def _turned(self) -> None:
        self._first = self._picture = None

    def many(self, sight: Sight) -> bool:
        """Whether so much is open, or in doubt, that a decision takes long."""
        return len(self.memory.stories) + len(self._lost) + len(sight.scene.doubtful) > _MANY

    def decide(self, sight: Sight, at: datetime) -> Decision:
        """What is to be told at `at`. Changes nothing."""
        return self.deciding(sight, at)()

    def deciding(self, sight: Sight, at: datetime) -> Callable[[], Decision]:
        """The same, to be asked for in any thread: it goes by what holds now."""
        return partial(_decided, sight, at, self.memory, self._snapshot(), telling=self.telling, channels=self.channels)

    def _snapshot(self) -> Mapping[Lost, Loss]:
        if self._picture is None:
            self._picture = dict(self._lost)
        return self._picture

    def adopt(self, decision: Decision) -> None:
        """What was decided holds. Changes noted since are kept."""
        self.memory = decision.memory


def _decided(
    sight: Sight,
    at: datetime,
    memory: Memory,
    lost: Mapping[Lost, Loss],
    *,
    telling: Telling,
    channels: Channels,
) -> Decision:
    closed = held(sight.windows, at)
    scene = _without(sight.scene, closed)
    before = open_incidents(memory)
    incidents = follow(before, scene, telling.counting, at)
    now = Now(
        at=at,
        sight=sight,
        lost=lost,
        memory=memory,
        incidents=subjects(dated(incidents, (each.cause for each in before), lost, sight.standings)),
        held=closed,
        telling=telling,
        channels=channels,
    )
    now = replace(now, memory=homed(now))
    if not memory.began:
        return begin(now) if sight.settled else wait(now)
    return tell(now)


def _without(scene: Scene, closed: Held) -> Scene:
    """Who was lost since the maintenance of it began makes no incident."""
    if not scene.lost or closed.nobody:
        return scene
    lost = {code: loss for code, loss in scene.lost.items() if not _accounted(closed.since(code), loss.seen)}
    return replace(scene, lost=lost)


def _accounted(held_since: datetime | None, seen: datetime) -> bool:
    return held_since is not None and seen >= held_since
