"""Small files that must be whole: readers see the old text or the new, never a half; 0600, and there after a power cut."""

import os
import tempfile
from pathlib import Path


def write_whole(path: Path, text: str, *, owner: int | None = None) -> None:
    """Replace a file, or make it. `owner` is the account that it is given to; only root may."""
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if owner is not None:
            os.chown(name, owner, -1)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    sync(path.parent)


def sync(folder: Path) -> None:
    """Let the folder itself reach the disk: what was made, replaced or taken away in it."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
