"""Takes any mail over SMTP and keeps it; says over HTTP what arrived at an address, and takes orders for faults."""

import asyncio
import contextlib
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default
from typing import Any, Final

from aiosmtpd.smtp import SMTP
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

STEPS: Final = ("connect", "sender", "recipient", "data", "end")


@dataclass
class Kept:
    """One mail that we were handed. `sender` is the envelope's: empty when nobody may be answered."""

    sender: str
    to: list[str]
    raw: bytes

    def shown(self) -> dict[str, Any]:
        mail = message_from_bytes(self.raw, policy=default)
        body = mail.get_body(("plain",))
        return {
            "sender": self.sender,
            "to": self.to,
            "headers": {name: str(value) for name, value in mail.items()},
            "words": body.get_content().strip() if body else "",
        }


@dataclass
class Mailbox:
    """What arrived, and which faults are ordered: (step, answer), the answer empty for a cut connection."""

    kept: list[Kept] = field(default_factory=list)
    faults: list[tuple[str, str]] = field(default_factory=list)
    asked: int = 0
    kept_before_cut: bool = True

    def connection(self) -> asyncio.Protocol:
        self.asked += 1
        return _Connection(self)

    def at(self, address: str) -> list[Kept]:
        return [one for one in self.kept if address.lower() in [to.lower() for to in one.to]]

    def fault(self, step: str) -> str | None:
        """The fault of this step, if it is the next that was ordered."""
        if self.faults and self.faults[0][0] == step:
            return self.faults.pop(0)[1]
        return None

    async def serve(self, port: int) -> asyncio.Server:
        return await asyncio.get_running_loop().create_server(self.connection, "127.0.0.1", port)

    def app(self) -> Starlette:
        async def mail(request: Request) -> Response:
            return JSONResponse([one.shown() for one in self.at(request.path_params["address"])])

        async def everything(_: Request) -> Response:
            return JSONResponse([one.shown() for one in self.kept])

        async def faults(request: Request) -> Response:
            said = await request.json()
            assert said["step"] in STEPS
            self.faults += [(said["step"], said.get("answer", ""))] * said.get("times", 1)
            return JSONResponse({"ordered": len(self.faults)})

        async def clear(_: Request) -> Response:
            self.kept.clear()
            self.faults.clear()
            return JSONResponse({})

        return Starlette(
            routes=[
                Route("/_stand-in/mail/{address}", mail),
                Route("/_stand-in/mail", everything),
                Route("/_stand-in/faults", faults, methods=["POST"]),
                Route("/_stand-in/clear", clear, methods=["POST"]),
            ]
        )


class _Connection(SMTP):
    def __init__(self, box: Mailbox) -> None:
        self._box = box
        super().__init__(self, hostname="mailbox.example.org", loop=asyncio.get_running_loop(), timeout=60)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if self._box.fault("connect") is not None:
            self.cut()

    def cut(self) -> None:
        if isinstance(self.transport, asyncio.Transport):
            self.transport.abort()

    async def _met(self, step: str) -> str | None:
        """The answer that was ordered for this step; a cut connection is cut, and hears nothing."""
        answer = self._box.fault(step)
        if answer == "":
            self.cut()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.Event().wait(), 5)
        return answer

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return await self._met("sender") or "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if answer := await self._met("recipient"):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        if answer := await self._met("data"):
            await self.push(answer)
            return
        await super().smtp_DATA(arg)

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        sender = "" if envelope.mail_from == "<>" else envelope.mail_from
        mail = Kept(sender, list(envelope.rcpt_tos), bytes(envelope.content))
        fault = self._box.faults[0] if self._box.faults else ("", "")
        if fault[0] != "end":
            self._box.kept.append(mail)
        elif fault[1] == "":
            self._box.kept.append(mail)  # taken, and the answer is lost
        return await self._met("end") or "250 OK"
