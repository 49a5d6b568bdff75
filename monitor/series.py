"""What the store and the monitor hold as a whole, as series of numbers: names, meanings and labels, and nothing of any format."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import accumulate, chain
from operator import attrgetter

from monitor.config import Config
from monitor.declared import declared_on
from monitor.incidents import Incident, Sharing, word_of
from monitor.model import ZONE, Agency, Declared, Score, Standing
from monitor.report import PARTS
from monitor.show.family import Family, Histogram
from monitor.store.memory import Memory
from monitor.store.seen import Seen
from monitor.vitals import Vitals


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What the store held at one instant; nothing in it changes."""

    agencies: tuple[Agency, ...]
    standings: tuple[Standing, ...]
    looks_by_agency: list[tuple[Seen, ...]]  # one for each watch, looked at or not
    looks: list[Seen]  # the same in one row
    scores: tuple[Score, ...]
    looked_at: int
    incidents: tuple[Incident, ...]


def picture(store: Memory) -> Picture:
    by_agency = store.by_agency()
    return Picture(
        agencies=store.agencies,
        standings=tuple(store.standings.values()),
        looks_by_agency=by_agency,
        looks=list(chain.from_iterable(by_agency)),
        scores=store.scores(),
        looked_at=store.seen()[0],
        incidents=store.incidents,
    )


def number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def of_scores(scores: Iterable[Score]) -> Iterator[Family]:
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


def of_incidents(incidents: Iterable[Incident]) -> Iterator[Family]:
    """By what is shared. What exactly it is may be an address or a name, and those are no labels."""
    open_now: dict[Sharing, list[Incident]] = {sharing: [] for sharing in Sharing}
    for incident in incidents:
        open_now[incident.cause.sharing].append(incident)
    yield Family(
        name="npsp_incidents",
        text="Causes open now that many agencies' troubles come from, by what the agencies share.",
        labels=("sharing",),
        rows=[((sharing.value,), len(held)) for sharing, held in open_now.items()],
    )
    yield Family(
        name="npsp_incident_agencies",
        text="Agencies lost by these causes; of national systems, agencies whose looks need them.",
        labels=("sharing",),
        rows=[((sharing.value,), sum(len(each.down) for each in held)) for sharing, held in open_now.items()],
    )


def in_incidents(now: Picture) -> Iterator[Family]:
    """Which incident it is, in a word that tells no address and no name from outside."""
    levels = {agency.code: agency.level for agency in now.agencies} if now.incidents else {}
    yield Family(
        name="npsp_incident_since_timestamp_seconds",
        text="Since when an incident is open, in seconds since 1970.",
        labels=("incident", "sharing"),
        rows=[((word, each.cause.sharing), each.since.timestamp()) for word, each in _worded(now.incidents)],
    )
    yield Family(
        name="npsp_agency_incident",
        text="1 for each open incident an agency is in: lost by it or, of national systems and the monitor's own link, "
        "one whose looks need it.",
        labels=("agency", "level", "incident", "sharing"),
        rows=[
            ((code, levels[code], word, each.cause.sharing), 1)
            for word, each in _worded(now.incidents)
            for code in sorted(each.down & levels.keys())
        ],
    )


def _worded(incidents: Iterable[Incident]) -> Iterator[tuple[str, Incident]]:
    return ((word_of(incident.cause), incident) for incident in incidents)


def dependencies(config: Config, day: date) -> Family:
    pairs = [(check.name, code) for check in config.checks if check.period.holds(day) for code in check.depends_on]
    return Family(
        kind="info",
        name="npsp_check_dependency_info",
        text="A check that needs a national system.",
        labels=("check", "system"),
        rows=[(pair, 1) for pair in pairs],
    )


def _unknown(score: Score) -> Iterable[tuple[str, int]]:
    return zip(PARTS, (score.unknown_merged, score.unknown_connected, score.unknown), strict=True)


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


def of_monitor(now: Picture, vitals: Vitals, config: Config, version: str) -> Iterator[Family | Histogram]:
    """The monitor's own health."""
    build, synthetic = "npsp_monitor_build_info", "npsp_monitor_synthetic"
    yield Family(kind="info", name=build, text="The running version.", labels=("version",), rows=[((version,), 1)])
    yield Family(
        name=synthetic,
        text="1 if everything here is measured on an emulated estate, by the scenario named; else 0.",
        labels=("scenario",),
        rows=[((config.synthetic or "",), config.synthetic is not None)],
    )
    for name, text, value in (
        ("watches", "Checks on agencies to look at.", len(now.looks)),
        ("watches_looked_at", "Checks on agencies that were looked at.", now.looked_at),
        ("online", "1 while the monitor's own way out works, else 0.", vitals.online),
        (
            "config_last_reload_successful",
            "1 if the latest reload was taken, else 0.",
            vitals.reload_ok and vitals.web_ok,
        ),
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
    yield from _of_notices(vitals)
    yield from _of_store(vitals)
    yield _lag(vitals)


def _of_notices(vitals: Vitals) -> Iterator[Family]:
    """Each channel from the start, with nothing counted."""
    for kind, name, text, of in (
        ("counter", "notices_total", "Notices delivered.", attrgetter("delivered")),
        ("gauge", "notices_pending", "Notices that wait to be delivered.", attrgetter("pending")),
        ("counter", "notice_failures_total", "Deliveries of notices that failed.", attrgetter("failures")),
    ):
        yield Family(
            kind=kind,  # type: ignore[arg-type]  # of a tuple's strings mypy keeps no literals
            name=f"npsp_monitor_{name}",
            text=text,
            labels=("channel",),
            rows=[((channel,), of(tally)) for channel, tally in vitals.channels.items()],
        )


def _of_store(vitals: Vitals) -> Iterator[Family]:
    for name, text, value in (
        ("writes_total", "Batches written to the store.", vitals.store_writes),
        ("failures_total", "Batches that could not be written, and are tried again.", vitals.store_failures),
    ):
        yield Family(kind="counter", name=f"npsp_monitor_store_{name}", text=text, rows=[((), value)])
    yield Family(
        name="npsp_monitor_store_last_write_timestamp_seconds",
        text="When the latest batch that is on the disk was decided, in seconds since 1970; 0 before there is one.",
        rows=[((), seconds(vitals.store_at))],
    )


def _lag(vitals: Vitals) -> Histogram:
    bounds = (*map(str, vitals.lag_buckets), "+Inf")
    return Histogram(
        name="npsp_monitor_schedule_lag_seconds",
        text="Seconds from a look's due time to its start.",
        buckets=tuple(zip(bounds, accumulate(vitals.lag_counts), strict=True)),
        sum=vitals.lag_sum,
    )


def seconds(at: datetime | None) -> float:
    """Since 1970; 0 for never."""
    return at.timestamp() if at else 0.0
