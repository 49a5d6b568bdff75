"""The tables of the ledger as they are now. How they came to be so: `versions`."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

from monitor.store.ledger import Fate


class Instant(TypeDecorator[datetime]):
    """UTC with microseconds. SQLite keeps it as text that sorts and that people can read."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or dialect.name != "sqlite":
            return value
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


def _id() -> Column[Any]:
    """A number that is never given again: SQLite counts by itself only what it calls INTEGER."""
    return Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True)


TABLES = MetaData()

STATES = Table(
    "states",
    TABLES,
    Column("agency", String, primary_key=True),
    Column("name", String, primary_key=True),  # of the check
    Column("document", Text, nullable=False),
)
CHECKS = Table(
    "checks",
    TABLES,
    Column("name", String, primary_key=True),
    Column("meaning", Text, nullable=False),  # of its states
)
STANDINGS = Table(
    "standings",
    TABLES,
    Column("agency", String, primary_key=True),
    Column("document", Text, nullable=False),
)
CHANGES = Table(
    "changes",
    TABLES,
    _id(),
    Column("at", Instant, nullable=False, index=True),  # it was decided
    Column("since", Instant),  # it began; versions before 0002 did not know
    Column("agency", String, nullable=False),
    Column("what", String, nullable=False),
    Column("before", String, nullable=False),
    Column("after", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    sqlite_autoincrement=True,
)
MEMORY = Table(
    "memory",
    TABLES,
    Column("kind", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("document", Text, nullable=False),
)
NOTICES = Table(
    "notices",
    TABLES,
    Column("key", String, primary_key=True),
    Column("at", Instant, nullable=False, index=True),
    Column("document", Text, nullable=False),
)
DELIVERIES = Table(
    "deliveries",
    TABLES,
    _id(),
    Column("notice", String, ForeignKey("notices.key"), nullable=False),
    Column("channel", String, nullable=False),
    Column("since", Instant, nullable=False),
    Column("not_before", Instant, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("fate", String, nullable=False),
    Column("problem", Text, nullable=False),
    Column("settled", Instant, index=True),
    Column("retold", Text),  # the notice's document as this channel is told it, where that is not as in NOTICES
    UniqueConstraint("notice", "channel"),
    sqlite_autoincrement=True,
)
_PENDING = DELIVERIES.c.fate == Fate.PENDING.value
Index("deliveries_pending", DELIVERIES.c.channel, DELIVERIES.c.id, sqlite_where=_PENDING, postgresql_where=_PENDING)
ACKS = Table(
    "acks",
    TABLES,
    Column("agency", String, primary_key=True),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Instant, nullable=False),
)
WINDOWS = Table(
    "windows",
    TABLES,
    Column("id", String, primary_key=True),
    Column("document", Text, nullable=False),
)
ACTS = Table(
    "acts",
    TABLES,
    _id(),
    Column("at", Instant, nullable=False, index=True),
    Column("who", Text, nullable=False),
    Column("what", String, nullable=False),
    Column("about", Text, nullable=False),
    Column("reason", Text, nullable=False),
    sqlite_autoincrement=True,
)
LIFE = Table(
    "life",
    TABLES,
    Column("id", Integer, primary_key=True),  # one row
    Column("at", Instant, nullable=False),
)
