"""Who carries an answer. Another channel needs no more than another `Sender`."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from services.replies.rules import Slip
from shared.twilio import Twilio


class Sender(Protocol):
    """One provider of one channel."""

    async def send(self, slip: Slip, words: str, *, within: timedelta) -> str:
        """Send once, to arrive within a time or never; gives the provider's id.

        Raises:
            Unavailable: it surely was not sent.
            OptedOut, Rejected: it never will be.
            Unknown: it may have been.
        """
        ...

    async def sent(self, slip: Slip, words: str, since: datetime) -> str | None:
        """Look for these words to this address in the provider's own list; gives their id.

        Raises:
            Unavailable: when the list cannot be had.
        """
        ...


@dataclass(frozen=True, slots=True)
class Texts:
    """SMS, or with the prefix `whatsapp:` WhatsApp, through Twilio; from the number that was written to.

    `status_url` is where Twilio reports what became of it.
    """

    twilio: Twilio
    prefix: str = ""
    status_url: str = ""

    async def send(self, slip: Slip, words: str, *, within: timedelta) -> str:
        return await self.twilio.send(
            self.prefix + slip.address,
            words,
            sender=self.prefix + slip.to,
            status_callback=self.status_url or None,
            valid_for=max(1, int(within.total_seconds())),
        )

    async def sent(self, slip: Slip, words: str, since: datetime) -> str | None:
        texts = await self.twilio.sent_since(self.prefix + slip.address, since)
        return next((text.sid for text in texts if text.body.strip() == words.strip()), None)
