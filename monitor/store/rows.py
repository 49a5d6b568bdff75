"""Values as rows of the tables, and back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from monitor.model import State
from monitor.notice import Notice
from monitor.store import remembered
from monitor.store.documents import Document, plain
from monitor.store.ledger import Act, Batch, Delivery, Fate, Ordered, Verdicts, Window
from monitor.store.statements import add, forget, put
from monitor.store.tables import ACTS, CHANGES, CHECKS, DELIVERIES, MEMORY, NOTICES, STANDINGS, STATES

STATE: Document[State] = Document(State)
VERDICTS: Document[Verdicts] = Document(Verdicts)
NOTICE: Document[Notice] = Document(Notice)
WINDOW: Document[Window] = Document(Window)


def looks(db: Connection, batch: Batch) -> None:
    states = [
        {"agency": agency, "name": name, "document": STATE.text(state) if state else None}
        for (agency, name), state in batch.states.items()
    ]
    standings = [
        {
            "agency": agency,
            "document": standing
            and VERDICTS.text(
                Verdicts(merged=standing.merged, connected=standing.connected, integrated=standing.integrated)
            ),
        }
        for agency, standing in batch.standings.items()
    ]
    put(db, CHECKS, [{"name": name, "meaning": meaning} for name, meaning in batch.checks.items()])
    _keep(db, STATES, states)
    _keep(db, STANDINGS, standings)
    add(
        db,
        CHANGES,
        [
            {
                "at": change.at,
                "since": change.since,
                "agency": change.agency.code,
                "what": change.what,
                "before": change.before,
                "after": change.after,
                "reason": plain(change.reason),
                "detail": plain(change.detail),
            }
            for change in batch.changes
        ],
    )


def remember(db: Connection, batch: Batch) -> None:
    differing = remembered.difference(batch.before, batch.memory)
    _keep(db, MEMORY, [{"kind": kind, "key": key, "document": document} for kind, key, document in differing])


def _keep(db: Connection, table: Any, rows: Sequence[dict[str, Any]]) -> None:
    """What has no document any more is forgotten."""
    put(db, table, [row for row in rows if row["document"] is not None])
    forget(db, table, [row for row in rows if row["document"] is None])


def order(db: Connection, orders: Sequence[Ordered], at: datetime) -> None:
    notices = [{"key": each.notice.key, "at": each.notice.at, "document": NOTICE.text(each.notice)} for each in orders]
    add(db, NOTICES, notices)
    add(
        db,
        DELIVERIES,
        [
            {
                "notice": each.notice.key,
                "channel": channel,
                "since": at,
                "not_before": not_before,
                "tries": 0,
                "fate": Fate.PENDING.value,
                "problem": "",
            }
            for each in orders
            for channel, not_before in each.channels.items()
        ],
    )


def add_act(db: Connection, act: Act | None) -> None:
    if act:
        row = {"who": plain(act.who), "about": plain(act.about), "reason": plain(act.reason)}
        add(db, ACTS, [{"at": act.at, "what": act.what, **row}])


def delivery(row: Any) -> Delivery:
    return Delivery(
        id=row["id"],
        channel=row["channel"],
        notice=NOTICE.value(row["retold"] or row["document"], f"the notice {row['notice']}"),
        since=row["since"],
        not_before=row["not_before"],
        tries=row["tries"],
        fate=Fate(row["fate"]),
        problem=row["problem"],
        settled=row["settled"],
    )
