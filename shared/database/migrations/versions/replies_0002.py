"""Replies: what the provider says became of what was sent."""

import sqlalchemy as sa
from alembic import op

revision = "replies_0002"
down_revision = "replies_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "delivery",
        sa.Column("provider_id", sa.String(200), primary_key=True),
        sa.Column("status", sa.String(64), nullable=False),
        sa.Column("rank", sa.SmallInteger, nullable=False),
        sa.Column("error", sa.String(64)),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        schema="replies",
    )
