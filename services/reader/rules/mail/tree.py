"""A mail as a tree, by positions in its bytes: nothing is copied, and no level costs more than a search."""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from services.reader.rules.mail.headers import Headers, base64_of, parameters, split
from services.reader.rules.mail.limits import LIMITS, TooBig

_TYPE: Final = re.compile(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,80}")
_MESSAGES: Final = frozenset({"message/rfc822", "message/global", "message/news"})
_UU: Final = re.compile(rb"^begin [0-7]{3,4} [^\n]*\n(.*?)^`?\n?end", re.M | re.S)


@dataclass(slots=True)
class Node:
    """An entity: a mail, or a part of one. `children` is of a multipart, or the one mail of a message."""

    headers: Headers
    kind: str
    parameters: dict[str, str] = field(repr=False)
    raw: bytes = field(repr=False)
    start: int
    end: int
    children: list["Node"] = field(default_factory=list)
    before: tuple[int, int] | None = None
    """Where the words before the first part of a multipart stand."""

    @property
    def disposition(self) -> str:
        return parameters(self.headers.raw("content-disposition"))[0]

    @property
    def file_name(self) -> str:
        """What the file is called; only its ending is ever used, and the name not kept."""
        named = parameters(self.headers.raw("content-disposition"))[1].get("filename", "")
        return named or self.parameters.get("name", "")

    def content(self) -> bytes:
        """The bytes, as they were before they were encoded for the way."""
        return _decoded(self.raw[self.start : self.end], self.headers.plain("content-transfer-encoding"))

    def walk(self) -> Iterator["Node"]:
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(slots=True)
class _Count:
    parts: int = 0


def grow(raw: bytes) -> Node:
    """Read the structure of a mail.

    Raises:
        TooBig: when it has too many parts, or is nested too deeply.
    """
    clear = raw.replace(b"\r\n", b"\n")
    return _entity(clear, 0, len(clear), "text/plain", 0, _Count())


def _entity(raw: bytes, start: int, end: int, default: str, depth: int, count: _Count) -> Node:
    count.parts += 1
    if count.parts > LIMITS.parts:
        raise TooBig("too_many_parts")
    if depth > LIMITS.nesting:
        raise TooBig("too_deep")
    headers, body = split(raw, start, end)
    kind, told = parameters(headers.raw("content-type")) if headers.has("content-type") else (default, {})
    node = Node(headers, kind if _TYPE.fullmatch(kind) else "text/plain", told, raw, body, end)
    if node.kind.startswith("multipart/"):
        _open_multipart(node, depth, count)
    elif node.kind in _MESSAGES:
        inner = node.content()
        if inner.strip():
            node.children.append(_entity(inner, 0, len(inner), "text/plain", depth + 1, count))
    return node


def _open_multipart(node: Node, depth: int, count: _Count) -> None:
    boundary = node.parameters.get("boundary", "").rstrip().encode("utf-8", "replace")
    default = "message/rfc822" if node.kind == "multipart/digest" else "text/plain"
    begun: int | None = None
    for at, after, closing in _delimiters(node.raw, node.start, node.end, boundary) if boundary else ():
        if begun is None:
            node.before = (node.start, at)
        else:
            node.children.append(_entity(node.raw, begun, max(begun, at - 1), default, depth + 1, count))
        begun = after
        if closing:
            begun = None
            break
    if begun is not None and begun < node.end:  # cut short: what is there is read
        node.children.append(_entity(node.raw, begun, node.end, default, depth + 1, count))
    if not node.children:
        node.kind = "text/plain"


def _delimiters(raw: bytes, start: int, end: int, boundary: bytes) -> Iterator[tuple[int, int, bool]]:
    """Where each line begins that divides parts, where the next one begins, and whether it is the last."""
    wanted, at = b"--" + boundary, start
    while (at := raw.find(wanted, at, end)) >= 0:
        line_end = raw.find(b"\n", at, end)
        line_end = end if line_end < 0 else line_end
        rest = raw[at + len(wanted) : min(line_end, at + len(wanted) + 200)].strip()
        if (at == start or raw[at - 1 : at] == b"\n") and rest in (b"", b"--"):
            yield at, min(line_end + 1, end), rest == b"--"
        at += len(wanted)


def _decoded(raw: bytes, encoding: str) -> bytes:
    how = encoding.lower().split(";")[0].split(" ")[0]
    if how == "base64":
        return base64_of(raw)
    if how == "quoted-printable":
        return binascii.a2b_qp(raw)
    if how in ("x-uuencode", "uuencode", "uue", "x-uue"):
        return _uu(raw)
    return raw


def _uu(raw: bytes) -> bytes:
    found = _UU.search(raw)
    if found is None:
        return raw
    out = bytearray()
    for line in found[1].split(b"\n"):
        try:
            out += binascii.a2b_uu(line)
        except binascii.Error:  # a line that lost its last spaces
            continue
    return bytes(out)
