"""Settings of `archive`. Prefix `ARCHIVE_`."""

from typing import Annotated

from pydantic import Field, StringConstraints
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.storage.place import Place

_Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{0,39}$")]


class Settings(BaseSettings):
    """`objects` is the archive's own store, a folder or `s3://bucket`; `root` is the OCFL storage root in it, `media`
    where sealed streams lie beside it; `epoch` names the key that wraps.

    `retention` names the retention schedule that stands in every master's metadata. `writers` is how many files wait
    for the disk, or for S3, at once. With `lock_days` nobody can take an object out of the bucket for that long.
    """

    model_config = SettingsConfigDict(env_prefix="ARCHIVE_", frozen=True, hide_input_in_errors=True)

    objects: Place
    root: _Name = "archive"
    media: _Name = "media"
    epoch: _Name = "1"
    retention: _Name = "heard-1"
    batch: int = 64
    concurrency: int = 8
    writers: int = 8
    lock_days: int = Field(default=0, ge=0, le=36500)
