"""The first tables."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    _what_looks_came_to()
    _what_is_told()
    _what_people_do()


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _words(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String, nullable=False) for name in names]


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String, primary_key=True)


def _time(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _what_looks_came_to() -> None:
    op.create_table("states", _key("agency"), _key("name"), *_texts("document"))
    op.create_table("checks", _key("name"), *_texts("meaning"))
    op.create_table("standings", _key("agency"), *_texts("document"))
    op.create_table(
        "changes",
        _id(),
        _time("at"),
        *_words("agency", "what", "before", "after"),
        *_texts("reason", "detail"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_changes_at", "changes", ["at"])
    op.create_table("life", sa.Column("id", sa.Integer, primary_key=True), _time("at"))


def _what_is_told() -> None:
    op.create_table("memory", _key("kind"), _key("key"), *_texts("document"))
    op.create_table("notices", _key("key"), _time("at"), *_texts("document"))
    op.create_index("ix_notices_at", "notices", ["at"])
    op.create_table(
        "deliveries",
        _id(),
        sa.Column("notice", sa.String, sa.ForeignKey("notices.key"), nullable=False),
        *_words("channel"),
        _time("since"),
        _time("not_before"),
        sa.Column("tries", sa.Integer, nullable=False),
        *_words("fate"),
        *_texts("problem"),
        _time("settled", nullable=True),
        sa.UniqueConstraint("notice", "channel"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_deliveries_settled", "deliveries", ["settled"])
    pending = sa.text("fate = 'pending'")
    op.create_index(
        "deliveries_pending", "deliveries", ["channel", "id"], sqlite_where=pending, postgresql_where=pending
    )


def _what_people_do() -> None:
    op.create_table("acks", _key("agency"), *_texts("by", "reason"), _time("at"))
    op.create_table("windows", _key("id"), *_texts("document"))
    op.create_table(
        "acts",
        _id(),
        _time("at"),
        *_texts("who"),
        *_words("what"),
        *_texts("about", "reason"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_acts_at", "acts", ["at"])
