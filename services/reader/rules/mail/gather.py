"""From the tree of a mail: its words in reading order, and what hangs on it."""

import codecs
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from services.reader.rules.mail.charsets import text_of
from services.reader.rules.mail.html import text_of_html
from services.reader.rules.mail.marks import Mark, Span, merged, moved, spans
from services.reader.rules.mail.tree import Node
from services.reader.rules.sniff import Form, form_of

_SIGNATURES: Final = frozenset(
    {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"}
)
_ABOUT_THE_WAY: Final = frozenset(
    {"message/delivery-status", "message/disposition-notification", "message/external-body",
     "text/rfc822-headers", "message/feedback-report"}
)  # fmt: skip
_NOT_FOR_PEOPLE: Final = frozenset({"calendar", "vcard", "x-vcard", "directory", "rtf", "css", "javascript"})
_KINDS: Final = {"image": "picture", "audio": "sound"}
_FORMS: Final = {Form.PICTURE: "picture", Form.SOUND: "sound", Form.PDF: "document"}
_CONTROLS: Final = bytes({*range(9), *range(14, 27), *range(28, 32)})
_WORD: Final = re.compile(r"\w+")
_LACKS: Final = 0.05
"""The share of words that one version of a mail may lack of the other, before both are kept."""


@dataclass(frozen=True, slots=True)
class Attachment:
    kind: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(slots=True)
class Words:
    """Text, and its marks over the whole of it."""

    text: str = field(default="", repr=False)
    marks: tuple[Span, ...] = ()

    def add(self, text: str, marks: Iterable[Span]) -> None:
        if not text.strip():
            return
        if self.text:  # an empty line between; it belongs to what was before it
            last = self.marks[-1]
            self.marks = (*self.marks[:-1], Span(last.start, last.end + 2, last.kind))
            self.text += "\n\n"
        self.marks = merged([*self.marks, *moved(tuple(marks), len(self.text))])
        self.text += text


@dataclass(slots=True)
class Gathered:
    """`body` is what stands in the mail itself, `files` the texts of text files that hang on it."""

    body: Words = field(default_factory=Words)
    files: list[str] = field(default_factory=list, repr=False)
    attachments: list[Attachment] = field(default_factory=list)


def gather(mail: Node) -> Gathered:
    """Everything that was said in the mail, and everything that hangs on it, in reading order."""
    found = Gathered()
    _visit(mail, found, at_top=True)
    if not found.body.text and not found.files and not found.attachments:
        for (
            node
        ) in mail.walk():  # a mail whose boundaries are wrong: what stands before the first is all there is
            if node.before:
                text = text_of(node.raw[slice(*node.before)]).strip()
                found.body.add(text, spans(text))
    return found


def _visit(node: Node, found: Gathered, *, at_top: bool = False) -> None:
    major, _, minor = node.kind.partition("/")
    if node.kind == "multipart/alternative":
        _alternative(node, found)
    elif major == "multipart" and node.children:
        for child in node.children:
            _visit(child, found)
    elif node.children:
        _within(node.children[0], found)
    elif node.kind in _SIGNATURES or node.kind in _ABOUT_THE_WAY:
        return
    elif major == "text" and minor not in _NOT_FOR_PEOPLE:
        _text(node, found, at_top=at_top)
    else:
        _attach(node, found)


def _within(mail: Node, found: Gathered) -> None:
    """A mail that came inside this one: somebody else's words, marked as such."""
    inner = Gathered()
    _visit(mail, inner, at_top=True)
    subject = mail.headers.text("subject")
    text = "\n\n".join(one for one in (subject and f"Subject: {subject}", inner.body.text) if one)
    found.body.add(text, [Span(0, len(text), Mark.FORWARDED)])
    found.files += inner.files
    found.attachments += inner.attachments


def _text(node: Node, found: Gathered, *, at_top: bool) -> None:
    content = node.content()
    charset = node.parameters.get("charset", "")
    if not at_top and (
        _FORMS.get(form_of(content)) or _is_no_text(content, charset)
    ):  # it was only called a text
        return _attach(node, found)
    text = text_of(content, charset)
    if node.kind in ("text/html", "text/enriched", "text/richtext"):
        text = text_of_html(text)
    text = text.strip("\n")
    is_file = node.disposition == "attachment" or (bool(node.file_name) and bool(found.body.text))
    if not at_top and is_file:
        if text.strip():
            found.files.append(text)
    else:
        found.body.add(text, spans(text))
    return None


def _is_no_text(content: bytes, charset: str) -> bool:
    """More control characters than any text has."""
    if "16" in charset or content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return False
    head = content[:20_000]
    return len(head) - len(head.translate(None, _CONTROLS)) > 0.05 * len(head)


def _alternative(node: Node, found: Gathered) -> None:
    """Versions of the same words: the plain one, unless another one says what it lacks."""
    versions: list[Words] = []
    for child in node.children:
        inner = Gathered()
        _visit(child, inner)
        found.attachments += inner.attachments
        found.files += inner.files
        if inner.body.text:
            versions.append(inner.body)
    kept: list[Words] = []
    for version in sorted(versions, key=_is_thin):
        if not any(_says(one.text, version.text) for one in kept):
            kept = [one for one in kept if not _says(version.text, one.text)] + [version]
    for version in kept:
        found.body.add(version.text, version.marks)


def _is_thin(words: Words) -> bool:
    """A line such as "this mail needs HTML" comes after the version that has the words."""
    return len(words.text) < 20


def _says(one: str, other: str) -> bool:
    """True when (nearly) every word of the other stands in the one."""
    known = set(_WORD.findall(one.lower()))
    asked = _WORD.findall(other.lower())
    return sum(word not in known for word in asked) <= _LACKS * len(asked)


def _attach(node: Node, found: Gathered) -> None:
    content = node.content()
    if not content:
        return
    major = node.kind.partition("/")[0]
    kind = _FORMS.get(form_of(content)) or _KINDS.get(major, "other")
    if major == "video" or node.kind in ("image/svg+xml", "message/partial"):
        kind = "other"
    elif kind == "other" and node.kind == "application/pdf":
        kind = "document"
    found.attachments.append(Attachment(kind, node.kind, content))
