"""`make bench`: prints one table. Nothing here asserts a time.

`python -m tests.benchmarks transport path` measures some parts alone.
"""

import asyncio
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import psutil
from rich.console import Console
from rich.table import Table

from services.local.cluster import Cluster
from services.local.kafka import Kafka
from tests.benchmarks.beside import beside
from tests.benchmarks.path import whole_path
from tests.benchmarks.pieces import Figures, pieces
from tests.benchmarks.speech import speech
from tests.benchmarks.transport import transport


def one_broker(folder: Path) -> list[Figures]:
    node = Kafka(folder)
    node.start()
    try:
        return asyncio.run(transport(node.bootstrap, "one broker"))
    finally:
        node.stop()


def three_brokers(folder: Path) -> list[Figures]:
    nodes = Cluster(folder)
    nodes.start()
    try:
        return asyncio.run(transport(nodes.bootstrap, "three brokers, replication 3"))
    finally:
        nodes.stop()


PARTS: Final[dict[str, Callable[[Path], Iterable[Figures]]]] = {
    "pieces": lambda _: pieces(),
    "speech": lambda _: speech(),
    "transport": one_broker,
    "replicated": three_brokers,
    "beside": lambda folder: asyncio.run(beside(folder)),
    "path": lambda folder: asyncio.run(whole_path(folder)),
}


def main() -> int:
    out = Console()
    table = Table(title="Heard on this machine", title_justify="left")
    for column in ("what", "figure", "beside"):
        table.add_column(column)
    for part in PARTS if len(sys.argv) < 2 else sys.argv[1:]:
        with tempfile.TemporaryDirectory(prefix="heard-bench-") as folder:
            for row in PARTS[part](Path(folder)):
                table.add_row(*row)
                out.print("  ".join(row), style="dim")
    out.print(table)
    out.print(f"{psutil.cpu_count()} cores; load before {psutil.getloadavg()[2]:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
