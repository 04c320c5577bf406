"""A request's body, read piece by piece: what is said of the item, and the file, sealed to disk as it comes.

Nothing of a file is ever on disk in clear, and memory holds one piece of it. Whatever goes wrong leaves nothing behind.
"""

import asyncio
import contextlib
import hashlib
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from python_multipart.exceptions import ParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

from services.art_intake.handlers.partners import File
from services.art_intake.rooms.partners.gate import Refused
from services.art_intake.rules.partner_items import Item, Wrong, item_of, media_type_of
from services.art_intake.rules.sniff import HEAD, UNKNOWN, sniff
from shared.messaging.parcels import Packing, Parcel, Parcels
from shared.messaging.spool import SpoolFull

ITEM_LIMIT: Final = 600 * 1024
"""Bytes of what is said of an item, its words included."""

_HEADERS_LIMIT: Final = 8 * 1024
NO_ROOM: Final = Refused(503, "no_room", "we cannot take files just now; please try again later", again_in=60)


@dataclass(frozen=True, slots=True)
class Limits:
    file: int
    idle: float
    whole: float


class Pieces:
    """The pieces of one body. `close` throws away what was not taken."""

    def __init__(self, parcels: Parcels, limits: Limits) -> None:
        self._parcels, self._limits = parcels, limits
        self.said = bytearray()
        self.media_type, self.name = "application/octet-stream", ""
        self._packing: Packing | None = None
        self._digest, self._head = hashlib.sha256(), b""

    def item(self, data: bytes) -> None:
        self.said += data
        if len(self.said) > ITEM_LIMIT:
            raise Refused(413, "too_long", f"what is said of an item may be {ITEM_LIMIT} bytes long")

    def open_file(self) -> None:
        if self._packing is not None:
            raise Refused(400, "several_files", "send one file a request")
        try:
            self._packing = self._parcels.begin()
        except SpoolFull:
            raise NO_ROOM from None

    def file(self, data: bytes) -> None:
        assert self._packing is not None
        if self._packing.clear_size + len(data) > self._limits.file:
            raise Refused(413, "too_large", f"a file may be {self._limits.file} bytes large")
        self._head = (self._head + data[:HEAD])[:HEAD]
        self._digest.update(data)
        try:
            self._packing.feed(data)
        except SpoolFull:
            raise NO_ROOM from None

    async def finish(self) -> tuple[Item, File | None]:
        """Read what was said, and make the file durable."""
        try:
            item = item_of(bytes(self.said))
        except Wrong as wrong:
            raise Refused(422, "not_understood", str(wrong)) from None
        if self._packing is None:
            if not item.words.strip():
                raise Refused(400, "nothing_sent", "send a file, or words")
            return item, None
        sha256 = self._digest.hexdigest()
        if item.sha256 is not None and item.sha256 != sha256:
            raise Refused(
                400, "other_bytes", "the file that arrived is not the one that was announced; send it again"
            )
        packing, self._packing = self._packing, None
        seen = sniff(self._head)
        media_type = self.media_type if seen == UNKNOWN else seen
        return item, File(await _finished(packing), media_type, sha256, self.name)

    def close(self) -> None:
        if self._packing is not None:
            self._packing.abandon()


async def read(request: Request, parcels: Parcels, limits: Limits) -> tuple[Item, File | None]:
    """Read a body of any of the three forms: multipart (`item`, `file`), JSON (an item of words), or the bare file with
    what is said of it in the header `Heard-Item` (base64 of the JSON).

    Raises:
        Refused: it cannot be taken.
        ClientDisconnect: the sender went away.
    """
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared) > limits.file + ITEM_LIMIT + 64 * 1024:
        raise Refused(413, "too_large", f"a file may be {limits.file} bytes large")
    kind, options = parse_options_header(request.headers.get("content-type"))
    pieces = Pieces(parcels, limits)
    try:
        async with asyncio.timeout(limits.whole):
            body = _chunks(request, limits.idle)
            if kind == b"multipart/form-data":
                await _multipart(body, options.get(b"boundary", b""), pieces)
            elif kind == b"application/json":
                async for chunk in body:
                    pieces.item(chunk)
            else:
                pieces.item(_header(request.headers.get("heard-item")))
                pieces.media_type = media_type_of(request.headers.get("content-type"))
                pieces.open_file()
                async for chunk in body:
                    pieces.file(chunk)
        return await pieces.finish()
    except TimeoutError:
        raise Refused(408, "too_slow", "the body did not come in time; please send it again") from None
    finally:
        pieces.close()


async def _chunks(request: Request, idle: float) -> AsyncIterator[bytes]:
    stream = request.stream()
    while True:
        async with asyncio.timeout(idle):
            try:
                chunk = await anext(stream)
            except StopAsyncIteration:
                return
        if chunk:
            yield chunk


async def _multipart(body: AsyncIterator[bytes], boundary: bytes, pieces: Pieces) -> None:
    if not 1 <= len(boundary) <= 70:
        raise Refused(400, "not_multipart", "the multipart body has no boundary")
    reading = _Multipart(pieces)
    parser = MultipartParser(
        boundary,
        {
            "on_part_begin": reading.part_begin,
            "on_header_field": reading.header_field,
            "on_header_value": reading.header_value,
            "on_header_end": reading.header_end,
            "on_headers_finished": reading.headers_finished,
            "on_part_data": reading.part_data,
            "on_end": reading.end,
        },
    )
    try:
        async for chunk in body:
            parser.write(chunk)
    except ParseError:
        raise Refused(400, "not_multipart", "the multipart body cannot be read") from None
    if not reading.ended:
        raise Refused(400, "cut_short", "the multipart body has no end; please send it again")


class _Multipart:
    """Turns the parser's calls into pieces."""

    def __init__(self, pieces: Pieces) -> None:
        self._pieces, self.ended = pieces, False
        self._seen: set[str] = set()
        self._name, self._headers = "", dict[str, bytes]()
        self._field, self._value = bytearray(), bytearray()

    def part_begin(self) -> None:
        self._headers = {}

    def header_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]
        self._check()

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]
        self._check()

    def header_end(self) -> None:
        self._headers[self._field.decode("latin-1").lower()] = bytes(self._value)
        self._field.clear()
        self._value.clear()

    def headers_finished(self) -> None:
        _, options = parse_options_header(self._headers.get("content-disposition"))
        self._name = options.get(b"name", b"").decode("latin-1")
        if self._name not in ("item", "file"):
            raise Refused(400, "unknown_part", "a request has two parts: item (JSON) and file")
        if self._name in self._seen:
            raise Refused(400, "several_files", "send one item and one file a request")
        self._seen.add(self._name)
        if self._name == "file":
            self._pieces.media_type = media_type_of(self._headers.get("content-type", b"").decode("latin-1"))
            self._pieces.name = options.get(b"filename", b"").decode("utf-8", "replace")[:400]
            self._pieces.open_file()

    def part_data(self, data: bytes, start: int, end: int) -> None:
        (self._pieces.file if self._name == "file" else self._pieces.item)(data[start:end])

    def end(self) -> None:
        self.ended = True

    def _check(self) -> None:
        if len(self._field) + len(self._value) > _HEADERS_LIMIT or len(self._headers) > 20:
            raise Refused(400, "not_multipart", "the multipart body cannot be read")


async def _finished(packing: Packing) -> Parcel:
    try:
        return await asyncio.to_thread(packing.finish)
    except SpoolFull:
        raise NO_ROOM from None
    except asyncio.CancelledError:
        with contextlib.suppress(Exception):
            packing.abandon()
        raise


def _header(said: str | None) -> bytes:
    try:
        return b64decode(said or "", validate=True)
    except (NotBase64, ValueError):
        raise Refused(422, "not_understood", "the header Heard-Item must be base64 of JSON") from None


__all__ = ["ClientDisconnect", "Limits", "read"]
