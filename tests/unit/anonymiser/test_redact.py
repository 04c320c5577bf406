"""Stand-ins over a thread, holds, the envelope, and the answers that the scorer reads."""

import json

import pytest

from services.anonymiser.rules import RULES_VERSION, StandIn, redact
from services.anonymiser.rules.lines import answer


def test_the_same_person_has_the_same_stand_in_in_any_case_and_possessive() -> None:
    redacted = redact("im kofi. KOFI is sad. kofi's mum knows. Kofi")
    assert redacted.words == "im [PERSON 1]. [PERSON 1] is sad. [PERSON 1]'s mum knows. [PERSON 1]"


def test_stand_ins_are_stable_in_a_thread() -> None:
    first = redact("my brother zzadie and kofi mensah")
    second = redact("then kofi cried and ada laughed at zzadie", stand_ins=first.stand_ins)
    assert StandIn("kofi mensah", "PERSON", 2) in second.stand_ins
    assert second.words == "then [PERSON 2] cried and [PERSON 3] laughed at [PERSON 1]"


def test_stand_ins_hold_the_whole_thread() -> None:
    first = redact("im kofi, ring 07700 900123")
    assert set(first.stand_ins) <= set(redact("hello", stand_ins=first.stand_ins).stand_ins)


def test_a_stand_in_does_not_show_length() -> None:
    assert redact("im ada").words == redact("im oluwaseun").words


def test_kinship_words_are_kept_and_ages_and_dates_are_made_wide() -> None:
    redacted = redact("my sister adaeze is 8, they came on 3 March 2023")
    assert redacted.words == "my sister [PERSON 1] is [AGE 5-9], they came on [DATE March 2023]"


def test_a_typed_stand_in_breaks_nothing_and_is_nobody_new() -> None:
    assert redact("[PERSON 1] and kofi").words == "[PERSON 1] and [PERSON 2]"


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        ("Меня зовут и я живу здесь уже три года", "language"),
        (
            "je voudrais vous dire que les enfants ne sont pas heureux dans cette maison et personne ecoute",
            "language",
        ),
        ("bardzo prosze o pomoc bo nikt nie chce ze mna rozmawiac o moich dzieciach", "language"),
        ("the final hearing is on tuesday and we are scared", "court"),
        ("we are in court next week about it", "court"),
        ("write to me @ the place", "doubt"),
        ("the code was 48213 on the wall", "doubt"),
    ],
)
def test_what_a_person_should_see_is_held(words: str, cause: str) -> None:
    redacted = redact(words)
    assert redacted.held
    assert cause in redacted.causes


@pytest.mark.parametrize(
    "words",
    [
        "hiya",
        "idk wot 2 say lol",
        "soz m8 cba 2day innit",
        "hes alrite tbh",
        "nah",
        "🙂",
        "",
        "ty ty",
        "no1 listens 2 me evr",
    ],
)
def test_short_texts_are_not_called_another_language(words: str) -> None:
    assert "language" not in redact(words).causes


def test_doubtful_places_are_marked_in_the_words_as_sent() -> None:
    words = "the code was 48213 on the wall"
    assert [words[a:b] for a, b in redact(words).doubtful] == ["48213"]


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("kwrbl is what they call me", "Kwrbl"),
        ("k w r b l is me", "kwrbl"),
        ("it is Mika.Fox 09 there", "mika.fox_09"),
        ("so thats okwrbla dot fry at EXAMPLE dot org", "okwrbla.fry@example.org"),
        ("on 7700 900 123", "+447700900123"),
    ],
)
def test_the_envelope_never_survives(words: str, name: str) -> None:
    assert redact(words, names=(name,)).spans


def test_an_envelope_name_that_is_a_plain_word_is_held_not_taken() -> None:
    redacted = redact("have u any faith left in them because i dont", names=("Faith",))
    assert redacted.words == "have u any faith left in them because i dont"
    assert redacted.causes == ("doubt",)


def test_counts_and_version_come_along() -> None:
    redacted = redact("im kofi, ring 07700 900123")
    assert redacted.counts == (("PERSON", 1), ("PHONE", 1))
    assert redacted.rules_version == RULES_VERSION
    assert redacted.language == "en"


def test_a_line_is_answered_in_the_scorers_form() -> None:
    row = {"id": "A-1", "text": "im kofi", "envelope": {"display_name": "Kofi"}}
    assert json.loads(answer(json.dumps(row))) == {
        "id": "A-1",
        "text": "im [PERSON 1]",
        "spans": [{"start": 3, "end": 7, "label": "PERSON", "kind": "DIRECT"}],
        "held": False,
    }


@pytest.mark.parametrize(
    "line", ["", "kofi", "[]", '{"id": 3}', '{"text": 4, "id": {"kofi": 1}}', "[" * 20_000, '{"text"']
)
def test_a_bad_line_is_answered_without_its_words(line: str) -> None:
    said = json.loads(answer(line))
    assert set(said) == {"id", "error"}
    assert "kofi" not in said["error"]
