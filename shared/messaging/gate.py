"""Whether a group takes records. An operator may close it by a file; most records failing closes it by itself.

The file is in the folder that outlives the process, so a paused group stays paused; it is read where it changed.
"""

import json
import sys
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from shared.files import write_whole
from shared.messaging.arrival import Place
from shared.telemetry import log

LAST: Final = 200
MOST: Final = LAST // 2
"""So many of the last `LAST` records may fail; then the fault is ours, and the line stops."""


Stamp = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Order:
    """What an operator wants of a group. `resumed` counts: a higher figure than before lifts a halt."""

    paused: bool = False
    resumed: int = 0


def order_file(state: Path, group: str) -> Path:
    return state / "groups" / f"{group}.json"


def read_order(path: Path) -> Order:
    """The order that holds; that of nobody, when there is none.

    Raises:
        ValueError: when the file is no order.
    """
    try:
        told: Any = json.loads(path.read_bytes())
    except FileNotFoundError:
        return Order()
    if not isinstance(told, dict) or told.keys() != {"paused", "resumed"}:
        raise ValueError("no order")
    if not isinstance(told["paused"], bool) or not isinstance(told["resumed"], int):
        raise ValueError("no order")
    return Order(told["paused"], told["resumed"])


def write_order(path: Path, order: Order) -> None:
    """Readers see the old order or the new one; it survives a power cut."""
    _write(path, asdict(order))


def passed_file(state: Path, group: str) -> Path:
    return state / "groups" / f"{group}.passed.json"


def read_passed(path: Path) -> dict[str, int]:
    """How far a group had come before it was moved back, by `topic/partition`.

    Raises:
        ValueError: when the file is not that.
    """
    try:
        told: Any = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    if not isinstance(told, dict) or not all(isinstance(one, int) for one in told.values()):
        raise ValueError("no offsets")
    return told


def write_passed(path: Path, offsets: Mapping[str, int]) -> None:
    """Written before a group is moved back; what is further on than before holds."""
    known = read_passed(path)
    _write(path, {place: max(known.get(place, 0), offsets.get(place, 0)) for place in {*known, *offsets}})


def _write(path: Path, what: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_whole(path, json.dumps(what))


class Gate:
    """Of one group in one process. `halts` is False for a group that must go on whatever comes.

    `resumed` is the count of the last order that it followed.
    """

    def __init__(self, group: str, *, halts: bool = True) -> None:
        self.group, self.halts = group, halts
        self.halted = self.paused = False
        self._file: Path | None = None
        self._seen: tuple[Stamp | None, Stamp | None] = (None, None)
        self.resumed = 0
        self._passed: Mapping[str, int] = {}
        self._window: deque[bool] = deque(maxlen=LAST)
        self._failed = 0

    @property
    def closed(self) -> bool:
        return self.paused or self.halted

    def begin(self, file: Path) -> None:
        """Before the first record: what was ordered before this start holds, but a halt ends with its process."""
        self._file = file
        self.look()
        self._open_again()

    def look(self) -> None:
        """Do what the file says now; nothing changes where it cannot be read."""
        if self._file is None:
            return
        passed = self._file.with_suffix(".passed.json")
        seen = _stamp(self._file), _stamp(passed)
        if seen == self._seen:
            return
        try:
            order = read_order(self._file)
            self._passed = read_passed(passed)
        except (OSError, ValueError) as error:
            log.error("order_not_read", group=self.group, kind=type(error).__name__)
            return
        self._seen = seen
        if order.paused and not self.paused:
            log.warning("group_paused", group=self.group)
        elif self.paused and not order.paused:
            log.warning("group_goes_on", group=self.group)
        self.paused = order.paused
        if order.resumed > self.resumed:
            self._open_again()
        self.resumed = order.resumed

    def had_passed(self, *places: Place) -> bool:
        """Whether the group had passed one of these before somebody moved it back: then it reads it again."""
        return bool(self._passed) and any(
            one.offset < self._passed.get(f"{one.topic}/{one.partition}", 0) for one in places
        )

    @property
    def room(self) -> int:
        """How many records may still fail before the line stops."""
        return MOST - self._failed if self.halts else sys.maxsize

    def settled(self, *, failed: bool) -> None:
        """A record was settled for good, by its handler or as a dead letter."""
        if len(self._window) == LAST:
            self._failed -= self._window[0]
        self._window.append(failed)
        self._failed += failed
        if self.halts and self._failed >= MOST and not self.halted:
            self.halted = True
            log.critical("group_halted", group=self.group, count=self._failed, records=len(self._window))

    def _open_again(self) -> None:
        if self.halted:
            log.warning("group_goes_on", group=self.group)
        self.halted = False
        self._window.clear()
        self._failed = 0


def _stamp(file: Path) -> Stamp | None:
    with suppress(OSError):
        stat = file.stat()
        return stat.st_mtime_ns, stat.st_ino
    return None
