"""The tables of `replies`. An address is here as an HMAC and as a sealed slip, never in clear."""

from typing import Final

from sqlalchemy import Column, DateTime, Index, MetaData, SmallInteger, String, Table, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from shared.database import book

metadata: Final = MetaData(schema="replies")
BOOK: Final = book(metadata)

sending: Final = Table(
    "sending",
    metadata,
    Column("event_id", Uuid, primary_key=True),  # of the ReplySent that tells its end
    Column("contribution_id", Uuid, nullable=False),
    Column("request_id", Uuid),
    Column("kind", String(20), nullable=False),
    Column("template", String(64), nullable=False),
    Column("channel", String(20), nullable=False),
    Column("address_hmac", String(64)),
    Column("state", String(20), nullable=False),
    Column("cause", String(20)),
    Column(
        "received_at", DateTime(timezone=True), nullable=False
    ),  # from then on the time for an answer runs
    Column("at", DateTime(timezone=True), nullable=False),
    Column("asked_at", DateTime(timezone=True)),
    Column("next_at", DateTime(timezone=True)),  # when to look after it; null once it has ended
    Column("provider_id", String(200)),
    Column("consent", JSONB, nullable=False),
    Column("safe_contact", String(20), nullable=False),
    Column("slip", JSONB),  # sealed, as it came
    Column("words", JSONB),  # sealed, of a personal answer
    Column("trace", String(60)),
)
Index("sending_address", sending.c.address_hmac, sending.c.received_at)
Index("sending_contribution", sending.c.contribution_id)
Index("sending_next", sending.c.next_at, postgresql_where=sending.c.next_at.is_not(None))

delivery: Final = Table(
    "delivery",
    metadata,
    Column("provider_id", String(200), primary_key=True),
    Column("status", String(64), nullable=False),  # the provider's own word
    Column("rank", SmallInteger, nullable=False),  # how far on its way that is
    Column("error", String(64)),
    Column("at", DateTime(timezone=True), nullable=False),
)

opt_out: Final = Table(
    "opt_out",
    metadata,
    Column("address_hmac", String(64), primary_key=True),
    Column("since", DateTime(timezone=True)),
    Column("by_contribution", Uuid),
    Column("ended_at", DateTime(timezone=True)),
)
