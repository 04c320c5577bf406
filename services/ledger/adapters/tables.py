"""The ledger's tables: ids, places, times and codes. No words, no address, no number."""

from typing import Final

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Uuid,
    text,
)

from shared.database import book

metadata: Final = MetaData(schema="ledger")
BOOK: Final = book(metadata)
_MOMENT: Final = DateTime(timezone=True)

contribution: Final = Table(
    "contribution",  # one row each; `changes` rises with every new fact, so that no look overwrites what it did not see
    metadata,
    Column("contribution_id", Uuid, primary_key=True),
    Column("channel", String(20), nullable=False),
    Column("first_at", _MOMENT, nullable=False),
    Column("receipted", Boolean, nullable=False),
    Column("received", Boolean, nullable=False),
    Column("state", String(12), nullable=False),
    Column("owner", String(40), nullable=False),
    Column("why", String(120), nullable=False),
    Column("since", _MOMENT, nullable=False),
    Column("changes", BigInteger, nullable=False),
    Column("settled", Boolean, nullable=False),
    Column("rules", Integer, nullable=False),
)
Index("contribution_unsettled", contribution.c.contribution_id, postgresql_where=text("not settled"))

receipt: Final = Table(
    "receipt",
    metadata,
    Column("event_id", Uuid, primary_key=True),
    Column("contribution_id", Uuid, nullable=False),
    Column("intake", String(40), nullable=False),
    Column("channel", String(20), nullable=False),
    Column("topic", String(80), nullable=False),
    Column("accepted_at", _MOMENT, nullable=False),
    Column("published_at", _MOMENT),
    Column("partition", BigInteger),
    Column("offset", BigInteger),
    Column("set_aside", String(80)),
    Column("conflict", Boolean, nullable=False),
    Column("seq", BigInteger, nullable=False),
)
Index("receipt_contribution", receipt.c.contribution_id)
Index("receipt_odd", receipt.c.accepted_at, postgresql_where=text("conflict or set_aside is not null"))

stage: Final = Table(
    "stage",
    metadata,
    Column("event_id", Uuid, primary_key=True),
    Column("topic", String(80), primary_key=True),
    Column("contribution_id", Uuid, nullable=False),
    Column("stage", String(20), nullable=False),
    Column("part", Integer),
    Column("revision", Integer, nullable=False),
    Column("partition", BigInteger, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("at", _MOMENT, nullable=False),
    Column("code", String(64)),
    Column("detail", String(80)),
    Column("source", Uuid),
    Column("words", ARRAY(Integer), nullable=False),
    Column("unread", ARRAY(Integer), nullable=False),
)
Index("stage_contribution", stage.c.contribution_id)

parked: Final = Table(
    "parked",  # where it lies now, and where it lay first; what headers tell may be wrong, so the columns are wide
    metadata,
    Column("topic", String(200), primary_key=True),
    Column("partition", BigInteger, primary_key=True),
    Column("offset", BigInteger, primary_key=True),
    Column("consumer_group", String(200), nullable=False),
    Column("dead", Boolean, nullable=False),
    Column("dead_id", Uuid, nullable=False),
    Column("reason", String(200), nullable=False),
    Column("attempt", BigInteger, nullable=False),
    Column("contribution_id", Uuid),
    Column("source", Uuid),
    Column("origin_topic", String(200), nullable=False),
    Column("origin_partition", BigInteger, nullable=False),
    Column("origin_offset", BigInteger, nullable=False),
    Column("at", _MOMENT, nullable=False),
)
Index("parked_contribution", parked.c.contribution_id)
Index(
    "parked_chain",
    parked.c.consumer_group,
    parked.c.origin_topic,
    parked.c.origin_partition,
    parked.c.origin_offset,
)

discarded: Final = Table(
    "discarded",
    metadata,
    Column("dead_id", Uuid, primary_key=True),
    Column("consumer_group", String(40), nullable=False),
    Column("who", String(80), nullable=False),
    Column("reason", String(64), nullable=False),
    Column("at", _MOMENT, nullable=False),
)

cursor: Final = Table(
    "cursor",  # how far each spool's receipts were pulled; a spool that was lost begins anew under another name
    metadata,
    Column("address", String(200), primary_key=True),
    Column("intake", String(40), nullable=False),
    Column("spool", String(40), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("pulled_at", _MOMENT, nullable=False),
)

beat: Final = Table(
    "beat",
    metadata,
    Column("service", String(64), primary_key=True),
    Column("instance", String(200), primary_key=True),
    Column("at", _MOMENT, nullable=False),
    Column("spool_depth", BigInteger, nullable=False),
    Column("spool_age", Float, nullable=False),
    Column("set_aside", BigInteger, nullable=False),
    Column("halted", ARRAY(String(64)), nullable=False, server_default="{}"),
    Column("paused", ARRAY(String(64)), nullable=False, server_default="{}"),
)

alarm: Final = Table(
    "alarm",
    metadata,
    Column("cause", String(120), primary_key=True),
    Column("first_at", _MOMENT, primary_key=True),
    Column("last_at", _MOMENT, nullable=False),
    Column("n", BigInteger, nullable=False),
    Column("ended_at", _MOMENT),
    Column("paged_at", _MOMENT),
    Column("paged_n", BigInteger, nullable=False),
)
Index("alarm_lasts", alarm.c.cause, unique=True, postgresql_where=alarm.c.ended_at.is_(None))
