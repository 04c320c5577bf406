"""The safeguarding concern: its tables, its rules and the ladder that rings; for the pager, the console and `heard`."""

from shared.concerns.record import (
    AlreadyClosed,
    Done,
    NoSuchConcern,
    close,
    find,
    list_open,
    raise_level,
    show,
    take,
    take_cause,
    take_in,
)
from shared.concerns.rules import Act, Concern, News, State

__all__ = [
    "Act",
    "AlreadyClosed",
    "Concern",
    "Done",
    "News",
    "NoSuchConcern",
    "State",
    "close",
    "find",
    "list_open",
    "raise_level",
    "show",
    "take",
    "take_cause",
    "take_in",
]
