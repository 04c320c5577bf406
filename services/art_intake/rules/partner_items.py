"""What a partner says of an item: which fields there are, and what each may hold."""

import re
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator

from shared.contracts.base import Code
from shared.contracts.events import Language
from shared.contracts.parts import Consent, Sha256
from shared.contracts.values import AgeBand, Role

LONGEST_CAPTION: Final = 10_000
LONGEST_WORDS: Final = 100_000
_MEDIA_TYPE: Final = re.compile(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,80}")
_ITEM_ID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class Wrong(ValueError):
    """What was said of the item cannot be taken. The message names fields and never quotes what was in them."""


class Answers(BaseModel):
    """What the child, or who may speak for it, agreed to. Leave all of it out when nobody was asked."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, strict=True)

    quote: bool = False
    show: bool = False
    research: bool = False
    contact_me: bool = False
    wording: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:-]{1,40}$")] | None = None


class Item(BaseModel):
    """What a partner says of an item. A field that is not known is refused, so that none is lost by a misspelling."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    caption: str = Field(default="", max_length=LONGEST_CAPTION, repr=False)
    words: str = Field(default="", max_length=LONGEST_WORDS, repr=False)
    """An item that is no file: a poem, or the notes of a discussion."""
    consent: Answers | None = None
    age_band: AgeBand | None = None
    roles: frozenset[Role] = frozenset()
    group_size: int = Field(default=1, ge=1, le=100_000, strict=True)
    event_code: Code | None = None
    language: Language | None = None
    sent_for: str = Field(default="", max_length=500, repr=False)
    """Who it is from, or whom it is about: sealed, and taken out of the words."""
    worried: bool = Field(default=False, strict=True)
    """I am worried about this child: a trained person looks soon, whatever the item says."""
    sha256: Sha256 | None = None
    """Of the file as it is sent: when it differs from what arrived, nothing is taken."""

    @field_validator("age_band", "roles", mode="before")
    @classmethod
    def _known(cls, value: object) -> object:
        """Inside, an unknown value is read as the most careful one; whoever sends it should hear of it."""
        asked: list[Any] = list(value) if isinstance(value, (list, tuple, set, frozenset)) else [value]
        known = {one.value for one in (*AgeBand, *Role)}
        if any(one is not None and one not in known for one in asked):
            raise ValueError("not known")
        return value

    @property
    def agreed(self) -> Consent:
        if self.consent is None:
            return Consent()
        return Consent(asked=True, **self.consent.model_dump())


def item_of(raw: bytes) -> Item:
    """Read what was said of an item.

    Raises:
        Wrong: naming the fields.
    """
    try:
        return Item.model_validate_json(raw or b"{}")
    except ValidationError as wrong:
        fields = sorted({_field(error["loc"]) for error in wrong.errors(include_input=False)})
        raise Wrong(
            f"these fields are missing, unknown or hold what they may not: {', '.join(fields)}"
        ) from None


def item_id_of(text: str) -> str:
    """An item's id is a UUID that the partner made: so it cannot hold a name.

    >>> item_id_of("7B0A3F0E-6A51-4C39-9C0A-1B8C2F6D1E55")
    '7b0a3f0e-6a51-4c39-9c0a-1b8c2f6d1e55'

    Raises:
        Wrong: when it is none.
    """
    if not _ITEM_ID.fullmatch(text.lower()):
        raise Wrong("an item's id is a UUID, such as 7b0a3f0e-6a51-4c39-9c0a-1b8c2f6d1e55")
    return str(UUID(text))


def media_type_of(text: str | None) -> str:
    """The media type as it travels.

    >>> media_type_of("Image/PNG; name=x"), media_type_of("so what")
    ('image/png', 'application/octet-stream')
    """
    bare = (text or "").partition(";")[0].strip().lower()
    return bare if _MEDIA_TYPE.fullmatch(bare) else "application/octet-stream"


def _field(place: tuple[int | str, ...]) -> str:
    """The name of a field as the partner knows it; a name that is not ours is not repeated."""
    if not place:
        return "the whole (it must be a JSON object in UTF-8)"
    names = {*Item.model_fields, *Answers.model_fields}
    known = [str(one) for one in place if one in names]
    return ".".join(known) if known else "a field that is not known"
