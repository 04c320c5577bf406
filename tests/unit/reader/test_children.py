"""Children hold no key and cannot do harm; whatever becomes of one is an answer, and the next item is read."""

import asyncio
import os
import secrets
import socket
import time
from collections.abc import AsyncIterator, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from services.reader.adapters import confine
from services.reader.adapters.child import Children
from services.reader.adapters.frames import Rubbish, lengths, pack, unpack
from shared.errors import Unavailable
from tests.support import reader_tasks
from tests.support.keys import keyring

both = pytest.mark.parametrize("kind", ["forks", "warm"])


@pytest.fixture
async def children() -> AsyncIterator[Children]:
    made = Children(reader_tasks.HERE)
    yield made
    await made.close()


@pytest.fixture
def canary(monkeypatch: pytest.MonkeyPatch) -> Iterator[bytes]:
    """A phrase in our memory and in our environment, and a keyring with every key there is."""
    phrase = b"canary-" + secrets.token_hex(24).encode()
    monkeypatch.setenv("HEARD_CANARY", phrase.decode())
    assert keyring().bundle("reader")
    yield phrase
    assert os.environ["HEARD_CANARY"].encode() == phrase


def half_of(phrase: bytes) -> dict[str, object]:
    return {"half": phrase[:16].hex(), "sha256": sha256(phrase).hexdigest(), "length": len(phrase)}


@both
async def test_what_goes_in_comes_back(children: Children, kind: str) -> None:
    answer = await children.read(f"{kind}_echo", b"\x00\xff hello", {"pages": 3, "named": {"a": [1, None]}})
    assert answer["back"] == [b"\x00\xff hello", {"pages": 3, "named": {"a": [1, None]}}]
    assert answer["twice"] == b"\x00\xff hello"


@both
async def test_a_child_has_no_key_in_its_memory_environment_or_files(
    children: Children, kind: str, canary: bytes
) -> None:
    reading, writing = os.pipe()
    os.set_inheritable(reading, True)  # as careless as can be
    try:
        told = await children.read(f"{kind}_who", b"", half_of(canary))
    finally:
        os.close(reading)
        os.close(writing)
    assert told["found"] is False
    assert set(told["environment"]) == {
        "PATH",
        "LANG",
        "PYTHONPATH",
        "PYTHONDONTWRITEBYTECODE",
        "OMP_NUM_THREADS",
    }
    assert canary.decode() not in str(told["environment"])
    assert len(told["files"]) == 5  # three at /dev/null, its socket, and the listing of the files itself
    assert told["modules"] == []  # nothing that opens what is sealed is even loaded


@both
async def test_the_search_of_memory_finds_what_is_there(children: Children, kind: str, canary: bytes) -> None:
    told = await children.read(f"{kind}_who", canary, half_of(canary))
    assert told["found"] is True


@both
async def test_a_child_reaches_no_network_no_file_and_no_other_process(
    children: Children, kind: str, canary: bytes, tmp_path: Path
) -> None:
    """Where the machine lacks a fence the state says so; what needs none holds everywhere."""
    secret, fresh = tmp_path / "secret", tmp_path / "fresh"
    secret.write_bytes(canary)
    written = await children.read(f"{kind}_writes", b"hello", {"path": str(fresh)})
    assert written["outcome"] == "unreadable"
    assert not fresh.exists() or fresh.read_bytes() == b""
    assert children.state()[kind] in ("confined", "limited")
    if children.state()[kind] == "limited":
        return
    assert not fresh.exists()
    assert (await children.read(f"{kind}_reads", b"", {"path": str(secret)}))["outcome"] == "unreadable"
    assert (await children.read(f"{kind}_reads", b"", {"path": os.__file__}))["outcome"] == "words"
    peek = {"pid": os.getpid(), "at": id(canary)}
    assert (await children.read(f"{kind}_peeks", b"", peek))["outcome"] == "unreadable"
    with socket.create_server(("127.0.0.1", 0)) as server:
        dialled = await children.read(f"{kind}_dials", b"", {"port": server.getsockname()[1]})
    assert dialled["outcome"] == "unreadable"


async def test_the_fence_is_around_every_thread(children: Children, tmp_path: Path) -> None:
    """It binds who asks for it and what that starts later, so it comes before anything is loaded."""
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    answer = await children.read("threads_reads_beside", b"", {"path": str(secret)})
    assert (answer["outcome"] == "unreadable") is (children.state()["threads"] == "confined")


async def test_a_fork_is_single_threaded_and_each_item_has_a_process_of_its_own(children: Children) -> None:
    first, second = [await children.read("forks_who", b"", {}) for _ in range(2)]
    assert first["pid"] != second["pid"]
    assert first["threads"] == second["threads"] == 1
    assert set(children.pids()) == {"forks"}


async def test_a_warm_child_is_replaced_after_so_many_items(children: Children) -> None:
    pids = [(await children.read("warm_who", b"", {}))["pid"] for _ in range(4)]
    assert pids[0] == pids[1] == pids[2] != pids[3]


ENDS = [
    ("abort", "unreadable", "child_died"),
    ("exit", "unreadable", "child_died"),
    ("raises", "unreadable", "failed:recursionerror"),
    ("rubbish", "unreadable", "rubbish"),
    ("shouts", "unreadable", "rubbish"),
    ("eat", "too_big", "memory"),
    ("open_files", "unreadable", "failed:oserror"),
    ("hangs_up", "unreadable", "child_died"),
    ("babbles", "unreadable", "rubbish"),
]


@both
@pytest.mark.parametrize(("does", "outcome", "reason"), ENDS, ids=[one for one, _, _ in ENDS])
async def test_whatever_becomes_of_a_child_is_an_answer(
    children: Children, kind: str, does: str, outcome: str, reason: str
) -> None:
    answer = await children.read(f"{kind}_{does}", b"my own words", {})
    assert (answer["outcome"], answer["reason"]) == (outcome, reason)
    assert "my own words" not in str(answer)
    assert (await children.read(f"{kind}_echo", b"next", {}))["twice"] == b"next"


@both
@pytest.mark.parametrize(("does", "reasons"), [("spin", {"cpu", "too_long"}), ("sleep", {"too_long"})])
async def test_a_child_that_takes_too_long_is_ended(
    children: Children, kind: str, does: str, reasons: set[str]
) -> None:
    begun = time.monotonic()
    answer = await children.read(f"{kind}_{does}", b"", {})
    assert answer["outcome"] == "too_big"
    assert answer["reason"] in reasons
    assert time.monotonic() - begun < 10
    assert (await children.read(f"{kind}_echo", b"next", {}))["outcome"] == "words"


async def test_one_that_hangs_does_not_hold_up_another(children: Children) -> None:
    slow = asyncio.create_task(children.read("forks_sleep", b"", {}))
    await asyncio.sleep(0.3)
    assert (await children.read("forks_echo", b"quick", {}))["outcome"] == "words"
    assert not slow.done()
    slow.cancel()
    await asyncio.gather(slow, return_exceptions=True)
    assert (await children.read("forks_echo", b"and on", {}))["outcome"] == "words"


@both
async def test_a_child_that_somebody_killed_is_started_again(children: Children, kind: str) -> None:
    await children.read(f"{kind}_echo", b"", {})
    os.kill(children.pids()[kind], 9)
    assert (await children.read(f"{kind}_echo", b"again", {}))["twice"] == b"again"


async def test_a_child_that_hears_nothing_any_more_is_replaced(children: Children) -> None:
    """So it is for a moment after somebody killed it, before the system says so."""
    await children.read("forks_echo", b"", {})
    process = children._processes["forks"]
    assert process._sock is not None
    process._sock.shutdown(socket.SHUT_WR)
    assert (await children.read("forks_echo", b"again", {}))["twice"] == b"again"


async def test_a_child_stands_ready_before_its_first_item_and_after_it_died(children: Children) -> None:
    standing = asyncio.create_task(children.stand_ready("forks"))
    trouble = asyncio.create_task(children.stand_ready("broken"))
    try:
        async with asyncio.timeout(20):
            while children.state()["forks"] == "idle":
                await asyncio.sleep(0.05)
        first = children.pids()["forks"]
        os.kill(first, 9)
        async with asyncio.timeout(20):
            while children.pids().get("forks", first) == first:
                await asyncio.sleep(0.05)
        assert not standing.done()
        assert not trouble.done(), "one that cannot start is no end of the process"
    finally:
        standing.cancel()
        trouble.cancel()
        await asyncio.gather(standing, trouble, return_exceptions=True)


async def test_children_end_with_us(children: Children) -> None:
    told = await children.read("warm_who", b"", {})
    await children.read("forks_echo", b"", {})
    pids = [told["pid"], *children.pids().values()]
    await children.close()
    assert children.pids() == {}
    assert not any(Path(f"/proc/{pid}/exe").exists() for pid in pids)


async def test_a_child_that_cannot_start_is_our_own_trouble(children: Children) -> None:
    with pytest.raises(Unavailable) as trouble:
        await children.read("broken_echo", b"", {})
    assert trouble.value.reason == "no_child"


def test_our_memory_can_be_closed_to_others() -> None:
    assert confine.hide_memory() in (True, False)


# Frames.


@pytest.mark.parametrize(
    "value", [{"a": b"x", "b": [b"", b"yz", {"c": None}]}, {}, {"outcome": "words", "text": "\ud800"}]
)
def test_a_frame_comes_back_as_it_was(value: dict[str, Any]) -> None:
    start, header, *blobs = pack(value)
    rest = b"".join(blobs)
    assert lengths(start, 1024) == (len(header), len(rest))
    assert unpack(header, rest) == value


@pytest.mark.parametrize(
    ("header", "rest"),
    [
        (b"[]", b""),
        (b"{", b""),
        (b'{"a": {"$bytes": 5}}', b"four"),
        (b'{"a": {"$bytes": -1}}', b""),
        (b'{"a": {"$bytes": "1"}}', b"x"),
        (b"{}", b"more"),
        (b"[" * 100_000, b""),
        (b"\xff", b""),
    ],
)
def test_what_is_no_frame_is_refused(header: bytes, rest: bytes) -> None:
    with pytest.raises(Rubbish):
        unpack(header, rest)


@pytest.mark.parametrize("start", [b"", bytes(16), (2**40).to_bytes(8, "big") + bytes(8), b"\xff" * 16])
def test_a_frame_is_never_longer_than_it_may_be(start: bytes) -> None:
    with pytest.raises(Rubbish):
        lengths(start, 1024)


def test_only_json_and_bytes_travel() -> None:
    with pytest.raises(TypeError):
        pack({"a": object()})
