"""`heard up`: servers, database, topics, keys, and every service, on this machine."""

import asyncio
import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import make_url

from services.local.fleet import Fleet
from services.local.found import pointer
from services.local.home import Home
from services.local.letters import Signer
from services.local.mailbox import Mailbox
from services.local.objects import Store
from services.local.plan import NAMES, SERVICES, Provider, Told, console_url
from services.local.ports import settle
from services.local.servers import Servers, servers
from services.local.standin import ACCOUNT, StandIn
from shared.database.setup import SCHEMAS, prepare
from shared.files import write_whole
from shared.messaging.creation import ensure
from shared.settings import Stage
from shared.vault.keyring import Keyring

Say = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class Local:
    """A whole Heard on this machine, while it runs."""

    home: Home
    servers: Servers
    fleet: Fleet
    stand_in: StandIn
    mailbox: Mailbox
    ports: Mapping[str, int]
    keyring: Keyring


@contextmanager
def up(
    home: Home,
    passphrase: str,
    say: Say,
    *,
    stage: Stage = Stage.DEMO,
    extra: Mapping[str, str] | None = None,
    log_level: str = "INFO",
    services: tuple[str, ...] = SERVICES,
    brokers: int | None = None,
    objects: Store | None = None,
) -> Iterator[Local]:
    """Start everything, and stop it in good order at the end. `extra` are settings for every process."""
    keyring = open_keyring(home, passphrase)
    with ExitStack() as stack:
        running = stack.enter_context(
            servers(home, lambda line: say("servers", line), brokers=brokers, objects=objects)
        )
        say("kafka", f"answers at {running.bootstrap}")
        if running.objects:
            say("objects", f"are kept by an S3 server at {running.objects.endpoint}")
        ports = settle(home, NAMES)
        prepare(running.database_admin_uri, passwords(keyring))
        say("database", "is prepared")
        with ThreadPoolExecutor(1) as thread:  # the caller may have an event loop of its own
            created = thread.submit(asyncio.run, ensure(running.bootstrap.split(","))).result()
        say("topics", f"{len(created)} created" if created else "are there")
        stand_in = stack.enter_context(StandIn.running(home, keyring, ports))
        say("twilio", f"is played by a stand-in at {stand_in.url}")
        if stage is not Stage.PRODUCTION:
            Signer.of(home)
        mailbox = stack.enter_context(Mailbox.running(home, ports))
        say("mailbox", f"keeps what is sent by mail: {mailbox.url}")
        told = Told(
            home, stage, running.bootstrap, running.database_admin_uri, ports,
            Provider(ACCOUNT, stand_in.url), log_level, extra, services, running.objects,
        )  # fmt: skip
        home.note(stage=stage.value, database=database_noted(running.database_admin_uri))
        running_now = pointer()
        running_now.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(running_now, json.dumps({"home": str(home.path)}))
        fleet = Fleet(told, keyring, say, services)
        stack.callback(fleet.stop)
        fleet.start()
        if "console" in services:
            say("console", f"shows how everything is: {console_url(ports)}")
        yield Local(home, running, fleet, stand_in, mailbox, ports, keyring)


def database_noted(admin_uri: str) -> str | None:
    """Where the database is, for the commands; never with a password."""
    url = make_url(admin_uri)
    return url.render_as_string() if url.password is None else None


def open_keyring(home: Home, passphrase: str) -> Keyring:
    """Open the keyring of this folder, or make it, with what this week needs."""
    home.make()
    keyring = Keyring.open(home.path / "keyring.json", passphrase)
    changed = keyring.rotate(datetime.now(UTC))
    if "twilio_webhook" not in keyring.names():  # the stand-in's token; a real one comes from settings
        token = secrets.token_hex(16).encode()
        keyring.put("twilio_webhook", token)
        keyring.put("twilio_send", token)
        changed = True
    if "twilio_fetch" not in keyring.names():
        keyring.put("twilio_fetch", keyring.secret("twilio_webhook"))
        changed = True
    if changed:
        keyring.save()
    return keyring


def passwords(keyring: Keyring) -> dict[str, str]:
    return {role: keyring.secret(f"database_{role}").decode() for role in SCHEMAS}


def passphrase_from(environment: Mapping[str, str], ask: Callable[[], str]) -> str:
    """The passphrase: from the file that `HEARD_PASSPHRASE_FILE` names, else asked for."""
    if path := environment.get("HEARD_PASSPHRASE_FILE"):
        return Path(path).read_text(encoding="utf-8").strip()
    return ask()


def checkout() -> Path:
    """The folder that holds `services`, and in a checkout `tests` as well."""
    return Path(__file__).resolve().parents[2]
