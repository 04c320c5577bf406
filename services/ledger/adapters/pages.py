"""Pages operations, by SMS, on a number that is not the duty lead's."""

from dataclasses import dataclass, field
from typing import Protocol

from shared.errors import Rejected, Unavailable
from shared.telemetry import log
from shared.twilio import Twilio, Unknown


class Pages(Protocol):
    """The way to operations."""

    async def page(self, text: str) -> bool:
        """Send a page; False when it surely did not go out, and may be tried again."""
        ...


@dataclass(frozen=True, slots=True)
class TextPages:
    """By SMS. An answer that is not known counts as sent: the same cause is paged again anyway while it lasts."""

    twilio: Twilio
    sender: str = field(repr=False)
    operations: str = field(repr=False)

    async def page(self, text: str) -> bool:
        try:
            await self.twilio.send(self.operations, text, sender=self.sender)
        except Unavailable as away:
            log.warning("page_not_sent", reason=away.reason)
            return False
        except Unknown as unknown:
            log.warning("page_unknown", reason=unknown.reason)
        except Rejected as refused:
            log.error("page_refused", reason=refused.reason)
        return True


@dataclass(frozen=True, slots=True)
class NoPages:
    """No number is set: alarms stand in the table, in the log and in `heard ledger` alone."""

    async def page(self, text: str) -> bool:
        return True
