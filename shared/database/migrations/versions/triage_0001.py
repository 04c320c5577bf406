"""Triage: the memory of the thread, sealed."""

import sqlalchemy as sa
from alembic import op

revision = "triage_0001"
down_revision = None
branch_labels = ("triage",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "thread",
        sa.Column("sender_id", sa.String(64), primary_key=True),
        sa.Column("contribution_id", sa.Uuid, primary_key=True),
        sa.Column("part", sa.Integer, primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("words", sa.LargeBinary, nullable=False),
        schema="triage",
    )
    op.create_index("thread_recent", "thread", ["sender_id", "at"], schema="triage")
