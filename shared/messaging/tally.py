"""What one lane counts: once a batch, so that a record costs next to nothing."""

import time
from collections.abc import Iterable

from shared.telemetry.labels import for_whom, why_dead, why_parked
from shared.telemetry.meters import NOWHERE, Figure, Meters
from shared.telemetry.metrics import Metric


class Tally:
    """Of one lane; `group` is the router's, for the lane of its retries as well."""

    def __init__(self, group: str, meters: Meters = NOWHERE) -> None:
        self.group, self._meters = group, meters
        self._since: float | None = None
        self._whom = ""
        self._parked = 0
        meters.near((Metric.WAITING,), self._now)

    def batch(self, settled: int, again: int, began: float) -> None:
        """So many records were settled now, and so many had been before; `began` by the monotonic clock."""
        self._meters.count(Metric.HANDLED, settled - self._parked, group=self.group)
        self._meters.count(Metric.AGAIN, again, group=self.group)
        self._meters.observe(Metric.BATCH, time.monotonic() - began, group=self.group)
        self._parked = 0

    def parked(self, reason: str, *, dead: bool) -> None:
        self._parked += 1
        if dead:
            self._meters.count(Metric.DEAD, group=self.group, reason=why_dead(reason))
        else:
            self._meters.count(Metric.PARKED, group=self.group, reason=why_parked(reason))

    def waits(self, fault: str) -> None:
        """The batch stays where it is, because somebody is away."""
        self._since = time.monotonic() if self._since is None else self._since
        self._whom = for_whom(fault)

    def goes_on(self) -> None:
        self._since = None

    def rebalanced(self) -> None:
        self._meters.count(Metric.REBALANCES, group=self.group)

    def commit_failed(self) -> None:
        self._meters.count(Metric.COMMIT_FAILURES, group=self.group)

    def _now(self) -> Iterable[Figure]:
        if self._since is not None:
            labels = {"group": self.group, "reason": self._whom}
            yield Metric.WAITING, time.monotonic() - self._since, labels
