"""A text becomes a contribution: sealed part by part, bound to its place, under an id that a retry repeats."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.sms_intake.adapters import Delivery, Text
from services.sms_intake.rules import keyword
from shared.clock import Clock, week_of
from shared.contracts.events import ContributionReceived, ReplyDelivered
from shared.contracts.ids import delivery_report, twilio_message
from shared.contracts.parts import Context, Part, Waiting
from shared.contracts.values import Place, Provider
from shared.messaging.edge import Edge
from shared.messaging.intake import Accepted, Intake
from shared.vault import Binding, Purpose
from shared.vault.digests import bucket, keyed


@dataclass(frozen=True, slots=True)
class Ports:
    intake: Intake
    edge: Edge
    now: Clock
    answer_within: float


async def on_text(text: Text, *, ports: Ports) -> Accepted:
    """Accept a text; the answer may be given once this returns."""
    received_at = ports.now()
    digest = digest_of(text, ports.edge.digest_key)

    def build(contribution_id: UUID) -> ContributionReceived:
        return received(text, contribution_id, received_at, digest, edge=ports.edge)

    return await ports.intake.accept(
        twilio_message(text.account, text.sid),
        digest,
        bucket(ports.edge.bucket_key, text.sender.encode()),
        build,
        answer_within=ports.answer_within,
    )


async def on_delivery(told: Delivery, *, ports: Ports) -> bool:
    """Pass on what became of a message of ours; the same report twice is one event."""
    event = ReplyDelivered(
        event_id=delivery_report(told.account, told.sid, told.status),
        provider_id=told.sid,
        status=told.status,
        error=told.error,
        at=ports.now(),
    )
    return await ports.intake.tell(event, answer_within=ports.answer_within)


def digest_of(text: Text, key: bytes) -> str:
    """The keyed digest of what a retry repeats: who, to whom, which words, which media."""
    media = [f"{item.sid} {item.media_type}".encode() for item in text.media]
    return keyed(key, text.sender.encode(), text.to.encode(), text.words.encode(), *media)


def received(
    text: Text, contribution_id: UUID, received_at: datetime, digest: str, *, edge: Edge
) -> ContributionReceived:
    """Seal a text into the event that travels."""
    week = week_of(received_at)
    bare = Context(
        contribution_id=contribution_id,
        channel=text.channel,
        received_at=received_at,
        keyword=keyword(text.words, text.opt_out_type),
    )
    whole = Binding.of(bare)
    names = [name for name in (text.sender, text.display_name) if name]
    tag = keyed(edge.tag_key, text.sender.encode())
    slip = {"address": text.sender, "to": text.to, "channel": text.channel.value}
    context = bare.model_copy(
        update={
            "tag": edge.sealer.seal(Purpose.TAG, tag.encode(), whole, week=week),
            "names": edge.sealer.seal(Purpose.NAMES, _json(names), whole, week=week),
        }
    )
    return ContributionReceived(
        event_id=contribution_id,
        context=context,
        provider=Provider.TWILIO,
        account=text.account,
        provider_id=text.sid,
        digest=digest,
        reply_slip=edge.sealer.seal(Purpose.REPLY, _json(slip), whole, week=week),
        identity=edge.sealer.seal_for_two(
            _json(slip | {"form": text.raw.decode("ascii", "replace")}), whole, week=week
        ),
        parts=tuple(_parts(text, bare, edge, week)),
    )


def _parts(text: Text, context: Context, edge: Edge, week: str) -> list[Part]:
    """Words first; then what waits at the provider. A text with neither still has one part, of no words."""
    parts: list[Part] = []
    if text.words or not text.media:
        place = Place.CAPTION if text.media else Place.BODY
        parts.append(edge.words(context, 1, text.words.encode(), place=place, week=week))
    for item in text.media:
        parts.append(
            Part(
                number=len(parts) + 1,
                kind=item.kind,
                place=Place.FILE,
                media_type=item.media_type,
                size=0,
                digest=keyed(edge.digest_key, item.sid.encode()),
                waiting=Waiting(account=text.account, sid=text.sid, media_sid=item.sid),
            )
        )
    return parts


def _json(value: Mapping[str, str] | list[str]) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
