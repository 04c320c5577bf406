"""A recording becomes a contribution: sealed, bound to its place, under an id that a repeat gives again."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.voice_intake.adapters.calls import ABSENT, Recording
from services.voice_intake.adapters.uploads import Upload
from shared.clock import Clock, week_of
from shared.contracts.events import ContributionReceived
from shared.contracts.ids import form, twilio_recording
from shared.contracts.parts import Context, Part, Waiting
from shared.contracts.values import Channel, PartKind, Place, Provider
from shared.messaging.edge import Edge
from shared.messaging.intake import Accepted, Intake
from shared.telemetry import log
from shared.vault import Binding, Purpose
from shared.vault.digests import bucket, keyed

NOTHING_SAID = 204
"""The status under which calls in which nobody spoke are counted, beside the refusals."""


@dataclass(frozen=True, slots=True)
class Ports:
    intake: Intake
    edge: Edge
    now: Clock
    answer_within: float


async def on_recording(recording: Recording, *, ports: Ports) -> Accepted | None:
    """Accept a recording before anything of it is fetched; None when there is none, since nobody spoke.

    It is told of twice, at the end of the call and by its own report: the first of them is kept. One that failed at
    Twilio is accepted too: somebody spoke, and a person must know that nobody can hear it.
    """
    if recording.status == ABSENT:
        log.info("nothing_was_said")
        await ports.intake.refuse(NOTHING_SAID)
        return None
    received_at = ports.now()
    digest = keyed(ports.edge.digest_key, recording.call_sid.encode(), recording.sid.encode())

    def build(contribution_id: UUID) -> ContributionReceived:
        return recorded(recording, contribution_id, received_at, digest, edge=ports.edge)

    return await ports.intake.accept(
        twilio_recording(recording.account, recording.sid),
        digest,
        bucket(ports.edge.bucket_key, (recording.caller or recording.call_sid).encode()),
        build,
        answer_within=ports.answer_within,
    )


async def on_upload(upload: Upload, *, ports: Ports) -> Accepted:
    """Accept a recording from a web page. Of who sent it nothing is known, and nothing is kept."""
    received_at = ports.now()
    digest = keyed(ports.edge.digest_key, upload.media_type.encode(), upload.clear_sha256)

    def build(contribution_id: UUID) -> ContributionReceived:
        return uploaded(upload, contribution_id, received_at, digest, edge=ports.edge)

    return await ports.intake.accept(
        form(upload.token),
        digest,
        bucket(ports.edge.bucket_key, upload.token.encode()),
        build,
        answer_within=ports.answer_within,
        parcels=[upload.parcel],
    )


def recorded(
    recording: Recording, contribution_id: UUID, received_at: datetime, digest: str, *, edge: Edge
) -> ContributionReceived:
    """Seal what a call left into the event that travels; the sound itself waits at the provider."""
    week = week_of(received_at)
    bare = Context(contribution_id=contribution_id, channel=Channel.VOICE, received_at=received_at)
    whole = Binding.of(bare)
    slip, context = None, bare
    told = {"call": recording.call_sid, "form": recording.raw.decode("ascii", "replace")}
    if recording.caller:
        slip = {"address": recording.caller, "to": recording.to, "channel": Channel.VOICE.value}
        tag = keyed(edge.tag_key, recording.caller.encode())
        context = bare.model_copy(
            update={
                "tag": edge.sealer.seal(Purpose.TAG, tag.encode(), whole, week=week),
                "names": edge.sealer.seal(Purpose.NAMES, _json([recording.caller]), whole, week=week),
            }
        )
    return ContributionReceived(
        event_id=contribution_id,
        context=context,
        provider=Provider.TWILIO,
        account=recording.account,
        provider_id=recording.sid,
        digest=digest,
        reply_slip=edge.sealer.seal(Purpose.REPLY, _json(slip), whole, week=week) if slip else None,
        identity=edge.sealer.seal_for_two(_json((slip or {}) | told), whole, week=week),
        parts=(
            Part(
                number=1,
                kind=PartKind.SOUND,
                place=Place.FILE,
                media_type="audio/x-wav",
                size=0,
                digest=keyed(edge.digest_key, recording.sid.encode()),
                waiting=Waiting(account=recording.account, sid=recording.sid),
            ),
        ),
    )


def uploaded(
    upload: Upload, contribution_id: UUID, received_at: datetime, digest: str, *, edge: Edge
) -> ContributionReceived:
    """Refer to the sealed sound. The part's digest is keyed over its SHA-256: it went by in pieces."""
    context = Context(contribution_id=contribution_id, channel=Channel.VOICE, received_at=received_at)
    part = edge.parcel(
        context,
        1,
        upload.parcel,
        upload.clear_sha256,
        kind=PartKind.SOUND,
        media_type=upload.media_type,
        week=week_of(received_at),
    )
    return ContributionReceived(
        event_id=contribution_id,
        context=context,
        provider=Provider.FORM,
        digest=digest,
        parts=(part,),
    )


def _json(value: Mapping[str, str] | list[str]) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
