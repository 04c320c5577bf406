"""Settings of `voice_intake`. Prefix `VOICE_INTAKE_`."""

from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class Settings(BaseSettings):
    """`public_urls` are where Twilio finds us (main, fallback), without the last word: `/call` and the others follow.

    `longest` is how long a message may be and `pause` how long a silence ends it, in seconds. `voice` is the provider's
    name for the voice that speaks. `origins` are the web pages that may upload a recording; by default none may.
    Uploads stop when less than `least_free` bytes of disk are left.
    """

    model_config = SettingsConfigDict(env_prefix="VOICE_INTAKE_", frozen=True, hide_input_in_errors=True)

    public_urls: Annotated[tuple[str, ...], NoDecode]
    host: str = "127.0.0.1"
    port: int = 8083
    body_limit: int = 64 * 1024
    answer_within: float = 2.0
    in_flight: int = 200
    voice: str = "Polly.Amy"
    longest: int = Field(default=600, ge=30, le=3600)
    pause: int = Field(default=10, ge=5, le=60)
    origins: Annotated[tuple[str, ...], NoDecode] = ()
    upload_limit: int = 25 * 1024 * 1024
    upload_within: float = Field(default=300.0, gt=0)
    upload_idle: float = Field(default=20.0, gt=0)
    uploads_at_once: int = Field(default=20, ge=0)
    uploads_a_minute: int = Field(default=120, ge=1)
    least_free: int = 2 * 1024 * 1024 * 1024

    @field_validator("public_urls", "origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())
        return value
