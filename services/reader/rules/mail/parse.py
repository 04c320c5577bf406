"""A mail, as bytes, to what it says. Runs in a child process; answers in JSON and bytes."""

from typing import Any, Final

from services.reader.rules.mail import evidence
from services.reader.rules.mail.gather import Attachment, Gathered, Words, gather
from services.reader.rules.mail.html import text_of_html
from services.reader.rules.mail.language import language_of
from services.reader.rules.mail.limits import LIMITS, TooBig, scan
from services.reader.rules.mail.marks import Mark, clipped
from services.reader.rules.mail.tree import Node, grow

BODY, FILE = "body", "file"
_LONGEST_SUBJECT: Final = 10_000


def warm() -> None:
    """Load what the first mail would have to wait for."""
    parse(b"Subject: warm\n\nThank you very much for this, it was good to talk to you about it.\n", {})
    text_of_html("<p>warm")


def parse(raw: bytes, options: dict[str, Any]) -> dict[str, Any]:
    """Read a mail: its words in pieces that an event can carry, and what hangs on it.

    >>> answer = parse(b"From: a@example.org\\nSubject: Hello\\n\\nI like my room.\\n", {})
    >>> answer["outcome"], answer["subject"], [one["words"] for one in answer["words"]]
    ('words', 'Hello', ['I like my room.'])
    """
    try:
        scan(raw)
        mail = grow(raw)
        found = gather(mail)
        about = _about(mail, found)
    except TooBig as big:
        return {"outcome": "too_big", "reason": big.reason, "automatic": _automatic(raw)}
    if not mail.headers.fields and not found.body.text.strip() and not found.attachments:
        return {"outcome": "unreadable", "reason": "no_mail"}
    whole = mail.headers.text("subject")
    subject, more = whole[:_LONGEST_SUBJECT], whole[_LONGEST_SUBJECT:]
    if more:
        found.files.insert(0, more)
    words, rest = _pieces(found)
    attachments = [*found.attachments, *rest]
    return {
        "outcome": "words" if words or subject else "no_words",
        "reason": None if words or subject else "only_attachments" if attachments else "empty",
        "subject": subject,
        "words": words,
        "attachments": [
            {"kind": one.kind, "media_type": one.media_type, "content": one.content} for one in attachments
        ],
        **about,
    }


def _about(mail: Node, found: Gathered) -> dict[str, Any]:
    new = "".join(found.body.text[one.start : one.end] for one in found.body.marks if one.kind is Mark.NEW)
    return {
        "automatic": evidence.automatic(mail),
        "names": evidence.names(mail),
        "from_domain": evidence.from_domain(mail.headers),
        "signatures": evidence.signatures(mail.headers),
        "language": language_of(new or found.body.text),
    }


def _automatic(raw: bytes) -> bool:
    """What can still be said of a mail over a limit: nobody need answer it, if it says so near its beginning."""
    try:
        head = raw[: LIMITS.header_block // 8]
        return evidence.automatic(grow(head.split(b"\r\n\r\n")[0].split(b"\n\n")[0] + b"\n\n"))
    except TooBig:
        return True


def _pieces(found: Gathered) -> tuple[list[dict[str, Any]], list[Attachment]]:
    """Words in pieces below the limit of a part. What no event could carry in all becomes files, to be read in turn."""
    words: list[dict[str, Any]] = []
    rest: list[Attachment] = []
    left = LIMITS.words_in_all
    for place, one in [(BODY, found.body), *((FILE, Words(text)) for text in found.files)]:
        for start, end in cut(one.text, LIMITS.words):
            piece = one.text[start:end]
            size = len(piece.encode())
            if rest or size > left or len(words) == LIMITS.pieces:
                rest.append(Attachment("document", "text/plain", piece.encode()))
                continue
            left -= size
            marks = [span.as_answer() for span in clipped(one.marks, start, end)]
            words.append({"place": place, "words": piece, "marks": marks})
    return words, rest


def cut(text: str, most: int) -> list[tuple[int, int]]:
    """Where a text is cut so that no piece has more than that many bytes: at the end of a line or a word, if it can be.

    >>> cut("one two three", 8)
    [(0, 8), (8, 13)]
    """
    pieces, start = [], 0
    while start < len(text):
        end = start + len(text[start : start + most].encode()[:most].decode("utf-8", "ignore"))
        if end < len(text):
            half = start + (end - start) // 2
            near = max(text.rfind("\n", half, end), 0) or text.rfind(" ", half, end)
            end = near + 1 if near > start else end
        pieces.append((start, end))
        start = end
    return pieces
