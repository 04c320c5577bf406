"""How many contributions came, by channel: counted from the intakes' receipts in a bounded hour of ten-second boxes."""

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from services.console.rooms.operations.rules.facts import Arrivals
from services.console.rooms.operations.rules.history import minutes

BOX: Final = 10
HOUR: Final = timedelta(hours=1)
_BOXES: Final = 3600 // BOX + 6


@dataclass(slots=True)
class Hour:
    """Boxes of ten seconds: when each began, and how many came in it by channel."""

    boxes: dict[int, Counter[str]] = field(default_factory=dict)

    def add(self, channel: str, at: datetime, now: datetime) -> None:
        """Count one; what is older than an hour is not counted, what is from the future counts as now."""
        box = min(_box(at), _box(now))
        if box > _box(now) - _BOXES:
            self.boxes.setdefault(box, Counter())[channel] += 1
        for old in (
            [one for one in self.boxes if one <= _box(now) - _BOXES] if len(self.boxes) > _BOXES else ()
        ):
            del self.boxes[old]

    def arrivals(self, now: datetime) -> Mapping[str, Arrivals]:
        """The last minute and the last hour of each channel."""
        minute, hour = Counter[str](), Counter[str]()
        for box, counted in self.boxes.items():
            age = _box(now) - box
            if 0 <= age <= 60 // BOX:
                minute.update(counted)
            if 0 <= age <= 3600 // BOX:
                hour.update(counted)
        return {channel: Arrivals(minute[channel], hour[channel]) for channel in hour}

    def by_minute(self, now: datetime) -> Sequence[float]:
        """How many came in each of the last sixty minutes, the oldest first."""
        counted = Counter[datetime]()
        for box, channels in self.boxes.items():
            at = datetime.fromtimestamp(box * BOX, UTC).replace(second=0, microsecond=0)
            counted[at] += channels.total()
        return [float(counted[at.astimezone(UTC)]) for at in minutes(now)]


@dataclass(slots=True)
class Seen:
    """Where we are in one spool's receipts. A row comes again when Kafka has it, so those that it had not are remembered."""

    spool: str = ""
    after: int = 0
    unpublished: set[str] = field(default_factory=set)
    order: deque[str] = field(default_factory=deque)
    most: int = 200_000

    def is_new(self, event_id: str, published: bool) -> bool:
        """Whether this receipt is of a contribution that was not counted yet."""
        if event_id in self.unpublished:
            if published:
                self.unpublished.discard(event_id)
            return False
        if not published:
            self.unpublished.add(event_id)
            self.order.append(event_id)
            while len(self.order) > self.most:
                self.unpublished.discard(self.order.popleft())
        return True


def _box(at: datetime) -> int:
    return int(at.timestamp()) // BOX
