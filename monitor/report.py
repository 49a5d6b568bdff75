"""One report of everything the store holds, as plain values for JSON: what the API answers and the command line prints.

Its shape is monitor/web/status.schema.json. Times are UTC in ISO 8601, days are days of Viet Nam, sizes bytes, times
seconds. Words are the house's own (`yes`, `timeout_connect`, …); to say them to people is for others.
"""

import math
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Final, TypedDict

from monitor.alerts.windows import open_for
from monitor.config import Config
from monitor.declared import DeclaredReport, declared_on, declared_report
from monitor.incidents import Incident
from monitor.keeping import People
from monitor.model import ZONE, Agency, Conflict, Level, Result, Score, Standing, Verdict, Watch
from monitor.store.ledger import Ack, Window
from monitor.store.memory import Memory
from probes import Fact, Status

PARTS: Final = ("merged", "connected", "integrated")  # of a standing
_NATIONAL_PARTS: Final = ("connected",)  # of what everyone is to be integrated with


class LookedAt(TypedDict):
    watches: int
    of: int


class ScoreReport(TypedDict):
    agencies: int
    integrated: int
    merged: int
    connected: int
    not_integrated: int
    unknown: int
    unknown_merged: int
    unknown_connected: int


class ConflictReport(TypedDict):
    document: str  # its number
    issued: str
    issuer: str
    synthetic: bool
    says: str
    looks: str


class VerdictReport(TypedDict):
    answer: str
    since: str
    because: list[str]  # names of checks, or `document N`
    detail: str
    conflict: str | None
    conflict_between: ConflictReport | None


class LookReport(TypedDict):
    """The latest look; None and empty before the first."""

    last_look: str | None
    last_reason: str | None
    last_detail: str
    seconds: float | None
    phases: dict[str, float]
    facts: dict[str, Fact | None]


class CheckReport(LookReport):
    """The state held, which may differ from the latest look."""

    name: str
    kind: str
    proves: str | None
    state: str  # unknown before the first look
    reason: str | None
    detail: str
    since: str | None


class AckReport(TypedDict):
    """Somebody has taken the loss on: no reminders."""

    by: str
    reason: str
    at: str


class MaintenanceReport(TypedDict):
    """Notices are held, looks go on."""

    reason: str
    by: str  # empty: it stands in maintenance.yaml
    since: str


class AgencyReport(TypedDict):
    code: str
    name: str
    name_en: str
    level: str
    counted: bool
    portal: str | None
    merged: VerdictReport | None
    connected: VerdictReport | None
    integrated: VerdictReport | None
    ack: AckReport | None
    maintenance: MaintenanceReport | None  # that is open now
    checks: list[CheckReport]


class IncidentReport(TypedDict):
    """What many agencies' troubles come from."""

    sharing: str  # monitor, national, issuer, network, platform or level
    value: str  # which: a system's code, a name, a prefix; empty for the monitor's own link
    since: str
    agencies: list[str]  # codes of who is lost by it; of a national system, whose looks need it
    of: int  # how many share it


class Report(TypedDict):
    as_of: str
    reported_at: str
    measured_at: str | None  # the latest look
    synthetic: str | None  # name of the scenario
    looked_at: LookedAt
    scores: dict[str, ScoreReport]  # by level
    declared: dict[str, DeclaredReport]  # by level
    incidents: list[IncidentReport]  # open now, oldest first
    agencies: list[AgencyReport]


def report(store: Memory, config: Config, now: datetime, people: People | None = None) -> Report:
    """Scores, declared figures and every agency of the day with its checks; `now` is UTC."""
    people = people or People()
    day = day_of(config, now)
    looked_at, of = store.seen()
    scores = store.scores()
    return {
        "as_of": day.isoformat(),
        "reported_at": _moment(now),
        "measured_at": _latest(store),
        "synthetic": config.synthetic,
        "looked_at": {"watches": looked_at, "of": of},
        "scores": {score.level.value: _score(score) for score in scores},
        "declared": {
            figures.level.value: declared_report(figures, config.roster, scores, store.standings.values())
            for figures in declared_on(config.declared, day)
        },
        "incidents": [_incident(incident) for incident in store.incidents],
        "agencies": _agencies(store, replace(people, windows=(*config.maintenance, *people.windows)), now),
    }


def day_of(config: Config, now: datetime) -> date:
    """Whose roster and rules hold: the scenario's day, else today in Viet Nam."""
    return config.day or now.astimezone(ZONE).date()


def _incident(incident: Incident) -> IncidentReport:
    return {
        "sharing": incident.cause.sharing.value,
        "value": incident.cause.value,
        "since": _moment(incident.since),
        "agencies": sorted(incident.down),
        "of": incident.of,
    }


def _score(score: Score) -> ScoreReport:
    return {
        "agencies": score.agencies,
        "integrated": score.integrated,
        "merged": score.merged,
        "connected": score.connected,
        "not_integrated": score.not_integrated,
        "unknown": score.unknown,
        "unknown_merged": score.unknown_merged,
        "unknown_connected": score.unknown_connected,
    }


def _agencies(store: Memory, people: People, now: datetime) -> list[AgencyReport]:
    watched: dict[str, list[Watch]] = {agency.code: [] for agency in store.agencies}
    for watch in store.watches:
        watched[watch.agency.code].append(watch)
    return [_agency(agency, store, watched[agency.code], people, now) for agency in store.agencies]


def _ack(ack: Ack | None) -> AckReport | None:
    return {"by": ack.by, "reason": ack.reason, "at": _moment(ack.at)} if ack else None


def _maintenance(held: tuple[datetime, Window] | None) -> MaintenanceReport | None:
    return {"reason": held[1].reason, "by": held[1].by, "since": _moment(held[0])} if held else None


def parts_of(agency: Agency) -> tuple[str, ...]:
    """What can be asked of an agency: a national system is up or not; there is nothing to merge it with."""
    return _NATIONAL_PARTS if agency.level is Level.NATIONAL else PARTS


def _agency(agency: Agency, store: Memory, watches: Iterable[Watch], people: People, now: datetime) -> AgencyReport:
    standing = store.standings[agency.code]
    return {
        "code": agency.code,
        "name": agency.name,
        "name_en": agency.name_en,
        "level": agency.level.value,
        "counted": agency.counted,
        "portal": agency.portal,
        "merged": _verdict(standing, "merged"),
        "connected": _verdict(standing, "connected"),
        "integrated": _verdict(standing, "integrated"),
        "ack": _ack(people.acks.get(agency.code)),
        "maintenance": _maintenance(open_for(people.windows, agency.code, now)),
        "checks": [_check(watch, store) for watch in watches],
    }


def _verdict(standing: Standing, part: str) -> VerdictReport | None:
    if part not in parts_of(standing.agency):
        return None
    held: Verdict = getattr(standing, part)
    return {
        "answer": held.answer.value,
        "since": _moment(held.since),
        "because": list(held.because),
        "detail": held.detail,
        "conflict": str(held.conflict) if held.conflict else None,
        "conflict_between": _between(held.conflict) if held.conflict else None,
    }


def _between(conflict: Conflict) -> ConflictReport:
    return {
        "document": conflict.paper.document,
        "issued": conflict.paper.issued.isoformat(),
        "issuer": conflict.paper.issuer,
        "synthetic": conflict.paper.synthetic,
        "says": conflict.paper.answer.value,
        "looks": conflict.looks.value,
    }


def _check(watch: Watch, store: Memory) -> CheckReport:
    state = store.state(watch.key)
    proves = watch.check.proves
    return {
        "name": watch.check.name,
        "kind": watch.check.kind,
        "proves": proves.value if proves else None,
        "state": (state.status if state else Status.UNKNOWN).value,
        "reason": state.reason.value if state else None,
        "detail": state.detail if state else "",
        "since": _moment(state.since) if state else None,
        **_look(store.last(watch.key)),
    }


def _look(last: Result | None) -> LookReport:
    if last is None:
        return {
            "last_look": None,
            "last_reason": None,
            "last_detail": "",
            "seconds": None,
            "phases": {},
            "facts": {},
        }
    return {
        "last_look": _moment(last.started),
        "last_reason": last.observation.reason.value,
        "last_detail": last.observation.detail,
        "seconds": last.seconds,
        "phases": dict(last.phases),
        "facts": {name: _plain(value) for name, value in last.observation.facts.items()},
    }


def _plain(value: Fact) -> Fact | None:
    """JSON has no infinity and no NaN."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _latest(store: Memory) -> str | None:
    looks = [last.started for watch in store.watches if (last := store.last(watch.key))]
    return _moment(max(looks)) if looks else None


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
