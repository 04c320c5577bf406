"""What the archive keeps is deleted at the provider, and each deletion is told."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from services.reader.adapters.provider import NotThere, TooLarge, TwilioCopies
from services.reader.handlers.deletion import delete_copies
from shared.contracts.events import ContributionArchived
from shared.contracts.parts import Waiting
from shared.contracts.values import Deletion, Step
from shared.errors import Retryable, Unavailable
from shared.twilio import Twilio
from tests.support.media import World
from tests.support.twilio.client import Running, running
from tests.support.twilio.sign import ACCOUNT, TOKEN

RECORDING = Waiting(account=ACCOUNT, sid="RE1")
MEDIA = Waiting(account=ACCOUNT, sid="MM1", media_sid="ME1")


def archived(*copies: Waiting) -> ContributionArchived:
    return ContributionArchived(
        event_id=uuid4(),
        contribution_id=uuid4(),
        accession="2026-0001",
        step=Step.MASTER,
        object_key="archive/1",
        version=1,
        inventory_sha512="a" * 128,
        at=World().ports().now(),
        provider_copies=copies,
    )


async def test_each_copy_is_deleted_and_told_of_once() -> None:
    world = World()
    world.copies.files |= {"RE1": b"sound", "ME1": b"picture"}
    event = archived(RECORDING, MEDIA)
    told = await delete_copies(event, ports=world.ports())
    assert [(one.copy_of, one.result) for one in told] == [
        (RECORDING, Deletion.DELETED),
        (MEDIA, Deletion.DELETED),
    ]
    again = await delete_copies(event, ports=world.ports())
    assert {one.result for one in again} == {Deletion.GONE}
    assert [one.event_id for one in again] == [one.event_id for one in told]


async def test_nothing_to_delete_asks_nobody() -> None:
    assert not await delete_copies(archived(), ports=World().ports())


@pytest.mark.parametrize("error", [Retryable("twilio_403"), Unavailable("twilio_not_reached")])
async def test_a_refusal_comes_again_later(error: Exception) -> None:
    world = World()
    world.copies.fails = [error]
    with pytest.raises(type(error)):
        await delete_copies(archived(RECORDING), ports=world.ports())


@pytest.fixture(scope="module")
def provider() -> Iterator[Running]:
    with running() as stand_in:
        yield stand_in


def asking(provider: Running) -> Twilio:
    return Twilio(provider.account, provider.account, TOKEN, stage="test", base_url=provider.url)


def copies(provider: Running) -> TwilioCopies:
    return TwilioCopies(provider.account, asking(provider))


async def test_the_provider_gives_each_kind_until_it_was_deleted(provider: Running) -> None:
    provider.settings(redirect_media=True)  # to a store that refuses whoever shows credentials
    message = provider.inbound("look", media=[("image/png", b"a picture")])["sid"]
    (media,) = await asking(provider).client.messages(message).media.list_async(limit=5)
    recording = provider.ask("POST", "/recordings", {"seconds": 1})["sid"]
    ours = copies(provider)
    sound = Waiting(account=provider.account, sid=recording)
    picture = Waiting(account=provider.account, sid=message, media_sid=media.sid)
    text = Waiting(account=provider.account, sid=message)
    assert (await ours.fetch(sound, 10**6))[:4] == b"RIFF"
    assert await ours.fetch(picture, 10**6) == b"a picture"
    for copy in (sound, picture, text):
        assert await ours.delete(copy) is Deletion.DELETED
        assert await ours.delete(copy) is Deletion.GONE
    for copy in (sound, picture):
        with pytest.raises(NotThere):
            await ours.fetch(copy, 10**6)


async def test_more_than_we_take_is_refused_while_it_comes(provider: Running) -> None:
    recording = provider.ask("POST", "/recordings", {"seconds": 5})["sid"]
    with pytest.raises(TooLarge):
        await copies(provider).fetch(Waiting(account=provider.account, sid=recording), 1000)


async def test_another_account_is_never_asked_for(provider: Running) -> None:
    with pytest.raises(Retryable, match="other_account"):
        await copies(provider).fetch(Waiting(account="AC2", sid="RE1"), 1000)
