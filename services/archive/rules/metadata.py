"""What describes a master without opening it: no words, no address, nothing that a provider could be asked with."""

import json
from collections.abc import Mapping
from typing import Final

from shared.contracts.base import utc
from shared.contracts.events import ContributionReceived
from shared.contracts.parts import Part

SCHEMA: Final = "heard-master-1"
CLASS: Final = "closed"
"""Masters are closed to the public; what may be opened is decided copy by copy, at the transfer."""


def describe(
    received: ContributionReceived, *, accession: str, retention: str, unopened: Mapping[int, str]
) -> bytes:
    """The metadata file of a master. Digests are the edge's, keyed: the SHA-256 of a short text could be guessed."""
    context = received.context
    whole = {
        "schema": SCHEMA,
        "accession": accession,
        "contribution": str(context.contribution_id),
        "class": CLASS,
        "retention": retention,
        "channel": context.channel.value,
        "received_at": utc(context.received_at),
        "consent": context.consent.model_dump(mode="json"),
        "safe_contact": context.safe_contact.value,
        "legal_hold": context.legal_hold,
        "roles": sorted(role.value for role in received.roles),
        "age_band": received.age_band.value if received.age_band else None,
        "event_code": received.event_code,
        "partner": received.partner_id,
        "group_size": received.group_size,
        "language": received.language,
        "nation": received.nation,
        "digest": received.digest,
        "parts": [_part(part, unopened.get(part.number)) for part in received.parts],
    }
    return json.dumps(whole, sort_keys=True, indent=2).encode("ascii") + b"\n"


def _part(part: Part, unopened: str | None) -> dict[str, object]:
    told: dict[str, object] = {
        "number": part.number,
        "kind": part.kind.value,
        "place": part.place.value,
        "media_type": part.media_type,
        "size": part.size,
        "digest": part.digest,
        "kept_as": "words" if part.words else "object" if part.object else "waiting",
    }
    return {**told, "unopened": unopened} if unopened else told
