import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from services.local.leash import Leashed, spawn
from services.local.trouble import CannotHave

PYTHON = sys.executable


def gone(pid: int, within: float = 5.0) -> bool:
    ends = time.monotonic() + within
    while time.monotonic() < ends:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.02)
    return False


def appears(path: Path, within: float = 5.0) -> str:
    ends = time.monotonic() + within
    while time.monotonic() < ends:
        if path.exists() and (text := path.read_text()).endswith("\n"):
            return text.strip()
        time.sleep(0.02)
    raise AssertionError(f"{path} did not appear")


@pytest.mark.parametrize("code", [0, 3, 255])
def test_the_exit_code_is_the_programs_own(code: int) -> None:
    assert spawn(["sh", "-c", f"exit {code}"]).wait(5) == code


@pytest.mark.parametrize(
    ("end", "code"), [(Leashed.terminate, -signal.SIGTERM), (Leashed.kill, -signal.SIGKILL)]
)
def test_a_signal_reaches_the_program_and_shows_in_the_exit_code(end: object, code: int) -> None:
    program = spawn(["sleep", "60"])
    assert callable(end)
    end(program)
    assert program.wait(5) == code
    assert gone(program.child_pid)


def test_a_program_that_does_not_exist_is_a_sentence() -> None:
    with pytest.raises(CannotHave, match=r"no-such-program cannot be started: .*No such file"):
        spawn(["/no-such-program"])


def test_an_inherited_pipe_reaches_the_program_alone(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    with (tmp_path / "out").open("wb") as out:
        program = spawn(["sh", "-c", f"cat /dev/fd/{reading}"], pass_fds=[reading], stdout=out)
    os.close(reading)
    os.write(writing, b"a key")
    os.close(writing)
    assert program.wait(5) == 0
    assert (tmp_path / "out").read_bytes() == b"a key"


def test_when_the_program_closes_a_pipe_it_is_closed() -> None:
    reading, writing = os.pipe()
    program = spawn(
        [PYTHON, "-c", f"import os, time; os.close({writing}); time.sleep(60)"], pass_fds=[writing]
    )
    os.close(writing)
    assert os.read(reading, 1) == b""
    os.close(reading)
    program.kill()
    program.wait(5)


def test_one_that_will_not_stop_is_killed_after_its_grace(tmp_path: Path) -> None:
    deaf = f"trap '' TERM; echo ready > {tmp_path}/ready; while :; do sleep 0.1; done"
    program = spawn(["sh", "-c", deaf], grace=0.3)
    appears(tmp_path / "ready")
    program.terminate()
    assert program.wait(5) == -signal.SIGKILL


def test_what_it_left_behind_goes_too(tmp_path: Path) -> None:
    program = spawn(["sh", "-c", f"sleep 60 & echo $! > {tmp_path}/pid"])
    assert program.wait(5) == 0
    assert gone(int(appears(tmp_path / "pid")))


PARENT = """
import sys, time
from services.local.leash import spawn
program = spawn(["sleep", "60"], stop_signal=2)
print(program.pid, program.child_pid, flush=True)
time.sleep(60)
"""


def started_by_another() -> tuple[subprocess.Popen[bytes], int, int]:
    parent = subprocess.Popen([PYTHON, "-c", PARENT], stdout=subprocess.PIPE)
    assert parent.stdout
    holder, child = map(int, parent.stdout.readline().split())
    parent.stdout.close()
    return parent, holder, child


def test_nothing_outlives_a_parent_that_was_killed() -> None:
    parent, holder, child = started_by_another()
    parent.kill()
    parent.wait()
    assert gone(child)
    assert gone(holder)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a program that its parent has died")
def test_nothing_outlives_a_holder_that_was_killed() -> None:
    parent, holder, child = started_by_another()
    os.kill(holder, signal.SIGKILL)
    assert gone(child)
    parent.kill()
    parent.wait()
