"""The README's commands are run as they stand there."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from services.local.plan import DRAMA, SERVICES
from services.local.standin import ACCOUNT
from services.local.up import Local
from shared.contracts.ids import twilio_message
from tests.support.local import heard, settled

pytestmark = [pytest.mark.connected, pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
COMMANDS = [line for block in BLOCKS for line in block.splitlines() if line.strip()]
NEED_HEARD = [line for line in COMMANDS if line.startswith(".venv/bin/heard")]
ALONE = [line for line in COMMANDS if "--jsonl" in line]
MADE = [line for line in COMMANDS if line.startswith("make")]


def run(line: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **more}
    return subprocess.run(
        ["bash", "-c", line], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=800, check=False
    )  # fmt: skip


def test_the_readme_has_only_commands_that_are_run_here() -> None:
    assert sorted(COMMANDS) == sorted(NEED_HEARD + ALONE + MADE)
    assert set(MADE) == {"make demo ONCE=1", "make test", "make demo"}
    assert len(NEED_HEARD) >= 6
    assert len(ALONE) == 2


@pytest.mark.parametrize("line", ALONE)
def test_commands_that_need_no_server(line: str) -> None:
    done = run(line, HEARD_HOME="/nowhere")
    assert done.returncode == 0, done.stderr
    assert '"id": 1' in done.stdout.replace('"id":1', '"id": 1')


def test_commands_that_ask_a_running_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with heard(tmp_path, stage="demo", services=SERVICES) as local:
        environment = passphrase(local)
        sent = [run(line, **environment) for line in NEED_HEARD if "send" in line]
        assert [done.returncode for done in sent] == [0] * len(sent), [done.stderr for done in sent]
        settled(local, len(sent))
        for line in NEED_HEARD:
            if "send" not in line:
                done = run(line, **environment)
                assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"
                assert done.stdout.strip()
        follow = re.search(r"heard trace (\S+)", sent[0].stdout)
        assert follow
        traced = run(f".venv/bin/heard trace {follow[1]}", **environment)
        for step in ("accepted", "triaged", "anonymised", "archived"):
            assert step in traced.stdout, traced.stdout
        concern = run(".venv/bin/heard concerns list", **environment).stdout.split()[0]
        for line in ("show {}", "take {}", "close {} --outcome spoke_to_them", "show {}"):
            done = run(f".venv/bin/heard concerns {line.format(concern)}", **environment)
            assert done.returncode == 0, done.stderr
        assert "duty_lead" in done.stdout
        assert "spoke_to_them" in done.stdout
        assert DRAMA["duty_lead"] not in done.stdout
        assert str(twilio_message(ACCOUNT, "SM1")) not in done.stdout


def passphrase(local: Local) -> dict[str, str]:
    file = local.home.path / "passphrase-for-this-test"
    file.write_text("only for tests")
    return {"HEARD_HOME": str(local.home.path), "HEARD_PASSPHRASE_FILE": str(file), "HEARD_WHO": "duty_lead"}


def test_the_demo_ends_well_and_leaves_nothing_behind() -> None:
    before = set(Path("/tmp").glob("heard-demo-*"))
    done = run("make demo ONCE=1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Every contribution is accounted for." in done.stdout + done.stderr
    assert set(Path("/tmp").glob("heard-demo-*")) == before
