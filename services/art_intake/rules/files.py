"""What a form may bring, and what is wrong with a file that is not taken."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Limits:
    """How many files, and bytes of one file and of all."""

    files: int
    file: int
    form: int


class Fault(StrEnum):
    EMPTY = "empty"
    TOO_BIG = "too_big"
    TOO_MANY = "too_many"
    TOO_MUCH = "too_much"
    NO_ROOM = "no_room"
