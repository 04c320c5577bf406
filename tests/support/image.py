"""deploy/Dockerfile and .dockerignore, read and followed without an engine: their steps run in a plain folder."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from tests.support.tree import ROOT

DOCKERFILE: Final = ROOT / "deploy" / "Dockerfile"
IGNORE: Final = ROOT / ".dockerignore"
ENGINES_OWN: Final = ("groupadd", "useradd")
"""Steps that make accounts need an engine: they are read, not run."""


@dataclass(frozen=True, slots=True)
class Step:
    word: str
    text: str

    @property
    def listed(self) -> list[str]:
        """What an instruction in JSON says."""
        return [str(one) for one in json.loads(self.text)]


@dataclass(slots=True)
class Stage:
    base: str
    name: str
    steps: list[Step] = field(default_factory=list)

    def last(self, word: str) -> str:
        return next(step.text for step in reversed(self.steps) if step.word == word)

    @property
    def environment(self) -> dict[str, str]:
        told = " ".join(step.text for step in self.steps if step.word == "ENV")
        return dict(pair.split("=", 1) for pair in shlex.split(told))


def stages() -> list[Stage]:
    lines = [line for line in DOCKERFILE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    found: list[Stage] = []
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        if not line.strip():
            continue
        word, _, text = line.partition(" ")
        if word == "FROM":
            base, _, name = text.partition(" AS ")
            found.append(Stage(base, name))
        else:
            found[-1].steps.append(Step(word, text.strip()))
    return found


@cache
def _rules() -> list[tuple[bool, re.Pattern[str]]]:
    lines = [
        line for line in IGNORE.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")
    ]
    return [(line.startswith("!"), _pattern(line.removeprefix("!"))) for line in lines]


def is_sent(path: Path) -> bool:
    """Whether .dockerignore lets a path through: what it says last of it or of a folder above it counts."""
    names = [path.as_posix(), *(parent.as_posix() for parent in path.parents if parent != Path("."))]
    sent = True
    for again, pattern in _rules():
        if any(pattern.fullmatch(name) for name in names):
            sent = again
    return sent


def sent_to_the_builder() -> Iterator[Path]:
    """The files of the working tree that are let through, whether git keeps them or not."""
    for folder, folders, files in os.walk(ROOT):
        where = Path(folder).relative_to(ROOT)
        folders[:] = [name for name in folders if not name.startswith(".") and name != "__pycache__"]
        yield from (where / name for name in files if is_sent(where / name))


def build(root: Path, pip: Path) -> Path:
    """Follow every step below `root`, one folder a stage; gives the folder of the last one."""
    done: dict[str, Path] = {}
    for number, stage in enumerate(stages()):
        here = root / (stage.name or str(number))
        here.mkdir(parents=True)
        workdir = here
        for step in stage.steps:
            match step.word:
                case "WORKDIR":
                    workdir = here / step.text.lstrip("/")
                    workdir.mkdir(parents=True, exist_ok=True)
                case "COPY":
                    _copy(step.text, here, workdir, done)
                case "RUN" if not any(word in step.text for word in ENGINES_OWN):
                    _run(_below(step.text, here), workdir, pip)
        done[stage.name] = here
    return here


def environment_of(stage: Stage, here: Path) -> dict[str, str]:
    return {name: _below(value, here) for name, value in stage.environment.items()}


def _below(text: str, here: Path) -> str:
    """The same, with the image's own folders below `here`."""
    return re.sub(r"(?<![\w.])/(opt|srv|var/lib)/heard", rf"{here}/\1/heard", text)


def _copy(text: str, here: Path, workdir: Path, done: Mapping[str, Path]) -> None:
    words = text.split()
    source = done[words.pop(0).removeprefix("--from=")] if words[0].startswith("--from=") else None
    *what, to = words
    target = here / to.lstrip("/") if to.startswith("/") else workdir / to
    if source is not None:
        (whole,) = what
        shutil.copytree(source / whole.lstrip("/"), target, symlinks=True, copy_function=os.link)
        return
    for path in sent_to_the_builder():
        for one in (Path(name) for name in what):
            if path == one:
                final = target / path.name if to.endswith("/") else target
            elif one in path.parents:
                final = target / path.relative_to(one)
            else:
                continue
            final.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / path, final)


def _run(text: str, workdir: Path, pip: Path) -> None:
    told = {"PATH": f"{pip}:/usr/local/bin:/usr/bin:/bin", "HOME": os.environ.get("HOME", "/")}
    mirrors = {name: value for name, value in os.environ.items() if name.startswith(("UV_", "PIP_", "SSL_"))}
    done = subprocess.run(
        ["sh", "-euc", text],
        cwd=workdir,
        env={**mirrors, **told},
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, f"{text}\n{done.stdout[-1000:]}\n{done.stderr[-3000:]}"


def installers(folder: Path) -> Path:
    """`python` as the base image has it, and a `pip` that hands the same words to uv, whose cache is warm."""
    folder.mkdir(parents=True)
    (folder / "python").symlink_to(getattr(sys, "_base_executable", sys.executable))
    uv = Path(sys.executable).with_name("uv")
    pip = folder / "pip"
    pip.write_text(
        f"#!{sys.executable}\n"
        "import os, sys\n"
        "words = [word for word in sys.argv[1:] if word not in ('--no-cache-dir', '--no-build-isolation')]\n"
        "assert words[0] == '--python' and words[2] == 'install', words\n"
        f"os.execv({str(uv)!r}, ['uv', 'pip', 'install', '--quiet', '--python', words[1], *words[3:]])\n"
    )
    pip.chmod(0o755)
    return folder


def _pattern(pattern: str) -> re.Pattern[str]:
    """`*` stops at a slash, `**` does not, as the builder reads them."""
    parts = [re.escape(part).replace(r"\*", "[^/]*") for part in pattern.split("/")]
    return re.compile("/".join(parts).replace("[^/]*[^/]*/", "(?:.*/)?"))
