"""Who plays which part in a scenario: drawn by its seed, and by nothing else. Pure.

Which agencies were the missing ones on any day is unknown outside; so nobody is chosen by hand.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

from monitor.model import Agency, Answer, Attestation, Condition, Level
from monitor.testbed.faults import Fault, Layer
from monitor.testbed.scenario import Group, Scenario, ScenarioError

PAPERS = frozenset({Fault.NOT_MERGED, Fault.NO_PAPER})
_COUNTED = (Level.PROVINCE, Level.MINISTRY)

Pools = dict[Level, list[str]]  # codes that have no part yet, the next one last


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Faults at the start, who has a made-up former door, the members of groups, and who is there at all, by code."""

    faults: Mapping[str, tuple[Fault, ...]]
    doors: frozenset[str]
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    present: frozenset[str] | None = None  # of those who count; None: all


def draw(scenario: Scenario, agencies: Sequence[Agency]) -> Cast:
    """The same for the same seed and roster, whatever the order. Raises ScenarioError when there are too few agencies."""
    random = Random(scenario.seed)  # noqa: S311 - a draw that anyone can repeat is what is wanted
    named = _named(scenario, agencies)
    pools = {level: _taken(scenario, level, _shuffled(agencies, level, random), named) for level in _COUNTED}
    everyone = {level: tuple(pool) for level, pool in pools.items()}
    free = {level: [code for code in pool if code not in named] for level, pool in pools.items()}
    faults = _faults(scenario, free)
    known = frozenset(agency.code for agency in agencies if agency.portal)
    groups = {name: _members(scenario, name, group, free, known) for name, group in scenario.groups.items()}
    present = frozenset(code for pool in everyone.values() for code in pool) if scenario.take else None
    return Cast(faults=faults, doors=_doors(scenario, everyone, faults), groups=groups, present=present)


def _named(scenario: Scenario, agencies: Iterable[Agency]) -> frozenset[str]:
    """Codes that the scenario speaks of by themselves."""
    told = {step.who for step in scenario.steps} | {code for group in scenario.groups.values() for code in group.codes}
    told |= {who for expected in (scenario.drill.expect if scenario.drill else ()) for who in expected.names()}
    return frozenset(agency.code for agency in agencies if agency.code in told)


def _shuffled(agencies: Sequence[Agency], level: Level, random: Random) -> list[str]:
    """Codes of those who count and can be looked at; who can't be is missing without our doing."""
    codes = sorted(a.code for a in agencies if a.level is level and a.counted and a.portal)
    random.shuffle(codes)
    return codes


def _taken(scenario: Scenario, level: Level, pool: list[str], named: frozenset[str]) -> list[str]:
    """As many as the scenario takes of the level, the named ones among them."""
    if not scenario.take:
        return pool
    must = [code for code in pool if code in named]
    others = [code for code in pool if code not in named]
    number = max(0, scenario.take.get(level.value, 0) - len(must))  # type: ignore[call-overload]  # never national
    return [*others[len(others) - min(number, len(others)) :], *must]


def _faults(scenario: Scenario, free: Pools) -> dict[str, tuple[Fault, ...]]:
    return {_next(scenario, part.level, free): part.faults for part in scenario.start for _ in range(part.choose)}


def _members(scenario: Scenario, name: str, group: Group, free: Pools, known: frozenset[str]) -> tuple[str, ...]:
    if absent := sorted(set(group.codes) - known):
        text = f"{', '.join(absent)}: has no portal, or is not in the roster of {scenario.day}"
        raise ScenarioError(f"scenario {scenario.name}: groups.{name}: {text}")
    if group.codes:
        return group.codes
    if group.level not in free:
        raise ScenarioError(f"scenario {scenario.name}: the group {name} must be of provinces or ministries")
    if (group.choose or 0) > (left := len(free[group.level])):
        text = f"cannot choose {group.choose} of the level {group.level}: {left} have no part yet"
        raise ScenarioError(f"scenario {scenario.name}: groups.{name}: {text}")
    return tuple(_next(scenario, group.level, free) for _ in range(group.choose or 0))


def _next(scenario: Scenario, level: Level, free: Pools) -> str:
    if not free.get(level):
        raise ScenarioError(f"scenario {scenario.name}: more faults than agencies of the level {level}")
    return free[level].pop()


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
