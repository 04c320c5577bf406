"""Fixity: whether what was kept is still, byte for byte, what the catalogue knows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from services.archive.adapters import Catalogue, Entry, Media, Reference, Shelf
from services.archive.rules.record import METADATA, REFERENCE
from shared.telemetry import log
from shared.telemetry.meters import NOWHERE, Meters
from shared.telemetry.metrics import Metric


@dataclass(frozen=True, slots=True)
class Fixity:
    engine: AsyncEngine
    catalogue: Catalogue
    shelf: Shelf
    media: Media
    meters: Meters = NOWHERE

    async def check(self, count: int) -> dict[str, Any]:
        """Check so many objects, drawn by chance; `damaged` names accessions and what is wrong with each."""
        async with self.engine.connect() as connection:
            found: dict[str, Any] = await self.catalogue.counts(connection)
            ids = await self.catalogue.sample(connection, count)
        damaged = []
        for one in ids:
            async with (
                self.engine.begin() as connection
            ):  # holds the row, so that nobody adds a version meanwhile
                entry = (await self.catalogue.load(connection, [one])).get(one)
                wrong = await self._wrong(entry)
            if entry and wrong:
                log.error("fixity_broken", accession=entry.record.number, reason=wrong[0])
                damaged.append({"accession": entry.record.number, "wrong": list(wrong)})
        self.meters.count(Metric.FIXITY_CHECKED, len(ids))
        self.meters.count(Metric.FIXITY_FAILED, len(damaged))
        return {**found, "checked": len(ids), "damaged": damaged}

    async def _wrong(self, entry: Entry | None) -> Sequence[str]:
        if entry is None:
            return ()
        place = (entry.object_key, entry.record.version, entry.inventory_sha512)
        wrong = await self.shelf.verify(*place)
        if "damaged" in wrong:
            return wrong
        inventory = await self.shelf.inventory(*place)
        names = [name for name in inventory.state if name.endswith(REFERENCE) and name != METADATA]
        for name in names:
            text = await self.shelf.read(entry.object_key, inventory, name)
            if found := await self.media.verify(Reference.parse(text)):
                wrong = (*wrong, f"media_{found}")
        return wrong
