"""What waits at a provider: fetched by its SIDs with a key that may do no more, and deleted there afterwards."""

from typing import Final, Protocol

from shared.contracts.parts import Waiting
from shared.contracts.values import Deletion
from shared.errors import HeardError, Retryable
from shared.twilio import NOT_FOUND, Refused, Twilio

_RECORDING: Final = "RE"


class NotThere(HeardError):
    """The provider has no such thing: not yet, or not any more."""


class TooLarge(HeardError):
    """It is larger than what we take."""


class Copies(Protocol):
    """What a provider keeps of contributions."""

    async def fetch(self, copy: Waiting, most: int) -> bytes:
        """Give the bytes.

        Raises:
            NotThere, TooLarge: see there; Retryable: when it is refused for now; Unavailable: when nobody answers.
        """

    async def delete(self, copy: Waiting) -> Deletion:
        """Delete it; `gone` when there was nothing any more.

        Raises:
            Retryable: when it is refused; Unavailable: when nobody answers.
        """


class TwilioCopies:
    """Twilio, asked for one account. Its media lie elsewhere, and there our credentials are not shown."""

    def __init__(self, account: str, twilio: Twilio) -> None:
        self._account, self._twilio = account, twilio

    async def fetch(self, copy: Waiting, most: int) -> bytes:
        self._ours(copy)
        try:
            if copy.media_sid:
                _, content = await self._twilio.media(copy.sid, copy.media_sid, most=most)
            else:
                _, content = await self._twilio.recording(copy.sid, most=most)
        except Refused as no:
            if no.status == NOT_FOUND:
                raise NotThere("not_at_provider") from None
            if no.reason == "twilio_answer_too_large":
                raise TooLarge("too_large") from None
            raise Retryable(no.reason) from None
        return content

    async def delete(self, copy: Waiting) -> Deletion:
        self._ours(copy)
        try:
            if copy.media_sid:
                deleted = await self._twilio.erase_media(copy.sid, copy.media_sid)
            elif copy.sid.startswith(_RECORDING):
                deleted = await self._twilio.erase_recording(copy.sid)
            else:
                deleted = await self._twilio.erase_message(copy.sid)
        except Refused as no:
            raise Retryable(no.reason) from None
        return Deletion.DELETED if deleted else Deletion.GONE

    def _ours(self, copy: Waiting) -> None:
        if copy.account != self._account:
            raise Retryable("other_account")
