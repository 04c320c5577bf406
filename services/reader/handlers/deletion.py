"""What waits at a provider is deleted there, once the archive keeps it."""

from collections.abc import Sequence
from typing import Final

from services.reader.handlers.ports import Ports
from shared.contracts.events import ContributionArchived, CopyDeleted
from shared.contracts.ids import output_of
from shared.errors import Retryable
from shared.telemetry.metrics import Metric

STAGE: Final = "reader-delete"


async def delete_copies(event: ContributionArchived, *, ports: Ports) -> Sequence[CopyDeleted]:
    """One answer for each copy; one that is gone already is as good as deleted.

    Raises:
        Retryable: when the provider refuses one; Unavailable: when it is away. What was deleted is gone the next time.
    """
    if not event.provider_copies:
        return ()
    if ports.copies is None:
        raise Retryable("no_provider")
    deleted = [
        CopyDeleted(
            event_id=output_of(STAGE, event.event_id, number),
            contribution_id=event.contribution_id,
            copy_of=copy,
            result=await ports.copies.delete(copy),
            at=ports.now(),
        )
        for number, copy in enumerate(event.provider_copies)
    ]
    for one in deleted:
        ports.meters.count(Metric.COPIES, result=one.result)
    return deleted
