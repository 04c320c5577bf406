"""Settings of `console`. Prefix `CONSOLE_`."""

from typing import Final, Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.settings import Addresses

LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")


class Settings(BaseSettings):
    """`services` are `name=http://host:port` of health ports; a service of several processes stands there several times.

    It listens on loopback alone, since nobody signs in: reach it from elsewhere through a tunnel of ssh. In a container it
    listens on every address of its own, and `published_on_loopback` promises that its port is published on loopback. `every` is how
    often it asks, `account_every` how often it asks the ledger for its whole account; in seconds.
    """

    model_config = SettingsConfigDict(env_prefix="CONSOLE_", frozen=True, hide_input_in_errors=True)

    host: str = "127.0.0.1"
    published_on_loopback: bool = False
    port: int = Field(default=8090, ge=0, le=65535)
    services: Addresses = ()
    every: float = Field(default=2.0, gt=0)
    account_every: float = Field(default=30.0, gt=0)

    @model_validator(mode="after")
    def _loopback(self) -> Self:
        if self.host not in LOOPBACK and not self.published_on_loopback:
            raise ValueError(
                "the console has no sign-in yet: it listens on 127.0.0.1, ::1 or localhost, and nowhere else"
            )
        return self
