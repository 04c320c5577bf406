"""What became of each contribution that came by the form or from a partner; the partners and what they hand over."""

import sqlalchemy as sa
from alembic import op

from shared.database.migrations.steps import create_book

revision = "art_intake_0001"
down_revision = None
branch_labels = ("art_intake",)
depends_on = None


def upgrade() -> None:
    create_book("art_intake")
    op.create_table(
        "contribution",
        sa.Column("contribution_id", sa.Uuid, primary_key=True),
        sa.Column("receipt_hash", sa.String(64), index=True),
        sa.Column("partner_id", sa.String(200)),
        sa.Column("item_id", sa.String(200)),
        sa.Column("received_at", sa.DateTime(timezone=True)),
        sa.Column("archived_at", sa.DateTime(timezone=True)),
        sa.Column("removal_at", sa.DateTime(timezone=True)),
        sa.Column("handover", sa.LargeBinary),
        schema="art_intake",
    )
    op.create_index(
        "contribution_partner",
        "contribution",
        ["partner_id", "received_at", "contribution_id"],
        schema="art_intake",
    )
    op.create_table(
        "reading",
        sa.Column("contribution_id", sa.Uuid, primary_key=True),
        sa.Column("part", sa.Integer, primary_key=True),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("outcome", sa.String(20), nullable=False),
        schema="art_intake",
    )
    op.create_table(
        "partner",
        sa.Column("partner_id", sa.String(40), primary_key=True),
        sa.Column("contact", sa.LargeBinary, nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("off_at", sa.DateTime(timezone=True)),
        schema="art_intake",
    )
    op.create_table(
        "partner_key",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("partner_id", sa.String(40), nullable=False, index=True),
        sa.Column("scopes", sa.String(40), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        schema="art_intake",
    )
