"""Settings of `email_intake`. Prefix `EMAIL_INTAKE_`. Sizes are in bytes, times in seconds."""

from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

Names = Annotated[tuple[str, ...], NoDecode, Field(min_length=1)]


class Settings(BaseSettings):
    """`domains` and `local_parts` are the addresses that are ours: each of these at each of those, and no other.

    A mail goes to the disk as it comes, sealed: memory holds 64 KiB of it. `in_flight` bounds what all mails together
    may have on the way; below `least_free` bytes on the spool's disk no mail is begun.
    """

    model_config = SettingsConfigDict(env_prefix="EMAIL_INTAKE_", frozen=True, hide_input_in_errors=True)

    domains: Names
    local_parts: Names = ("review",)
    host: str = "127.0.0.1"
    port: int = Field(default=2525, ge=0, le=65535)
    answer_within: float = Field(default=2.0, gt=0)
    connections: int = Field(default=100, ge=0)
    recipients: int = Field(default=5, ge=1)
    size_limit: int = Field(default=40 * 1024 * 1024, ge=1024)
    in_flight: int = Field(default=256 * 1024 * 1024, ge=0)
    least_free: int = Field(default=1024 * 1024 * 1024, ge=0)
    idle: float = Field(default=300.0, gt=0)
    data_within: float = Field(default=900.0, gt=0)
    commands: int = Field(default=200, ge=1)

    @field_validator("domains", "local_parts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip().lower() for part in value.split(",") if part.strip())
        return value
