"""The last hour, a figure a minute: kept in a bounded ring, drawn by the server."""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

MINUTES: Final = 60
MINUTE: Final = timedelta(minutes=1)
WIDTH: Final = 300
HEIGHT: Final = 80


@dataclass(frozen=True, slots=True)
class Sample:
    """One minute; the highest that was seen in it. None: not known in that minute."""

    at: datetime
    waits: float | None = None
    behind: float | None = None
    spooled: float | None = None
    parked: float | None = None


@dataclass(slots=True)
class History:
    """At most an hour of samples, the newest last."""

    samples: deque[Sample] = field(default_factory=lambda: deque(maxlen=MINUTES))

    def add(self, sample: Sample) -> None:
        """Take in a look; looks of one minute are one sample."""
        minute = sample.at.replace(second=0, microsecond=0)
        if self.samples and self.samples[-1].at >= minute:
            last = self.samples[-1]
            self.samples[-1] = Sample(
                last.at,
                _most(last.waits, sample.waits),
                _most(last.behind, sample.behind),
                _most(last.spooled, sample.spooled),
                _most(last.parked, sample.parked),
            )
        else:
            self.samples.append(replace(sample, at=minute))

    def of(self, name: str, now: datetime) -> Sequence[float | None]:
        """One figure a minute for the last hour, the oldest first; None where nothing is known."""
        known = {one.at: getattr(one, name) for one in self.samples}
        return [known.get(at) for at in minutes(now)]


def minutes(now: datetime) -> Sequence[datetime]:
    """The last sixty minutes, this one last."""
    last = now.replace(second=0, microsecond=0)
    return [last - MINUTE * (MINUTES - 1 - n) for n in range(MINUTES)]


@dataclass(frozen=True, slots=True)
class Chart:
    """A small picture of an hour. `runs` are the pieces of the line between gaps; a lone minute is a short piece."""

    name: str
    title: str
    unit: str
    values: Sequence[float | None]
    top: float
    runs: Sequence[str]
    bars: Sequence[tuple[float, float]]
    said: str


def chart(name: str, title: str, unit: str, values: Sequence[float | None], *, bars: bool = False) -> Chart:
    """Lay out an hour: the line goes from left to right, gaps stay gaps, the top is a round number."""
    top = nice(max((one for one in values if one is not None), default=0.0))
    points = [None if one is None else (_x(n), _y(one, top)) for n, one in enumerate(values)]
    runs = [] if bars else [" ".join(f"{x:g},{y:g}" for x, y in run) for run in _runs(points)]
    pillars = [(x, y) for x, y in (point for point in points if point) if y < HEIGHT] if bars else []
    return Chart(name, title, unit, values, top, runs, pillars, _said(values, unit))


def nice(most: float) -> float:
    """The round number at the top of a chart.

    >>> [nice(one) for one in (0, 1, 7, 23, 60, 260, 1001)]
    [5, 5, 10, 25, 100, 500, 2500]
    """
    size = 1
    while True:
        for step in (5, 10, 25):
            if most <= step * size:
                return step * size
        size *= 10


def table(
    charts: Iterable[Chart], now: datetime, every: int = 5
) -> Sequence[tuple[datetime, Sequence[float | None]]]:
    """The same in figures: the highest of each five minutes, the newest first."""
    of = list(charts)
    at = minutes(now)
    rows = []
    for start in range(0, MINUTES, every):
        piece = [
            max((one for one in each.values[start : start + every] if one is not None), default=None)
            for each in of
        ]
        rows.append((at[start], piece))
    return rows[::-1]


def _said(values: Sequence[float | None], unit: str) -> str:
    known = [one for one in values if one is not None]
    if not known:
        return "Nothing is known yet."
    last = "not known" if values[-1] is None else f"{values[-1]:,.0f}"
    return f"{last.capitalize()} in this minute, at most {max(known):,.0f} in the last hour ({unit})."


def _x(n: int) -> float:
    return round((n + 0.5) * WIDTH / MINUTES, 1)


def _y(value: float, top: float) -> float:
    return round(HEIGHT - HEIGHT * min(value, top) / top, 1)


def _runs(points: Sequence[tuple[float, float] | None]) -> Sequence[Sequence[tuple[float, float]]]:
    runs: list[list[tuple[float, float]]] = [[]]
    for point in points:
        if point:
            runs[-1].append(point)
        elif runs[-1]:
            runs.append([])
    half = WIDTH / MINUTES / 2
    return [
        [(run[0][0] - half, run[0][1]), (run[0][0] + half, run[0][1])] if len(run) == 1 else run
        for run in runs
        if run
    ]


def _most(one: float | None, other: float | None) -> float | None:
    known = [each for each in (one, other) if each is not None]
    return max(known, default=None)
