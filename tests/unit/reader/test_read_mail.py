"""What is said of a mail: words sealed in their places, what hangs on it as parts, and never an error for what it is."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from services.reader.adapters.child import Children
from services.reader.adapters.dns import Dns, Noted
from services.reader.handlers.ports import Ports
from services.reader.handlers.text import give_up, read_mail
from shared.contracts.events import AttachmentFound, ContributionRead
from shared.contracts.ids import output_of
from shared.contracts.topics import LARGEST
from shared.contracts.values import Outcome, PartKind, Place
from shared.errors import Retryable, Unavailable
from shared.vault import Binding
from shared.vault.digests import keyed
from tests.support.hostile_mail import HEAD, READ, many_attachments
from tests.support.keys import keys_of
from tests.support.reader import (
    Answers,
    Records,
    a_mail_received,
    content_of,
    marks_of,
    names_of,
    ports_at,
    words_of,
)

MAIL = (
    b"From: Sam W <sam@example.net>\r\nTo: Review <review@example.org>\r\nSubject: my home\r\n"
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nI like it here.\r\n> Do you?\r\n"
    b"--b\r\nContent-Type: image/png; name=mine.png\r\n\r\n\x89PNG\r\n\x1a\nrest\r\n"
    b"--b\r\nContent-Type: text/csv\r\nContent-Disposition: attachment; filename=x.csv\r\n\r\na,b\r\n"
    b"--b\r\nContent-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\n--b--\r\n"
)


@pytest.fixture
async def ports(tmp_path: Path) -> AsyncIterator[Ports]:
    made = Children()
    yield ports_at(tmp_path, children=made)
    await made.close()


async def read(ports: Ports, raw: bytes) -> tuple[ContributionRead, list[AttachmentFound]]:
    first, *rest = await read_mail(await a_mail_received(raw, ports), ports=ports)
    assert isinstance(first, ContributionRead)
    return first, [one for one in rest if isinstance(one, AttachmentFound)]


async def test_words_and_files_are_parts_in_reading_order(ports: Ports) -> None:
    event = await a_mail_received(MAIL, ports)
    first, *rest = await read_mail(event, ports=ports)
    assert isinstance(first, ContributionRead)
    assert (first.outcome, first.reason, first.part, first.source) == (Outcome.WORDS, None, 1, event.event_id)
    assert first.event_id == output_of("reader", event.event_id, 1, 1)
    assert words_of(first) == {2: "my home", 3: "I like it here.\n> Do you?", 4: "a,b"}
    assert [(part.place, part.parent) for part in first.words] == [
        (Place.SUBJECT, 1),
        (Place.BODY, 1),
        (Place.FILE, 1),
    ]
    assert all(part.digest == keyed(ports.digest_key, clear.encode()) for part, clear in zip(first.words, words_of(first).values(), strict=True))  # fmt: skip
    assert first.attachments == len(rest) == 2
    assert first.context == event.context
    found = [one for one in rest if isinstance(one, AttachmentFound)]
    assert [(one.part.number, one.part.kind, one.part.media_type, one.part.parent) for one in found] == [
        (5, PartKind.PICTURE, "image/png", 1),
        (6, PartKind.OTHER, "text/calendar", 1),
    ]
    assert {one.part.place for one in found} == {Place.FILE}
    assert [await content_of(one, ports) for one in found] == [b"\x89PNG\n\x1a\nrest", b"BEGIN:VCALENDAR"]
    assert [one.part.size for one in found] == [11, 15]
    assert len({one.event_id for one in (first, *found)}) == 3


async def test_marks_open_for_who_may_open_words_and_names_for_the_anonymiser_alone(ports: Ports) -> None:
    first, _ = await read(ports, MAIL)
    assert marks_of(first) == {
        "parts": {
            "3": [
                {"start": 0, "end": 16, "kind": "new"},
                {"start": 16, "end": 25, "kind": "quoted"},
            ]
        }
    }
    assert names_of(first) == ["Sam W", "sam@example.net", "Review", "review@example.org"]
    assert first.names is not None
    for service in ("reader", "triage", "archive", "replies"):
        with pytest.raises(Exception, match="no_key"):
            keys_of(service).opener.open(first.names, Binding.of(first.context, first.part))


async def test_nothing_of_what_was_written_travels_in_clear(ports: Ports) -> None:
    first, found = await read(ports, MAIL)
    travelling = first.model_dump_json() + "".join(one.model_dump_json() + repr(one) for one in found)
    for secret in ("like it", "Sam", "example.net", "mine.png", "x.csv", "my home"):
        assert secret not in travelling + repr(first)


async def test_a_mail_is_read_the_same_however_often_it_comes(ports: Ports) -> None:
    event = await a_mail_received(MAIL, ports)
    once, twice = [await read_mail(event, ports=ports) for _ in range(2)]
    assert [one.event_id for one in once] == [one.event_id for one in twice]
    first, again = once[0], twice[0]
    assert isinstance(first, ContributionRead)
    assert isinstance(again, ContributionRead)
    assert words_of(first) == words_of(again)
    for one in (*once[1:], *twice[1:]):  # each opens with the object that it names
        assert isinstance(one, AttachmentFound)
        assert await content_of(one, ports)


async def test_a_higher_revision_gives_other_ids(ports: Ports, tmp_path: Path) -> None:
    event = await a_mail_received(MAIL, ports)
    later = ports_at(tmp_path, children=ports.children, revision=2)
    once, twice = await read_mail(event, ports=ports), await read_mail(event, ports=later)
    assert not {one.event_id for one in once} & {one.event_id for one in twice}


async def test_an_identical_message_id_with_another_body_is_another_mail(ports: Ports) -> None:
    head = b"From: sam@example.net\r\nMessage-ID: <same@example.net>\r\n\r\n"
    first, second = [(await read(ports, head + words))[0] for words in (b"the first", b"the second")]
    assert [*words_of(first).values(), *words_of(second).values()] == ["the first", "the second"]
    assert first.event_id != second.event_id


async def test_two_mails_of_one_contribution_have_numbers_of_their_own(ports: Ports) -> None:
    event = await a_mail_received(MAIL, ports, numbers=(1, 2))
    answers = await read_mail(event, ports=ports)
    numbers = [
        part.number
        for one in answers
        for part in (one.words if isinstance(one, ContributionRead) else (one.part,))
    ]
    assert len(numbers) == len(set(numbers)) == 10
    assert min(numbers) == 3


async def test_two_hundred_attachments_are_two_hundred_parts(ports: Ports) -> None:
    first, found = await read(ports, many_attachments(200))
    assert first.attachments == len(found) == 200
    assert len({one.part.number for one in found}) == 200
    assert len({one.part.object.key for one in found if one.part.object}) == 200
    assert {one.part.kind for one in found} == {PartKind.PICTURE}


@pytest.mark.parametrize("name", ["an attribution that never ends", "a megabyte in one line"])
async def test_the_longest_mail_fits_into_an_event(ports: Ports, name: str) -> None:
    many = b", ".join(b"Name %d <n%d@example.org>" % (n, n) for n in range(1_500))
    raw = b"Cc: " + many + b"\r\n" + READ[name][0]() + b"\r\n> a\r\nb\r\n" * 200_000
    first, found = await read(ports, raw)
    assert first.outcome is Outcome.WORDS
    assert len(first.model_dump_json()) < LARGEST
    assert {one.part.media_type for one in found} == {"text/plain"}


# What nobody can read is said, and a person told; it is no error.


async def test_a_mail_that_does_not_open_is_unreadable(ports: Ports) -> None:
    event = await a_mail_received(MAIL, ports)
    moved = event.model_copy(
        update={"context": event.context.model_copy(update={"contribution_id": uuid4()})}
    )
    (answer,) = await read_mail(moved, ports=ports)
    assert isinstance(answer, ContributionRead)
    assert (answer.outcome, answer.reason) == (Outcome.UNREADABLE, "bound_elsewhere")


@pytest.mark.parametrize(
    "answer",
    [
        {"outcome": "words", "words": [{"place": "body", "words": 7}]},
        {"outcome": "words", "words": [{"place": "body", "words": "x" * 200_001}]},
        {
            "outcome": "words",
            "attachments": [{"kind": "picture", "media_type": "image/png; name=x", "content": b"x"}],
        },
        {"outcome": "words", "language": "not a language"},
        {"outcome": "words", "reason": "Sam said: help"},
        {"outcome": "words", "words": [{"place": "body", "words": "x" * 190_000}] * 50},
        {"outcome": "words", "signatures": [{"domain": "a b", "name": "x"}]},
        {"outcome": "words", "automatic": "who knows"},
    ],
)
async def test_what_a_child_should_not_say_is_not_believed(tmp_path: Path, answer: dict[str, object]) -> None:
    first, found = await read(ports_at(tmp_path, children=Answers(answer)), MAIL)
    assert (first.outcome, first.reason) == (Outcome.UNREADABLE, "rubbish")
    assert (first.words, found) == ((), [])


async def test_a_child_that_dies_leaves_an_answer(tmp_path: Path) -> None:
    died = Answers({"outcome": "unreadable", "reason": "child_died"})
    first, _ = await read(ports_at(tmp_path, children=died), MAIL)
    assert (first.outcome, first.reason, first.automatic) == (Outcome.UNREADABLE, "child_died", False)
    assert first.authenticated == "none"  # so nothing is answered


async def test_an_object_that_is_not_there_yet_comes_later(ports: Ports) -> None:
    event = await a_mail_received(MAIL, ports)
    (part,) = event.parts
    assert part.object
    await ports.objects.remove([part.object.key])
    with pytest.raises(Retryable):
        await read_mail(event, ports=ports)


async def test_a_store_that_is_away_is_waited_for(ports: Ports, tmp_path: Path) -> None:
    event = await a_mail_received(MAIL, ports)
    tmp_path.rename(tmp_path.with_name("elsewhere"))
    with pytest.raises(Unavailable):
        await read_mail(event, ports=ports)


# Who signed it.

KEY = generate_private_key(65537, 2048)
PRIVATE = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
)


def record() -> str:
    import base64

    public = KEY.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}"


def signed(raw: bytes, domain: bytes = b"example.net", **options: object) -> bytes:
    return bytes(dkim.sign(raw, b"one", domain, PRIVATE, **options)) + raw


SENT_BY = b"Return-Path: <sam@example.net>\r\n"
"""Our SMTP server notes the envelope's sender above the mail; a signature covers what was sent."""


PLAIN = HEAD + b"\r\nI like it here.\r\n"
KNOWN = {
    f"one._domainkey.{domain}": record() for domain in ("example.net", "other.example", "mail.example.net")
}

SIGNED = [
    ("not signed", PLAIN, "none"),
    ("signed by the author's domain", signed(PLAIN), "pass"),
    ("words changed", signed(PLAIN).replace(b"like", b"hate"), "fail"),
    ("the author changed", signed(PLAIN).replace(b"sam@", b"pam@"), "fail"),
    ("signed by somebody else", signed(PLAIN, b"other.example"), "none"),
    ("signed by somebody else, and by the author", signed(signed(PLAIN), b"other.example"), "pass"),
    ("signed below the author's domain", signed(PLAIN, b"mail.example.net"), "none"),
    ("nobody knows the key", signed(PLAIN, b"gone.example"), "none"),
    ("only the beginning is signed", signed(PLAIN, length=True) + b"and more", "none"),
    ("two authors", b"From: eve@example.net\r\n" + signed(PLAIN), "fail"),
    ("a signature that is none", b"DKIM-Signature: v=1; d=example.net; s=one; b=!!\r\n" + PLAIN, "fail"),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "wanted"), [one[1:] for one in SIGNED], ids=[one[0] for one in SIGNED])
async def test_a_mail_is_authenticated_by_the_domain_of_its_author(
    tmp_path: Path, raw: bytes, wanted: str
) -> None:
    made = Children()
    try:
        first, _ = await read(ports_at(tmp_path, children=made, resolver=Records(KNOWN)), SENT_BY + raw)
    finally:
        await made.close()
    assert first.authenticated == wanted
    assert first.outcome is Outcome.WORDS


async def test_only_the_key_that_a_mail_names_is_asked_for(ports: Ports) -> None:
    records = Records(KNOWN)
    asking = replace(ports, resolver=records)
    for raw, asked in ((PLAIN, []), (signed(PLAIN), ["one._domainkey.example.net"])):
        records.asked.clear()
        await read(asking, SENT_BY + raw)
        assert records.asked == asked


async def test_records_can_be_noted_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_text('{"one._domainkey.example.net": "v=DKIM1; p=x"}')
    assert await Noted(path).text("one._domainkey.Example.NET.") == "v=DKIM1; p=x"
    assert await Noted(path).text("two._domainkey.example.net") is None
    path.write_text("[]")
    assert await Noted(path).text("one._domainkey.example.net") is None
    assert await Noted(tmp_path / "no such file").text("one") is None


async def test_a_dns_that_does_not_answer_is_no_key() -> None:
    dns = Dns(0.2)
    assert await dns.text("one._domainkey.example.invalid") is None
    assert await dns.text("..") is None


class _Broken:
    """A defect of ours, while a mail is being read."""

    async def read(self, task: str, clear: bytes, options: object) -> dict[str, object]:
        raise ZeroDivisionError("words of somebody")


async def test_a_defect_of_ours_is_read_with_a_reason_and_so_is_what_kills_us(tmp_path: Path) -> None:
    broken = ports_at(tmp_path, children=_Broken())
    event = await a_mail_received(MAIL, broken, numbers=(1, 2))
    for told in (await read_mail(event, ports=broken), await give_up(event, ports=broken)):
        said = [one for one in told if isinstance(one, ContributionRead)]
        assert [(one.part, one.outcome, one.reason) for one in said] == [
            (1, Outcome.UNREADABLE, "defect"),
            (2, Outcome.UNREADABLE, "defect"),
        ]
        assert [one.event_id for one in said] == [output_of("reader", event.event_id, n, 1) for n in (1, 2)]
