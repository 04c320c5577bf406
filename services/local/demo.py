"""`heard demo`: a whole Heard in a folder of its own, with throw-away keys, and texts that nobody wrote.

It never uses servers that exist already. With `--once` it ends with 0 only if every contribution is accounted for and
the phone rang.
"""

import os
import secrets
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from services.local import demo_texts as t
from services.local.desk import Desk
from services.local.found import DEMO_MARK, DEMO_PASSPHRASE, Found
from services.local.home import Home
from services.local.plan import DRAMA
from services.local.trouble import CannotHave
from services.local.up import Local, up

PATIENCE = 180.0
_MARK = (
    "Everything in this folder is invented, and its keys are thrown away. It may be deleted at any time.\n"
)


@dataclass
class Story:
    """What happened, for the closing table."""

    texts: int = 0
    retries: int = 0
    refused: list[int] = field(default_factory=list)
    rang_after: float = 0.0
    taken: bool = False
    balance: dict[str, Any] = field(default_factory=dict)


def play(*, once: bool, console: Console | None = None) -> int:
    """Give the exit status."""
    out = console or Console(stderr=True)
    folder = Path(tempfile.mkdtemp(prefix="heard-demo-"))
    for name in [name for name in os.environ if name.startswith("HEARD_") and name != "HEARD_CACHE"]:
        del os.environ[name]
    (folder / DEMO_MARK).write_text(_MARK, encoding="utf-8")
    passphrase = secrets.token_urlsafe(18)
    (folder / DEMO_PASSPHRASE).touch(mode=0o600)
    (folder / DEMO_PASSPHRASE).write_text(passphrase, encoding="utf-8")
    started = time.monotonic()
    try:
        with up(Home(folder), passphrase, lambda who, what: out.print(f"[dim]{who:12}[/] {what}")) as local:
            _ready(local)
            out.print(
                f"[bold]Heard is up[/] after {time.monotonic() - started:.0f} s. Now people write to it.\n"
            )
            status = _tell(local, out)
            if not once:
                _stay(local, out)
            return status
    except CannotHave as wrong:
        out.print(str(wrong))
        return 1
    except KeyboardInterrupt:
        out.print("Stopped.")
        return 130
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _tell(local: Local, out: Console) -> int:
    story = Story()
    desk = Desk(Found(local.home, local.home.status()), keyring=local.keyring)
    columns = (TextColumn("{task.description:34}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=out) as progress:
        sent = progress.add_task("texts sent", total=_count())
        ear = _Ear(local, out)
        ear.start()
        _send(local, story, lambda: progress.advance(sent))
        rings = progress.add_task("a phone rings until it is taken", total=2)
        ear.join(PATIENCE)
        story.rang_after = ear.waited
        progress.advance(rings)
        _take(desk, story, lambda: progress.advance(rings))
        settled = progress.add_task("contributions accounted for", total=None)
        _settle(desk, story, lambda done, of: progress.update(settled, completed=done, total=of))
    _close(local, story, out)
    return 0 if _is_well(story) else 1


def _count() -> int:
    return len(t.THREADS) + len(t.CONCERNS) + len(t.ORDINARY) + 7 + 4


def _number(who: int) -> str:
    return f"+447700900{who}"


def _send(local: Local, story: Story, step: Callable[[], None]) -> None:
    """Threads, concerns, ordinary texts; a provider that asks twice; a STOP, a HELP; and what is no text at all."""

    def text(said: t.Said, **more: Any) -> None:
        answer = local.stand_in.text(_number(said.who), said.words, **more)
        story.texts += 1
        story.retries += len(answer["repeats"]) + len(answer["tries"]) - 1
        step()

    text(t.URGENT)
    for said in (*t.THREADS, *t.CONCERNS, t.HELP, t.POLISH, t.EMPTY, t.LONG, *t.ORDINARY):
        text(said)
    text(t.RETRIED, repeat=2)
    text(t.STOP)
    for status in _malformed(local):
        story.refused.append(status)
        step()


def _malformed(local: Local) -> list[int]:
    """Somebody else's signature, none at all, a body over the limit, and no form: each gets its answer."""
    url = f"http://127.0.0.1:{local.ports['sms_web']}/sms"
    form = {
        "MessageSid": "SM1",
        "AccountSid": "AC1",
        "From": _number(399),
        "To": DRAMA["ours"],
        "Body": "hello",
    }
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return [
        httpx.post(url, data=form, headers={"X-Twilio-Signature": "forged"}).status_code,
        httpx.post(url, data=form).status_code,
        httpx.post(url, content=b"Body=" + b"x" * 70_000, headers=kind).status_code,
        httpx.post(url, json=form).status_code,
    ]


class _Ear(threading.Thread):
    """Listens to the duty lead's phone from the moment that the first text is sent."""

    def __init__(self, local: Local, out: Console) -> None:
        super().__init__(name="ear", daemon=True)
        self._local, self._out, self.waited = local, out, 0.0

    def run(self) -> None:
        began = time.monotonic()
        while time.monotonic() < began + PATIENCE:
            if heard := self._local.stand_in.phone(DRAMA["duty_lead"]):
                self.waited = time.monotonic() - began
                self._out.print(
                    f"[bold]The duty lead's phone, after {self.waited:.1f} s:[/] {heard[0]['body']}"
                )
                return
            time.sleep(0.1)


def _take(desk: Desk, story: Story, step: Callable[[], None]) -> None:
    """The duty lead takes what rings, and the phone falls silent."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and not story.taken:
        story.taken = desk.take_all("duty_lead") > 0
        time.sleep(0.2)
    step()


def _settle(desk: Desk, story: Story, show: Callable[[int, int], None]) -> None:
    """Wait until nothing is in flight any more."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            story.balance = desk.balance()
        except CannotHave:
            time.sleep(1)
            continue
        total = story.balance["total"]
        show(total["accepted"] - total["in_flight"] - total["missing"], total["accepted"])
        desk.take_all("duty_lead")
        if total["accepted"] >= story.texts and not total["in_flight"] and not total["missing"]:
            return
        time.sleep(1)


def _is_well(story: Story) -> bool:
    total = story.balance.get("total", {})
    whole = sum(total.get(name, 0) for name in ("archived", "held", "refused", "erased"))
    return bool(
        story.rang_after
        and story.taken
        and total
        and total["missing"] == 0
        and total["in_flight"] == 0
        and total["accepted"] == story.texts == whole
        and story.refused == [403, 403, 413, 400]
    )


def _close(local: Local, story: Story, out: Console) -> None:
    table = Table(title="Where every contribution is", title_justify="left")
    names = ("accepted", "archived", "held", "in_flight", "refused", "erased", "missing")
    table.add_column("channel")
    for name in names:
        table.add_column(name.replace("_", " "), justify="right")
    for channel, counts in story.balance.get("channels", {}).items():
        table.add_row(channel, *(str(counts[name]) for name in names))
    total = story.balance.get("total", {})
    table.add_row("all", *(str(total.get(name, "?")) for name in names), style="bold")
    out.print()
    out.print(table)
    sent = local.stand_in.ask("GET", "sent")
    thanks = sum(1 for one in sent if str(one.get("body", "")).startswith("Thanks, we got your message"))
    first = f"{story.rang_after:.1f} s after the text" if story.rang_after else "never"
    out.print(
        f"Texts sent: {story.texts}; tries that the provider repeated: {story.retries} (each kept once)."
    )
    out.print(
        f"Answered with a refusal: {', '.join(map(str, story.refused))} (forged, unsigned, too large, no form)."
    )
    out.print(
        f"The duty lead's phone rang {first}; taken by a named person: {'yes' if story.taken else 'no'}."
    )
    out.print(f"Acknowledgements: {thanks}, at most one to a number.")
    verdict = (
        "[bold green]Every contribution is accounted for.[/]"
        if _is_well(story)
        else "[bold red]This does not add up.[/]"
    )
    out.print(verdict)


def _ready(local: Local) -> None:
    end = time.monotonic() + PATIENCE
    waiting = list(local.fleet.services)
    while waiting:
        if time.monotonic() > end:
            raise CannotHave(f"Not ready in time: {', '.join(waiting)}. Their logs are in {local.home.logs}.")
        waiting = [name for name in waiting if not _answers(local.ports[name])]
        time.sleep(0.1)


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/ready", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


def _stay(local: Local, out: Console) -> None:
    out.print("\nIt goes on running. In another terminal, try:")
    for line in (
        'heard send sms "hello, my name is Sam"',
        "heard ledger",
        "heard concerns list",
        "heard flow",
    ):
        out.print(f"  .venv/bin/{line}")
    out.print("Ctrl-C stops it, and takes its folder away.")
    signal.pause()
