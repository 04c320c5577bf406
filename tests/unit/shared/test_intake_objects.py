"""An intake that takes in sealed objects: Kafka hears of a contribution once the store has them, and not before."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.contracts.events import ContributionReceived, ReplyDelivered
from shared.contracts.ids import other_words
from shared.contracts.topics import Topic
from shared.errors import Unavailable
from shared.messaging.intake import Intake, NothingTakesIt
from shared.messaging.parcels import Parcel
from shared.messaging.spool import SpoolFull
from shared.settings import CommonSettings
from tests.support.events import NOW
from tests.support.mail import a_mail_received


class Store:
    """An object store that can be away."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.away = False

    async def put_file(self, key: str, path: Path) -> None:
        if self.away:
            raise Unavailable("object_store_away")
        self.kept[key] = path.read_bytes()


class World:
    def __init__(self, folder: Path, **more: Any) -> None:
        self.store = Store()
        self.folder = folder
        common = CommonSettings(state=folder, kafka=("127.0.0.1:1",))
        self.intake = Intake(
            "email_intake",
            Topic.EMAIL_RECEIVED,
            common,
            lambda: NOW,
            objects=self.store,  # type: ignore[arg-type]
            **more,
        )

    async def accept(
        self, contribution: UUID, parcel: Parcel, digest: str = "a" * 64, kind: str = "mail"
    ) -> UUID:
        def build(known_as: UUID) -> ContributionReceived:
            event = a_mail_received()
            context = event.context.model_copy(update={"contribution_id": known_as})
            [part] = event.parts
            assert part.object is not None
            named = part.model_copy(update={"object": part.object.model_copy(update={"key": parcel.key})})
            return event.model_copy(update={"event_id": known_as, "context": context, "parts": (named,)})

        accepted = await self.intake.accept(
            contribution, digest, b"0000", build, answer_within=0.01, parcels=[parcel]
        )
        return accepted.contribution_id

    def beside(self) -> set[str]:
        return {f"incoming/{path.name}" for path in self.intake.parcels.folder.iterdir()}

    def may_go(self) -> int:
        """How many rows Kafka may hear of."""
        return len(self.intake.spool.waiting(0, 1000))

    @asynccontextmanager
    async def uploading(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.intake._upload_all())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait({task})

    def close(self) -> None:
        self.intake.spool.close()


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


async def until(true: Any) -> None:
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.01)


async def test_kafka_hears_of_it_once_the_store_has_it(world: World) -> None:
    parcel = await world.intake.parcels.pack([b"hello"])
    sealed = world.intake.parcels.read(parcel.key)
    await world.accept(uuid4(), parcel)
    assert (world.may_go(), world.store.kept) == (0, {})
    async with world.uploading():
        await until(world.may_go)
        await until(lambda: not world.beside())
    assert world.store.kept == {parcel.key: sealed}


async def test_a_store_that_is_away_is_waited_for(world: World) -> None:
    world.store.away = True
    await world.accept(uuid4(), await world.intake.parcels.pack([b"one"]))
    async with world.uploading():
        await asyncio.sleep(0.2)
        await world.accept(uuid4(), await world.intake.parcels.pack([b"two"]))
        assert (world.may_go(), len(world.beside())) == (0, 2)
        world.store.away = False
        await until(lambda: world.may_go() == 2)
    assert len(world.store.kept) == 2


async def test_a_repeat_keeps_what_came_first(world: World) -> None:
    contribution = uuid4()
    first, again = [await world.intake.parcels.pack([b"same"]) for _ in range(2)]
    await world.accept(contribution, first)
    await world.accept(contribution, again)
    assert world.beside() == {first.key}
    async with world.uploading():
        await until(world.may_go)
    late = await world.intake.parcels.pack([b"same"])
    await world.accept(contribution, late)
    await until(lambda: not world.beside())
    assert set(world.store.kept) == {first.key}


async def test_the_same_id_with_other_words_is_kept_as_another(world: World) -> None:
    contribution = uuid4()
    first, other = [await world.intake.parcels.pack([text]) for text in (b"one", b"other")]
    assert await world.accept(contribution, first) == contribution
    renamed = await world.accept(contribution, other, digest="b" * 64)
    assert renamed == other_words(contribution, "b" * 64)
    assert world.beside() == {first.key, other.key}
    assert [row["conflict"] for row in world.intake.spool.receipts(0)] == [0, 1]


async def test_a_crash_between_sealing_and_accepting_leaves_nothing(world: World, tmp_path: Path) -> None:
    accepted = await world.intake.parcels.pack([b"accepted"])
    await world.accept(uuid4(), accepted)
    await world.intake.parcels.pack([b"nobody was answered"])
    world.close()
    again = World(tmp_path)
    try:
        assert again.beside() == {accepted.key}
        async with again.uploading():
            await until(again.may_go)
        assert set(again.store.kept) == {accepted.key}
    finally:
        again.close()


async def test_an_object_that_is_gone_is_set_aside_and_the_others_go_on(world: World, tmp_path: Path) -> None:
    lost, kept = [await world.intake.parcels.pack([text]) for text in (b"lost", b"kept")]
    await world.accept(uuid4(), lost)
    await world.accept(uuid4(), kept)
    world.intake.parcels.forget([lost.key])
    async with world.uploading():
        await until(world.may_go)
        await until(lambda: world.intake.state()["set_aside"])
    assert set(world.store.kept) == {kept.key}
    assert world.intake.state() == {"spool_depth": 1, "spool_age": 0.0, "set_aside": 1}


async def test_a_spool_that_is_full_leaves_the_object_to_store_and_kafka_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(row: Any) -> int:
        raise SpoolFull

    told: list[Any] = []

    async def alone(row: Any, seconds: float) -> bool:
        told.append(row)
        return True

    monkeypatch.setattr(world.intake.spool, "accept", full)
    monkeypatch.setattr(world.intake.drain, "publish_alone", alone)
    parcel = await world.intake.parcels.pack([b"hello"])
    await world.accept(uuid4(), parcel)
    assert (set(world.store.kept), world.beside(), len(told)) == ({parcel.key}, set(), 1)
    world.store.away = True
    with pytest.raises(NothingTakesIt):
        await world.accept(uuid4(), await world.intake.parcels.pack([b"hello"]))
    assert (world.beside(), len(told)) == (set(), 1)


async def test_below_the_least_room_nothing_more_is_begun(tmp_path: Path) -> None:
    for least, room in ((0, True), (1 << 10, True), (1 << 60, False)):
        world = World(tmp_path / str(least), least_free=least)
        assert world.intake.has_room() is room
        assert world.intake.has_room(1 << 59) is (least == 0)
        world.close()


async def test_what_is_no_contribution_is_as_durable_and_no_receipt(world: World) -> None:
    said = ReplyDelivered(event_id=uuid4(), provider_id="SM1", status="delivered", at=NOW)
    assert await world.intake.tell(said, answer_within=0.01) is False
    assert await world.intake.tell(said, answer_within=0.01) is False
    [row] = world.intake.spool.waiting(0, 10)
    assert row.topic == Topic.REPLIES_DELIVERED
    assert ReplyDelivered.model_validate_json(row.value) == said
    assert world.intake.spool.receipts(0) == []
