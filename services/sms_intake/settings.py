"""Settings of `sms_intake`. Prefix `SMS_INTAKE_`."""

from typing import Annotated

from pydantic import field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class Settings(BaseSettings):
    """`public_urls` are the webhook's addresses as Twilio knows them (main, fallback): signatures cover them.

    `status_urls` are those of the delivery reports; without one, none is believed. There is no list of our numbers:
    a text that Twilio signed for us is kept whichever of them it came to, and answered from that one.
    """

    model_config = SettingsConfigDict(env_prefix="SMS_INTAKE_", frozen=True, hide_input_in_errors=True)

    public_urls: Annotated[tuple[str, ...], NoDecode]
    status_urls: Annotated[tuple[str, ...], NoDecode] = ()
    host: str = "127.0.0.1"
    port: int = 8080
    body_limit: int = 64 * 1024
    answer_within: float = 2.0
    in_flight: int = 500

    @field_validator("public_urls", "status_urls", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip().partition("#")[0] for part in value.split(",") if part.strip())
        return value
