"""Typed, numbered stand-ins: the same for the same person over a thread, and silent about length."""

import re
from collections.abc import Iterable, Sequence

from services.anonymiser.rules.ages import band
from services.anonymiser.rules.dates import month
from services.anonymiser.rules.fold import STAND_IN
from services.anonymiser.rules.spans import StandIn

_SEPARATORS = re.compile(r"[\W_]+")
_SAME_KIND = {"NICKNAME": "PERSON"}
_BY_DIGITS = frozenset(
    {"PHONE", "NHS_NUMBER", "NINO", "CASE_NUMBER", "ID_NUMBER", "POSTCODE", "EMAIL", "HANDLE", "URL"}
)
_TYPED = re.compile(r"\[([A-Z ]+?) ([0-9]{1,3})\]")
_MOST = 999


def normal_name(text: str, kind: str) -> str:
    """Give the form under which a thing is known, given its folded text.

    >>> normal_name("Kofi  Mensah's".lower(), "PERSON"), normal_name("07700 900-123", "PHONE")
    ('kofi mensah', '07700900123')
    """
    text = text.removesuffix("'s").removesuffix("'")
    return _SEPARATORS.sub("" if kind in _BY_DIGITS else " ", text).strip()


class Numbering:
    """Gives out the numbers of one thread."""

    def __init__(self, known: Sequence[StandIn], words: str) -> None:
        self._numbers = {(s.kind, s.name): s.number for s in known}
        self._last: dict[str, int] = {}
        for one in known:
            self._last[one.kind] = max(self._last.get(one.kind, 0), one.number)
        # somebody may have typed "[PERSON 1]"; a new person does not get that number
        for mark in STAND_IN.finditer(words):
            typed = _TYPED.fullmatch(mark.group())
            if typed:
                kind = typed.group(1).replace(" ", "_")
                self._last[kind] = max(self._last.get(kind, 0), int(typed.group(2)))

    def write(self, text: str, label: str) -> str:
        """Write the stand-in of one folded text."""
        kind = _SAME_KIND.get(label, label)
        shown = kind.replace("_", " ")
        if kind == "AGE":
            return f"[{shown}{band(text)}]"
        if kind == "DATE":
            return f"[{shown}{month(text)}]"
        number = self._number(normal_name(text, kind), kind)
        # past the last number all share a plain one, rather than break the form
        return f"[{shown} {number}]" if number <= _MOST else f"[{shown}]"

    def _number(self, name: str, kind: str) -> int:
        number = self._numbers.get((kind, name))
        if number is None and kind == "PERSON":
            number = self._person(name)
        if number is None:
            number = self._last[kind] = self._last.get(kind, 0) + 1
        self._numbers[kind, name] = number
        if kind == "PERSON":
            for part in name.split():
                if len(part) > 1:
                    self._numbers.setdefault((kind, part), number)
        return number

    def _person(self, name: str) -> int | None:
        """A first name that was met alone is the same person, until a second full name shares it."""
        parts = name.split()
        if len(parts) > 1:
            first = self._numbers.get(("PERSON", parts[0]))
            full = {n for (k, other), n in self._numbers.items() if k == "PERSON" and " " in other}
            return first if first is not None and first not in full else None
        short = name.removesuffix("s")
        return self._numbers.get(("PERSON", short)) if len(short) > 2 else None

    def all(self) -> tuple[StandIn, ...]:
        return tuple(StandIn(name, kind, number) for (kind, name), number in self._numbers.items())


def known_names(known: Iterable[StandIn], kinds: frozenset[str]) -> frozenset[str]:
    """List what earlier messages of the thread have named."""
    return frozenset(s.name for s in known if s.kind in kinds)
