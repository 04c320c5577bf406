"""The spool of a machine that died: what its disk still holds is looked at without a word, and brought to Kafka.

Rows keep their ids, headers and keys, so what Kafka had already does nothing twice.
"""

import asyncio
import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.local.found import Found
from services.local.objects import Store, store_of
from services.local.servers import objects_server_of
from services.local.trouble import CannotHave
from shared import clock
from shared.errors import HeardError
from shared.messaging.drain import Drain
from shared.messaging.parcels import Parcels
from shared.messaging.spool import Spool, SpoolFull
from shared.settings import CommonSettings
from shared.storage import Objects, objects_of
from shared.storage.rights import INCOMING, who_is

PATIENCE: Final = 30.0
"""Seconds without a row that went out, before it is given up for now."""

_COUNTS: Final = """
select count(*), count(*) filter (where acked_at is null and set_aside is null),
  count(*) filter (where set_aside is not null), min(accepted_at) filter (where acked_at is null and set_aside is null)
from row
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a spool holds: rows, those that Kafka lacks, those set aside, since when the oldest waits.

    `objects` are sealed ones that the store lacks, `lost` those of them that do not lie beside the spool either.
    """

    rows: int
    unpublished: int
    aside: int
    oldest: str | None
    objects: int
    lost: int

    def lines(self) -> list[str]:
        told = [
            f"rows         {self.rows}",
            f"unpublished  {self.unpublished}",
            f"set aside    {self.aside}",
            f"oldest       {self.oldest or '-'}",
        ]
        if self.objects:
            told.append(f"objects      {self.objects} to upload, {self.lost} of them not beside the spool")
        return told


def look(path: Path) -> Standing:
    """Count what lies in a spool; a live one too.

    Raises:
        CannotHave: when it is no spool, or cannot be read.
    """
    _is_spool(path)
    try:
        with closing(sqlite3.connect(path, timeout=5)) as connection:
            rows, unpublished, aside, oldest = connection.execute(_COUNTS).fetchone()
            named = connection.execute("select objects from row where objects is not null").fetchall()
    except sqlite3.DatabaseError as wrong:
        raise CannotHave(f"{path} cannot be read as a spool: {wrong}.") from None
    keys = [key for (several,) in named for key in _keys(several)]
    folder = parcels_beside(path)
    lost = sum(not (folder / key.rpartition("/")[2]).exists() for key in keys)
    return Standing(rows, unpublished, aside, oldest, len(keys), lost)


def parcels_beside(path: Path) -> Path:
    """Where an intake keeps the sealed objects of this spool.

    >>> parcels_beside(Path("state/art_intake/spool-1.sqlite")).name
    'parcels-1'
    """
    return path.parent / path.stem.replace("spool-", "parcels-", 1)


def drain(heard: Found, path: Path) -> tuple[list[str], bool]:
    """Bring to Kafka what it lacks. Cut off, it goes on where it was. True when nothing is left to bring.

    Raises:
        CannotHave: when it is no spool, or a process holds it open.
    """
    before = look(path)
    _nobody_holds(path)
    asyncio.run(_drain(path, heard.bootstrap.split(","), _objects(heard) if before.objects else None))
    after = look(path)
    told = [f"{before.unpublished - after.unpublished - (after.aside - before.aside)} published"]
    if after.aside > before.aside:
        told.append(
            f"{after.aside - before.aside} set aside: Kafka refuses them for their content; they stay here"
        )
    if after.lost:
        told.append(
            f"{after.lost} sealed objects are missing: bring {parcels_beside(path).name} of the same disk, and say it again"
        )
    if left := after.unpublished:
        told.append(
            f"{left} still here" + ("" if after.lost else ": Kafka or the object store is away; say it again")
        )
    return told, not left


async def _drain(path: Path, bootstrap: Sequence[str], objects: Objects | None) -> None:
    spool = Spool(path, clock.now)
    try:
        if objects is not None:
            await _upload(spool, parcels_beside(path), objects)
        going = asyncio.create_task(Drain(spool, tuple(bootstrap), "spool").run())
        try:
            await _until_still(spool, going)
        finally:
            going.cancel()
            with suppress(asyncio.CancelledError):
                await going
    finally:
        spool.close()


async def _upload(spool: Spool, folder: Path, objects: Objects) -> None:
    """A row whose objects are not all here stays as it is: they may be found yet."""
    if not folder.is_dir():
        return
    parcels = Parcels(folder)
    for number, keys in spool.to_upload(1_000_000):
        if not all(parcels.path_of(key).exists() for key in keys):
            continue
        try:
            for key in keys:
                await objects.put_file(key, parcels.path_of(key))
            await spool.uploaded(number)
        except (HeardError, OSError, SpoolFull):
            return
        parcels.forget(keys)


async def _until_still(spool: Spool, going: "asyncio.Task[None]") -> None:
    loop = asyncio.get_running_loop()
    left, moved_at = -1, loop.time()
    while not going.done():
        now = spool.depth()[0] - len(spool.to_upload(1_000_000))
        if not now or loop.time() - moved_at > PATIENCE:
            return
        if now != left:
            left, moved_at = now, loop.time()
        await asyncio.sleep(0.1)


def _is_spool(path: Path) -> None:
    if not path.is_file():
        raise CannotHave(f"{path} is not there.")
    try:
        with closing(sqlite3.connect(path, timeout=5)) as connection:
            tables = {name for (name,) in connection.execute("select name from sqlite_master")}
    except sqlite3.DatabaseError:
        tables = set()
    if not tables >= {"row", "refused", "counter"}:
        raise CannotHave(f"{path} is no spool.")


def _nobody_holds(path: Path) -> None:
    """A process that has it open has it locked against being had alone."""
    try:
        with closing(sqlite3.connect(path, timeout=0.5, isolation_level=None)) as connection:
            connection.execute("pragma locking_mode=exclusive")
            connection.execute("begin immediate")
            connection.execute("rollback")
    except sqlite3.OperationalError:
        raise CannotHave(f"A process holds {path} open: it drains itself. Stop its intake first.") from None


def _keys(objects: str) -> list[str]:
    return [str(key) for key in json.loads(objects)]


def _objects(heard: Found) -> Objects:
    """The store in which the running Heard lets sealed objects travel."""
    if store_of(heard.home) is Store.FOLDER:
        return objects_of(CommonSettings(objects=str(heard.home.path / "incoming")))
    store = objects_server_of(heard.home)
    return objects_of(
        CommonSettings(
            objects=f"s3://{INCOMING}",
            s3_endpoint=store.endpoint,
            s3_credentials=store.credentials(who_is("art_intake")),
        )
    )
