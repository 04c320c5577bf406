"""The pager: what waits for a level, whom it rang; and the concerns that it opens, shared with the console."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from shared.database.migrations.steps import create_book

revision = "pager_0001"
down_revision = None
branch_labels = ("pager",)
depends_on = None


def upgrade() -> None:
    _concerns()
    _pager()


def _concerns() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "concern",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("contribution_id", sa.Uuid, nullable=False, unique=True),
        sa.Column("level", sa.String(20), nullable=False),
        sa.Column("opened_at", moment, nullable=False),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("rings_from", moment, nullable=False),
        sa.Column("raised_at", moment, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("tray", sa.String(20)),
        sa.Column("cause", sa.String(64)),
        sa.Column("intake", sa.String(40)),
        sa.Column("findings", JSONB(none_as_null=True)),
        sa.Column("taken_by", sa.String(64)),
        sa.Column("taken_at", moment),
        sa.Column("closed_by", sa.String(64)),
        sa.Column("closed_at", moment),
        sa.Column("outcome", sa.String(64)),
        schema="concerns",
    )
    op.create_index(
        "concern_not_closed",
        "concern",
        ["due_at"],
        schema="concerns",
        postgresql_where=sa.text("state <> 'closed'"),
    )
    op.create_table(
        "act",
        sa.Column("concern_id", sa.Uuid, sa.ForeignKey("concerns.concern.id"), primary_key=True),
        sa.Column("n", sa.Integer, primary_key=True),
        sa.Column("at", moment, nullable=False),
        sa.Column("who", sa.String(64), nullable=False),
        sa.Column("what", sa.String(20), nullable=False),
        sa.Column("reason", sa.String(64)),
        schema="concerns",
    )


def _pager() -> None:
    moment = sa.DateTime(timezone=True)
    create_book("pager")
    op.create_table(
        "waiting",
        sa.Column("contribution_id", sa.Uuid, primary_key=True),
        sa.Column("part", sa.Integer, primary_key=True),
        sa.Column("received_at", moment, nullable=False),
        sa.Column("noticed_at", moment, nullable=False),
        sa.Column("levelled_at", moment),
        sa.Column("level", sa.String(20)),
        sa.Column("alarmed_at", moment),
        schema="pager",
    )
    op.create_index(
        "waiting_for_level",
        "waiting",
        ["received_at"],
        schema="pager",
        postgresql_where=sa.text("levelled_at is null and alarmed_at is null"),
    )
    op.create_table(
        "ring",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("message", sa.Uuid, nullable=False),
        sa.Column("ladder", sa.String(120), nullable=False),
        sa.Column("concern_id", sa.Uuid),
        sa.Column("cause", sa.String(64)),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("whom", sa.String(20), nullable=False),
        sa.Column("by", sa.String(10), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("result", sa.String(20), nullable=False),
        sa.Column("provider_id", sa.String(64)),
        schema="pager",
    )
    op.create_index("ring_at", "ring", ["at"], schema="pager")
    op.create_index("ring_message", "ring", ["message"], schema="pager")
    op.create_table(
        "stopped",
        sa.Column("contribution_id", sa.Uuid, primary_key=True),
        sa.Column("at", moment, nullable=False),
        sa.Column("noted_at", moment),
        sa.Column("told_at", moment),
        schema="pager",
    )
    op.create_table(
        "reading",
        sa.Column("partition", sa.Integer, primary_key=True),
        sa.Column("appended_at", moment, nullable=False),
        sa.Column("moved_at", moment, nullable=False),
        schema="pager",
    )
