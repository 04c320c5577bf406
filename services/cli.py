"""The one command, `heard`. Each subcommand imports what it needs when it runs, so that a service starts lean."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from services.local.home import Home

app = typer.Typer(
    name="heard",
    help="Takes in what people say to a public review of children's social care, and loses none of it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
kafka = typer.Typer(help="The Kafka of this machine.", no_args_is_help=True)
app.add_typer(kafka, name="kafka")


def _add_desk() -> None:
    """The desk's commands need more than a service does: they are added unless a service is run."""
    from services import keys

    app.add_typer(keys.keys, name="keys")
    if find_spec("services.local") is None:
        return  # an image holds the services, and not the runner of one machine
    from services.local import commands, group_commands, partner_commands, spool_commands

    app.add_typer(commands.send, name="send")
    app.add_typer(commands.dead, name="dead")
    app.add_typer(commands.concerns, name="concerns")
    app.add_typer(partner_commands.partner, name="partner")
    app.add_typer(group_commands.group, name="group")
    app.add_typer(spool_commands.spool, name="spool")
    app.command("ledger")(commands.ledger)
    app.command("removals")(commands.removals)
    app.command("trace")(commands.trace)


@app.command()
def run(service: str) -> None:
    """Run one service as one process, as production does. Its keys come by HEARD_KEYS_FD or HEARD_KEYS_FILE."""
    from shared.settings import CommonSettings
    from shared.telemetry import configure
    from shared.vault import KeyBundle
    from shared.vault.bundle import NoKeys

    try:
        module = import_module(f"services.{service}.app")
    except ModuleNotFoundError:
        raise typer.BadParameter(f"there is no service {service}") from None
    try:
        settings = CommonSettings()
        configure(service, settings.log_level)
        keys = KeyBundle.from_environment(os.environ)
        built = module.create_app(settings, keys)
        built.told_of(keys)
    except (NoKeys, ValueError) as wrong:
        _fail(f"{service} does not start: {wrong}")
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        raise typer.Exit(runner.run(built.run()))


@app.command()
def prepare() -> None:
    """Create topics, database roles and tables, for an installation that brings its own servers; again at any time."""
    from services import prepare as work
    from shared.settings import CommonSettings
    from shared.vault import KeyBundle
    from shared.vault.bundle import NoKeys

    try:
        settings, own = CommonSettings(), work.Settings()
        keys = KeyBundle.from_environment(os.environ)
        asyncio.run(work.prepare(settings, own, keys, typer.echo))
    except (NoKeys, ValueError, work.NotPrepared) as wrong:
        _fail(f"not prepared: {wrong}")


@app.command()
def up(
    home: Annotated[str | None, typer.Option(help="The folder that everything is kept in.")] = None,
    brokers: Annotated[int | None, typer.Option(help="1 or 3 Kafka nodes, for a folder that is new.")] = None,
    objects: Annotated[
        str | None,
        typer.Option(
            help="Where objects are kept, for a folder that is new: folder, or s3 (a server of its own).",
            envvar="HEARD_OBJECTS_STORE",
        ),
    ] = None,
) -> None:
    """Start everything on this machine: Kafka, PostgreSQL and every service. Ctrl-C stops it cleanly."""
    from services.local.home import Home
    from services.local.objects import Store
    from services.local.trouble import CannotHave
    from services.local.up import passphrase_from
    from services.local.up import up as start
    from shared.vault.keyring import WrongPassphrase

    if objects is not None and objects not in list(Store):
        _fail("--objects is folder or s3")
    store = Store(objects) if objects else None
    passphrase = passphrase_from(
        os.environ, lambda: str(typer.prompt("Passphrase of the keyring", hide_input=True))
    )
    _stop_on_term()
    try:
        with start(_home(home, Home), passphrase, _say, brokers=brokers, objects=store) as local:
            _say(
                "heard", f'is up; text it with: heard send sms "hello" (webhook at {local.ports["sms_web"]})'
            )
            signal.pause()
    except KeyboardInterrupt:
        _say("heard", "has stopped; what it keeps stays")
    except (CannotHave, WrongPassphrase) as wrong:
        _fail(str(wrong))


@app.command()
def demo(
    once: Annotated[
        bool, typer.Option("--once", help="End after the closing table; 0 only if all is well.")
    ] = False,
) -> None:
    """Show the whole of it with invented texts, in a folder of its own with throw-away keys."""
    from services.local.demo import play

    _stop_on_term()
    raise typer.Exit(play(once=once))


@app.command()
def topics() -> None:
    """List the topics, with their partitions and settings, in travelling order."""
    from shared.contracts.topics import plans

    for plan in plans():
        settings = ", ".join(f"{name}={value}" for name, value in plan.settings(3).items())
        typer.echo(f"{plan.name:34} {plan.partitions:3} partitions  {settings}")


@app.command()
def flow() -> None:
    """Print the flow, made from the contracts: who writes each topic, and who reads it."""
    from shared.contracts.flow import picture

    typer.echo(picture())


@app.command()
def triage(
    jsonl: Annotated[bool, typer.Option("--jsonl", help="One JSON object a line, in and out.")] = False,
) -> None:
    """Give each line of standard input its safeguarding level. No servers needed."""
    from services.triage.rules.lines import answer

    _lines(answer, jsonl)


@app.command()
def anonymise(
    jsonl: Annotated[bool, typer.Option("--jsonl", help="One JSON object a line, in and out.")] = False,
) -> None:
    """Take identities out of each line of standard input. No servers needed."""
    from services.anonymiser.rules.lines import answer

    _lines(answer, jsonl)


@kafka.command("start")
def kafka_start(
    brokers: Annotated[int | None, typer.Option(help="1 or 3 nodes, for a folder that is new.")] = None,
) -> None:
    """Start the Kafka of this folder and leave it running."""
    from services.local.home import Home
    from services.local.servers import start_kafka

    _told(lambda: start_kafka(_home(None, Home), lambda line: typer.echo(line, err=True), brokers))


@kafka.command("stop")
def kafka_stop() -> None:
    """Stop it; what it keeps stays."""
    from services.local.home import Home
    from services.local.servers import stop_kafka

    _told(lambda: stop_kafka(_home(None, Home)))


@kafka.command("status")
def kafka_status() -> None:
    """Say whether it runs."""
    from services.local.home import Home
    from services.local.servers import kafka_status

    _told(lambda: kafka_status(_home(None, Home)))


def _lines(answer: Callable[[str], str], jsonl: bool) -> None:
    if not jsonl:
        _fail("give --jsonl: one JSON object a line on standard input")
    for line in sys.stdin.buffer:
        text = line.decode("utf-8", "replace")
        if text.strip():
            sys.stdout.write(answer(text.rstrip("\n")) + "\n")
            sys.stdout.flush()


def _home(path: str | None, make: "type[Home]") -> "Home":
    from pathlib import Path

    return make(Path(path)) if path else make()


def _say(who: str, what: str) -> None:
    typer.echo(f"{who:12} {what}", err=True)


def _told(ask: Callable[[], str]) -> None:
    from services.local.trouble import CannotHave

    try:
        typer.echo(ask())
    except CannotHave as wrong:
        _fail(str(wrong))


def _fail(why: str) -> NoReturn:
    typer.echo(why, err=True)
    raise typer.Exit(1)


def _stop_on_term() -> None:
    """SIGTERM stops `up` and `demo` as Ctrl-C does; both work too where a shell had told us to ignore Ctrl-C."""

    def stop(_: int, __: object) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        from uvloop import new_event_loop
    except ImportError:
        return None
    return new_event_loop


def main() -> None:
    """The entry point of the command `heard`."""
    if sys.argv[1:2] != ["run"]:
        _add_desk()
    try:
        app()
    except ModuleNotFoundError as absent:
        if absent.name != "services.local":
            raise
        sys.exit("This is for a machine that runs all of Heard; here there are only the services.")


if __name__ == "__main__":
    main()
