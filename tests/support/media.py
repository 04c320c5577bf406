"""Sound, pictures and documents, honest and hostile, made here from nothing: nobody is in them."""

import io
import struct
import wave
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

import av
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from services.reader.adapters.provider import NotThere
from services.reader.handlers.ports import Media, Ports
from shared.contracts.events import ContributionReceived
from shared.contracts.parts import Context, Part, Waiting
from shared.contracts.values import Channel, Deletion, PartKind, Place, Provider
from shared.vault.digests import keyed
from shared.vault.objects import refer
from shared.vault.stream import seal_whole
from tests.support.events import NOW
from tests.support.keys import keys_of
from tests.support.objects import MemoryObjects

WEEK = "2026W48"


def a_wave(
    seconds: float = 1.0,
    *,
    rate: int = 8000,
    channels: int = 1,
    value: Callable[[int], float] = lambda n: 0.0,
) -> bytes:
    """A WAV; `value` gives the samples, from -1 to 1."""
    content = io.BytesIO()
    with wave.open(content, "wb") as sound:
        sound.setnchannels(channels)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        samples = np.array([value(n) for n in range(int(seconds * rate))], np.float32)
        sound.writeframes((samples.repeat(channels) * 32767).astype("<i2").tobytes())
    return content.getvalue()


def noise(seconds: float, rate: int = 16000) -> bytes:
    chance = np.random.default_rng(7)
    samples = chance.normal(0, 0.1, int(seconds * rate))
    return a_wave(seconds, rate=rate, value=lambda n: float(samples[n]))


def tone(n: int) -> float:
    return float(0.3 * np.sin(n * 0.3))


def encoded(
    container: str,
    codec: str,
    *,
    rate: int = 48000,
    layout: str = "mono",
    seconds: float = 1.0,
    film: bool = False,
    loud: float = 0.3,
) -> bytes:
    """A tone in any make; with `film` there are pictures beside it."""
    content = io.BytesIO()
    with av.open(content, "w", format=container) as out:
        stream: Any = out.add_stream(codec, rate=rate)
        stream.layout = layout
        if film:
            pictures: Any = out.add_stream("mpeg4", rate=10)
            pictures.width, pictures.height, pictures.pix_fmt = 64, 48, "yuv420p"
            for number in range(5):
                frame = av.VideoFrame.from_ndarray(
                    np.full((48, 64, 3), number * 40, np.uint8), format="rgb24"
                )
                for packet in pictures.encode(frame):
                    out.mux(packet)
            for packet in pictures.encode(None):
                out.mux(packet)
        resampler = av.AudioResampler(format=stream.format.name, layout=layout, rate=rate)
        samples = (loud * np.sin(np.arange(int(rate * seconds)) * 0.05) * 32767).astype(np.int16)
        for at in range(0, len(samples), 1024):
            plain = av.AudioFrame.from_ndarray(samples[None, at : at + 1024], format="s16", layout="mono")
            plain.sample_rate, plain.pts = rate, at
            for made in resampler.resample(plain):
                for packet in stream.encode(made):
                    out.mux(packet)
        for packet in stream.encode(None):
            out.mux(packet)
    return content.getvalue()


def a_drawing(
    lines: Sequence[str] = (), *, kind: str = "PNG", size: tuple[int, int] = (800, 500), **more: Any
) -> bytes:
    """Words on paper beside a house, or the house alone."""
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((size[0] * 0.6, size[1] * 0.7, size[0] * 0.8, size[1] * 0.95), outline="red", width=6)
    for number, line in enumerate(lines):
        draw.text((30, 30 + number * 60), line, font=ImageFont.load_default(40), fill="navy")
    content = io.BytesIO()
    image.save(content, kind, **more)
    return content.getvalue()


def a_png(wide: int, high: int, body: bytes = b"\0" * 1000) -> bytes:
    """A PNG that says it is so large; what is in it is another matter."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = struct.pack(">IIBBBBB", wide, high, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(body, 9))
        + chunk(b"IEND", b"")
    )


def a_pdf(
    pages: Sequence[Sequence[str]],
    *,
    catalog: bytes = b"",
    trailer: bytes = b"",
    page: bytes = b"",
    streams: Sequence[bytes] = (),
) -> bytes:
    """A document by hand; `catalog` and `page` take what else is to stand there, `streams` replace the pages' own."""
    kids = b" ".join(b"%d 0 R" % (4 + 2 * n) for n in range(len(pages)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R" + catalog + b">>",
        b"<</Type/Pages/Kids[" + kids + b"]/Count %d>>" % len(pages),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    for number, lines in enumerate(pages):
        said = b" ".join(b"(%s) Tj 0 -20 Td" % line.encode() for line in lines)
        content = streams[number] if number < len(streams) else b"BT /F1 14 Tf 72 720 Td " + said + b" ET"
        filtered = b"/Filter/FlateDecode" if number < len(streams) else b""
        objects += [
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents %d 0 R/Resources<</Font<</F1 3 0 R>>>>%s>>"
            % (5 + 2 * number, page),
            b"<</Length %d%s>>stream\n" % (len(content), filtered) + content + b"\nendstream",
        ]
    out, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + one + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + b"xref\n0 %d\n0000000000 65535 f \n%strailer<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF" % (
        len(objects) + 1, table, len(objects) + 1, trailer, len(out),
    )  # fmt: skip


@dataclass
class FakeChildren:
    """Answers as it was told, and remembers what it was asked."""

    answers: dict[str, Mapping[str, object]] = field(default_factory=dict)
    asked: list[tuple[str, bytes]] = field(default_factory=list)

    async def read(self, task: str, clear: bytes, options: Mapping[str, object]) -> Mapping[str, Any]:
        del options
        self.asked.append((task, clear))
        answer = self.answers.get(task)
        if answer is None:
            raise AssertionError(f"nobody was to be asked for {task}")
        return answer


@dataclass
class FakeCopies:
    """A provider with a few files. `fails` are raised one by one before anything is given."""

    files: dict[str, bytes] = field(default_factory=dict)
    fails: list[Exception] = field(default_factory=list)
    deleted: list[Waiting] = field(default_factory=list)

    async def fetch(self, copy: Waiting, most: int) -> bytes:
        del most
        if self.fails:
            raise self.fails.pop(0)
        try:
            return self.files[copy.media_sid or copy.sid]
        except KeyError:
            raise NotThere("not_at_provider") from None

    async def delete(self, copy: Waiting) -> Deletion:
        if self.fails:
            raise self.fails.pop(0)
        gone = self.files.pop(copy.media_sid or copy.sid, None) is None
        self.deleted.append(copy)
        return Deletion.GONE if gone else Deletion.DELETED


@dataclass
class World:
    """The reader's ports, with a provider and children that do as they are told."""

    objects: MemoryObjects = field(default_factory=MemoryObjects)
    children: FakeChildren = field(default_factory=FakeChildren)
    copies: FakeCopies = field(default_factory=FakeCopies)
    seconds: float = 1.0

    def ports(self, **more: Any) -> Ports:
        keys = keys_of("reader")
        return Ports(
            opener=keys.opener,
            sealer=keys.sealer,
            digest_key=keys.secret("digest"),
            objects=self.objects,
            children=self.children,
            resolver=None,  # type: ignore[arg-type]
            now=lambda: NOW + timedelta(seconds=self.seconds),
            names=lambda: uuid4().hex,
            revision=1,
            copies=self.copies,
            media=Media(**more),
        )

    def stored(self, *contents: tuple[PartKind, bytes]) -> ContributionReceived:
        """A form with files, sealed by the edge into the store."""
        context = Context(contribution_id=uuid4(), channel=Channel.WEB, received_at=NOW)
        keys = keys_of("art_intake")
        parts = []
        for number, (kind, clear) in enumerate(contents, start=1):
            digest = keyed(keys.secret("digest"), clear)
            stream_key, sealed, sha256 = seal_whole([clear])
            key = f"incoming/{uuid4().hex}"
            self.objects.files[key] = sealed
            ref = refer(
                keys.sealer, context, number, digest,
                stream_key=stream_key, key=key, size=len(sealed), sha256=sha256, week=WEEK,
            )  # fmt: skip
            parts.append(
                Part(
                    number=number,
                    kind=kind,
                    place=Place.FILE,
                    media_type="application/octet-stream",
                    size=len(clear),
                    digest=digest,
                    object=ref,
                )
            )
        return _received(context, parts, Provider.FORM)

    def waiting(self, *sids: str, kind: PartKind = PartKind.SOUND) -> ContributionReceived:
        """Recordings and media that wait at the provider."""
        context = Context(contribution_id=uuid4(), channel=Channel.VOICE, received_at=NOW)
        parts = [
            Part(
                number=number, kind=kind, place=Place.FILE, media_type="audio/x-wav", size=0, digest="d" * 64,
                waiting=Waiting(
                    account="AC1", sid=sid if sid.startswith("RE") else "MM1", media_sid=None if sid.startswith("RE") else sid
                ),
            )
            for number, sid in enumerate(sids, start=1)
        ]  # fmt: skip
        return _received(context, parts, Provider.TWILIO)


def _received(context: Context, parts: Sequence[Part], provider: Provider) -> ContributionReceived:
    return ContributionReceived(
        event_id=context.contribution_id,
        context=context,
        provider=provider,
        digest="d" * 64,
        parts=tuple(parts),
    )
