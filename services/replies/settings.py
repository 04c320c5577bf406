"""Settings of `replies`. Prefix `REPLIES_`. Times are in seconds."""

from typing import Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.twilio import TWILIO


class Settings(BaseSettings):
    """`within` is how long after its arrival a contribution is still acknowledged: then, never.

    `twilio_username` is an API key's SID when the secret `twilio_send` is that key's; otherwise the account itself.
    """

    model_config = SettingsConfigDict(env_prefix="REPLIES_", frozen=True, hide_input_in_errors=True)

    twilio_account: str
    twilio_username: str = ""
    twilio_url: str = TWILIO
    within: float = Field(default=600, gt=0, le=600)
    personal_within: float = Field(default=3600, gt=0, le=24 * 3600)
    unknown_after: float = Field(default=600, gt=0)
    check_every: float = Field(default=60, gt=0)
    answer_within: float = Field(default=15, gt=0)
    retry_every: float = Field(default=5, gt=0)
    poll: float = Field(default=0.3, gt=0)
    at_once: int = Field(default=16, ge=1)
    batch: int = Field(default=64, ge=1)

    @model_validator(mode="after")
    def _an_answer_is_awaited_before_it_is_looked_for(self) -> Self:
        if self.answer_within >= self.unknown_after:
            raise ValueError("answer_within must be shorter than unknown_after")
        return self
