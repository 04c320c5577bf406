"""A real SMTP server of ours over a real spool, with Kafka away; and mail to send to it, from invented people."""

import asyncio
import contextlib
import smtplib
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from services.email_intake.adapters import Doors, Mail
from services.email_intake.handlers import Ports, digest_of, on_mail, received
from services.email_intake.rules import Envelope, Ours
from services.email_intake.settings import Settings
from shared.contracts.events import ContributionReceived
from shared.contracts.topics import Topic
from shared.messaging.edge import Edge
from shared.messaging.intake import Intake
from shared.messaging.parcels import Parcel
from shared.settings import CommonSettings
from shared.storage.folder import FolderObjects
from shared.vault.objects import open_object
from shared.vault.stream import seal_whole
from tests.support.events import NOW
from tests.support.keys import keys_of

DOMAIN = "review.example.org"
OURS = f"review@{DOMAIN}"
SENDER = "Sam.W@example.net"
T = TypeVar("T")
CLIENTS = ThreadPoolExecutor(64, thread_name_prefix="clients")
"""Their own: the server under test uses the loop's threads for its disk."""


def a_mail(
    words: str = "hello", *, message_id: str = "<one@example.net>", subject: str = "what i think"
) -> bytes:
    return (
        f"From: Sam <{SENDER}>\r\nTo: {OURS}\r\nSubject: {subject}\r\nMessage-ID: {message_id}\r\n\r\n{words}\r\n"
    ).encode()


class Mailroom:
    """The server, and what a test asks of it."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        told = {"domains": DOMAIN, "port": 0, "answer_within": 0.02, "least_free": 0, **settings}
        own = Settings(**told)
        common = CommonSettings(state=folder, kafka=("127.0.0.1:1",), objects=str(folder / "incoming"))
        keys = keys_of("email_intake")
        self.objects = FolderObjects.open(folder / "incoming")
        self.intake = Intake(
            "email_intake",
            Topic.EMAIL_RECEIVED,
            common,
            lambda: NOW,
            objects=self.objects,
            least_free=own.least_free,
        )
        edge = Edge.of(keys)
        ports = Ports(self.intake, edge, lambda: NOW, own.answer_within)
        self.doors = Doors(self.intake, own, partial(on_mail, ports=ports))

    @property
    def port(self) -> int:
        return self.doors.port

    async def smtp(self, ask: Callable[[smtplib.SMTP], T]) -> T:
        """Ask something over one connection, as any client would."""

        def run() -> T:
            with smtplib.SMTP(
                "127.0.0.1", self.port, local_hostname="client.example.net", timeout=20
            ) as client:
                client.ehlo()
                return ask(client)

        return await asyncio.get_running_loop().run_in_executor(CLIENTS, run)

    async def send(self, raw: bytes, *, sender: str = SENDER, to: tuple[str, ...] = (OURS,)) -> int:
        """Send a mail byte for byte; gives the answer to its end, or the first that was a no."""

        def one(client: smtplib.SMTP) -> int:
            for command in (f"MAIL FROM:<{sender}>", *(f"RCPT TO:<{address}>" for address in to), "DATA"):
                code, _ = client.docmd(command)
                if code >= 400:
                    return code
            client.send(dotted(raw) + b".\r\n")
            return client.getreply()[0]

        return await self.smtp(one)

    async def raw(self, *pieces: bytes, wait: float = 0.3, last: float | None = None) -> bytes:
        """Write bytes as they are, one piece after the other; gives everything that was answered."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        said = b""
        for number, piece in enumerate(pieces, 1):
            writer.write(piece)
            with contextlib.suppress(ConnectionError):
                await writer.drain()
            said += await heard_within(reader, wait if number < len(pieces) or last is None else last)
        writer.close()
        return said

    def events(self) -> list[ContributionReceived]:
        """What is in the spool, whether or not its objects are in the store."""
        rows = self.intake.spool._read.execute("select value from row order by id").fetchall()
        return [ContributionReceived.model_validate_json(value) for (value,) in rows]

    def clear(self, event: ContributionReceived) -> bytes:
        """The mail as the reader gets it."""
        (part,) = event.parts
        assert part.object is not None
        sealed = self.intake.parcels.read(part.object.key)
        return open_object(
            keys_of("reader").opener, event.context, part.number, part.digest, part.object, sealed
        )

    def mails(self) -> list[bytes]:
        return [self.clear(event).partition(b"\r\n")[2] for event in self.events()]

    def kept(self) -> list[str]:
        """What lies beside the spool."""
        return sorted(path.name for path in self.intake.parcels.folder.iterdir())

    def is_empty(self) -> bool:
        """Nothing was accepted, nothing is left of it, and nothing is on its way."""
        return (self.events(), self.kept(), self.doors.bytes_in_flight) == ([], [], 0)

    def refused(self) -> dict[int, int]:
        return {row["status"]: row["n"] for row in self.intake.spool.refused()}


@asynccontextmanager
async def mailroom(folder: Path, **settings: Any) -> AsyncIterator[Mailroom]:
    made = Mailroom(folder, **settings)
    serving = asyncio.create_task(made.doors.serve())
    while not made.doors.port:
        await asyncio.sleep(0.005)
        if serving.done():
            serving.result()
    try:
        yield made
    finally:
        serving.cancel()
        await asyncio.wait({serving})
        made.intake.spool.close()
        made.objects.close()


def dotted(raw: bytes) -> bytes:
    """As it goes over the wire: line ends whole, a second dot at the start of a line."""
    return (b"\r\n" + raw).replace(b"\r\n.", b"\r\n..")[2:] + (
        b"" if raw.endswith(b"\r\n") or not raw else b"\r\n"
    )


async def heard_within(reader: asyncio.StreamReader, seconds: float) -> bytes:
    said = b""
    try:
        async with asyncio.timeout(seconds):
            while got := await reader.read(65536):
                said += got
    except (TimeoutError, ConnectionError):
        pass
    return said


def a_mail_received(
    sender: str = SENDER, *, at: datetime = NOW, raw: bytes = b"hello\r\n"
) -> ContributionReceived:
    """What `email_intake` makes of a mail, sealed under the test keys; its object is kept nowhere."""
    keys = keys_of("email_intake")
    edge = Edge.of(keys)
    envelope = Envelope(sender, (Ours(OURS),))
    key, sealed, digest = seal_whole([envelope.return_path, raw])
    size = len(envelope.return_path) + len(raw)
    parcel = Parcel(f"incoming/{uuid4().hex}", key, size, len(sealed), digest)
    mail = Mail(envelope, parcel, sha256(raw).hexdigest(), "192.0.2.1")
    return received(mail, uuid4(), at, digest_of(mail, edge.digest_key), edge=edge)
