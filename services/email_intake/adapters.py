"""SMTP, as `aiosmtpd` speaks it, but for the mail itself: that goes to the disk as it comes, sealed."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Final

from aiosmtpd.smtp import SMTP, syntax

from services.email_intake.rules import END, NULL_SENDER, Envelope, Ours, Undot, ours
from services.email_intake.settings import Settings
from shared.messaging.intake import Intake, NothingTakesIt
from shared.messaging.parcels import Packing, Parcel
from shared.messaging.spool import SpoolFull
from shared.telemetry import log

BLOCK: Final = 64 * 1024
GRACE: Final = 10.0
_PATIENCE: Final = 4  # times the limit: whoever goes on sending after that is cut off
_COUNTED: Final = ("421", "451", "452", "550", "552")

ACCEPTED: Final = "250 2.0.0 We have it"
NO_ROOM: Final = "452 4.3.1 No room at the moment, please try again later"
TOO_BIG: Final = "552 5.3.4 The message is too big"
NOT_NOW: Final = "451 4.3.0 Not accepted at the moment, please try again later"
MALFORMED: Final = "553 5.1.7 The address is malformed"
NOT_OURS: Final = "550 5.1.1 No such address here"
TOO_MANY_TO: Final = "452 4.5.3 Too many recipients"
TOO_MANY: Final = "421 4.7.0 Too many connections, please try again later"
TOO_SLOW: Final = "421 4.4.2 The message did not come in time"
LEAVING: Final = "421 4.3.2 We are closing for a moment, please try again"


@dataclass(frozen=True, slots=True)
class Mail:
    """A whole mail, sealed on this disk. `sha256` is of its bytes as they came, without our own line on top."""

    envelope: Envelope
    parcel: Parcel
    sha256: str = field(repr=False)
    peer: str = field(repr=False)


@dataclass
class Doors:
    """All connections of one server, and what they have on the way. `take` accepts a mail that came whole."""

    intake: Intake
    settings: Settings
    take: Callable[[Mail], Awaitable[object]]
    open: "set[Door]" = field(default_factory=set)
    bytes_in_flight: int = 0
    port: int = 0
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    async def serve(self) -> None:
        """Listen until cancelled; then let those mails come to their end that have been sent whole."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            self.connection, self.settings.host, self.settings.port, backlog=512
        )
        self.port = server.sockets[0].getsockname()[1]
        log.info("smtp_listens", port=self.port)
        try:
            await asyncio.Event().wait()
        finally:
            server.close()
            await self._leave()

    def connection(self) -> asyncio.Protocol:
        """A door for whoever comes; or, when there are too many, a word and the way out."""
        if len(self.open) >= self.settings.connections:
            return _Full(self)
        return Door(self)

    def room_for(self, size: int) -> bool:
        """Whether a mail of that size may be begun. A mail whose size nobody said is begun if any other may be."""
        if self.bytes_in_flight + size > self.settings.in_flight:
            return False
        return self.intake.has_room(size)

    def begin(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Do something to its end, whether or not the other side still listens."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _leave(self) -> None:
        for door in list(self.open):
            door.leave()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=GRACE)
            await asyncio.sleep(0.05)  # for the answers
        for door in list(self.open):
            door.cut()


class _Full(asyncio.Protocol):
    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(f"{TOO_MANY}\r\n".encode())
        transport.close()
        self._doors.begin(self._doors.intake.refuse(421))


class Door(SMTP):
    """One connection."""

    line_length_limit = BLOCK

    def __init__(self, doors: Doors) -> None:
        self._doors, self._accepting, self._size, self._to = doors, False, 0, list[Ours]()
        super().__init__(
            self,
            data_size_limit=doors.settings.size_limit,
            enable_SMTPUTF8=True,
            hostname=doors.settings.domains[0],
            ident="ESMTP",
            timeout=doors.settings.idle,
            command_call_limit=doors.settings.commands,
            loop=asyncio.get_running_loop(),
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._doors.open.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._doors.open.discard(self)
        super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        if self._accepting:
            self._reset_timeout()  # whoever sends is not idle; `data_within` bounds the whole
        super().data_received(data)

    def leave(self) -> None:
        """Say that we go, unless a mail is being taken in: that is answered first."""
        if self.transport is not None and not self._accepting:
            self._writer.write(f"{LEAVING}\r\n".encode())
            self.transport.close()

    def cut(self) -> None:
        if self.transport is not None:
            self.transport.close()

    async def push(self, status: Any) -> None:
        """Answer; a refusal is counted, without a word of what was refused."""
        code = status[:3] if isinstance(status, str) else bytes(status[:3]).decode("ascii", "replace")
        if code in _COUNTED:
            await self._doors.intake.refuse(int(code))
        await super().push(status)

    async def handle_exception(self, error: Exception) -> str:
        """A fault of ours is never a final no, and quotes nobody."""
        log.error("smtp_failed", exc_info=error)
        return NOT_NOW

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        declared = [int(one[5:]) for one in options if one.startswith("SIZE=") and one[5:].isdecimal()]
        self._size, self._to = (declared[0] if declared else 0), []
        if any(not one.isprintable() for one in address if one.isascii()):
            return MALFORMED
        if not self._doors.room_for(self._size):
            return NO_ROOM
        envelope.mail_from = address
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        settings = self._doors.settings
        known = ours(address, settings.domains, settings.local_parts)
        if known is None:
            return NOT_OURS
        if known not in self._to:
            if len(self._to) >= settings.recipients:
                return TOO_MANY_TO
            self._to.append(known)
            envelope.rcpt_tos.append(known.address)
        return "250 2.1.5 OK"

    @syntax("DATA")
    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        """Take a mail in: sealed to the disk as it comes, then accepted, then answered."""
        assert self.envelope is not None and self.session is not None
        if await self.check_helo_needed():
            return
        if not self.envelope.rcpt_tos:
            await self.push("503 Error: need RCPT command")
            return
        if arg:
            await self.push("501 Syntax: DATA")
            return
        if not self._doors.room_for(self._size):
            self._set_post_data_state()
            await self.push(NO_ROOM)
            return
        sender = "" if self.envelope.mail_from == NULL_SENDER else str(self.envelope.mail_from)
        envelope = Envelope(sender, tuple(self._to))
        peer = str(self.session.peer[0]) if isinstance(self.session.peer, tuple) else str(self.session.peer)
        try:
            taking = Taking(self._doors, envelope, self._size)
        except SpoolFull:
            self._set_post_data_state()
            await self.push(NO_ROOM)
            return
        self._accepting = True
        try:
            await self.push("354 End data with <CR><LF>.<CR><LF>")
            if await self._data(taking):
                # Whole: from here on it is done to its end, even if the other side goes away.
                await self.push(await asyncio.shield(self._doors.begin(taking.accept(peer))))
            elif self.transport is not None:
                await self.push(taking.refusal or TOO_SLOW)
                if taking.refusal is None or taking.endless:
                    self.transport.close()
        finally:
            self._accepting = False
            taking.end()
            self._set_post_data_state()

    async def _data(self, taking: "Taking") -> bool:
        """Read to the end of the mail; True when all of it was taken in."""
        # The end may stand in the first line, so the reader is shown the end of the line before it.
        self._reader._buffer[:0] = b"\r\n"  # type: ignore[attr-defined]
        undot = Undot()
        try:
            async with asyncio.timeout(self._doors.settings.data_within):
                while True:
                    try:
                        piece = await self._reader.readuntil(END)
                    except asyncio.LimitOverrunError as more:
                        taking.feed(undot.feed(await self._reader.read(more.consumed)))
                        if taking.endless:
                            return False
                    else:
                        taking.feed(undot.last(piece[: 2 - len(END)]))
                        return taking.refusal is None
        except TimeoutError:
            return False

    async def smtp_AUTH(self, arg: str) -> None:  # noqa: N802
        """Nobody has an account here."""
        await self.push("502 5.5.1 Not implemented")

    async def smtp_VRFY(self, arg: str) -> None:  # noqa: N802
        """Nobody is told which addresses there are."""
        await self.push("252 2.5.0 Send it, and we will see")

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        try:
            return super()._getaddr(arg)
        except (IndexError, ValueError, AttributeError):  # the standard library's parser, at odd addresses
            return None, None


class Taking:
    """One mail on its way in. What is refused is read to its end all the same, and kept nowhere."""

    def __init__(self, doors: Doors, envelope: Envelope, declared: int) -> None:
        self._doors, self._envelope = doors, envelope
        self._packing: Packing | None = doors.intake.parcels.begin()
        self._sha256, self.size = hashlib.sha256(), 0
        self._counted = declared
        doors.bytes_in_flight += declared
        self.refusal: str | None = None
        self._accepting = False
        self._seal(envelope.return_path)

    @property
    def endless(self) -> bool:
        return self.size > _PATIENCE * self._doors.settings.size_limit

    def feed(self, clear: bytes) -> None:
        self.size += len(clear)
        if self.refusal:
            return
        if self.size > self._counted:
            self._doors.bytes_in_flight += self.size - self._counted
            self._counted = self.size
        if self.size > self._doors.settings.size_limit:
            self._refuse(TOO_BIG)
        elif self._doors.bytes_in_flight > self._doors.settings.in_flight:
            self._refuse(NO_ROOM)
        else:
            self._sha256.update(clear)
            self._seal(clear)

    def accept(self, peer: str) -> Coroutine[Any, Any, str]:
        """Make it durable and accepted; gives the answer. From now on nobody takes it away."""
        packing, self._packing, self._accepting = self._packing, None, True
        assert packing is not None
        return self._accept(packing, peer)

    async def _accept(self, packing: Packing, peer: str) -> str:
        try:
            parcel = await asyncio.to_thread(packing.finish)
            mail = Mail(self._envelope, parcel, self._sha256.hexdigest(), peer)
            await self._doors.take(mail)
        except SpoolFull:
            return NO_ROOM
        except NothingTakesIt:
            return NOT_NOW
        finally:
            self._accepting = False
            self.end()
        return ACCEPTED

    def end(self) -> None:
        """Nothing of it is on the way any more. What was not sent whole is kept nowhere."""
        if self._accepting:
            return
        if self._packing is not None:
            self._packing.abandon()
            self._packing = None
        self._doors.bytes_in_flight -= self._counted
        self._counted = 0

    def _refuse(self, why: str) -> None:
        self.refusal = why
        self.end()

    def _seal(self, clear: bytes) -> None:
        assert self._packing is not None
        try:
            self._packing.feed(clear)
        except SpoolFull:
            self._packing = None  # nothing of it is left
            self._refuse(NO_ROOM)
