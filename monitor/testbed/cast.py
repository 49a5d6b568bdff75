"""Who plays which part in a scenario: drawn by its seed, and by nothing else. Pure.

Which agencies were the missing ones on any day is unknown outside; so nobody is chosen by hand.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from monitor.model import Agency, Answer, Attestation, Condition, Level
from monitor.testbed.faults import Fault, Layer
from monitor.testbed.scenario import Scenario

PAPERS = frozenset({Fault.NOT_MERGED, Fault.NO_PAPER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Faults at the start, and who has a made-up former door, by code."""

    faults: Mapping[str, tuple[Fault, ...]]
    doors: frozenset[str]


def draw(scenario: Scenario, agencies: Sequence[Agency]) -> Cast:
    """The same for the same seed and roster, whatever the order. Raises ValueError when there are too few agencies."""
    random = Random(scenario.seed)  # noqa: S311 - a draw that anyone can repeat is what is wanted
    pools = {level: _shuffled(agencies, level, random) for level in (Level.PROVINCE, Level.MINISTRY)}
    everyone = {level: tuple(pool) for level, pool in pools.items()}
    faults: dict[str, tuple[Fault, ...]] = {}
    for part in scenario.start:
        for _ in range(part.choose):
            if not pools[part.level]:
                raise ValueError(f"scenario {scenario.name}: more faults than agencies of the level {part.level}")
            faults[pools[part.level].pop()] = part.faults
    return Cast(faults=faults, doors=_doors(scenario, everyone, faults))


def _shuffled(agencies: Sequence[Agency], level: Level, random: Random) -> list[str]:
    """Codes of those who count and can be looked at; who can't be is missing without our doing."""
    codes = sorted(a.code for a in agencies if a.level is level and a.counted and a.portal)
    random.shuffle(codes)
    return codes


def _doors(
    scenario: Scenario, everyone: Mapping[Level, tuple[str, ...]], faults: Mapping[str, tuple[Fault, ...]]
) -> frozenset[str]:
    needed = {code for code, held in faults.items() if any(fault.layer is Layer.DOOR for fault in held)}
    shut = {code for level, number in scenario.doors.items() for code in everyone[Level(level)][:number]}
    return frozenset(needed | shut)


def attestations(scenario: Scenario, cast: Cast, agencies: Iterable[Agency]) -> tuple[Attestation, ...]:
    """The made-up documents of the scenario; each says that it is synthetic."""
    return tuple(
        _paper(scenario, agency, condition, cast)
        for agency in agencies
        if agency.counted
        for condition in scenario.attested.get(agency.level.value, ())  # type: ignore[call-overload]  # never national
        if Fault.NO_PAPER not in cast.faults.get(agency.code, ())
    )


def _paper(scenario: Scenario, agency: Agency, condition: Condition, cast: Cast) -> Attestation:
    denied = condition is Condition.MERGED and Fault.NOT_MERGED in cast.faults.get(agency.code, ())
    issued = scenario.day - timedelta(days=90)
    return Attestation(
        agency=agency.code,
        condition=condition,
        answer=Answer.NO if denied else Answer.YES,
        since=issued,
        document=f"SYNTHETIC-{agency.code}-{condition}",
        issued=issued,
        issuer="npsp-monitor testbed",
        synthetic=True,
    )
