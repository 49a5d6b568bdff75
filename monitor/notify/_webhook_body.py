"""A notice as the body of Alertmanager's webhook, version 4, with our own under `npsp`. Pure."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pydantic_core import to_jsonable_python

from monitor.notice import Notice
from monitor.notify import Message
from monitor.notify._alerts import Alert, Links, alerts_of, latest_of_each

_NEVER: Final = "0001-01-01T00:00:00Z"  # Go's zero time: the end of what still holds


def body_of(message: Message, links: Links, now: datetime) -> dict[str, Any]:
    notice = message.notice
    alerts = latest_of_each(alerts_of(notice, links, now, timedelta())) or (_news(message),)
    labels = _common(alert.labels for alert in alerts)
    return {
        "version": "4",
        "groupKey": f'{{}}:{{story="{(*notice.after, notice.key)[0]}"}}',
        "truncatedAlerts": notice.more,
        "status": _status(any(alert.firing for alert in alerts)),
        "receiver": message.channel,
        "groupLabels": {"alertname": labels["alertname"]} if "alertname" in labels else {},
        "commonLabels": labels,
        "commonAnnotations": _common(alert.annotations for alert in alerts),
        "externalURL": str(links.page or message.link or ""),
        "alerts": [_alert(alert) for alert in alerts],
        "npsp": _ours(message),
    }


def _ours(message: Message) -> dict[str, Any]:
    """The notice itself and its words."""
    return {
        "key": message.key,
        "event": str(message.notice.event),
        "language": str(message.language),
        "subject": message.subject,
        "text": message.text,
        "notice": to_jsonable_python(message.notice),
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
