"""The helplines that people are told of: one dated file for every service. A missing one means that it does not start."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

FILE: Final = Path(__file__).with_suffix(".toml")
NEEDED: Final = ("emergency", "childline", "shout", "nspcc")

_NUMBER: Final = re.compile(r"\+?\d(?:[ -]?\d)+")
_Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class NotFitToSend(ValueError):
    """What would be said to people is not complete, not approved or not true; the service does not start."""


class Helpline(BaseModel):
    """One helpline. `text` is the word to text to its number, when it takes texts instead of calls."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: _Words
    number: Annotated[str, StringConstraints(pattern=r"^\d(?: ?\d)+$")]
    text: _Words | None = None
    hours: _Words
    free: bool
    source: Annotated[str, StringConstraints(pattern=r"^https://\S+$")]


class Helplines(BaseModel):
    """All of them, and the day on which they were checked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    checked_on: date
    lines: Mapping[str, Helpline]

    def numbers(self, names: Iterable[str]) -> frozenset[str]:
        return frozenset(digits(self.lines[name].number) for name in names)


def helplines(path: Path = FILE, needed: Iterable[str] = NEEDED) -> Helplines:
    """Read the file.

    Raises:
        NotFitToSend: when it cannot be read, or one that is needed is missing or incomplete.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        found = Helplines(checked_on=raw.pop("checked_on", None), lines=raw)
    except (OSError, ValidationError, tomllib.TOMLDecodeError) as wrong:
        raise NotFitToSend(f"{path.name} cannot be used: {wrong}") from None
    if missing := sorted(set(needed) - set(found.lines)):
        raise NotFitToSend(
            f"{path.name} lacks {', '.join(missing)}: nobody is told to ring a number that is not there"
        )
    return found


def digits(number: str) -> str:
    """The digits of a number alone.

    >>> digits("0800 1111")
    '08001111'
    """
    return "".join(filter(str.isdecimal, number))


def numbers_in(words: str) -> frozenset[str]:
    """Every number that a text tells people, as digits.

    >>> sorted(numbers_in("Childline 0800 1111 or text SHOUT to 85258."))
    ['08001111', '85258']
    """
    return frozenset(digits(number) for number in _NUMBER.findall(words))
