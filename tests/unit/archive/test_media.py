"""Mail, sound and pictures in the archive: the sealed stream as it came, its key under the contribution's own."""

import json
from uuid import UUID, uuid4

import pytest

from services.archive.adapters import Media, Reference
from shared.contracts.events import ContributionRead, ContributionReceived
from shared.contracts.ids import output_of
from shared.contracts.parts import Context, ObjectRef, Part, Waiting
from shared.contracts.values import Channel, Outcome, PartKind, Provider, Step
from shared.errors import Retryable
from shared.vault.objects import refer
from shared.vault.stream import open_stream, seal_whole
from tests.support.archive import World, read
from tests.support.events import NOW, a_received
from tests.support.keys import keys_of

MAIL = b"Subject: hello\r\n\r\ncanary-5c1e we were never asked\r\n" * 3000
DIGEST = "d" * 64


def sealed_object(world: World, context: Context, digest: str | None = DIGEST) -> tuple[ObjectRef, bytes]:
    """An object in the store in which objects travel; without a digest it is bound to its own."""
    key, sealed, sha256 = seal_whole([MAIL])
    place = f"incoming/{uuid4().hex}"
    world.incoming.files[place] = sealed
    ref = refer(
        keys_of("email_intake").sealer, context, 1, digest or sha256,
        stream_key=key, key=place, size=len(sealed), sha256=sha256, week="2026W48",
    )  # fmt: skip
    return ref, key


def a_mail(world: World, contribution_id: UUID | None = None) -> tuple[ContributionReceived, bytes]:
    known_as = contribution_id or uuid4()
    context = Context(contribution_id=known_as, channel=Channel.EMAIL, received_at=NOW)
    ref, key = sealed_object(world, context)
    part = Part(
        number=1,
        kind=PartKind.MAIL,
        media_type="message/rfc822",
        size=len(MAIL),
        digest=DIGEST,
        object=ref,
    )
    event = ContributionReceived(
        event_id=known_as, context=context, provider=Provider.SMTP, digest=DIGEST, parts=(part,)
    )
    return event, key


async def test_a_mail_is_kept_as_it_came_and_opens_with_the_contributions_key_alone() -> None:
    world = World()
    event, key = a_mail(world)
    await world.keep(event)
    kept = await world.contents(event.about)
    reference = Reference.parse(kept["part-1.json"])
    assert kept["part-1.key"] == key
    assert b"".join(open_stream(kept["part-1.key"], world.objects.files[reference.key])) == MAIL
    assert b"canary-5c1e" not in b"".join(world.objects.files.values())
    assert key not in b"".join(world.objects.files.values()), "the stream's key lies under the content key"


async def test_a_repeat_copies_nothing_again_and_a_second_batch_finds_it() -> None:
    world = World()
    event, _ = a_mail(world)
    await world.keep(event, commits=False)
    await world.keep(event)
    await world.keep(event)
    assert sum(name.startswith("media/") for name in world.objects.files) == 1
    assert world.told() == [("master", None)]


async def test_an_object_that_is_not_there_yet_or_is_another_waits() -> None:
    world = World()
    event, _ = a_mail(world)
    (part,) = event.parts
    assert part.object
    sealed = world.incoming.files.pop(part.object.key)
    with pytest.raises(Retryable):
        await world.keep(event)
    world.incoming.files[part.object.key] = sealed[:-1] + b"x"
    with pytest.raises(Retryable, match="object_differs"):
        await world.keep(event)
    world.incoming.files[part.object.key] = sealed
    await world.keep(event)
    assert world.told() == [("master", None)]


async def test_words_are_not_kept_back_by_media_whose_key_is_not_ours() -> None:
    world = World()
    event, _ = a_mail(world)
    (part,) = event.parts
    assert part.object
    old = part.object.header.model_copy(update={"key": "object/2020W01"})
    part = part.model_copy(update={"object": part.object.model_copy(update={"header": old})})
    await world.keep(event.model_copy(update={"parts": (part,)}))
    told = json.loads((await world.contents(event.about))["metadata.json"])
    assert told["parts"][0]["unopened"] == "no_key"


async def test_what_was_fetched_at_a_provider_is_kept_and_only_then_may_be_deleted_there() -> None:
    world = World()
    received = a_received("", media=(("https://api.twilio.com/Media/ME1", "audio/ogg"),))
    waiting = received.parts[0].waiting
    assert waiting
    await world.keep(received)
    assert world.rows.outbox[-1].provider_copies == ()
    ref, key = sealed_object(world, received.context, None)
    told = read(received, "we were never asked").model_copy(update={"original": ref, "fetched_from": waiting})
    await world.keep(told)
    last = world.rows.outbox[-1]
    assert (last.step, last.part, last.provider_copies) == (Step.MASTER, 1, (waiting,))
    assert (await world.contents(received.event_id))[f"read-{told.event_id}-original.key"] == key


async def test_nothing_is_deleted_at_the_provider_while_the_original_does_not_open() -> None:
    world = World()
    received = a_received("", media=(("https://api.twilio.com/Media/ME1", "audio/ogg"),))
    await world.keep(received)
    ref, _ = sealed_object(world, received.context, "e" * 64)  # bound to something else
    event = ContributionRead(
        event_id=output_of("reader", received.event_id, 1),
        context=received.context,
        source=received.event_id,
        part=1,
        outcome=Outcome.NO_WORDS,
        original=ref,
        fetched_from=Waiting(account="AC1", sid="MM1", media_sid="ME1"),
        reader_version="1",
    )
    await world.keep(event)
    assert world.rows.outbox[-1].provider_copies == ()


async def test_fixity_sees_media_that_changed_or_went() -> None:
    world = World()
    event, _ = a_mail(world)
    await world.keep(event)
    media = Media(world.incoming, world.objects, "media")
    reference = Reference.parse((await world.contents(event.about))["part-1.json"])
    assert await media.verify(reference) is None
    sealed = world.objects.files[reference.key]
    world.objects.files[reference.key] = sealed[:-1] + b"x"
    assert await media.verify(reference) == "differs"
    del world.objects.files[reference.key]
    assert await media.verify(reference) == "missing"
