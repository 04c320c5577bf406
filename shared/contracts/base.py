"""What every event has in common: frozen, strict when written, tolerant when read."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.:-]{0,63}$")]
"""A short code of ours: a cause, a template, a version. Never a contributor's words."""

Token = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,200}$")]
"""An identifier that somebody else made (a provider's SID): printable ASCII, no spaces."""

Moment = AwareDatetime


class Value(BaseModel):
    """A part of an event. Readers ignore fields that they do not know; errors never quote the input."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
        ser_json_bytes="base64",
        val_json_bytes="base64",
    )


class Sealed(Value):
    """Ciphertext and the name of the key that opens it, such as `words/2026W48`."""

    key: Annotated[str, StringConstraints(pattern=r"^[a-z_]{2,20}/[A-Za-z0-9.-]{1,20}$")]
    ct: bytes = Field(repr=False)


class Event(Value):
    """A fact, in the past tense. `event_id` is derived, so a repeat is the same event."""

    event_id: UUID

    @property
    def about(self) -> UUID | None:
        """The contribution that this event is about, if it is about one."""
        value = getattr(self, "contribution_id", None)
        return value if isinstance(value, UUID) else None


def utc(moment: datetime) -> str:
    """Write a moment as it stands in headers and bindings (RFC 3339, UTC, microseconds)."""

    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
