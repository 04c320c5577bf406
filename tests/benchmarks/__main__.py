"""`make bench`: prints one table. Nothing here asserts a time."""

import asyncio
import sys
import tempfile
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from tests.benchmarks.beside import beside
from tests.benchmarks.path import whole_path
from tests.benchmarks.pieces import pieces
from tests.benchmarks.speech import speech


def main() -> int:
    out = Console()
    table = Table(title="Heard on this machine", title_justify="left")
    for column in ("what", "figure", "beside"):
        table.add_column(column)
    for row in (*pieces(), *speech()):
        table.add_row(*row)
        out.print(" ".join(row), style="dim")
    with tempfile.TemporaryDirectory(prefix="heard-bench-") as folder:
        for row in asyncio.run(beside(Path(folder))):
            table.add_row(*row)
    with tempfile.TemporaryDirectory(prefix="heard-bench-") as folder:
        for row in asyncio.run(whole_path(Path(folder))):
            table.add_row(*row)
    out.print(table)
    out.print(f"{psutil.cpu_count()} cores; load before {psutil.getloadavg()[2]:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
