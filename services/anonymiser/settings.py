"""Settings of `anonymiser`. Prefix `ANONYMISER_`."""

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """`revision` is raised when what is already anonymised is done again by newer rules."""

    model_config = SettingsConfigDict(env_prefix="ANONYMISER_", frozen=True, hide_input_in_errors=True)

    revision: int = 1
    batch: int = 32
    concurrency: int = 4
