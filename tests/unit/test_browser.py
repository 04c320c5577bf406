"""Chromium is found where it is, and asked for in one sentence where it is not."""

from pathlib import Path

from tests.support.browser import HOW, chromium


def test_a_program_that_is_named_is_taken_before_any_other(tmp_path: Path) -> None:
    program = tmp_path / "my-chromium"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert chromium({"CHROMIUM": str(program)}) == str(program)
    assert chromium({"CHROMIUM": str(tmp_path / "nothing")}) is None


def test_what_to_do_is_said_in_one_sentence() -> None:
    assert "apt-get install chromium" in HOW
    assert "CHROMIUM" in HOW
