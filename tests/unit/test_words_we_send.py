"""What is said to people is approved, and tells no number that is not in the dated file."""

import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared import helplines as lines
from shared import templates
from shared.helplines import NotFitToSend, helplines, numbers_in
from shared.settings import Stage
from shared.templates import template
from tests.support.twilio.sign import segments

ACKNOWLEDGEMENT = (
    "Thanks, we got your message. Everyone gets this reply. We are not 999. To talk now, free: Childline 0800 1111"
    " or text SHOUT to 85258. In danger: call 999."
)
APPROVED = 'approved_by = "A. Named Person"\napproved_at = 2026-11-24'


def a_file(path: Path, text: str) -> Path:
    file = path / "changed.toml"
    file.write_text(text)
    return file


def test_the_acknowledgement_is_word_for_word_what_was_decided_and_one_text_long() -> None:
    found = template("acknowledgement", Stage.TEST, helplines())
    assert found.words == ACKNOWLEDGEMENT
    assert segments(found.words) == 1


def test_its_numbers_are_those_of_the_helplines_file() -> None:
    found = helplines()
    told = {found.lines[name].number.replace(" ", "") for name in ("childline", "shout", "emergency")}
    assert numbers_in(ACKNOWLEDGEMENT) == told
    assert found.lines["childline"].free and found.lines["shout"].free
    assert found.lines["shout"].text == "SHOUT"


def test_the_file_is_dated_and_not_from_the_future() -> None:
    assert helplines().checked_on <= datetime.now(UTC).date()


@pytest.mark.parametrize("missing", ["emergency", "childline", "shout", "nspcc"])
def test_without_a_helpline_nothing_starts(tmp_path: Path, missing: str) -> None:
    before, _, rest = lines.FILE.read_text().partition(f"[{missing}]\n")
    _, bracket, after = rest.partition("[")
    with pytest.raises(NotFitToSend, match=f"lacks {missing}"):
        helplines(a_file(tmp_path, before + bracket + after))


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("checked_on = 2026-11-24", ""),
        ('number = "0800 1111"', 'number = "0800 CHILD"'),
        ('number = "0800 1111"', 'number = ""'),
        ('hours = "24 hours, every day"', 'hours = " "'),
        ("free = true", "fee = true"),
        ("[childline]", "[childline"),
    ],
)
def test_an_incomplete_helpline_does_not_start(tmp_path: Path, right: str, wrong: str) -> None:
    text = lines.FILE.read_text()
    assert right in text
    with pytest.raises(NotFitToSend):
        helplines(a_file(tmp_path, text.replace(right, wrong, 1)))


def test_no_file_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(NotFitToSend):
        helplines(tmp_path / "none.toml")


def test_nobody_has_approved_it_yet_so_it_starts_in_the_demo_and_in_tests_alone() -> None:
    kept = tomllib.loads(templates.FILE.read_text())["acknowledgement"]
    assert (kept["approved_by"], kept["approved_at"]) == ("", ""), (
        "approved: then this test has done its work"
    )
    assert template("acknowledgement", Stage.DEMO, helplines()).words
    with pytest.raises(NotFitToSend, match=r"the text acknowledgement is not approved: .* a named person"):
        template("acknowledgement", Stage.PRODUCTION, helplines())


@pytest.mark.parametrize(
    ("approval", "starts"),
    [
        (APPROVED, True),
        ('approved_by = "A. Named Person"\napproved_at = ""', False),
        ('approved_by = " "\napproved_at = 2026-11-24', False),
    ],
)
def test_an_approval_is_a_name_and_a_day(tmp_path: Path, approval: str, starts: bool) -> None:
    text = templates.FILE.read_text().replace('approved_by = ""\napproved_at = ""', approval, 1)
    file = a_file(tmp_path, text)
    if starts:
        assert template("acknowledgement", Stage.PRODUCTION, helplines(), file).approved
    else:
        with pytest.raises(NotFitToSend, match="not approved"):
            template("acknowledgement", Stage.PRODUCTION, helplines(), file)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("0800 1111", "0800 1112"),
        ("call 999.", "call 999 or 0207 946 0000."),
        (" or text SHOUT to 85258", ""),
        ('"shout", ', '"samaritans", '),
        ("[acknowledgement]", "[thanks]"),
    ],
)
def test_a_text_with_another_number_does_not_start(tmp_path: Path, right: str, wrong: str) -> None:
    text = templates.FILE.read_text()
    assert right in text
    with pytest.raises(NotFitToSend):
        template("acknowledgement", Stage.TEST, helplines(), a_file(tmp_path, text.replace(right, wrong, 1)))
