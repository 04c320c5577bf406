"""The tables of `art_intake`. No column holds words, names, numbers or addresses."""

from typing import Final

from sqlalchemy import Column, DateTime, Index, Integer, LargeBinary, MetaData, String, Table, Uuid

from shared.database import book

metadata: Final = MetaData(schema="art_intake")
BOOK: Final = book(metadata)

contribution: Final = Table(
    "contribution",
    metadata,
    Column("contribution_id", Uuid, primary_key=True),
    Column(
        "receipt_hash", String(64), index=True
    ),  # not unique: one form sent twice with other words has one code
    Column("partner_id", String(200)),
    Column("item_id", String(200)),
    Column("received_at", DateTime(timezone=True)),
    Column("archived_at", DateTime(timezone=True)),
    Column("removal_at", DateTime(timezone=True)),
    Column("handover", LargeBinary),  # digest and size of a partner's file, boxed
)
"""What became of each contribution. `received_at` is null while only a later event of it has come, and for ever where
the contribution came by another channel: an accession does not say which.
"""
Index(
    "contribution_partner",
    contribution.c.partner_id,
    contribution.c.received_at,
    contribution.c.contribution_id,
)
reading: Final = Table(
    "reading",
    metadata,
    Column("contribution_id", Uuid, primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("outcome", String(20), nullable=False),
)
"""What the reader made of each file, by its highest revision."""
partner: Final = Table(
    "partner",
    metadata,
    Column("partner_id", String(40), primary_key=True),
    Column("contact", LargeBinary, nullable=False),  # its name and its safeguarding contact, boxed
    Column("added_at", DateTime(timezone=True), nullable=False),
    Column("off_at", DateTime(timezone=True)),
)
"""The organisations that hand over. `partner_id` is a short name that we gave."""
partner_key: Final = Table(
    "partner_key",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("partner_id", String(40), nullable=False, index=True),
    Column("scopes", String(40), nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True)),
    Column("revoked_at", DateTime(timezone=True)),
)
"""Their keys, each as an HMAC."""
