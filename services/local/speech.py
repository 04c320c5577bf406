"""Speech that nobody spoke: words to sound with espeak-ng, a program of its own; and sound as a phone line carries it."""

import io
import shutil
import subprocess
import wave
from pathlib import Path
from typing import Any, Final

import av
from av.audio.resampler import AudioResampler

from services.local.trouble import CannotHave

PROGRAM: Final = "espeak-ng"
_BITS: Final = 16_000
"""Of Opus a second: clear speech, small files."""
_FRAME: Final = 960
_LINE: Final = 8_000


def say(words: str, voice: str = "en-gb", speed: int = 145, pitch: int = 50) -> bytes:
    """Speak words, as a WAV.

    Raises:
        CannotHave: espeak-ng is not there, or does not know the voice.
    """
    if not shutil.which(PROGRAM):
        raise CannotHave(f"{PROGRAM} is not on this machine: install it, or give a file of sound instead.")
    command = [PROGRAM, "-v", voice, "-s", str(speed), "-p", str(pitch), "--stdout", "--stdin"]
    done = subprocess.run(command, input=words.encode(), capture_output=True, timeout=60)
    if done.returncode or not done.stdout:
        raise CannotHave(f"{PROGRAM} could not speak with the voice {voice}.")
    return done.stdout


def to_opus(sound: bytes) -> bytes:
    """Any sound as Ogg Opus at 16 kHz, one channel, with no more in it than the sound."""
    out = io.BytesIO()
    with av.open(out, mode="w", format="ogg", options={"fflags": "+bitexact"}) as container:
        stream: Any = container.add_stream("libopus", rate=16_000, layout="mono")
        stream.bit_rate = _BITS
        stream.options = {"application": "voip", "vbr": "on"}
        for frame in _resampled(sound, "flt", 16_000, frame_size=_FRAME):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


def to_call(sound: bytes) -> bytes:
    """Any sound as the provider keeps what it recorded: a WAV of 8 kHz, 16 bit, one channel."""
    out = io.BytesIO()
    with wave.open(out, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(_LINE)
        for frame in _resampled(sound, "s16", _LINE):
            written.writeframes(frame.to_ndarray().tobytes())
    return out.getvalue()


def read(path: Path) -> bytes:
    """A file of sound.

    Raises:
        CannotHave: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as wrong:
        raise CannotHave(f"{path} cannot be read ({wrong.strerror}).") from None


def _resampled(sound: bytes, form: str, rate: int, frame_size: int = 0) -> Any:
    """Decode and resample.

    Raises:
        CannotHave: it is no sound.
    """
    resampler = AudioResampler(format=form, layout="mono", rate=rate, frame_size=frame_size or None)
    try:
        with av.open(io.BytesIO(sound), mode="r") as container:
            for frame in container.decode(audio=0):
                if frame.layout.name not in ("mono", "stereo"):  # a WAV does not say which channels it has
                    frame = _mono(frame)
                frame.pts = None
                yield from resampler.resample(frame)
            yield from resampler.resample(None)
    except (av.error.FFmpegError, IndexError):
        raise CannotHave("This is no sound that can be read.") from None


def _mono(frame: Any) -> Any:
    again = av.AudioFrame.from_ndarray(frame.to_ndarray(), format=frame.format.name, layout="mono")
    again.sample_rate = frame.sample_rate
    return again
