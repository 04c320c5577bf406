"""What the ledger knows, as figures: how the books stand, how far each group is behind, who was last heard of when."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.ledger.adapters.figures import Counted
from services.ledger.adapters.tables import beat
from shared.clock import Clock
from shared.contracts.topics import GROUPS
from shared.messaging.effects import ago
from shared.messaging.lag import Lag
from shared.telemetry.meters import Figure
from shared.telemetry.metrics import Metric

BALANCE: Final = (
    Metric.TOTAL,
    Metric.STATES,
    Metric.STUCK,
    Metric.OTHER_WORDS,
    Metric.NO_RECEIPT,
    Metric.LETTERS,
    Metric.LETTERS_OLDEST,
    Metric.RETRYING,
    Metric.LOOKED,
)
LAG: Final = (Metric.LAG, Metric.LAG_OLDEST, Metric.LAG_ASKED)


def of_balance(counted: Counted, now: datetime) -> Iterable[Figure]:
    """One look at the whole."""
    for channel, states in counted.balance["channels"].items():
        for state, n in states.items():
            if state == "accepted":
                yield Metric.TOTAL, n, {"channel": channel}
            else:
                yield Metric.STATES, n, {"channel": channel, "state": state}
    figures = counted.figures
    yield Metric.STUCK, sum(figures.stuck.values()), {}
    yield Metric.OTHER_WORDS, figures.other_words, {}
    yield Metric.NO_RECEIPT, figures.no_receipt, {}
    retrying = {one["group"]: one["retrying"] for one in counted.balance["parked"]}
    for group in GROUPS:
        oldest = counted.oldest_letters.get(group)
        yield Metric.LETTERS, figures.letters.get(group, 0), {"group": group}
        yield Metric.LETTERS_OLDEST, ago(oldest, now) if oldest else 0.0, {"group": group}
        yield Metric.RETRYING, retrying.get(group, 0), {"group": group}
    yield Metric.LOOKED, now.timestamp(), {}


def of_alarms(causes: Iterable[str]) -> Iterable[Figure]:
    """How many alarms last, by the kind of their cause."""
    kinds = [cause.partition(":")[0] for cause in causes]
    return [(Metric.ALARMS, kinds.count(kind), {"cause": kind}) for kind in set(kinds)]


def of_lags(lags: Sequence[Lag], now: datetime) -> Iterable[Figure]:
    """How far each group is behind, over all its partitions: records, and the oldest of them."""
    behind: dict[str, int] = {}
    oldest: dict[str, float] = {}
    for one in lags:
        behind[one.group] = behind.get(one.group, 0) + one.behind
        waits = ago(one.oldest, now) if one.behind and one.oldest else 0.0
        oldest[one.group] = max(oldest.get(one.group, 0.0), waits)
    for group, n in behind.items():
        yield Metric.LAG, n, {"group": group}
        yield Metric.LAG_OLDEST, oldest[group], {"group": group}
    yield Metric.LAG_ASKED, now.timestamp(), {}


async def heartbeats(engine: AsyncEngine, now: Clock) -> Iterable[Figure]:
    """Since when nothing was heard of each service, of whichever of its processes."""
    asked = select(beat.c.service, func.max(beat.c.at)).group_by(beat.c.service)
    async with engine.connect() as connection:
        last: Mapping[str, datetime] = {row[0]: row[1] for row in await connection.execute(asked)}
    moment = now()
    return [(Metric.HEARTBEAT, ago(at, moment), {"service": service}) for service, at in last.items()]
