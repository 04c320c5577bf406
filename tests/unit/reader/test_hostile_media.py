"""What the world sends as sound, pictures and documents: honest in every make, broken, and hostile."""

import contextlib
import io
import wave
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from services.reader.rules import document, picture, plain
from services.reader.rules.document import NotDocument
from services.reader.rules.picture import NotPicture
from services.reader.rules.sound import NotSound, samples_of
from tests.support.media import a_drawing, a_pdf, a_png, a_wave, encoded, tone

SUPPORT = Path(__file__).parents[2] / "support"
SDP = b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 5004 RTP/AVP 0\r\n"


@pytest.mark.parametrize(
    ("clear", "seconds"),
    [
        (a_wave(1, value=tone), 1),
        (a_wave(1, rate=44100, channels=2, value=tone), 1),
        (encoded("ogg", "libopus"), 1),
        (encoded("webm", "libopus"), 1),
        (encoded("mp4", "aac"), 1),
        (encoded("mp3", "libmp3lame", rate=44100), 1),
        (encoded("flac", "flac", layout="stereo"), 1),
        (encoded("wav", "pcm_mulaw", rate=8000), 1),
        (encoded("aiff", "pcm_s16be", rate=44100), 1),
        (encoded("caf", "pcm_s16le", rate=44100), 1),
    ],
)
def test_sound_of_every_make_is_heard(clear: bytes, seconds: float) -> None:
    sound = samples_of(clear, 60)
    assert sound.seconds == pytest.approx(seconds, abs=0.1)
    assert 0.1 < float(np.sqrt((sound.samples**2).mean())) < 0.3
    assert not (sound.cut or sound.moving or sound.damaged)


def test_both_sides_of_a_call_are_heard() -> None:
    content = io.BytesIO()
    with wave.open(content, "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(8000)
        right = (np.sin(np.arange(8000) * 0.3) * 16000).astype("<i2")
        out.writeframes(np.column_stack([np.zeros_like(right), right]).tobytes())
    assert float(np.abs(samples_of(content.getvalue(), 10).samples).max()) > 0.1


@pytest.mark.parametrize(
    ("clear", "reason"),
    [
        (b"", "not_sound"),
        (b"these are words and no sound " * 100, "not_sound"),
        (SDP, "not_sound"),
        (b"ffconcat version 1.0\nfile /etc/hostname\n", "not_sound"),
        (b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/x.ts\n", "not_sound"),
        (a_wave(10, rate=1), "odd_sound"),
        (a_wave(1, rate=400_000), "odd_sound"),
        (a_wave(0), "no_sound_in_it"),
        (a_wave(1)[:40], "not_sound"),
    ],
)
def test_what_is_no_sound_says_so(clear: bytes, reason: str) -> None:
    with pytest.raises(NotSound) as wrong:
        samples_of(clear, 60)
    assert wrong.value.reason == reason


def test_a_film_is_heard_and_said_to_be_one() -> None:
    assert samples_of(encoded("mp4", "aac", film=True), 60).moving


def test_only_as_much_is_decoded_as_is_asked_for() -> None:
    sound = samples_of(a_wave(30), 2)
    assert (sound.seconds, sound.cut) == (2.0, True)


def test_sound_with_flipped_bytes_never_takes_the_reader_with_it() -> None:
    honest, chance = encoded("ogg", "libopus"), np.random.default_rng(3)
    for _ in range(40):
        broken = bytearray(honest)
        for at in chance.integers(0, len(broken), 20):
            broken[at] ^= 1 << int(chance.integers(0, 8))
        with contextlib.suppress(NotSound):
            samples_of(bytes(broken), 60)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP", "AVIF"])
def test_pictures_of_every_make_are_opened(kind: str) -> None:
    (one,) = picture.pictures_of(a_drawing(["hello"], kind=kind))
    assert one.pixels.shape == (500, 800, 3)
    assert not (one.more or one.damaged)


def test_what_phones_of_one_maker_send_is_opened() -> None:
    """`drawing.heic` is `a_drawing(["hello"])`, written by pillow-heif; what we have only reads it."""
    picture.register()
    (one,) = picture.pictures_of((SUPPORT / "drawing.heic").read_bytes())
    assert one.pixels.shape == (500, 800, 3)
    assert one.pixels.min() < 100


@pytest.mark.parametrize(
    ("clear", "reason", "big"),
    [
        (b"hello", "not_a_picture", False),
        (a_png(30_000, 30_000), "too_many_pixels", True),
        (a_png(1, 40_000), "too_many_pixels", True),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not_a_picture", False),
        (b"<svg xmlns='http://www.w3.org/2000/svg' width='100000'/>", "not_a_picture", False),
        (a_drawing()[:40], "not_a_picture", False),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 200, "malformed_picture", False),
    ],
)
def test_what_is_no_picture_says_so(clear: bytes, reason: str, big: bool) -> None:
    picture.register()
    with pytest.raises(NotPicture) as wrong:
        picture.pictures_of(clear)
    assert (wrong.value.reason, wrong.value.big) == (reason, big)


def test_a_picture_that_was_cut_short_is_read_as_far_as_it_goes() -> None:
    whole = a_drawing(["hello"], kind="JPEG")
    (one,) = picture.pictures_of(whole[: len(whole) * 2 // 3])
    assert one.damaged


def test_a_picture_that_turns_and_is_see_through_is_upright_on_white() -> None:
    content = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGBA", (40, 20), (0, 0, 0, 0)).save(content, "PNG", exif=exif)
    (one,) = picture.pictures_of(content.getvalue())
    assert one.pixels.shape == (40, 20, 3)
    assert one.pixels.min() == 255


def test_a_scan_gives_its_pages_and_what_moves_its_first() -> None:
    pages = [Image.new("L", (50, 50), shade) for shade in (0, 90, 180, 220, 255)]
    scan, moves = io.BytesIO(), io.BytesIO()
    pages[0].save(scan, "TIFF", save_all=True, append_images=pages[1:])
    pages[0].save(moves, "GIF", save_all=True, append_images=pages[1:])
    shown = picture.pictures_of(scan.getvalue())
    assert (len(shown), shown[0].more) == (4, True)
    (first,) = picture.pictures_of(moves.getvalue())
    assert first.more


def test_a_document_is_read_and_nothing_in_it_is_run(tmp_path: Path) -> None:
    script = b"/OpenAction<</S/JavaScript/JS(app.launchURL\\('http://127.0.0.1:9'\\))>>/AA<</WC<</S/Launch/F(/bin/sh)>>>>"
    pages = list(document.pages_of(a_pdf([["my house", "my rules"], ["page two"]], catalog=script)))
    assert [[line.text for line in page.lines] for page in pages] == [["my house", "my rules"], ["page two"]]
    assert pages[0].pixels.shape[2] == 3
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("clear", "reason"),
    [
        (b"%PDF-1.7 and nothing more", "not_a_document"),
        (b"", "not_a_document"),
        (a_pdf([]), "not_a_document"),
        (a_pdf([["x"]])[:200], "not_a_document"),
    ],
)
def test_what_is_no_document_says_so(clear: bytes, reason: str) -> None:
    with pytest.raises(NotDocument) as wrong:
        list(document.pages_of(clear))
    assert wrong.value.reason == reason


def test_a_locked_document_says_so() -> None:
    lock = b"/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<%s>/U<%s>>>/ID[<00><00>]" % (b"11" * 32, b"22" * 32)
    with pytest.raises(NotDocument) as wrong:
        list(document.pages_of(a_pdf([["my house"]], trailer=lock)))
    assert wrong.value.reason == "locked"


def test_a_page_as_large_as_a_house_is_shrunk() -> None:
    huge = a_pdf([["x"]], page=b"/UserUnit 100").replace(b"[0 0 595 842]", b"[0 0 14400 14400]")
    (page,) = document.pages_of(huge)
    assert max(page.pixels.shape) <= 1600


def test_only_so_many_pages_are_opened() -> None:
    pages = list(document.pages_of(a_pdf([[str(n)] for n in range(300)]), 2))
    assert [(len(page.lines), page.count) for page in pages] == [(1, 300), (1, 300)]


@pytest.mark.parametrize(
    ("clear", "words"),
    [
        ("I feel safe \u2013 mostly".encode(), "I feel safe \u2013 mostly"),
        ("I feel safe \u2013 mostly".encode("utf-16"), "I feel safe \u2013 mostly"),
        ("caf\u00e9".encode("cp1252"), "caf\u00e9"),
        (b"one\r\ntwo\x00", "one\ntwo"),
        (b"<!DOCTYPE html><script>no()</script><p>yes", "yes"),
    ],
)
def test_text_files(clear: bytes, words: str) -> None:
    assert plain.read(clear).words == words
