"""A multipart body, piece by piece: fields are held, files are sealed to disk as they come and never lie in clear."""

import hashlib
from dataclasses import dataclass, field
from email.message import Message
from typing import Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser

from services.art_intake.rules.files import Fault, Limits
from services.art_intake.rules.sniff import HEAD, sniff
from shared.messaging.parcels import Packing, Parcel, Parcels
from shared.messaging.spool import SpoolFull

_MOST_FIELDS: Final = 200
_HELD: Final = 4 * 1024 * 1024
"""Bytes of words that are held to be put back; far above what is taken."""


class Malformed(Exception):
    """It is no multipart body, or holds far more than any form of ours."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A file, sealed. `sha256` is of the clear bytes; `name` goes to the identity vault alone."""

    parcel: Parcel
    media_type: str
    sha256: bytes = field(repr=False)
    name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Failed:
    """A file that was not taken. Its name is told to the one who sent it, and to nobody else."""

    name: str = field(repr=False)
    fault: Fault


@dataclass(slots=True)
class _Part:
    name: str = ""
    filename: str | None = None
    text: bytearray = field(default_factory=bytearray, repr=False)
    head: bytearray = field(default_factory=bytearray, repr=False)
    size: int = 0
    packing: Packing | None = None
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    fault: Fault | None = None


class Reading:
    """`feed` it what comes, off the event loop, then `end` it; `abandon` it when the sender went away.

    With `take_files` false every file is let go of, and said to be so; the words are read all the same.
    """

    def __init__(self, boundary: bytes, parcels: Parcels, limits: Limits, *, take_files: bool = True) -> None:
        self.fields: list[tuple[str, str]] = []
        self.files: list[Packed] = []
        self.failed: list[Failed] = []
        self._parcels, self._limits, self._take = parcels, limits, take_files
        self._part, self._held, self._total, self._done = _Part(), 0, 0, False
        self._header, self._value = bytearray(), bytearray()
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._header_field,
                "on_header_value": self._header_value,
                "on_header_end": self._header_end,
                "on_part_data": self._data,
                "on_part_end": self._end_part,
                "on_end": self._all,
            },
        )

    def feed(self, chunk: bytes) -> None:
        """Read more.

        Raises:
            Malformed: nothing more can be read; what was sealed is left to `abandon`.
        """
        try:
            self._parser.write(chunk)
        except FormParserError:
            raise Malformed from None

    def end(self) -> None:
        """All has come.

        Raises:
            Malformed: the body ended in the middle.
        """
        try:
            self._parser.finalize()
        except FormParserError:
            raise Malformed from None
        if not self._done:
            raise Malformed

    def abandon(self) -> None:
        """Leave nothing behind."""
        if self._part.packing:
            self._part.packing.abandon()
        self._parcels.forget(packed.parcel.key for packed in self.files)
        self.files.clear()

    def _begin(self) -> None:
        if len(self.fields) + len(self.files) + len(self.failed) >= _MOST_FIELDS:
            raise Malformed
        self._part = _Part()

    def _header_field(self, piece: bytes, start: int, end: int) -> None:
        self._header += piece[start:end]

    def _header_value(self, piece: bytes, start: int, end: int) -> None:
        self._value += piece[start:end]

    def _header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            line = Message()
            line["content-disposition"] = (
                self._value.decode("utf-8", "replace").replace("\r", "").replace("\n", "")
            )
            self._part.name = _text(line.get_param("name", header="content-disposition"))
            filename = line.get_param("filename", header="content-disposition")
            self._part.filename = None if filename is None else _text(filename)
        self._header.clear()
        self._value.clear()

    def _data(self, piece: bytes, start: int, end: int) -> None:
        part, clear = self._part, piece[start:end]
        part.size += len(clear)
        if part.filename is None:
            self._held += len(clear)
            if self._held > _HELD:
                raise Malformed
            part.text += clear
        elif part.fault is None:
            self._total += len(clear)
            self._seal(part, clear)

    def _seal(self, part: _Part, clear: bytes) -> None:
        part.fault = self._fault(part)
        if part.fault is None:
            part.head += clear[: max(0, HEAD - len(part.head))]
            part.digest.update(clear)
            try:
                part.packing = part.packing or self._parcels.begin()
                part.packing.feed(clear)
                return
            except SpoolFull:
                part.packing, part.fault = None, Fault.NO_ROOM
        if part.packing:
            part.packing.abandon()
            part.packing = None
        self._total -= part.size  # what is not kept does not count against the others

    def _fault(self, part: _Part) -> Fault | None:
        if not self._take:
            return Fault.NO_ROOM
        if len(self.files) >= self._limits.files:
            return Fault.TOO_MANY
        if part.size > self._limits.file:
            return Fault.TOO_BIG
        return Fault.TOO_MUCH if self._total > self._limits.form else None

    def _end_part(self) -> None:
        part = self._part
        if part.filename is None:
            self.fields.append((part.name, part.text.decode("utf-8", "replace").replace("\r\n", "\n")))
            return
        if part.size == 0:
            part.fault = Fault.EMPTY if part.filename else None
        if part.packing and part.fault is None:
            try:
                parcel = part.packing.finish()
            except SpoolFull:
                part.fault = Fault.NO_ROOM
            else:
                self.files.append(
                    Packed(parcel, sniff(bytes(part.head)), part.digest.digest(), part.filename)
                )
            part.packing = None
        if part.fault:
            self.failed.append(Failed(part.filename, part.fault))

    def _all(self) -> None:
        self._done = True


def boundary_of(content_type: str) -> bytes | None:
    """The boundary of a multipart form, or None when it is none.

    >>> boundary_of('multipart/form-data; boundary="abc"')
    b'abc'
    """
    line = Message()
    line["content-type"] = content_type[:300]
    boundary = line.get_param("boundary")
    if line.get_content_type() != "multipart/form-data" or not boundary:
        return None
    found = _text(boundary).encode("ascii", "replace")
    return found if 0 < len(found) <= 70 else None


def _text(value: object) -> str:
    if isinstance(value, tuple):  # RFC 2231: charset, language, text
        value = value[2]
    return str(value or "")[:300]
