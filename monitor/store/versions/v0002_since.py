"""Since when: the first look that found it so, beside the one that decided it. What was known before is both."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_MEMORY = sa.table("memory", sa.column("kind"), sa.column("key"), sa.column("document"))


def upgrade() -> None:
    op.add_column("changes", sa.Column("since", sa.DateTime(timezone=True), nullable=True))
    lost = _MEMORY.c.kind == "lost"
    for key, document in op.get_bind().execute(sa.select(_MEMORY.c.key, _MEMORY.c.document).where(lost)).all():
        new = {"document": _with_both(document)}
        op.get_bind().execute(_MEMORY.update().where(lost, _MEMORY.c.key == key).values(new))


def _with_both(document: str) -> str:
    """`{"v": 1, "value": TIME}` as it is now."""
    kept = json.loads(document)
    return json.dumps({**kept, "value": {"since": kept["value"], "seen": kept["value"]}})
