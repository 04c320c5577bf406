"""Mail to words: what people send, as a table; nothing that they wrote is lost on the way."""

import base64

import pytest

from services.reader.rules.mail.charsets import codec_of, text_of
from services.reader.rules.mail.evidence import automatic, from_domain, names, signatures
from services.reader.rules.mail.headers import addresses, decoded, parameters, split
from services.reader.rules.mail.html import text_of_html
from services.reader.rules.mail.limits import LIMITS
from services.reader.rules.mail.parse import cut, parse
from services.reader.rules.mail.signed import aligned
from services.reader.rules.mail.tree import grow
from tests.support.hostile_mail import HEAD, MIXED

PNG = b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def said(raw: bytes) -> str:
    return "\n".join(one["words"] for one in parse(raw, {})["words"])


def kinds(raw: bytes) -> list[tuple[str, str]]:
    """Each marked passage, in order."""
    answer = parse(raw, {})
    return [
        (mark["kind"], one["words"][mark["start"] : mark["end"]].strip())
        for one in answer["words"]
        for mark in one["marks"]
    ]


def part(kind: bytes, body: bytes, *more: bytes) -> bytes:
    return b"\r\n".join([b"--b", b"Content-Type: " + kind, *more, b"", body, b""])


def mixed(*parts: bytes, kind: bytes = b"mixed") -> bytes:
    return MIXED.replace(b"multipart/mixed", b"multipart/" + kind) + b"".join(parts) + b"--b--\r\n"


BASE64 = b"Content-Transfer-Encoding: base64"
FILE = b"Content-Disposition: attachment; filename=secret-name.txt"


MAILS = [
    ("plain", HEAD + b"\r\nI like my foster home.\r\n", "I like my foster home."),
    ("quoted-printable", HEAD + b"Content-Transfer-Encoding: quoted-printable\r\n\r\nI lik=\r\ne my caf=C3=A9", "I like my café"),
    ("base64", HEAD + BASE64 + b"\r\n\r\nSSBsaWtlIG15IGhvbWU=\r\n", "I like my home"),
    ("windows-1252", HEAD + b"Content-Type: text/plain; charset=windows-1252\r\n\r\nit\x92s fine", "it’s fine"),
    ("no charset, utf-8", HEAD + b"\r\nca va \xc3\xa9t\xc3\xa9", "ca va été"),
    ("no charset, latin", HEAD + b"\r\nca va \xe9t\xe9", "ca va été"),
    ("japanese", HEAD + b"Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n\x1b$B$3$s\x1b(B", "こん"),
    ("html", HEAD + b"Content-Type: text/html\r\n\r\n<p>I feel <b>safe</b>.</p><p>Mostly.</p>", "I feel safe.\n\nMostly."),
    ("html, nothing but text", HEAD + b"Content-Type: text/html\r\n\r\njust this", "just this"),
    ("html with an xml line", HEAD + b"Content-Type: text/html\r\n\r\n<?xml version='1.0' encoding='utf-8'?><p>hello", "hello"),
    (
        "plain and html that say the same",
        mixed(part(b"text/plain", b"I like it here."), part(b"text/html", b"<p>I like it here.</p>"), kind=b"alternative"),
        "I like it here.",
    ),
    (
        "plain that says only where the words are",
        mixed(part(b"text/plain", b"View in a browser"), part(b"text/html", b"<p>My dad hits me.</p>"), kind=b"alternative"),
        "View in a browser\n\nMy dad hits me.",
    ),
    (
        "an empty plain version",
        mixed(part(b"text/plain", b" "), part(b"text/html", b"<p>hello"), kind=b"alternative"),
        "hello",
    ),
    ("two texts", mixed(part(b"text/plain", b"one"), part(b"text/plain", b"two")), "one\n\ntwo"),
    ("a text file", mixed(part(b"text/plain", b"one"), part(b"text/plain", b"two", FILE)), "one\ntwo"),
    ("a text file alone", mixed(part(b"text/plain", b"two", FILE)), "two"),
    ("an html file", mixed(part(b"text/plain", b"one"), part(b"text/html", b"<p>two", FILE)), "one\ntwo"),
    ("a preamble is not said", mixed(b"for old readers\r\n", part(b"text/plain", b"one")), "one"),
    ("a signature of a program", mixed(part(b"text/plain", b"one"), part(b"application/pgp-signature", b"x"), kind=b"signed"), "one"),
    ("a bounce", mixed(part(b"text/plain", b"failed"), part(b"message/delivery-status", b"Final-Recipient: x"), kind=b"report"), "failed"),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "words"), [mail[1:] for mail in MAILS], ids=[mail[0] for mail in MAILS])
def test_a_mail_says(raw: bytes, words: str) -> None:
    assert said(raw) == words
    assert said(raw.replace(b"\r\n", b"\n")) == words


def test_the_subject_is_words_of_its_own() -> None:
    answer = parse(b"Subject: =?utf-8?b?w4l0w6k=?=\r\n =?utf-8?q?_now?=\r\n\r\nhello", {})
    assert answer["subject"] == "Été now"
    assert [one["words"] for one in answer["words"]] == ["hello"]


@pytest.mark.parametrize(
    ("raw", "outcome", "reason"),
    [
        (b"", "unreadable", "no_mail"),
        (b"\r\n\r\n\r\n", "unreadable", "no_mail"),
        (b"From: a@example.net\r\n\r\n", "no_words", "empty"),
        (b"From: a@example.net\r\nSubject: only this\r\n\r\n", "words", None),
        (MIXED.replace(b"Subject: hello\r\n", b"") + part(b"image/png", PNG, BASE64), "no_words", "only_attachments"),
    ],
)  # fmt: skip
def test_a_mail_without_words_says_so(raw: bytes, outcome: str, reason: str | None) -> None:
    answer = parse(raw, {})
    assert (answer["outcome"], answer["reason"]) == (outcome, reason)


# What hangs on a mail.

HANGING = [
    ("a picture", part(b"image/png", PNG, BASE64), ("picture", "image/png")),
    ("a picture called a file", part(b"application/octet-stream", PNG, BASE64), ("picture", "application/octet-stream")),
    ("a picture called a text", part(b"text/plain", PNG, BASE64, FILE), ("picture", "text/plain")),
    ("a sound", part(b"audio/ogg", b"T2dnUwAC", BASE64), ("sound", "audio/ogg")),
    ("a sound that we do not know", part(b"audio/x-odd", b"odd"), ("sound", "audio/x-odd")),
    ("a PDF", part(b"application/pdf", b"%PDF-1.4"), ("document", "application/pdf")),
    ("a PDF called a file", part(b"application/x-download", b"%PDF-1.4"), ("document", "application/x-download")),
    ("a film", part(b"video/mp4", b"AAAAGGZ0eXBpc29t", BASE64), ("other", "video/mp4")),
    ("an invitation", part(b"text/calendar", b"BEGIN:VCALENDAR"), ("other", "text/calendar")),
    ("a card", part(b"text/x-vcard", b"BEGIN:VCARD"), ("other", "text/x-vcard")),
    ("an Outlook parcel", part(b"application/ms-tnef", b"x\x9f>\x22"), ("other", "application/ms-tnef")),
    ("an archive", part(b"application/zip", b"PK\x03\x04"), ("other", "application/zip")),
    ("a type that is none", part(b"what is this", b"\xff\xd8\xff\xe0", FILE), ("picture", "text/plain")),
]  # fmt: skip


@pytest.mark.parametrize(("hung", "wanted"), [one[1:] for one in HANGING], ids=[one[0] for one in HANGING])
def test_what_hangs_on_a_mail_is_a_part_of_its_own(hung: bytes, wanted: tuple[str, str]) -> None:
    answer = parse(mixed(part(b"text/plain", b"hello"), hung), {})
    assert [(one["kind"], one["media_type"]) for one in answer["attachments"]] == [wanted]
    assert [one["words"] for one in answer["words"]] == ["hello"]
    assert "secret-name" not in str(answer)


def test_an_attachment_is_byte_for_byte_what_was_attached() -> None:
    content = bytes(range(256)) * 10
    raw = mixed(part(b"application/x-odd", base64.encodebytes(content).replace(b"\n", b"\r\n"), BASE64))
    assert [one["content"] for one in parse(raw, {})["attachments"]] == [content]


def test_a_mail_within_a_mail_is_read_and_marked() -> None:
    inner = b"From: Mum <mum@example.net>\r\nSubject: sunday\r\n\r\nyou cannot come home"
    raw = mixed(part(b"text/plain", b"look at this"), part(b"message/rfc822", inner))
    assert kinds(raw) == [
        ("new", "look at this"),
        ("forwarded", "Subject: sunday\n\nyou cannot come home"),
    ]
    assert "mum@example.net" in parse(raw, {})["names"]
    assert "Mum" in parse(raw, {})["names"]


def test_an_attachment_of_a_mail_within_a_mail_is_found() -> None:
    inner = (
        mixed(part(b"image/png", PNG, BASE64)).replace(b"boundary=b", b"boundary=c").replace(b"--b", b"--c")
    )
    answer = parse(mixed(part(b"message/rfc822", inner)), {})
    assert [one["kind"] for one in answer["attachments"]] == ["picture"]


def test_a_digest_holds_mails() -> None:
    raw = mixed(
        b"--b\r\n\r\nSubject: one\r\n\r\nfirst\r\n",
        b"--b\r\n\r\nSubject: two\r\n\r\nsecond\r\n",
        kind=b"digest",
    )
    assert [kind for kind, _ in kinds(raw)] == ["forwarded"]
    assert "first" in said(raw)
    assert "second" in said(raw)


def test_a_long_mail_is_cut_in_pieces_and_nothing_of_it_is_lost() -> None:
    text = "".join(f"line {n} é of what I have to say\n" for n in range(12_000)).rstrip("\n")
    answer = parse(HEAD + b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + text.encode(), {})
    pieces = [one["words"] for one in answer["words"]]
    assert "".join(pieces) == text
    assert all(len(one.encode()) <= LIMITS.words for one in pieces)
    assert all(one.endswith("\n") for one in pieces[:-1])
    marks = [one["marks"] for one in answer["words"]]
    assert [(len(one), one[0]["start"], one[-1]["end"]) for one in marks] == [(1, 0, len(p)) for p in pieces]


def test_what_no_event_can_carry_is_handed_on_as_files() -> None:
    text = "a few words " * 200_000
    answer = parse(HEAD + b"\r\n" + text.encode(), {})
    words = [one["words"] for one in answer["words"]]
    rest = [one["content"].decode() for one in answer["attachments"]]
    assert "".join(words + rest) == text
    assert sum(map(len, words)) <= LIMITS.words_in_all
    assert {(one["kind"], one["media_type"]) for one in answer["attachments"]} == {("document", "text/plain")}


def test_a_subject_of_any_length_is_kept_whole() -> None:
    subject = "what I have to say " * 2_000
    answer = parse(b"Subject: " + subject.encode() + b"\r\n\r\nhello", {})
    whole = answer["subject"] + "".join(one["words"] for one in answer["words"] if one["place"] == "file")
    assert whole == subject.strip()
    assert len(answer["subject"]) == 10_000


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16"])
def test_a_text_file_says_itself_how_it_is_written(codec: str) -> None:
    content = base64.encodebytes("I like my room, ça va".encode(codec)).replace(b"\n", b"\r\n")
    assert said(mixed(part(b"text/plain", content, BASE64, FILE))) == "I like my room, ça va"


def test_a_file_that_was_only_called_a_text_hangs_on_the_mail() -> None:
    content = base64.encodebytes(b"PK\x03\x04" + bytes(range(32)) * 50).replace(b"\n", b"\r\n")
    answer = parse(mixed(part(b"text/plain", content, BASE64, FILE)), {})
    assert [one["kind"] for one in answer["attachments"]] == ["other"]
    assert answer["words"] == []


def test_many_small_texts_are_handed_on_as_well() -> None:
    answer = parse(mixed(*(part(b"text/plain", b"file %d" % n, FILE) for n in range(300))), {})
    assert len(answer["words"]) == LIMITS.pieces
    assert len(answer["attachments"]) == 300 - LIMITS.pieces


@pytest.mark.parametrize("text", ["", "é" * 10, "a b c", "x" * 25, "\n" * 9, "𝄞" * 7])
@pytest.mark.parametrize("most", [4, 7, 10])
def test_cutting_loses_nothing(text: str, most: int) -> None:
    pieces = [text[start:end] for start, end in cut(text, most)]
    assert "".join(pieces) == text
    assert all(0 < len(one.encode()) <= most for one in pieces)


# Charsets.


@pytest.mark.parametrize("name", ["unicode_escape", "raw_unicode_escape", "rot13", "base64", "zlib", "idna", "punycode", "mbcs", "utf\x00", "a" * 500, "", "..", "utf-32"])  # fmt: skip
def test_a_codec_that_is_no_charset_is_not_used(name: str) -> None:
    assert codec_of(name) is None
    assert text_of(b"a\\x41", name) == "a\\x41"


@pytest.mark.parametrize(
    ("raw", "charset", "text"),
    [
        ("ça".encode("utf-16"), "utf-16", "ça"),
        (b"caf\xe9", "us-ascii", "café"),
        (b"\x93hi\x94", "iso-8859-1", "“hi”"),
        ("zażółć".encode("iso8859-2"), "iso-8859-2", "zażółć"),
        ("zażółć".encode("cp1250"), "windows-1250", "zażółć"),
        ("привет".encode("koi8-r"), "koi8-r", "привет"),
        ("你好".encode("gb2312"), "gb2312", "你好"),
        ("zażółć".encode(), "iso-8859-2", "zażółć"),  # it says so, and is UTF-8 all the same
        (b"\x81\x8d", "windows-1252", "\ufffd\ufffd"),
        (b"a\xe2\x80\xa8b\xc2\x85c", "utf-8", "a\nb\nc"),
        ("né à Québec, ça va".encode() + b"\xff", "utf-8", "né à Québec, ça va\ufffd"),
    ],
)
def test_text_is_decoded_as_it_was_meant(raw: bytes, charset: str, text: str) -> None:
    assert text_of(raw, charset) == text


# Headers.


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"=?iso-8859-1?q?=A3100?= for =?utf-8?q?=C3=A9?=", "£100 for é"),
        (b"=?utf-8?b?w6k=?=\t=?utf-8?b?w6k=?=", "éé"),
        (b"=?utf-8?b?w6?= =?utf-8?b?qQ==?=", "é"),
        (b"=?utf-8*en?q?hello?=", "hello"),
        (b"=?x-unknown?q?caf=E9?=", "café"),
        (b"=?utf-8?x?nope?= =?utf-8?q?", "=?utf-8?x?nope?= =?utf-8?q?"),
        (b"na\xefve \xe2\x82\xac", "naï" + "ve â‚¬"),
        ("naïve €".encode(), "naïve €"),
        (b"=?utf-8?q?a=0D=0AX-Evil:_1?=", "a X-Evil: 1"),
        (b"", ""),
    ],
)
def test_a_header_is_read_for_people(raw: bytes, text: str) -> None:
    assert decoded(raw) == text


def test_a_half_letter_in_each_encoded_word_is_one_letter() -> None:
    assert decoded(b"=?utf-8?q?=C3?= =?utf-8?q?=A9?=") == "é"


def test_headers_are_unfolded_and_end_where_they_end() -> None:
    raw = b"A: one\r\n two\r\nB:three\r\n\r\nbody"
    headers, at = split(raw, 0, len(raw))
    assert headers.fields == (("a", b"one two"), ("b", b"three"))
    assert raw[at:] == b"body"


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        (b"sam@example.net", [("", "sam@example.net")]),
        (b"Sam <sam@example.net>", [("Sam", "sam@example.net")]),
        (b"sam@example.net (Sam W)", [("Sam W", "sam@example.net")]),
        (b'"W, Sam" <sam@example.net>; b@example.net', [("W, Sam", "sam@example.net"), ("", "b@example.net")]),
        (b"undisclosed-recipients:;", []),
        (b"Team: Ann <ann@example.net>, bob@example.net;", [("Ann", "ann@example.net"), ("", "bob@example.net")]),
        (b"=?utf-8?q?Zo=C3=AB?= <z@example.net>", [("Zoë", "z@example.net")]),
        (b"Just A Name", [("Just A Name", "")]),
        (b'"quote that never ends <a@example.net>', [("quote that never ends <a@example.net>", "")]),
        (b"(((((", []),
        (b"", []),
    ],
)  # fmt: skip
def test_addresses_are_found(raw: bytes, wanted: list[tuple[str, str]]) -> None:
    assert list(addresses(raw)) == wanted


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        (b"text/plain", ("text/plain", {})),
        (b'TEXT/html; Charset="UTF-8"', ("text/html", {"charset": "UTF-8"})),
        (b"a/b; name*=utf-8''caf%C3%A9", ("a/b", {"name": "café"})),
        (b"a/b; name*1=two; name*0=one", ("a/b", {"name": "onetwo"})),
        (b'a/b; x="a\\"b;c"', ("a/b", {"x": 'a"b;c'})),
        (b"a/b; x=1; x=2", ("a/b", {"x": "1"})),
        (b"; ;=;", ("", {})),
        (b"a/b; name*", ("a/b", {})),
    ],
)
def test_parameters_are_read(raw: bytes, wanted: tuple[str, dict[str, str]]) -> None:
    assert parameters(raw) == wanted


# What the headers say of the mail.

AUTOMATIC = [
    (b"Auto-Submitted: auto-replied", True),
    (b"Auto-Submitted: auto-generated; x=1", True),
    (b"Auto-Submitted: no", False),
    (b"Return-Path: <>", True),
    (b"Return-Path: <sam@example.net>", False),
    (b"Precedence: Bulk", True),
    (b"Precedence: first-class", False),
    (b"List-Id: <a.example.org>", True),
    (b"X-Autoreply: yes", True),
    (b"X-Auto-Response-Suppress: All", False),  # asks for no answer; every Exchange user's mail may have it
    (b"X-Failed-Recipients: a@example.org", True),
    (b"Content-Type: multipart/report; boundary=b", True),
    (b"Subject: Automatic reply: hello", True),
    (b"Subject: Out of office", True),
    (b"Subject: I am out of office space", False),
    (b"From: MAILER-DAEMON@example.org", True),
    (b"From: no-reply+abc@example.org", True),
    (b"From: norepliesever@example.org", False),
    (b"From: sam@example.net", False),
]


@pytest.mark.parametrize(("header", "wanted"), AUTOMATIC, ids=[one.decode() for one, _ in AUTOMATIC])
def test_a_program_is_told_from_a_person(header: bytes, wanted: bool) -> None:
    body = b"\r\n\r\n--b\r\n\r\nhello\r\n--b--\r\n"
    assert automatic(grow(header + body)) is wanted


def test_names_are_those_of_everybody_in_the_headers_once() -> None:
    mail = grow(
        b"From: Sam W <sam@example.net>\r\nTo: 'Ann' <ann@example.org>, sam@example.net\r\nCc: Bo <bo@example.org>\r\n"
        b"Reply-To: Sammy <s@example.net>\r\n\r\nhello"
    )
    assert names(mail) == [
        "Sam W", "sam@example.net", "Sammy", "s@example.net", "Ann", "ann@example.org", "Bo", "bo@example.org",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("headers", "domain"),
    [
        (b"From: Sam <sam@Mail.Example.NET>", "mail.example.net"),
        (b"From: a@example.net, b@example.org", None),
        (b"From: a@example.net\r\nFrom: b@example.org", None),
        (b"From: a@localhost", None),
        (b"From: nobody", None),
        (b"To: a@example.net", None),
    ],
)
def test_the_authors_domain_is_one_or_none(headers: bytes, domain: str | None) -> None:
    found, _ = split(headers + b"\r\n\r\n", 0, len(headers) + 4)
    assert from_domain(found) == domain


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (b"v=1; d=Example.net; s=one; h=from", [{"domain": "example.net", "name": "one._domainkey.example.net"}]),
        (b"v=1; d=example.net; s=one; l=10; h=from", []),
        (b"v=1; d=../etc; s=one", []),
        (b"v=1; d=example.net; s=a b", []),
        (b"", []),
    ],
)  # fmt: skip
def test_signatures_are_named(value: bytes, wanted: list[dict[str, str]]) -> None:
    raw = b"DKIM-Signature: " + value + b"\r\n\r\n"
    assert signatures(split(raw, 0, len(raw))[0]) == wanted


@pytest.mark.parametrize(
    ("domain", "author", "wanted"),
    [
        ("example.net", "example.net", True),
        ("example.net", "mail.example.net", True),
        ("mail.example.net", "example.net", False),
        ("ample.net", "example.net", False),
        ("net", "example.net", False),
        ("co.uk", "example.co.uk", False),
    ],
)
def test_a_signer_is_the_author_or_above(domain: str, author: str, wanted: bool) -> None:
    assert aligned(domain, author) is wanted


def test_html_that_is_not_shown_is_not_said() -> None:
    source = "<head><title>t</title><style>p{}</style></head><!-- c --><script>s</script><p>hello<img src=http://x>"
    assert text_of_html(source) == "hello"
    assert text_of_html("<div>" * 600 + source) == "hello"


def test_a_link_keeps_its_words() -> None:
    assert text_of_html('<p>see <a href="https://example.org/x">my page</a></p>') == "see my page"
