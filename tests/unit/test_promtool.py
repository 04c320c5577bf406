"""promtool is found where it is, and asked for in one sentence where it is not."""

from pathlib import Path

import pytest

from tests.support import promtool
from tests.support.promtool import HOW


def test_a_program_that_is_named_is_taken_before_any_other(tmp_path: Path) -> None:
    program = tmp_path / "my-promtool"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert promtool.promtool({"PROMTOOL": str(program)}) == str(program)
    assert promtool.promtool({"PROMTOOL": str(tmp_path / "nothing")}) is None


def test_where_there_is_no_debian_it_is_not_had_and_what_to_do_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HEARD_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("PROMTOOL", raising=False)
    assert promtool.fetch() is None
    assert "apt-get" in HOW
    assert "PROMTOOL" in HOW
