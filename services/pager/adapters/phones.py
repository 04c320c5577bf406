"""The ways out: a text through Twilio, a POST to a webhook. Neither ever raises: the answer says what is known."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

import httpx

from services.pager.rules.calls import Call
from shared.concerns.ladder import PEOPLE, Result, Whom
from shared.errors import HeardError, Rejected, Unavailable
from shared.telemetry import log

_WITHIN: Final = 20.0  # below ASKS, after which a ring counts as cut off

_LATELY: Final = timedelta(hours=1)
_MOST: Final = 3000  # one a minute for a day, and more
_LOST: Final = frozenset({"undelivered", "failed"})

Answer = tuple[Result, str | None]


class Texts(Protocol):
    """What we ask of `shared.twilio.Twilio`."""

    async def send(self, to: str, body: str, *, sender: str | None = None) -> str: ...

    async def sent_since(self, to: str, since: datetime, *, limit: int = 1000) -> Any: ...


@dataclass(slots=True)
class Ways:
    """What we know of each way out: None until it was tried; and of each phone, whether the last text arrived."""

    text: bool | None = None
    webhook: bool | None = None
    arrived: dict[Whom, bool] = field(default_factory=dict)

    def can_ring(self, *, webhook: bool) -> bool:
        lost = len(self.arrived) == len(PEOPLE) and not any(self.arrived.values())
        return (self.text is not False and not lost) or (webhook and self.webhook is not False)


@dataclass(slots=True)
class Phones:
    """Numbers by role; the numbers stand nowhere else."""

    texts: Texts
    sender: str = field(repr=False)
    numbers: Mapping[Whom, str] = field(repr=False)
    link: str
    webhook: str | None = field(default=None, repr=False)
    ways: Ways = field(default_factory=Ways)

    async def call(self, call: Call) -> Answer:
        """Ask the provider once."""
        if call.whom is Whom.WEBHOOK:
            answer = await self._post(call)
            self.ways.webhook = answer[0] is Result.SENT
        else:
            answer = await self._text(call)
            self.ways.text = answer[0] is Result.SENT
        if not self.can_ring:
            log.critical("cannot_ring", result=answer[0].value)
        return answer

    @property
    def can_ring(self) -> bool:
        return self.ways.can_ring(webhook=self.webhook is not None)

    async def check(self, now: datetime) -> None:
        """Ask Twilio what became of the last texts, so that wrong credentials or a dead phone are found early."""
        for whom, number in self.numbers.items():
            try:
                async with asyncio.timeout(_WITHIN):
                    last = await self.texts.sent_since(number, now - _LATELY, limit=_MOST)
            except Exception as error:
                self.ways.text = False
                log.critical("cannot_text", reason=_reason(error))
                return
            if last:
                self.ways.arrived[whom] = last[0].status not in _LOST
                if not self.ways.arrived[whom]:
                    log.critical("text_did_not_arrive", kind=whom.value)
        self.ways.text = True

    async def _text(self, call: Call) -> Answer:
        try:
            async with asyncio.timeout(_WITHIN):
                sid = await self.texts.send(self.numbers[call.whom], call.text(self.link), sender=self.sender)
        except Unavailable as error:
            return _failed(Result.UNAVAILABLE, error)
        except Rejected as error:
            return _failed(Result.REFUSED, error)
        except Exception as error:  # it may have gone out: it is tried again, rather twice than not at all
            return _failed(Result.UNKNOWN, error)
        return Result.SENT, sid[:64]

    async def _post(self, call: Call) -> Answer:
        assert self.webhook is not None
        try:
            async with (
                asyncio.timeout(_WITHIN),
                httpx.AsyncClient(trust_env=False, timeout=5.0, follow_redirects=False) as client,
            ):
                answer = await client.post(self.webhook, json=call.body(self.link))
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            return _failed(Result.UNAVAILABLE, error)
        except Exception as error:
            return _failed(Result.UNKNOWN, error)
        if answer.is_success:
            return Result.SENT, None
        log.error("webhook_refused", status=answer.status_code)
        return Result.UNAVAILABLE, None


def _failed(result: Result, error: Exception) -> Answer:
    log.error("ring_failed", result=result.value, reason=_reason(error))
    return result, None


def _reason(error: Exception) -> str:
    return error.reason if isinstance(error, HeardError) else type(error).__name__
