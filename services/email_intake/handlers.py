"""A mail becomes a contribution: one sealed object, bound to its place, under an id that a retry repeats."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.email_intake.adapters import Mail
from shared.clock import Clock, week_of
from shared.contracts.events import ContributionReceived
from shared.contracts.ids import mail as id_of
from shared.contracts.parts import Context
from shared.contracts.values import Channel, PartKind, Place, Provider
from shared.messaging.edge import Edge
from shared.messaging.intake import Accepted, Intake
from shared.vault import Binding, Purpose
from shared.vault.digests import bucket, keyed

RFC822: str = "message/rfc822"


@dataclass(frozen=True, slots=True)
class Ports:
    intake: Intake
    edge: Edge
    now: Clock
    answer_within: float


async def on_mail(mail: Mail, *, ports: Ports) -> Accepted:
    """Accept a mail; 250 may be said once this returns.

    Raises:
        NothingTakesIt: neither the spool nor Kafka has it.
    """
    received_at = ports.now()
    digest = digest_of(mail, ports.edge.digest_key)

    def build(contribution_id: UUID) -> ContributionReceived:
        return received(mail, contribution_id, received_at, digest, edge=ports.edge)

    return await ports.intake.accept(
        id_of(mail.envelope.identity, mail.sha256),
        digest,
        bucket(ports.edge.bucket_key, mail.envelope.tag),
        build,
        answer_within=ports.answer_within,
        parcels=[mail.parcel],
    )


def digest_of(mail: Mail, key: bytes) -> str:
    """The keyed digest of what a retry repeats: who, to whom, which bytes."""
    return keyed(key, mail.envelope.identity.encode(), bytes.fromhex(mail.sha256))


def received(
    mail: Mail, contribution_id: UUID, received_at: datetime, digest: str, *, edge: Edge
) -> ContributionReceived:
    """Seal the envelope into the event that travels, and bind the mail's object to it."""
    week = week_of(received_at)
    bare = Context(contribution_id=contribution_id, channel=Channel.EMAIL, received_at=received_at)
    whole = Binding.of(bare)
    sender = mail.envelope.sender
    tag = keyed(edge.tag_key, mail.envelope.tag)
    to = [one.address for one in mail.envelope.recipients]
    slip = {"address": sender, "to": to[0], "channel": Channel.EMAIL.value}
    context = bare.model_copy(
        update={
            "tag": edge.sealer.seal(Purpose.TAG, tag.encode(), whole, week=week),
            "names": edge.sealer.seal(Purpose.NAMES, _json([sender] if sender else []), whole, week=week),
        }
    )
    part = edge.parcel(
        context,
        1,
        mail.parcel,
        bytes.fromhex(mail.sha256),
        kind=PartKind.MAIL,
        media_type=RFC822,
        place=Place.BODY,
        week=week,
    )
    return ContributionReceived(
        event_id=contribution_id,
        context=context,
        provider=Provider.SMTP,
        digest=digest,
        event_code=mail.envelope.event_code,
        reply_slip=edge.sealer.seal(Purpose.REPLY, _json(slip), whole, week=week) if sender else None,
        identity=edge.sealer.seal_for_two(
            _json({"address": sender, "to": to, "channel": Channel.EMAIL.value, "peer": mail.peer}),
            whole,
            week=week,
        ),
        parts=(part,),
    )


def _json(value: Mapping[str, object] | Sequence[str]) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
