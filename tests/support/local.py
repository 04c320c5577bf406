"""A whole Heard for tests: real Kafka, real PostgreSQL, every service as a process, signed webhooks."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from services.local.found import Found
from services.local.home import Home
from services.local.loopback import client
from services.local.objects import Store
from services.local.plan import DRAMA, sms_url
from services.local.up import Local, up
from shared.settings import Stage
from tests.support.twilio.sign import Form, a_text, encoded, signed

QUICK = {
    "HEARD_RETRY_AFTER": "1",
    "HEARD_HEARTBEAT_EVERY": "5",
    "LEDGER_EVERY": "2",
}
"""Settings that make a test quick without making it another system."""


KEPT = ("HEARD_CACHE", "HEARD_PORTS")
"""Of the environment stays where fetched files lie, and which ports are this worker's."""

TEXTS = ("pager", "triage", "sms_intake", "anonymiser", "archive", "replies", "ledger")
"""The services that a text meets: enough for most tests, and quicker to start than all."""


@contextmanager
def heard(
    folder: Path,
    *,
    services: tuple[str, ...] = TEXTS,
    log_level: str = "INFO",
    stage: str = "test",
    brokers: int | None = None,
    objects: Store | None = None,
    **extra: str,
) -> Iterator[Local]:
    """The services that a text meets, or all of them (`SERVICES`), started and ready; `extra` are settings for all."""
    said: list[str] = []
    for name in [name for name in os.environ if name.startswith("HEARD_") and name not in KEPT]:
        del os.environ[name]
    with up(
        Home(folder),
        "only for tests",
        lambda who, what: said.append(f"{who} {what}"),
        stage=Stage(stage),
        extra={**QUICK, **extra},
        log_level=log_level,
        services=services,
        brokers=brokers,
        objects=objects,
    ) as local:
        until(lambda: all(is_ready(local, name) for name in services), 300, "every service is ready")
        yield local


def is_ready(local: Local, service: str) -> bool:
    return ask(local, service, "/ready") is not None


def ask(local: Local, service: str, path: str) -> dict[str, Any] | None:
    """A health route's answer, or None while it does not give one."""
    try:
        answer = client().get(f"http://127.0.0.1:{local.ports[service]}{path}", timeout=30)
    except httpx.HTTPError:
        return None
    return dict(answer.json()) if answer.status_code == 200 else None


def until(true: Callable[[], Any], seconds: float, what: str) -> Any:
    """Wait until something is true; generous, since the machine is shared."""
    end = time.monotonic() + seconds
    while not (found := true()):
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.1)
    return found


def balance(local: Local) -> dict[str, Any] | None:
    return ask(local, "ledger", "/balance")


def settled(local: Local, count: int, seconds: float = 180) -> dict[str, Any]:
    """Wait until that many contributions are accepted and none of them is in flight; gives the balance."""

    def whole() -> dict[str, Any] | None:
        found = balance(local)
        if not found:
            return None
        total = found["total"]
        done = total["accepted"] == count and not total["in_flight"] and not total["missing"]
        return found if done else None

    try:
        found: dict[str, Any] = until(whole, seconds, f"{count} contributions are accounted for")
    except AssertionError as late:
        raise AssertionError(f"{late}; the ledger says {balance(local)}") from None
    return found


@dataclass
class Sent:
    """What became of signed webhooks: the answers, and which message ids were answered with a 2xx."""

    statuses: Counter[int] = field(default_factory=Counter)
    accepted: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Texter:
    """Sends signed webhooks as Twilio does, and tries again what was not answered."""

    local: Local
    client: httpx.AsyncClient

    async def text(
        self, body: str, *, sender: str = "+447700900123", tries: int = 1, sid: str | None = None
    ) -> int:
        form = a_text(body, sender=sender, to=DRAMA["ours"], sid=sid)
        return await self.post(form, tries=tries)

    async def post(self, form: Form, *, tries: int = 1) -> int:
        url = sms_url(self.local.ports)
        token = self.local.keyring.secret("twilio_webhook").decode()
        status = 0
        for attempt in range(tries):
            try:
                answer = await self.client.post(url, content=encoded(form), headers=signed(url, form, token))
                status = answer.status_code
            except httpx.HTTPError:
                status = 0
            if 200 <= status < 300:
                return status
            if attempt + 1 < tries:
                await asyncio.sleep(0.5)
        return status

    async def many(self, forms: Sequence[Form], *, at_once: int = 16, tries: int = 1) -> Sent:
        """Send a list of forms, so many at a time."""
        sent, gate = Sent(), asyncio.Semaphore(at_once)

        async def one(form: Form) -> None:
            async with gate:
                status = await self.post(form, tries=tries)
            sent.statuses[status] += 1
            if 200 <= status < 300:
                sent.accepted.append(dict(form)["MessageSid"])

        await asyncio.gather(*map(one, forms))
        return sent


@asynccontextmanager
async def texter(local: Local) -> AsyncIterator[Texter]:
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=32)
    async with httpx.AsyncClient(timeout=15, limits=limits) as client:
        yield Texter(local, client)


def found(local: Local) -> Found:
    return Found(local.home, local.home.status())


def sender(number: int) -> str:
    """One of Ofcom's numbers for drama, none of which is ours or a duty lead's."""
    return f"+447700900{200 + number % 800:03d}"


def counts(balance: Mapping[str, Any]) -> dict[str, int]:
    return {name: int(value) for name, value in balance["total"].items() if isinstance(value, int)}
