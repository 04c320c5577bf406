"""What is the same for all tests: the table of faults."""

from tests.support.table import pytest_addoption, pytest_terminal_summary, report

__all__ = ["pytest_addoption", "pytest_terminal_summary", "report"]
