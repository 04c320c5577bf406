"""The list of captions that a partner keeps beside its files: one row an item, in the words of its first line."""

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

COLUMNS: Final = (
    "file", "words", "caption", "age_band", "roles", "group_size", "event_code", "language", "sent_for", "worried",
    "consent_quote", "consent_show", "consent_research", "consent_contact", "consent_wording",
)  # fmt: skip
"""`file` or `words` is needed, the others may be empty or left out."""

_YES: Final = frozenset({"yes", "y", "true", "1", "x"})
_NO: Final = frozenset({"", "no", "n", "false", "0"})


class Unclear(ValueError):
    """The list cannot be followed: nothing is sent. The message says where, for the person who made the list."""


@dataclass(frozen=True, slots=True)
class Row:
    """One item: a file of the folder, or words. `said` are the fields of the API."""

    line: int
    file: str
    words: str = field(repr=False)
    said: Mapping[str, Any] = field(repr=False)


def rows_of(raw: bytes) -> list[Row]:
    """Read the list.

    Raises:
        Unclear: with the line.
    """
    text = decoded(raw)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        head = next(lines, [])
        names = [name.strip().lower().replace(" ", "_") for name in head]
        if unknown := sorted({name for name in names if name and name not in COLUMNS}):
            raise Unclear(f"line 1: no such column: {', '.join(unknown)} (there are: {', '.join(COLUMNS)})")
        if not {"file", "words"} & set(names):
            raise Unclear("line 1: there must be a column called file, or one called words")
        found = []
        for cells in lines:
            if any(cell.strip() for cell in cells):
                if len(cells) > len(names):
                    raise Unclear(f"line {lines.line_num}: more cells than there are columns")
                found.append(_row(lines.line_num, dict(zip(names, cells, strict=False))))
    except csv.Error:
        raise Unclear(
            f"line {lines.line_num}: a quotation mark is not closed, or is in the wrong place"
        ) from None
    return found


def decoded(raw: bytes) -> str:
    """Words from a file: UTF-8, or what spreadsheets on Windows write.

    >>> decoded(b"caf\\xc3\\xa9"), decoded(b"caf\\xe9"), decoded(b"\\xef\\xbb\\xbfhi")
    ('café', 'café', 'hi')
    """
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def _delimiter(text: str) -> str:
    head = text.partition("\n")[0]
    return max(",;\t", key=head.count)


def _row(line: int, cells: Mapping[str, str]) -> Row:
    cell: Callable[[str], str] = lambda name: cells.get(name, "").strip()  # noqa: E731
    if bool(cell("file")) == bool(cell("words")):
        raise Unclear(f"line {line}: give a file or words, and not both")
    said: dict[str, Any] = {
        name: cell(name)
        for name in ("caption", "age_band", "event_code", "language", "sent_for")
        if cell(name)
    }
    if roles := cell("roles").replace(";", ",").replace("|", ","):
        said["roles"] = sorted({role.strip() for role in roles.split(",") if role.strip()})
    if size := cell("group_size"):
        if not size.isdecimal():
            raise Unclear(f"line {line}: group_size must be a number")
        said["group_size"] = int(size)
    if _yes(line, "worried", cell("worried")):
        said["worried"] = True
    if consent := _consent(line, cell):
        said["consent"] = consent
    return Row(line, cell("file"), cells.get("words", "").strip(), said)


def _consent(line: int, cell: Callable[[str], str]) -> dict[str, Any]:
    """Empty cells mean that nobody was asked."""
    asked = {"quote": "quote", "show": "show", "research": "research", "contact": "contact_me"}
    answers: dict[str, Any] = {
        field: _yes(line, f"consent_{name}", cell(f"consent_{name}"))
        for name, field in asked.items()
        if cell(f"consent_{name}")
    }
    if answers and cell("consent_wording"):
        answers["wording"] = cell("consent_wording")
    return answers


def _yes(line: int, name: str, said: str) -> bool:
    if said.lower() in _YES:
        return True
    if said.lower() in _NO:
        return False
    raise Unclear(f"line {line}: {name} must be yes or no")
