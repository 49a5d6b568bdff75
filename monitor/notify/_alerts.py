"""From a notice to Alertmanager's alerts: one for each agency and condition, or incident. Pure.

The names, levels and severities are those of config/prometheus/rules, so that one Alertmanager routes and inhibits both
alike. Labels are the alert's identity: they hold codes and words of closed sets, never names, texts or times, and are the
same in every notice about the same trouble, from the first to the one that says it is over.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from yarl import URL

from monitor.incidents import Cause, Sharing, word_of
from monitor.model import Condition, Level
from monitor.notice import OVER, Entry, Event, Group, Move, Notice, Severity
from monitor.notify._alert_words import about_agency, about_group, about_itself, about_score
from monitor.remedies import BY_REASON, page_of

OF_AGENCIES: Final = MappingProxyType(
    {
        Event.LOST: "NpspAgencyLost",
        Event.STILL_LOST: "NpspAgencyLost",
        Event.UNSTABLE: "NpspAgencyLost",
        Event.STEADY: "NpspAgencyLost",
        Event.RESTORED: "NpspAgencyLost",
        Event.CONFLICT: "NpspConflict",
        Event.CONFLICT_OVER: "NpspConflict",
        Event.CERTIFICATE: "NpspCertificateEnds",
        Event.CERTIFICATE_RENEWED: "NpspCertificateEnds",
    }
)
OF_GROUPS: Final = frozenset({Event.INCIDENT, Event.STILL_DOWN, Event.ENDED})
_OF_ITSELF: Final = MappingProxyType(
    {
        Event.BLIND: "NpspMonitorBlind",
        Event.SIGHTED: "NpspMonitorBlind",
        Event.SILENT: "NpspMonitorSilent",
        Event.UNDELIVERED: "NpspNoticesStuck",
        Event.TEST: "NpspTest",
    }
)
_WORDS: Final = MappingProxyType(  # of the trouble, whatever the notice says of it
    {
        "NpspAgencyLost": "lost",
        "NpspConflict": "conflict",
        "NpspCertificateEnds": "certificate",
        "NpspNationalSystemDown": "incident",
        "NpspMonitorOffline": "incident",
        "NpspIncident": "incident",
        "NpspScoreFell": "score",
        "NpspMonitorBlind": "blind",
        "NpspMonitorSilent": "silent",
        "NpspNoticesStuck": "undelivered",
        "NpspTest": "test",
    }
)
_RUNBOOKS: Final = MappingProxyType({"NpspMonitorSilent": "NpspMonitorStuck", "NpspTest": ""})  # others: their name
_MONITOR: Final = "monitor"  # level of what is about the monitor itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Where people open the monitor and its dashboards; what is not given is not linked."""

    page: URL | None = None
    grafana: URL | None = None

    def of(self, labels: Mapping[str, str], special: str = "") -> dict[str, str]:
        """`special`: a runbook that says more of this trouble than that of the alert."""
        agency, name = labels.get("agency"), labels["alertname"]
        runbook = special or _RUNBOOKS.get(name, name)
        found = {
            "runbook_url": self.page / "runbooks" / runbook if self.page and runbook else None,
            "evidence_url": (self.page / "agency" / agency if agency else self.page) if self.page else None,
            "dashboard_url": self._dashboard(agency),
        }
        return {key: str(url) for key, url in found.items() if url}

    def _dashboard(self, agency: str | None) -> URL | None:
        if self.grafana is None:
            return None
        if agency:
            return (self.grafana / "d" / "npsp-agency-vi").with_query({"var-agency": agency})
        return self.grafana / "d" / "npsp-overview-vi"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """As Alertmanager takes it. `ends` of one that fires: until when it does unless it is told again."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    starts: datetime  # UTC
    ends: datetime  # UTC
    firing: bool

    def posted(self) -> dict[str, Any]:
        times = {"startsAt": self.starts.isoformat(), "endsAt": max(self.starts, self.ends).isoformat()}
        url = self.annotations.get("evidence_url")
        source = {"generatorURL": url} if url else {}
        return {"labels": dict(self.labels), "annotations": dict(self.annotations), **times, **source}


def alerts_of(notice: Notice, links: Links, now: datetime, lasts: timedelta) -> tuple[Alert, ...]:
    """What a notice says, as alerts; none of digests, which are for reading and not a trouble."""
    return tuple(
        Alert(
            labels=labels,
            annotations={**_texts(about, notice.synthetic), **links.of(labels, special)},
            starts=since or notice.at,
            ends=until or now + lasts,
            firing=until is None,
        )
        for labels, about, since, until, special in _troubles(notice)
    )


def latest_of_each(alerts: Iterable[Alert]) -> tuple[Alert, ...]:
    """One for each identity: what fires stands against what was over before it began again."""
    kept: dict[frozenset[tuple[str, str]], Alert] = {}
    for alert in sorted(alerts, key=lambda each: (each.firing, each.starts)):
        kept[frozenset(alert.labels.items())] = alert
    return tuple(kept.values())


Text = tuple[str, str, str, str]  # summary and description, Vietnamese and English
Trouble = tuple[dict[str, str], Text, datetime | None, datetime | None, str]  # labels, text, since, until, runbook


def _troubles(notice: Notice) -> Iterator[Trouble]:
    if notice.event in OF_AGENCIES:
        for entry in notice.entries:
            yield from _of_agency(notice, entry)
    elif notice.event in OF_GROUPS:
        yield from (_of_group(notice, group) for group in notice.groups)
    elif notice.event is Event.SCORE:
        yield from (_of_score(notice, move) for move in notice.moves if move.after[0] < move.before[0])
    elif notice.event in _OF_ITSELF:
        yield from (_of_itself(notice, level) for level in notice.levels or (_MONITOR,))


def _of_agency(notice: Notice, entry: Entry) -> Iterator[Trouble]:
    name = OF_AGENCIES[notice.event]
    over = entry.until or notice.at if notice.event in OVER else None
    # What was unstable holds still: back, if it says until when it was lost, or else lost.
    until = entry.until if notice.event is Event.STEADY else over
    for condition in _conditions(name, entry):
        labels = _labels(
            name, entry.level, _severity(name, condition, notice), agency=entry.agency, condition=condition
        )
        special = _special(entry) if name == "NpspAgencyLost" else ""
        yield labels, about_agency(notice.event, entry, condition), entry.since, until, special


def _special(entry: Entry) -> str:
    """The page that mail leads to for the same reason."""
    known = (BY_REASON[reason] for reason in entry.reasons if reason in BY_REASON)
    return next(map(page_of, known), "")


def _conditions(name: str, entry: Entry) -> tuple[Condition | None, ...]:
    return (None,) if name == "NpspCertificateEnds" or not entry.conditions else entry.conditions


def _severity(name: str, condition: Condition | None, notice: Notice) -> Severity:
    """As the rules have it, whatever else the notice is about: what holds of one agency can wait for the morning."""
    return notice.severity if name == "NpspCertificateEnds" or condition is None else Severity.WARNING


def _of_group(notice: Notice, group: Group) -> Trouble:
    named = {Sharing.NATIONAL: "NpspNationalSystemDown", Sharing.MONITOR: "NpspMonitorOffline"}
    name = named.get(group.sharing, "NpspIncident")
    level = {Sharing.MONITOR: _MONITOR, Sharing.LEVEL: group.value}.get(group.sharing, Level.NATIONAL)
    word = word_of(Cause(sharing=group.sharing, value=group.value))
    until = group.until or notice.at if notice.event in OVER else None
    return _labels(name, level, Severity.CRITICAL, incident=word), about_group(notice, group), group.since, until, ""


def _of_score(notice: Notice, move: Move) -> Trouble:
    return _labels("NpspScoreFell", move.level, Severity.WARNING), about_score(notice, move), notice.at, None, ""


def _of_itself(notice: Notice, level: str) -> Trouble:
    name = _OF_ITSELF[notice.event]
    severity = Severity.INFO if notice.event is Event.TEST else Severity.WARNING
    labels = _labels(name, level, severity, channel=notice.channel or None)
    until = notice.until or notice.at if notice.event in OVER else None
    return labels, about_itself(notice, level), _since(notice), until, ""


def _since(notice: Notice) -> datetime:
    """What is over when it is told, such as a silence, is no older than its notice."""
    lasting = notice.event in (Event.BLIND, Event.SIGHTED)
    return notice.since or notice.at if lasting else notice.at


def _labels(name: str, level: str, severity: Severity, **more: str | None) -> dict[str, str]:
    fixed = {"alertname": name, "severity": str(severity), "level": str(level), "event": _WORDS[name]}
    return {**fixed, **{key: str(value) for key, value in more.items() if value}}


def _texts(about: Text, synthetic: str | None) -> dict[str, str]:
    vi, en, more_vi, more_en = about
    if synthetic:
        vi, en = f"[DỮ LIỆU MÔ PHỎNG] {vi}", f"[SYNTHETIC] {en}"
    texts = {"summary_vi": vi, "summary": en, "description_vi": more_vi, "description": more_en}
    return {key: text for key, text in texts.items() if text}
