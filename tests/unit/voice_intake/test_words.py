"""What a caller hears: approved, short sentences, and numbers that a voice says digit by digit."""

import re

import pytest

from services.voice_intake.adapters.speaking import Speaking, Words
from services.voice_intake.settings import Settings
from shared.helplines import NotFitToSend, helplines
from shared.settings import Stage

SAID = Words.approved(Stage.TEST, helplines())
EVERY = [SAID.greeting, SAID.thanks, SAID.silent, SAID.connecting, SAID.not_connected]


@pytest.mark.parametrize("words", EVERY)
def test_a_child_of_nine_can_follow(words: str) -> None:
    sentences = [one.split() for one in re.split(r"[.?!] ?", words) if one]
    assert max(map(len, sentences)) <= 22  # most of them half that, but for the numbers
    letters = [len(word.strip(",")) for sentence in sentences for word in sentence]
    assert sum(letters) / len(letters) < 4.5


@pytest.mark.parametrize("words", EVERY)
def test_a_voice_says_digit_by_digit(words: str) -> None:
    assert not re.search(r"\d\d", words), "0800 would be said as eight hundred"


def test_danger_comes_first_and_the_limits_before_the_beep() -> None:
    greeting = SAID.greeting
    places = [
        greeting.index(words) for words in ("call 9 9 9", "press 1", "after the beep", "not told who you are")
    ]
    assert places == sorted(places)
    assert places[0] < 120
    assert len(greeting.split()) < 130, "it is spoken in less than a minute"


def test_every_end_tells_who_can_help_now() -> None:
    for words in (SAID.thanks, SAID.silent, SAID.not_connected):
        assert "0 8 0 0 1 1 1 1" in words
        assert "9 9 9" in words


def test_in_production_nothing_is_said_that_nobody_approved() -> None:
    with pytest.raises(NotFitToSend, match="call_greeting is not approved"):
        Words.approved(Stage.PRODUCTION, helplines())


def test_childline_is_dialled_by_the_number_of_the_helplines_file() -> None:
    lines = helplines()
    speaking = Speaking.of(SAID, lines, Settings(public_urls=("https://calls.example.org",)))
    assert speaking.childline == "+44" + lines.lines["childline"].number.replace(" ", "")[1:]
