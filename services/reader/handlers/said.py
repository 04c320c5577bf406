"""What a child says of a mail, checked: it met hostile bytes, so nothing of its form is taken on trust."""

from typing import Annotated, Any, Final, Literal

from pydantic import Field, StringConstraints, ValidationError

from shared.contracts.base import Code, Value
from shared.contracts.events import Language
from shared.contracts.parts import MediaType
from shared.contracts.values import Outcome, PartKind, Place

_DNS: Final = r"^[a-z0-9_.-]{3,250}$"
MOST_WORDS: Final = 600_000
Name = Annotated[str, StringConstraints(max_length=250)]


class Mark(Value):
    start: int = Field(ge=0)
    end: int = Field(ge=0)
    kind: Literal["new", "quoted", "signature", "forwarded"]


class Piece(Value):
    place: Place
    words: str = Field(min_length=1, max_length=200_000, repr=False)
    marks: tuple[Mark, ...] = Field(default=(), max_length=2_000)


class Hanging(Value):
    """A file that hangs on the mail."""

    kind: PartKind
    media_type: MediaType
    content: bytes = Field(min_length=1, repr=False)


class Signature(Value):
    domain: Annotated[str, StringConstraints(pattern=_DNS)]
    name: Annotated[str, StringConstraints(pattern=_DNS)]


class Said(Value):
    """An answer of the task `mail`."""

    outcome: Outcome
    reason: Code | None = None
    subject: str = Field(default="", max_length=10_000, repr=False)
    words: tuple[Piece, ...] = Field(default=(), max_length=100)
    attachments: tuple[Hanging, ...] = Field(default=(), max_length=2_000)
    automatic: bool = False
    names: tuple[Name, ...] = Field(default=(), max_length=20_000, repr=False)
    from_domain: Annotated[str, StringConstraints(pattern=_DNS)] | None = None
    signatures: tuple[Signature, ...] = Field(default=(), max_length=5)
    language: Language | None = None


def said(answer: Any) -> Said:
    """Read an answer; what does not keep to the form is `unreadable`, whatever else it says."""
    try:
        found = Said.model_validate(answer)
    except ValidationError:
        return Said(outcome=Outcome.UNREADABLE, reason="rubbish")
    if sum(len(one.words) for one in found.words) > MOST_WORDS or sum(map(len, found.names)) > MOST_WORDS:
        return Said(outcome=Outcome.UNREADABLE, reason="rubbish")
    return found
