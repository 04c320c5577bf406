"""`heard spool`: what the disk of a dead machine still holds, looked at and brought to Kafka."""

from pathlib import Path
from typing import Annotated, NoReturn

import typer

from services.local import spools
from services.local.found import found
from services.local.trouble import CannotHave

spool = typer.Typer(help="The spool of a machine that died.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(help="spool-1.sqlite, with the -wal beside it, from the disk.")]


@spool.command("list")
def list_(file: File) -> None:
    """Count what it holds, without a word of it."""
    try:
        for line in spools.look(file).lines():
            typer.echo(line)
    except CannotHave as wrong:
        _fail(wrong)


@spool.command("drain")
def drain(file: File) -> None:
    """Publish what Kafka does not have yet, and mark it. May be cut off and said again."""
    try:
        told, done = spools.drain(found(), file)
    except CannotHave as wrong:
        _fail(wrong)
    for line in told:
        typer.echo(line)
    if not done:
        raise typer.Exit(1)


def _fail(wrong: CannotHave) -> NoReturn:
    typer.echo(str(wrong), err=True)
    raise typer.Exit(1) from None
