"""What the archive writes is OCFL 1.1, by a check that was written from the specification."""

import json
from pathlib import Path
from uuid import UUID

import pytest

from services.archive.rules.numbers import object_id
from services.archive.rules.ocfl import Inventory
from shared.contracts.values import Level
from shared.storage import FolderObjects
from shared.storage.fixity import sha512
from tests.support.archive import PREFIX, World, anonymised, read, triaged
from tests.support.events import NOW, a_received
from tests.support.ocfl import Invalid, check_root, files_of


async def three_objects(world: World) -> list[UUID]:
    """One with a master alone, one with everything, one whose open copy was taken back."""
    alone, full, back = (a_received(words) for words in ("one", "two", "three"))
    await world.keep(alone, full)
    await world.keep(anonymised(full, "two"), triaged(full, Level.HIGH))
    await world.keep(reading := read(full, "read to us"))
    await world.keep(anonymised(reading, "read", part=2), triaged(reading, Level.LOW, part=2))
    await world.keep(anonymised(back, "three"), back)
    await world.keep(anonymised(back, None, revision=2))
    return [one.event_id for one in (alone, full, back)]


async def test_a_folder_of_objects_is_valid(tmp_path: Path) -> None:
    objects = FolderObjects.open(tmp_path / "objects")
    world = World(objects)
    ids = await three_objects(world)
    found = check_root(files_of(tmp_path / "objects" / PREFIX))
    assert set(found) == {object_id(one) for one in ids}
    alone, full, back = (set(found[object_id(one)]) for one in ids)
    assert alone == {"metadata.json", "received.sealed", "part-1.sealed"}
    assert {"open-1.sealed", "open-1-event.sealed", "open-1-marks.sealed", "open-2.sealed"} <= full
    assert len([name for name in full if name.startswith(("level-", "read-"))]) == 4
    assert back == alone, "an open copy that was taken back is in no newest version"
    versions = [world.rows.entries[one].record.version for one in ids]
    assert versions == [1, 4, 3]
    assert not list((tmp_path / "objects" / ".staging").iterdir())


@pytest.fixture
async def sound() -> dict[str, bytes]:
    world = World()
    await three_objects(world)
    files = await world.files()
    check_root(files)
    return files


async def test_the_check_sees_every_byte(sound: dict[str, bytes]) -> None:
    for path, text in sound.items():
        if path in ("ocfl_layout.json",) or path.startswith("extensions/"):
            continue  # free text
        for changed in (None, text[:-1], bytes([text[0] ^ 1]) + text[1:]):
            files = {**sound, path: changed} if changed is not None else {**sound}
            if changed is None:
                del files[path]
            with pytest.raises((Invalid, ValueError, KeyError)):
                check_root(files)


@pytest.mark.parametrize("stray", ["v1/content/stray", "v9/inventory.json", "stray", "../stray"])
async def test_the_check_sees_strays(sound: dict[str, bytes], stray: str) -> None:
    root = next(path for path in sound if path.endswith("0=ocfl_object_1.1")).rpartition("/")[0]
    with pytest.raises(Invalid):
        check_root({**sound, f"{root}/{stray}": b"?"})


def test_an_inventory_reads_what_it_wrote() -> None:
    first, files = Inventory.of("urn:a:b").extended({"a": b"1", "b": b"2"}, (), at=NOW, message="one")
    second, more = first.extended({"a": b"3"}, {"b"}, at=NOW, message="two")
    assert set(files) == {"v1/content/a", "v1/content/b"}
    assert set(more) == {"v2/content/a"}
    assert second.state == {"a": sha512(b"3")}
    assert Inventory.parse(second.text()) == second
    assert second.at(1) == first
    assert second.head == 2


def test_bytes_that_are_there_already_are_not_kept_twice() -> None:
    first, _ = Inventory.of("urn:a:b").extended({"a": b"1"}, (), at=NOW, message="one")
    second, more = first.extended({"b": b"1"}, (), at=NOW, message="two")
    assert more == {}
    assert second.state == {"a": sha512(b"1"), "b": sha512(b"1")}


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"type":1}', b"\xff", b"null"])
def test_what_is_no_inventory_is_not_read(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"inventory|Expecting|decode"):
        Inventory.parse(text)


async def test_metadata_names_nobody(sound: dict[str, bytes]) -> None:
    for path, text in sound.items():
        if path.endswith("metadata.json"):
            told = json.loads(text)
            assert told["class"] == "closed"
            assert "provider_id" not in told
            assert b"07700" not in text
            assert b"+4477" not in text
