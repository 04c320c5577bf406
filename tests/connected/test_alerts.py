"""The alert rules by Prometheus' own word: each fires when it must, and not in an ordinary hour."""

import subprocess

import pytest

from tests.support.promtool import HOW, promtool
from tests.support.tree import ROOT

pytestmark = pytest.mark.connected


@pytest.mark.parametrize(
    "asked",
    [
        ("check", "rules", "heard.rules.yml"),
        ("check", "config", "prometheus.yml"),
        ("test", "rules", "heard.tests.yml"),
    ],
    ids=" ".join,
)
def test_promtool_is_content(asked: tuple[str, ...]) -> None:
    program = promtool()
    assert program is not None, HOW
    done = subprocess.run(
        [program, *asked], cwd=ROOT / "deploy" / "alerts", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
