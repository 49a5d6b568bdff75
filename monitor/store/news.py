"""What is new since it was last written down: keys are noted as looks come in, values are read when they are asked for."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from monitor.model import Change, Standing, State, Watch

Key = tuple[str, str]  # agency code, check name

MOST_CHANGES = 50_000  # that wait to be written: they are history, and a disk may stay full for days


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """For a Batch. None as a value: it is forgotten."""

    states: Mapping[Key, State | None] = field(default_factory=dict)
    standings: Mapping[str, Standing | None] = field(default_factory=dict)
    changes: Sequence[Change] = ()
    checks: Mapping[str, str] = field(default_factory=dict)  # what states of each check mean; none: as written before

    def __bool__(self) -> bool:
        return bool(self.states or self.standings or self.changes or self.checks)


class Notes:
    """What has to be written."""

    def __init__(self) -> None:
        self.states: set[Key] = set()
        self.standings: set[str] = set()
        self.changes: deque[Change] = deque(maxlen=MOST_CHANGES)
        self.checks: Mapping[str, str] = {}

    def state(self, key: Key, before: State | None, after: State) -> None:
        """Details differ from look to look: what is told by them is not worth a write."""
        if before is None or before.status is not after.status or before.reason is not after.reason:
            self.states.add(key)

    def standing(self, before: Standing | None, after: Standing) -> None:
        if before is None or not _same(before, after):
            self.standings.add(after.agency.code)

    def planned(self, before: Iterable[Watch], after: Iterable[Watch]) -> None:
        """What left the plan is forgotten."""
        self.states |= {watch.key for watch in before} - {watch.key for watch in after}
        self.checks = meanings(after)

    def again(self, news: News) -> None:
        """They could not be written."""
        self.states |= news.states.keys()
        self.standings |= news.standings.keys()
        self.changes = deque((*news.changes, *self.changes), maxlen=MOST_CHANGES)
        self.checks = self.checks or news.checks


def meanings(watches: Iterable[Watch]) -> dict[str, str]:
    """By check: the kind of probe and what it proves. Where that is another, a state of before means nothing."""
    checks = {id(watch.check): watch.check for watch in watches}.values()  # few, of many watches
    return {check.name: f"{check.kind} {check.proves or 'nothing'}" for check in checks}


def _same(before: Standing, after: Standing) -> bool:
    return all(
        old is new
        or (
            (old.answer is new.answer and old.since == new.since and old.because == new.because)
            and (old.reasons == new.reasons and old.conflict == new.conflict)
        )
        for old, new in (
            (before.merged, after.merged),
            (before.connected, after.connected),
            (before.integrated, after.integrated),
        )
    )
