"""What breaks off in the middle, or comes too slowly, leaves nothing behind; a folder is read before it is sent."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from services.art_intake.rooms.partners.body import Limits
from services.art_intake.rules.proof import signed, statement_of
from services.local.hand_over import HandOver, Outcome
from services.local.ready import prepare
from services.local.trouble import CannotHave
from tests.support.partners import START, Door, a_key

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


@asynccontextmanager
async def answering(*answers: tuple[int, bytes]) -> AsyncIterator[tuple[str, list[str]]]:
    """Somebody who gives these answers, one a request, and the last one ever after; gives what was asked."""
    asked: list[str] = []
    left = list(answers)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        length = next(
            (one.split(":")[1] for one in head.lower().split("\r\n") if "content-length" in one), "0"
        )
        await reader.readexactly(int(length))
        asked.append(head.split(" HTTP")[0])
        status, body = left.pop(0) if len(left) > 1 else left[0]
        said = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(said.encode() + body)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked
    finally:
        server.close()


def told(**said: object) -> bytes:
    return json.dumps(said).encode()


async def sent(url: str, where: Path, **more: float) -> Outcome:
    items = prepare(folder(where, {"a.png": b"1"}))
    return await HandOver(url, "heard_x", first_wait=0.01, **more).send(items, lambda safe, of: None)


async def test_a_key_that_is_refused_ends_it_at_once_in_words(tmp_path: Path) -> None:
    async with answering((401, told(code="no_key", message="no"))) as (url, asked):
        with pytest.raises(CannotHave, match="refuses the key: no"):
            await sent(url, tmp_path)
    assert len(asked) == 1


@pytest.mark.parametrize(
    "page", [b"<html>Agree to our terms</html>", b"", b"[]", told(), told(item_id="x", sha256="y")]
)
async def test_the_page_of_a_wireless_network_is_no_receipt(tmp_path: Path, page: bytes) -> None:
    """Hotel wifi answers 200 to everything: nothing is safe until Heard says so."""
    empty = told(items=[], next=None)
    async with answering((200, empty), (200, page)) as (url, asked):
        with pytest.raises(CannotHave, match="run this again"):
            await sent(url, tmp_path, patience=2.0)
    assert len(asked) > 2


async def test_what_is_never_taken_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    (item,) = prepare(folder(tmp_path, {"a.png": b"1"}))
    empty = told(items=[], next=None)
    proof = json.dumps(signed(bytes(32), statement_of("x", [], START))).encode()
    too_large = told(code="too_large", message="a file may be 1 byte large")
    async with answering((200, empty), (413, too_large), (200, empty), (200, proof)) as (url, asked):
        outcome = await sent(url, tmp_path)
    assert outcome.refused == [("a.png", "a file may be 1 byte large")]
    assert [one.split()[0] for one in asked] == ["GET", "PUT", "GET", "GET"]
    assert item.item_id in asked[1]


async def test_a_file_that_never_arrives_as_it_was_is_given_up(tmp_path: Path) -> None:
    spoilt = told(code="other_bytes", message="send it again")
    empty = told(items=[], next=None)
    proof = json.dumps(signed(bytes(32), statement_of("x", [], START))).encode()
    tries = [(400, spoilt)] * 5
    async with answering((200, empty), *tries, (200, empty), (200, proof)) as (url, asked):
        outcome = await sent(url, tmp_path)
    assert outcome.refused == [("a.png", "send it again")]
    assert sum(one.startswith("PUT") for one in asked) == 5


async def test_a_proof_that_lacks_something_is_no_proof(tmp_path: Path) -> None:
    (item,) = prepare(folder(tmp_path, {"a.png": b"1"}))
    listed = told(items=[{"item_id": item.item_id, "sha256": item.sha256}], next=None)
    proof = json.dumps(signed(bytes(32), statement_of("x", [], START))).encode()
    async with answering((200, listed), (200, listed), (200, proof)) as (url, _):
        with pytest.raises(CannotHave, match="lacks 1 of what was sent"):
            await sent(url, tmp_path)


async def test_the_key_never_goes_over_a_line_that_others_can_read(tmp_path: Path) -> None:
    with pytest.raises(CannotHave, match="https"):
        await sent("http://heard.example.org", tmp_path)


async def test_when_nothing_gets_through_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CannotHave, match="run this again"):
        await sent("http://127.0.0.1:9", tmp_path, patience=0.3)
