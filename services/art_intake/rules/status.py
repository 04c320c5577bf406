"""What a partner, or the holder of a code, may know of a contribution: never a level, a stage or a hold."""

from collections.abc import Collection
from enum import StrEnum
from typing import Final

from shared.contracts.values import Outcome

NEVER_READ: Final = frozenset({Outcome.UNREADABLE, Outcome.TOO_BIG, Outcome.UNSUPPORTED})
"""Nobody can read the file as it is. A picture without words is no such file."""


class ItemStatus(StrEnum):
    RECEIVED = "received"
    IN_THE_RECORD = "in_the_record"
    UNREADABLE = "unreadable_file"
    REMOVAL_ASKED = "removal_asked"


def item_status(*, archived: bool, removal: bool, outcomes: Collection[Outcome]) -> ItemStatus:
    """Say how an item stands.

    >>> item_status(archived=True, removal=False, outcomes=[Outcome.WORDS]).value
    'in_the_record'
    """
    if removal:
        return ItemStatus.REMOVAL_ASKED
    if NEVER_READ & frozenset(outcomes):
        return ItemStatus.UNREADABLE
    return ItemStatus.IN_THE_RECORD if archived else ItemStatus.RECEIVED
