"""What arrived is kept, a batch at once: objects first, then the rows that know them, then the word that it is safe."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.adapters import (
    Catalogue,
    ContentKey,
    Entry,
    Epochs,
    Layer,
    Media,
    Pending,
    Shelf,
    Shelved,
    Wanted,
)
from services.archive.handlers.opening import opened, with_media
from services.archive.handlers.telling import STAGE, archived
from services.archive.rules import Change, Item, Record, describe, take
from services.archive.rules.record import METADATA, REFERENCE, Archivable
from shared.clock import Clock
from shared.contracts.events import ContributionReceived
from shared.contracts.topics import MODELS, Topic
from shared.errors import Rejected, Retryable
from shared.messaging.arrival import Arrival
from shared.messaging.effects import TOPIC_OF, Effects, Note
from shared.telemetry import log
from shared.vault import Opener


@dataclass(frozen=True, slots=True)
class Ports:
    opener: Opener
    epochs: Epochs
    shelf: Shelf
    catalogue: Catalogue
    media: Media
    effects: Effects
    now: Clock
    retention: str


class Archivist:
    """Keeps events. `note` is for one event and only computes; `keep` is the transaction of a batch."""

    def __init__(self, ports: Ports) -> None:
        self.ports = ports

    async def note(self, event: Archivable, arrival: Arrival | None) -> Note:
        """Open what an event brings, copy its media, and ask for it to be kept together with its batch.

        Raises:
            Retryable: `no_key_yet`, when a key is missing that this process should have; when media are not there.
            Rejected: when the words of an open copy stand where they were not sealed; they are not shown to anybody.
        """
        value = arrival.value if arrival and arrival.value else event.model_dump_json().encode()
        item = opened(event, value, self.ports.opener, self.ports.now(), arrival.trace if arrival else None)
        item = await with_media(item, self.ports.media, self.ports.opener, self.ports.now())
        for number, reason in item.unopened.items():
            log.warning(
                "words_do_not_open", contribution_id=str(item.about), part=number, reason=reason, stage=STAGE
            )
        return Note(self.keep, item)

    async def keep(self, connection: AsyncConnection, items: Sequence[Any]) -> None:
        """Take a batch in: everything that is new, and what waited for it. Objects are durable before rows are."""
        new = await self.ports.effects.first_times(connection, [item.event for item in items])
        fresh: dict[UUID, Item] = {item.event.event_id: item for item in items if item.event.event_id in new}
        if not fresh:
            return
        catalogue, at = self.ports.catalogue, self.ports.now()
        ids = list(dict.fromkeys(item.about for item in fresh.values()))  # numbered as they came
        await catalogue.lock(connection, ids)
        entries = await catalogue.load(connection, ids)
        waited = await catalogue.waiting(connection, ids)
        lines: dict[UUID, list[Item]] = {one: [] for one in ids}
        for item in (*map(self._reopened, waited), *fresh.values()):
            lines[item.about].append(item)
        records = await self._records(connection, lines, entries, at)
        changes = {one: take(records[one], line) for one, line in lines.items()}
        self._say_what_is_erased(changes, fresh)
        keys = self._keys(changes, entries)
        shelved = await self._shelve(connection, changes, keys, entries, at)
        kept = [
            self._entry(changes[one], keys[one], shelved.get(one), entries.get(one), at)
            for one in keys
            if changes[one].record != records[one] or one in shelved
        ]
        await catalogue.save(connection, kept, {one: entry.record for one, entry in entries.items()})
        still = {item.event.event_id: item for change in changes.values() for item in change.waiting}
        await catalogue.keep_waiting(connection, [_pending(still[one]) for one in still if one in fresh], at)
        await catalogue.wait_no_more(
            connection, [one.event_id for one in waited if one.event_id not in still]
        )
        told = [
            (archived(told, entry, shelved[entry.record.contribution_id]), told.by.trace)
            for entry in kept
            for told in changes[entry.record.contribution_id].told.values()
        ]
        await self.ports.effects.write_all(connection, told)

    def _reopened(self, waited: Pending) -> Item:
        """What waited was opened once already, when it came; if its key is gone since, its bytes are kept."""
        event: Any = MODELS[Topic(waited.topic)].model_validate_json(waited.value)
        try:
            return opened(event, waited.value, self.ports.opener, self.ports.now(), waited.trace)
        except (Rejected, Retryable) as wrong:
            log.error(
                "waited_too_long",
                contribution_id=str(waited.contribution_id),
                reason=wrong.reason,
                stage=STAGE,
            )
            return Item(event, waited.value, trace=waited.trace)

    async def _records(
        self,
        connection: AsyncConnection,
        lines: Mapping[UUID, Sequence[Item]],
        entries: Mapping[UUID, Entry],
        at: datetime,
    ) -> dict[UUID, Record]:
        """The record of each contribution; one that gets its master now gets its number."""
        records = {one: entry.record for one, entry in entries.items()}
        masters = [
            one
            for one, line in lines.items()
            if one not in entries and any(isinstance(item.event, ContributionReceived) for item in line)
        ]
        numbers = await self.ports.catalogue.numbers(connection, at.year, len(masters))
        records |= {one: Record(one, number) for one, number in zip(masters, numbers, strict=True)}
        return records | {one: Record(one) for one in lines if one not in records}

    def _keys(self, changes: Mapping[UUID, Change], entries: Mapping[UUID, Entry]) -> dict[UUID, ContentKey]:
        """The content key of every contribution that is on the shelf or will be."""
        keys = {}
        for one, change in changes.items():
            entry = entries.get(one)
            if change.received:
                keys[one] = ContentKey.new(one)
            elif entry and entry.wrapped_key is not None:
                keys[one] = self.ports.epochs.unwrap(one, entry.wrapped_key, entry.epoch)
        return keys

    async def _shelve(
        self,
        connection: AsyncConnection,
        changes: Mapping[UUID, Change],
        keys: Mapping[UUID, ContentKey],
        entries: Mapping[UUID, Entry],
        at: datetime,
    ) -> dict[UUID, Shelved]:
        wanted = []
        for one, key in keys.items():
            layers = self._layers(changes[one], key)
            entry = entries.get(one)
            if layers:
                version, digest = (entry.record.version, entry.inventory_sha512) if entry else (0, None)
                wanted.append(Wanted(one, version, digest, layers))
        if not wanted:
            return {}
        if not self.ports.shelf.is_prepared:
            empty = await self.ports.catalogue.is_empty(connection)
            await self.ports.shelf.prepare(catalogue_is_empty=empty)
        return await self.ports.shelf.add(wanted, at)

    def _layers(self, change: Change, key: ContentKey) -> list[Layer]:
        """The master is a version by itself: what was received, as it came. Everything else comes after it."""
        layers = []
        if received := change.received:
            event, number = received.event, change.record.number
            assert isinstance(event, ContributionReceived) and number is not None
            told = describe(
                event, accession=number, retention=self.ports.retention, unopened=received.unopened
            )
            layers.append(Layer("master", {METADATA: told, **_sealed(change.master, key)}))
        if change.brings:
            layers.append(Layer("additions", _sealed(change.added, key), frozenset(change.dropped)))
        return layers

    def _entry(
        self, change: Change, key: ContentKey, shelved: Shelved | None, before: Entry | None, at: datetime
    ) -> Entry:
        record = change.record
        if shelved:
            record = replace(record, version=max(shelved.inventories))
        if before is None:
            assert shelved is not None
            wrapped, epoch = self.ports.epochs.wrap(key), self.ports.epochs.current
            return Entry(record, shelved.object_key, shelved.inventories[record.version], wrapped, epoch, at)
        digest = shelved.inventories[record.version] if shelved else before.inventory_sha512
        return replace(before, record=record, inventory_sha512=digest)

    def _say_what_is_erased(self, changes: Mapping[UUID, Change], fresh: Mapping[UUID, Item]) -> None:
        for item in fresh.values():
            if changes[item.about].is_erased:
                log.info("erased_already", contribution_id=str(item.about), event_id=str(item.event.event_id))


def _sealed(files: Mapping[str, bytes], key: ContentKey) -> dict[str, bytes]:
    """Everything is sealed but references, which say where a sealed stream lies and how it must be."""
    return {
        name: clear if name.endswith(REFERENCE) else key.seal(name, clear) for name, clear in files.items()
    }


def _pending(item: Item) -> Pending:
    topic = TOPIC_OF[type(item.event)].value  # never a received event: that waits for nothing
    return Pending(item.event.event_id, item.about, topic, item.value, item.trace)
