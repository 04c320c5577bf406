"""Replies: what was or is to be sent, and who asked us to stop; addresses sealed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from shared.database.migrations.steps import create_book

revision = "replies_0001"
down_revision = None
branch_labels = ("replies",)
depends_on = None


def upgrade() -> None:
    create_book("replies")
    op.create_table(
        "sending",
        sa.Column("event_id", sa.Uuid, primary_key=True),
        sa.Column("contribution_id", sa.Uuid, nullable=False),
        sa.Column("request_id", sa.Uuid),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("template", sa.String(64), nullable=False),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("address_hmac", sa.String(64)),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("cause", sa.String(20)),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True)),
        sa.Column("next_at", sa.DateTime(timezone=True)),
        sa.Column("provider_id", sa.String(200)),
        sa.Column("consent", JSONB, nullable=False),
        sa.Column("safe_contact", sa.String(20), nullable=False),
        sa.Column("slip", JSONB),
        sa.Column("words", JSONB),
        sa.Column("trace", sa.String(60)),
        schema="replies",
    )
    op.create_index("sending_address", "sending", ["address_hmac", "received_at"], schema="replies")
    op.create_index("sending_contribution", "sending", ["contribution_id"], schema="replies")
    op.create_index(
        "sending_next",
        "sending",
        ["next_at"],
        schema="replies",
        postgresql_where=sa.text("next_at is not null"),
    )
    op.create_table(
        "opt_out",
        sa.Column("address_hmac", sa.String(64), primary_key=True),
        sa.Column("since", sa.DateTime(timezone=True)),
        sa.Column("by_contribution", sa.Uuid),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        schema="replies",
    )
