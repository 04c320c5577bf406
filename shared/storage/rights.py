"""The buckets, and who may do what in them: the edge puts objects and reads none, as with keys."""

import json
import secrets
from collections.abc import Mapping
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


def drawn() -> dict[str, str]:
    """Random credentials for one of them."""
    return {"access_key": secrets.token_hex(10), "secret_key": secrets.token_urlsafe(30)}


def identities(held: Mapping[str, Mapping[str, str]]) -> str:
    """What SeaweedFS is told: each of them with these credentials, and with what it may do."""
    return json.dumps(
        {
            "identities": [
                {
                    "name": who,
                    "credentials": [
                        {"accessKey": held[who]["access_key"], "secretKey": held[who]["secret_key"]}
                    ],
                    "actions": list(actions),
                }
                for who, actions in MAY.items()
            ]
        }
    )
