"""What a form says, read from its fields: nothing is required but words or a file, and nothing asked is a no."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from shared.contracts.parts import Consent
from shared.contracts.values import AgeBand, Place, Role

WORDING: Final = "form-2026-11"
"""Which wording of the three questions somebody was asked; change it with the questions."""

WORDS: Final = {
    "words": Place.BODY,
    "works": Place.WORKS,
    "not_working": Place.NOT_WORKING,
    "change": Place.CHANGE,
}
"""The fields that hold words, in the order in which they stand on the page."""

QUESTIONS: Final = ("quote", "show", "research")
_CODE: Final = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Answers:
    """A form as it was filled in; the words as they were typed."""

    token: str = field(repr=False)
    words: Mapping[Place, str] = field(repr=False)
    roles: frozenset[Role]
    age_band: AgeBand | None
    consent: Consent
    event_code: str | None
    event_typed: str = field(default="", repr=False)

    @property
    def has_words(self) -> bool:
        return any(text.strip() for text in self.words.values())


def answers(fields: Sequence[tuple[str, str]]) -> Answers:
    """Read the fields. What is not on the form counts for nothing, and is no error.

    >>> answers([("words", "hello"), ("quote", "yes"), ("role", "sibling")]).consent.quote
    True
    """
    named = dict(reversed(fields))  # the first of a repeated field wins
    typed = named.get("event_code", "").strip()
    return Answers(
        token=named.get("token", ""),
        words={place: named[name] for name, place in WORDS.items() if named.get(name, "").strip()},
        roles=frozenset(Role(value) for name, value in fields if name == "role" and value in set(Role)),
        age_band=AgeBand(named["age"]) if named.get("age") in set(AgeBand) else None,
        consent=Consent(
            asked=True, wording=WORDING, **{name: named.get(name) == "yes" for name in QUESTIONS}
        ),
        event_code=event_code(typed),
        event_typed=typed,
    )


def event_code(typed: str) -> str | None:
    """The code of a workshop as it is counted, whatever its spelling.

    >>> event_code("Leeds 14!")
    'leeds-14'
    >>> event_code("  ") is None
    True
    """
    return _CODE.sub("-", typed.lower()).strip("-")[:64].rstrip("-") or None
