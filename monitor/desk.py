"""Where people act on what is told, for the command line and the API alike: both answer in the same JSON."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from monitor.acting import Doer, NotDone, about_window, ack_of, one_of, trouble_of, window_of
from monitor.alerts.windows import open_since
from monitor.config import Config
from monitor.store.ledger import Ledger
from monitor.telling_json import Json, ack_json, act_json, delivery_json, window_json

MOST = 1000  # deliveries, or lines of the audit log, in one answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A window as it is asked for. `begin` and `until` are naive, in `zone`; no begin: now."""

    agencies: Sequence[str] = ()  # codes or names; none: all
    begin: datetime | None = None
    lasts: timedelta
    zone: str = "Asia/Ho_Chi_Minh"
    every: str = ""
    until: datetime | None = None
    reason: str


class Desk(Protocol):
    """Every method raises NotDone (`ack`: NothingLost, where all is well), and LedgerError or ServerError where the store or the monitor is not to be had."""

    def acks(self) -> Sequence[Json]: ...

    def ack(self, agency: str, reason: str) -> Json: ...

    def unack(self, agency: str, reason: str) -> None: ...

    def windows(self) -> Sequence[Json]: ...

    def open_window(self, wanted: Wanted) -> Json: ...

    def close_window(self, id_: str, reason: str) -> None: ...

    def notices(self, channel: str | None, *, pending: bool) -> Sequence[Json]: ...

    def audit(self) -> Sequence[Json]: ...


class OwnDesk:
    """On the ledger itself. Not for the event loop."""

    def __init__(self, ledger: Ledger, config: Config, doer: Doer, day: date) -> None:
        self._ledger = ledger
        self._config = config
        self._doer = doer
        self._day = day  # whose roster says what a name means

    def acks(self) -> Sequence[Json]:
        return [ack_json(ack) for ack in self._ledger.acks()]

    def ack(self, agency: str, reason: str) -> Json:
        ack = ack_of(self._config.roster, agency, reason, self._doer, self._day)
        trouble_of(ack, self._ledger.standings(), self._ledger.memory(), self._config.roster.on(self._day))
        self._ledger.ack(ack)
        return ack_json(ack)

    def unack(self, agency: str, reason: str) -> None:
        ack = ack_of(self._config.roster, agency, reason, self._doer, self._day)
        if ack.agency not in {each.agency for each in self._ledger.acks()}:
            raise NotDone(f"nobody has taken {ack.agency} on")
        self._ledger.unack((ack.agency,), self._doer.act("unack", ack.agency, ack.reason))

    def windows(self) -> Sequence[Json]:
        every = (*self._config.maintenance, *self._ledger.windows())
        return [window_json(window, open_now=open_since(window, self._doer.at) is not None) for window in every]

    def open_window(self, wanted: Wanted) -> Json:
        window = window_of(
            self._config.roster,
            wanted.agencies,
            self._doer,
            id_=secrets.token_hex(3),
            lasts=wanted.lasts,
            reason=wanted.reason,
            begin=wanted.begin,
            zone=wanted.zone,
            every=wanted.every,
            until=wanted.until,
            day=self._day,
        )
        self._ledger.open_window(window, self._doer.act("maintenance_add", about_window(window), window.reason))
        return window_json(window, open_now=open_since(window, self._doer.at) is not None)

    def close_window(self, id_: str, reason: str) -> None:
        if id_ in {window.id for window in self._config.maintenance}:
            raise NotDone(f"{id_} stands in maintenance.yaml: end it there, and reload")
        window = one_of(self._ledger.windows(), id_)
        self._ledger.close_window(window.id, self._doer.act("maintenance_end", about_window(window), reason))

    def notices(self, channel: str | None, *, pending: bool) -> Sequence[Json]:
        found = self._ledger.pending(channel, MOST) if pending else self._ledger.latest(channel, MOST)
        return [delivery_json(each) for each in found]

    def audit(self) -> Sequence[Json]:
        return [act_json(act) for act in self._ledger.acts(MOST)]


def wanted_json(wanted: Wanted) -> dict[str, Any]:
    """What the API is sent for a window."""
    minutes = wanted.lasts // timedelta(minutes=1)
    told = {
        "agencies": list(wanted.agencies),
        "begin": _local(wanted.begin),
        "lasts": f"{minutes}m",
        "zone": wanted.zone,
        "every": wanted.every or None,
        "until": _local(wanted.until),
        "reason": wanted.reason,
    }
    return {key: value for key, value in told.items() if value is not None}


def _local(at: datetime | None) -> str | None:
    return f"{at:%Y-%m-%d %H:%M}" if at else None
