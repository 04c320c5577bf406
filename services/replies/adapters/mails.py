"""Answers by mail: handed to our own mail server, under no sender, so that nothing ever comes back to it.

A mail server has no list that could be asked: what was handed over and not acknowledged stays unknown, and is not
sent again.
"""

import asyncio
import re
import smtplib
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final
from uuid import UUID

from services.replies.rules import Security, Slip
from shared.clock import Clock
from shared.errors import Rejected, Unavailable
from shared.twilio import Unknown

_ADDRESS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9.-]{1,255}")
_AT_ONCE: Final = 16


@dataclass(frozen=True, slots=True)
class Server:
    """The mail server that sends for us. `patience` is how long each of its answers may take, in seconds."""

    host: str
    port: int
    security: Security
    username: str = ""
    password: str = field(default="", repr=False)
    patience: float = 5.0


@dataclass(frozen=True, slots=True)
class Mails:
    """A `Sender`: one mail an answer, `From` one address of ours, to the address that the mail came from."""

    server: Server
    sender: str
    subject: str
    now: Clock
    new_id: Callable[[], UUID]
    _pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="smtp"), repr=False
    )

    async def send(self, slip: Slip, words: str, *, within: timedelta) -> str:
        if not _ADDRESS.fullmatch(slip.address):
            raise Rejected("address_malformed")
        message_id = f"{self.new_id()}@{self.sender.rpartition('@')[2]}"
        raw = composed(self.sender, slip.address, self.subject, words, self.now(), message_id)
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._pool, _hand_over, self.server, self.sender, slip.address, raw)
        return message_id

    async def sent(self, slip: Slip, words: str, since: datetime) -> str | None:
        return None


def composed(sender: str, to: str, subject: str, words: str, at: datetime, message_id: str) -> bytes:
    """The whole mail: these headers and no others, and nothing of what was written to us."""
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    mail["Date"], mail["Message-ID"] = format_datetime(at), f"<{message_id}>"
    mail["Auto-Submitted"] = "auto-replied"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(words)
    return mail.as_bytes()


def _hand_over(server: Server, sender: str, to: str, raw: bytes) -> None:
    """Hand one mail over.

    Raises:
        Unavailable: it surely was not taken.
        Rejected: it never will be.
        Unknown: it was sent whole, or may have been, and the answer is not known.
    """
    client: smtplib.SMTP | None = None
    try:
        try:
            client = _connected(server, sender)
            _ask(client, "MAIL FROM:<>", "sender")  # whatever bounces, bounces to nobody
            _ask(client, f"RCPT TO:<{to}>", "recipient")
            _ask(client, "DATA", "mail")
        except (OSError, smtplib.SMTPException):
            raise Unavailable("smtp_not_reached") from None
        try:
            client.send(_dotted(raw))
            code, _ = client.getreply()
        except (OSError, smtplib.SMTPException):
            raise Unknown("smtp_no_answer") from None
        _judge(code, "mail")
    finally:
        if client is not None:
            client.close()


def _connected(server: Server, sender: str) -> smtplib.SMTP:
    name = sender.rpartition("@")[2]  # not this machine's own name
    if server.security is Security.TLS:
        context = ssl.create_default_context()
        client: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, name, timeout=server.patience, context=context
        )
    else:
        client = smtplib.SMTP(server.host, server.port, name, timeout=server.patience)
    try:
        client.ehlo_or_helo_if_needed()
        if server.security is Security.STARTTLS:
            client.starttls(context=ssl.create_default_context())
            client.ehlo()
        if server.username:
            client.login(server.username, server.password)
    except BaseException:
        client.close()
        raise
    return client


def _ask(client: smtplib.SMTP, command: str, what: str) -> None:
    code, _ = client.docmd(command)
    _judge(code, what)


def _judge(code: int, what: str) -> None:
    """What the server said of the sender is about everybody; a final no to recipient or mail is about this one."""
    if 200 <= code < 400:
        return
    if code >= 500 and what != "sender":
        raise Rejected(f"smtp_{what}_refused")
    raise Unavailable(f"smtp_{what}_not_now")


def _dotted(raw: bytes) -> bytes:
    return (b"\r\n" + raw).replace(b"\r\n.", b"\r\n..")[2:] + b".\r\n"
