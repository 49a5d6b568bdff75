"""A notice as the body of Alertmanager's webhook, version 4, with our own under `npsp`. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from pydantic_core import to_jsonable_python

from monitor.model import Level
from monitor.notice import Entry, Event, Group, Notice, subject_of
from monitor.notify import Message
from monitor.notify._alerts import OF_AGENCIES, OF_GROUPS, Alert, Links, alerts_of, latest_of_each

_NEVER: Final = "0001-01-01T00:00:00Z"  # Go's zero time: the end of what still holds

_TOLD_OF: Final = MappingProxyType(  # what a notice's alerts are about
    {"entries": OF_AGENCIES, "groups": OF_GROUPS, "levels": frozenset({Event.BLIND, Event.SIGHTED})}
)


def bodies_of(message: Message, links: Links, now: datetime) -> tuple[dict[str, Any], ...]:
    """One for each group of alerts: each is told to be over under the `groupKey` under which it was told first."""
    parts = _parts(message.notice)
    several = len(parts) > 1
    return tuple(
        _body(message, part, f"{message.key}-{story}" if several else message.key, story, links, now)
        for story, part in parts.items()
    )


def _parts(notice: Notice) -> dict[str, Notice]:
    """By the key of the first notice that told of it: what this one says of each of them. More than it names is in the first."""
    field = next((name for name, events in _TOLD_OF.items() if notice.event in events), "")
    told: dict[str, list[Any]] = {}
    for each in getattr(notice, field) if field else ():
        told.setdefault(_story(notice, each), []).append(each)
    if len(told) < 2:
        return {next(iter(told), _first(notice)): notice}
    less: dict[str, Any] = {"more": 0, "more_groups": 0}
    return {
        story: replace(notice, **{field: tuple(of), **(less if number else {})})
        for number, (story, of) in enumerate(told.items())
    }


def _story(notice: Notice, of: Entry | Group | Level) -> str:
    """What was ordered by a version that did not note it goes by the first of all."""
    known = dict(notice.stories)
    return known.get(subject_of(notice, of), notice.key) if known else _first(notice)


def _first(notice: Notice) -> str:
    return (*notice.after, notice.key)[0]


def _body(message: Message, notice: Notice, key: str, story: str, links: Links, now: datetime) -> dict[str, Any]:
    alerts = latest_of_each(alerts_of(notice, links, now, timedelta())) or (_news(message),)
    labels = _common(alert.labels for alert in alerts)
    return {
        "version": "4",
        "groupKey": f'{{}}:{{story="{story}"}}',
        "truncatedAlerts": notice.more,
        "status": _status(any(alert.firing for alert in alerts)),
        "receiver": message.channel,
        "groupLabels": {"alertname": labels["alertname"]} if "alertname" in labels else {},
        "commonLabels": labels,
        "commonAnnotations": _common(alert.annotations for alert in alerts),
        "externalURL": str(links.page or message.link or ""),
        "alerts": [_alert(alert) for alert in alerts],
        "npsp": _ours(message, notice, key),
    }


def _ours(message: Message, notice: Notice, key: str) -> dict[str, Any]:
    """The notice itself, as far as it is of this body, and its words."""
    return {
        "key": key,
        "event": str(notice.event),
        "language": str(message.language),
        "subject": message.subject,
        "text": message.text,
        "notice": to_jsonable_python(notice),
    }


def _news(message: Message) -> Alert:
    """What is for reading and no trouble by itself, such as a digest, is an alert all the same: a message has one."""
    notice: Notice = message.notice
    labels = {"alertname": "NpspNotice", "severity": str(notice.severity), "event": str(notice.event)}
    annotations = {"summary": message.subject, "description": message.text}
    return Alert(labels=labels, annotations=annotations, starts=notice.at, ends=notice.at, firing=True)


def _common(each: Iterable[Mapping[str, str]]) -> dict[str, str]:
    first, *rest = each
    return {name: value for name, value in first.items() if all(other.get(name) == value for other in rest)}


def _status(firing: bool) -> str:  # noqa: FBT001 - a value, not a switch
    return "firing" if firing else "resolved"


def _alert(alert: Alert) -> dict[str, Any]:
    return {
        "status": _status(alert.firing),
        "labels": dict(alert.labels),
        "annotations": dict(alert.annotations),
        "startsAt": _time(alert.starts),
        "endsAt": _NEVER if alert.firing else _time(max(alert.starts, alert.ends)),
        "generatorURL": alert.annotations.get("evidence_url", ""),
        "fingerprint": fingerprint(alert.labels),
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
