"""Settings that every service has. Typed, read once, and wrong ones fail at start. Prefix `HEARD_`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from shared.storage.place import Place


class Stage(StrEnum):
    """Which stage this is; read in settings alone."""

    DEMO = "demo"
    TEST = "test"
    PRODUCTION = "production"


def _addresses(value: object) -> object:
    if not isinstance(value, str):
        return value
    pairs = [one.strip().partition("=") for one in value.split(",") if one.strip()]
    if any(not name or not url.startswith(("http://", "https://")) for name, _, url in pairs):
        raise ValueError("each must be name=http://host:port")
    return tuple((name, url.rstrip("/")) for name, _, url in pairs)


Addresses = Annotated[tuple[tuple[str, str], ...], NoDecode, BeforeValidator(_addresses)]
"""`name=http://host:port,...`: health ports. A name may stand there several times."""


class CommonSettings(BaseSettings):
    """`kafka` is a list of `host:port`; `database` has no user, since each service enters as its own role.

    `objects` is where sealed objects travel from the edge to the inside, a folder or `s3://bucket`; only who handles
    media needs it. `s3_endpoint` names an S3 server that is not AWS's own, `s3_credentials` a file (JSON: access_key,
    secret_key); without one boto3 finds credentials as it always does, such as the machine's role.
    """

    model_config = SettingsConfigDict(env_prefix="HEARD_", frozen=True, hide_input_in_errors=True)

    stage: Stage = Stage.PRODUCTION
    kafka: Annotated[tuple[str, ...], NoDecode, Field(min_length=1)] = ("127.0.0.1:9092",)
    database: SecretStr | None = None
    state: Path = Path("state")
    objects: Place | None = None
    s3_endpoint: Annotated[str, Field(pattern=r"^$|^https?://[^/@\s]+/?$")] = ""
    s3_region: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")] = "eu-west-2"
    s3_credentials: Path | None = None
    log_level: Annotated[str, Field(pattern="^(?i:debug|info|warning|error|critical)$")] = "INFO"
    health_host: str = "127.0.0.1"
    health_port: int = Field(default=0, ge=0, le=65535)
    instance: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")] = "1"
    retry_after: float = Field(default=30.0, ge=0)
    heartbeat_every: float = Field(default=10.0, gt=0)

    @field_validator("kafka", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @property
    def objects_place(self) -> str:
        """Where sealed objects travel, for a service that handles media.

        Raises:
            ValueError: when `HEARD_OBJECTS` is not set; the service does not start.
        """
        if self.objects is None:
            raise ValueError("HEARD_OBJECTS is not set: this service needs the store of sealed objects")
        return self.objects

    @property
    def database_uri(self) -> str:
        """The database, for a service that needs one.

        Raises:
            ValueError: when `HEARD_DATABASE` is not set; the service does not start.
        """
        if self.database is None:
            raise ValueError("HEARD_DATABASE is not set: this service needs a database")
        return self.database.get_secret_value()
