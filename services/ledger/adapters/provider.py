"""What Twilio says that people sent us, held against what our intakes accepted."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.ledger.adapters.tables import receipt
from shared.contracts.ids import twilio_message, twilio_recording
from shared.twilio import Twilio

GRACE: Final = timedelta(minutes=2)
"""Twilio gives a webhook up after 15 seconds, and our receipts are pulled every few."""

_AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True)
class Provider:
    """Asks for each of our numbers; a WhatsApp sender is `whatsapp:+44...`."""

    twilio: Twilio
    account: str
    numbers: tuple[str, ...] = field(repr=False)
    engine: AsyncEngine

    async def unreceived(self, since: datetime, now: datetime) -> Sequence[str]:
        """The SIDs of messages and recordings that people sent us, and that no intake has accepted.

        A recording that the archive keeps is deleted there, so what is listed is young or was never accepted.

        Raises:
            Unavailable, Unknown: when Twilio does not say.
        """
        sent: dict[UUID, str] = {}
        for number in self.numbers:
            for text in await self.twilio.received_since(number, since):
                if text.at <= now - GRACE:
                    sent[twilio_message(self.account, text.sid)] = text.sid
        for sid, at in await self.twilio.recorded_since(since):
            if at <= now - GRACE:
                sent[twilio_recording(self.account, sid)] = sid
        known = await self._known(list(sent))
        return sorted(sid for one, sid in sent.items() if one not in known)

    async def _known(self, ids: Sequence[UUID]) -> set[UUID]:
        known: set[UUID] = set()
        async with self.engine.connect() as connection:
            for start in range(0, len(ids), _AT_ONCE):
                some = ids[start : start + _AT_ONCE]
                known |= set(
                    await connection.scalars(
                        select(receipt.c.contribution_id).where(receipt.c.contribution_id.in_(some))
                    )
                )
        return known
