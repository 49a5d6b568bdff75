"""A notice as the alerts of Alertmanager: labels by which it is known again, annotations for people, and when."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

from pydantic_core import to_jsonable_python

from monitor.notice import Entry, Event, Group, Notice
from monitor.notify import Message

NEVER: Final = "0001-01-01T00:00:00Z"  # Go's zero time: the end of what still holds

# Names are those of the rules for Prometheus, where there is such a rule.
_NAMES: Final[Mapping[Event, str]] = MappingProxyType(
    {
        Event.LOST: "NpspAgencyLost",
        Event.STILL_LOST: "NpspAgencyLost",
        Event.RESTORED: "NpspAgencyLost",
        Event.UNSTABLE: "NpspAgencyUnstable",
        Event.STEADY: "NpspAgencyUnstable",
        Event.INCIDENT: "NpspIncident",
        Event.STILL_DOWN: "NpspIncident",
        Event.ENDED: "NpspIncident",
        Event.SCORE: "NpspScoreMoved",
        Event.CONFLICT: "NpspConflict",
        Event.CONFLICT_OVER: "NpspConflict",
        Event.CERTIFICATE: "NpspCertificateEnds",
        Event.CERTIFICATE_RENEWED: "NpspCertificateEnds",
        Event.BLIND: "NpspMonitorBlind",
        Event.SIGHTED: "NpspMonitorBlind",
        Event.SILENT: "NpspMonitorSilent",
        Event.UNDELIVERED: "NpspNoticeUndelivered",
        Event.CAUGHT_UP: "NpspCaughtUp",
        Event.INITIAL: "NpspInitial",
        Event.DAILY: "NpspDigest",
        Event.WEEKLY: "NpspDigest",
        Event.TEST: "NpspTest",
    }
)
# What says that something is over, or is news and nothing that holds.
_RESOLVED: Final = frozenset(
    {Event.RESTORED, Event.STEADY, Event.ENDED, Event.CONFLICT_OVER, Event.CERTIFICATE_RENEWED, Event.SIGHTED}
)


def body_of(message: Message) -> dict[str, Any]:
    """Alertmanager's webhook message, version 4, with `npsp` beside its own keys."""
    notice = message.notice
    labels = {"alertname": _NAMES[notice.event], "severity": str(notice.severity)}
    annotations = {"summary": message.subject, "description": message.text}
    alerts = list(_alerts(message, labels, annotations))
    return {
        "version": "4",
        "groupKey": f'{{}}:{{alertname="{labels["alertname"]}", notice="{(*notice.after, notice.key)[0]}"}}',
        "truncatedAlerts": notice.more,
        "status": _status(notice),
        "receiver": message.channel,
        "groupLabels": {"alertname": labels["alertname"]},
        "commonLabels": _common(alert["labels"] for alert in alerts),
        "commonAnnotations": annotations,
        "externalURL": message.link or "",
        "alerts": alerts,
        "npsp": {
            "key": message.key,
            "language": message.language,
            "subject": message.subject,
            "text": message.text,
            "notice": to_jsonable_python(notice),
        },
    }


def _common(labels: Iterator[Mapping[str, str]]) -> dict[str, str]:
    common = dict(next(labels))
    for each in labels:
        common = {name: value for name, value in common.items() if each.get(name) == value}
    return common


def _status(notice: Notice) -> str:
    return "resolved" if notice.event in _RESOLVED else "firing"


def _alerts(message: Message, labels: dict[str, str], annotations: dict[str, str]) -> Iterator[dict[str, Any]]:
    """One for each agency and incident; one for all where the notice names none."""
    notice = message.notice
    for entry in notice.entries:
        yield _alert(message, labels | _of_entry(entry), annotations, entry)
    for group in notice.groups:
        cause = {"sharing": str(group.sharing), "value": group.value}
        yield _alert(message, labels | {name: value for name, value in cause.items() if value}, annotations, group)
    if not (notice.entries or notice.groups):
        yield _alert(message, labels, annotations, notice)


def _of_entry(entry: Entry) -> dict[str, str]:
    labels = {"agency": entry.agency, "name": entry.name, "level": str(entry.level)}
    return labels | ({"condition": "+".join(entry.conditions)} if entry.conditions else {})


def _alert(
    message: Message, labels: dict[str, str], annotations: dict[str, str], about: Entry | Group | Notice
) -> dict[str, Any]:
    notice = message.notice
    over = notice.event in _RESOLVED
    return {
        "status": _status(notice),
        "labels": labels,
        "annotations": annotations,
        "startsAt": _time(about.since or notice.since or notice.at),
        "endsAt": _time(about.until or notice.at) if over else NEVER,
        "generatorURL": message.link or "",
        "fingerprint": fingerprint(labels),
    }


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def fingerprint(labels: Mapping[str, str]) -> str:
    """As Prometheus has it (model.LabelSet.Fingerprint): FNV-1a, 64 bits, over the sorted labels."""
    value = 0xCBF29CE484222325
    for name in sorted(labels):
        for byte in name.encode() + b"\xff" + labels[name].encode() + b"\xff":
            value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"
