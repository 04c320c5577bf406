"""The two tables that every service with effects has in its own schema."""

from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    LargeBinary,
    MetaData,
    String,
    Table,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB


@dataclass(frozen=True, slots=True)
class Book:
    """What a group has seen (kept for the whole review), and what it still has to publish."""

    seen: Table
    outbox: Table


def book(metadata: MetaData) -> Book:
    """Add `seen` and `outbox` to a service's metadata, whose schema is the service's own.

    `digest` is the keyed digest of a received contribution: the same id with another digest is not a repeat.
    `value` is the event as it travels, in which words are ciphertext.
    """
    seen = Table(
        "seen",
        metadata,
        Column("consumer_group", String(40), primary_key=True),
        Column("event_id", Uuid, primary_key=True),
        Column("digest", String(64)),
        Column("at", DateTime(timezone=True), nullable=False),
    )
    outbox = Table(
        "outbox",
        metadata,
        Column("id", BigInteger, Identity(), primary_key=True),
        Column("event_id", Uuid, nullable=False),
        Column("contribution_id", Uuid),
        Column("topic", String(80), nullable=False),
        Column("key", LargeBinary, nullable=False),
        Column("headers", JSONB, nullable=False),
        Column("value", LargeBinary, nullable=False),
        Column("created_at", DateTime(timezone=True), nullable=False),
        Column("published_at", DateTime(timezone=True)),
    )
    Index("outbox_waiting", outbox.c.id, postgresql_where=outbox.c.published_at.is_(None))
    return Book(seen, outbox)
