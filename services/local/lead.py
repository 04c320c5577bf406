"""The duty lead of a demo: takes what the phone has rung for, and notes which channel it came by and how long it took."""

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.local.desk import Desk
from services.local.found import Found
from services.local.trouble import CannotHave
from shared.contracts.values import Level


@dataclass(frozen=True, slots=True)
class Answered:
    """A concern that rang and was taken. `after` is in seconds, from its intake's receipt to the first ring."""

    channel: str
    level: Level
    after: float


class Lead(threading.Thread):
    """Runs until `finish`. Nothing is taken before a ring for it has gone out."""

    def __init__(self, desk: Desk, found: Found, say: Callable[[Answered], None]) -> None:
        super().__init__(name="lead", daemon=True)
        self._desk, self._found, self._say = desk, found, say
        self._ended = threading.Event()
        self.answered: dict[str, Answered] = {}

    def run(self) -> None:
        while not self._ended.is_set():
            with contextlib.suppress(CannotHave):  # somebody does not answer just now: ask again
                self._look()
            time.sleep(0.5)

    def finish(self) -> None:
        self._ended.set()
        self.join(10)

    def immediate(self) -> dict[str, float]:
        """For each channel the shortest time until an immediate concern rang."""
        found: dict[str, float] = {}
        for one in self.answered.values():
            if one.level is Level.IMMEDIATE:
                found[one.channel] = min(one.after, found.get(one.channel, one.after))
        return found

    def _look(self) -> None:
        rung = {one["concern"]: datetime.fromisoformat(one["first"]) for one in self._rung()}
        for concern in self._desk.ringing():
            name = str(concern.id)
            if name not in rung or name in self.answered:
                continue
            told = self._found.ask("ledger", f"/trace/{concern.contribution_id}", seconds=30)
            accepted = next(
                (step["at"] for step in told.get("steps", ()) if step["step"] == "accepted"), None
            )
            if accepted is None:
                continue  # the ledger pulls receipts every few seconds
            after = (rung[name] - datetime.fromisoformat(accepted)).total_seconds()
            self._desk.take(concern.reference, "duty_lead")
            self.answered[name] = Answered(told["channel"], concern.level, after)
            self._say(self.answered[name])

    def _rung(self) -> list[dict[str, Any]]:
        return list(self._found.ask("pager", "/rung").get("rung", ()))
