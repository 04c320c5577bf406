"""Settings of `triage`. Prefix `TRIAGE_`."""

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """`thread_within` is how many seconds the memory of the thread may take; triage never waits longer for it.

    `revision` is raised when what is already triaged is read again after a fix.
    """

    model_config = SettingsConfigDict(env_prefix="TRIAGE_", frozen=True, hide_input_in_errors=True)

    revision: int = 1
    batch: int = 32
    concurrency: int = 8
    thread_within: float = 0.2
    thread_days: int = 30
    thread_rests: float = 5.0
