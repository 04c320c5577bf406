"""Settings of `replies`. Prefix `REPLIES_`. Times are in seconds."""

import re
from typing import Annotated, Final, Self

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from services.replies.rules import Security
from shared.twilio import TWILIO

_ADDRESS: Final = re.compile(r"[a-z0-9._-]+@[a-z0-9.-]+")
_HERE: Final = ("127.0.0.1", "::1", "localhost")


class Settings(BaseSettings):
    """`within` is how long after its arrival a contribution is still acknowledged: then, never.

    `status_url` is where the provider reports what became of a text: an address of `sms_intake`.
    `twilio_username` is an API key's SID when the secret `twilio_send` is that key's; otherwise the account itself.

    Without `smtp_host` nothing is answered by mail. `mail_from` is the one address that answers come from; `own_domains`
    are where our own mail comes from beside its domain: nothing is ever answered there. With `smtp_username` the secret
    `smtp_send` is its password.
    """

    model_config = SettingsConfigDict(env_prefix="REPLIES_", frozen=True, hide_input_in_errors=True)

    twilio_account: str
    twilio_username: str = ""
    twilio_url: str = TWILIO
    status_url: str = ""
    smtp_host: str = ""
    smtp_port: int = Field(default=587, ge=1, le=65535)
    smtp_security: Security = Security.STARTTLS
    smtp_username: str = ""
    mail_from: str = ""
    own_domains: Annotated[tuple[str, ...], NoDecode] = ()
    within: float = Field(default=600, gt=0, le=600)
    personal_within: float = Field(default=3600, gt=0, le=24 * 3600)
    unknown_after: float = Field(default=600, gt=0)
    check_every: float = Field(default=60, gt=0)
    answer_within: float = Field(default=15, gt=0)
    retry_every: float = Field(default=5, gt=0)
    poll: float = Field(default=0.3, gt=0)
    at_once: int = Field(default=16, ge=1)
    batch: int = Field(default=64, ge=1)

    @field_validator("own_domains", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip().lower() for part in value.split(",") if part.strip())
        return value

    @model_validator(mode="after")
    def _mail_has_a_sender_and_stays_unread(self) -> Self:
        if self.smtp_host and not _ADDRESS.fullmatch(self.mail_from):
            raise ValueError("mail_from must be an address when there is an smtp_host")
        if self.smtp_host and self.smtp_security is Security.NONE and self.smtp_host not in _HERE:
            raise ValueError("smtp_security may be none on this machine alone")
        return self

    @model_validator(mode="after")
    def _an_answer_is_awaited_before_it_is_looked_for(self) -> Self:
        if self.answer_within >= self.unknown_after:
            raise ValueError("answer_within must be shorter than unknown_after")
        return self
