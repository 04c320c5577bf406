"""A form becomes a contribution: its words and files sealed part by part, under an id that a second tap repeats."""

import hmac
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from services.art_intake.adapters.multipart import Packed
from services.art_intake.rules.codes import code_of
from services.art_intake.rules.form import Answers
from services.art_intake.rules.tokens import holds, made
from shared.clock import Clock, week_of
from shared.contracts.events import ContributionReceived, RemovalRequested
from shared.contracts.ids import form as form_id
from shared.contracts.ids import output_of
from shared.contracts.parts import Context, Part
from shared.contracts.values import Channel, PartKind, Provider
from shared.messaging.edge import Sealing
from shared.messaging.intake import Accepted, Intake
from shared.vault import Binding
from shared.vault.digests import bucket, keyed


@dataclass(frozen=True, slots=True)
class Edge(Sealing):
    """What the form's room holds beside what every intake does: the keys of codes and of once-only tokens."""

    receipt_key: bytes = field(repr=False)
    form_key: bytes = field(repr=False)

    def token(self, chance: str, now: datetime) -> str:
        return made(chance, now, self._sign)

    def holds(self, token: str, now: datetime) -> bool:
        return holds(token, now, self._sign, hmac.compare_digest)

    def code(self, token: str) -> str:
        """The six words of a form; a second tap with the same token gets the same ones."""
        return code_of(hmac.digest(self.receipt_key, b"code/" + token.encode(), sha256))

    def receipt_hash(self, code: str) -> str:
        """What is kept of a code."""
        return keyed(self.receipt_key, b"receipt", code.encode())

    def _sign(self, body: bytes) -> str:
        return keyed(self.form_key, b"form", body)


@dataclass(frozen=True, slots=True)
class Ports:
    intake: Intake
    edge: Edge
    now: Clock
    answer_within: float


async def on_form(entry: Answers, files: Sequence[Packed], *, ports: Ports) -> Accepted:
    """Accept a form; the thanks may be said once this returns.

    Raises:
        NothingTakesIt: nothing has it; the words go back into the form.
    """
    received_at = ports.now()
    digest = digest_of(entry, files, ports.edge.digest_key)

    def build(contribution_id: UUID) -> ContributionReceived:
        return received(entry, files, contribution_id, received_at, digest, edge=ports.edge)

    return await ports.intake.accept(
        form_id(entry.token),
        digest,
        bucket(ports.edge.bucket_key, entry.token.encode()),
        build,
        answer_within=ports.answer_within,
        parcels=[packed.parcel for packed in files],
    )


async def ask_removal(contribution_id: UUID, *, ports: Ports) -> bool:
    """The holder of the code asked that it be removed; asked twice is asked once."""
    event = RemovalRequested(
        event_id=output_of("removal", contribution_id),
        contribution_id=contribution_id,
        by="code",
        at=ports.now(),
    )
    return await ports.intake.tell(event, answer_within=ports.answer_within)


def digest_of(entry: Answers, files: Sequence[Packed], key: bytes) -> str:
    """The keyed digest of all that a second tap repeats."""
    consent = entry.consent.model_dump_json().encode()
    words = [f"{place.value}\n{text}".encode() for place, text in entry.words.items()]
    about = ",".join([*sorted(entry.roles), entry.age_band or "", entry.event_code or ""])
    return keyed(key, entry.token.encode(), consent, about.encode(), *words, *(one.sha256 for one in files))


def received(
    entry: Answers,
    files: Sequence[Packed],
    contribution_id: UUID,
    received_at: datetime,
    digest: str,
    *,
    edge: Edge,
) -> ContributionReceived:
    """Seal a form into the event that travels. Nothing in it says who filled it in: nobody was asked."""
    week = week_of(received_at)
    context = Context(
        contribution_id=contribution_id, channel=Channel.WEB, received_at=received_at, consent=entry.consent
    )
    aside = _aside(entry, files)
    return ContributionReceived(
        event_id=contribution_id,
        context=context,
        provider=Provider.FORM,
        digest=digest,
        roles=entry.roles,
        age_band=entry.age_band,
        event_code=entry.event_code,
        receipt_hash=edge.receipt_hash(edge.code(entry.token)),
        identity=edge.sealer.seal_for_two(aside, Binding.of(context), week=week) if aside else None,
        parts=(*_words(entry, context, edge, week), *_files(entry, files, context, edge, week)),
    )


def _words(entry: Answers, context: Context, edge: Edge, week: str) -> Iterator[Part]:
    for number, (place, text) in enumerate(entry.words.items(), 1):
        yield edge.words(context, number, text.encode("utf-8", "replace"), place=place, week=week)


def _files(
    entry: Answers, files: Sequence[Packed], context: Context, edge: Edge, week: str
) -> Iterator[Part]:
    for number, one in enumerate(files, len(entry.words) + 1):
        kind = PartKind.of(one.media_type)
        yield edge.parcel(
            context, number, one.parcel, one.sha256, kind=kind, media_type=one.media_type, week=week
        )


def _aside(entry: Answers, files: Sequence[Packed]) -> bytes:
    """What may name somebody and is no part of the contribution: names of files, the event code as it was typed."""
    aside = {"files": [one.name for one in files], "event": entry.event_typed}
    kept = {name: value for name, value in aside.items() if value}
    return json.dumps(kept, ensure_ascii=False).encode("utf-8", "replace") if kept else b""
