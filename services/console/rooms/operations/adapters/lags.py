"""What Kafka says, added up by group and topic."""

from collections.abc import Sequence

from services.console.rooms.operations.rules.facts import Waiting
from shared.messaging.lag import Lags


class Log:
    """Keeps the connections between two looks."""

    def __init__(self, bootstrap: Sequence[str]) -> None:
        self._lags = Lags(bootstrap, within=8.0)

    async def ask(self) -> tuple[int, dict[tuple[str, str], Waiting]]:
        """How many brokers there are, and what waits for each group on each topic.

        Raises:
            Unavailable: when Kafka does not answer.
        """
        found: dict[tuple[str, str], Waiting] = {}
        for one in await self._lags.ask():
            place = one.group, one.topic
            found[place] = found.get(place, Waiting()) + Waiting(one.behind, one.oldest)
        return await self._lags.brokers(), found

    async def close(self) -> None:
        await self._lags.close()
