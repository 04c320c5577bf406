"""`heard group`: stop a consumer group, let it go on, and move it back."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from services.local import groups
from services.local.found import Found, found
from services.local.trouble import CannotHave

group = typer.Typer(help="Consumer groups: pause one, let it go on, move it back.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="archive, anonymiser, replies ...")]


@group.command("pause")
def pause(name: Name) -> None:
    """Let a group take no more records, whatever is restarted, until it is resumed."""
    _told(lambda heard: groups.pause(heard, name))


@group.command("resume")
def resume(name: Name) -> None:
    """Let a group go on: after a pause, or after it halted because most records failed."""
    _told(lambda heard: groups.resume(heard, name))


@group.command("rewind")
def rewind(
    name: Name,
    to: Annotated[str, typer.Option(help="A time, as 2026-11-25T14:30 (UTC).")] = "",
    hours: Annotated[float | None, typer.Option(min=0.0, help="So many hours back.")] = None,
    start: Annotated[bool, typer.Option("--start", help="To the oldest record that Kafka has.")] = False,
) -> None:
    """Move a paused group back, so that it reads again: for a database that was restored. Nothing is done twice."""

    def run(heard: Found) -> str:
        if sum((bool(to), hours is not None, start)) != 1:
            raise CannotHave("Say how far: one of --to TIME, --hours N and --start.")
        groups.known(name)
        now = datetime.now(UTC)
        moment = None if start else groups.moment_of(to, now) if to else now - timedelta(hours=hours or 0)
        return groups.run_rewind(heard, name, moment)

    _told(run)


def _told(run: Callable[[Found], str]) -> None:
    try:
        typer.echo(run(found()))
    except CannotHave as wrong:
        typer.echo(str(wrong), err=True)
        raise typer.Exit(1) from None
