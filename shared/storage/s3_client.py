"""How an S3 store is reached: where, as whom, and for how long an answer is waited for."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, SecretStr


class Credentials(BaseModel):
    """Who we are to the store: what the file that `HEARD_S3_CREDENTIALS` names holds, as JSON."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    access_key: str
    secret_key: SecretStr

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the file.

        Raises:
            ValueError: when it is not there or not what it should be; the service does not start.
        """
        try:
            return cls.model_validate_json(path.read_bytes())
        except (OSError, ValueError):
            raise ValueError("HEARD_S3_CREDENTIALS names no file with access_key and secret_key") from None


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where objects lie. Without an `endpoint` it is AWS's own; without `credentials` boto3 finds them by itself.

    `prefix` is put before every key. With `lock_days` nobody can take an object away for that long (Object Lock,
    governance mode).
    """

    name: str
    prefix: str = ""
    endpoint: str = ""
    region: str = "eu-west-2"
    credentials: Credentials | None = None
    lock_days: int = 0
    connect_within: float = 3.0
    read_within: float = 15.0


def client_for(bucket: Bucket, connections: int = 8) -> Any:
    """A client that gives up in bounded time; a server of our own is addressed by path, not by host name."""
    import boto3  # here, because both are slow to import, and whoever keeps objects in a folder needs neither
    from botocore.config import Config

    who = bucket.credentials
    session = boto3.session.Session(
        aws_access_key_id=who.access_key if who else None,
        aws_secret_access_key=who.secret_key.get_secret_value() if who else None,
        region_name=bucket.region,
    )
    return session.client(
        "s3",
        endpoint_url=bucket.endpoint or None,
        config=Config(
            connect_timeout=bucket.connect_within,
            read_timeout=bucket.read_within,
            retries={
                "mode": "standard",
                "total_max_attempts": 1,
            },  # we count them: a body is asked for again too
            max_pool_connections=connections,
            s3={"addressing_style": "path" if bucket.endpoint else "auto"},
            proxies={} if bucket.endpoint else None,
        ),
    )
