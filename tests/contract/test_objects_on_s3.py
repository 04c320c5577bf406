"""What an S3 store must refuse, and what becomes of a request on a bad network."""

import base64
import hashlib
import os
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pydantic import SecretStr

from shared.errors import Unavailable
from shared.storage import Differs, Missing, s3
from shared.storage.s3 import S3Objects
from shared.storage.s3_client import Bucket, Credentials, client_for
from tests.support.proxy import Fault, Proxy
from tests.support.stores import S3Server

Open = Callable[[Bucket], S3Objects]


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3, "PAUSES", tuple(pause / 20 for pause in s3.PAUSES))


@pytest.fixture(params=["moto", pytest.param("seaweed", marks=pytest.mark.connected)])
def server(request: pytest.FixtureRequest) -> S3Server:
    made: S3Server = request.getfixturevalue(request.param)
    return made


@pytest.fixture
def opened() -> Iterator[Open]:
    stores: list[S3Objects] = []

    def open_it(bucket: Bucket) -> S3Objects:
        stores.append(S3Objects(bucket))
        return stores[-1]

    yield open_it
    for store in stores:
        store.close()


@pytest.fixture
def proxy(server: S3Server) -> Iterator[Proxy]:
    with Proxy(lambda: server.endpoint, seconds=0.2).running() as made:
        yield made


# What it refuses.


def test_a_wrong_checksum_is_refused(server: S3Server) -> None:
    bucket = server.bucket()
    wrong = base64.b64encode(bytes(32)).decode()
    place = {"Bucket": bucket.name, "Key": f"{bucket.prefix}/a"}
    with server.holds("a wrong checksum is refused"), pytest.raises(ClientError, match=r"Digest|Checksum"):
        client_for(bucket).put_object(
            **place, Body=b"hello", ChecksumAlgorithm="SHA256", ChecksumSHA256=wrong
        )


async def test_a_wrong_secret_is_refused_in_a_clear_word(server: S3Server, opened: Open) -> None:
    known = server.bucket()
    assert known.credentials
    wrong = known.credentials.model_copy(update={"secret_key": SecretStr("wrong")})
    with server.holds("a wrong secret is refused"):
        await refused(opened(replace(known, credentials=wrong)).put("a", b""), "object_credentials_wrong")


async def test_an_unknown_identity_is_refused_in_a_clear_word(server: S3Server, opened: Open) -> None:
    nobody = Credentials(access_key="nobody", secret_key=SecretStr("nothing"))
    with server.holds("an unknown identity is refused"):
        store = opened(replace(server.bucket(), credentials=nobody))
        await refused(store.put("a", b""), "object_credentials_wrong")


async def test_who_reads_cannot_write(server: S3Server, opened: Open) -> None:
    """The archive reads where sealed objects travel, and writes only where they are kept."""
    own = server.bucket()
    await opened(own).put("a", b"hello")
    reads = opened(replace(own, credentials=server.who("archive")))
    assert await reads.get("a") == b"hello"
    calls: list[Callable[[], Awaitable[Any]]] = [
        lambda: reads.put("a", b""), lambda: reads.add("b", b""), lambda: reads.remove(["a"]),
        lambda: reads.put_file("a", Path(__file__)),
    ]  # fmt: skip
    for call in calls:
        with server.holds("an identity that reads cannot write"):
            await refused(call(), "object_access_denied")


async def test_the_edge_puts_and_cannot_read(server: S3Server, opened: Open) -> None:
    own = server.bucket()
    edge = opened(replace(own, credentials=server.who("edge")))
    await edge.put("a", b"hello")
    assert await opened(own).get("a") == b"hello"
    for call in (lambda: edge.get("a"), lambda: edge.exists("a"), edge.list, lambda: anext(edge.pieces("a"))):
        with server.holds("an identity that writes cannot read"):
            await refused(call(), "object_access_denied")


async def test_a_bucket_that_is_not_there_is_no_empty_store(server: S3Server, opened: Open) -> None:
    store = opened(replace(server.bucket(), name="heard-elsewhere"))
    for call in (store.put("a", b""), store.get("a"), store.exists("a"), store.list(), store.remove(["a"])):
        await refused(call, "object_bucket_missing")


async def refused(call: Awaitable[Any], reason: str) -> None:
    with pytest.raises(Unavailable, match=f"^{reason}$") as caught:
        await call
    assert caught.value.__cause__ is None


# What it keeps.


async def test_every_object_lies_beside_its_sha256(server: S3Server, opened: Open, tmp_path: Path) -> None:
    bucket = server.bucket()
    store, client = opened(bucket), client_for(bucket)
    (tmp_path / "file").write_bytes(b"hello")
    await store.put("a", b"hello")
    await store.put_file("b", tmp_path / "file")
    await store.add("c", b"hello")
    digest = base64.b64encode(hashlib.sha256(b"hello").digest()).decode()
    for key in "abc":
        place = {"Bucket": bucket.name, "Key": f"{bucket.prefix}/{key}"}
        assert client.head_object(**place, ChecksumMode="ENABLED")["ChecksumSHA256"] == digest


async def test_what_was_replaced_or_removed_is_kept_as_a_version(server: S3Server, opened: Open) -> None:
    bucket = server.bucket()
    store = opened(bucket)
    for value in (b"first", b"second"):
        await store.put("a", value)
    await store.remove(["a"])
    with pytest.raises(Missing):
        await store.get("a")
    client = client_for(bucket)
    found = client.list_object_versions(Bucket=bucket.name, Prefix=bucket.prefix)["Versions"]
    kept = [
        client.get_object(Bucket=bucket.name, Key=one["Key"], VersionId=one["VersionId"]) for one in found
    ]
    assert sorted(one["Body"].read() for one in kept) == [b"first", b"second"]


async def test_what_is_locked_cannot_be_taken_away(server: S3Server) -> None:
    bucket = replace(server.bucket(), lock_days=2)
    now = datetime(2030, 1, 1, tzinfo=UTC)
    store = S3Objects(bucket, now=lambda: now)
    await store.put("a", b"hello")
    store.close()
    client = client_for(bucket)
    place = {"Bucket": bucket.name, "Key": f"{bucket.prefix}/a"}
    found = client.head_object(**place)
    assert found["ObjectLockMode"] == "GOVERNANCE"
    assert found["ObjectLockRetainUntilDate"] == datetime(2030, 1, 3, tzinfo=UTC)
    [version] = client.list_object_versions(Bucket=bucket.name, Prefix=bucket.prefix)["Versions"]
    with pytest.raises(ClientError, match="AccessDenied"):
        client.delete_object(**place, VersionId=version["VersionId"])


async def test_more_than_a_page_is_listed_and_removed(
    server: S3Server, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "PAGE", 10)
    store = opened(server.bucket())
    names = sorted(f"a/{number}" for number in range(25))
    await store.put_all(dict.fromkeys(names, b""))
    assert list(await store.list("a")) == names
    await store.remove(names)
    assert list(await store.list()) == []


# A bad day.


@pytest.mark.parametrize(
    "fault",
    [Fault.SLOW, Fault.REFUSED, Fault.FORGOTTEN, Fault.CUT, Fault.CUT_AFTER, Fault.HALF_ASKED, Fault.HALF_ANSWERED],
)  # fmt: skip
async def test_what_fails_once_is_asked_for_again(
    server: S3Server, proxy: Proxy, opened: Open, fault: Fault, tmp_path: Path
) -> None:
    store = opened(replace(server.bucket(), endpoint=proxy.url))
    value = os.urandom(300_000)
    (tmp_path / "file").write_bytes(value)

    async def badly(call: Callable[[], Awaitable[Any]]) -> Any:
        proxy.first(1, fault)
        return await call()

    async def pieces() -> bytes:
        return b"".join([piece async for piece in store.pieces("a", 100_000)])

    await badly(lambda: store.put("a", value))
    await badly(lambda: store.put_file("b", tmp_path / "file"))
    await badly(lambda: store.add("c", value))
    assert await badly(lambda: store.get("a")) == value
    assert await badly(pieces) == value
    assert await badly(lambda: store.exists("b"))
    assert await badly(store.list) == ["a", "b", "c"]
    assert await store.get("b") == value
    await badly(lambda: store.remove(["b"]))
    assert (await store.list(), await store.get("c")) == (["a", "c"], value)
    assert proxy.met[fault] == 8


async def test_other_bytes_on_the_way_are_refused(server: S3Server, proxy: Proxy, opened: Open) -> None:
    own = server.bucket()
    store = opened(replace(own, endpoint=proxy.url))
    proxy.first(1, Fault.OTHER_BYTES_ASKED)
    with server.holds("other bytes on the way are refused"):
        await store.put("a", b"hello")
        assert await opened(own).get("a") == b"hello"
    proxy.always(Fault.OTHER_BYTES_ASKED)
    with server.holds("other bytes on the way are refused"):
        await refused(store.put("b", b"hello"), "object_store_garbles")
        assert not await opened(own).exists("b")


async def test_other_bytes_than_were_put_are_not_given(server: S3Server, proxy: Proxy, opened: Open) -> None:
    store = opened(replace(server.bucket(), endpoint=proxy.url))
    await store.put("a", b"hello")
    proxy.choose = lambda method, path: Fault.OTHER_BYTES_ANSWERED if method == "GET" else None
    for call in (store.get("a"), drained(store, "a")):
        with pytest.raises(Differs, match="object_differs"):
            await call


async def test_an_upload_cut_short_leaves_nothing(server: S3Server, proxy: Proxy, opened: Open) -> None:
    own = server.bucket()
    store, behind = opened(replace(own, endpoint=proxy.url)), opened(own)
    await behind.put("b", b"before")
    proxy.always(Fault.HALF_ASKED)
    for key in ("a", "b"):
        await refused(store.put(key, os.urandom(300_000)), "object_store_away")
    assert (await behind.list(), await behind.get("b")) == (["b"], b"before")


@pytest.mark.parametrize("fault", [Fault.REFUSED, Fault.CUT, Fault.HALF_ANSWERED])
async def test_a_store_that_goes_on_failing_is_away(
    server: S3Server, proxy: Proxy, opened: Open, fault: Fault
) -> None:
    store = opened(replace(server.bucket(), endpoint=proxy.url))
    await store.put("a", os.urandom(1000))
    proxy.always(fault)
    for call in (store.get("a"), store.list(), drained(store, "a")):
        await refused(call, "object_store_away")


async def test_a_store_that_never_answers_is_away_in_bounded_time(
    server: S3Server, proxy: Proxy, opened: Open
) -> None:
    store = opened(replace(server.bucket(), endpoint=proxy.url, read_within=0.3))
    proxy.seconds = 3.0
    proxy.always(Fault.SLOW)
    began = time.monotonic()
    await refused(store.get("a"), "object_store_away")
    assert proxy.met[Fault.SLOW] == len(s3.PAUSES) + 1
    assert time.monotonic() - began < 60


async def drained(store: S3Objects, key: str) -> None:
    async for _ in store.pieces(key):
        pass


async def test_a_server_that_is_not_there_is_away(opened: Open) -> None:
    with socket.socket() as taken:  # nobody listens on it, and nobody else can
        taken.bind(("127.0.0.1", 0))
        who = Credentials(access_key="a", secret_key=SecretStr("b"))
        store = opened(
            Bucket("heard-incoming", "", f"http://127.0.0.1:{taken.getsockname()[1]}", credentials=who)
        )
        for call in (
            store.put("a", b""),
            store.get("a"),
            store.exists("a"),
            store.list(),
            store.remove(["a"]),
        ):
            await refused(call, "object_store_away")
