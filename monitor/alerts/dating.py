"""Since when a shared trouble is: since the first loss of its kind, not since what one of them had of its own before."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from monitor.alerts.lost import Lost, conditions
from monitor.alerts.now import COUNTED
from monitor.incidents import Cause, Incident, Loss
from monitor.model import Standing


def dated(
    incidents: Iterable[Incident],
    known: Iterable[Cause],
    lost: Mapping[Lost, Loss],
    standings: Mapping[str, Standing],
) -> tuple[Incident, ...]:
    """The incidents, oldest first: new ones by what decided the most of their losses. What is `known` keeps its date."""
    old = frozenset(known)
    told = (
        each if each.cause in old or each.cause.sharing not in COUNTED else _dated(each, lost, standings)
        for each in incidents
    )
    return tuple(sorted(told, key=lambda incident: (incident.since, incident.cause)))


def _dated(incident: Incident, lost: Mapping[Lost, Loss], standings: Mapping[str, Standing]) -> Incident:
    found = _by_check(incident.down & standings.keys(), lost, standings)
    most = max(map(len, found.values()), default=0)
    since = (min(by_agency.values()) for by_agency in found.values() if len(by_agency) == most)
    return replace(incident, since=min(since, default=incident.since))


def _by_check(
    codes: Iterable[str], lost: Mapping[Lost, Loss], standings: Mapping[str, Standing]
) -> Mapping[str, Mapping[str, datetime]]:
    """Check or document -> agencies that are lost by it, and since when."""
    found: defaultdict[str, dict[str, datetime]] = defaultdict(dict)
    for code in codes:
        for condition in conditions(lost, code):
            since = lost[code, condition].since
            for check in getattr(standings[code], condition).because:
                found[check][code] = min(since, found[check].get(code, since))
    return found
