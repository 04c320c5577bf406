"""The commands that ask a running Heard something: `send`, `ledger`, `removals`, `trace`, `dead`, `concerns`."""

import asyncio
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from services.local import dead as letters
from services.local import send_voice as voices
from services.local import speech
from services.local.desk import Desk, Standing
from services.local.found import Found, found
from services.local.letters import INVENTED, Attached, Letter, Signer
from services.local.mailbox import post
from services.local.send_art import fill_in
from services.local.standin import ACCOUNT, StandIn
from services.local.trouble import CannotHave
from shared.contracts.ids import twilio_message

send = typer.Typer(help="Send an invented contribution (demo only).", no_args_is_help=True)
dead = typer.Typer(
    help="Dead letters: what could not be handled, without a word of it.", no_args_is_help=True
)
concerns = typer.Typer(help="Safeguarding concerns, until there are pages.", no_args_is_help=True)


@send.command("sms")
def send_sms(
    words: str,
    sender: Annotated[str, typer.Option(help="An Ofcom drama number.")] = "+447700900123",
    sid: Annotated[
        str | None, typer.Option(help="Send the same message again, as a provider's retry does.")
    ] = None,
) -> None:
    """Text Heard through Twilio's stand-in, with a real signed webhook."""

    def run(heard: Found) -> None:
        if not heard.is_demo:
            raise CannotHave("This Heard is no demo: nothing invented may be sent to it.")
        more = {"sid": sid} if sid else {}
        stand_in = StandIn(f"http://127.0.0.1:{heard.port('twilio')}")
        answer = stand_in.text(sender, words, **more)
        typer.echo(f"sent as {answer['sid']}, answered {answer['status']}")
        typer.echo(f"see its way with: heard trace {twilio_message(ACCOUNT, answer['sid'])}")

    _with_heard(run)


@send.command("mail")
def send_mail(
    words: str,
    sender: Annotated[str, typer.Option(help="An address of example.net.")] = "sam@example.net",
    subject: Annotated[str, typer.Option()] = "what i think",
    event: Annotated[str, typer.Option(help="The code of an event, for review+CODE@...")] = "",
    attach: Annotated[list[Path] | None, typer.Option(help="A file; may be given again.")] = None,
    unsigned: Annotated[bool, typer.Option(help="Without the signature of its domain.")] = False,
) -> None:
    """Mail Heard over SMTP, signed by the invented domain that it comes from."""

    def run(heard: Found) -> None:
        if not heard.is_demo:
            raise CannotHave("This Heard is no demo: nothing invented may be sent to it.")
        if sender and not sender.endswith(f"@{INVENTED}"):
            raise CannotHave(f"Nobody's own address may be used here: take one of {INVENTED}.")
        files = tuple(Attached.of(path) for path in attach or [])
        letter = Letter(sender, subject, words, files, event=event, signed=not unsigned)
        raw = letter.raw(Signer.of(heard.home))
        posted = post(heard.port("smtp"), raw, sender=letter.envelope, to=letter.to)
        typer.echo(f"answered {posted.code}")
        if posted.code == 250:
            typer.echo(f"see its way with: heard trace {posted.contribution_id}")

    _with_heard(run)


@send.command("voice")
def send_voice(
    file: Annotated[Path | None, typer.Argument(help="A file of sound, of any usual kind.")] = None,
    say: Annotated[str, typer.Option(help="Words to speak instead, with espeak-ng.")] = "",
    voice: Annotated[str, typer.Option(help="The voice that speaks them.")] = "en-gb",
    by: Annotated[voices.By, typer.Option(help="How it comes.")] = voices.By.CALL,
    sender: Annotated[str, typer.Option(help="An Ofcom drama number, or anonymous.")] = "+447700900123",
) -> None:
    """Call Heard through Twilio's stand-in; send a voice note; record on a web page. Without a file: say nothing."""

    def run(heard: Found) -> None:
        if not heard.is_demo:
            raise CannotHave("This Heard is no demo: nothing invented may be sent to it.")
        sound = speech.read(file) if file else speech.say(say, voice) if say else None
        _print(voices.send(heard, sound, by, sender))

    _with_heard(run)


@send.command("art")
def send_art(
    files: Annotated[list[Path] | None, typer.Argument(help="Pictures, sound or PDF.")] = None,
    words: Annotated[str, typer.Option(help="What to say.")] = "",
    works: Annotated[str, typer.Option(help="What works well.")] = "",
    not_working: Annotated[str, typer.Option(help="What does not.")] = "",
    change: Annotated[str, typer.Option(help="What must change now.")] = "",
    age: Annotated[str, typer.Option(help="u8, 8_12, 13_15, 16_17, 18_25 or over25.")] = "",
    taps: Annotated[int, typer.Option(min=1, max=9, help="Send the same form so many times.")] = 1,
) -> None:
    """Fill in the public form, as a browser does."""

    def run(heard: Found) -> None:
        if not heard.is_demo:
            raise CannotHave("This Heard is no demo: nothing invented may be sent to it.")
        said = {"words": words, "works": works, "not_working": not_working, "change": change, "age": age}
        try:
            read = [(path.name, path.read_bytes()) for path in files or ()]
        except OSError as wrong:
            raise CannotHave(f"{wrong.filename} cannot be read.") from None
        filled = fill_in(f"http://127.0.0.1:{heard.port('art_web')}", said, read, taps=taps)
        for line in filled.said:
            typer.echo(line)
        if not filled.code:
            raise CannotHave(f"It was not accepted: answered {filled.status}.")
        typer.echo(f"accepted; its six words: {filled.code}")
        typer.echo(f"see its way with: heard trace {filled.contribution_id}")

    _with_heard(run)


def ledger() -> None:
    """Print where every contribution is: accepted = archived + held + in flight + refused + erased, and missing."""

    def run(heard: Found) -> None:
        lines, balanced = _desk(heard).ledger()
        _print(lines)
        if not balanced:
            raise typer.Exit(1)

    _with_heard(run)


def removals() -> None:
    """List the contributions that somebody who may asked us to remove, the oldest first."""

    def run(heard: Found) -> None:
        found_now = heard.ask("archive", "/removals")
        if "error" in found_now:
            raise CannotHave(f"Nothing to show: {found_now['error']}.")
        asked = found_now["removals"]
        _print(
            f"{one['at'][:19].replace('T', ' ')}  {one['contribution_id']}  by {one['by']}" for one in asked
        )
        typer.echo(f"{len(asked)} to remove" if asked else "Nobody asked us to remove anything.")

    _with_heard(run)


def trace(contribution: str) -> None:
    """Print one contribution's way, stage by stage; no words."""
    _with_heard(lambda heard: _print(_desk(heard).trace(contribution)))


@dead.command("list")
def dead_list(
    every: Annotated[bool, typer.Option("--all", help="Those that are settled as well.")] = False,
) -> None:
    """List the dead letters that wait for somebody."""

    def run(heard: Found) -> None:
        found_now = asyncio.run(_desk(heard).dead_letters())
        shown = [one for one in found_now if every or one.state == "waiting"]
        for one in shown:
            letter = one.letter
            typer.echo(
                f"{str(letter.id)[:8]}  {letter.at:%Y-%m-%d %H:%M:%S}  {letter.group:11} {letter.reason:26}"
                f" {letter.topic} {letter.partition}/{letter.offset}  {one.state}"
            )
        typer.echo(f"{len(shown)} dead letters" if shown else "No dead letter waits.")

    _with_heard(run)


@dead.command("show")
def dead_show(letter: str) -> None:
    """Show one: where it stood, why it died, how often it was tried."""

    def run(heard: Found) -> None:
        for one in _pick(heard, [letter], every=False):
            kept = one.letter
            for name, value in (
                ("id", kept.id), ("group", kept.group), ("reason", kept.reason), ("since", kept.at.isoformat()),
                ("tries", kept.attempt), ("contribution", kept.contribution_id or "unknown"),
                ("stood at", f"{kept.topic} partition {kept.partition} offset {kept.offset}"), ("state", one.state),
                ("size", f"{len(kept.record.value or b'')} bytes, sealed"),
            ):  # fmt: skip
                typer.echo(f"{name:13} {value}")

    _with_heard(run)


@dead.command("replay")
def dead_replay(
    letter: Annotated[list[str] | None, typer.Argument()] = None,
    every: Annotated[bool, typer.Option("--all", help="All that wait.")] = False,
) -> None:
    """Give them back to their group, after the fix. Nothing is sent and nobody is rung a second time."""

    def run(heard: Found) -> None:
        chosen = [one.letter for one in _pick(heard, letter or [], every=every)]
        count = asyncio.run(_desk(heard).replay(chosen))
        typer.echo(f"{count} given back to their groups")

    _with_heard(run)


@dead.command("discard")
def dead_discard(
    letter: Annotated[list[str], typer.Argument()],
    reason: Annotated[str, typer.Option(help="A short code: why nothing is lost by this.")],
) -> None:
    """Say that nothing more is to be done about them, and why. It is recorded with your name."""

    def run(heard: Found) -> None:
        chosen = [one.letter for one in _pick(heard, letter, every=False)]
        asyncio.run(_desk(heard).discard(chosen, _who(), reason))
        typer.echo(f"{len(chosen)} discarded; the reason is recorded")

    _with_heard(run)


@concerns.command("list")
def concerns_list() -> None:
    """The worst first: what is not closed."""
    _with_heard(lambda heard: _print(_desk(heard).concerns()))


@concerns.command("show")
def concerns_show(concern: str) -> None:
    """Show one, with the words that matter marked. That you looked is recorded."""
    _with_heard(lambda heard: _print(_desk(heard).concern(concern, _who())))


@concerns.command("take")
def concerns_take(concern: str) -> None:
    """Say that you have it: its phone falls silent."""
    _with_heard(lambda heard: typer.echo(_desk(heard).take(concern, _who())))


@concerns.command("close")
def concerns_close(
    concern: str, outcome: Annotated[str, typer.Option(help="What was done, in a few words without names.")]
) -> None:
    """Close it, with what was done."""
    _with_heard(lambda heard: typer.echo(_desk(heard).close(concern, _who(), outcome)))


def _pick(heard: Found, wanted: list[str], *, every: bool) -> list[Standing]:
    standing = asyncio.run(_desk(heard).dead_letters())
    waiting = [one for one in standing if one.state == "waiting"] if every else standing
    ids = {letter.id for letter in letters.chosen([one.letter for one in waiting], wanted, every=every)}
    return [one for one in waiting if one.letter.id in ids]


def _who() -> str:
    """The name that acts are recorded under: `HEARD_WHO`, else the account's."""
    name = os.environ.get("HEARD_WHO") or os.environ.get("USER") or os.environ.get("LOGNAME") or "unnamed"
    return "".join(c if c.isascii() and (c.isalnum() or c in "_.:@-") else "_" for c in name.lower())[:64]


def _desk(heard: Found) -> Desk:
    return Desk(heard, ask_passphrase=lambda: str(typer.prompt("Passphrase of the keyring", hide_input=True)))


def _with_heard(run: Callable[[Found], object]) -> None:
    try:
        run(found())
    except CannotHave as wrong:
        _fail(str(wrong))


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        typer.echo(line)


def _fail(why: str) -> NoReturn:
    typer.echo(why, err=True)
    raise typer.Exit(1)
