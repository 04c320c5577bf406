"""What the system says of this process."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from shared.telemetry.meters import Figure
from shared.telemetry.metrics import Metric


def of_process(started: float) -> Iterator[Figure]:
    """When it started, and the memory that it has; the latter where the system has `/proc`."""
    yield Metric.STARTED, started, {}
    with suppress(OSError, ValueError, IndexError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        yield Metric.MEMORY, pages * os.sysconf("SC_PAGE_SIZE"), {}
