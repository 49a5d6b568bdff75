"""What the store and the monitor hold, as series of numbers: names, meanings and labels, and nothing of any exporter.

`npsp_check_failures_total` has a series for each reason a check has had so far, from the first failure on: some fifty
reasons for each of some five hundred watches, nearly all of them 0 for ever, would be most of the page.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Literal

from monitor.config import Config
from monitor.model import ZONE, Answer, Condition, Declared, Result, Score, Standing, Watch
from monitor.report import PARTS, declared_on, parts_of
from monitor.store.memory import Memory
from monitor.vitals import Vitals
from probes import Reason, Status

Rows = Iterable[tuple[tuple[str, ...], float | None]]  # label values and a value; None leaves the row out

_AGENCY = ("agency", "level")
_WATCH = ("agency", "level", "check")


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """All series of one name. A counter's name ends in _total, an info's in _info; a value of bool counts as 0 or 1."""

    kind: Literal["gauge", "counter", "info"] = "gauge"
    name: str
    text: str  # what, and the unit
    labels: tuple[str, ...] = ()
    rows: Rows = field(default=())


def of_store(store: Memory) -> Iterator[Family]:
    yield from _scores(store.scores())
    yield _info(store)
    yield from _standings([(s, part) for s in store.standings.values() for part in parts_of(s.agency)])
    yield from _checks(store)
    yield _sync_ratios(store)


def looked_at(store: Memory) -> Iterator[tuple[Watch, Result]]:
    """Every watch that was looked at, with its latest look."""
    return ((watch, last) for watch in store.watches if (last := store.last(watch.key)))


def figure(look: Result, fact: str) -> float | None:
    """A fact as a number; None where there is none."""
    value = look.observation.facts.get(fact)
    return number(value.removeprefix("HTTP/")) if isinstance(value, str) else value


def number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _scores(scores: Iterable[Score]) -> Iterator[Family]:
    for name, text in (
        ("agencies", "Agencies of the day's roster that count."),
        ("integrated", "Agencies merged and connected."),
        ("merged", "Agencies whose portal and one-stop system are one."),
        ("connected", "Agencies connected to the National Public Service Portal."),
    ):
        yield Family(
            name="npsp_agencies" if name == "agencies" else f"npsp_agencies_{name}",
            text=text,
            labels=("level",),
            rows=[((score.level,), getattr(score, name)) for score in scores],
        )
    yield Family(
        name="npsp_agencies_unknown",
        text="Agencies of which a condition can be answered neither yes nor no.",
        labels=("level", "condition"),
        rows=[((score.level, part), count) for score in scores for part, count in _unknown(score)],
    )


def _unknown(score: Score) -> Iterable[tuple[str, int]]:
    return zip(PARTS, (score.unknown_merged, score.unknown_connected, score.unknown), strict=True)


def _info(store: Memory) -> Family:
    return Family(
        kind="info",
        name="npsp_agency_info",
        text="An agency of the day's roster, what took its place, and whether it counts in the score.",
        labels=(*_AGENCY, "name", "name_en", "into", "counted"),
        rows=[((a.code, a.level, a.name, a.name_en, a.into or "", _yes_no(a.counted)), 1) for a in store.agencies],
    )


def _yes_no(truth: bool) -> str:  # noqa: FBT001 - the thing itself
    return "yes" if truth else "no"


def _standings(held: list[tuple[Standing, str]]) -> Iterator[Family]:
    labels = {(s.agency.code, part): (s.agency.code, s.agency.level, part) for s, part in held}
    verdicts = [(labels[s.agency.code, part], getattr(s, part)) for s, part in held]
    yield Family(
        name="npsp_agency_standing",
        text="State set: 1 for the answer held to whether a condition is met, 0 for the others.",
        labels=(*_AGENCY, "condition", "answer"),
        rows=[((*of, answer), verdict.answer is answer) for of, verdict in verdicts for answer in Answer],
    )
    yield Family(
        name="npsp_agency_standing_since_timestamp_seconds",
        text="Since when the answer has been held, in seconds since 1970.",
        labels=(*_AGENCY, "condition"),
        rows=[(of, verdict.since.timestamp()) for of, verdict in verdicts],
    )
    yield Family(
        name="npsp_agency_conflict",
        text="1 where a document and the looks contradict each other, else 0.",
        labels=(*_AGENCY, "condition"),
        rows=[(of, bool(verdict.conflict)) for of, verdict in verdicts if of[2] in list(Condition)],
    )


def _checks(store: Memory) -> Iterator[Family]:
    watches = [((w.agency.code, w.agency.level, w.check.name), w, store.last(w.key)) for w in store.watches]
    yield Family(
        name="npsp_check_state",
        text="State set: 1 for the state held of a check, 0 for the others; unknown until the first look.",
        labels=(*_WATCH, "state"),
        rows=[((*of, each), _state(store, watch) is each) for of, watch, _ in watches for each in Status],
    )
    yield Family(
        name="npsp_check_last_look_timestamp_seconds",
        text="When the latest look began that said something of the agency, in seconds since 1970; 0 until the first.",
        labels=_WATCH,
        rows=[(of, seconds(store.made(watch.key))) for of, watch, _ in watches],
    )
    yield Family(
        name="npsp_check_interval_seconds",
        text="Seconds from one look to the next.",
        labels=_WATCH,
        rows=[(of, watch.check.every.total_seconds()) for of, watch, _ in watches],
    )
    yield Family(
        kind="counter",
        name="npsp_check_looks_total",
        text="Looks made.",
        labels=_WATCH,
        rows=[(of, store.looks(watch.key)) for of, watch, _ in watches],
    )
    yield Family(
        kind="counter",
        name="npsp_check_failures_total",
        text="Looks that were not ok, failed or unknown, by reason; a series for each reason seen so far.",
        labels=(*_WATCH, "reason"),
        rows=[((*of, why), n) for of, watch, _ in watches for why, n in sorted(store.failures(watch.key).items())],
    )


def _state(store: Memory, watch: Watch) -> Status:
    held = store.state(watch.key)
    return held.status if held else Status.UNKNOWN


def _sync_ratios(store: Memory) -> Family:
    # By agency, since several checks may report its figure.
    held = {
        (w.agency.code, w.agency.level): value
        for w, last in looked_at(store)
        if (value := _ratio(store, last)) is not None
    }
    return Family(
        name="npsp_dossier_sync_ratio",
        text="Part of an agency's dossiers synchronised with the national portal, 0 to 1, as last known; "
        "absent when the portal has no figure.",
        labels=_AGENCY,
        rows=held.items(),
    )


def _ratio(store: Memory, last: Result) -> float | None:
    """The last known one: that a look failed is no news of it, that the portal has none is."""
    if last.observation.reason is Reason.NO_DATA:
        return None
    return store.number(last.watch.key, "sync_ratio")


def declared(config: Config, day: date) -> Iterator[Family]:
    """The latest figures of each level that reports declare up to `day`."""
    held = declared_on(config.declared, day)
    for name, text, attribute in (
        ("npsp_declared_agencies", "Agencies, as last declared.", "agencies"),
        ("npsp_declared_agencies_integrated", "Agencies merged and connected, as last declared.", "integrated"),
        ("npsp_reform_tasks_planned", "Reform tasks of the plan, as last declared.", "tasks_planned"),
        ("npsp_reform_tasks_completed", "Reform tasks completed, as last declared.", "tasks_completed"),
    ):
        rows = [((d.level,), getattr(d, attribute)) for d in held]
        yield Family(name=name, text=text, labels=("level",), rows=rows)
    yield Family(
        name="npsp_declared_as_of_timestamp_seconds",
        text="The day the declared figures are for, its start in Viet Nam, in seconds since 1970.",
        labels=("level",),
        rows=[((d.level,), _midnight(d).timestamp()) for d in held],
    )


def _midnight(figures: Declared) -> datetime:
    return datetime.combine(figures.as_of, time(), ZONE)


def of_monitor(store: Memory, vitals: Vitals, config: Config, version: str) -> Iterator[Family]:
    """The monitor's own health, but for the histogram of its lag."""
    seen, of = store.seen()
    build, synthetic = "npsp_monitor_build_info", "npsp_monitor_synthetic"
    yield Family(kind="info", name=build, text="The running version.", labels=("version",), rows=[((version,), 1)])
    yield Family(
        name=synthetic,
        text="1 if everything here is measured on an emulated estate, by the scenario named; else 0.",
        labels=("scenario",),
        rows=[((config.synthetic or "",), config.synthetic is not None)],
    )
    for name, text, value in (
        ("watches", "Checks on agencies to look at.", of),
        ("watches_looked_at", "Checks on agencies that were looked at.", seen),
        ("online", "1 while the monitor's own way out works, else 0.", vitals.online),
        ("config_last_reload_successful", "1 if the latest reload was taken, else 0.", vitals.reload_ok),
        (
            "config_last_reload_success_timestamp_seconds",
            "When the configuration that holds was read, in seconds since 1970.",
            seconds(vitals.reload_at),
        ),
        ("looks_in_flight", "Looks under way.", vitals.in_flight),
        (
            "last_cycle_timestamp_seconds",
            "When the schedule last turned, in seconds since 1970; 0 before it first did.",
            seconds(vitals.last_cycle),
        ),
    ):
        yield Family(name=f"npsp_monitor_{name}", text=text, rows=[((), value)])
    yield Family(
        kind="counter",
        name="npsp_monitor_overruns_total",
        text="Looks left out because the one before was still under way.",
        rows=[((), vitals.overruns)],
    )


def seconds(at: datetime | None) -> float:
    """Since 1970; 0 for never."""
    return at.timestamp() if at else 0.0
