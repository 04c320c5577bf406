"""With Kafka away the pager asks the intakes: what was accepted and is nowhere else rings as well."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid5

from services.pager.adapters.intakes import Intakes
from services.pager.adapters.local import Local
from services.pager.adapters.postgres import Tables
from services.pager.rules.desk import INTAKE, about_intake
from services.pager.rules.facts import Doubt, Fact, IntakeWaits
from services.pager.rules.spools import Receipt, Spool
from shared.clock import Clock
from shared.concerns.rules import SET_ASIDE
from shared.database import is_away, within
from shared.errors import Unavailable
from shared.telemetry import log

_PAGES: Final = 1000
_CATCHES_UP: Final = timedelta(minutes=1)  # a consumer group may stand still while its members change


@dataclass(slots=True)
class Puller:
    """Pulls one intake's receipts, for ever."""

    intake: str
    intakes: Intakes
    tables: Tables
    local: Local
    now: Clock
    new_id: Callable[[], UUID]
    wake: Callable[[], None]
    patience: timedelta
    every: float = 10.0
    database_patience: float = 5.0
    answers: bool | None = None
    spool: Spool = field(init=False)

    def __post_init__(self) -> None:
        self.spool = Spool(self.intake)

    async def run(self) -> None:
        while True:
            try:
                await self.pull()
            except Exception as error:
                log.critical("pull_failed", intake=self.intake, exc_info=error)
            await asyncio.sleep(self.every)

    async def pull(self) -> None:
        """Read what changed. An intake that does not answer is the ledger's alarm; what it had still counts."""
        try:
            aside = await self._read()
            self.answers = True
        except Unavailable as away:
            if self.answers is not False:
                log.warning("intake_away", intake=self.intake, reason=away.reason)
            aside, self.answers = [], False
        for one in aside:
            await self._note(uuid5(INTAKE, f"{SET_ASIDE}/{one.event_id}"), self._set_aside(one), once=True)
        late = self.spool.late(self.now(), self.patience, self.new_id)
        for waits in (late, await self._unheard()):
            if waits is not None:
                await self._note(about_intake(waits, waits.first), waits, once=False)

    async def _read(self) -> list[Receipt]:
        aside: list[Receipt] = []
        quiet = True
        for _ in range(_PAGES):
            page = await self.intakes.receipts(self.intake, self.spool.after)
            if not page:
                break
            quiet = False
            aside += self.spool.read(page, self.now())
        self.spool.compare(await self.intakes.depth(self.intake), quiet=quiet)
        return aside

    async def _unheard(self) -> IntakeWaits | None:
        """What the intake published and never reached us: a lost right, a consumer that hangs, a log that lost it."""
        asked = self.spool.unsure(self.now(), max(self.patience, _CATCHES_UP))
        if not asked:
            return None
        try:
            self.spool.heard(await within(self.database_patience, self.tables.heard(asked)))
        except Exception as error:
            if not is_away(error):
                log.critical("heard_defect", intake=self.intake, exc_info=error)
            return None
        return self.spool.unheard(asked, self.now(), self.new_id)

    def _set_aside(self, one: Receipt) -> Doubt:
        """The broker refused it for its content: it will never get a level."""
        return Doubt(
            contribution_id=one.contribution_id,
            cause=SET_ASIDE,
            intake=self.intake,
            new_id=self.new_id(),
            at=self.now(),
        )

    async def _note(self, event_id: UUID, fact: Fact, *, once: bool) -> None:
        try:
            noting = self.tables.note(event_id if once else None, fact, self.now())
            await within(self.database_patience, noting)
        except Exception as error:
            if not is_away(error):
                log.critical("note_defect", intake=self.intake, exc_info=error)
            try:
                await self.local.note(event_id, fact)
            except Unavailable:
                log.critical("note_not_durable", intake=self.intake)
        self.wake()
