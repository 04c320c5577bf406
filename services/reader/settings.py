"""Settings of `reader`. Prefix `READER_`."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.twilio import TWILIO


class Settings(BaseSettings):
    """`revision` is raised when what is already read is read again after a fix.

    `dkim_keys` is a JSON file of DNS names and their TXT records: with it nobody asks the DNS, which is how the mails
    of a demo are signed and checked. `dns_within` is how many seconds an answer may take; without one a mail counts as
    not authenticated, and its words go on.

    `twilio_account` is whose recordings and media are fetched and deleted; `twilio_username` the SID of an API key that
    may do no more, when the secret `twilio_fetch` is that key's. What waits there and cannot be found for `gone_after`
    seconds is gone. `largest` is in bytes; of a recording `sound_seconds` are read, of a document `pages`, each within
    so many seconds of work.
    """

    model_config = SettingsConfigDict(env_prefix="READER_", frozen=True, hide_input_in_errors=True)

    revision: int = 1
    text_batch: int = 8
    text_concurrency: int = 4
    media_batch: int = Field(default=4, ge=1)
    delete_batch: int = 16
    dkim_keys: Path | None = None
    dns_within: float = 3.0
    twilio_account: str = ""
    twilio_username: str = ""
    twilio_url: str = TWILIO
    gone_after: float = Field(default=300, gt=0, lt=600)
    largest: int = Field(default=64 * 1024 * 1024, gt=0, le=256 * 1024 * 1024)
    sound_seconds: float = Field(default=900, gt=0, le=3600)
    sound_within: float = Field(default=900, gt=0, le=1500)
    pages: int = Field(default=30, gt=0, le=200)
    pages_within: float = Field(default=180, gt=0, le=240)
