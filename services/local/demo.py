"""`heard demo`: a whole Heard in a folder of its own, with throw-away keys, and contributions that nobody sent.

It never uses servers that exist already. With `--once` it ends with 0 only if every contribution is accounted for and
each channel's immediate disclosure rang.
"""

import os
import secrets
import shutil
import signal
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from services.local import demo_cast as cast
from services.local.demo_close import Story, close, is_well
from services.local.desk import Desk
from services.local.found import DEMO_MARK, DEMO_PASSPHRASE, Found
from services.local.home import Home
from services.local.lead import Answered, Lead
from services.local.loopback import client
from services.local.plan import console_url
from services.local.trouble import CannotHave
from services.local.up import Local, up

PATIENCE = 600.0
"""Seconds until the last contribution must be accounted for; voices and drawings are read one by one."""

_MARK = (
    "Everything in this folder is invented, and its keys are thrown away. It may be deleted at any time.\n"
)


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
    quick = {"PAGER_LADDER_SCALE": "0.1"}  # a minute of the ladder is six seconds here
    try:
        with up(
            Home(folder), passphrase, lambda who, what: out.print(f"[dim]{who:12}[/] {what}"), extra=quick
        ) as local:
            _ready(local)
            out.print(
                f"[bold]Heard is up[/] after {time.monotonic() - started:.0f} s. Now people write to it.\n"
                f"See how it does: {console_url(local.ports)}\n"
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
    found = Found(local.home, local.home.status())
    desk = Desk(found, keyring=local.keyring)
    columns = (TextColumn("{task.description:36}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=out) as progress:

        def rang(one: Answered) -> None:
            if one.channel not in story.rang:
                out.print(
                    f"[bold]The duty lead's phone:[/] {one.level.value}, by {one.channel},"
                    f" {one.after:.1f} s after it was accepted; taken"
                )
            story.rang[one.channel] = min(one.after, story.rang.get(one.channel, one.after))

        lead = Lead(desk, found, rang)
        lead.start()
        with ThreadPoolExecutor(len(cast.CAST)) as pool:
            playing = []
            for part in cast.CAST:
                task = progress.add_task(part.title, total=part.count)
                playing.append(pool.submit(_play, part, local, story, progress, task))
            for one in playing:
                one.result()
        settled = progress.add_task("accounted for", total=sum(story.sent.values()))
        _settle(desk, story, lambda done: progress.update(settled, completed=done))
        lead.finish()
    story.rang, story.taken = lead.immediate(), len(lead.answered)
    story.times = found.ask("ledger", "/times", seconds=60).get("until_level", {})
    close(local, story, out)
    return 0 if is_well(story) else 1


def _play(part: cast.Part, local: Local, story: Story, progress: Progress, task: Any) -> None:
    done = part.play(local, lambda: progress.advance(task))
    for channel, n in done.accepted.items():
        story.sent[channel] = story.sent.get(channel, 0) + n
    story.notes += done.notes


def _settle(desk: Desk, story: Story, show: Callable[[int], None]) -> None:
    """Wait until nothing is in flight any more, and nothing rings."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            story.balance = desk.balance()
            rings = desk.ringing()
        except CannotHave:
            time.sleep(1)
            continue
        total = story.balance["total"]
        show(total["accepted"] - total["in_flight"] - total["missing"])
        whole = total["accepted"] >= sum(story.sent.values())
        if whole and not total["in_flight"] and not total["missing"] and not rings:
            return
        time.sleep(1)


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
        return client().get(f"http://127.0.0.1:{port}/ready", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


def _stay(local: Local, out: Console) -> None:
    out.print(f"\nIt goes on running. The public form: http://127.0.0.1:{local.ports['art_web']}/")
    out.print(f"How everything is, for operations: {console_url(local.ports)}")
    out.print("In another terminal, try:")
    for line in (
        'heard send sms "hello, my name is Sam"',
        'heard send mail "we were moved four times"',
        'heard send voice --say "nobody asked me"',
        "heard ledger",
        "heard concerns list",
        "heard flow",
    ):
        out.print(f"  .venv/bin/{line}")
    out.print("Ctrl-C stops it, and takes its folder away.")
    signal.pause()
