"""What we say by mail, byte for byte, and what becomes of it when a mail server is difficult; over real SMTP."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from services.replies.adapters.mails import Mails, Server
from services.replies.rules import Security, Slip
from services.replies.settings import Settings
from shared.errors import HeardError, Rejected, Unavailable
from shared.helplines import helplines
from shared.settings import Stage
from shared.templates import template
from shared.twilio import Unknown
from tests.support.events import NOW
from tests.support.mailbox.server import Mailbox

OURS, SAM = "review@review.example.org", "sam.w@example.net"
SLIP = Slip(SAM, OURS)
WITHIN = timedelta(minutes=5)
WORDS = template("acknowledgement", Stage.TEST, helplines()).words
SUBJECT = template("acknowledgement_subject", Stage.TEST, helplines()).words
ID = UUID("6f1d2a54-94a4-4d0e-9a39-3f1d1c6e7a01")


class Out:
    """Our sender, and the mailbox that it hands everything to."""

    def __init__(self, box: Mailbox, port: int) -> None:
        self.box, self.port = box, port
        self.mails = self.with_server()

    def with_server(self, port: int | None = None, security: Security = Security.NONE) -> Mails:
        server = Server("127.0.0.1", port or self.port, security, patience=0.5)
        return Mails(server, OURS, SUBJECT, lambda: NOW, lambda: ID)

    async def send(self, address: str = SAM, words: str = WORDS) -> str:
        return await self.mails.send(Slip(address, OURS), words, within=WITHIN)


@pytest.fixture
async def out() -> AsyncIterator[Out]:
    box = Mailbox()
    server = await box.serve(0)
    try:
        yield Out(box, server.sockets[0].getsockname()[1])
    finally:
        server.close()


async def test_the_acknowledgement_is_this_and_nothing_more(out: Out) -> None:
    assert await out.send() == f"{ID}@review.example.org"
    [kept] = out.box.kept
    assert (kept.sender, kept.to) == ("", [SAM])
    mail = message_from_bytes(kept.raw, policy=default)
    assert dict(mail.items()) == {
        "From": OURS,
        "To": SAM,
        "Subject": "Thank you for your message",
        "Date": "Tue, 24 Nov 2026 20:00:00 +0000",
        "Message-ID": f"<{ID}@review.example.org>",
        "Auto-Submitted": "auto-replied",
        "X-Auto-Response-Suppress": "All",
        "MIME-Version": "1.0",
        "Content-Type": 'text/plain; charset="utf-8"',
        "Content-Transfer-Encoding": "quoted-printable",
    }
    assert mail.get_content().strip() == WORDS
    assert max(map(len, kept.raw.splitlines())) <= 78


def test_what_others_may_see_says_nothing_of_what_it_is_about() -> None:
    assert not re.search(
        r"care|abuse|safe|child|social|review|foster|harm|famil|report|help|concern|government", SUBJECT, re.I
    )


async def test_dots_and_other_alphabets_arrive_as_they_are(out: Out) -> None:
    words = ".a dot\n..\n.\nDziękujemy za wiadomość. \U0001f49a\n" + "x" * 2000
    await out.send(words=words)
    mail = message_from_bytes(out.box.kept[0].raw, policy=default)
    assert mail.get_content().replace("\r\n", "\n").strip() == words


@pytest.mark.parametrize(
    ("step", "answer", "error", "reason"),
    [
        ("connect", "", Unavailable, "smtp_not_reached"),
        ("sender", "", Unavailable, "smtp_not_reached"),
        ("sender", "451 later", Unavailable, "smtp_sender_not_now"),
        ("sender", "550 no null sender here", Unavailable, "smtp_sender_not_now"),
        ("recipient", "", Unavailable, "smtp_not_reached"),
        ("recipient", "450 greylisted", Unavailable, "smtp_recipient_not_now"),
        ("recipient", "550 no such person", Rejected, "smtp_recipient_refused"),
        ("data", "", Unavailable, "smtp_not_reached"),
        ("data", "421 closing", Unavailable, "smtp_mail_not_now"),
        ("data", "554 no", Rejected, "smtp_mail_refused"),
        ("end", "", Unknown, "smtp_no_answer"),
        ("end", "451 later", Unavailable, "smtp_mail_not_now"),
        ("end", "554 no", Rejected, "smtp_mail_refused"),
    ],
)
async def test_only_a_sure_no_is_asked_again(
    out: Out, step: str, answer: str, error: type[HeardError], reason: str
) -> None:
    out.box.faults = [(step, answer)]
    with pytest.raises(error) as raised:
        await out.send()
    assert raised.value.reason == reason
    assert type(raised.value) is error
    assert len(out.box.kept) == (1 if error is Unknown else 0), "taken only where we cannot know"
    assert await out.mails.sent(SLIP, WORDS, NOW) is None, "there is no list to ask"
    assert await out.send()


async def test_nobody_there_and_nobody_who_answers(out: Out) -> None:
    with pytest.raises(Unavailable, match="smtp_not_reached"):
        await out.with_server(port=1).send(SLIP, WORDS, within=WITHIN)
    silent = await asyncio.start_server(lambda *_: asyncio.sleep(5), "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    with pytest.raises(Unavailable, match="smtp_not_reached"):
        await out.with_server(port=port).send(SLIP, WORDS, within=WITHIN)
    silent.close()


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
async def test_where_the_way_must_be_closed_nothing_goes_over_an_open_one(
    out: Out, security: Security
) -> None:
    with pytest.raises(Unavailable):
        await out.with_server(security=security).send(SLIP, WORDS, within=WITHIN)
    assert out.box.kept == []


@pytest.mark.parametrize(
    "address",
    [
        "", "sam", "@example.net", "sam@", "a@example.net,b@example.net", "a@example.net\r\nRCPT TO:<b@example.net>",
        "a@example.net> SIZE=1", "<a@example.net>", '"a b"@example.net', "zoë@example.net", "a@exämple.net",
        "a@example.net\n", "a\0b@example.net", "a b@example.net", "a@b@example.net", "x" * 65 + "@example.net",
    ],
)  # fmt: skip
async def test_an_odd_address_is_never_written_to(out: Out, address: str) -> None:
    with pytest.raises(Rejected, match="address_malformed"):
        await out.send(address)
    assert out.box.asked == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"smtp_host": "mail.example.org"},
        {"smtp_host": "mail.example.org", "mail_from": "us"},
        {"smtp_host": "mail.example.org", "mail_from": "a@example.org, b@example.org"},
        {"smtp_host": "mail.example.org", "mail_from": OURS, "smtp_security": "none"},
        {"smtp_host": "mail.example.org", "mail_from": OURS, "smtp_security": "some"},
    ],
)
def test_settings_that_would_send_in_the_open_or_from_nobody_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({"twilio_account": "AC1", **wrong})


def test_on_this_machine_the_way_may_be_open() -> None:
    told = {
        "smtp_host": "127.0.0.1",
        "mail_from": OURS,
        "smtp_security": "none",
        "own_domains": "A.org, b.org",
    }
    found = Settings.model_validate({"twilio_account": "AC1", **told})
    assert found.own_domains == ("a.org", "b.org")
