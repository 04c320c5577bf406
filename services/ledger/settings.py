"""Settings of `ledger`. Prefix `LEDGER_`."""

import re
from typing import Annotated, Final, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from shared.settings import Addresses
from shared.twilio import TWILIO

_E164: Final = re.compile(r"\+[1-9][0-9]{7,14}")


class Settings(BaseSettings):
    """`intakes` and `services` are `name=http://host:port` of health ports; an intake may stand there several times.

    `every` is how often it looks by itself, `patience` how long a look waits until the ledger has read everything,
    `stuck_after` how long something may be in flight; all in seconds. Without `operations` nobody is paged. `numbers` are
    ours at Twilio (a WhatsApp sender as `whatsapp:+44...`): each `reconcile_every` seconds its list is held against our
    receipts.
    """

    model_config = SettingsConfigDict(env_prefix="LEDGER_", frozen=True, hide_input_in_errors=True)

    intakes: Addresses = ()
    services: Addresses = ()
    watched: Annotated[tuple[str, ...], NoDecode] = ("triage", "anonymiser", "archive", "replies", "pager")
    every: float = Field(default=300.0, gt=0)
    pull_every: float = Field(default=1.0, gt=0)
    patience: float = Field(default=5.0, gt=0)
    stuck_after: float = Field(default=900.0, gt=0)
    batch: int = 500
    operations: SecretStr | None = None
    sender: SecretStr | None = None
    twilio_account: str | None = None
    twilio_key: str | None = None
    twilio_url: str = TWILIO
    numbers: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    reconcile_every: float = Field(default=300.0, gt=0)

    @field_validator("watched", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return (
            tuple(one.strip() for one in value.split(",") if one.strip()) if isinstance(value, str) else value
        )

    @field_validator("numbers", mode="before")
    @classmethod
    def _ours(cls, value: object) -> object:
        return (
            tuple(one.strip() for one in value.split(",") if one.strip()) if isinstance(value, str) else value
        )

    @field_validator("operations", "sender")
    @classmethod
    def _number(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _E164.fullmatch(value.get_secret_value()):
            raise ValueError("a telephone number is written +441632960123")
        return value

    @model_validator(mode="after")
    def _can_page(self) -> Self:
        if self.operations is not None and not (self.sender and self.twilio_account):
            raise ValueError("to page LEDGER_OPERATIONS, LEDGER_SENDER and LEDGER_TWILIO_ACCOUNT are needed")
        return self
