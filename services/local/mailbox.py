"""Mail on this machine: what is sent to Heard over SMTP, and the stand-in that keeps what Heard sends."""

import smtplib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from services.email_intake.rules import Envelope, ours
from services.local.home import Home
from services.local.loopback import client
from services.local.plan import MAIL_DOMAIN
from services.local.standin import playing
from shared.contracts.ids import mail as id_of


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Talks to the stand-in's control routes."""

    url: str

    @classmethod
    @contextmanager
    def running(cls, home: Home, ports: Mapping[str, int]) -> Iterator["Mailbox"]:
        """Start it, and stop it at the end.

        Raises:
            CannotHave: outside a checkout, where there is none.
        """
        arguments = ["--port", str(ports["mailbox"]), "--smtp-port", str(ports["mailbox_smtp"])]
        with playing("mailbox", "The mailbox", home, arguments) as url:
            yield cls(url)

    def at(self, address: str) -> list[dict[str, Any]]:
        """The mails that arrived at an address: the envelope's sender, the headers, the words."""
        answer = client().get(f"{self.url}/_stand-in/mail/{address}", timeout=10)
        answer.raise_for_status()
        return list(answer.json())

    def ask(self, method: str, path: str, **body: Any) -> Any:
        answer = client().request(method, f"{self.url}/_stand-in/{path}", json=body or None, timeout=30)
        answer.raise_for_status()
        return answer.json()


@dataclass(frozen=True, slots=True)
class Posted:
    """What a mail was answered, and the contribution that it is when it was taken."""

    code: int
    contribution_id: UUID


def post(port: int, raw: bytes, *, sender: str, to: str, size: int | None = None) -> Posted:
    """Send a mail to Heard, byte for byte, as a mail server would; `size` is what it says of it, if not the truth."""
    with smtplib.SMTP("127.0.0.1", port, local_hostname="mail.example.net", timeout=120) as client:
        client.ehlo()
        for command in (
            f"MAIL FROM:<{sender}> SIZE={len(raw) if size is None else size}",
            f"RCPT TO:<{to}>",
            "DATA",
        ):
            code, _ = client.docmd(command)
            if code >= 400:
                break
        else:
            client.send(dotted(raw))
            code, _ = client.getreply()
    return Posted(code, contribution_of(raw, sender, to))


def contribution_of(raw: bytes, sender: str, to: str) -> UUID:
    """The contribution that `email_intake` makes of a mail to one of our addresses."""
    known = ours(to, (MAIL_DOMAIN,), ("review",))
    envelope = Envelope(sender, (known,) if known else ())
    return id_of(envelope.identity, sha256(whole(raw)).hexdigest())


def whole(raw: bytes) -> bytes:
    """As it arrives: its last line has an end."""
    return raw if raw.endswith(b"\r\n") or not raw else raw + b"\r\n"


def dotted(raw: bytes) -> bytes:
    """As it goes over the wire: a second dot at the start of a line, and one alone at the end."""
    return (b"\r\n" + whole(raw)).replace(b"\r\n.", b"\r\n..")[2:] + b".\r\n"
