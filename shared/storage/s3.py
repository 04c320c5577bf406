"""Objects in an S3 bucket, through boto3 in threads. Made for a bucket with versions: what is replaced is kept there.

Every put carries its SHA-256, which the store checks before it keeps anything, and which is checked again when the
object is read. An answer that fails for now is asked for again a few times; then the store is away.
"""

import asyncio
import base64
import hashlib
import threading
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeVar

from botocore.exceptions import ClientError

from shared import clock
from shared.clock import Clock
from shared.errors import HeardError
from shared.storage.objects import PIECE, checked
from shared.storage.s3_client import Bucket, client_for
from shared.storage.s3_errors import WRONG, Damaged, code_of, ours, passes

T = TypeVar("T")
PAUSES: Final = (0.2, 0.6, 2.0)
"""Seconds before a request is made again; then it has failed."""

PAGE: Final = 1000
"""How many keys S3 lists or deletes in one request."""


class S3Objects:
    """`writers` is how many requests may be under way at once."""

    def __init__(self, bucket: Bucket, *, writers: int = 8, now: Clock = clock.now) -> None:
        self.bucket, self._writers, self._now = bucket, writers, now
        self._pool = ThreadPoolExecutor(writers, thread_name_prefix="objects")
        self._client: Any = client_for(bucket, writers)
        self._closed = threading.Event()

    def close(self) -> None:
        self._closed.set()
        self._pool.shutdown(cancel_futures=True)
        self._client.close()

    async def put(self, key: str, value: bytes) -> None:
        await self._call(self._put, checked(key), value)

    async def put_file(self, key: str, path: Path) -> None:
        await self._call(self._put_file, checked(key), path)

    async def put_all(self, files: Mapping[str, bytes], last: Collection[str] = ()) -> None:
        for key in files:
            checked(key)
        await self._each(self._put, [(key, value) for key, value in files.items() if key not in last])
        await self._each(self._put, [(key, value) for key, value in files.items() if key in last])

    async def add(self, key: str, value: bytes) -> bool:
        return await self._call(self._add, checked(key), value)

    async def get(self, key: str) -> bytes:
        return await self._call(self._get, checked(key))

    async def pieces(self, key: str, size: int = PIECE) -> AsyncIterator[bytes]:
        head = await self._call(self._head, checked(key))
        length, digest = int(head["ContentLength"]), hashlib.sha256()
        for start in range(0, length, size):
            end = min(start + size, length) - 1
            piece = await self._call(self._piece, key, start, end, head["ETag"])
            digest.update(piece)
            yield piece
        if (said := head.get("ChecksumSHA256")) and said != _text(digest.digest()):
            raise ours(Damaged())

    async def exists(self, key: str) -> bool:
        return await self._call(self._exists, checked(key))

    async def list(self, prefix: str = "") -> Sequence[str]:
        return await self._call(self._list, f"{checked(prefix)}/" if prefix else "")

    async def remove(self, keys: Collection[str]) -> None:
        await self._call(self._remove, [checked(key) for key in keys])

    def _put(self, key: str, value: bytes) -> None:
        digest = hashlib.sha256(value).digest()
        with _ours():
            self._tried(lambda: self._client.put_object(Body=value, **self._kept(key, digest)))

    def _put_file(self, key: str, path: Path) -> None:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").digest()
            with _ours():
                self._tried(lambda: self._put_from(key, file, digest))

    def _put_from(self, key: str, file: BinaryIO, digest: bytes) -> None:
        file.seek(0)
        self._client.put_object(Body=file, **self._kept(key, digest))

    def _add(self, key: str, value: bytes) -> bool:
        """False as well when the answer to ours was lost and it is there already: it is kept, whoever kept it."""
        kept = self._kept(key, hashlib.sha256(value).digest())
        try:
            self._tried(lambda: self._client.put_object(Body=value, IfNoneMatch="*", **kept))
        except ClientError as error:
            if code_of(error) in ("PreconditionFailed", "412"):
                return False
            if code_of(error) != "NotImplemented":
                raise ours(error) from None
        except WRONG as error:
            raise ours(error) from None
        else:
            return True
        if self._exists(key):  # a store without conditions: nearly as good, and two at once leave one whole
            return False
        self._put(key, value)
        return True

    def _get(self, key: str) -> bytes:
        def read() -> bytes:
            answer = self._client.get_object(**self._at(key), ChecksumMode="ENABLED")
            value: bytes = answer["Body"].read()
            if len(value) != answer["ContentLength"]:
                raise Damaged
            return value

        with _ours():
            return self._tried(read)

    def _head(self, key: str) -> dict[str, Any]:
        with _ours():
            found: dict[str, Any] = self._tried(
                lambda: self._client.head_object(**self._at(key), ChecksumMode="ENABLED")
            )
            return found

    def _piece(self, key: str, start: int, end: int, etag: str) -> bytes:
        def read() -> bytes:
            asked = {**self._at(key), "Range": f"bytes={start}-{end}", "IfMatch": etag}
            piece: bytes = self._client.get_object(**asked)["Body"].read()
            if len(piece) != end - start + 1:
                raise Damaged
            return piece

        with _ours():
            return self._tried(read)

    def _exists(self, key: str) -> bool:
        """Asks for one byte: the answer to HEAD cannot tell an absent object from an absent bucket."""
        try:
            self._tried(lambda: self._client.get_object(**self._at(key), Range="bytes=0-0")["Body"].read())
        except ClientError as error:
            if code_of(error) in ("InvalidRange", "416"):  # it is there, and empty
                return True
            if code_of(error) in ("NoSuchKey", "404"):
                return False
            raise ours(error) from None
        except WRONG as error:
            raise ours(error) from None
        return True

    def _list(self, prefix: str) -> Sequence[str]:
        found: list[str] = []
        asked: dict[str, Any] = {"Bucket": self.bucket.name, "Prefix": self._full(prefix), "MaxKeys": PAGE}
        with _ours():
            while True:
                page = self._tried(lambda: self._client.list_objects_v2(**asked))
                found += [one["Key"] for one in page.get("Contents", ())]
                if not page.get("IsTruncated"):
                    break
                asked["ContinuationToken"] = page["NextContinuationToken"]
        skip = len(self._full(""))
        return sorted(key[skip:] for key in found)

    def _remove(self, keys: Sequence[str]) -> None:
        for start in range(0, len(keys), PAGE):
            named = [{"Key": self._full(key)} for key in keys[start : start + PAGE]]
            with _ours():
                self._tried(partial(self._delete, named))

    def _delete(self, named: Sequence[Mapping[str, str]]) -> None:
        answer = self._client.delete_objects(
            Bucket=self.bucket.name, Delete={"Objects": named, "Quiet": True}
        )
        for wrong in answer.get("Errors", ()):
            if wrong.get("Code") not in ("NoSuchKey", "NoSuchVersion"):
                raise ClientError({"Error": {"Code": wrong.get("Code", "")}}, "DeleteObjects")

    def _kept(self, key: str, digest: bytes) -> dict[str, Any]:
        """What every put says: where, and its SHA-256 (with Object Lock the algorithm must be named as well)."""
        said = {**self._at(key), "ChecksumAlgorithm": "SHA256", "ChecksumSHA256": _text(digest)}
        if self.bucket.lock_days:
            until = self._now() + timedelta(days=self.bucket.lock_days)
            said |= {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": until}
        return said

    def _at(self, key: str) -> dict[str, Any]:
        return {"Bucket": self.bucket.name, "Key": self._full(key)}

    def _full(self, key: str) -> str:
        return f"{self.bucket.prefix}/{key}" if self.bucket.prefix else key

    def _tried(self, ask: Callable[[], T]) -> T:
        for pause in PAUSES:
            try:
                return ask()
            except WRONG as error:
                if not passes(error) or self._closed.wait(pause):
                    raise
        return ask()

    async def _call(self, function: Callable[..., T], *args: Any) -> T:
        """Run in a thread. Nobody can stop a thread, so whoever is cancelled waits until it has ended: otherwise an
        old request would still be under way after the next one has begun on the same object."""
        work = asyncio.get_running_loop().run_in_executor(self._pool, function, *args)
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            await asyncio.wait({work})
            work.exception()  # seen, though nobody is told
            raise

    async def _each(self, function: Callable[..., None], calls: Sequence[tuple[Any, ...]]) -> None:
        """Side by side; all have ended before the first error is raised."""
        results = await asyncio.gather(
            *(self._call(function, *args) for args in calls), return_exceptions=True
        )
        for result in results:
            if isinstance(result, BaseException):
                raise result


@contextmanager
def _ours() -> Iterator[None]:
    try:
        yield
    except HeardError:
        raise
    except WRONG as error:
        raise ours(error) from None


def _text(digest: bytes) -> str:
    return base64.b64encode(digest).decode()
