"""Names that the archive gives: accession numbers, object ids and where an object lies."""

import hashlib
from typing import Final
from uuid import UUID

TUPLE_SIZE: Final = 2
TUPLES: Final = 2


def accession_number(year: int, sequence: int) -> str:
    """Number an accession the way the archive's catalogue sorts.

    >>> accession_number(2026, 7)
    '2026-0007'
    """
    return f"{year}-{sequence:04d}"


def object_id(contribution_id: UUID) -> str:
    """The id of a contribution's OCFL object.

    >>> object_id(UUID(int=7))
    'urn:heard:contribution:00000000-0000-0000-0000-000000000007'
    """
    return f"urn:heard:contribution:{contribution_id}"


def object_path(contribution_id: UUID) -> str:
    """Where the object lies below the storage root (OCFL extension 0004: a digest's first pairs, then all of it).

    Two pairs make 65,536 folders, which a million objects fill with sixteen each; more would cost an fsync each.

    >>> object_path(UUID(int=7))[:10]
    '34/a2/34a2'
    """
    digest = hashlib.sha256(object_id(contribution_id).encode()).hexdigest()
    pairs = [digest[at * TUPLE_SIZE : (at + 1) * TUPLE_SIZE] for at in range(TUPLES)]
    return "/".join((*pairs, digest))
