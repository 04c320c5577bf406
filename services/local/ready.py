"""Reads a folder that is to be handed over: its files, and the list of captions beside them.

Each item's id follows from the folder and from what is sent, so whatever is sent again is still one item.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4, uuid5

from services.art_intake.rules.captions import Row, Unclear, decoded, rows_of
from services.local.trouble import CannotHave
from shared.files import write_whole

CAPTIONS: Final = "captions.csv"
PROOF: Final = "proof.json"
_MARK: Final = ".heard-folder"
_WORDS: Final = frozenset({".txt", ".md"})
_LONGEST_WORDS: Final = 100_000


@dataclass(frozen=True, slots=True)
class Ready:
    """One item as it will be sent. `name` is how the partner knows it: a file, or a line of the list."""

    item_id: str
    name: str
    said: Mapping[str, Any] = field(repr=False)
    path: Path | None
    sha256: str
    size: int


def prepare(folder: Path) -> list[Ready]:
    """Read the folder and its list, and check everything that can be checked before the first byte is sent.

    Files that the list does not name are sent as well, with nothing said of them.

    Raises:
        CannotHave: in words for whoever made the folder.
    """
    if not folder.is_dir():
        raise CannotHave(f"There is no folder {folder}.")
    rows = _rows(folder)
    files = {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if _counts(folder, path)
    }
    named = [row.file for row in rows if row.file]
    if absent := sorted({name for name in named if name not in files}):
        raise CannotHave(f"{CAPTIONS} names files that are not in the folder: {', '.join(absent[:5])}.")
    if twice := sorted({name for name in named if named.count(name) > 1}):
        raise CannotHave(f"{CAPTIONS} names a file twice: {', '.join(twice[:5])}.")
    space = _space(folder)
    rows += [Row(0, name, "", {}) for name in files if name not in named]
    seen: Counter[str] = Counter()
    try:
        return [_ready(space, row, files.get(row.file), seen) for row in rows]
    except OSError as wrong:
        raise CannotHave(
            f"A file of the folder cannot be read: {wrong.filename} ({wrong.strerror})."
        ) from None


def _rows(folder: Path) -> list[Row]:
    path = folder / CAPTIONS
    if not path.exists():
        return []
    try:
        return rows_of(path.read_bytes())
    except Unclear as wrong:
        raise CannotHave(f"{CAPTIONS}: {wrong}. Nothing was sent.") from None


def _counts(folder: Path, path: Path) -> bool:
    """A file to be sent: nothing hidden, no link out of the folder, neither the list nor an earlier proof."""
    inside = path.relative_to(folder)
    if path.is_symlink() or not path.is_file() or any(part.startswith(".") for part in inside.parts):
        return False
    return inside.as_posix() not in (CAPTIONS, PROOF)


def _space(folder: Path) -> UUID:
    """The folder's own number, drawn once and kept in it: ids that follow from it can be guessed by nobody."""
    mark = folder / _MARK
    try:
        return UUID(json.loads(mark.read_text(encoding="utf-8"))["folder"])
    except FileNotFoundError:
        pass
    except (ValueError, KeyError, TypeError):
        raise CannotHave(
            f"The file {_MARK} in the folder is damaged. Put back the one that was there."
        ) from None
    space = uuid4()
    try:
        write_whole(mark, json.dumps({"folder": str(space)}) + "\n")
    except OSError as wrong:
        raise CannotHave(
            f"The folder cannot be written ({wrong.strerror}): {_MARK} must be kept there."
        ) from None
    return space


def _ready(space: UUID, row: Row, path: Path | None, seen: Counter[str]) -> Ready:
    words, name = row.words, row.file or f"line {row.line}"
    if path is not None and (text := _text_of(path)):
        words, path = text, None
    said = {**row.said, "words": words} if path is None else dict(row.said)
    digest, size = _of_file(path) if path else (sha256(words.encode()).hexdigest(), len(words.encode()))
    whole = json.dumps([row.file, said, digest], sort_keys=True, ensure_ascii=False)
    seen[whole] += 1  # two children may have written the same
    return Ready(str(uuid5(space, f"{seen[whole]} {whole}")), name, said, path, digest, size)


def _text_of(path: Path) -> str:
    """A text file goes as words, which are triaged at once; nothing where it is none, or too long for that."""
    if path.suffix.lower() not in _WORDS or path.stat().st_size > _LONGEST_WORDS:
        return ""
    return decoded(path.read_bytes()).strip()


def _of_file(path: Path) -> tuple[str, int]:
    digest, size = sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
            size += len(piece)
    return digest.hexdigest(), size
