"""What tests and the demo tell the stand-in, under /_stand-in: people, phones and faults."""

import asyncio
import io
import wave
from base64 import b64decode
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any
from xml.etree import ElementTree

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.support.twilio.calls import Calls
from tests.support.twilio.sign import Form, a_recording, a_status, a_text, an_sid
from tests.support.twilio.state import (
    API,
    FAULTS,
    Fault,
    Media,
    Message,
    Recording,
    State,
    Webhook,
    Wrong,
    bare,
    drama,
)
from tests.support.twilio.webhooks import deliver

Said = dict[str, Any]


class Control:
    def __init__(self, state: State) -> None:
        self.state = state
        self._running: set[asyncio.Task[None]] = set()
        self._calls = Calls(state, self._begin)

    def routes(self) -> list[Route]:
        table: list[tuple[str, str, Callable[[Request, Said], Awaitable[Any]]]] = [
            ("POST", "/inbound", self.inbound),
            ("POST", "/calls", self.call),
            ("GET", "/sent", self.sent),
            ("GET", "/deliveries", self.deliveries),
            ("POST", "/faults", self.fault),
            ("POST", "/settings", self.settings),
            ("POST", "/clear", self.clear),
            ("POST", "/webhook", self.set_webhook),
            ("POST", "/routes", self.set_routes),
            ("POST", "/deliver", self.deliver_any),
            ("POST", "/recordings", self.recording),
            ("GET", "/phone/{number}", self.phone),
            ("POST", "/phone/{number}", self.mark_phone),
        ]
        return [Route("/_stand-in" + path, _json(answer), methods=[method]) for method, path, answer in table]

    async def inbound(self, _: Request, said: Said) -> Said:
        """Let somebody send us a text; with `repeat`, the same webhook comes that many times more.

        With `whatsapp` it comes by WhatsApp, under the display name that it says ("" for none).
        """
        sender, to = drama(said["from"]), said.get("to") or self.state.numbers[0]
        if to not in self.state.numbers:
            raise Wrong(400, 21606, f"{to} is not a number of this account")
        more = dict(said.get("extra") or {})
        if (named := said.get("whatsapp")) is not None:
            more |= {"ProfileName": str(named), "WaId": sender[1:], "ChannelPrefix": "whatsapp"}
            sender, to = f"whatsapp:{sender}", f"whatsapp:{to}"
        media = tuple(
            Media(item["content_type"], b64decode(item["base64"])) for item in said.get("media") or ()
        )
        message = self.state.messages.get(said.get("sid") or "") or self.state.add(
            sender,
            to,
            said.get("body", ""),
            "inbound",
            sid=said.get("sid"),
            media=media,
            service=self.state.service,
        )
        opt_out = self.state.receive(message) if bare(sender) == sender else None
        form = a_text(
            message.body,
            sid=message.sid,
            sender=sender,
            to=to,
            account=self.state.account,
            messaging_service=self.state.service,
            opt_out=opt_out,
            media=[(self._media_url(message, item), item.content_type) for item in message.media.values()],
            **more,
        )
        webhook = self.state.webhook_of(to)
        if webhook is None:
            return {"sid": message.sid, "tries": [], "status": None, "opt_out": opt_out, "answer": ""}
        tries, answer = await deliver(self.state, webhook, form)
        if opt_out is None:
            await self._reply(message, answer)
        repeats = [(await deliver(self.state, webhook, form))[0] for _ in range(int(said.get("repeat") or 0))]
        return {
            "sid": message.sid,
            "tries": tries,
            "repeats": repeats,
            "status": (repeats or [tries])[-1][-1]["status"],
            "opt_out": opt_out,
            "answer": answer,
        }

    def _media_url(self, message: Message, item: Media) -> str:
        return f"https://api.twilio.com/{API}/Accounts/{self.state.account}/Messages/{message.sid}/Media/{item.sid}"

    async def _reply(self, message: Message, twiml: str) -> None:
        """Send what a service answers in TwiML, if it does."""
        try:
            answered = ElementTree.fromstring(twiml).iter("Message") if twiml else ()  # noqa: S314 (our own service's)
        except ElementTree.ParseError:
            return
        for words in answered:
            body = "".join(words.itertext())
            reply = self.state.add(
                message.to, message.sender, body, "outbound-reply", service=self.state.service
            )
            await self.settle(reply)

    async def settle(self, message: Message) -> None:
        """Bring a message to its phone, now or later, and tell whoever asked to be told."""
        if not self.state.settle:
            self.state.settle_now(message)
        if self.state.settle or message.callback:
            self._begin(self._settle_later(message))

    def _begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def call(self, _: Request, said: Said) -> Said:
        return await self._calls.call(said)

    async def _settle_later(self, message: Message) -> None:
        await self._tell(message, "queued")
        await asyncio.sleep(self.state.settle)
        self.state.settle_now(message)
        await self._tell(message, "sent")
        await self._tell(message, message.status)

    async def _tell(self, message: Message, status: str) -> None:
        if message.callback:
            extra = {"ErrorCode": "30003"} if status == "undelivered" else {}
            if message.service:
                extra["MessagingServiceSid"] = message.service
            form = a_status(
                status,
                sid=message.sid,
                to=message.to,
                sender=message.sender,
                account=self.state.account,
                **extra,
            )
            await deliver(self.state, Webhook(message.callback), form)

    async def sent(self, _: Request, __: Said) -> list[Said]:
        return [self.state.json(m) for m in self.state.messages.values() if m.direction != "inbound"]

    async def deliveries(self, _: Request, __: Said) -> list[Said]:
        return self.state.deliveries

    async def fault(self, _: Request, said: Said) -> Said:
        kind = str(said["kind"])
        if kind not in FAULTS:
            raise Wrong(400, 20001, f"a fault is one of {sorted(FAULTS)}")
        accepted = bool(said.get("accepted", kind == "drop"))
        self.state.faults.append(Fault(kind, int(said.get("times", 1)), accepted))
        return {"faults": len(self.state.faults)}

    async def settings(self, _: Request, said: Said) -> Said:
        for name in ("latency", "settle", "pause", "recording_delay", "report_after"):
            setattr(self.state, name, float(said.get(name, getattr(self.state, name))))
        for name in ("redirect_media", "report_first"):
            setattr(self.state, name, bool(said.get(name, getattr(self.state, name))))
        self.state.words.update(said.get("words") or {})
        return {
            name: getattr(self.state, name)
            for name in ("latency", "settle", "pause", "redirect_media", "words")
        }

    async def clear(self, _: Request, __: Said) -> Said:
        self.state.clear()
        return {}

    async def set_webhook(self, _: Request, said: Said) -> Said:
        number = said.pop("number", None)
        webhook = Webhook(**said) if said.get("url") else None
        if number is None:
            self.state.webhook = webhook
        elif webhook is None:
            self.state.webhooks.pop(number, None)
        else:
            self.state.webhooks[drama(number)] = webhook
        return {}

    async def set_routes(self, _: Request, said: Said) -> Said:
        self.state.routes = {public.rstrip("/"): served.rstrip("/") for public, served in said.items()}
        return {}

    async def deliver_any(self, _: Request, said: Said) -> Said:
        """Sign and deliver any form: calls, recording callbacks, whatever a test makes up."""
        hook = Webhook(said["url"], said.get("public_url", ""), overrides=said.get("overrides", ""))
        tries, answer = await deliver(self.state, hook, _form(said["fields"]))
        return {"tries": tries, "status": tries[-1]["status"], "answer": answer}

    async def recording(self, _: Request, said: Said) -> Said:
        """Keep a recording; with `callback`, tell that address about it as Twilio does."""
        seconds = int(said.get("seconds", 2))
        content = b64decode(said["base64"]) if said.get("base64") else silence(seconds)
        recording = Recording(content, seconds, said.get("call_sid") or an_sid("CA"))
        recording.sid = said.get("sid") or recording.sid
        self.state.recordings[recording.sid] = recording
        fields = a_recording(
            said.get("status", "completed"),
            sid=recording.sid,
            call_sid=recording.call_sid,
            account=self.state.account,
            seconds=seconds,
        )
        told: Said = {"sid": recording.sid, "call_sid": recording.call_sid, "tries": [], "status": None}
        if said.get("callback"):
            hook = Webhook(said["callback"], said.get("public_callback", ""))
            told["tries"], _answer = await deliver(self.state, hook, fields + _form(said.get("extra") or {}))
            told["status"] = told["tries"][-1]["status"]
        return told

    async def phone(self, request: Request, _: Said) -> list[Said]:
        return [self.state.json(m) for m in self.state.texts_of(drama(request.path_params["number"]))]

    async def mark_phone(self, request: Request, said: Said) -> Said:
        self.state.phones[drama(request.path_params["number"])] = bool(said.get("reachable", True))
        return {}


def _form(fields: Any) -> Form:
    pairs = fields.items() if isinstance(fields, dict) else fields
    return [(str(name), str(value)) for name, value in pairs]


def _json(answer: Callable[[Request, Said], Awaitable[Any]]) -> Callable[[Request], Awaitable[Response]]:
    async def respond(request: Request) -> Response:
        try:
            said = await request.json() if await request.body() else {}
            return JSONResponse(await answer(request, said))
        except Wrong as wrong:
            return JSONResponse({"error": wrong.message}, wrong.status)
        except (KeyError, TypeError, ValueError) as exc:
            return JSONResponse({"error": f"{type(exc).__name__}: {exc}"}, 400)

    return respond


def silence(seconds: int) -> bytes:
    """A WAV as Twilio makes them: 8 kHz, 16 bit, one channel."""
    content = io.BytesIO()
    with wave.open(content, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"\0\0" * 8000 * seconds)
    return content.getvalue()
