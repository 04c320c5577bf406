"""The media lane's decisions: what is fetched, kept, read and said of each part."""

import json
from uuid import uuid4

import pytest

from services.reader.adapters.provider import TooLarge
from services.reader.handlers.media import give_up, read_media, task_of
from services.reader.rules.reading import Reading
from services.reader.rules.sniff import Form, form_of
from shared.contracts.events import AttachmentFound
from shared.contracts.values import Outcome, PartKind
from shared.errors import Retryable, Unavailable
from shared.vault import Binding
from shared.vault.objects import open_object
from tests.support.keys import keys_of
from tests.support.media import World, a_drawing, a_pdf, a_png, a_wave, encoded

SAID = "we were never asked"
HEARD = Reading(
    Outcome.WORDS, words=SAID, marks=([0, 2, 0.1, 0.4, 0.9],), language="en", version="whisper-base-1"
)


def hears(world: World, **answers: Reading) -> World:
    world.children.answers = {task: reading.as_answer() for task, reading in answers.items()}
    return world


async def test_a_recording_is_fetched_kept_as_it_was_and_read() -> None:
    world = hears(World(), sound=HEARD)
    world.copies.files["RE1"] = sound = a_wave()
    event = world.waiting("RE1")
    (said,) = await read_media(event, ports=world.ports())
    assert (said.outcome, said.part, said.source, said.language) == (Outcome.WORDS, 1, event.event_id, "en")
    assert said.original is not None
    assert said.fetched_from == event.parts[0].waiting
    archive = keys_of("archive").opener
    sealed = world.objects.files[said.original.key]
    assert open_object(archive, event.context, 1, said.original.sha256, said.original, sealed) == sound
    assert sound not in sealed
    (words,) = said.words
    assert words.words
    assert archive.open(words.words, Binding.of(event.context, words.number)).decode() == SAID
    assert (words.number, words.parent) == (101, 1)
    assert said.marks
    marks = json.loads(archive.open(said.marks, Binding.of(event.context, 1)))
    assert marks["places"] == [[0, 2, 0.1, 0.4, 0.9]]
    assert SAID not in said.model_dump_json()


async def test_reading_again_gives_the_same_ids_and_numbers() -> None:
    world = hears(World(), sound=HEARD)
    world.copies.files |= {"RE1": a_wave(), "RE2": a_wave()}
    event = world.waiting("RE1", "RE2")
    first, again = [await read_media(event, ports=world.ports()) for _ in range(2)]
    assert [one.event_id for one in first] == [one.event_id for one in again]
    assert [[part.number for part in one.words] for one in first] == [[102], [202]]


async def test_what_is_not_there_yet_waits_and_nothing_is_read_or_kept_meanwhile() -> None:
    world = hears(World(), sound=HEARD)
    world.copies.files["RE1"] = a_wave()
    event = world.waiting("RE1", "RE2")
    with pytest.raises(Retryable, match="not_there_yet"):
        await read_media(event, ports=world.ports())
    assert not world.children.asked
    assert not world.objects.files


async def test_what_is_gone_at_the_provider_is_told_to_a_person_and_the_rest_is_read() -> None:
    world = hears(World(seconds=301), sound=HEARD)
    world.copies.files["RE1"] = a_wave()
    first, second = await read_media(world.waiting("RE1", "RE2"), ports=world.ports())
    assert first.outcome is Outcome.WORDS
    assert (second.outcome, second.reason) == (Outcome.UNREADABLE, "gone_at_provider")
    assert second.original is None
    assert second.fetched_from is None


async def test_what_is_too_large_to_be_fetched_stays_where_it_is() -> None:
    world = World()
    world.copies.fails = [TooLarge("too_large")]
    (said,) = await read_media(world.waiting("RE1"), ports=world.ports())
    assert (said.outcome, said.original, said.fetched_from) == (Outcome.TOO_BIG, None, None)


async def test_a_provider_that_is_away_holds_the_line() -> None:
    world = World()
    world.copies.fails = [Unavailable("twilio_not_reached")]
    with pytest.raises(Unavailable):
        await read_media(world.waiting("RE1"), ports=world.ports())


async def test_a_store_that_is_away_holds_the_line_before_anything_is_read() -> None:
    world = hears(World(), sound=HEARD)
    world.copies.files["RE1"] = a_wave()
    world.objects.fails_after = 0
    with pytest.raises(Unavailable):
        await read_media(world.waiting("RE1"), ports=world.ports())
    assert not world.children.asked


@pytest.mark.parametrize(
    ("kind", "clear", "task"),
    [
        (PartKind.SOUND, a_wave(), "sound"),
        (PartKind.OTHER, encoded("ogg", "libopus"), "sound"),
        (PartKind.PICTURE, a_drawing(), "picture"),
        (PartKind.DOCUMENT, a_drawing(kind="JPEG"), "picture"),
        (PartKind.PICTURE, a_pdf([["hello"]]), "document"),
        (PartKind.DOCUMENT, b"words in a file", "plain"),
    ],
)
async def test_what_it_is_counts_not_what_it_was_called(kind: PartKind, clear: bytes, task: str) -> None:
    world = hears(World(), **{task: HEARD})
    (said,) = await read_media(world.stored((kind, clear)), ports=world.ports())
    assert (said.outcome, said.original, world.children.asked) == (Outcome.WORDS, None, [(task, clear)])


@pytest.mark.parametrize(
    ("clear", "outcome", "reason"),
    [
        (b"", Outcome.UNREADABLE, "empty"),
        (b"\0" * 5000, Outcome.UNREADABLE, "empty"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' width='1'/>", Outcome.UNSUPPORTED, "svg"),
        (b"PK\x03\x04rest of a zip", Outcome.UNSUPPORTED, "archive"),
        (b"\xd0\xcf\x11\xe0old word file", Outcome.UNSUPPORTED, "old_office"),
        (b"{\\rtf1 hello}", Outcome.UNSUPPORTED, "rich_text"),
    ],
)
async def test_what_nobody_here_reads_says_so(clear: bytes, outcome: Outcome, reason: str) -> None:
    (said,) = await read_media((world := World()).stored((PartKind.OTHER, clear)), ports=world.ports())
    assert (said.outcome, said.reason, said.words) == (outcome, reason, ())


async def test_one_part_that_breaks_does_not_take_the_others_with_it() -> None:
    world = hears(World(), picture=HEARD)  # and nothing was told for sound: that is a defect
    event = world.stored((PartKind.SOUND, a_wave()), (PartKind.PICTURE, a_drawing()), (PartKind.OTHER, b""))
    told = await read_media(event, ports=world.ports())
    assert [(one.outcome.value, one.reason) for one in told] == [
        ("unreadable", "defect"),
        ("words", None),
        ("unreadable", "empty"),
    ]
    assert [one.part for one in told] == [1, 2, 3]


async def test_an_object_that_was_moved_under_another_part_is_not_read() -> None:
    world = hears(World(), sound=HEARD)
    event = world.stored((PartKind.SOUND, a_wave()), (PartKind.SOUND, a_wave(2)))
    first, second = event.parts
    swapped = (
        first.model_copy(update={"object": second.object}),
        second.model_copy(update={"object": first.object}),
    )
    told = await read_media(event.model_copy(update={"parts": swapped}), ports=world.ports())
    assert {(one.outcome.value, one.reason) for one in told} == {("unreadable", "bound_elsewhere")}


async def test_a_larger_object_than_we_take_is_not_even_fetched() -> None:
    world = World()
    (said,) = await read_media(world.stored((PartKind.SOUND, a_wave())), ports=world.ports(largest=100))
    assert (said.outcome, said.reason) == (Outcome.TOO_BIG, "too_large")


async def test_an_attachment_of_a_mail_is_read_like_anything_else() -> None:
    world = hears(World(), picture=HEARD)
    event = world.stored((PartKind.PICTURE, a_drawing()))
    found = AttachmentFound(
        event_id=uuid4(), context=event.context, source=event.event_id, part=event.parts[0]
    )
    (said,) = await read_media(found, ports=world.ports())
    assert (said.source, said.part, said.words[0].number, said.words[0].parent) == (
        found.event_id,
        1,
        100_001,
        1,
    )


async def test_words_and_mail_are_left_to_others() -> None:
    world = World()
    event = world.stored((PartKind.MAIL, b"Subject: hello\r\n\r\nhello"))
    assert not await read_media(event, ports=world.ports())


async def test_more_words_than_an_event_carries_are_cut_and_it_is_said() -> None:
    world = hears(World(), sound=Reading(Outcome.WORDS, words="\u6211" * 150_000))
    (said,) = await read_media(world.stored((PartKind.SOUND, a_wave())), ports=world.ports())
    assert (said.outcome, said.reason) == (Outcome.TOO_BIG, "too_many_words")
    assert 290_000 < said.words[0].size <= 300_000
    assert len(said.model_dump_json()) < 1024 * 1024


@pytest.mark.parametrize(
    "answer",
    [
        {"outcome": "words", "words": 7},
        {"outcome": "splendid"},
        {"outcome": "words", "words": "x", "marks": "y"},
        {},
    ],
)
async def test_rubbish_from_a_child_is_unreadable(answer: dict[str, object]) -> None:
    world = World()
    world.children.answers = {"sound": answer}
    (said,) = await read_media(world.stored((PartKind.SOUND, a_wave())), ports=world.ports())
    assert said.outcome is Outcome.UNREADABLE


async def test_a_childs_reason_and_language_cannot_carry_words() -> None:
    world = World()
    world.children.answers = {
        "sound": {"outcome": "no_words", "reason": "My name is Tom", "language": "Tom!", "version": "V V"}
    }
    (said,) = await read_media(world.stored((PartKind.SOUND, a_wave())), ports=world.ports())
    assert (said.reason, said.language, said.reader_version) == (None, None, "media-1")


def test_every_form_has_an_answer_whatever_it_was_called() -> None:
    for form in Form:
        for kind in PartKind:
            answer = task_of(kind, form)
            assert isinstance(answer, Reading) or answer in ("sound", "picture", "document", "plain")


@pytest.mark.parametrize(
    ("clear", "form"),
    [
        (a_png(1, 1), Form.PICTURE),
        (encoded("mp4", "aac"), Form.SOUND),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", Form.PICTURE),
        (b"\xff\xfb\x90\x44rest", Form.SOUND),
        (b"junk before %PDF-1.7", Form.PDF),
        (b"\xef\xbb\xbf<!-- hello --><svg/>", Form.SVG),
        (b"<!DOCTYPE html><p>hi", Form.HTML),
        (b"\xff\xfeh\0i\0", Form.UNKNOWN),
        (b"v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 5004 RTP/AVP 0", Form.UNKNOWN),
    ],
)
def test_forms(clear: bytes, form: Form) -> None:
    assert form_of(clear) is form


async def test_what_kills_us_is_told_to_a_person_and_not_read() -> None:
    world = World()
    event = world.stored((PartKind.SOUND, a_wave()), (PartKind.PICTURE, a_drawing()))
    told = await give_up(event, ports=world.ports())
    assert [(one.part, one.outcome.value, one.reason) for one in told] == [
        (1, "unreadable", "defect"),
        (2, "unreadable", "defect"),
    ]
    ordinary = await read_media(event, ports=hears(world, picture=HEARD).ports())
    assert [one.event_id for one in told] == [one.event_id for one in ordinary], "a repeat collapses"
