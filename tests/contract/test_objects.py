"""What every object store promises, whichever adapter it is."""

import asyncio
import errno
import os
import stat
import time
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from shared.errors import Rejected, Unavailable
from shared.storage import FolderObjects, Missing, Objects
from shared.storage.s3 import S3Objects
from tests.support.objects import MemoryObjects
from tests.support.stores import S3Server

FILES = {"a/b/one": b"1", "a/b/two": b"2", "a/c/three": b"3"}


EVERY = ["folder", "memory", "moto", pytest.param("seaweed", marks=pytest.mark.connected)]
"""What S3 alone promises stands in `test_objects_on_s3.py`."""


@pytest.fixture(params=EVERY)
async def objects(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Objects]:
    if request.param == "memory":
        yield MemoryObjects()
        return
    store: FolderObjects | S3Objects
    if request.param == "folder":
        store = FolderObjects.open(tmp_path / "objects")
    else:
        server: S3Server = request.getfixturevalue(request.param)
        store = S3Objects(server.bucket())
    yield store
    store.close()


async def test_what_goes_in_comes_out(objects: Objects) -> None:
    await objects.put("a/hello", b"hello")
    assert await objects.get("a/hello") == b"hello"


@pytest.mark.parametrize("value", [b"", b"\x00\xff", os.urandom(3_000_000)])
async def test_bytes_stay_as_they_are(objects: Objects, value: bytes) -> None:
    await objects.put("a", value)
    assert await objects.get("a") == value


async def test_a_second_put_replaces_the_first(objects: Objects) -> None:
    await objects.put("a", b"a long one")
    await objects.put("a", b"short")
    assert await objects.get("a") == b"short"


async def test_many_go_together(objects: Objects) -> None:
    await objects.put_all(FILES, last=("a/c/three",))
    assert {key: await objects.get(key) for key in FILES} == FILES


async def test_nothing_to_put_is_no_error(objects: Objects) -> None:
    await objects.put_all({})
    assert await objects.list() == []


@pytest.mark.parametrize("key", ["nothing", "a", "a/b", "a/b/one/more"])
async def test_what_is_not_there_is_missing(objects: Objects, key: str) -> None:
    await objects.put_all(FILES)
    assert not await objects.exists(key)
    with pytest.raises(Missing, match="object_missing"):
        await objects.get(key)


async def test_what_is_there_exists(objects: Objects) -> None:
    await objects.put_all(FILES)
    assert all([await objects.exists(key) for key in FILES])


@pytest.mark.parametrize(
    ("prefix", "keys"),
    [("", sorted(FILES)), ("a/b", ["a/b/one", "a/b/two"]), ("a/b/one", []), ("b", []), ("a/b/o", [])],
)
async def test_a_list_names_what_lies_below(objects: Objects, prefix: str, keys: list[str]) -> None:
    await objects.put_all(FILES)
    assert list(await objects.list(prefix)) == keys


async def test_what_is_removed_is_gone_and_leaves_no_trace(objects: Objects) -> None:
    await objects.put_all(FILES)
    await objects.remove(["a/b/one", "a/b/two", "never/there"])
    assert list(await objects.list()) == ["a/c/three"]
    await objects.put("a/b", b"a key where a folder was")
    assert await objects.get("a/b") == b"a key where a folder was"


BAD_KEYS = [
    "", "/", "/etc/passwd", "..", "a/../b", "../a", "a//b", "a/", ".staging/a", "a/.hidden", "a\\b", "A", "a b",
    "a\n", "a\x00", "\u00e9", "a/%2e%2e", "a" * 301, "/".join("a" * 201),
]  # fmt: skip


@pytest.mark.parametrize("key", BAD_KEYS)
async def test_a_key_cannot_lead_elsewhere(objects: Objects, key: str) -> None:
    calls: list[Callable[[], Awaitable[Any]]] = [
        lambda: objects.put(key, b""),
        lambda: objects.get(key),
        lambda: objects.exists(key),
        lambda: objects.remove([key]),
        lambda: objects.put_all({"good": b"", key: b""}),
        lambda: objects.add(key, b""),
        lambda: objects.put_file(key, Path(__file__)),
        lambda: anext(objects.pieces(key)),
    ]
    if key:
        calls.append(lambda: objects.list(key))
    for call in calls:
        with pytest.raises(Rejected, match="bad_object_key"):
            await call()
    assert await objects.list() == []


async def test_two_at_once_leave_one_whole(objects: Objects) -> None:
    values = [bytes([number]) * 50_000 for number in range(8)]
    await asyncio.gather(*(objects.put("a/same", value) for value in values))
    assert await objects.get("a/same") in values


async def test_what_is_added_twice_is_one(objects: Objects) -> None:
    assert await objects.add("a/same", b"first")
    assert not await objects.add("a/same", b"second")
    assert (await objects.get("a/same"), await objects.list()) == (b"first", ["a/same"])


async def test_of_many_who_add_at_once_one_is_kept(objects: Objects) -> None:
    values = [bytes([number]) * 50_000 for number in range(8)]
    kept = await asyncio.gather(*(objects.add("a/same", value) for value in values))
    assert [value for value, first in zip(values, kept, strict=True) if first] == [
        await objects.get("a/same")
    ]


@pytest.mark.parametrize("size", [0, 1, 9, 10, 11, 25])
async def test_pieces_are_the_whole_in_order(objects: Objects, size: int) -> None:
    value = os.urandom(size)
    await objects.put("a", value)
    pieces = [piece async for piece in objects.pieces("a", 10)]
    assert b"".join(pieces) == value
    assert [len(piece) for piece in pieces] == [10] * (size // 10) + [size % 10] * bool(size % 10)


async def test_what_is_not_there_has_no_pieces(objects: Objects) -> None:
    with pytest.raises(Missing, match="object_missing"):
        [piece async for piece in objects.pieces("nothing")]


async def test_a_file_is_kept_as_it_is(objects: Objects, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(value := os.urandom(3_000_000))
    await objects.put("a", b"before")
    await objects.put_file("a", tmp_path / "file")
    assert await objects.get("a") == value
    with pytest.raises(FileNotFoundError):
        await objects.put_file("b", tmp_path / "no file")
    assert await objects.list() == ["a"]


@pytest.mark.parametrize("objects", [one for one in EVERY if one != "memory"], indirect=True)
async def test_a_large_object_passes_through_little_memory(objects: Objects, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(os.urandom(1_000_000) * 20)
    tracemalloc.start()
    try:
        await objects.put_file("a", tmp_path / "file")
        length = 0
        async for piece in objects.pieces("a", 1_000_000):
            length += len(piece)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (length, peak < 12_000_000) == (20_000_000, True), peak


# What only a folder can show.


@pytest.fixture
def folder(tmp_path: Path) -> FolderObjects:
    return FolderObjects.open(tmp_path / "deep" / "objects")


async def test_nobody_else_may_look(folder: FolderObjects) -> None:
    before = os.umask(0)
    try:
        await folder.put_all(FILES)
    finally:
        os.umask(before)
    for path in (folder.folder, *folder.folder.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_a_folder_that_others_could_read_is_closed(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    FolderObjects.open(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


class Steps:
    """Notes which files and folders are fsynced and renamed, in order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, root: Path) -> None:
        self.done: list[tuple[str, str]] = []
        fsync, rename = os.fsync, os.rename

        def synced(descriptor: int) -> None:
            path = Path(f"/proc/self/fd/{descriptor}").readlink()
            self.done.append(("fsync", str(path.relative_to(root))))
            fsync(descriptor)

        def renamed(path: str, target: str) -> None:
            self.done.append(("rename", str(Path(target).relative_to(root))))
            rename(path, target)

        monkeypatch.setattr(os, "fsync", synced)
        monkeypatch.setattr(os, "rename", renamed)


async def test_everything_is_durable_before_the_last_appears(
    folder: FolderObjects, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = Steps(monkeypatch, folder.folder)
    await folder.put_all(FILES, last=("a/c/three",))
    first = steps.done.index(("rename", "a/b/one"))
    last = steps.done.index(("rename", "a/c/three"))
    assert [what for what, _ in steps.done[:first]] == ["fsync"] * 3  # the bytes of all three
    assert ("rename", "a/b/two") in steps.done[first:last]
    assert {("fsync", "."), ("fsync", "a"), ("fsync", "a/b")} <= set(steps.done[first:last])
    assert ("fsync", "a/c") in steps.done[last:]


async def test_a_full_disk_is_unavailable_and_leaves_nothing(
    folder: FolderObjects, monkeypatch: pytest.MonkeyPatch
) -> None:
    await folder.put("a/b/one", b"before")
    fsync, calls = os.fsync, iter(range(1000))

    def full(descriptor: int) -> None:
        if next(calls) == 2:
            raise OSError(errno.ENOSPC, "No space left on device", "a/secret/path")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Unavailable, match=r"^object_store_full$") as caught:
        await folder.put_all(FILES)
    assert caught.value.__cause__ is None
    monkeypatch.undo()
    assert await folder.get("a/b/one") == b"before"
    assert list(await folder.list()) == ["a/b/one"]
    assert list((folder.folder / ".staging").iterdir()) == []


@pytest.mark.parametrize("number", [errno.EIO, errno.EROFS, errno.ESTALE, errno.EACCES])
async def test_a_sick_disk_is_unavailable(
    folder: FolderObjects, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def sick(descriptor: int) -> None:
        raise OSError(number, "sick")

    monkeypatch.setattr(os, "fsync", sick)
    with pytest.raises(Unavailable, match="object_store_away"):
        await folder.put_all(FILES)


@pytest.mark.parametrize("left", ["nothing", "an empty folder"])
async def test_a_store_that_went_away_is_not_an_empty_store(folder: FolderObjects, left: str) -> None:
    await folder.put("a", b"1")
    folder.folder.rename(folder.folder.with_name("elsewhere"))
    if left == "an empty folder":  # a mount point without its disk
        folder.folder.mkdir()
    calls: list[Awaitable[Any]] = [
        folder.put("b", b"2"), folder.get("a"), folder.exists("a"), folder.list(), folder.remove(["a"]),
    ]  # fmt: skip
    for call in calls:
        with pytest.raises(Unavailable, match="object_store_away"):
            await call
    assert not list(folder.folder.glob("*"))


@pytest.mark.parametrize("key", ["a/b", "a/b/one/more"])
async def test_a_key_that_cannot_be_a_file_stops_its_record_alone(folder: FolderObjects, key: str) -> None:
    await folder.put_all(FILES)
    with pytest.raises(Rejected, match="object_key_taken"):
        await folder.put(key, b"")
    assert await folder.get("a/b/one") == b"1"


async def test_strays_of_a_crash_are_cleared_a_day_later(folder: FolderObjects) -> None:
    for name, age in (("old", 90_000), ("young", 60)):
        stray = folder.folder / ".staging" / name
        stray.write_bytes(b"half")
        os.utime(stray, (time.time() - age,) * 2)
    again = FolderObjects.open(folder.folder)
    assert [path.name for path in (again.folder / ".staging").iterdir()] == ["young"]
    assert await again.list() == []


async def test_the_loop_runs_on_while_the_disk_is_slow(
    folder: FolderObjects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: time.sleep(0.05))
    turns = 0
    work = asyncio.create_task(folder.put_all(FILES))
    while not work.done():
        await asyncio.sleep(0.002)
        turns += 1
    assert turns > 20
