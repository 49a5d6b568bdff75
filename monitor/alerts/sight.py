"""What alerting sees at one instant. Built from what the monitor remembers; nothing in it is changed, and little is copied."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.incidents import Loss, Scene
from monitor.model import Answer, Level, Score, Standing
from monitor.store.ledger import Ack, Window
from monitor.store.memory import Memory as Store
from monitor.stories import Kind, Memory
from monitor.vitals import Vitals

LONGEST_START = timedelta(minutes=10)  # that the first looks at everything are waited for


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """All that is told from. `standings` is the store's own: it is read at once, and not kept."""

    standings: Mapping[str, Standing] = field(default_factory=dict)
    scene: Scene = field(default_factory=lambda: Scene(lost={}, traits={}))
    scores: Sequence[Score] = ()
    conflicts: Collection[str] = ()  # codes
    # Code -> the end of the certificate that runs out first, where it is near or is asked for, and known.
    certificates: Mapping[str, datetime] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)  # of probe, by the names of checks
    acks: Mapping[str, Ack] = field(default_factory=dict)
    windows: Sequence[Window] = ()
    settled: bool = True  # everything was looked at once since the start, or has been waited for long enough
    alive: datetime | None = None  # UTC: the latest sign of life before this instant; None: there never was one
    declared: Mapping[Level, tuple[int, int]] = field(default_factory=dict)  # by reports: integrated, of
    synthetic: str | None = None  # name of the scenario

    def figures(self) -> dict[Level, tuple[int, int]]:
        """Integrated, of how many."""
        return {score.level: (score.integrated, score.agencies) for score in self.scores}

    def counted(self) -> dict[str, Level]:
        """Who makes up the scores: code -> level. Goes over the whole estate: for when something is told."""
        held = ((code, each) for code, each in self.standings.items() if each.integrated.answer is Answer.YES)
        return {code: each.agency.level for code, each in held if each.agency.counted}

    def well(self, code: str) -> bool:
        """Integrated; of a system that is not counted, which has nothing to be merged with, connected."""
        held = self.standings.get(code)
        if held is None:
            return False
        return (held.integrated if held.agency.counted else held.connected).answer is Answer.YES


def sight_of(store: Store, memory: Memory, lost: Mapping[str, Loss], vitals: Vitals, at: datetime) -> Sight:
    """What the monitor holds now; what people announced or took on is not in it."""
    return Sight(
        standings=store.standings,
        scene=_scene(store, lost, memory, online=vitals.online),
        scores=store.scores(),
        conflicts=store.conflicts,
        certificates=_certificates(store, memory),
        settled=_settled(store, vitals.started, at),
    )


def _scene(store: Store, lost: Mapping[str, Loss], memory: Memory, *, online: bool) -> Scene:
    """What incidents are told from: while nothing is wrong, nobody is asked what agencies share."""
    store.scenes.keep_up()
    if not lost and not memory.incidents and online and store.scenes.quiet:
        return Scene(lost={}, traits={})
    return store.scenes.scene(lost, online=online)


def _certificates(store: Store, memory: Memory) -> dict[str, datetime]:
    """Those that end soon; and those that were told to, as they are by now."""
    endings = store.scenes.endings
    endings.ask(frozenset(subject.value for subject in memory.stories if subject.kind is Kind.CERTIFICATE))
    return endings.by_agency()


def _settled(store: Store, started: datetime, at: datetime) -> bool:
    looked, of = store.seen()
    return looked >= of or at - started >= LONGEST_START
