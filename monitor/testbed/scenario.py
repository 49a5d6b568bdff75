"""Scenarios: what the emulated estate is like at the start, what happens to it and when. Data, in scenarios/*.yaml."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from monitor.fields import Day, Duration, Shape, Text
from monitor.model import Condition
from monitor.settings import read
from monitor.shapes import LevelWord, PatienceShape, RowShape
from monitor.testbed.faults import Fault

FOLDER = Path(__file__).parent / "scenarios"

FaultWord = Annotated[Fault, Field(strict=False)]
ConditionWord = Annotated[Condition, Field(strict=False)]
Figure = Annotated[str, Field(pattern=r"^\d+/\d+$")]
Number = Annotated[int, Field(ge=0, le=200)]


class About(Shape):
    vi: Text
    en: Text


class Draw(Shape):
    """So many agencies of a level, drawn by the seed, have these faults from the start."""

    level: LevelWord
    choose: Annotated[int, Field(ge=1, le=100)]
    faults: Annotated[tuple[FaultWord, ...], Field(min_length=1)]


class Step(Shape):
    """At this time after the start the fault befalls the agency, or with `none` all its faults end."""

    at: Duration
    agency: Text
    fault: FaultWord | Literal["none"]


class Quick(PatienceShape):
    """A drill makes no noise of its own, so few looks are enough."""

    fail: RowShape = RowShape(looks=3, of=3)
    recover: RowShape = RowShape(looks=2, of=2)


class Monitor(Shape):
    """How the demo's monitor is set beside the operator's configuration, so that something is seen within seconds."""

    every: Duration = timedelta(seconds=10)
    timeout: Duration = timedelta(seconds=3)
    warm_up: Duration = timedelta(seconds=10)
    requests_per_second: Annotated[float, Field(gt=0, le=1000)] = 50.0
    patience: Quick = Quick()


class Scenario(Shape):
    """One scenario. Every document, former door and missing agency in it is made up."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")]
    about: About
    synthetic: Literal[True]
    day: Day  # whose roster and rules hold
    seed: int  # draws who is what
    expect: Mapping[Literal["province", "ministry"], Figure]
    leads_to_national: tuple[LevelWord, ...] = ()  # levels whose portals are closed and lead to the NPSP
    attested: Mapping[Literal["province", "ministry"], tuple[ConditionWord, ...]]  # what documents say of everyone
    doors: Mapping[Literal["province", "ministry"], Number] = {}  # agencies with a made-up former door that is shut
    start: tuple[Draw, ...] = ()
    steps: tuple[Step, ...] = ()
    monitor: Monitor = Monitor()


def names() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


def named(name: str) -> Scenario:
    """The scenario that comes with the program under this name, or the file at this path.

    Raises LookupError for a name that there is none of, ConfigError for a file that is wrong.
    """
    path = FOLDER / f"{name}.yaml" if name in names() else Path(name)
    if not path.is_file():
        raise LookupError(f"no scenario {name!r}; there are {', '.join(names())}, or give the path of a YAML file")
    return read(path, Scenario)


def due(steps: tuple[Step, ...], after: timedelta, until: timedelta) -> tuple[Step, ...]:
    """The steps later than `after` and not later than `until`, in order of time."""
    return tuple(sorted((step for step in steps if after < step.at <= until), key=lambda step: step.at))
