"""Sounds of the demo: small, whole, said by nobody; and sound as a phone line carries it."""

import io
import json
import re
import wave
from collections import Counter

import av
import numpy as np
import pytest

from services.local.demo_voices import FOLDER, POLISH, URGENT, VOICES, Spoken
from services.local.speech import PROGRAM, read, say, to_call, to_opus
from services.local.trouble import CannotHave
from services.triage.rules.lines import answer
from tests.support.twilio.control import silence


def test_there_are_enough_of_them_and_they_are_small() -> None:
    assert Counter(str(one.channel) for one in VOICES)["voice"] >= 20
    assert {one.by for one in VOICES} == {"call", "web", "whatsapp"}
    assert {path.name for path in FOLDER.glob("*.ogg")} == {f"{one.name}.ogg" for one in VOICES}
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 600_000
    assert "GPL" in (FOLDER / "README.md").read_text()
    for values in ([one.who for one in VOICES], [one.name for one in VOICES]):
        assert len(set(values)) == len(VOICES)
    assert all(re.fullmatch(r"4\d\d", str(one.who)) for one in VOICES), (
        "numbers that no text of the demo uses"
    )


@pytest.mark.parametrize("spoken", VOICES, ids=lambda spoken: spoken.name)
def test_each_is_speech_of_a_plausible_length(spoken: Spoken) -> None:
    with av.open(io.BytesIO(spoken.sound), mode="r") as container:
        (stream,) = container.streams.audio
        assert (stream.codec_context.name, stream.codec_context.channels) == ("opus", 1)
        assert "espeak" not in json.dumps(dict(container.metadata)).lower()
        frames = list(container.decode(audio=0))
    seconds = sum(frame.samples / frame.sample_rate for frame in frames)
    assert 0.12 < seconds / len(spoken.words.split()) < 0.8, "a word takes about a third of a second"
    loudest = max(float(np.abs(frame.to_ndarray()).max()) for frame in frames)
    assert loudest > 0.05


def test_the_urgent_one_says_what_must_ring_and_the_polish_one_cannot_be_scored() -> None:
    level = {one.name: json.loads(answer(json.dumps({"text": one.words})))["level"] for one in VOICES}
    assert level[URGENT.name] == "immediate"
    assert level["every-friday"] == "none"
    assert POLISH.voice == "pl"


@pytest.mark.parametrize("made", [VOICES[0].sound, silence(2)])
def test_a_call_is_recorded_as_the_provider_does(made: bytes) -> None:
    with wave.open(io.BytesIO(to_call(made))) as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, 2, 8000)
        assert sound.getnframes() > 8000
    again = to_opus(to_call(made))
    assert again.startswith(b"OggS")


@pytest.mark.parametrize("sound", [b"", b"no sound at all", b"RIFF" + bytes(100), b"OggS" + bytes(1000)])
def test_what_is_no_sound_is_said_in_a_sentence(sound: bytes) -> None:
    for make in (to_call, to_opus):
        with pytest.raises(CannotHave, match="no sound"):
            make(sound)


def test_without_the_program_and_without_the_file_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(CannotHave, match=PROGRAM):
        say("hello")
    with pytest.raises(CannotHave, match="cannot be read"):
        read(FOLDER / "none.ogg")
