"""Whether a mail is its author's own: signed by their domain, and sent so that an answer goes to them."""

import base64
from functools import cache

import dkim
import pytest
from cryptography.hazmat.primitives import serialization as s
from cryptography.hazmat.primitives.asymmetric import rsa

from services.reader.rules.mail.headers import split
from services.reader.rules.mail.signed import verify

MAIL = b"From: Sam <sam@example.net>\r\nTo: review@review.example.org\r\nSubject: hi\r\n\r\nhello\r\n"
NAME = "one._domainkey.example.net"


@cache
def key() -> tuple[bytes, str]:
    made = rsa.generate_private_key(65537, 2048)
    private = made.private_bytes(s.Encoding.PEM, s.PrivateFormat.TraditionalOpenSSL, s.NoEncryption())
    public = made.public_key().public_bytes(s.Encoding.DER, s.PublicFormat.SubjectPublicKeyInfo)
    return private, f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}"


def signed(mail: bytes, domain: bytes = b"example.net") -> bytes:
    return bytes(
        dkim.sign(mail, b"one", domain, key()[0], include_headers=[b"from", b"to", b"subject"]) + mail
    )


@pytest.mark.parametrize(
    ("path", "verdict"),
    [
        (b"<sam@example.net>", "pass"),
        (b"<Sam@EXAMPLE.net>", "pass"),
        (b"<bounce-1@mail.example.net>", "pass"),
        (b"<victim@example.com>", "fail"),
        (b"<victim@notexample.net>", "fail"),
        (b"<victim@net>", "fail"),
        (b"<>", "fail"),
        (b"", "fail"),
        (b"<victim@example.com>\r\nReturn-Path: <sam@example.net>", "fail"),
        (b"<sam@example.net>\r\nReturn-Path: <victim@example.com>", "pass"),
    ],
)
def test_an_answer_goes_to_the_domain_that_signed_or_nowhere(path: bytes, verdict: str) -> None:
    raw = b"Return-Path: " + path + b"\r\n" + signed(MAIL)
    assert verify(raw, {"keys": {NAME: key()[1]}})["authenticated"] == verdict


def test_a_mail_that_came_without_an_envelope_is_nobodys() -> None:
    assert verify(signed(MAIL), {"keys": {NAME: key()[1]}})["authenticated"] == "fail"


def test_what_was_changed_on_its_way_does_not_count() -> None:
    raw = b"Return-Path: <sam@example.net>\r\n" + signed(MAIL).replace(b"hello", b"hullo")
    assert verify(raw, {"keys": {NAME: key()[1]}})["authenticated"] == "fail"


def test_the_mark_of_an_old_mailbox_below_our_own_line_is_no_header() -> None:
    raw = b"Return-Path: <a@example.net>\r\nFrom sam Tue Nov 24\r\nSubject: hi\r\n\r\nhello"
    headers, at = split(raw, 0, len(raw))
    assert (headers.text("subject"), raw[at:]) == ("hi", b"hello")
