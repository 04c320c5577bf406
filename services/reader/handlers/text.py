"""Mail to words and attachments."""

from collections.abc import Sequence
from typing import Final

from services.reader.handlers.ports import Ports
from shared.contracts.events import AttachmentFound, ContributionRead, ContributionReceived
from shared.contracts.ids import output_of
from shared.contracts.values import Outcome, PartKind

STAGE: Final = "reader"
VERSION: Final = "mail-1"


async def read_mail(
    event: ContributionReceived, *, ports: Ports
) -> Sequence[ContributionRead | AttachmentFound]:
    """What is said of each mail in the event, and what was attached to it."""
    said: list[ContributionRead | AttachmentFound] = []
    for part in event.parts:
        if part.kind is not PartKind.MAIL:
            continue
        raw = await ports.fetch(event.context, part)
        answer = await ports.children.read("mail", raw, {})
        said.append(
            ContributionRead(
                event_id=output_of(STAGE, event.event_id, part.number, ports.revision),
                context=event.context,
                source=event.event_id,
                part=part.number,
                revision=ports.revision,
                outcome=Outcome(answer["outcome"]),
                reason=answer.get("reason"),
                reader_version=VERSION,
            )
        )
    return said
