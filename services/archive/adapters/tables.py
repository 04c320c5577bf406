"""The catalogue's tables. No column holds words, names, numbers or addresses; `pending` holds ciphertext."""

from typing import Final

from sqlalchemy import Column, DateTime, Integer, LargeBinary, MetaData, SmallInteger, String, Table, Uuid

from shared.database import book

metadata: Final = MetaData(schema="archive")
BOOK: Final = book(metadata)
accession: Final = Table(
    "accession",
    metadata,
    Column("contribution_id", Uuid, primary_key=True),
    Column("number", String(20), nullable=False, unique=True),
    Column("object_key", String(300), nullable=False),
    Column("version", Integer, nullable=False),
    Column("inventory_sha512", String(128), nullable=False),
    Column("state", String(20), nullable=False),
    Column("level", String(20)),
    Column("class", String(20), nullable=False),
    Column("wrapped_key", LargeBinary),  # none once it is erased: then the object opens no more
    Column("epoch", String(40), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)
part: Final = Table(
    "part",
    metadata,
    Column("contribution_id", Uuid, primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("state", String(20), nullable=False),
    Column("read", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("event_id", Uuid),
    Column("unopened", String(64)),
)
source: Final = Table(
    "source",
    metadata,
    Column("event_id", Uuid, primary_key=True),
    Column("contribution_id", Uuid, nullable=False, index=True),
    Column("revision", Integer, nullable=False),
)
pending: Final = Table(
    "pending",
    metadata,
    Column("event_id", Uuid, primary_key=True),
    Column("contribution_id", Uuid, nullable=False, index=True),
    Column("topic", String(80), nullable=False),
    Column("value", LargeBinary, nullable=False),  # the event as it came, its words sealed
    Column("trace", String(80)),
    Column("at", DateTime(timezone=True), nullable=False),
)
deletion: Final = Table(
    "deletion",  # copies at providers that are gone
    metadata,
    Column("event_id", Uuid, primary_key=True),
    Column("contribution_id", Uuid, nullable=False, index=True),
    Column("result", String(20), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)
removal: Final = Table(
    "removal",  # contributions that somebody who may asked to have removed
    metadata,
    Column("event_id", Uuid, primary_key=True),
    Column("contribution_id", Uuid, nullable=False, index=True),
    Column("by", String(64), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)
counter: Final = Table(
    "counter",
    metadata,
    Column("year", SmallInteger, primary_key=True, autoincrement=False),
    Column("last", Integer, nullable=False),
)
