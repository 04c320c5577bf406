"""The tables of concerns: what is known now, and every act, which nobody may change or delete."""

from typing import Final

from sqlalchemy import Column, DateTime, ForeignKey, Index, Integer, MetaData, String, Table, Uuid
from sqlalchemy.dialects.postgresql import JSONB

METADATA: Final = MetaData(schema="concerns")

CONCERN: Final = Table(
    "concern",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("contribution_id", Uuid, nullable=False, unique=True),
    Column("level", String(20), nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("rings_from", DateTime(timezone=True), nullable=False),
    Column("raised_at", DateTime(timezone=True), nullable=False),
    Column("state", String(10), nullable=False),
    Column("part", Integer, nullable=False),
    Column("tray", String(20)),
    Column("cause", String(64)),
    Column("intake", String(40)),
    Column("findings", JSONB(none_as_null=True)),
    Column("taken_by", String(64)),
    Column("taken_at", DateTime(timezone=True)),
    Column("closed_by", String(64)),
    Column("closed_at", DateTime(timezone=True)),
    Column("outcome", String(64)),
)
"""`findings` is sealed to the safeguarding leads, as it came. `outcome` is a code."""

Index("concern_not_closed", CONCERN.c.due_at, postgresql_where=CONCERN.c.state != "closed")

ACT: Final = Table(
    "act",
    METADATA,
    Column("concern_id", Uuid, ForeignKey(CONCERN.c.id), primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("who", String(64), nullable=False),
    Column("what", String(20), nullable=False),
    Column("reason", String(64)),
)
