"""Events as an intake would publish them, with invented words, for tests of what comes after."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from services.sms_intake.adapters import Text
from services.sms_intake.handlers import digest_of, received
from shared.contracts.events import ContributionReceived
from shared.contracts.ids import twilio_message
from shared.messaging.edge import Edge
from shared.twilio_webhook import Posted, fields_of
from tests.support.keys import keys_of
from tests.support.twilio.sign import SENDER, a_text, encoded

NOW = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)


def edge() -> Edge:
    keys = keys_of("sms_intake")
    return Edge.of(keys)


def a_received(
    words: str,
    *,
    sender: str = SENDER,
    at: datetime = NOW,
    contribution_id: UUID | None = None,
    display_name: str = "",
    media: tuple[tuple[str, str], ...] = (),
    opt_out: str | None = None,
) -> ContributionReceived:
    """What `sms_intake` makes of a text, sealed under the test keys."""
    form = a_text(words, sender=sender, media=media, opt_out=opt_out, ProfileName=display_name)
    raw = encoded(form)
    text = Text.from_form(Posted(fields_of(raw), raw))
    known_as = contribution_id or twilio_message(text.account, text.sid)
    return received(text, known_as, at, digest_of(text, edge().digest_key), edge=edge())


def moved(event: ContributionReceived) -> ContributionReceived:
    """The same ciphertext under another contribution's id: somebody put it there."""
    other = uuid4()
    context = event.context.model_copy(update={"contribution_id": other})
    return event.model_copy(update={"event_id": other, "context": context})
