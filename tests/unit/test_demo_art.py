"""The demo's forms: enough of them, of every kind, and what the story needs among them."""

from services.art_intake.rules.form import answers
from services.art_intake.rules.sniff import HEAD, sniff
from services.local.demo_art import ART, PDF, POEM, TAPPED, URGENT, WORDLESS, picture
from services.triage.rules.assess import assess
from shared.contracts.values import Level, PartKind


def fields(form: dict[str, str | list[str]]) -> list[tuple[str, str]]:
    return [
        (name, one) for name, value in form.items() for one in (value if isinstance(value, list) else [value])
    ]


def test_there_are_at_least_twenty_and_each_brings_something() -> None:
    assert len(ART) >= 20
    for art in ART:
        assert art.files() or answers(fields(art.form)).has_words


def test_what_was_filled_in_is_what_the_form_knows() -> None:
    for art in ART:
        filled, read = fields(art.form), answers(fields(art.form))
        assert len(read.roles) == sum(name == "role" for name, _ in filled)
        assert (read.age_band is not None) == ("age" in art.form)


def test_the_urgent_one_says_so_in_its_picture_alone() -> None:
    assert ART[0] is URGENT
    assert URGENT.drawn
    assert assess("\n".join(URGENT.drawn), []).level is Level.IMMEDIATE
    assert not answers(fields(URGENT.form)).has_words


def test_there_is_a_wordless_one_a_poem_a_document_and_one_with_two_taps() -> None:
    assert WORDLESS.drawn == ()
    assert not POEM.files()
    assert TAPPED.taps == 2
    (_, document), (_, drawing) = PDF.files()[0], WORDLESS.files()[0]
    assert PartKind.of(sniff(document[:HEAD])) is PartKind.DOCUMENT
    assert PartKind.of(sniff(drawing[:HEAD])) is PartKind.PICTURE


def test_a_drawing_is_the_same_every_time() -> None:
    assert picture(("hello",)) == picture(("hello",)) != picture(("other",))
