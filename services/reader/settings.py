"""Settings of `reader`. Prefix `READER_`."""

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """`revision` is raised when what is already read is read again after a fix.

    `dkim_keys` is a JSON file of DNS names and their TXT records: with it nobody asks the DNS, which is how the mails
    of a demo are signed and checked. `dns_within` is how many seconds an answer may take; without one a mail counts as
    not authenticated, and its words go on.
    """

    model_config = SettingsConfigDict(env_prefix="READER_", frozen=True, hide_input_in_errors=True)

    revision: int = 1
    text_batch: int = 8
    text_concurrency: int = 4
    media_batch: int = 1
    delete_batch: int = 16
    dkim_keys: Path | None = None
    dns_within: float = 3.0
