"""Scenarios: what the emulated estate is like at the start, what happens to it and when, and what must come of it.

Data, in scenarios/*.yaml; how to write one is told in docs/failure-modes.md.
"""

import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from monitor.fields import Day, Duration, Shape, Text, wrong
from monitor.model import Answer, Check, Condition, Level
from monitor.notice import Event
from monitor.settings import checks_in, read
from monitor.shapes import CHECK_NAME, Code, LevelWord, PatienceShape, RowShape
from monitor.testbed.exchange import PASSWORD
from monitor.testbed.faults import Fault
from probes import Reason

FOLDER = Path(__file__).parent / "scenarios"
MONITOR = "monitor"  # who the faults of the layer `monitor` befall
SYNTHETIC_SECRET = "SYNTHETIC_SECRET"  # noqa: S105 - the name of a variable that scenarios may use: ${env:SYNTHETIC_SECRET}

_FIRST_YEAR = 2000  # there was no portal yet, and a certificate of 1949 cannot be written
TAKEN = frozenset({*Level, MONITOR})  # names that no group may have
FaultWord = Annotated[Fault, Field(strict=False)]
ConditionWord = Annotated[Condition, Field(strict=False)]
ReasonWord = Annotated[Reason, Field(strict=False)]
NoticeWord = Annotated[Event, Field(strict=False)]
Figure = Annotated[str, Field(pattern=r"^\d+/\d+$")]
Number = Annotated[int, Field(ge=0, le=200)]
Few = Annotated[int, Field(ge=1, le=200)]
CheckName = Annotated[str, Field(pattern=CHECK_NAME)]
Counted = Literal["province", "ministry"]
Part = Literal["merged", "connected", "integrated"]


def _answer(value: Any) -> Answer:
    """A bare yes or no is a truth value to YAML."""
    word = {True: "yes", False: "no"}[value] if isinstance(value, bool) else value
    if word not in set(Answer):
        raise wrong("must be yes, no or unknown")
    return Answer(word)


AnswerWord = Annotated[Answer, BeforeValidator(_answer)]


class ScenarioError(ValueError):
    """What a scenario asks for cannot be had of this roster; the text says what can."""


class About(Shape):
    vi: Text
    en: Text


class Draw(Shape):
    """So many agencies of a level, drawn by the seed, have these faults from the start."""

    level: LevelWord
    choose: Annotated[int, Field(ge=1, le=100)]
    faults: Annotated[tuple[FaultWord, ...], Field(min_length=1)]


class Group(Shape):
    """Agencies with a name to speak of them by: some that the seed draws, or these codes."""

    level: LevelWord | None = None
    choose: Few | None = None
    codes: tuple[Code, ...] = ()

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if bool(self.codes) == (self.level is not None and self.choose is not None):
            raise wrong("must have level and choose, or codes")
        return self


class Hosting(Shape):
    """What a group shares in this scenario: synthetic, like everything in it."""

    who: Text
    network: Annotated[int, Field(ge=1, le=254)] | None = None  # hosts are at 127.0.NETWORK.1
    issuer: Annotated[int, Field(ge=1, le=9)] | None = None  # which intermediate signs their certificates
    platform: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")] | None = None


def _or_none(value: Any) -> Any:
    """The word `none`: a union would name only its last member in a mistake's message."""
    return None if value == "none" else value


class Step(Shape):
    """At this time after the start, and again every so often, the fault befalls them; `none`: all their faults end."""

    at: Duration
    who: Text  # a code, a host, a group, a level, or monitor
    fault: Annotated[FaultWord | None, BeforeValidator(_or_none)]
    every: Duration | None = None
    times: Few = 1

    @model_validator(mode="after")
    def _repeated(self) -> Self:
        if (self.every is None) != (self.times == 1):
            raise wrong("every and times go together")
        return self

    def moments(self) -> tuple[timedelta, ...]:
        return tuple(self.at + number * (self.every or timedelta()) for number in range(self.times))


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


class Expected(Shape):
    """What the monitor must hold at this time after the start; what is not written is not asked."""

    at: Duration
    scores: Mapping[Counted, Figure] = {}
    answers: Mapping[str, Mapping[Part, AnswerWord]] = {}  # by who
    reasons: Mapping[str, Mapping[CheckName, ReasonWord]] = {}  # by who, then check: of the state held
    looks: Mapping[str, Mapping[CheckName, ReasonWord]] = {}  # the same of the latest look
    facts: Mapping[str, Mapping[CheckName, Mapping[str, str | int | float | bool]]] = {}  # of the latest look
    incidents: tuple[Text, ...] | None = None  # all that are open, such as `national SIGNON`, `platform igate`
    conflicts: Number | None = None  # agencies of which a document and the looks say different things
    silent_for: Duration | None = None  # the newest look is at least so old

    def names(self) -> tuple[str, ...]:
        """Whom it speaks of."""
        return (*self.answers, *self.reasons, *self.looks, *self.facts)


class Drill(Shape):
    """How the scenario is run by a fast clock, with the operator's own periods and patience, and what must come out."""

    lasts: Duration
    begin: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = "08:00"  # in Viet Nam, on the scenario's day
    timeout: Duration = timedelta(seconds=10)  # of every look, by a real clock
    expect: Annotated[tuple[Expected, ...], Field(min_length=1)]
    notices: Mapping[NoticeWord, Number] = {}  # how many are told until the end; an event left out: none

    @model_validator(mode="after")
    def _in_time(self) -> Self:
        if late := [each for each in self.expect if each.at > self.lasts]:
            raise wrong(f"expect: {late[0].at} is after the end")
        return self


class Scenario(Shape):
    """One scenario. Every document, former door and missing agency in it is made up."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")]
    about: About
    modes: tuple[Annotated[int, Field(ge=1, le=22)], ...] = ()  # of docs/failure-modes.md
    synthetic: Literal[True]
    day: Day  # whose roster and rules hold
    seed: int  # draws who is what
    expect: Mapping[Counted, Figure] = {}  # once everything was looked at
    take: Mapping[Counted, Few] = {}  # only so many agencies, drawn by the seed, and those that are named; none: all
    leads_to_national: tuple[LevelWord, ...] = ()  # levels whose portals are closed and lead to the NPSP
    attested: Mapping[Counted, tuple[ConditionWord, ...]]  # what documents say of everyone
    doors: Mapping[Counted, Number] = {}  # agencies with a made-up former door that is shut
    groups: Mapping[Annotated[str, Field(pattern=r"^[a-z][a-z_]{0,39}$")], Group] = {}
    hosting: tuple[Hosting, ...] = ()
    checks: Mapping[str, Any] = {}  # beside those of the configuration, in the form of checks.yaml
    start: tuple[Draw, ...] = ()
    steps: tuple[Step, ...] = ()
    monitor: Monitor = Monitor()
    drill: Drill | None = None

    @model_validator(mode="after")
    def _possible(self) -> Self:
        late = [n for n, step in enumerate(self.steps, 1) if self.drill and step.at > self.drill.lasts]
        if late:
            raise wrong(f"steps.{late[0]}.at: is after the end of the drill")
        if self.day.year < _FIRST_YEAR:
            raise wrong(f"day: must be in {_FIRST_YEAR} or later")
        if taken := sorted(TAKEN & self.groups.keys()):
            raise wrong(f"groups: {taken[0]} means something already; give the group another name")
        return self


def names() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


def named(name: str) -> Scenario:
    """The scenario that comes with the program under this name, or the file at this path.

    Raises LookupError for a name that there is none of, ConfigError for a file that is wrong.
    """
    return read(_path(name), Scenario, _environ())


def checks_of(name: str) -> tuple[Check, ...]:
    """The checks of that scenario; raises as `named`."""
    return checks_in(_path(name), "checks", _environ())


def _path(name: str) -> Path:
    path = FOLDER / f"{name}.yaml" if name in names() else Path(name)
    if not path.is_file():
        raise LookupError(f"no scenario {name!r}; there are {', '.join(names())}, or give the path of a YAML file")
    return path


def _environ() -> dict[str, str]:
    return {**os.environ, SYNTHETIC_SECRET: PASSWORD}


def due(steps: tuple[Step, ...], after: timedelta, until: timedelta) -> tuple[tuple[timedelta, Step], ...]:
    """The steps later than `after` and not later than `until`, each at its moment, in order of time."""
    moments = [(at, step) for step in steps for at in step.moments() if after < at <= until]
    return tuple(sorted(moments, key=lambda moment: moment[0]))
