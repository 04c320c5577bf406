"""What `heard up` starts, and what each process is told. Secrets are not here: they go by pipe."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.local.home import Home
from services.local.objects import Seaweed
from shared.settings import Stage
from shared.storage.rights import ARCHIVE, INCOMING, who_is

SERVICES: Final = (
    "pager",
    "triage",
    "sms_intake",
    "email_intake",
    "voice_intake",
    "art_intake",
    "reader",
    "anonymiser",
    "archive",
    "replies",
    "ledger",
    "console",
)
"""In the order in which they start: whoever rings first, whoever takes in next."""

INTAKES: Final = ("sms_intake", "email_intake", "voice_intake", "art_intake")
NO_DATABASE: Final = ("sms_intake", "email_intake", "voice_intake", "reader", "console")
WITH_OBJECTS: Final = ("email_intake", "voice_intake", "art_intake", "reader", "archive")
"""Who seals media, reads it, or keeps it."""
WITH_OUTBOX: Final = ("anonymiser", "archive", "replies")
NAMES: Final = (
    *SERVICES,
    "sms_web",
    "voice_web",
    "art_web",
    "console_web",
    "smtp",
    "twilio",
    "mailbox",
    "mailbox_smtp",
)

KEYS_OF: Final = {"console": "operations"}
"""Whose row of keys a process is given, where it is not its own: nobody signs in at the console yet, so it opens nothing."""

DRAMA: Final = {
    "ours": "+447700900001",
    "duty_lead": "+447700900101",
    "deputy": "+447700900102",
    "on_call": "+447700900103",
    "operations": "+447700900104",
}
"""Ofcom's numbers for drama: nobody has them."""

MAIL_DOMAIN: Final = "review.example.org"
MAIL_ADDRESS: Final = f"review@{MAIL_DOMAIN}"


@dataclass(frozen=True, slots=True)
class Provider:
    """The SMS provider: Twilio, or the stand-in of a checkout."""

    account: str
    url: str


@dataclass(frozen=True, slots=True)
class Told:
    """Everything that the environment of the processes is made from."""

    home: Home
    stage: Stage
    bootstrap: str
    database: str
    ports: Mapping[str, int]
    provider: Provider
    log_level: str = "INFO"
    extra: Mapping[str, str] | None = None
    services: tuple[str, ...] = SERVICES
    objects: Seaweed | None = None


def environment(service: str, told: Told) -> dict[str, str]:
    """The settings of one process, as variables."""
    common = {
        "HEARD_STAGE": told.stage.value,
        "HEARD_KAFKA": told.bootstrap,
        "HEARD_DATABASE": told.database,
        "HEARD_STATE": str(told.home.path / "state"),
        "HEARD_LOG_LEVEL": told.log_level,
        "HEARD_HEALTH_PORT": str(told.ports[service]),
    }
    if service in NO_DATABASE:
        del common["HEARD_DATABASE"]  # the edge has no use for it, nor has the reader
    if service in WITH_OBJECTS:
        common |= _objects(service, told)
    return {**common, **_own(service, told), **(told.extra or {})}


def _objects(service: str, told: Told) -> dict[str, str]:
    """Where sealed objects travel; on S3 each zone is somebody else to the store."""
    if not told.objects:
        return {"HEARD_OBJECTS": str(told.home.path / "incoming")}
    return {
        "HEARD_OBJECTS": f"s3://{INCOMING}",
        "HEARD_S3_ENDPOINT": told.objects.endpoint,
        "HEARD_S3_CREDENTIALS": str(told.objects.credentials(who_is(service))),
    }


def invented_dns(home: Home) -> Path:
    """What the DNS would say of the domain that invented mail comes from: a file, so that nobody is asked."""
    return home.path / "invented-dns.json"


def _own(service: str, told: Told) -> dict[str, str]:
    intakes = ",".join(f"{name}={_at(told, name)}" for name in INTAKES if name in told.services)
    own: dict[str, dict[str, str]] = {
        "console": {
            "CONSOLE_PORT": str(told.ports["console_web"]),
            "CONSOLE_SERVICES": ",".join(
                f"{name}={_at(told, name)}" for name in told.services if name != "console"
            ),
        },
        "sms_intake": {
            "SMS_INTAKE_PORT": str(told.ports["sms_web"]),
            "SMS_INTAKE_PUBLIC_URLS": sms_url(told.ports),
            "SMS_INTAKE_STATUS_URLS": status_url(told.ports),
        },
        "voice_intake": {
            "VOICE_INTAKE_PORT": str(told.ports["voice_web"]),
            "VOICE_INTAKE_PUBLIC_URLS": voice_url(told.ports),
        },
        "email_intake": {
            "EMAIL_INTAKE_PORT": str(told.ports["smtp"]),
            "EMAIL_INTAKE_DOMAINS": MAIL_DOMAIN,
            "EMAIL_INTAKE_LEAST_FREE": str(256 * 1024 * 1024),
        },
        "art_intake": {
            "ART_INTAKE_PORT": str(told.ports["art_web"]),
            "ART_INTAKE_LEAST_FREE": str(512 * 1024 * 1024),
        },
        "reader": {
            "READER_TWILIO_ACCOUNT": told.provider.account,
            "READER_TWILIO_URL": told.provider.url,
            **({} if told.stage is Stage.PRODUCTION else {"READER_DKIM_KEYS": str(invented_dns(told.home))}),
        },
        "archive": {
            "ARCHIVE_OBJECTS": f"s3://{ARCHIVE}" if told.objects else str(told.home.path / "objects")
        },
        "replies": {
            "REPLIES_TWILIO_ACCOUNT": told.provider.account,
            "REPLIES_TWILIO_URL": told.provider.url,
            "REPLIES_STATUS_URL": status_url(told.ports),
            "REPLIES_SMTP_HOST": "127.0.0.1",
            "REPLIES_SMTP_PORT": str(told.ports["mailbox_smtp"]),
            "REPLIES_SMTP_SECURITY": "none",
            "REPLIES_MAIL_FROM": MAIL_ADDRESS,
        },
        "pager": {
            "PAGER_TWILIO_ACCOUNT": told.provider.account,
            "PAGER_TWILIO_URL": told.provider.url,
            "PAGER_SENDER": DRAMA["ours"],
            "PAGER_DUTY_LEAD": DRAMA["duty_lead"],
            "PAGER_DEPUTY": DRAMA["deputy"],
            "PAGER_ON_CALL": DRAMA["on_call"],
            "PAGER_CONSOLE_URL": "http://127.0.0.1/concerns",
            "PAGER_INTAKES": intakes,
        },
        "ledger": {
            "LEDGER_INTAKES": intakes,
            "LEDGER_SERVICES": ",".join(
                f"{name}={_at(told, name)}" for name in WITH_OUTBOX if name in told.services
            ),
            "LEDGER_EVERY": "5",
            "LEDGER_TWILIO_ACCOUNT": told.provider.account,
            "LEDGER_TWILIO_URL": told.provider.url,
            "LEDGER_SENDER": DRAMA["ours"],
            "LEDGER_OPERATIONS": DRAMA["operations"],
            "LEDGER_NUMBERS": f"{DRAMA['ours']},whatsapp:{DRAMA['ours']}",
        },
    }
    return own.get(service, {})


def sms_url(ports: Mapping[str, int]) -> str:
    """Where Twilio (here: its stand-in) sends texts to."""
    return f"http://127.0.0.1:{ports['sms_web']}/sms"


def status_url(ports: Mapping[str, int]) -> str:
    """Where Twilio reports what became of our texts."""
    return f"http://127.0.0.1:{ports['sms_web']}/status"


def voice_url(ports: Mapping[str, int]) -> str:
    """Where Twilio sends calls to: `/call` and what follows it."""
    return f"http://127.0.0.1:{ports['voice_web']}"


def console_url(ports: Mapping[str, int]) -> str:
    """Where operations see how everything is; this machine alone."""
    return f"http://127.0.0.1:{ports['console_web']}/"


def _at(told: Told, service: str) -> str:
    return f"http://127.0.0.1:{told.ports[service]}"
