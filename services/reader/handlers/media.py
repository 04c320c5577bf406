"""Sound, pictures and documents to words."""

from collections.abc import Sequence
from typing import Final

from services.reader.handlers.ports import Ports
from shared.contracts.events import AttachmentFound, ContributionRead, ContributionReceived
from shared.contracts.ids import output_of
from shared.contracts.parts import Part
from shared.contracts.values import Outcome, PartKind

STAGE: Final = "reader"
VERSION: Final = "media-1"


async def read_media(
    event: ContributionReceived | AttachmentFound, *, ports: Ports
) -> Sequence[ContributionRead]:
    """One answer for each part that has no words yet."""
    parts = event.parts if isinstance(event, ContributionReceived) else (event.part,)
    return [_unsupported(event, part, ports) for part in parts if part.kind is not PartKind.WORDS]


def _unsupported(event: ContributionReceived | AttachmentFound, part: Part, ports: Ports) -> ContributionRead:
    return ContributionRead(
        event_id=output_of(STAGE, event.event_id, part.number, ports.revision),
        context=event.context,
        source=event.event_id,
        part=part.number,
        revision=ports.revision,
        outcome=Outcome.UNSUPPORTED,
        reason="no_reader",
        reader_version=VERSION,
    )
