"""What became of a contribution, from what the others say of it; events may come in any order, and again."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.art_intake.adapters import status
from shared.contracts.base import Event
from shared.contracts.events import (
    ContributionArchived,
    ContributionRead,
    ContributionReceived,
    RemovalRequested,
)
from shared.contracts.values import Channel, Step
from shared.messaging.effects import Effect

OURS: Final = frozenset({Channel.WEB, Channel.PARTNER})

Known = ContributionReceived | ContributionRead | ContributionArchived | RemovalRequested


def note(event: Known) -> Effect | None:
    """Write down what changes by an event. What was read of other channels is left alone."""
    if isinstance(event, ContributionRead):
        if event.context.channel not in OURS:
            return None
    elif isinstance(event, ContributionArchived) and event.step is not Step.MASTER:
        return None

    async def apply(connection: AsyncConnection) -> Sequence[Event]:
        match event:
            case ContributionReceived():
                await status.received(connection, event)
            case ContributionRead():
                await status.read(connection, event)
            case ContributionArchived():
                await status.change(connection, event.contribution_id, archived_at=event.at)
            case RemovalRequested():
                await status.change(connection, event.contribution_id, removal_at=event.at)
        return []

    return Effect(apply)
