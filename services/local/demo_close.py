"""The closing tables of the demo, and whether all is well."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from services.local.demo_mails import ANSWERED
from services.local.up import Local

STATES = ("accepted", "archived", "held", "in_flight", "refused", "erased", "missing")
URGENT = ("sms", "email", "voice", "web", "partner")
"""The channels that an immediate disclosure came by: each must have rung."""


@dataclass
class Story:
    """What happened, for the closing tables."""

    sent: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    rang: dict[str, float] = field(default_factory=dict)
    taken: int = 0
    balance: dict[str, Any] = field(default_factory=dict)
    times: dict[str, Any] = field(default_factory=dict)


def is_well(story: Story) -> bool:
    """Every channel has what was sent to it, nothing is missing or under way, and each disclosure rang."""
    balance = story.balance
    total = balance.get("total", {})
    channels = balance.get("channels", {})
    if not total or total["missing"] or total["in_flight"]:
        return False
    counted = {name: found["accepted"] for name, found in channels.items() if found["accepted"]}
    whole = sum(total[name] for name in ("archived", "held", "refused", "erased"))
    return (
        counted == story.sent
        and whole == total["accepted"]
        and set(URGENT) <= set(story.rang)
        and bool(balance["balanced"])
    )


def close(local: Local, story: Story, out: Console) -> None:
    out.print()
    out.print(_places(story))
    out.print(_times(story))
    for note in story.notes:
        out.print(note)
    sent = local.stand_in.ask("GET", "sent")
    thanks = sum(1 for one in sent if str(one.get("body", "")).startswith("Thanks, we got your message"))
    out.print(
        f"Acknowledgements by text: {thanks}, at most one to a number. Concerns that rang and were taken by a"
        f" named person: {story.taken}."
    )
    answers = local.mailbox.ask("GET", "mail")
    out.print(
        f"Acknowledgements by mail: {len(answers)} of {len(ANSWERED)} people who may have one; to programs, lists and"
        f" unsigned mail: {len(stray(answers))}."
    )
    for wrong in _wrong(story):
        out.print(f"[bold red]{wrong}[/]")
    out.print(
        "[bold green]Every contribution is accounted for.[/]"
        if is_well(story)
        else "[bold red]This does not add up.[/]"
    )


def stray(answers: Sequence[Mapping[str, Any]]) -> list[str]:
    """Addresses that we wrote to and must not have, or wrote to twice."""
    sent = [to for one in answers for to in one["to"]]
    allowed = [letter.sender for letter in ANSWERED]
    return [to for to in sent if to not in allowed or sent.count(to) > 1]


def _table(title: str) -> Table:
    """Narrow enough for a terminal of 80 columns."""
    return Table(title=title, title_justify="left", box=SIMPLE, padding=(0, 1, 0, 0), pad_edge=False)


def _places(story: Story) -> Table:
    table = _table("Where every contribution is")
    table.add_column("channel")
    for name in ("sent", *STATES):
        table.add_column(name.replace("_", " "), justify="right")
    for channel, counts in story.balance.get("channels", {}).items():
        table.add_row(channel, str(story.sent.get(channel, 0)), *(str(counts[name]) for name in STATES))
    total = story.balance.get("total", {})
    sent = str(sum(story.sent.values()))
    table.add_row("all", sent, *(str(total.get(name, "?")) for name in STATES), style="bold")
    return table


def _times(story: Story) -> Table:
    table = _table("Seconds from arrival")
    for name in ("channel", "to a level: half", "95 %", "longest", "to the first ring for danger"):
        table.add_column(name, justify="left" if name == "channel" else "right")
    for channel, found in story.times.items():
        rang = story.rang.get(channel)
        table.add_row(
            channel,
            *(_seconds(found[name]) for name in ("p50", "p95", "longest")),
            _seconds(rang) if rang is not None else "-",
        )
    return table


def _wrong(story: Story) -> list[str]:
    found = []
    counted: dict[str, Any] = story.balance.get("channels", {})
    for channel in sorted({*story.sent, *counted}):
        sent, kept = story.sent.get(channel, 0), counted.get(channel, {}).get("accepted", 0)
        if sent != kept:
            found.append(f"{channel}: {sent} were sent, {kept} are accepted.")
    found += [f"{channel}: no immediate disclosure rang." for channel in URGENT if channel not in story.rang]
    return found


def _seconds(n: float) -> str:
    return f"{n:.1f}"
