"""What many agencies' troubles have in common, by plain counting. Pure: no clock, no I/O.

An incident has one cause. A national system that is down and our own way out are told to us as such; what agencies
share (the family of their software, the network they are hosted in, who issued their certificates, their level) becomes
a cause when more than a part of those who share it are lost within a short time of each other.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from itertools import chain


class Sharing(StrEnum):
    """What a cause is. Of shared ones the more telling comes first: all on one network may well use one software."""

    MONITOR = "monitor"  # our own way out
    NATIONAL = "national"  # a system of the NPSP; value: its code
    ISSUER = "issuer"  # of certificates; value: its name as the certificates give it
    NETWORK = "network"  # value: the prefix, such as 203.0.113.0/24
    PLATFORM = "platform"  # family of software
    LEVEL = "level"  # of agencies: when more than a part of all provinces are lost


_TELLING = tuple(Sharing)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Cause:
    sharing: Sharing
    value: str = ""

    def __hash__(self) -> int:  # asked for every lost agency; that of a whole dataclass takes four times as long
        return hash(self.value)


_FROM_OUTSIDE = frozenset({Sharing.NETWORK, Sharing.ISSUER})  # an address, and what somebody's certificate says


def word_of(cause: Cause) -> str:
    """national/NPSP, platform/igate, network/1a2b3c4d: fit for a label. Two of one word are one incident."""
    named = sha256(cause.value.encode()).hexdigest()[:8] if cause.sharing in _FROM_OUTSIDE else cause.value
    return f"{cause.sharing}/{named}" if named else str(cause.sharing)


@dataclass(frozen=True, slots=True)
class Loss:
    """Times are UTC."""

    since: datetime  # when it began, by the first of the looks that decided it
    seen: datetime  # when that was decided


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """`down` of `of` agencies that share the cause; of a national system, those whose looks need it."""

    cause: Cause
    since: datetime  # UTC
    down: frozenset[str]  # codes
    of: int
    quiet_since: datetime | None = None  # when it went below what would keep it open
    ever: frozenset[str] = frozenset()  # codes that were down by it; who comes and goes is in it still
    lost: Mapping[str, datetime] = field(default_factory=dict)  # code -> since when, of those; UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class Counting:
    """When what agencies share is called the cause."""

    share: float = 0.5  # more than this part of those who share it are lost
    least: int = 4  # and at least so many: 2 of 3 may well be chance
    within: timedelta = timedelta(minutes=30)  # from the first loss to the last
    quiet: timedelta = timedelta(minutes=20)  # that it stays below half of the share before it is over

    def many(self, down: int, of: int) -> bool:
        return down >= self.least and down > self.share * of

    def few(self, down: int, of: int) -> bool:
        return down <= self.share * of / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """All that incidents are told from at one instant. `sharing` is given where it is known already, for many."""

    lost: Mapping[str, Loss]  # by agency, as far as it was seen to happen
    traits: Mapping[str, Sequence[Cause]]  # agency -> what it shares with others
    sharing: Mapping[Cause, int] = field(default_factory=dict)  # how many agencies share it
    national: Mapping[str, frozenset[str]] = field(default_factory=dict)  # system that is down -> who needs it
    began: Mapping[str, datetime] = field(default_factory=dict)  # of those systems: since when, where that is known
    # System -> whose latest look that needs it found that a national system failed, of how many.
    upstream: Mapping[str, tuple[frozenset[str], int]] = field(default_factory=dict)
    doubtful: frozenset[str] = frozenset()  # who may soon be lost, national systems among them
    online: bool = True

    def __post_init__(self) -> None:
        if not self.sharing:
            object.__setattr__(self, "sharing", sharing_of(self.traits))

    def suspected(self) -> frozenset[Cause]:
        """Causes that may soon take more agencies along than they did."""
        suspects = self.doubtful - self.lost.keys()
        return frozenset(cause for code in suspects for cause in self.traits.get(code, ()))

    def down(self) -> dict[Cause, set[str]]:
        """By cause, who is lost of those who share it. Goes over the lost only: agencies may be many."""
        down: defaultdict[Cause, set[str]] = defaultdict(set)
        for code in self.lost:
            for cause in self.traits.get(code, ()):
                down[cause].add(code)
        return down


def in_doubt(scene: Scene, counting: Counting, at: datetime) -> frozenset[Cause]:
    """Causes that would be called so, did those who may soon be lost join those who were lost lately."""
    touched = scene.suspected()
    if not touched:
        return frozenset()
    suspects = scene.doubtful - scene.lost.keys()
    lately = (code for code, loss in scene.lost.items() if at - loss.seen <= counting.within)
    met = Counter(cause for code in chain(suspects, lately) for cause in scene.traits.get(code, ()))
    return frozenset(cause for cause in touched if counting.many(met[cause], scene.sharing[cause]))


def sharing_of(traits: Mapping[str, Sequence[Cause]]) -> Mapping[Cause, int]:
    """How many agencies share each cause."""
    return Counter(cause for causes in traits.values() for cause in causes)


def follow(before: Iterable[Incident], scene: Scene, counting: Counting, at: datetime) -> tuple[Incident, ...]:
    """The incidents open at `at`, oldest first, given those open before."""
    held = {incident.cause: incident for incident in before}
    told = [_told(cause, needing, held, scene, at) for cause, needing in _given(scene, counting).items()]
    if not scene.online:
        # Nothing can be seen, so nothing new is counted, and what was open stays so.
        told += [incident for cause, incident in held.items() if cause.sharing in _COUNTED]
    else:
        told += _counted([each for each in held.values() if each.cause.sharing in _COUNTED], scene, counting, at)
    return tuple(sorted(told, key=lambda incident: (incident.since, incident.cause)))


_COUNTED = frozenset({Sharing.ISSUER, Sharing.NETWORK, Sharing.PLATFORM, Sharing.LEVEL})


def _given(scene: Scene, counting: Counting) -> dict[Cause, frozenset[str]]:
    """National systems, by their own checks or by many agencies' looks, and our own link; and who depends on them."""
    by_looks = {code: who for code, (who, of) in scene.upstream.items() if counting.many(len(who), of)}
    down = {**by_looks, **scene.national}
    given = {Cause(sharing=Sharing.NATIONAL, value=code): who for code, who in down.items()}
    if not scene.online:
        given[Cause(sharing=Sharing.MONITOR)] = frozenset(scene.traits)
    return given


def _told(
    cause: Cause, needing: frozenset[str], held: Mapping[Cause, Incident], scene: Scene, at: datetime
) -> Incident:
    since = held[cause].since if cause in held else scene.began.get(cause.value, at)
    return Incident(cause=cause, since=since, down=frozenset(needing & scene.traits.keys()), of=len(scene.traits))


def _counted(held: Sequence[Incident], scene: Scene, counting: Counting, at: datetime) -> list[Incident]:
    down = scene.down()
    kept = [again for incident in held if (again := _kept(incident, down, scene, counting, at))]
    taken = {incident.cause for incident in kept}
    explained = frozenset[str]().union(*(incident.down for incident in kept))
    while found := _best(
        {cause: codes - explained for cause, codes in down.items() if cause not in taken}, scene, counting
    ):
        cause, codes = found
        since = min(scene.lost[code].since for code in codes)
        lost = {code: scene.lost[code].since for code in codes}
        kept.append(Incident(cause=cause, since=since, down=codes, of=scene.sharing[cause], lost=lost))
        taken.add(cause)
        explained |= codes
    return kept


def _kept(
    incident: Incident, down: Mapping[Cause, set[str]], scene: Scene, counting: Counting, at: datetime
) -> Incident | None:
    """The incident with who is lost now; None once it has been quiet for long enough."""
    sharing, of = down.get(incident.cause, set()), scene.sharing.get(incident.cause, 0)
    ever = incident.ever | incident.down
    latest = max((scene.lost[code].since for code in incident.down if code in scene.lost), default=incident.since)
    # Who is lost for the first time, and later than that, is lost for a reason of its own.
    until = max(latest, incident.since) + counting.within
    codes = frozenset(code for code in sharing if code in ever or scene.lost[code].since <= until)
    now = replace(
        incident, down=codes, of=of, ever=ever | codes, quiet_since=None, lost=_since_when(incident, codes, scene)
    )
    if not counting.few(len(codes), of):
        return now
    quiet = incident.quiet_since or at
    return None if at - quiet >= counting.quiet else replace(now, quiet_since=quiet)


def _since_when(incident: Incident, codes: frozenset[str], scene: Scene) -> Mapping[str, datetime]:
    """Remembered, since a loss is forgotten once it is over. The same object where nobody is new."""
    new = codes - incident.lost.keys()
    return {**incident.lost, **{code: scene.lost[code].since for code in new}} if new else incident.lost


def _best(down: Mapping[Cause, set[str]], scene: Scene, counting: Counting) -> tuple[Cause, frozenset[str]] | None:
    """The cause that the greatest part of those who share it are lost by; of equal ones the more telling."""
    found = [
        (cause, together)
        for cause, codes in down.items()
        if counting.many(len(codes), scene.sharing[cause])
        and counting.many(len(together := _together(codes, scene.lost, counting.within)), scene.sharing[cause])
    ]
    return max(
        found,
        key=lambda each: (
            len(each[1]) / scene.sharing[each[0]],
            -_TELLING.index(each[0].sharing),
            len(each[1]),
            each[0].value,
        ),
        default=None,
    )


def _together(codes: Iterable[str], lost: Mapping[str, Loss], within: timedelta) -> frozenset[str]:
    """The most of them that were lost within `within` of the first of them."""
    since = {code: lost[code].since for code in codes}
    ordered = sorted(codes, key=lambda code: (since[code], code))
    best: list[str] = []
    start = 0
    for end, code in enumerate(ordered):
        while since[code] - since[ordered[start]] > within:
            start += 1
        if end - start + 1 > len(best):
            best = ordered[start : end + 1]
    return frozenset(best)
