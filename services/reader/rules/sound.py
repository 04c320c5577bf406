"""Sound of any make becomes samples at 16 kHz, one channel; counted as they come, so that no file becomes too much.

FFmpeg may open no file and no socket: only the demultiplexers named here, no protocol at all, bytes from memory.
"""

import io
from dataclasses import dataclass, field
from typing import Any, Final

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

RATE: Final = 16_000
_DEMUXERS: Final = "ogg,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,mp3,wav,w64,aiff,flac,aac,amr,caf,au"
_DECODERS: Final = (
    "opus,vorbis,aac,mp3,mp3float,mp2,mp2float,amrnb,amrwb,flac,alac,gsm,gsm_ms,speex,"
    "pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,pcm_s32le,pcm_s32be,pcm_u8,pcm_s8,pcm_f32le,pcm_f32be,pcm_f64le,"
    "pcm_mulaw,pcm_alaw,adpcm_ima_wav,adpcm_ms,adpcm_ima_qt"
)
_OPTIONS: Final = {
    "format_whitelist": _DEMUXERS,
    "codec_whitelist": _DECODERS,
    "protocol_whitelist": "",
    "probesize": str(1024 * 1024),
    "analyzeduration": str(5_000_000),  # microseconds
}
_LOWEST, _HIGHEST, _MOST_CHANNELS = 4_000, 192_000, 8
_MOST_ERRORS: Final = 50
_SCALES: Final = {"u8": 128.0, "s16": 32768.0, "s32": 2147483648.0, "flt": 1.0, "dbl": 1.0}


class NotSound(Exception):
    """It cannot be read as sound; `reason` is a short code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Sound:
    """Samples from -1 to 1. `cut` when it goes on beyond what was asked for, `moving` when pictures go with it."""

    samples: NDArray[np.float32] = field(repr=False)
    cut: bool
    moving: bool
    damaged: bool

    @property
    def seconds(self) -> float:
        return len(self.samples) / RATE


def samples_of(clear: bytes, most_seconds: float) -> Sound:
    """Decode the first sound stream, no more than `most_seconds` of it.

    Raises:
        NotSound: with its reason.
    """
    try:
        with av.open(io.BytesIO(clear), mode="r", options=_OPTIONS, metadata_errors="ignore") as container:
            return _read(container, int(most_seconds * RATE))
    except NotSound:
        raise
    except av.error.FFmpegError:
        raise NotSound("not_sound") from None
    except (ValueError, OverflowError, MemoryError, RuntimeError):
        raise NotSound("malformed_sound") from None


def _read(container: Any, most: int) -> Sound:
    if not container.streams.audio:
        raise NotSound("no_sound_in_it")
    stream = container.streams.audio[0]
    rate, channels = stream.codec_context.sample_rate, stream.codec_context.channels
    if not _LOWEST <= rate <= _HIGHEST or not 1 <= channels <= _MOST_CHANNELS:
        raise NotSound("odd_sound")
    moving = any(not _is_cover(video) for video in container.streams.video)
    resampler = AudioResampler(format="s16", layout="mono", rate=RATE)
    pieces: list[NDArray[np.int16]] = []
    have, errors, cut = 0, 0, False
    packets = container.demux(stream)
    while not cut:
        try:
            packet = next(packets, None)
        except av.error.FFmpegError:
            errors += 1
            break
        if packet is None:
            break
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            errors += 1
            if errors > _MOST_ERRORS:
                break
            continue
        for frame in frames:
            if not (_LOWEST <= frame.sample_rate <= _HIGHEST):
                raise NotSound("odd_sound")
            for made in resampler.resample(_with_layout(frame)):
                pieces.append(made.to_ndarray().reshape(-1).astype(np.int16, copy=False))
                have += made.samples
        if have > most:
            cut = True
    if not cut and pieces:
        rest = resampler.resample(None)
        pieces += [made.to_ndarray().reshape(-1).astype(np.int16, copy=False) for made in rest]
    if not pieces:
        raise NotSound("not_sound" if errors else "no_sound_in_it")
    whole = np.concatenate(pieces)[:most]
    return Sound(whole.astype(np.float32) / 32768.0, cut, moving, damaged=errors > 0)


def _is_cover(video: Any) -> bool:
    """A picture on the sleeve is no film."""
    return bool(video.disposition & av.stream.Disposition.attached_pic)


def _with_layout(frame: AudioFrame) -> AudioFrame:
    """WAV and AIFF say how many channels there are and not which, and the resampler refuses that: mix them here."""
    frame.pts = None  # gaps and jumps in time stamps make neither silence nor errors
    if frame.layout.name and "channels" not in frame.layout.name and frame.layout.name != "unspecified":
        return frame
    array, planar = frame.to_ndarray(), frame.format.is_planar
    planes = array if planar else array.reshape(-1, max(frame.layout.nb_channels, 1)).T
    kind = frame.format.name.removesuffix("p")
    mixed = planes.astype(np.float32).mean(axis=0) / _SCALES[kind] - (1.0 if kind == "u8" else 0.0)
    mono = AudioFrame.from_ndarray(mixed[None, :].astype(np.float32), format="fltp", layout="mono")
    mono.sample_rate = frame.sample_rate
    return mono
