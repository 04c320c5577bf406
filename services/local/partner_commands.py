"""`heard partner`: organisations that hand over. `add`, `key`, `off` and `list` are for us; `send` and `verify` for them."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from services.art_intake.rules.partner_keys import Scope
from services.art_intake.rules.proof import NotProven, verify
from services.local.desk import Desk
from services.local.found import found
from services.local.hand_over import HandOver, Outcome, hold_against
from services.local.partners import Partners
from services.local.ready import PROOF, Ready, prepare
from services.local.trouble import CannotHave
from shared.files import write_whole

T = TypeVar("T")

partner = typer.Typer(help="Partner organisations, and what they hand over.", no_args_is_help=True)


@partner.command("add")
def add(
    name: Annotated[str, typer.Argument(help="A short name: a-z, 0-9 and hyphens. It names no person.")],
    contact: Annotated[str, typer.Option(help="Their safeguarding contact: whom to call about a child.")],
    title: Annotated[str, typer.Option(help="The organisation's name.")] = "",
) -> None:
    """Add an organisation, or change its contact. Both are kept sealed."""
    partners = _partners()
    _told(lambda: partners.add(name, title, contact))
    typer.echo(f"{name} may hand over once it has a key: heard partner key {name}")
    typer.echo(f"Proofs are checked with the public key {partners.public_key}")


@partner.command("key")
def key(
    name: str,
    scope: Annotated[list[Scope] | None, typer.Option(help="send, read; both without it.")] = None,
    days: Annotated[int, typer.Option(min=1, max=3660, help="How long it is good for.")] = 365,
) -> None:
    """Make a key and show it, once: only a digest of it is kept."""
    typer.echo(_told(lambda: _partners().key(name, scope or list(Scope), days)))
    typer.echo("This key is shown once. Give it to them by a safe way.", err=True)


@partner.command("off")
def off(
    name: str,
    one: Annotated[
        Path | None, typer.Option("--key-file", help="Revoke this one key alone, and leave the others.")
    ] = None,
) -> None:
    """Revoke their keys and let them in no more; what they handed over stays."""
    partners = _partners()
    if one is not None:
        revoked = _told(lambda: partners.revoke(name, _key_in(one)))
        typer.echo("That key is revoked." if revoked else "That is no key of theirs that still worked.")
        raise typer.Exit(0 if revoked else 1)
    typer.echo(f"{name} is off; {_told(lambda: partners.off(name))} keys are revoked")


@partner.command("list")
def list_all() -> None:
    """List them: their contact, their keys, how much they handed over."""
    for line in _told(lambda: _partners().list()):
        typer.echo(line)


@partner.command("send")
def send(
    folder: Path,
    url: Annotated[str, typer.Option(help="Where Heard is, such as https://heard.example.org")],
    key_file: Annotated[Path, typer.Option(help="The file that holds your key.")],
    public_key: Annotated[
        str | None, typer.Option(help="The public key that you were given with your key.")
    ] = None,
) -> None:
    """Hand over every file of a folder, with what captions.csv says of it. Run it again whenever it was broken off.

    captions.csv has one line an item. Its first line names the columns: file (or words, for an item that is no file),
    caption, age_band (u8, 8_12, 13_15, 16_17, 18_25, over25), roles, group_size, event_code, language, sent_for,
    worried, consent_quote, consent_show, consent_research, consent_contact, consent_wording. All but the first may be
    left out. Files that it does not name are sent too, with nothing said of them; files that are hidden are not.
    """
    items = _told(lambda: prepare(folder))
    if not items:
        _fail("There is nothing to send in that folder.")
    hand_over = HandOver(url, _told(lambda: _key_in(key_file)))
    outcome = _told(lambda: _shown(hand_over, items, public_key))
    write_whole(folder / PROOF, json.dumps(hand_over.document, indent=2) + "\n")
    typer.echo(
        f"{outcome.sent} sent, {outcome.there_before} were there before; {outcome.breaks} broken connections."
    )
    typer.echo(f"The proof holds for all of them; it is in {folder / PROOF}")
    for name, why in outcome.refused:
        typer.echo(f"not taken: {name}: {why}", err=True)
    raise typer.Exit(1 if outcome.refused else 0)


@partner.command("verify")
def check(
    proof: Path,
    public_key: Annotated[str | None, typer.Option(help="The public key that you were given.")] = None,
    folder: Annotated[
        Path | None, typer.Option(help="Hold the files of this folder against the proof as well.")
    ] = None,
) -> None:
    """Check a proof: that it is whole and unchanged, whose it is, and whether your files are those it names."""
    try:
        held = verify(json.loads(proof.read_text(encoding="utf-8")), public_key)
    except (OSError, ValueError):
        _fail("That file cannot be read, or is no proof.")
    except NotProven as wrong:
        _fail(f"It does not hold: {wrong}.")
    typer.echo(f"It holds: {held.partner} handed over {len(held.items)} items, as of {held.issued_at}.")
    typer.echo(f"Signed with {held.public_key}")
    if public_key is None:
        typer.echo(
            "Compare that key with the one that you were given: anybody can sign with a key of their own."
        )
    if folder is not None:
        lacking = hold_against(held, _told(lambda: prepare(folder)))
        for name in lacking:
            typer.echo(f"not in the proof as it is now: {name}", err=True)
        if lacking:
            raise typer.Exit(1)
        typer.echo("Every file of the folder is in it, byte for byte.")


def _shown(hand_over: HandOver, items: list[Ready], public_key: str | None) -> Outcome:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("safe with Heard", total=len(items))
        return asyncio.run(
            hand_over.send(items, lambda safe, of: bar.update(task, completed=safe, total=of), public_key)
        )


def _key_in(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        raise CannotHave(f"The key file {path} cannot be read.") from None


def _partners() -> Partners:
    def ask() -> str:
        return str(typer.prompt("Passphrase of the keyring", hide_input=True, err=True))

    return _told(lambda: Desk(found(), ask_passphrase=ask).partners())


def _told(ask: Callable[[], T]) -> T:
    try:
        return ask()
    except CannotHave as wrong:
        _fail(str(wrong))


def _fail(why: str) -> NoReturn:
    typer.echo(why, err=True)
    raise typer.Exit(1)
