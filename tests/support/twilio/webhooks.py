"""Signed webhooks, tried again as Twilio does: connect 5 s, read 15 s, 15 s in all, then the fallback address."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit, urlunsplit

import httpx

from tests.support.twilio.sign import Form, changed, encoded, signed
from tests.support.twilio.state import State, Webhook

LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})
OVERRIDES = "rc=4&rp=5xx,ct,rt"  # five tries in all; a webhook's own fragment or overrides win


@dataclass(frozen=True)
class Patience:
    """Twilio's connection overrides, in seconds: see "Webhooks: connection overrides"."""

    tries: int
    policy: frozenset[str]
    connect: float
    read: float
    total: float

    @classmethod
    def of(cls, overrides: str) -> "Patience":
        """Read a fragment; what it leaves out is Twilio's default.

        >>> Patience.of("rc=9&rp=all&tt=60000").tries, Patience.of("").tries, Patience.of("tt=99999").total
        (6, 2, 15.0)
        """
        given = {name: values[-1] for name, values in parse_qs(overrides).items()}
        policy = frozenset(given.get("rp", "ct").split(","))

        def seconds(name: str, most: float) -> float:
            return min(int(given.get(name, most * 1000)) / 1000, most)

        return cls(
            tries=1 + min(int(given.get("rc", 1)), 5),
            policy=frozenset({"4xx", "5xx", "ct", "rt"}) if "all" in policy else policy,
            connect=seconds("ct", 10.0 if "ct" in given else 5.0),
            read=seconds("rt", 15.0),
            total=seconds("tt", 15.0),
        )


async def deliver(state: State, webhook: Webhook, form: Form) -> tuple[list[dict[str, Any]], str]:
    """Post one form until it is taken; the tries, and the answer's words."""
    overrides = webhook.overrides or urlsplit(webhook.public_url).fragment or urlsplit(webhook.url).fragment
    patience = Patience.of(overrides or OVERRIDES)
    tries, words = await _attempts(state, webhook.url, webhook.public_url, form, patience)
    if webhook.fallback and not _taken(tries):
        told = changed(form, ErrorCode="11200", ErrorUrl=webhook.public_url.partition("#")[0])
        more, words = await _attempts(state, webhook.fallback, webhook.public_fallback, told, patience)
        tries += more
    state.deliveries.append({"form": form, "tries": tries, "status": tries[-1]["status"]})
    return tries, words


def _taken(tries: list[dict[str, Any]]) -> bool:
    return bool(tries) and tries[-1]["status"] is not None and tries[-1]["status"] < 400


async def _attempts(
    state: State, url: str, public_url: str, form: Form, patience: Patience
) -> tuple[list[dict[str, Any]], str]:
    end = time.monotonic() + patience.total
    headers, body = signed(public_url, form, state.token), encoded(form)
    tries: list[dict[str, Any]] = []
    for _ in range(patience.tries):
        left = end - time.monotonic()
        if tries and left <= 0:
            break
        status, failure, words = await _once(local(state, url), headers, body, patience, left)
        tries.append({"url": url.partition("#")[0], "status": status, "error": failure})
        if failure not in patience.policy:
            return tries, words
        await asyncio.sleep(min(state.pause, max(end - time.monotonic(), 0)))
    return tries, ""


async def _once(
    url: str | None, headers: dict[str, str], body: bytes, patience: Patience, left: float
) -> tuple[int | None, str | None, str]:
    """One try: its status, how it failed (4xx, 5xx, ct, rt, or not), the words of the answer."""
    if url is None:
        return None, "ct", ""
    limits = httpx.Timeout(min(patience.read, left), connect=min(patience.connect, left))
    try:
        async with (
            asyncio.timeout(left),
            httpx.AsyncClient(trust_env=False, timeout=limits, verify=False) as client,  # noqa: S501 (loopback)
        ):
            answer = await client.post(url, content=body, headers=headers)
    except (httpx.ConnectError, httpx.ConnectTimeout):
        return None, "ct", ""
    except (httpx.TransportError, TimeoutError):
        return None, "rt", ""
    failure = f"{answer.status_code // 100}xx" if answer.status_code >= 400 else None
    return answer.status_code, failure, answer.text


def local(state: State, url: str) -> str | None:
    """Where on this machine an address is served; nothing for any other: the stand-in never leaves it."""
    parts = urlsplit(url.partition("#")[0])
    origin = f"{parts.scheme}://{parts.netloc}"
    known = dict(state.routes)
    for webhook in filter(None, (state.webhook, state.voice, *state.webhooks.values())):
        for public, served in (
            (webhook.public_url, webhook.url),
            (webhook.public_fallback, webhook.fallback),
        ):
            if public and served:
                known.setdefault(_origin(public), _origin(served))
    if parts.hostname in LOCAL:
        return urlunsplit(parts)
    if origin not in known or urlsplit(known[origin]).hostname not in LOCAL:
        return None
    return known[origin] + urlunsplit(("", "", parts.path, parts.query, ""))


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
