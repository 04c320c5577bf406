"""The ways out never raise, and never lie about what is known."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from services.pager.adapters.phones import Phones
from services.pager.rules.calls import Call, calls
from services.pager.rules.desk import Desk
from shared.concerns.ladder import Pace, Result, Whom
from shared.contracts.values import Level
from shared.errors import Unavailable
from shared.twilio import OptedOut, Refused, Unknown
from tests.support.pager import LINK, START, levelled

NUMBERS = {
    Whom.DUTY_LEAD: "+447700900101",
    Whom.DEPUTY: "+447700900102",
    Whom.ON_CALL: "+447700900103",
}
HOOK = "https://hooks.example.org/token"


class Texts:
    """A provider that does what it is told."""

    def __init__(self, error: Exception | None = None, *statuses: str) -> None:
        self.error, self.statuses, self.sent = error, list(statuses), list[tuple[str, str]]()

    async def send(self, to: str, body: str, *, sender: str | None = None) -> str:
        if self.error:
            raise self.error
        self.sent.append((to, body))
        return "SM1"

    async def sent_since(self, to: str, since: datetime, *, limit: int = 1000) -> Any:
        if self.error:
            raise self.error
        return [SimpleNamespace(status=self.statuses.pop(0))] if self.statuses else []


def a_call(whom: Whom = Whom.DUTY_LEAD) -> Call:
    desk = Desk()
    desk.take_in(levelled(UUID(int=1), Level.IMMEDIATE))
    return next(one for one in calls(desk, START, Pace(), uuid4, webhook=True) if one.whom is whom)


def phones(texts: Texts, webhook: str | None = None) -> Phones:
    return Phones(texts, "+447700900001", NUMBERS, LINK, webhook)


@pytest.mark.parametrize(
    ("error", "result"),
    [
        (None, Result.SENT),
        (Unavailable("twilio_503"), Result.UNAVAILABLE),
        (OptedOut(21610, 400), Result.REFUSED),
        (Refused(21211, 400), Result.REFUSED),
        (Unknown("twilio_500"), Result.UNKNOWN),
        (TimeoutError(), Result.UNKNOWN),
        (ZeroDivisionError(), Result.UNKNOWN),
    ],
)
async def test_what_the_provider_says_is_what_is_known(error: Exception | None, result: Result) -> None:
    texts = Texts(error)
    way = phones(texts)
    assert (await way.call(a_call()))[0] is result
    assert [to for to, _ in texts.sent] == ([NUMBERS[Whom.DUTY_LEAD]] if error is None else [])
    assert way.can_ring == (error is None)


@asynccontextmanager
async def answering(
    monkeypatch: pytest.MonkeyPatch, status: int | Exception
) -> AsyncIterator[list[httpx.Request]]:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        if isinstance(status, Exception):
            raise status
        return httpx.Response(status)

    real = httpx.AsyncClient
    monkeypatch.setattr(
        httpx, "AsyncClient", lambda **given: real(**given, transport=httpx.MockTransport(answer))
    )
    yield asked


@pytest.mark.parametrize(
    ("status", "result"),
    [
        (200, Result.SENT),
        (202, Result.SENT),
        (302, Result.UNAVAILABLE),
        (404, Result.UNAVAILABLE),
        (503, Result.UNAVAILABLE),
        (httpx.ConnectError("no"), Result.UNAVAILABLE),
        (httpx.ReadTimeout("late"), Result.UNKNOWN),
    ],
)
async def test_the_webhook_gets_a_level_and_a_link_and_no_words(
    monkeypatch: pytest.MonkeyPatch, status: int | Exception, result: Result
) -> None:
    call = a_call(Whom.WEBHOOK)
    async with answering(monkeypatch, status) as asked:
        assert (await phones(Texts(), HOOK).call(call))[0] is result
    (request,) = asked
    assert (request.method, str(request.url)) == ("POST", HOOK)
    assert json.loads(request.content) == {
        "concern_id": str(call.concerns[0]),
        "level": "immediate",
        "waiting": 1,
        "concerns": [str(call.concerns[0])],
        "not_to_be_texted": [],
        "link": LINK,
    }


async def test_one_way_out_is_enough_and_none_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    way = phones(Texts(Unavailable("twilio_401")), HOOK)
    await way.call(a_call())
    assert way.can_ring
    async with answering(monkeypatch, 503):
        await way.call(a_call(Whom.WEBHOOK))
    assert not way.can_ring


async def test_wrong_credentials_are_found_before_anybody_is_in_danger() -> None:
    way = phones(Texts(Unavailable("twilio_20003")))
    await way.check(START)
    assert not way.can_ring


async def test_phones_that_nothing_reaches_are_found() -> None:
    way = phones(Texts(None, "delivered", "undelivered", "failed"))
    await way.check(START)
    assert way.can_ring
    way = phones(Texts(None, "undelivered", "undelivered", "failed"))
    await way.check(START)
    assert not way.can_ring


def test_numbers_stay_out_of_its_repr() -> None:
    shown = repr(phones(Texts(), HOOK))
    assert "+44" not in shown and "token" not in shown
