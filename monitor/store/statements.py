"""Statements that SQLite and PostgreSQL spell alike, and SQLAlchemy in a package for each."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    bindparam,
    column,
    delete,
    func,
    literal,
    select,
    tuple_,
)
from sqlalchemy.dialects import postgresql, sqlite

from monitor.store.tables import ACTS, CHANGES, DELIVERIES, NOTICES

Rows = Sequence[dict[str, Any]]


def put(db: Connection, table: Table, rows: Rows) -> None:
    """Write rows, no two of one primary key, each in place of the one that has it, if there is one."""
    if not rows:
        return
    key = [column.name for column in table.primary_key]
    insert, values = _insert(db, table, rows)
    new = {name: insert.excluded[name] for name in rows[0] if name not in key}
    db.execute(insert.on_conflict_do_update(index_elements=key, set_=new), values)


def add(db: Connection, table: Table, rows: Rows) -> None:
    """Write rows; of those that are there already, by whatever is unique of them, none."""
    if rows:
        insert, values = _insert(db, table, rows)
        db.execute(insert.on_conflict_do_nothing(), values)


def forget(db: Connection, table: Table, rows: Rows) -> None:
    """By primary key."""
    if not rows:
        return
    key = [column.name for column in table.primary_key]
    if _one_statement(db):
        columns = tuple_(*(table.c[name] for name in key))
        db.execute(delete(table).where(columns.in_(_selected(table, key, rows))))
        return
    wanted = and_(*(table.c[name] == bindparam(f"its_{name}") for name in key))
    db.execute(delete(table).where(wanted), [{f"its_{name}": row[name] for name in key} for row in rows])


def _one_statement(db: Connection) -> bool:
    """SQLite is quick at taking rows one by one. For a server each is a statement: four times as long for ten thousand."""
    return db.dialect.name == "postgresql"


def _insert(db: Connection, table: Table, rows: Rows) -> tuple[Any, Rows | None]:
    """And its values, where it does not hold them."""
    if _one_statement(db):
        return postgresql.insert(table).from_select(list(rows[0]), _selected(table, list(rows[0]), rows)), None
    return sqlite.insert(table), list(rows)


def _selected(table: Table, names: Sequence[str], rows: Rows) -> Select[Any]:
    """These columns of the rows, in their order, from one array for each column."""
    types = {name: table.c[name].type for name in names}
    arrays = (literal([row[name] for row in rows], postgresql.ARRAY(types[name])) for name in names)
    columns = (column(name, types[name]) for name in names)
    given = func.unnest(*arrays).table_valued(*columns, with_ordinality="place").render_derived(name="given")
    return select(*(given.c[name] for name in names)).order_by(given.c.place)


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
