"""Slows whoever guesses at codes: so many wrong ones from one place, and a wait for everybody while many are wrong."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

WITHIN: Final = timedelta(minutes=10)
PLACES: Final = 10_000
"""How many places are remembered; the one that has been quiet for longest is forgotten first."""
FREE: Final = 20
"""Wrong codes in a minute, from anywhere, that cost nobody a wait."""
LONGEST: Final = 3.0


@dataclass(slots=True)
class Guesses:
    """`most` wrong ones are let through from one place within ten minutes. `place` is a keyed digest of where a request comes from: it lives in memory, and for minutes."""

    most: int
    _wrong: dict[str, deque[datetime]] = field(default_factory=dict)
    _recent: deque[datetime] = field(default_factory=lambda: deque(maxlen=1000))

    def is_too_many(self, place: str, now: datetime) -> bool:
        times = self._wrong.get(place)
        while times and now - times[0] > WITHIN:
            times.popleft()
        return bool(times) and len(times or ()) >= self.most

    def wait(self, now: datetime) -> float:
        """Seconds that every look-up waits now, whether its code is right or wrong."""
        while self._recent and now - self._recent[0] > timedelta(minutes=1):
            self._recent.popleft()
        return min(LONGEST, max(0, len(self._recent) - FREE) / 20)

    def wrong(self, place: str, now: datetime) -> None:
        times = self._wrong.pop(place, deque(maxlen=self.most))
        times.append(now)
        self._wrong[place] = times  # now the last
        self._recent.append(now)
        while len(self._wrong) > PLACES:
            del self._wrong[next(iter(self._wrong))]
