"""The balance and the way of one contribution, as lines of text that a newcomer can read."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.ledger.rules.alarms import say

COLUMNS: Final = ("accepted", "archived", "held", "in_flight", "refused", "erased", "missing")
_SIGNS: Final = ("", "=", "+", "+", "+", "+", "")


def describe(balance: Mapping[str, Any]) -> list[str]:
    """Put a balance into lines: the equation by channel, who has what is not archived, what is wrong."""
    names = [name.replace("_", " ") for name in COLUMNS]
    widths = [max(len(name), 8) for name in names]
    lines = ["Every contribution is in one place:", "", _row("channel", names, widths, signs=True)]
    for channel, figures in balance["channels"].items():
        lines.append(_row(channel, [str(figures[name]) for name in COLUMNS], widths))
    lines.append(_row("all", [str(balance["total"][name]) for name in COLUMNS], widths))
    lines += _section("In flight", [_owned(one) for one in balance["in_flight"]])
    lines += _section("Held", [_owned(one) for one in balance["held"]])
    lines += _section("Missing", [_missing(one) for one in balance["missing"]])
    lines += _section("Records parked", [_parked(one) for one in balance["parked"]])
    lines += _section(
        "Dead letters of no known contribution", [_letters(one) for one in balance["unattributed"]]
    )
    lines += _section(
        "Answers that were no acceptance",
        [f"{one['intake']}: {one['n']} with status {one['status']}" for one in balance["refused_answers"]],
    )
    lines += _section("Sent to us by the provider's list, and never accepted", _unreceived(balance))
    lines += _section("Alarms", [_alarm(one) for one in balance["alarms"]])
    return [*lines, "", _verdict(balance)]


def describe_trace(trace: Mapping[str, Any]) -> list[str]:
    """Put the way of one contribution into lines, oldest first."""
    lines = [
        f"Contribution {trace['contribution_id']} ({trace['channel']}): {trace['state'].replace('_', ' ')}",
        f"with {trace['owner']}: {trace['why']}",
        "",
    ]
    for step in trace["steps"]:
        where = f"  {step['topic']}[{step['partition']}]@{step['offset']}" if step.get("topic") else ""
        part = f" part {step['part']}" if step.get("part") else ""
        revision = f" revision {step['revision']}" if (step.get("revision") or 1) > 1 else ""
        said = " ".join(str(step[name]) for name in ("code", "detail") if step.get(name))
        lines.append(f"{step['at'][:23]:23}  {step['step']:11}{part}{revision} {said}".rstrip() + where)
    return lines


def seconds(n: float) -> str:
    """Say how long, roughly.

    >>> seconds(5), seconds(600), seconds(7300), seconds(200_000)
    ('5 s', '10 min', '2 h', '2 days')
    """
    for unit, size, least in (("days", 86_400, 172_800), ("h", 3600, 7200), ("min", 60, 120)):
        if n >= least:
            return f"{int(n // size)} {unit}"
    return f"{int(n)} s"


def _row(first: str, cells: Sequence[str], widths: Sequence[int], *, signs: bool = False) -> str:
    pairs = zip(cells, widths, _SIGNS, strict=True)
    return f"{first:9}" + "".join(
        f" {sign if signs else '':1} {cell:>{width}}" for cell, width, sign in pairs
    )


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return ["", f"{title}:", *(f"  {line}" for line in lines)] if lines else []


def _unreceived(balance: Mapping[str, Any]) -> Sequence[str]:
    return list(balance.get("provider", {}).get("sids", ()))


def _owned(one: Mapping[str, Any]) -> str:
    return f"{one['n']} with {one['owner']}: {one['why']} (oldest {seconds(one['oldest_seconds'])})"


def _missing(one: Mapping[str, Any]) -> str:
    return f"{one['contribution_id']} ({one['channel']}): {one['why']}; last with {one['owner']}"


def _parked(one: Mapping[str, Any]) -> str:
    return f"{one['group']}: {one['retrying']} to be tried again, {one['dead']} dead letters"


def _letters(one: Mapping[str, Any]) -> str:
    return f"{one['n']} of {one['group']} (oldest {seconds(one['oldest_seconds'])})"


def _alarm(one: Mapping[str, Any]) -> str:
    return f"{say(one['cause'], one['n'])}, since {one['first_at'][:19]}"


def _verdict(balance: Mapping[str, Any]) -> str:
    silent = ", ".join(balance["unanswered"])
    if balance["total"]["missing"]:
        return f"NOT BALANCED: {balance['total']['missing']} missing."
    if never := len(_unreceived(balance)):
        return f"NOT BALANCED: the provider has {never} that we never accepted."
    if silent:
        return f"Nothing is known to be missing, but this is not the whole picture: no answer from {silent}."
    if not balance["balanced"]:
        return "NOT BALANCED: the columns do not add up to what was accepted."
    return "Balanced: nothing is missing."
