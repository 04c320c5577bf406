"""The buckets, and who may do what in them: the edge puts objects and reads none, as with keys."""

from typing import Final

INCOMING: Final = "heard-incoming"
ARCHIVE: Final = "heard-archive"
BUCKETS: Final = (INCOMING, ARCHIVE)

MAY: Final = {
    "owner": ("Admin",),
    "edge": (f"Write:{INCOMING}",),
    "reader": (f"Read:{INCOMING}", f"List:{INCOMING}", f"Write:{INCOMING}"),
    "archive": (
        *(f"Read:{INCOMING}", f"List:{INCOMING}"),
        *(f"Read:{ARCHIVE}", f"List:{ARCHIVE}", f"Write:{ARCHIVE}"),
    ),
}
"""In SeaweedFS's words. Only the owner, who is no service, makes buckets."""


def who_is(service: str) -> str:
    """As whom a service enters the store.

    >>> who_is("email_intake"), who_is("archive")
    ('edge', 'archive')
    """
    return service if service in MAY else "edge"
