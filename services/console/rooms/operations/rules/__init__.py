"""Facts in, sentences out: pure."""

from services.console.rooms.operations.rules.facts import Facts, State
from services.console.rooms.operations.rules.overview import View, overview

__all__ = ["Facts", "State", "View", "overview"]
