"""Statements that SQLite and PostgreSQL spell alike, and SQLAlchemy in a package for each."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from monitor.store.tables import ACTS, CHANGES, DELIVERIES, NOTICES

Rows = Sequence[dict[str, Any]]


def _insert(db: Connection, table: Table) -> Any:
    return (postgresql if db.dialect.name == "postgresql" else sqlite).insert(table)


def put(db: Connection, table: Table, rows: Rows) -> None:
    """Write rows, each in place of the one with its primary key, if there is one."""
    if not rows:
        return
    key = [column.name for column in table.primary_key]
    insert = _insert(db, table)
    new = {name: insert.excluded[name] for name in rows[0] if name not in key}
    db.execute(insert.on_conflict_do_update(index_elements=key, set_=new), list(rows))


def add(db: Connection, table: Table, rows: Rows) -> None:
    """Write rows; of those that are there already, by whatever is unique of them, none."""
    if rows:
        db.execute(_insert(db, table).on_conflict_do_nothing(), list(rows))


def forget(db: Connection, table: Table, rows: Rows) -> None:
    """By primary key."""
    if rows:
        key = [column.name for column in table.primary_key]
        wanted = and_(*(table.c[name] == bindparam(f"its_{name}") for name in key))
        db.execute(delete(table).where(wanted), [{f"its_{name}": row[name] for name in key} for row in rows])


def prune(db: Connection, before: datetime, portion: int) -> int:
    """Oldest first, at most `portion` of each kind; how many rows are gone."""
    gone = _oldest(db, DELIVERIES, DELIVERIES.c.settled, before, portion)
    ordered = select(DELIVERIES.c.id).where(DELIVERIES.c.notice == NOTICES.c.key).exists()
    gone += _oldest(db, NOTICES, NOTICES.c.at, before, portion, ~ordered)
    return gone + sum(_oldest(db, table, table.c.at, before, portion) for table in (CHANGES, ACTS))


def _oldest(
    db: Connection, table: Table, time: ColumnElement[Any], before: datetime, portion: int, *also: ColumnElement[bool]
) -> int:
    (key,) = table.primary_key
    oldest = select(key).where(time < before, *also).order_by(time).limit(portion)
    return db.execute(delete(table).where(key.in_(oldest))).rowcount
