"""Every mail of three collections of awkward ones is answered, and says what Python's own reader finds in it."""

import email
import re
from collections import Counter
from collections.abc import AsyncIterator
from email.message import Message

import pytest

from services.reader.adapters.child import Children
from services.reader.rules.mail import parse
from services.reader.rules.mail.charsets import text_of
from services.reader.rules.mail.html import text_of_html
from tests.support.corpus import BOUNCES, MAILMAN, PYTHON, NoMails, collection

FEWEST = {PYTHON: 45, BOUNCES: 80, MAILMAN: 10}
COLLECTIONS = [
    PYTHON,
    *(pytest.param(one, marks=pytest.mark.connected) for one in (BOUNCES, MAILMAN)),  # these are fetched
]
_ABOUT_THE_WAY = ("message/delivery-status", "message/disposition-notification", "message/external-body")
WORD = re.compile(r"\w{3,}")


def mails(name: str) -> list[tuple[str, bytes]]:
    try:
        return list(collection(name))
    except NoMails as none:
        if name == PYTHON:  # a distribution may leave it out; the others are fetched
            pytest.skip(str(none))
        raise


@pytest.fixture
async def children() -> AsyncIterator[Children]:
    made = Children()
    yield made
    await made.close()


@pytest.mark.parametrize("name", COLLECTIONS)
async def test_every_mail_of_a_collection_is_answered(children: Children, name: str) -> None:
    found = mails(name)
    assert len(found) >= FEWEST[name]
    outcomes: Counter[str] = Counter()
    for _, raw in found:
        answer = await children.read("mail", raw, {})
        assert answer["outcome"] in ("words", "no_words"), answer
        outcomes[answer["outcome"]] += 1
    assert outcomes["words"] >= 0.95 * len(found)
    assert children.state()["mail"] in ("confined", "limited")


@pytest.mark.parametrize("name", COLLECTIONS)
def test_what_pythons_reader_finds_is_said(name: str) -> None:
    """An oracle: each word in a text that the standard library finds stands among our words, or in what hangs on it."""
    for which, raw in mails(name):
        answer = parse(raw, {})
        ours = " ".join([answer["subject"], *(one["words"] for one in answer["words"])]).lower()
        hung = [text_of(one["content"]).lower() for one in answer["attachments"]]
        known = set(WORD.findall(" ".join([ours, *hung])))
        theirs = [
            word for text in texts(email.message_from_bytes(raw)) for word in WORD.findall(text.lower())
        ]
        lacking = [word for word in theirs if word not in known]
        assert len(lacking) <= 0.02 * len(theirs), which


def texts(message: Message) -> list[str]:
    if message.get_content_type() in _ABOUT_THE_WAY:
        return []
    if message.is_multipart():
        return [text for part in message.get_payload() if isinstance(part, Message) for text in texts(part)]
    if message.get_content_type() not in ("text/plain", "text/html"):
        return []
    payload = message.get_payload(decode=True)
    try:
        charset = message.get_content_charset() or ""
    except (LookupError, UnicodeError):
        charset = ""
    text = text_of(payload, charset) if isinstance(payload, bytes) else ""
    return [text_of_html(text) if message.get_content_subtype() == "html" else text]


@pytest.mark.connected
def test_notes_from_mail_servers_are_seen_to_be_automatic() -> None:
    seen = [parse(raw, {})["automatic"] for _, raw in mails(BOUNCES)]
    assert sum(seen) >= 0.8 * len(seen), f"{sum(seen)} of {len(seen)}"
