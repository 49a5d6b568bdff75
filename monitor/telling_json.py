"""Acknowledgements, maintenance, deliveries and the audit log as JSON, for the API and the command line alike."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from monitor.store.ledger import Ack, Act, Delivery, Window

Json = Mapping[str, Any]


def ack_json(ack: Ack) -> Json:
    return {"agency": ack.agency, "by": ack.by, "reason": ack.reason, "at": ack.at.isoformat()}


def window_json(window: Window, *, open_now: bool) -> Json:
    """`begin` and `until` are local times in `zone`."""
    return {
        "id": window.id,
        "agencies": sorted(window.agencies),
        "begin": window.begin.isoformat(sep=" ", timespec="minutes"),
        "seconds": round(window.lasts.total_seconds()),
        "zone": window.zone,
        "every": window.every or None,
        "until": window.until.isoformat(sep=" ", timespec="minutes") if window.until else None,
        "reason": window.reason,
        "by": window.by,
        "open": open_now,
    }


def delivery_json(delivery: Delivery) -> Json:
    notice = delivery.notice
    return {
        "id": delivery.id,
        "channel": delivery.channel,
        "key": notice.key,
        "event": notice.event,
        "severity": notice.severity,
        "agencies": [entry.agency for entry in notice.entries],
        "decided": notice.at.isoformat(),
        "fate": delivery.fate,
        "tries": delivery.tries,
        "not_before": delivery.not_before.isoformat(),
        "settled": _moment(delivery.settled),
        "problem": delivery.problem,
    }


def act_json(act: Act) -> Json:
    return {"at": act.at.isoformat(), "who": act.who, "what": act.what, "about": act.about, "reason": act.reason}


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
