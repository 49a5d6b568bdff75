"""What a channel is told of a notice that is outdated in part."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("retold", sa.Text(), nullable=True))
