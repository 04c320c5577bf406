"""An archive in memory: the real handlers, shelf and keys; tables and objects are dictionaries."""

import copy
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.adapters import BOOK, Catalogue, ContentKey, Entry, Epochs, Media, Pending, Shelf
from services.archive.handlers import Archivist, Ports
from services.archive.rules import Item, Record, accession_number
from services.archive.rules.record import Archivable
from shared.contracts.base import Event
from shared.contracts.events import (
    ContributionAnonymised,
    ContributionArchived,
    ContributionRead,
    ContributionReceived,
    ContributionTriaged,
)
from shared.contracts.ids import output_of
from shared.contracts.parts import Part
from shared.contracts.values import HoldCause, Level, Outcome, PartKind, Status
from shared.messaging.effects import Effects
from shared.vault import Binding, Box, Purpose
from tests.support.events import NOW
from tests.support.keys import keys_of
from tests.support.objects import MemoryObjects

NO_CONNECTION = cast(AsyncConnection, None)
PREFIX = "archive"


@dataclass
class Rows:
    entries: dict[UUID, Entry] = field(default_factory=dict)
    pending: dict[UUID, Pending] = field(default_factory=dict)
    counter: dict[int, int] = field(default_factory=dict)
    seen: set[UUID] = field(default_factory=set)
    outbox: list[ContributionArchived] = field(default_factory=list)


class MemoryCatalogue(Catalogue):
    def __init__(self) -> None:
        self.rows = Rows()

    async def lock(self, connection: AsyncConnection, ids: Collection[UUID]) -> None:
        """Nobody else is here."""

    async def load(self, connection: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, Entry]:
        return {one: self.rows.entries[one] for one in ids if one in self.rows.entries}

    async def waiting(self, connection: AsyncConnection, ids: Collection[UUID]) -> list[Pending]:
        return [one for one in self.rows.pending.values() if one.contribution_id in ids]

    async def numbers(self, connection: AsyncConnection, year: int, count: int) -> list[str]:
        last = self.rows.counter[year] = self.rows.counter.get(year, 0) + count
        return [accession_number(year, number) for number in range(last - count + 1, last + 1)]

    async def is_empty(self, connection: AsyncConnection) -> bool:
        return not self.rows.entries

    async def save(
        self, connection: AsyncConnection, entries: Sequence[Entry], before: Mapping[UUID, Record]
    ) -> None:
        self.rows.entries |= {entry.record.contribution_id: entry for entry in entries}

    async def keep_waiting(
        self, connection: AsyncConnection, waiting: Sequence[Pending], at: datetime
    ) -> None:
        self.rows.pending |= {one.event_id: one for one in waiting}

    async def wait_no_more(self, connection: AsyncConnection, ids: Collection[UUID]) -> None:
        for one in ids:
            del self.rows.pending[one]


class MemoryEffects(Effects):
    """The book, kept with the catalogue's rows."""

    def __init__(self, catalogue: MemoryCatalogue) -> None:
        super().__init__("archive", cast(Any, None), BOOK, lambda: NOW)
        object.__setattr__(self, "_catalogue", catalogue)

    @property
    def rows(self) -> Rows:
        return cast(MemoryCatalogue, object.__getattribute__(self, "_catalogue")).rows

    async def first_times(self, connection: AsyncConnection, events: Sequence[Event]) -> frozenset[UUID]:
        new = frozenset(event.event_id for event in events) - self.rows.seen
        self.rows.seen |= new
        return new

    async def write_all(
        self, connection: AsyncConnection, outgoing: Sequence[tuple[Event, str | None]]
    ) -> None:
        self.rows.outbox += [cast(ContributionArchived, event) for event, _ in outgoing]


class World:
    """An archive, and what can be seen of it."""

    def __init__(self, objects: Any = None) -> None:
        self.objects = objects or MemoryObjects()
        self.incoming = MemoryObjects()
        self.catalogue = MemoryCatalogue()
        self.epochs = Epochs({"1": Box(keys_of("archive").secret("epoch"))}, "1")
        self.start()

    def start(self) -> None:
        """A new process over the same tables and objects."""
        self.shelf = Shelf(self.objects, PREFIX)
        effects = MemoryEffects(self.catalogue)
        self.archivist = Archivist(
            Ports(
                keys_of("archive").opener,
                self.epochs,
                self.shelf,
                self.catalogue,
                Media(self.incoming, self.objects, "media"),
                effects,
                lambda: NOW,
                "heard-1",
            )
        )

    @property
    def rows(self) -> Rows:
        return self.catalogue.rows

    async def keep(self, *events: Archivable, commits: bool = True) -> None:
        """One batch: all of it or nothing, as a transaction would have it. `commits=False` dies before the commit."""
        before = copy.deepcopy(self.rows)
        items: list[Item] = [(await self.archivist.note(event, None)).what for event in events]
        try:
            await self.archivist.keep(NO_CONNECTION, items)
        except BaseException:
            self.catalogue.rows = before
            raise
        if not commits:
            self.catalogue.rows = before

    async def files(self) -> dict[str, bytes]:
        """Everything below the storage root."""
        keys = await self.objects.list(PREFIX)
        return {key[len(PREFIX) + 1 :]: await self.objects.get(key) for key in keys}

    def key(self, contribution_id: UUID) -> ContentKey:
        entry = self.rows.entries[contribution_id]
        assert entry.wrapped_key
        return self.epochs.unwrap(contribution_id, entry.wrapped_key, entry.epoch)

    async def contents(self, contribution_id: UUID) -> dict[str, bytes]:
        """What the newest version of a contribution's object holds, opened; by name."""
        entry, key = self.rows.entries[contribution_id], self.key(contribution_id)
        inventory = await self.shelf.inventory(entry.object_key, entry.record.version, entry.inventory_sha512)
        kept = {name: await self.shelf.read(entry.object_key, inventory, name) for name in inventory.state}
        return {name: text if name.endswith(".json") else key.open(name, text) for name, text in kept.items()}

    async def metadata(self, contribution_id: UUID) -> dict[str, Any]:
        return cast(dict[str, Any], json.loads((await self.contents(contribution_id))["metadata.json"]))

    def told(self) -> list[tuple[str, int | None]]:
        return [(event.step.value, event.part) for event in self.rows.outbox]


def anonymised(
    source: ContributionReceived | ContributionRead,
    words: str | None,
    *,
    part: int = 1,
    revision: int = 1,
    about: UUID | None = None,
) -> ContributionAnonymised:
    """What the anonymiser says of a part; held for a reviewer when there are no words."""
    context = source.context
    contribution_id = about or context.contribution_id
    binding = Binding(context.contribution_id, part, context.channel)
    seal = keys_of("anonymiser").sealer.seal
    return ContributionAnonymised(
        event_id=output_of("anonymiser", source.event_id, part, revision),
        contribution_id=contribution_id,
        channel=context.channel,
        part=part,
        source=source.event_id,
        revision=revision,
        status=Status.HELD if words is None else Status.OPEN,
        causes=(HoldCause.DOUBT,) if words is None else (),
        words=None if words is None else seal(Purpose.OPEN, words.encode(), binding, week="2026W48"),
        marks=None if words is None else seal(Purpose.OPEN, b"[]", binding, week="2026W48"),
        rules_version="1",
    )


def triaged(
    source: ContributionReceived | ContributionRead, level: Level, *, part: int = 1, revision: int = 1
) -> ContributionTriaged:
    context = source.context
    binding = Binding(context.contribution_id, part, context.channel)
    return ContributionTriaged(
        event_id=output_of("triage", source.event_id, part, revision),
        contribution_id=context.contribution_id,
        channel=context.channel,
        received_at=context.received_at,
        part=part,
        source=source.event_id,
        revision=revision,
        level=level,
        rules_version="1",
        lexicon_version="1",
        findings=keys_of("triage").sealer.seal(Purpose.FINDINGS, b"{}", binding, week="2026W48"),
    )


def read(
    source: ContributionReceived, words: str, *, part: int = 1, number: int = 2, revision: int = 1
) -> ContributionRead:
    """What the reader makes of a part: words, numbered after what was received."""
    sealed = keys_of("reader").sealer.seal(
        Purpose.WORDS, words.encode(), Binding.of(source.context, number), week="2026W48"
    )
    return ContributionRead(
        event_id=output_of("reader", source.event_id, part, revision),
        context=source.context,
        source=source.event_id,
        part=part,
        revision=revision,
        outcome=Outcome.WORDS,
        words=(
            Part(
                number=number,
                parent=part,
                kind=PartKind.WORDS,
                size=len(words),
                digest="0" * 64,
                words=sealed,
            ),
        ),
        reader_version="1",
    )
