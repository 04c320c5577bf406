"""A service of one group whose process dies of one record, as of a defect in a library: no exception, no last word.

`python -m tests.support.killing BOOTSTRAP DATABASE GROUP TOPIC STATE KILLER` runs it until it is stopped or dies.
"""

import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared import clock
from shared.contracts.base import Event
from shared.contracts.events import ContributionReceived
from shared.contracts.topics import Topic
from shared.database import connect
from shared.messaging.effects import Effect
from shared.messaging.relay import Relay
from shared.messaging.router import Router
from shared.service import Service
from shared.settings import CommonSettings
from tests.support.routing import BOOK, anonymised, done

DIED = 66


async def run(bootstrap: str, database: str, group: str, topic: str, state: str, killer: str) -> int:
    engine = connect(database)
    routes = Router(group, engine=engine, book=BOOK, retry_after=0.2)

    @routes.subscriber(Topic(topic), batch=16, session_timeout_ms=6000, heartbeat_interval_ms=2000)
    @routes.publisher(Topic.ANONYMISED)
    async def count(event: ContributionReceived) -> Effect:
        await asyncio.sleep(0.01)
        if str(event.event_id) == killer:
            os._exit(DIED)

        async def apply(connection: AsyncConnection) -> Sequence[Event]:
            await connection.execute(insert(done).values(event_id=event.event_id))
            return [anonymised(event, group)]

        return Effect(apply)

    settings = CommonSettings(kafka=(bootstrap,), state=Path(state))
    return await Service(
        name="killing",
        settings=settings,
        routers=(routes,),
        relay=Relay(engine, BOOK, clock.now),
        closing=(engine.dispose,),
    ).run()


async def restarted(words: Sequence[str], enough: Callable[[], bool]) -> list[int]:
    """Run it, and again each time that it dies, until that is enough; then stop it. Gives the statuses."""
    statuses: list[int] = []
    while True:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.support.killing", *words, stderr=asyncio.subprocess.DEVNULL
        )
        while child.returncode is None and not enough():
            await asyncio.sleep(0.1)
        if child.returncode is None:
            child.terminate()
            return [*statuses, await child.wait()]
        statuses.append(child.returncode)
        assert len(statuses) < 10, "it dies for ever"


if __name__ == "__main__":
    sys.exit(asyncio.run(run(*sys.argv[1:])))
