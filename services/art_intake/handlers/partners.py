"""A partner's item becomes a contribution: sealed, bound to its place, under the id that the partner gave it."""

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from services.art_intake.adapters.partners import Arrived
from services.art_intake.rules.partner_items import Item
from services.art_intake.rules.proof import Handed
from shared.clock import Clock, week_of
from shared.contracts.base import Sealed, utc
from shared.contracts.events import ContributionReceived, RemovalRequested
from shared.contracts.ids import output_of, partner_item
from shared.contracts.parts import Context, Part
from shared.contracts.values import Channel, PartKind, Place, Provider
from shared.errors import Rejected
from shared.messaging.edge import Sealing
from shared.messaging.intake import Accepted, Intake
from shared.messaging.parcels import Parcel
from shared.telemetry import log
from shared.vault import Binding, Box, KeyBundle, Purpose
from shared.vault.digests import bucket, keyed

_BOX: Final = "partner/1"


@dataclass(frozen=True, slots=True)
class Edge(Sealing):
    """What the partners' room holds beside what every intake does: a box for what a partner is told again later."""

    box: Box = field(repr=False)

    @classmethod
    def of(cls, keys: KeyBundle) -> "Edge":
        return cls(
            keys.sealer,
            keys.secret("bucket"),
            keys.secret("digest"),
            Box(derived(keys.secret("partner"), b"handover")),
        )


@dataclass(frozen=True, slots=True)
class Ports:
    intake: Intake
    edge: Edge
    now: Clock
    answer_within: float


@dataclass(frozen=True, slots=True)
class File:
    """A file that was received and sealed. `name` is the partner's own for it: it may name somebody."""

    parcel: Parcel
    media_type: str
    sha256: str
    name: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Sent:
    """One item as a partner sent it: a file, words, or both."""

    partner_id: str
    item_id: str
    item: Item
    file: File | None = None

    @property
    def sha256(self) -> str:
        """Of what was handed over: the file's bytes, or the words in UTF-8."""
        return self.file.sha256 if self.file else hashlib.sha256(self.item.words.encode()).hexdigest()

    @property
    def size(self) -> int:
        return self.file.parcel.clear_size if self.file else len(self.item.words.encode())


def derived(secret: bytes, use: bytes) -> bytes:
    """A key of 32 bytes for one use of the secret `partner`."""
    return hmac.new(secret, use, hashlib.sha256).digest()


async def on_item(sent: Sent, *, ports: Ports) -> Accepted:
    """Accept an item; the answer may be given once this returns.

    The same id with the same content is the same contribution. With another content it is kept under an id of its own.
    """
    received_at = ports.now()
    digest = content_of(sent, ports.edge.digest_key)

    def build(contribution_id: UUID) -> ContributionReceived:
        return received(sent, contribution_id, received_at, digest, edge=ports.edge)

    return await ports.intake.accept(
        partner_item(sent.partner_id, sent.item_id),
        digest,
        bucket(ports.edge.bucket_key, f"{sent.partner_id}/{sent.item_id}".encode()),
        build,
        answer_within=ports.answer_within,
        parcels=[sent.file.parcel] if sent.file else [],
    )


async def on_removal(contribution_ids: Sequence[UUID], *, ports: Ports) -> None:
    """A partner asks that an item be removed; asking twice is asking once."""
    for contribution_id in contribution_ids:
        asked = RemovalRequested(
            event_id=output_of("removal/partner", contribution_id),
            contribution_id=contribution_id,
            by="partner",
            at=ports.now(),
        )
        await ports.intake.tell(asked, answer_within=ports.answer_within)


def content_of(sent: Sent, key: bytes) -> str:
    """The keyed digest of what a resend repeats: the file, and everything that was said of it."""
    said = sent.item.model_dump(mode="json", exclude={"sha256"})
    said["roles"] = sorted(said["roles"])
    file = f"{sent.file.sha256} {sent.file.media_type}" if sent.file else ""
    return keyed(key, sent.partner_id.encode(), sent.item_id.encode(), _json(said), file.encode())


def received(
    sent: Sent, contribution_id: UUID, received_at: datetime, digest: str, *, edge: Edge
) -> ContributionReceived:
    """Seal an item into the event that travels. There is no tag: two children of one partner are no thread."""
    week, item = week_of(received_at), sent.item
    bare = Context(
        contribution_id=contribution_id,
        channel=Channel.PARTNER,
        received_at=received_at,
        consent=item.agreed,
        partner_flag=item.worried,
    )
    whole = Binding.of(bare)
    seal = edge.sealer.seal
    sent_for = item.sent_for.strip()
    identity = {
        "partner": sent.partner_id,
        "item": sent.item_id,
        "sent_for": sent_for,
        "file": sent.file.name if sent.file else "",
    }
    names = seal(Purpose.NAMES, _json([sent_for]), whole, week=week) if sent_for else None
    return ContributionReceived(
        event_id=contribution_id,
        context=bare.model_copy(update={"names": names}),
        provider=Provider.PARTNER,
        partner_id=sent.partner_id,
        item_id=sent.item_id,
        digest=digest,
        roles=item.roles,
        age_band=item.age_band,
        event_code=item.event_code,
        group_size=item.group_size,
        language=item.language,
        sent_for=seal(Purpose.NAMES, sent_for.encode(), whole, week=week) if sent_for else None,
        identity=edge.sealer.seal_for_two(_json(identity), whole, week=week),
        handover=Sealed(
            key=_BOX,
            ct=edge.box.seal(_json({"sha256": sent.sha256, "size": sent.size}), contribution_id.bytes),
        ),
        parts=tuple(_parts(sent, bare, edge, week)),
    )


def handed(one: Arrived, edge: Edge) -> Handed:
    """What the proof says of an item. One whose box does not open stays on the list, without its digest."""
    kept: dict[str, Any] = {"sha256": "", "size": 0}
    try:
        kept = json.loads(edge.box.open(one.handover or b"", one.contribution_id.bytes))
    except Rejected:
        log.error("handover_does_not_open", contribution_id=str(one.contribution_id))
    return Handed(one.item_id, str(one.contribution_id), kept["sha256"], kept["size"], utc(one.received_at))


def _parts(sent: Sent, context: Context, edge: Edge, week: str) -> list[Part]:
    """What was said of it first, since those words are triaged at once; then the words, then the file."""
    parts: list[Part] = []
    for place, said in ((Place.CAPTION, sent.item.caption), (Place.BODY, sent.item.words)):
        clear = said.encode()
        if clear.strip() or (place is Place.BODY and not parts and sent.file is None):
            parts.append(edge.words(context, len(parts) + 1, clear, place=place, week=week))
    if sent.file is not None:
        parts.append(_file(sent.file, len(parts) + 1, context, edge, week))
    return parts


def _file(file: File, number: int, context: Context, edge: Edge, week: str) -> Part:
    return edge.parcel(
        context,
        number,
        file.parcel,
        bytes.fromhex(file.sha256),
        kind=PartKind.of(file.media_type),
        media_type=file.media_type,
        week=week,
    )


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=False).encode("utf-8", "replace")
