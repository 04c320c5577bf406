"""The one place that knows which object store there is: a folder of this machine, or a bucket of S3."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import BeforeValidator

from shared.storage.folder import FolderObjects

if TYPE_CHECKING:
    from shared.settings import CommonSettings
    from shared.storage.s3 import S3Objects

S3: Final = "s3://"
_BUCKET: Final = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[a-z0-9][a-z0-9._=-]*)*")


def _place(value: object) -> str:
    place = str(value) if isinstance(value, (str, Path)) else ""
    if not place or (place.startswith("s3:") and not _BUCKET.fullmatch(place)):
        raise ValueError("neither a folder nor s3://bucket")
    return place


Place = Annotated[str, BeforeValidator(_place)]
"""A folder's path, or `s3://bucket` with a prefix or without."""


def objects_of(
    settings: "CommonSettings", place: str | None = None, *, writers: int = 8, lock_days: int = 0
) -> "FolderObjects | S3Objects":
    """Open a store: that in which sealed objects travel, unless another `place` is named. Nothing is asked of S3 yet.

    Raises:
        ValueError: when a setting is missing or wrong; the service does not start.
    """
    place = place or settings.objects_place
    if not place.startswith(S3):
        if lock_days:
            raise ValueError("a folder cannot be locked: leave out the days, or name a bucket")
        return FolderObjects.open(Path(place), writers=writers)
    from shared.storage.s3 import (
        S3Objects,
    )  # here, because boto3 is slow to import and a folder needs none of it
    from shared.storage.s3_client import Bucket, Credentials

    name, _, prefix = place.removeprefix(S3).partition("/")
    credentials = Credentials.read(settings.s3_credentials) if settings.s3_credentials else None
    bucket = Bucket(name, prefix, settings.s3_endpoint, settings.s3_region, credentials, lock_days)
    return S3Objects(bucket, writers=writers)
