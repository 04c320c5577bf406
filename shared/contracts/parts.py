"""A contribution has numbered parts: words, or something to be read."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from shared.contracts.base import Moment, Sealed, Token, Value
from shared.contracts.values import Channel, Keyword, PartKind, Place, SafeContact

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
MediaType = Annotated[str, StringConstraints(pattern=r"^[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,80}$")]


class Consent(Value):
    """What the contributor agreed to. Not asked means no."""

    asked: bool = False
    quote: bool = False
    show: bool = False
    research: bool = False
    contact_me: bool = False
    wording: str | None = Field(default=None, max_length=40)


class ObjectRef(Value):
    """A sealed object in the object store."""

    key: Annotated[str, StringConstraints(pattern=r"^[a-z0-9/._-]{1,300}$")]
    size: int = Field(ge=0)
    sha256: Sha256
    header: Sealed


class Waiting(Value):
    """Something that still waits at the provider."""

    account: Token
    sid: Token
    media_sid: Token | None = None


class Part(Value):
    """One numbered part; exactly one of `words`, `object` and `waiting` is there. `size` is in bytes, of the clear."""

    number: int = Field(ge=1)
    parent: int | None = None
    kind: PartKind
    place: Place = Place.BODY
    media_type: MediaType = "text/plain"
    size: int = Field(ge=0)
    digest: Sha256
    words: Sealed | None = None
    object: ObjectRef | None = None
    waiting: Waiting | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if sum(one is not None for one in (self.words, self.object, self.waiting)) != 1:
            raise ValueError("a part is words, an object or waiting: exactly one")
        return self


class Context(Value):
    """What every later stage needs to know of a contribution; copied whole from event to event."""

    contribution_id: UUID
    channel: Channel
    received_at: Moment
    consent: Consent = Consent()
    safe_contact: SafeContact = SafeContact.UNKNOWN
    legal_hold: bool = False
    partner_flag: bool = False
    keyword: Keyword | None = None
    tag: Sealed | None = None
    names: Sealed | None = None
