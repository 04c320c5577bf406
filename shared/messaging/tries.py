"""Which record was in hand when the process died: known only after it has died once, and free until then.

A file says that the process runs; a clean stop takes it away. Whoever finds it at the start takes the records that may
have been in hand one by one, and writes each down before it is tried.
"""

import json
from contextlib import suppress
from pathlib import Path
from typing import Final

from shared.files import sync, write_whole
from shared.messaging.plan import mark_of
from shared.messaging.record import Record
from shared.telemetry import log

ENOUGH: Final = 2
"""A record that was alone in hand so often when the process died is a defect."""

_REMEMBERED: Final = 50

Mark = tuple[str, int, int]


class Tries:
    """Of one group in one process. A disk that takes nothing costs the memory of it, and never a record."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._tried: dict[Mark, int] = {}
        self._firsts: dict[tuple[str, int], int] = {}
        self.careful = False

    def begin(self) -> None:
        """At the start; careful from now on if the last stop was no clean one."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.careful = self._path.exists()
            self._tried = _read(self._path) if self.careful else {}
        except OSError as error:
            log.error("tries_not_kept", kind=type(error).__name__)
        self._write()

    def end(self) -> None:
        """A clean stop: nothing was in hand."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)
            sync(self._path.parent)

    def is_suspect(self, record: Record, batch: int) -> bool:
        """Whether it may have been in hand: a batch holds the first so many uncommitted records of a partition."""
        if not self.careful:
            return False
        first = self._firsts.setdefault((record.topic, record.partition), record.offset)
        return record.offset < first + batch

    def before(self, record: Record) -> int:
        """It is tried now; gives how often the process has died while it was tried."""
        mark = mark_of(record)
        earlier = self._tried.get(mark, 0)
        self._tried[mark] = earlier + 1
        self._write()
        return earlier

    def after(self, record: Record) -> None:
        """The process lives: it was not this one."""
        self._tried.pop(mark_of(record), None)
        self._write()

    def _write(self) -> None:
        kept = list(self._tried.items())[-_REMEMBERED:]
        rows = [
            {"topic": topic, "partition": partition, "offset": offset, "tries": tries}
            for (topic, partition, offset), tries in kept
        ]
        try:
            write_whole(self._path, json.dumps(rows))
        except OSError as error:
            log.error("tries_not_kept", kind=type(error).__name__)


def _read(path: Path) -> dict[Mark, int]:
    """What was written; a file that was cut off says only that the process died."""
    try:
        rows = json.loads(path.read_bytes())
        return {(str(r["topic"]), int(r["partition"]), int(r["offset"])): int(r["tries"]) for r in rows}
    except (ValueError, TypeError, KeyError):
        return {}
