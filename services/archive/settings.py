"""Settings of `archive`. Prefix `ARCHIVE_`."""

from pathlib import Path
from typing import Annotated

from pydantic import StringConstraints
from pydantic_settings import BaseSettings, SettingsConfigDict

_Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{0,39}$")]


class Settings(BaseSettings):
    """`objects` is the object store's folder, `root` the OCFL storage root in it, `media` where sealed streams lie
    beside it; `epoch` names the key that wraps.

    `retention` names the retention schedule that stands in every master's metadata. `writers` is how many files wait
    for the disk at once.
    """

    model_config = SettingsConfigDict(env_prefix="ARCHIVE_", frozen=True, hide_input_in_errors=True)

    objects: Path
    root: _Name = "archive"
    media: _Name = "media"
    epoch: _Name = "1"
    retention: _Name = "heard-1"
    batch: int = 64
    concurrency: int = 8
    writers: int = 8
