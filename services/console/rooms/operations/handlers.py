"""Watches: asks everybody every few seconds, each by itself, so that whoever is away or slow hides nobody else."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Protocol

from services.console.rooms.operations.adapters.health import Answer, Health
from services.console.rooms.operations.rules import Facts, View, overview
from services.console.rooms.operations.rules.counting import Hour, Seen
from services.console.rooms.operations.rules.facts import (
    RECEIVED_BY,
    Account,
    Concerns,
    Database,
    Heard,
    Kafka,
    Letters,
    Process,
    Spool,
    Waiting,
)
from services.console.rooms.operations.rules.history import History, Sample
from shared.clock import Clock
from shared.contracts.topics import GROUPS, retry_of
from shared.errors import Unavailable

PAGES_AT_ONCE: Final = 5
"""Pages of a thousand receipts that one look reads of one intake: after a start it catches up in some minutes."""


class Log(Protocol):
    """What a look asks of Kafka."""

    async def ask(self) -> tuple[int, dict[tuple[str, str], Waiting]]: ...


@dataclass
class Watch:
    """What was heard last of everybody. `addresses` are `(name, http://host:port)`; a name may stand there several times.

    `every` is how often it asks, `account_every` how often it asks the ledger for its whole account; in seconds.
    """

    addresses: Sequence[tuple[str, str]]
    health: Health
    log: Log
    now: Clock
    every: float = 2.0
    account_every: float = 30.0
    history: History = field(default_factory=History)
    hour: Hour = field(default_factory=Hour)
    looks: int = 0

    def __post_init__(self) -> None:
        self.began = self.now()
        heard = Heard(self.began)
        self.processes = {address: Process(heard) for _, address in self.addresses}
        self.kafka, self.database = Kafka(heard), Database(heard)
        self.letters, self.concerns, self.account = Letters(heard), Concerns(heard), Account(heard)
        self._receipts: dict[str, Seen] = {}
        self._looked = asyncio.Condition()
        self.view: View = overview(self.facts())

    def facts(self) -> Facts:
        now = self.now()
        by_name: dict[str, list[Process]] = {}
        for name, address in self.addresses:
            by_name.setdefault(name, []).append(self.processes[address])
        return Facts(
            now=now,
            began=self.began,
            processes=by_name,
            kafka=self.kafka,
            database=self.database,
            letters=self.letters,
            concerns=self.concerns,
            account=self.account,
            arrivals=self.hour.arrivals(now),
        )

    @property
    def loops(self) -> Sequence[Callable[[], Awaitable[None]]]:
        return (
            self.ask_services,
            self.ask_kafka,
            self.ask_letters,
            self.ask_concerns,
            self.ask_account,
            self.count_receipts,
            self.look_around,
        )

    async def looked(self, after: int, within: float) -> None:
        """Wait for a look that is newer than `after`, at most so long."""
        try:
            async with asyncio.timeout(within), self._looked:
                await self._looked.wait_for(lambda: self.looks > after)
        except TimeoutError:
            return

    async def look_around(self) -> None:
        while True:
            await asyncio.sleep(self.every)
            await self.look()

    async def look(self) -> None:
        """Find out what the facts mean now, and wake whoever watches."""
        facts = self.facts()
        self.view = overview(facts)
        self.history.add(sample(facts))
        self.looks += 1
        async with self._looked:
            self._looked.notify_all()

    async def ask_services(self) -> None:
        await asyncio.gather(*(self._ask_for_ever(name, address) for name, address in self.addresses))

    async def ask_kafka(self) -> None:
        while True:
            try:
                brokers, lags = await self.log.ask()
            except Unavailable:
                pass
            else:
                heard, most = self._heard(self.kafka.heard), max(brokers, self.kafka.most_brokers)
                self.kafka = Kafka(heard, brokers, most, lags)
            await asyncio.sleep(self.every)

    async def ask_letters(self) -> None:
        while True:
            if answer := await self._database_says("ledger", "/dead"):
                self.letters = Letters(self._heard(self.letters.heard), letters_of(answer.said))
            await asyncio.sleep(self.every)

    async def ask_concerns(self) -> None:
        while True:
            if answer := await self._database_says("pager", "/concerns"):
                self.concerns = concerns_of(answer.said, self._heard(self.concerns.heard))
            await asyncio.sleep(self.every)

    async def ask_account(self) -> None:
        while True:
            if answer := await self._database_says("ledger", "/balance", within=30.0):
                self.account = account_of(answer.said, self._heard(self.account.heard))
            await asyncio.sleep(self.account_every if answer else self.every)

    async def count_receipts(self) -> None:
        """What came in, by the intakes' own receipts: so it is known with Kafka, ledger and database away."""
        while True:
            intakes = [address for name, address in self.addresses if name in RECEIVED_BY]
            await asyncio.gather(*map(self._count, intakes))
            await asyncio.sleep(self.every)

    async def _ask_for_ever(self, name: str, address: str) -> None:
        while True:
            if answer := await self.health.get(f"{address}/ready"):
                self._note(address, answer)
            await asyncio.sleep(self.every)

    def _note(self, address: str, answer: Answer) -> None:
        before, said = self.processes[address], answer.said
        ready = bool(said.get("ready"))
        self.processes[address] = process_of(
            said,
            heard=self._heard(before.heard),
            unready_since=None if ready else before.unready_since or self.now(),
        )
        if said.get("database") == "ok":
            self.database = replace(self.database, heard=self._heard(self.database.heard))
        elif said.get("database") == "failing":
            self.database = replace(self.database, refused_at=self.now())

    async def _database_says(self, name: str, path: str, within: float | None = None) -> Answer | None:
        """The answer of the first process that has one; notes whether the database answered it."""
        for one, address in self.addresses:
            if one == name and (answer := await self.health.get(address + path, within)):
                if answer.is_well:
                    self.database = replace(self.database, heard=self._heard(self.database.heard))
                    return answer
                if answer.says_database_away:
                    self.database = replace(self.database, refused_at=self.now())
        return None

    async def _count(self, address: str) -> None:
        seen = self._receipts.setdefault(address, Seen())
        for _ in range(PAGES_AT_ONCE):
            answer = await self.health.get(f"{address}/receipts", after=str(seen.after))
            if answer is None or not answer.is_well:
                return
            spool = str(answer.said.get("spool", ""))
            if seen.spool not in ("", spool):
                self._receipts[address] = Seen(spool)  # its disk was lost: its numbers begin anew
                return
            seen.spool = spool
            rows: Sequence[Mapping[str, Any]] = answer.said.get("receipts", ())
            for row in rows:
                seen.after = max(seen.after, int(row["seq"]))
                if seen.is_new(str(row["event_id"]), bool(row["acked_at"])):
                    self.hour.add(str(row["channel"]), datetime.fromisoformat(row["accepted_at"]), self.now())
            if not rows:
                return

    def _heard(self, before: Heard) -> Heard:
        return replace(before, at=self.now())


def process_of(said: Mapping[str, Any], *, heard: Heard, unready_since: datetime | None) -> Process:
    """What one `/ready` tells."""
    spool = None
    if "spool_depth" in said:
        spool = Spool(int(said["spool_depth"]), float(said["spool_age"]), int(said["set_aside"]))
    ringing, groups = said.get("ringing"), said.get("groups")
    return Process(
        heard=heard,
        unready_since=unready_since,
        spool=spool,
        can_ring=bool(said.get("can_ring", True)),
        groups={str(name): str(one) for name, one in groups.items()} if isinstance(groups, Mapping) else {},
        ringing=sum(int(n) for n in ringing.values()) if isinstance(ringing, Mapping) else 0,
    )


def letters_of(said: Mapping[str, Any]) -> Mapping[str, Waiting]:
    found: dict[str, Waiting] = {}
    for one in said.get("letters", ()):
        group = str(one["group"])
        if group in GROUPS:
            found[group] = found.get(group, Waiting()) + Waiting(1, datetime.fromisoformat(one["at"]))
    return found


def concerns_of(said: Mapping[str, Any], heard: Heard) -> Concerns:
    oldest = said.get("oldest_untaken")
    return Concerns(
        heard, int(said["open"]), int(said["untaken"]), datetime.fromisoformat(oldest) if oldest else None
    )


def account_of(said: Mapping[str, Any], heard: Heard) -> Account:
    total = said["total"]
    return Account(
        heard, *(int(total[name]) for name in ("accepted", "archived", "held", "in_flight", "missing"))
    )


def sample(facts: Facts) -> Sample:
    """One look, as the charts keep it."""
    known = not facts.kafka_away and not facts.kafka.heard.is_new
    read = [group for group in GROUPS if group != "ledger"]
    retrying = sum(facts.waiting(retry_of(group)).behind for group in GROUPS)
    letters = sum(one.behind for one in facts.letters.by_group.values())
    spools = [name for name in RECEIVED_BY if name in facts.processes]
    return Sample(
        at=facts.now,
        waits=facts.waiting("triage").seconds(facts.now) if known else None,
        behind=float(sum(facts.waiting(group).behind for group in read)) if known else None,
        spooled=float(sum(facts.spool(name).depth for name in spools)),
        parked=float(retrying + letters) if known and not facts.letters.heard.is_new else None,
    )
