"""Mail that nobody wrote to be read: what a parser was seen to fail on, and what the issue asks to be survived."""

from collections.abc import Callable, Iterator
from typing import Final

HEAD: Final = b"From: Sam <sam@example.net>\r\nTo: review@example.org\r\nSubject: hello\r\n"
MIXED: Final = HEAD + b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"


def many_attachments(count: int = 200) -> bytes:
    parts = (
        b"--b\r\nContent-Type: image/png; name=%d.png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo%04d\r\n"
        % (n, n)
        for n in range(count)
    )
    return MIXED + b"--b\r\n\r\nplease see my pictures\r\n" + b"".join(parts) + b"--b--\r\n"


def many_parts(count: int = 50_000) -> bytes:
    return MIXED + b"--b\r\n\r\nx\r\n" * count + b"--b--\r\n"


def nested(levels: int = 3_000) -> bytes:
    out = [HEAD]
    for n in range(levels):
        out.append(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n))
    return b"".join([*out, b"\r\ndeep down\r\n"])


def nested_messages(levels: int = 3_000) -> bytes:
    return HEAD + b"Content-Type: message/rfc822\r\n\r\n" * levels + b"\r\ndeep down\r\n"


def many_addresses(count: int = 20_000) -> bytes:
    to = b", ".join(b"Person %d <p%d@example.org>" % (n, n) for n in range(count))
    return b"From: sam@example.net\r\nTo: " + to + b"\r\n\r\nhello\r\n"


def many_encoded_words(count: int = 20_000) -> bytes:
    words = b" ".join(b"=?utf-8?q?w%d?=" % n for n in range(count))
    return b"From: sam@example.net\r\nSubject: " + words + b"\r\n\r\nhello\r\n"


def many_parameters(count: int = 20_000) -> bytes:
    told = b"; ".join(b"p%d=v" % n for n in range(count))
    return HEAD + b"Content-Type: text/plain;\r\n " + told + b"\r\n\r\nhello\r\n"


def many_sections(count: int = 5_000) -> bytes:
    told = b"; ".join(b"name*%d*=a%%20" % n for n in range(count))
    return HEAD + b"Content-Type: text/plain;\r\n " + told + b"\r\n\r\nhello\r\n"


def sections_within(count: int = 5_000) -> bytes:
    """The same in a part, where nobody looks at the head of the mail."""
    told = b"; ".join(b"name*%d*=a%%20" % n for n in range(count))
    return MIXED + b"--b\r\nContent-Type: text/plain;\r\n " + told + b"\r\n\r\nhello\r\n--b--\r\n"


def with_charset(charset: bytes, body: bytes) -> bytes:
    return HEAD + b"Content-Type: text/plain; charset=" + charset + b"\r\n\r\n" + body


def deep_html(levels: int = 100_000) -> bytes:
    return HEAD + b"Content-Type: text/html\r\n\r\n" + b"<div>" * levels + b"my words" + b"</div>" * levels


def big_base64(megabytes: int = 20) -> bytes:
    line = b"QUJD" * 19 + b"\r\n"
    body = line * (megabytes * 1024 * 1024 // len(line))
    return (
        MIXED
        + b"--b\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + body
        + b"--b--\r\n"
    )


TOO_BIG: Final[dict[str, tuple[Callable[[], bytes], str]]] = {
    "50,000 parts": (many_parts, "too_many_parts"),
    "3,000 levels of nesting": (nested, "too_many_parts"),
    "200 levels of nesting": (lambda: nested(200), "too_deep"),
    "900 mails one in the other": (lambda: nested_messages(900), "too_deep"),
    "20,000 addresses": (many_addresses, "header_too_long"),
    "5,000 addresses": (lambda: many_addresses(5_000), "too_many_addresses"),
    "20,000 encoded words": (many_encoded_words, "header_too_long"),
    "3,000 encoded words": (lambda: many_encoded_words(3_000), "too_many_encoded_words"),
    "20,000 parameters": (many_parameters, "too_many_parameters"),
    "5,000 sections": (many_sections, "too_many_sections"),
    "5,000 sections in a part": (sections_within, "too_many_parameters"),
    "a megabyte of one header": (lambda: b"Subject: " + b"a" * 2**20, "header_too_long"),
    "a hundred thousand headers": (lambda: b"X: y\r\n" * 100_000 + b"\r\nhello", "header_too_long"),
}
"""Over a limit, and the reason that is told."""

READ: Final[dict[str, tuple[Callable[[], bytes], str]]] = {
    "an unknown charset": (lambda: with_charset(b"no-such-thing", b"caf\xe9"), "café"),
    "a codec that is no charset": (lambda: with_charset(b"unicode_escape", b"a\\x41b"), "a\\x41b"),
    "a charset that is a file": (lambda: with_charset(b'"../../etc/passwd"', b"hello"), "hello"),
    "a charset with a null": (lambda: with_charset(b"utf\x00-8", b"hello"), "hello"),
    "broken UTF-8": (
        lambda: with_charset(b"utf-8", "né à Paris, ça va".encode()[:-1] + b"\xff"),
        "né à Paris",
    ),
    "UTF-7": (lambda: with_charset(b"utf-7", b"+AGEAYg-c"), "abc"),
    "no headers but a subject": (lambda: b"Subject: hi\r\n\r\nhello", "hello"),
    "headers that are none": (
        lambda: b"From sam\r\nFrom: a@example.net\r\nrubbish here\r\nhello",
        "rubbish here",
    ),
    "no blank line": (lambda: b"From: a@example.net\r\nthis is all I want to say", "all I want to say"),
    "a type that is no type": (lambda: HEAD + b"Content-Type: ;;;=,\r\n\r\nhello", "hello"),
    "a multipart without a boundary": (lambda: HEAD + b"Content-Type: multipart/mixed\r\n\r\nhello", "hello"),
    "a boundary that never comes": (
        lambda: HEAD + b"Content-Type: multipart/mixed; boundary=zz\r\n\r\nhello",
        "hello",
    ),
    "a multipart cut short": (lambda: MIXED + b"--b\r\n\r\nhello", "hello"),
    "words before the first part alone": (lambda: MIXED + b"hello\r\n--b\r\n\r\n--b--\r\n", "hello"),
    "bad base64": (
        lambda: HEAD + b"Content-Transfer-Encoding: base64\r\n\r\naGVs*bG8gd29ybGQ",
        "hello world",
    ),
    "an unknown encoding": (lambda: HEAD + b"Content-Transfer-Encoding: magic\r\n\r\nhello", "hello"),
    "100,000 nested elements": (deep_html, "my words"),
    "5,000 nested elements": (lambda: deep_html(5_000), "my words"),
    "control characters": (lambda: HEAD + b"\r\nhe\x00l\x1bl\x07o \xe2\x80\xaethere", "hello there"),
    "lone carriage returns": (lambda: HEAD.replace(b"\r\n", b"\r") + b"\rhello", "hello"),
    "a Microsoft message id": (lambda: HEAD + b"Message-ID: <[a]@[b]>\r\n\r\nhello", "hello"),
    "a line end within an encoded name": (
        lambda: b"From: =?UTF-8?Q?=0A=0D?= <a@example.net>\r\n\r\nhello",
        "hello",
    ),
    "an address that is a comment": (lambda: b"From: a@example.net\r\nTo: (c):\r\n\r\nhello", "hello"),
    "ten thousand brackets": (
        lambda: b"From: a@example.net\r\nTo: " + b"(" * 10_000 + b"\r\n\r\nhello",
        "hello",
    ),
    "a parameter without a value": (lambda: HEAD + b"Content-Type: text/plain; name*\r\n\r\nhello", "hello"),
    "two of everything": (lambda: HEAD * 2 + b"\r\nhello", "hello"),
    "200,000 quoted lines": (lambda: HEAD + b"\r\nmine\r\n" + b"> a\r\n\r\n" * 30_000, "mine"),
    "200,000 blank lines": (lambda: HEAD + b"\r\nmine" + b"\r\n" * 200_000 + b"end", "mine"),
    "an attribution that never ends": (lambda: HEAD + b"\r\n" + b"On a <a " * 50_000, "On a <a"),
    "a megabyte in one line": (lambda: HEAD + b"\r\n" + b"word " * 60_000, "word word"),
}
"""What is awkward, and what must stand among the words."""


def everything() -> Iterator[tuple[str, bytes]]:
    for name, (make, _) in {**TOO_BIG, **READ}.items():
        yield name, make()
    yield "200 attachments", many_attachments()
    yield "no body", HEAD + b"\r\n"
    yield "nothing at all", b""
