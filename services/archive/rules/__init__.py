"""The archive's rules, pure: numbers, what a contribution's record becomes, and how an OCFL object is written."""

from services.archive.rules.metadata import describe
from services.archive.rules.numbers import accession_number
from services.archive.rules.record import Change, Item, PartRecord, PartState, Record, State, Told, take

__all__ = [
    "Change",
    "Item",
    "PartRecord",
    "PartState",
    "Record",
    "State",
    "Told",
    "accession_number",
    "describe",
    "take",
]
