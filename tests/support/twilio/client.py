"""Talk to the stand-in, and start it.

How a service points the real client at it. `twilio` 9.13 has no setting for another host: region and edge only
change labels of it, `client.api.base_url` covers one product, and next pages and media carry their own addresses.
What covers everything is the `http_client` argument of `twilio.rest.Client`: the one object through which every
request goes, with its absolute address and its credentials. `shared.twilio.Door` is ours: it takes addresses at
https://api.twilio.com alone, swaps that for the configured base, and follows no redirect, so the credentials reach
one host. A service needs no more than its settings:

    twilio = Twilio(account, key, secret, stage=settings.stage, base_url=settings.twilio_url)

and its environment, in a demo or a test: `stage=demo`, `twilio_url=http://127.0.0.1:PORT` (the stand-in's `url`).
Two traps: `messages.list()` WITHOUT a limit follows next pages for ever when a server goes on naming one; and
environment={} would be replaced by os.environ, whose TWILIO_REGION changes the host.

`running(...)` blocks. In an async test whose webhook is served by the same loop, ask through `StandIn` instead,
or the webhook waits for the loop that waits for the webhook.
"""

import json
import subprocess
import sys
import tempfile
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import httpx

from tests.support.twilio.sign import ACCOUNT, OUR_NUMBER, SENDER, TOKEN

ROOT = Path(__file__).parents[3]
Call = tuple[str, str, dict[str, Any] | None]
PATIENCE = 60.0  # a webhook may take 15 s, and its fallback as long


def _inbound(
    body: str,
    sender: str,
    to: str | None,
    sid: str | None,
    media: Sequence[tuple[str, bytes]],
    extra: Mapping[str, str] | None,
    repeat: int,
) -> Call:
    attached = [{"content_type": kind, "base64": b64encode(content).decode()} for kind, content in media]
    said = {"from": sender, "to": to, "body": body, "sid": sid, "media": attached}
    return "POST", "/inbound", said | {"extra": dict(extra or {}), "repeat": repeat}


def _call(sender: str, sound: bytes | None, said: Mapping[str, Any]) -> Call:
    spoken = {"base64": b64encode(sound).decode()} if sound is not None else {}
    return "POST", "/calls", {"from": sender, **spoken, **said}


def _fault(kind: str, times: int, accepted: bool | None) -> Call:
    chosen = {} if accepted is None else {"accepted": accepted}
    return "POST", "/faults", {"kind": kind, "times": times} | chosen


def _webhook(url: str, public_url: str, fallback: str, overrides: str, number: str | None) -> Call:
    said = {"url": url, "public_url": public_url, "fallback": fallback, "overrides": overrides}
    return "POST", "/webhook", said | ({"number": number} if number else {})


class StandIn:
    """The stand-in, from async code. Leave with `async with`, or `aclose`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = httpx.AsyncClient(base_url=f"{url}/_stand-in", trust_env=False, timeout=PATIENCE)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        await self._http.aclose()

    async def ask(self, method: str, path: str, said: dict[str, Any] | None = None) -> Any:
        """Use any control route."""
        return _checked(await self._http.request(method, path, json=said))

    async def inbound(
        self,
        body: str,
        *,
        sender: str = SENDER,
        to: str | None = None,
        sid: str | None = None,
        media: Sequence[tuple[str, bytes]] = (),
        extra: Mapping[str, str] | None = None,
        repeat: int = 0,
    ) -> dict[str, Any]:
        """Let somebody text us; `media` are (content type, bytes). Answers sid, tries, repeats, status, opt_out."""
        return dict(await self.ask(*_inbound(body, sender, to, sid, media, extra, repeat)))

    async def call(self, sound: bytes | None = None, *, sender: str = SENDER, **said: Any) -> dict[str, Any]:
        """Let somebody call us and say `sound` (nothing: silence); `keys`, `hangs_up`, `sid`: see `Calls`.

        Answers sid, heard, dialled, recording, record, statuses, reports, ended.
        """
        return dict(await self.ask(*_call(sender, sound, said)))

    async def sent(self) -> list[dict[str, Any]]:
        """What we and the provider sent, oldest first, as Twilio's API describes messages."""
        return list(await self.ask("GET", "/sent"))

    async def phone(self, number: str) -> list[dict[str, Any]]:
        """What arrived on a phone, oldest first."""
        return list(await self.ask("GET", f"/phone/{number}"))

    async def switch(self, number: str, *, reachable: bool) -> None:
        """Switch a phone on or off; texts to one that is off end as undelivered."""
        await self.ask("POST", f"/phone/{number}", {"reachable": reachable})

    async def fault(self, kind: str, *, times: int = 1, accepted: bool | None = None) -> None:
        """Spoil the next creates: 429, 500, 503, hang or drop. Only a drop is sent, unless `accepted` says so."""
        await self.ask(*_fault(kind, times, accepted))

    async def set_webhook(
        self,
        url: str,
        *,
        public_url: str = "",
        fallback: str = "",
        overrides: str = "",
        number: str | None = None,
    ) -> None:
        """Post texts there from now on: all, or one number's. An empty address: nowhere."""
        await self.ask(*_webhook(url, public_url, fallback, overrides, number))

    async def settings(self, **chosen: Any) -> None:
        """latency, settle, pause in seconds; redirect_media=True; words={"STOP": ...}."""
        await self.ask("POST", "/settings", chosen)

    async def deliveries(self) -> list[dict[str, Any]]:
        """Every webhook and callback that was tried."""
        return list(await self.ask("GET", "/deliveries"))

    async def clear(self) -> None:
        await self.ask("POST", "/clear")


class Running:
    """The stand-in, from blocking code."""

    def __init__(self, url: str, account: str, token: str, numbers: Sequence[str]) -> None:
        self.url, self.account, self.token, self.numbers = url, account, token, tuple(numbers)
        self._http = httpx.Client(base_url=f"{url}/_stand-in", trust_env=False, timeout=PATIENCE)

    def close(self) -> None:
        self._http.close()

    def ask(self, method: str, path: str, said: dict[str, Any] | None = None) -> Any:
        """Use any control route."""
        return _checked(self._http.request(method, path, json=said))

    def inbound(
        self,
        body: str,
        *,
        sender: str = SENDER,
        to: str | None = None,
        sid: str | None = None,
        media: Sequence[tuple[str, bytes]] = (),
        extra: Mapping[str, str] | None = None,
        repeat: int = 0,
    ) -> dict[str, Any]:
        """See `StandIn.inbound`."""
        return dict(self.ask(*_inbound(body, sender, to, sid, media, extra, repeat)))

    def call(self, sound: bytes | None = None, *, sender: str = SENDER, **said: Any) -> dict[str, Any]:
        """See `StandIn.call`."""
        return dict(self.ask(*_call(sender, sound, said)))

    def sent(self) -> list[dict[str, Any]]:
        """See `StandIn.sent`."""
        return list(self.ask("GET", "/sent"))

    def phone(self, number: str) -> list[dict[str, Any]]:
        """See `StandIn.phone`."""
        return list(self.ask("GET", f"/phone/{number}"))

    def switch(self, number: str, *, reachable: bool) -> None:
        """See `StandIn.switch`."""
        self.ask("POST", f"/phone/{number}", {"reachable": reachable})

    def fault(self, kind: str, *, times: int = 1, accepted: bool | None = None) -> None:
        """See `StandIn.fault`."""
        self.ask(*_fault(kind, times, accepted))

    def set_webhook(
        self,
        url: str,
        *,
        public_url: str = "",
        fallback: str = "",
        overrides: str = "",
        number: str | None = None,
    ) -> None:
        """See `StandIn.set_webhook`."""
        self.ask(*_webhook(url, public_url, fallback, overrides, number))

    def settings(self, **chosen: Any) -> None:
        """See `StandIn.settings`."""
        self.ask("POST", "/settings", chosen)

    def deliveries(self) -> list[dict[str, Any]]:
        """See `StandIn.deliveries`."""
        return list(self.ask("GET", "/deliveries"))

    def clear(self) -> None:
        self.ask("POST", "/clear")


@contextmanager
def running(
    *,
    account: str = ACCOUNT,
    token: str = TOKEN,
    webhook: str = "",
    numbers: Sequence[str] = (OUR_NUMBER,),
    options: Sequence[str] = (),
) -> Iterator[Running]:
    """Start the stand-in as a process of its own; it ends with the block, and with us if we are killed."""
    with tempfile.TemporaryDirectory() as folder:
        secret = Path(folder) / "token"
        secret.write_text(token)
        secret.chmod(0o600)
        command = [sys.executable, "-m", "tests.support.twilio", "--token-file", str(secret)]
        command += ["--account", account, *options, *(["--webhook", webhook] if webhook else [])]
        command += ["--numbers", *numbers]
        with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as started:
            try:
                assert started.stdout is not None
                ready = started.stdout.readline()
                if not ready:
                    raise RuntimeError("the stand-in for Twilio did not start")
                asked = Running(json.loads(ready)["url"], account, token, numbers)
                try:
                    yield asked
                finally:
                    asked.close()
            finally:
                started.terminate()


def _checked(answer: httpx.Response) -> Any:
    if answer.is_error:
        raise AssertionError(f"the stand-in for Twilio: {answer.status_code} {answer.text}")
    return answer.json()
