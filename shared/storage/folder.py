"""Objects in a folder of this machine. For trying out: one disk is no archive; production uses S3.

What costs here is `fsync`. So many objects go together: written to a staging folder and fsynced side by side, then
renamed, then every folder on their way fsynced once. A crash leaves at worst strays in the staging folder.
"""

import asyncio
import contextlib
import errno
import os
import secrets
import shutil
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO, Final, Self, TypeVar

from shared.errors import Rejected, Unavailable
from shared.storage.objects import PIECE, Missing, checked

T = TypeVar("T")
_STAGING: Final = ".staging"
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_STRAY_AFTER: Final = 24 * 60 * 60


class FolderObjects:
    """Files 0600 in folders 0700. `writers` is how many may wait for the disk at once."""

    def __init__(self, folder: Path, *, writers: int = 8) -> None:
        self.folder, self._staging, self._writers = folder, folder / _STAGING, writers
        self._pool = ThreadPoolExecutor(writers, thread_name_prefix="objects")

    @classmethod
    def open(cls, folder: Path, *, writers: int = 8) -> Self:
        """Make the folder when there is none, close it to others, and clear strays of an earlier crash.

        Raises:
            Unavailable: when that cannot be done.
        """
        with _as_ours():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            (folder / _STAGING).mkdir(exist_ok=True, mode=0o700)
            for made in (folder, folder / _STAGING):
                made.chmod(0o700)
            _sync(folder)
            _sync(folder.parent)
            _clear_strays(folder / _STAGING)
        return cls(folder, writers=writers)

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    async def put(self, key: str, value: bytes) -> None:
        await self.put_all({key: value})

    async def put_file(self, key: str, path: Path) -> None:
        staged = {checked(key): self._fresh()}
        source = await asyncio.to_thread(path.open, "rb")
        try:
            await self._call(_copy, source, staged[key])
            await self._appear(staged, set())
        except BaseException:
            await self._call(_discard_all, list(staged.values()))
            raise

    async def add(self, key: str, value: bytes) -> bool:
        staged = {checked(key): self._fresh()}
        try:
            await self._call(_write, staged[key], value)
            return await self._appear(staged, set(), replacing=False)
        finally:
            await self._call(_discard_all, list(staged.values()))

    async def put_all(self, files: Mapping[str, bytes], last: Collection[str] = ()) -> None:
        staged = {checked(key): self._fresh() for key in files}
        durable: set[str] = set()
        try:
            await self._each(_write, [(staged[key], value) for key, value in files.items()])
            await self._appear({key: path for key, path in staged.items() if key not in last}, durable)
            await self._appear({key: path for key, path in staged.items() if key in last}, durable)
        except BaseException:
            await self._call(_discard_all, list(staged.values()))
            raise

    async def get(self, key: str) -> bytes:
        return await self._call(self._get, checked(key))

    async def pieces(self, key: str, size: int = PIECE) -> AsyncIterator[bytes]:
        file = await self._call(self._open, checked(key))
        try:
            while piece := await self._call(file.read, size):
                yield piece
        finally:
            file.close()

    async def exists(self, key: str) -> bool:
        return await self._call(self._exists, checked(key))

    async def list(self, prefix: str = "") -> Sequence[str]:
        return await self._call(self._list, checked(prefix) if prefix else "")

    async def remove(self, keys: Collection[str]) -> None:
        await self._call(self._remove, [self.folder / checked(key) for key in keys])

    async def _appear(self, staged: Mapping[str, str], durable: set[str], *, replacing: bool = True) -> bool:
        """Rename into place, then make every folder on the way durable, unless it is `durable` already.

        All the way up: another process may have made one of these folders a moment ago, and not be done with it.
        Without `replacing` it is False when something was there.
        """
        if not staged:
            return True
        parents = {key.rpartition("/")[0] for key in staged}
        way = {above for parent in parents for above in _up(parent)}
        new = await self._call(self._rename, staged, sorted(way - durable), replacing)
        await self._each(_sync, [(f"{self.folder}/{folder}",) for folder in (way - durable) | parents])
        durable |= way
        return new

    def _fresh(self) -> str:
        return f"{self._staging}/{secrets.token_hex(16)}"

    def _rename(self, staged: Mapping[str, str], folders: Sequence[str], replacing: bool) -> bool:
        self._here()
        for folder in folders:  # parents sort before their children; the store itself is there
            if folder:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(f"{self.folder}/{folder}", 0o700)
        move, new = (os.rename if replacing else os.link), True
        for key, path in staged.items():
            try:
                move(path, f"{self.folder}/{key}")
            except FileExistsError:
                new = False
            except (IsADirectoryError, NotADirectoryError):  # `a` and `a/b` cannot both be files
                raise Rejected("object_key_taken") from None
        return new

    def _get(self, key: str) -> bytes:
        with self._open(key) as file:
            return file.read()

    def _open(self, key: str) -> BinaryIO:
        self._here()
        try:
            return (self.folder / key).open("rb")
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise Missing("object_missing") from None

    def _exists(self, key: str) -> bool:
        self._here()
        return (self.folder / key).is_file()

    def _list(self, prefix: str) -> Sequence[str]:
        self._here()
        found: list[str] = []
        for where, folders, names in os.walk(self.folder / prefix, onerror=_unless_absent):
            folders[:] = [name for name in folders if not name.startswith(".")]
            found += [f"{where}/{name}" for name in names]
        skip = len(str(self.folder)) + 1
        return sorted(path[skip:] for path in found)

    def _remove(self, paths: Sequence[Path]) -> None:
        """Folders that are empty now go as well: a key is all there is, in every store."""
        self._here()
        parents = {path.parent for path in paths}
        for path in paths:
            path.unlink(missing_ok=True)
        for folder in sorted(parents, reverse=True):
            while folder != self.folder and _remove_if_empty(folder):
                folder = folder.parent
            if folder.is_dir():
                _sync(folder)

    def _here(self) -> None:
        """A folder that went away (a disk that is no longer mounted) must not look like an empty store."""
        if not self._staging.is_dir():
            raise Unavailable("object_store_away")

    async def _call(self, function: Callable[..., T], *args: Any) -> T:
        """Run in a thread. Nobody can stop a thread, so whoever is cancelled waits until it has ended: otherwise it
        would still rename files after the next one has begun on the same object."""
        work = asyncio.get_running_loop().run_in_executor(self._pool, function, *args)
        with _as_ours():
            try:
                return await asyncio.shield(work)
            except asyncio.CancelledError:
                await asyncio.wait({work})
                work.exception()  # seen, though nobody is told
                raise

    async def _each(self, function: Callable[..., None], calls: Sequence[tuple[Any, ...]]) -> None:
        """Side by side, shared out among the writers; all have ended before the first error is raised."""
        shares = [calls[start :: self._writers] for start in range(min(self._writers, len(calls)))]
        results = await asyncio.gather(
            *(self._call(_one_by_one, function, share) for share in shares), return_exceptions=True
        )
        for result in results:
            if isinstance(result, BaseException):
                raise result


def _one_by_one(function: Callable[..., None], calls: Sequence[tuple[Any, ...]]) -> None:
    for args in calls:
        function(*args)


def _up(folder: str) -> Iterator[str]:
    """A folder and all above it, to the store itself, which is the empty one.

    >>> list(_up("a/b"))
    ['a/b', 'a', '']
    """
    while folder:
        yield folder
        folder = folder.rpartition("/")[0]
    yield ""


def _write(path: str, value: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        left = memoryview(value)
        while left:
            left = left[os.write(descriptor, left) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _copy(source: BinaryIO, path: str) -> None:
    with (
        source,
        open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as written,
    ):
        shutil.copyfileobj(source, written, PIECE)
        written.flush()
        os.fsync(written.fileno())


def _sync(folder: Path | str) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _discard_all(paths: Sequence[str]) -> None:
    for path in paths:
        with contextlib.suppress(OSError):
            os.unlink(path)


def _remove_if_empty(folder: Path) -> bool:
    try:
        folder.rmdir()
    except OSError:
        return not folder.exists()
    return True


def _clear_strays(staging: Path) -> None:
    """Another process may be writing here now, so only what is a day old goes."""
    for stray in staging.iterdir():
        if time.time() - stray.stat().st_mtime > _STRAY_AFTER:
            stray.unlink(missing_ok=True)


def _unless_absent(error: OSError) -> None:
    if not isinstance(error, (FileNotFoundError, NotADirectoryError)):
        raise error


@contextlib.contextmanager
def _as_ours() -> Iterator[None]:
    """Whatever a disk does wrong, it does to every record. The text of an OSError names paths, so it stays here."""
    try:
        yield
    except OSError as error:
        reason = "object_store_full" if error.errno in _FULL else "object_store_away"
        raise Unavailable(reason) from None
