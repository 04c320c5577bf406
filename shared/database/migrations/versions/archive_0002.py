"""The archive: copies at providers that are gone, and removals that were asked for."""

import sqlalchemy as sa
from alembic import op

revision = "archive_0002"
down_revision = "archive_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "deletion",
        sa.Column("event_id", sa.Uuid, primary_key=True),
        sa.Column("contribution_id", sa.Uuid, nullable=False, index=True),
        sa.Column("result", sa.String(20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        schema="archive",
    )
    op.create_table(
        "removal",
        sa.Column("event_id", sa.Uuid, primary_key=True),
        sa.Column("contribution_id", sa.Uuid, nullable=False, index=True),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        schema="archive",
    )
