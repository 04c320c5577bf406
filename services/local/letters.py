"""Invented mail from an invented domain, which signs it (DKIM) so that it counts as its sender's."""

import base64
import json
import mimetypes
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256
from pathlib import Path
from typing import Final, Self

import dkim
from cryptography.hazmat.primitives import serialization as s
from cryptography.hazmat.primitives.asymmetric import rsa

from services.local.home import Home
from services.local.plan import MAIL_DOMAIN, invented_dns
from services.local.trouble import CannotHave
from shared.files import write_whole

INVENTED: Final = "example.net"
"""Whoever writes to a demo writes from here; the domain is kept free for examples."""

SELECTOR: Final = "demo"
_SIGNED: Final = [b"from", b"to", b"subject", b"date", b"message-id", b"mime-version", b"content-type"]


@dataclass(frozen=True, slots=True)
class Signer:
    """The key of the invented domain, made anew for each home."""

    key: bytes = field(repr=False)

    @classmethod
    def of(cls, home: Home) -> Self:
        """The key of this home; made, with its DNS record beside it, when there is none yet."""
        path = home.path / "invented-domain.pem"
        if not path.exists() or not invented_dns(home).exists():
            made = rsa.generate_private_key(65537, 2048)
            pem = made.private_bytes(s.Encoding.PEM, s.PrivateFormat.TraditionalOpenSSL, s.NoEncryption())
            public = made.public_key().public_bytes(s.Encoding.DER, s.PublicFormat.SubjectPublicKeyInfo)
            record = f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}"
            write_whole(invented_dns(home), json.dumps({f"{SELECTOR}._domainkey.{INVENTED}": record}))
            write_whole(path, pem.decode())
        return cls(path.read_bytes())

    def signed(self, raw: bytes) -> bytes:
        present = {line.partition(b":")[0].lower() for line in raw.partition(b"\r\n\r\n")[0].split(b"\r\n")}
        covered = [name for name in _SIGNED if name in present]
        return bytes(
            dkim.sign(raw, SELECTOR.encode(), INVENTED.encode(), self.key, include_headers=covered) + raw
        )


@dataclass(frozen=True, slots=True)
class Attached:
    """A file in a mail."""

    name: str
    content: bytes = field(repr=False)
    kind: str = "application/octet-stream"

    @classmethod
    def of(cls, path: Path) -> Self:
        """A file of this machine.

        Raises:
            CannotHave: when it cannot be read.
        """
        try:
            content = path.read_bytes()
        except OSError:
            raise CannotHave(f"{path} cannot be read.") from None
        return cls(path.name, content, mimetypes.guess_type(path.name)[0] or "application/octet-stream")


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail. `sender` is the address in `From` and of the envelope; `returns` is another one of the envelope."""

    sender: str
    subject: str
    words: str
    files: tuple[Attached, ...] = ()
    name: str = ""
    event: str = ""
    html: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    forwarded: "Letter | None" = None
    returns: str | None = None
    signed: bool = True
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def to(self) -> str:
        return f"review{'+' if self.event else ''}{self.event}@{MAIL_DOMAIN}"

    @property
    def envelope(self) -> str:
        return self.sender if self.returns is None else self.returns

    def raw(self, signer: Signer | None = None) -> bytes:
        """The mail as it goes over the wire; signed by its domain if it is to be."""
        raw = self._message().as_bytes()
        return signer.signed(raw) if signer and self.signed else raw

    def _message(self) -> EmailMessage:
        mail = EmailMessage(policy=SMTP)
        mail["From"] = f'"{self.name}" <{self.sender}>' if self.name else self.sender
        mail["To"], mail["Subject"], mail["Date"] = self.to, self.subject, format_datetime(self.at)
        for name, value in self.headers:
            mail[name] = value
        if "Message-ID" not in mail:
            known_by = sha256(f"{self.sender}{self.subject}{self.words}{self.at}".encode()).hexdigest()[:32]
            mail["Message-ID"] = f"<{known_by}@{INVENTED}>"
        mail.set_content(self.words)
        if self.html:
            mail.add_alternative(self.html, subtype="html")
        for file in self.files:
            main, _, sub = file.kind.partition("/")
            mail.add_attachment(file.content, maintype=main, subtype=sub, filename=file.name)
        if self.forwarded:
            mail.add_attachment(self.forwarded._message())
        return mail
