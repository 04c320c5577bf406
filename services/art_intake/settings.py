"""Settings of `art_intake`. Prefix `ART_INTAKE_`."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Sizes are in bytes, times in seconds.

    `exit_url` is the neutral site that "Exit this page" leads to. `client_header` is the header in which a proxy of ours
    names the client, for slowing guesses; without one it is the connection's own address. `least_free` is what uploads
    leave free on the spool's disk; words are taken below it. `uploads` forms with files are received at once, `in_flight`
    forms in all. `wrong_codes` are let through from one client within ten minutes.

    Each partner may ask `partner_rate` times a second, `partner_burst` times at once, and send `partner_uploads` files at a
    time. Their keys are asked for anew after `partner_fresh`, and serve on for `partner_kept` without the database.
    """

    model_config = SettingsConfigDict(env_prefix="ART_INTAKE_", frozen=True, hide_input_in_errors=True)

    host: str = "127.0.0.1"
    port: int = 8082
    exit_url: str = Field(default="https://www.bbc.co.uk/weather", pattern=r"^https?://\S+$")
    client_header: str = ""
    answer_within: float = 2.0
    in_flight: int = 200
    uploads: int = 20
    files: int = 10
    file_limit: int = 25 * 1024 * 1024
    form_limit: int = 60 * 1024 * 1024
    words_limit: int = 400 * 1024
    wrong_codes: int = Field(default=8, ge=1)
    upload_within: float = 1800.0
    idle_within: float = 60.0
    least_free: int = 2 * 1024 * 1024 * 1024
    batch: int = 64
    partner_file_limit: int = 64 * 1024 * 1024
    partner_rate: float = 20.0
    partner_burst: int = 100
    partner_uploads: int = 8
    partner_fresh: float = 2.0
    partner_kept: float = 600.0
