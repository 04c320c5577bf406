"""What waits at a provider is deleted there, once the archive keeps it."""

from collections.abc import Sequence

from services.reader.handlers.ports import Ports
from shared.contracts.events import ContributionArchived, CopyDeleted


async def delete_copies(event: ContributionArchived, *, ports: Ports) -> Sequence[CopyDeleted]:
    """One answer for each copy."""
    return ()
