"""What breaks off in the middle, or comes too slowly, leaves nothing behind; a folder is read before it is sent."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from services.art_intake.rooms.partners.body import Limits
from services.local.hand_over import HandOver
from services.local.ready import prepare
from services.local.trouble import CannotHave
from tests.support.partners import Door, a_key

HEAD = (
    b'--xx\r\nContent-Disposition: form-data; name="item"\r\n\r\n{}\r\n'
    b'--xx\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
)


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    found = Door(tmp_path)
    yield found
    found.close()


async def put(door: Door, messages: list[Any]) -> list[Any]:
    """Send a request to the bare application, message by message; `None` waits for ever."""
    said: list[Any] = []
    scope = {
        "type": "http", "method": "PUT", "path": f"/items/{uuid4()}", "raw_path": b"", "query_string": b"",
        "root_path": "", "scheme": "http", "http_version": "1.1", "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
        "headers": [
            (b"authorization", f"Bearer {a_key('northside')}".encode()),
            (b"content-type", b"multipart/form-data; boundary=xx"),
        ],
    }  # fmt: skip
    left = iter(messages)

    async def receive() -> Any:
        message = next(left, None)
        if message is None:
            await asyncio.Event().wait()
        return message

    async def send(message: Any) -> None:
        said.append(message)

    await door.app(scope, receive, send)
    return said


def piece(body: bytes, *, more: bool = True) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


@pytest.mark.parametrize("pieces", [[], [HEAD[:40]], [HEAD], [HEAD, b"x" * 70_000, b"y" * 70_000]])
async def test_a_sender_who_goes_away_leaves_nothing(door: Door, pieces: list[bytes]) -> None:
    await put(door, [*map(piece, pieces), {"type": "http.disconnect"}])
    assert door.accepted == []
    assert door.on_disk == []


async def test_a_sender_who_falls_silent_is_let_go(tmp_path: Path) -> None:
    door = Door(tmp_path, limits=Limits(200_000, 0.05, 30.0))
    said = await put(door, [piece(HEAD + b"x" * 1000)])
    assert said[0]["status"] == 408
    assert door.on_disk == []
    door.close()


async def test_a_sender_who_drips_is_let_go(tmp_path: Path) -> None:
    door = Door(tmp_path, limits=Limits(200_000, 5.0, 0.05))
    said = await put(door, [piece(HEAD), *[piece(b"x")] * 3])
    assert said[0]["status"] == 408
    assert door.on_disk == []
    door.close()


async def test_every_way_to_cut_a_body_into_pieces_gives_the_same(door: Door) -> None:
    whole = HEAD + b"picture" + b"\r\n--xx--\r\n"
    for size in (1, 2, 3, 7, 50, len(whole)):
        cut = [whole[n : n + size] for n in range(0, len(whole), size)]
        said = await put(door, [*(piece(one) for one in cut), piece(b"", more=False)])
        assert said[0]["status"] == 200, size
    assert {part.size for event in door.accepted for part in event.parts} == {7}


async def test_too_many_uploads_at_once_are_asked_to_wait(tmp_path: Path) -> None:
    door = Door(tmp_path, uploads=2)
    hanging = [asyncio.create_task(put(door, [piece(HEAD)])) for _ in range(2)]
    await asyncio.sleep(0.05)
    said = await put(door, [piece(b"", more=False)])
    assert said[0]["status"] == 429
    for task in hanging:
        task.cancel()
    await asyncio.gather(*hanging, return_exceptions=True)
    assert door.on_disk == [], "even a request that was torn down leaves nothing"
    assert (await put(door, [piece(HEAD + b"a\r\n--xx--\r\n", more=False)]))[0]["status"] == 200
    door.close()


# A folder.


def folder(path: Path, files: dict[str, bytes], captions: str | None = None) -> Path:
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    if captions is not None:
        (path / "captions.csv").write_text(captions, encoding="utf-8")
    return path


def test_a_folder_gives_the_same_ids_every_time_and_another_folder_others(tmp_path: Path) -> None:
    files = {"a.png": b"1", "deep/b.png": b"2"}
    one, two = folder(tmp_path / "one", files), folder(tmp_path / "two", files)
    first = [item.item_id for item in prepare(one)]
    assert first == [item.item_id for item in prepare(one)]
    assert not set(first) & {item.item_id for item in prepare(two)}


def test_what_changes_is_another_item(tmp_path: Path) -> None:
    one = folder(tmp_path, {"a.png": b"1"}, "file,caption\na.png,mine")
    before = prepare(one)[0].item_id
    folder(tmp_path, {}, "file,caption\na.png,yours")
    middle = prepare(one)[0].item_id
    folder(tmp_path, {"a.png": b"2"})
    assert len({before, middle, prepare(one)[0].item_id}) == 3


def test_two_children_who_wrote_the_same_are_two_items(tmp_path: Path) -> None:
    items = prepare(folder(tmp_path, {}, "words,age_band\nI miss my mum,8_12\nI miss my mum,8_12"))
    assert len({item.item_id for item in items}) == 2


def test_files_that_the_list_does_not_name_are_sent_too(tmp_path: Path) -> None:
    items = prepare(folder(tmp_path, {"a.png": b"1", "b.ogg": b"2"}, "file,caption\na.png,mine"))
    assert [(item.name, dict(item.said)) for item in items] == [("a.png", {"caption": "mine"}), ("b.ogg", {})]


def test_what_is_hidden_or_ours_is_not_sent(tmp_path: Path) -> None:
    files = {".DS_Store": b"1", ".git/x": b"1", "proof.json": b"{}", "a.png": b"1"}
    one = folder(tmp_path / "one", files, "file\na.png")
    (tmp_path / "outside").write_bytes(b"secret")
    (one / "link.png").symlink_to(tmp_path / "outside")
    assert [item.name for item in prepare(one)] == ["a.png"]


def test_a_poem_goes_as_words(tmp_path: Path) -> None:
    (item,) = prepare(folder(tmp_path, {"poem.txt": "ma\u0142y wiersz\n".encode()}))
    assert (item.path, item.said["words"]) == (None, "ma\u0142y wiersz")


@pytest.mark.parametrize("empty", [b"", b" \n "])
def test_a_text_file_with_no_words_goes_as_a_file(tmp_path: Path, empty: bytes) -> None:
    (item,) = prepare(folder(tmp_path, {"poem.txt": empty}))
    assert item.path is not None


@pytest.mark.parametrize(
    ("captions", "why"),
    [
        ("file\nb.png", "not in the folder: b.png"),
        ("file\na.png\na.png", "names a file twice: a.png"),
        ("file\n../a.png", "not in the folder"),
        ("file,x\na.png,1", "no such column: x"),
    ],
)
def test_a_list_that_does_not_fit_the_folder_sends_nothing(tmp_path: Path, captions: str, why: str) -> None:
    with pytest.raises(CannotHave, match=why):
        prepare(folder(tmp_path, {"a.png": b"1"}, captions))


def test_a_damaged_mark_is_not_replaced_since_all_would_come_twice(tmp_path: Path) -> None:
    one = folder(tmp_path, {"a.png": b"1"})
    prepare(one)
    (one / ".heard-folder").write_text("{")
    with pytest.raises(CannotHave, match="damaged"):
        prepare(one)


async def test_a_key_that_is_refused_ends_it_at_once_in_words(tmp_path: Path) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = json.dumps({"code": "no_key", "message": "no"}).encode()
        writer.write(b"HTTP/1.1 401 No\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(CannotHave, match="refuses the key"):
        await HandOver(f"http://127.0.0.1:{port}", "heard_x").send(
            prepare(folder(tmp_path, {"a.png": b"1"})), lambda safe, of: None
        )
    server.close()


async def test_when_nothing_gets_through_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CannotHave, match="run this again"):
        await HandOver("http://127.0.0.1:9", "heard_x", patience=0.3, first_wait=0.05).send(
            prepare(folder(tmp_path, {"a.png": b"1"})), lambda safe, of: None
        )
