"""Fixity: any changed, missing or added byte of an object is seen, and nothing else is."""

import json

import pytest

from services.archive.rules.ocfl import Inventory
from shared.contracts.values import Level
from shared.storage.fixity import sha512, unchanged
from tests.support.archive import World, anonymised, triaged
from tests.support.events import a_received


@pytest.fixture
async def world() -> World:
    world, event = World(), a_received("hello")
    await world.keep(event)
    await world.keep(anonymised(event, "hello"), triaged(event, Level.LOW))
    return world


async def verified(world: World) -> tuple[str, ...]:
    (entry,) = world.rows.entries.values()
    return await world.shelf.verify(entry.object_key, entry.record.version, entry.inventory_sha512)


def own(world: World) -> list[str]:
    (entry,) = world.rows.entries.values()
    return [key for key in world.objects.files if key.startswith(f"{entry.object_key}/")]


async def test_what_was_kept_is_sound(world: World) -> None:
    assert await verified(world) == ()


async def test_a_changed_byte_is_seen_wherever_it_is(world: World) -> None:
    for key in own(world):
        sound = world.objects.files[key]
        world.objects.files[key] = sound[:-1] + bytes([sound[-1] ^ 1])
        assert await verified(world) == ("differs",), key
        world.objects.files[key] = sound


async def test_a_missing_file_is_seen_whichever_it_is(world: World) -> None:
    for key in own(world):
        sound = world.objects.files.pop(key)
        assert await verified(world) == ("missing",), key
        world.objects.files[key] = sound


@pytest.mark.parametrize("path", ["v1/content/stray", "v3/inventory.json", "stray"])
async def test_a_stray_is_seen(world: World, path: str) -> None:
    (entry,) = world.rows.entries.values()
    world.objects.files[f"{entry.object_key}/{path}"] = b"?"
    assert await verified(world) == ("stray",)


async def test_an_insider_who_rewrites_every_file_is_seen(world: World) -> None:
    """Content, inventories and sidecars that agree with each other, but not with the catalogue."""
    (entry,) = world.rows.entries.values()
    root, files = entry.object_key, world.objects.files
    inventory = Inventory.parse(files[f"{root}/inventory.json"])
    (digest,) = [
        digest for digest, paths in inventory.manifest.items() if paths == ("v1/content/part-1.sealed",)
    ]
    files[f"{root}/v1/content/part-1.sealed"] = b"forged"
    text = json.dumps(json.loads(inventory.text())).replace(digest, sha512(b"forged")).encode()
    forged = Inventory.parse(text)
    for path, content in {**forged.beside(""), **forged.at(1).beside("v1/"), **forged.beside("v2/")}.items():
        files[f"{root}/{path}"] = content
    assert await verified(world) == ("damaged",)


def test_digests_compare() -> None:
    assert unchanged(b"a", sha512(b"a"))
    assert not unchanged(b"b", sha512(b"a"))
