"""The ledger: receipts, stages, parked records, and in which state each contribution is. Ids, times and codes."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from shared.database.migrations.steps import create_book

revision = "ledger_0001"
down_revision = None
branch_labels = ("ledger",)
depends_on = None

_MOMENT: Final = sa.DateTime(timezone=True)


def upgrade() -> None:
    create_book("ledger")
    op.create_table(
        "alarm",
        sa.Column("cause", sa.String(120), primary_key=True),
        sa.Column("first_at", _MOMENT, primary_key=True),
        sa.Column("last_at", _MOMENT, nullable=False),
        sa.Column("n", sa.BigInteger, nullable=False),
        sa.Column("ended_at", _MOMENT),
        sa.Column("paged_at", _MOMENT),
        sa.Column("paged_n", sa.BigInteger, nullable=False),
        schema="ledger",
    )
    op.create_index(
        "alarm_lasts",
        "alarm",
        ["cause"],
        schema="ledger",
        unique=True,
        postgresql_where=sa.text("ended_at is null"),
    )
    op.create_table(
        "beat",
        sa.Column("service", sa.String(64), primary_key=True),
        sa.Column("instance", sa.String(200), primary_key=True),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("spool_depth", sa.BigInteger, nullable=False),
        sa.Column("spool_age", sa.Float, nullable=False),
        sa.Column("set_aside", sa.BigInteger, nullable=False),
        schema="ledger",
    )
    op.create_table(
        "contribution",
        sa.Column("contribution_id", sa.Uuid, primary_key=True),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("first_at", _MOMENT, nullable=False),
        sa.Column("receipted", sa.Boolean, nullable=False),
        sa.Column("received", sa.Boolean, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("owner", sa.String(40), nullable=False),
        sa.Column("why", sa.String(120), nullable=False),
        sa.Column("since", _MOMENT, nullable=False),
        sa.Column("changes", sa.BigInteger, nullable=False),
        sa.Column("settled", sa.Boolean, nullable=False),
        sa.Column("rules", sa.Integer, nullable=False),
        schema="ledger",
    )
    op.create_index(
        "contribution_unsettled",
        "contribution",
        ["contribution_id"],
        schema="ledger",
        postgresql_where=sa.text("not settled"),
    )
    op.create_table(
        "cursor",
        sa.Column("address", sa.String(200), primary_key=True),
        sa.Column("intake", sa.String(40), nullable=False),
        sa.Column("spool", sa.String(40), nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("pulled_at", _MOMENT, nullable=False),
        schema="ledger",
    )
    op.create_table(
        "discarded",
        sa.Column("dead_id", sa.Uuid, primary_key=True),
        sa.Column("consumer_group", sa.String(40), nullable=False),
        sa.Column("who", sa.String(80), nullable=False),
        sa.Column("reason", sa.String(64), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        schema="ledger",
    )
    op.create_table(
        "parked",
        sa.Column("topic", sa.String(200), primary_key=True),
        sa.Column("partition", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("offset", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("consumer_group", sa.String(200), nullable=False),
        sa.Column("dead", sa.Boolean, nullable=False),
        sa.Column("dead_id", sa.Uuid, nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("attempt", sa.BigInteger, nullable=False),
        sa.Column("contribution_id", sa.Uuid),
        sa.Column("source", sa.Uuid),
        sa.Column("origin_topic", sa.String(200), nullable=False),
        sa.Column("origin_partition", sa.BigInteger, nullable=False),
        sa.Column("origin_offset", sa.BigInteger, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        schema="ledger",
    )
    op.create_index(
        "parked_chain",
        "parked",
        ["consumer_group", "origin_topic", "origin_partition", "origin_offset"],
        schema="ledger",
    )
    op.create_index("parked_contribution", "parked", ["contribution_id"], schema="ledger")
    op.create_table(
        "receipt",
        sa.Column("event_id", sa.Uuid, primary_key=True),
        sa.Column("contribution_id", sa.Uuid, nullable=False),
        sa.Column("intake", sa.String(40), nullable=False),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("topic", sa.String(80), nullable=False),
        sa.Column("accepted_at", _MOMENT, nullable=False),
        sa.Column("published_at", _MOMENT),
        sa.Column("partition", sa.BigInteger),
        sa.Column("offset", sa.BigInteger),
        sa.Column("set_aside", sa.String(80)),
        sa.Column("conflict", sa.Boolean, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        schema="ledger",
    )
    op.create_index("receipt_contribution", "receipt", ["contribution_id"], schema="ledger")
    op.create_index(
        "receipt_odd",
        "receipt",
        ["accepted_at"],
        schema="ledger",
        postgresql_where=sa.text("conflict or set_aside is not null"),
    )
    op.create_table(
        "stage",
        sa.Column("event_id", sa.Uuid, primary_key=True),
        sa.Column("topic", sa.String(80), primary_key=True),
        sa.Column("contribution_id", sa.Uuid, nullable=False),
        sa.Column("stage", sa.String(20), nullable=False),
        sa.Column("part", sa.Integer),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("partition", sa.BigInteger, nullable=False),
        sa.Column("offset", sa.BigInteger, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("code", sa.String(64)),
        sa.Column("detail", sa.String(80)),
        sa.Column("source", sa.Uuid),
        sa.Column("words", sa.ARRAY(sa.Integer), nullable=False),
        sa.Column("unread", sa.ARRAY(sa.Integer), nullable=False),
        schema="ledger",
    )
    op.create_index("stage_contribution", "stage", ["contribution_id"], schema="ledger")
