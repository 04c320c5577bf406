"""Settings of `pager`. Prefix `PAGER_`."""

import re
from datetime import timedelta
from typing import Annotated, Final, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from shared.concerns.ladder import MINUTE, Pace, Whom
from shared.settings import Stage
from shared.twilio import TWILIO

_E164: Final = re.compile(r"\+[1-9][0-9]{7,14}")
_DRAMA: Final = re.compile(r"\+447700900[0-9]{3}")


class Settings(BaseSettings):
    """Whom to ring, and when. A number that is missing or malformed stops the start: nobody would be rung.

    `no_level_after` is in seconds from a part's arrival in the log. `ladder_scale` shortens the ladder's minutes in a
    demo or a test. `settle` is how long, after a start, the log may be read before a missing level counts.
    """

    model_config = SettingsConfigDict(env_prefix="PAGER_", frozen=True, hide_input_in_errors=True)

    duty_lead: SecretStr
    deputy: SecretStr
    on_call: SecretStr
    sender: SecretStr
    console_url: Annotated[str, Field(pattern=r"^https?://[!-~]{1,100}$")]
    webhook: SecretStr | None = None
    twilio_account: Annotated[str, Field(pattern=r"^AC[0-9a-zA-Z]{32}$")]
    twilio_key: str | None = None
    twilio_url: str = TWILIO
    intakes: Annotated[dict[str, str], NoDecode] = Field(default_factory=dict)
    no_level_after: float = Field(default=180.0, gt=0)
    settle: float = Field(default=20.0, ge=0)
    ladder_scale: float = Field(default=1.0, gt=0, le=1)
    tick: float = Field(default=1.0, gt=0)
    pull_every: float = Field(default=10.0, gt=0)
    check_every: float = Field(default=300.0, gt=0)
    database_patience: float = Field(default=5.0, gt=0)
    batch: int = 100
    concurrency: int = 8

    @field_validator("sender")
    @classmethod
    def _sender(cls, value: SecretStr) -> SecretStr:
        if not re.fullmatch(rf"{_E164.pattern}|[A-Za-z0-9 ]{{3,11}}", value.get_secret_value()):
            raise ValueError("the sender is a number such as +441632960123, or a name of 3 to 11 signs")
        return value

    @field_validator("duty_lead", "deputy", "on_call")
    @classmethod
    def _number(cls, value: SecretStr) -> SecretStr:
        if not _E164.fullmatch(value.get_secret_value()):
            raise ValueError("a telephone number is written +441632960123")
        return value

    @field_validator("webhook")
    @classmethod
    def _address(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None or not value.get_secret_value():
            return None
        if not re.fullmatch(r"https?://[!-~]+", value.get_secret_value()):
            raise ValueError("a webhook is an address that begins with https:// or http://")
        return value

    @field_validator("intakes", mode="before")
    @classmethod
    def _pairs(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        pairs = [one.strip().partition("=") for one in value.split(",") if one.strip()]
        if not all(
            re.fullmatch(r"[a-z_]{1,40}", name) and url.startswith(("http://", "https://"))
            for name, _, url in pairs
        ):
            raise ValueError("intakes are written name=http://host:port, with commas between them")
        return {name: url.rstrip("/") for name, _, url in pairs}

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.sender.get_secret_value() in self.numbers.values():
            raise ValueError("the sender cannot be one of those who are rung")
        return self

    def fits(self, stage: Stage) -> None:
        """Refuse what would ring nobody in production.

        Raises:
            ValueError: invented numbers, a shortened ladder or no intakes, outside a demo or a test.
        """
        if stage is not Stage.PRODUCTION:
            return
        if self.ladder_scale != 1.0:
            raise ValueError("PAGER_LADDER_SCALE is for a demo or a test")
        if any(_DRAMA.fullmatch(number) for number in self.numbers.values()):
            raise ValueError(
                "a number for drama rings nobody: give the duty lead's, the deputy's and on-call's"
            )
        if not self.intakes:
            raise ValueError(
                "PAGER_INTAKES is missing: with Kafka away nobody would hear of what was accepted"
            )

    @property
    def numbers(self) -> dict[Whom, str]:
        return {
            Whom.DUTY_LEAD: self.duty_lead.get_secret_value(),
            Whom.DEPUTY: self.deputy.get_secret_value(),
            Whom.ON_CALL: self.on_call.get_secret_value(),
        }

    @property
    def pace(self) -> Pace:
        return Pace(MINUTE * self.ladder_scale)

    @property
    def patience(self) -> timedelta:
        """How long a part may be without a level."""
        return timedelta(seconds=self.no_level_after)
