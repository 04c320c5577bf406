"""What is the same for all tests: the table of faults; ports and a home of its own for each worker."""

import os
import tempfile
from pathlib import Path
from typing import Final

import pytest
from hypothesis import settings

from tests.support.table import pytest_addoption, pytest_terminal_summary, report

__all__ = ["pytest_addoption", "pytest_terminal_summary", "report"]

# How long an example takes says more about who else is on this machine than about us.
settings.register_profile("heard", deadline=None)
settings.load_profile("heard")

# Two workers start whole systems at the same moment: neither may take the other's ports, nor its note of what runs.
if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    first = 20_000 + 3_000 * (int(worker.removeprefix("gw")) % 4)
    os.environ.setdefault("HEARD_PORTS", f"{first}-{first + 3_000}")
    os.environ["XDG_DATA_HOME"] = str(Path(tempfile.gettempdir()) / f"heard-tests-{os.getpid()}")

FIRST: Final = (
    "faults",
    "test_readme",
    "test_killed",
    "test_secrets",
    "test_up",
    "test_mail",
)
"""What takes longest begins first, so that two workers end at about the same time."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    order = {name: place for place, name in enumerate(FIRST)}
    items.sort(key=lambda item: order.get(_file(item), len(order)))


def _file(item: pytest.Item) -> str:
    return "faults" if item.path.parent.name == "faults" else item.path.stem
