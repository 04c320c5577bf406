"""Headers, read with patience: folded, encoded, raw 8-bit, malformed. Nothing here raises but `TooBig`."""

import base64
import binascii
import re
import string
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote_to_bytes

from services.reader.rules.mail.charsets import codec_of, shown, text_of
from services.reader.rules.mail.limits import LIMITS, TooBig

_LINE: Final = re.compile(rb"[^\r\n]*(?:\r\n|\n|\r|$)")
_FIELD: Final = re.compile(rb"([!-9;-~]{1,100})[ \t]*:[ \t]*(.*)", re.S)
_ENCODED: Final = re.compile(r"=\?([^\s?*]{1,60})(?:\*[^?\s]{0,20})?\?([bBqQ])\?([^?\r\n]{0,4000})\?=")
_PARAMETER: Final = re.compile(
    r';?\s{0,100}([^\s=;"]{1,100})\s{0,20}=\s{0,20}(?:"((?:[^"\\]|\\.)*)"?|([^;]*))', re.S
)
_NOT_BASE64: Final = bytes(
    set(range(256)) - set(string.ascii_letters.encode() + string.digits.encode() + b"+/")
)
_EXTENDED: Final = re.compile(r"([^*]{1,80})(?:\*(\d{1,4}))?(\*)?")


@dataclass(frozen=True, slots=True)
class Headers:
    """The fields in their order; names in lower case, values unfolded."""

    fields: tuple[tuple[str, bytes], ...] = field(default=(), repr=False)

    def raw(self, name: str) -> bytes:
        return next((value for known, value in self.fields if known == name), b"")

    def all(self, name: str) -> list[bytes]:
        return [value for known, value in self.fields if known == name]

    def has(self, name: str) -> bool:
        return any(known == name for known, _ in self.fields)

    def plain(self, name: str) -> str:
        """A value that is no text for people: a type, a domain, a keyword."""
        return self.raw(name).decode("ascii", "replace").strip()

    def text(self, name: str) -> str:
        """A value for people: encoded words and raw bytes are read."""
        return decoded(self.raw(name))


def split(raw: bytes, start: int, end: int) -> tuple[Headers, int]:
    """Read the header block at `start`; gives it and where the body begins.

    What is no field ends the block, and belongs to the body.
    """
    fields: list[tuple[str, list[bytes]]] = []
    at, size = start, 0
    while at < end:
        found = _LINE.match(raw, at, end)
        assert found is not None
        line = found.group().rstrip(b"\r\n")
        size += len(line)
        if size > LIMITS.header_block or len(fields) > LIMITS.header_lines:
            raise TooBig("header_too_long")
        if not line:
            at = found.end()
            break
        if line[:1] in b" \t" and fields:
            fields[-1][1].append(line)
        elif known := _FIELD.fullmatch(line):
            fields.append((known[1].decode("ascii").lower(), [known[2]]))
        elif not (_on_top(fields) and line.startswith((b"From ", b">From "))):
            break
        at = found.end()
    return Headers(tuple((name, b"".join(lines).strip()) for name, lines in fields)), at


def _on_top(fields: list[tuple[str, list[bytes]]]) -> bool:
    """Nothing came before, but for the line that our own SMTP server puts on top."""
    return [name for name, _ in fields] in ([], ["return-path"])


def decoded(raw: bytes) -> str:
    """A header for people.

    >>> decoded(b"=?utf-8?q?caf=C3=A9?= =?utf-8?b?IQ==?= now")
    'café! now'
    """
    text = raw.decode("utf-8", "surrogateescape") if _is_utf8(raw) else raw.decode("cp1252", "replace")
    out: list[str] = []
    pending, codec, at = b"", "", 0
    for found in _ENCODED.finditer(text):
        between = text[at : found.start()]
        if between.strip() or not at:
            out += [text_of(pending, codec), between]
            pending = b""
        elif codec != found[1]:
            out.append(text_of(pending, codec))
            pending = b""
        codec, at = found[1], found.end()
        pending += _word(found[2], found[3])
    out += [text_of(pending, codec), text[at:]]
    return " ".join(shown("".join(out)).split())


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _word(how: str, text: str) -> bytes:
    """The bytes of an encoded word; one that is damaged stays as it is."""
    as_sent = text.encode("utf-8", "replace")
    if how in "qQ":
        return binascii.a2b_qp(as_sent, header=True)
    return base64_of(as_sent) or as_sent


def base64_of(raw: bytes) -> bytes:
    """Base64 as mail has it: with line ends, and without what should end it."""
    told = raw.split(b"=", 1)[0] if raw.count(b"=") < 3 else raw
    kept = told.translate(None, _NOT_BASE64)
    kept = kept[: len(kept) - (len(kept) % 4 == 1)]
    return base64.b64decode(kept + b"=" * (-len(kept) % 4))


def parameters(raw: bytes) -> tuple[str, dict[str, str]]:
    """A structured value and its parameters; those in sections (RFC 2231) are joined.

    >>> parameters(b'Text/Plain; charset="utf-8"; name*0=a; name*1*=%20b')
    ('text/plain', {'charset': 'utf-8', 'name': 'a b'})
    """
    text = raw.decode("ascii", "replace") if raw.isascii() else decoded(raw)
    value, _, rest = text.partition(";")
    sections: dict[str, dict[int, tuple[bool, str]]] = {}
    for count, found in enumerate(_PARAMETER.finditer(rest)):
        if count >= LIMITS.parameters:
            raise TooBig("too_many_parameters")
        known = _EXTENDED.fullmatch(found[1].lower())
        if known is None:
            continue
        quoted = re.sub(r"\\(.)", r"\1", found[2]) if found[2] is not None else (found[3] or "").strip()
        sections.setdefault(known[1], {}).setdefault(int(known[2] or 0), (bool(known[3]), quoted))
    return value.strip().lower(), {name: _joined(pieces) for name, pieces in sections.items()}


def _joined(pieces: dict[int, tuple[bool, str]]) -> str:
    charset, out = "", b""
    for number, (extended, text) in sorted(pieces.items()):
        if extended and number == 0 and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)
        out += unquote_to_bytes(text) if extended else text.encode("utf-8", "replace")
    return text_of(out, charset) if codec_of(charset) or not charset else text_of(out)


def addresses(raw: bytes) -> Iterator[tuple[str, str]]:
    """Display names and addresses, of lists, groups and what is neither.

    >>> list(addresses(b'"Doe, J." <j@example.org>, Team: a@example.org (Ann);'))
    [('Doe, J.', 'j@example.org'), ('Ann', 'a@example.org')]
    """
    text = raw.decode("utf-8") if _is_utf8(raw) else raw.decode("cp1252", "replace")
    for count, one in enumerate(_entries(text)):
        if count > LIMITS.addresses:
            raise TooBig("too_many_addresses")
        yield from _address(one)


@dataclass(slots=True)
class _Entry:
    words: list[str] = field(default_factory=list)
    comment: list[str] = field(default_factory=list)
    angle: list[str] = field(default_factory=list)


def _entries(text: str) -> Iterator[_Entry]:
    """Split at commas and semicolons that are neither quoted, nor in a comment, nor in angle brackets."""
    one, quoted, angled, depth, escaped = _Entry(), False, False, 0, False
    for c in text:
        into = one.comment if depth else one.angle if angled else one.words
        if escaped:
            into.append(c)
            escaped = False
        elif c == "\\":
            escaped = True
        elif c == '"' and not depth:
            quoted = not quoted
        elif quoted:
            into.append(c)
        elif c == "(":
            depth += 1
        elif c == ")" and depth:
            depth -= 1
        elif depth:
            into.append(c)
        elif c == "<":
            angled = True
        elif c == ">":
            angled = False
        elif c in ",;" and not angled:
            yield one
            one = _Entry()
        elif c == ":" and not angled and "@" not in "".join(one.words[-100:]):
            one = _Entry()  # the name of a group
        else:
            into.append(c)
    yield one


def _address(one: _Entry) -> Iterator[tuple[str, str]]:
    name, angle = decoded("".join(one.words).encode()), "".join(one.angle).strip()
    comment = decoded("".join(one.comment).encode())
    if angle:
        yield name or comment, angle
    elif "@" in name and " " not in name.strip():
        yield comment, name.strip()
    elif name or comment:
        yield name or comment, ""
