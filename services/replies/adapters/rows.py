"""The rows of `replies` in PostgreSQL. Every function runs inside the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.replies.adapters.tables import opt_out, sending
from services.replies.rules import OptOut
from shared.contracts.base import Sealed
from shared.contracts.parts import Consent
from shared.contracts.values import Channel, ReplyKind, SafeContact, WithheldCause


class State(StrEnum):
    """Where an answer is. Only `waiting`, `due` and `sending` can still change."""

    WAITING = "waiting"  # a mail that has to be read first: is it automatic, is its sender real?
    DUE = "due"
    SENDING = "sending"  # the provider was or is about to be asked; never asked again, only looked for
    SENT = "sent"
    WITHHELD = "withheld"
    REFUSED = "refused"
    UNKNOWN = "unknown"


COUNTS_AS_SENT: Final = (State.WAITING, State.DUE, State.SENDING, State.SENT, State.UNKNOWN)
"""An acknowledgement in one of these states was sent, may have been, or is about to be."""


@dataclass(frozen=True, slots=True)
class Row:
    """One answer. `event_id` is the id of the event that tells its end."""

    event_id: UUID
    contribution_id: UUID
    kind: ReplyKind
    template: str
    channel: Channel
    state: State
    received_at: datetime
    at: datetime
    next_at: datetime | None
    cause: WithheldCause | None = None
    request_id: UUID | None = None
    address_hmac: str | None = field(default=None, repr=False)
    asked_at: datetime | None = None
    provider_id: str | None = None
    consent: Consent = field(default_factory=Consent)
    safe_contact: SafeContact = SafeContact.UNKNOWN
    slip: Sealed | None = None
    words: Sealed | None = None
    trace: str | None = None


@dataclass(frozen=True, slots=True)
class Next:
    """A row whose time has come."""

    event_id: UUID
    address_hmac: str | None = field(default=None, repr=False)


class Rows:
    """What is on its way and what became of it. `lock` comes before any other touch of an address's rows."""

    async def lock(self, connection: AsyncConnection, address_hmac: str) -> None:
        """Let nobody else decide about this address until the transaction ends."""
        key = int.from_bytes(bytes.fromhex(address_hmac[:16]), signed=True)
        await connection.execute(select(func.pg_advisory_xact_lock(key)))

    async def insert(self, connection: AsyncConnection, row: Row) -> bool:
        """Add a row; False when it is there already."""
        values = {one.name: _kept(getattr(row, one.name)) for one in fields(row)}
        added = await connection.execute(
            upsert(sending).values(values).on_conflict_do_nothing().returning(sending.c.event_id)
        )
        return added.first() is not None

    async def get(self, connection: AsyncConnection, event_id: UUID) -> Row | None:
        found = await connection.execute(select(sending).where(sending.c.event_id == event_id))
        row = found.mappings().first()
        return _row(row) if row else None

    async def of_address(
        self, connection: AsyncConnection, address_hmac: str, since: datetime
    ) -> Sequence[Row]:
        """The acknowledgements of an address, sent or not, one for each of its contributions."""
        found = await connection.execute(
            select(sending)
            .where(
                sending.c.address_hmac == address_hmac,
                sending.c.kind == ReplyKind.ACKNOWLEDGEMENT.value,
                sending.c.received_at >= since,
            )
            .order_by(sending.c.received_at)
        )
        return [_row(row) for row in found.mappings()]

    async def last(self, connection: AsyncConnection, address_hmac: str, but: UUID) -> datetime | None:
        """When the address last got an acknowledgement, may have, or is about to; `but` is not looked at."""
        moment: datetime | None = await connection.scalar(
            select(func.max(func.greatest(sending.c.asked_at, sending.c.at))).where(
                sending.c.address_hmac == address_hmac,
                sending.c.kind == ReplyKind.ACKNOWLEDGEMENT.value,
                sending.c.state.in_([state.value for state in COUNTS_AS_SENT]),
                sending.c.event_id != but,
            )
        )
        return moment

    async def change(
        self, connection: AsyncConnection, before: Row, *, state: State, next_at: datetime | None, **to: Any
    ) -> bool:
        """Move a row on from what it was; False when somebody else has already."""
        asked = (
            sending.c.asked_at.is_(None) if before.asked_at is None else sending.c.asked_at == before.asked_at
        )
        changed = await connection.execute(
            update(sending)
            .where(sending.c.event_id == before.event_id, sending.c.state == before.state.value, asked)
            .values(state=state.value, next_at=next_at, **{name: _kept(value) for name, value in to.items()})
            .returning(sending.c.event_id)
        )
        return changed.first() is not None

    async def opt_out(self, connection: AsyncConnection, address_hmac: str) -> OptOut:
        found = await connection.execute(select(opt_out).where(opt_out.c.address_hmac == address_hmac))
        row = found.first()
        return OptOut(row.since, row.by_contribution, row.ended_at) if row else OptOut()

    async def put_opt_out(self, connection: AsyncConnection, address_hmac: str, asked: OptOut) -> None:
        values = {"since": asked.since, "by_contribution": asked.by_contribution, "ended_at": asked.ended_at}
        await connection.execute(
            upsert(opt_out)
            .values(address_hmac=address_hmac, **values)
            .on_conflict_do_update(index_elements=["address_hmac"], set_=values)
        )

    async def due(self, connection: AsyncConnection, now: datetime, limit: int) -> Sequence[Next]:
        """What is to be looked after now, the oldest first."""
        found = await connection.execute(
            select(sending.c.event_id, sending.c.address_hmac)
            .where(sending.c.next_at <= now)
            .order_by(sending.c.next_at)
            .limit(limit)
        )
        return [Next(row.event_id, row.address_hmac) for row in found]

    async def counts(self, connection: AsyncConnection) -> dict[str, int]:
        found = await connection.execute(select(sending.c.state, func.count()).group_by(sending.c.state))
        return {state.value: 0 for state in State} | {str(state): count for state, count in found}


def _kept(value: Any) -> Any:
    if isinstance(value, (Sealed, Consent)):
        return value.model_dump(mode="json")
    return value.value if isinstance(value, StrEnum) else value


def _row(row: RowMapping) -> Row:
    return Row(
        **{
            **{one.name: row[one.name] for one in fields(Row)},
            "kind": ReplyKind(row["kind"]),
            "channel": Channel(row["channel"]),
            "state": State(row["state"]),
            "cause": WithheldCause(row["cause"]) if row["cause"] else None,
            "consent": Consent.model_validate(row["consent"]),
            "safe_contact": SafeContact(row["safe_contact"]),
            "slip": Sealed.model_validate(row["slip"]) if row["slip"] else None,
            "words": Sealed.model_validate(row["words"]) if row["words"] else None,
        }
    )
