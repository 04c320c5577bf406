"""The table of faults: each test reports a row, and the end of the run shows them all."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import pytest

KEY: Final = "fault"
OPTION: Final = "--faults-table"
HEADS: Final = ("fault", "sent", "lost", "effects per id", "missing", "what it cost")


@dataclass(frozen=True, slots=True)
class Row:
    fault: str
    sent: int
    lost: int
    effects: int
    missing: int
    cost: str

    def cells(self) -> tuple[str, ...]:
        return tuple(str(cell) for cell in asdict(self).values())


class Report:
    """Writes a row, then sees that it is as promised: lost 0, effects 1, missing 0."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._node = request.node

    def __call__(
        self,
        *,
        fault: str,
        sent: int,
        lost: int,
        effects: int = 1,
        missing: int = 0,
        cost: str = "",
        why: str = "",
    ) -> None:
        row = Row(fault, sent, lost, effects, missing, cost)
        self._node.user_properties.append((KEY, json.dumps(asdict(row))))
        print(row, why)
        assert not why, why
        assert sent > 0, "a fault that met nothing shows nothing"
        assert (lost, effects, missing) == (0, 1, 0), row


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Report:
    return Report(request)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(OPTION, metavar="FILE", help="Write the table of faults to this file, as Markdown.")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    rows = list(_rows(terminalreporter))
    if not rows:
        return
    terminalreporter.section("faults")
    for line in plain(rows):
        terminalreporter.write_line(line)
    if path := terminalreporter.config.getoption(OPTION):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(markdown(rows), encoding="utf-8")


def _rows(terminalreporter: Any) -> Iterator[tuple[str, ...]]:
    """The rows of all tests, wherever they ran; and a row for each fault whose test failed before it could report."""
    for outcome in ("passed", "failed", "error"):
        for one in terminalreporter.stats.get(outcome, ()):
            rows = [text for name, text in one.user_properties if name == KEY]
            if one.when == "call":
                yield from (Row(**json.loads(text)).cells() for text in rows)
            if outcome != "passed" and "faults" in one.keywords:
                yield (f"FAILED: {one.nodeid.rpartition('::')[2]}", *("?" for _ in HEADS[1:]))


def plain(rows: list[tuple[str, ...]]) -> list[str]:
    """
    >>> plain([("none", "1", "0", "1", "0", "")])[1]
    'none   1     0     1               0        '
    """
    wide = [max(map(len, column)) for column in zip(HEADS, *rows, strict=True)]
    wide[-1] = 0
    return ["  ".join(cell.ljust(n) for cell, n in zip(row, wide, strict=True)) for row in (HEADS, *rows)]


def markdown(rows: list[tuple[str, ...]]) -> str:
    lines = (HEADS, tuple("---" for _ in HEADS), *rows)
    return "".join(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |\n" for row in lines)
