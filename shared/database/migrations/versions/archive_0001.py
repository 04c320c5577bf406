"""The archive: accessions, the state of every part, what others build on, what waits for its master, the counter."""

import sqlalchemy as sa
from alembic import op

from shared.database.migrations.steps import create_book

revision = "archive_0001"
down_revision = None
branch_labels = ("archive",)
depends_on = None


def upgrade() -> None:
    create_book("archive")
    op.create_table(
        "accession",
        sa.Column("contribution_id", sa.Uuid, primary_key=True),
        sa.Column("number", sa.String(20), nullable=False, unique=True),
        sa.Column("object_key", sa.String(300), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("inventory_sha512", sa.String(128), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("level", sa.String(20)),
        sa.Column("class", sa.String(20), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary),
        sa.Column("epoch", sa.String(40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        schema="archive",
    )
    op.create_table(
        "part",
        sa.Column("contribution_id", sa.Uuid, primary_key=True),
        sa.Column("part", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("read", sa.Integer, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("event_id", sa.Uuid),
        sa.Column("unopened", sa.String(64)),
        schema="archive",
    )
    op.create_table(
        "source",
        sa.Column("event_id", sa.Uuid, primary_key=True),
        sa.Column("contribution_id", sa.Uuid, nullable=False, index=True),
        sa.Column("revision", sa.Integer, nullable=False),
        schema="archive",
    )
    op.create_table(
        "pending",
        sa.Column("event_id", sa.Uuid, primary_key=True),
        sa.Column("contribution_id", sa.Uuid, nullable=False, index=True),
        sa.Column("topic", sa.String(80), nullable=False),
        sa.Column("value", sa.LargeBinary, nullable=False),
        sa.Column("trace", sa.String(80)),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        schema="archive",
    )
    op.create_table(
        "counter",
        sa.Column("year", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("last", sa.Integer, nullable=False),
        schema="archive",
    )
