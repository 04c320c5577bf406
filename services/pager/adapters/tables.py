"""The pager's own tables: what waits for a level, rings, who asked not to be texted, how far levels were read."""

from typing import Final

from sqlalchemy import Column, DateTime, Index, Integer, MetaData, String, Table, Uuid, and_

from shared.database import book

METADATA: Final = MetaData(schema="pager")
BOOK: Final = book(METADATA)

WAITING: Final = Table(
    "waiting",
    METADATA,
    Column("contribution_id", Uuid, primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("noticed_at", DateTime(timezone=True), nullable=False),
    Column("levelled_at", DateTime(timezone=True)),
    Column("level", String(20)),
    Column("alarmed_at", DateTime(timezone=True)),
)
"""Kept when the level is there: `level` is the highest that the part has had."""

WAITS: Final = and_(WAITING.c.levelled_at.is_(None), WAITING.c.alarmed_at.is_(None))
Index("waiting_for_level", WAITING.c.received_at, postgresql_where=WAITS)

RING: Final = Table(
    "ring",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("message", Uuid, nullable=False),
    Column("ladder", String(120), nullable=False),
    Column("concern_id", Uuid),
    Column("cause", String(64)),
    Column("step", Integer, nullable=False),
    Column("whom", String(20), nullable=False),
    Column("by", String(10), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("result", String(20), nullable=False),
    Column("provider_id", String(64)),
)
"""`whom` is a role, never a number. Rows of one `message` went out as one text."""

Index("ring_at", RING.c.at)
Index("ring_message", RING.c.message)

STOPPED: Final = Table(
    "stopped",
    METADATA,
    Column("contribution_id", Uuid, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("noted_at", DateTime(timezone=True)),
    Column("told_at", DateTime(timezone=True)),
)
"""Whose sender said STOP: noted in the acts of its concern, and told to its lead, once there is a concern."""

READING: Final = Table(
    "reading",
    METADATA,
    Column("partition", Integer, primary_key=True),
    Column("appended_at", DateTime(timezone=True), nullable=False),
    Column("moved_at", DateTime(timezone=True), nullable=False),
)
