"""`heard keys`: the keyring of an installation of several containers, and the file of keys that each of them gets."""

import base64
import json
import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, NoReturn

import typer

from shared import clock
from shared.database.setup import SCHEMAS
from shared.files import write_whole
from shared.storage import rights
from shared.storage.rights import MAY
from shared.vault.keyring import Keyring, WrongPassphrase
from shared.vault.purposes import SECRETS

keys = typer.Typer(help="The keyring, and the keys of each container.", no_args_is_help=True)

ADMIN: Final = "database_admin"
"""The password of PostgreSQL's first role. No service has it: `heard prepare` alone enters with it."""

PREPARE: Final = "prepare"
NOT_YET: Final = frozenset({"console"})
"""The row of a console where people sign in; until then it runs with the row `operations`, which opens nothing."""
GIVEN: Final = frozenset(
    name for names in SECRETS.values() for name in names if name.startswith(("twilio_", "smtp_"))
)
"""What a provider gives; everything else is made here."""

Ring = Annotated[Path, typer.Option("--keyring", envvar="HEARD_KEYRING", help="The keyring's file.")]


@keys.command("put")
def put(name: Annotated[str, typer.Argument(help=" | ".join(sorted(GIVEN)))], keyring: Ring) -> None:
    """Keep a provider's secret: asked for, or from standard input. Never an argument, which others could see."""
    if name not in GIVEN:
        _fail(f"{name} is not given by anybody; what is: {', '.join(sorted(GIVEN))}")
    ring = _open(keyring)
    asked = sys.stdin.isatty()
    value = str(typer.prompt(name, hide_input=True, err=True)) if asked else sys.stdin.read()
    if not value.strip():
        _fail("Nothing was given, and nothing was kept.")
    ring.put(name, value.strip().encode())
    ring.save()
    typer.echo(f"{name} is kept. Export again, so that it reaches {', '.join(_needing(name))}.")


@keys.command("export")
def export(
    folder: Path,
    keyring: Ring,
    owner: Annotated[int | None, typer.Option(help="The account that the services run as.")] = None,
    database_owner: Annotated[int | None, typer.Option(help="The account that PostgreSQL runs as.")] = None,
    objects_owner: Annotated[int | None, typer.Option(help="The account that the S3 server runs as.")] = None,
) -> None:
    """Write a file of keys for each service, readable by its owner alone, with this week's keys and the next one's.

    Do it again every week, and start the services again: a new week seals with new keys, and old ones are destroyed.
    """
    ring = _open(keyring)
    if ring.rotate(clock.now()) | _make_servers_secrets(ring):
        ring.save()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    try:
        for name, text in services_files(ring).items():
            write_whole(folder / name, text, owner=owner)
        write_whole(folder / "postgres-password", ring.secret(ADMIN).decode(), owner=database_owner)
        write_whole(folder / "objects-identities.json", identities(ring), owner=objects_owner)
    except PermissionError:
        _fail("Only root may give files to another account: run it as root, or leave out the owners.")
    typer.echo(f"{folder} holds a file for each service, and each opens what its service may open.")
    for name in sorted(GIVEN - set(ring.names())):
        typer.echo(f"{name} is not there yet; it is for {', '.join(_needing(name))}.", err=True)


def services_files(ring: Keyring) -> Mapping[str, str]:
    """The keys of every service, and as whom it enters the object store; for `heard prepare` the database's passwords."""
    passwords = [f"database_{role}" for role in SCHEMAS]
    found = {name: base64.b64encode(ring.secret(name)).decode() for name in [*passwords, ADMIN]}
    return {
        **{f"{row}.json": ring.bundle(row) for row in SECRETS if row not in NOT_YET},
        f"{PREPARE}.json": json.dumps({"service": PREPARE, "public": {}, "private": {}, "secrets": found}),
        **{f"objects-{who}.json": ring.secret(f"objects_{who}").decode() for who in MAY},
    }


def identities(ring: Keyring) -> str:
    """What SeaweedFS knows of who may do what."""
    return rights.identities({who: json.loads(ring.secret(f"objects_{who}")) for who in MAY})


def _make_servers_secrets(ring: Keyring) -> bool:
    """What the servers of docker-compose.yml are entered with; made once."""
    wanted = {ADMIN: lambda: secrets.token_urlsafe(24)} | {
        f"objects_{who}": lambda: json.dumps(rights.drawn()) for who in MAY
    }
    missing = [name for name in wanted if name not in ring.names()]
    for name in missing:
        ring.put(name, wanted[name]().encode())
    return bool(missing)


def _open(path: Path) -> Keyring:
    if file := os.environ.get("HEARD_PASSPHRASE_FILE"):
        passphrase = Path(file).read_text(encoding="utf-8").strip()
    else:
        new = not path.exists()
        words = f"Passphrase of a new keyring, {path}" if new else "Passphrase of the keyring"
        passphrase = str(typer.prompt(words, hide_input=True, confirmation_prompt=new, err=True))
    try:
        return Keyring.open(path, passphrase)
    except WrongPassphrase as wrong:
        _fail(str(wrong))


def _needing(name: str) -> list[str]:
    return sorted(service for service, names in SECRETS.items() if name in names)


def _fail(why: str) -> NoReturn:
    typer.echo(why, err=True)
    raise typer.Exit(1)
