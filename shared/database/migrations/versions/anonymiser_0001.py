"""The anonymiser: stand-ins of a thread and what waits for a reviewer, sealed."""

import sqlalchemy as sa
from alembic import op

from shared.database.migrations.steps import create_book

revision = "anonymiser_0001"
down_revision = None
branch_labels = ("anonymiser",)
depends_on = None


def upgrade() -> None:
    create_book("anonymiser")
    op.create_table(
        "stand_in",
        sa.Column("sender_id", sa.String(64), primary_key=True),
        sa.Column("name_hmac", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(40), primary_key=True),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("name", sa.LargeBinary, nullable=False),
        schema="anonymiser",
    )
    op.create_table(
        "held",
        sa.Column("contribution_id", sa.Uuid, primary_key=True),
        sa.Column("part", sa.Integer, primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True),
        sa.Column("causes", sa.String(80), nullable=False),
        sa.Column("doubt", sa.LargeBinary, nullable=False),
        sa.Column("doubt_key", sa.String(42), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("decided_by", sa.String(64)),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        schema="anonymiser",
    )
