"""What the console hears of others, and how its pages are served: to this machine alone, without a way to change anything."""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from starlette.testclient import TestClient

from services.console.rooms.operations.adapters.health import Answer, Health, client
from services.console.rooms.operations.app import Pages, is_loopback
from services.console.rooms.operations.handlers import Watch, letters_of
from services.console.rooms.operations.rules import State
from services.console.rooms.operations.rules.facts import Arrivals, Waiting
from services.console.settings import Settings
from shared.errors import Unavailable

NOW = datetime(2026, 11, 25, 3, 10, tzinfo=UTC)
AT = NOW.isoformat()
CANARY = "zanzibarlantern"


class Said(Health):
    """Health ports that say what a test put there; None says nothing."""

    def __init__(self, answers: Mapping[str, Answer | None]) -> None:
        super().__init__(client())
        object.__setattr__(self, "answers", dict(answers))

    async def get(self, url: str, within: float | None = None, **query: str) -> Answer | None:
        answers: dict[str, Answer | None] = self.answers  # type: ignore[attr-defined]
        return answers.get(url + (f"?after={query['after']}" if query else ""))


class NoKafka:
    async def ask(self) -> tuple[int, dict[tuple[str, str], Waiting]]:
        raise Unavailable("kafka_away")


def watch(answers: Mapping[str, Answer | None], *names: str) -> Watch:
    addresses = [(name, f"http://{name}") for name in names]
    return Watch(addresses, Said(answers), NoKafka(), lambda: NOW, every=0.01)


async def some_time(one: Watch) -> None:
    """Run the loops for a moment, as the service does for ever."""
    tasks = [asyncio.ensure_future(loop()) for loop in one.loops]
    await asyncio.sleep(0.2)
    for task in tasks:
        assert not task.done() or task.exception() is None
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def receipt(n: int, *, acked: bool, channel: str = "sms", seq: int | None = None) -> dict[str, Any]:
    return {
        "seq": seq or n, "event_id": f"e{n}", "contribution_id": f"c{n}", "channel": channel, "accepted_at": AT,
        "acked_at": AT if acked else None,
    }  # fmt: skip


def page(*rows: dict[str, Any], spool: str = "one") -> Answer:
    return Answer(200, {"spool": spool, "receipts": list(rows)})


async def test_receipts_are_counted_once_and_a_new_spool_begins_anew() -> None:
    url = "http://sms_intake/receipts?after="
    one = watch(
        {
            f"{url}0": page(
                receipt(1, acked=True), receipt(2, acked=False), receipt(3, acked=True, channel="whatsapp")
            ),
            f"{url}3": page(receipt(2, acked=True, seq=4)),
            f"{url}4": page(),
        },
        "sms_intake",
    )
    await some_time(one)
    assert one.hour.arrivals(NOW) == {"sms": Arrivals(2, 2), "whatsapp": Arrivals(1, 1)}
    answers: dict[str, Answer | None] = one.health.answers  # type: ignore[attr-defined]
    answers |= {
        f"{url}0": page(receipt(9, acked=True), spool="two"),
        f"{url}4": page(spool="two"),
        f"{url}9": page(spool="two"),
    }
    await some_time(one)
    assert one.hour.arrivals(NOW)["sms"] == Arrivals(3, 3)


@pytest.mark.parametrize(
    ("answers", "away"),
    [
        ({"http://pager/ready": Answer(200, {"ready": True, "database": "ok"})}, False),
        ({"http://pager/ready": Answer(200, {"ready": True, "database": "failing"})}, True),
        ({"http://ledger/dead": Answer(503, {"error": "the database is away"})}, True),
        ({"http://ledger/dead": Answer(503, {"error": "something else"})}, False),
        ({"http://ledger/dead": Answer(200, {"letters": []})}, False),
        ({}, False),
    ],
)
async def test_the_database_is_away_when_somebody_says_so(answers: Mapping[str, Answer], away: bool) -> None:
    one = watch(answers, "pager", "ledger")
    await some_time(one)
    assert one.facts().database_away is away


async def test_a_pager_that_cannot_ring_is_told_as_it_is() -> None:
    said = {"ready": False, "can_ring": False, "ringing": {"immediate": 2, "high": 1}}
    one = watch({"http://pager/ready": Answer(503, said)}, "pager")
    await some_time(one)
    assert one.facts().ringing == 3
    (pager,) = one.view.services[:1]
    assert (pager.name, pager.state) == ("pager", State.BROKEN)
    assert "can ring nobody" in pager.sentence


def test_dead_letters_are_counted_by_group_and_nothing_else_is_kept() -> None:
    rows = [
        {"group": "archive", "at": AT, "reason": CANARY},
        {"group": "archive", "at": (NOW - timedelta(1)).isoformat()},
    ]
    assert letters_of({"letters": [*rows, {"group": CANARY, "at": AT}]}) == {
        "archive": Waiting(2, NOW - timedelta(1))
    }


async def test_no_word_gets_onto_the_page_even_if_a_health_port_tells_one() -> None:
    said = {
        "ready": True,
        "service": CANARY,
        "groups": {"triage": CANARY},
        "words": CANARY,
        "spool_depth": 0,
        "spool_age": 0,
        "set_aside": 0,
    }
    letter = {"group": "archive", "at": AT, "reason": CANARY, "topic": CANARY, "contribution_id": CANARY}
    one = watch(
        {
            "http://sms_intake/ready": Answer(200, said),
            "http://sms_intake/receipts?after=0": page(receipt(1, acked=True, channel=CANARY)),
            "http://ledger/dead": Answer(200, {"letters": [letter]}),
        },
        "sms_intake",
        "archive",
        "ledger",
    )
    await some_time(one)
    await one.look()
    told = TestClient(Pages(one).app(), base_url="http://127.0.0.1").get("/").text
    assert "1 dead letter of archive waits for a person" in told
    assert CANARY not in told


@pytest.fixture
def door() -> TestClient:
    return TestClient(Pages(watch({}, "triage", "pager")).app(), base_url="http://127.0.0.1:8090")


def test_the_page_is_kept_nowhere_and_runs_no_script_but_ours(door: TestClient) -> None:
    answer = door.get("/")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert (
        answer.text.count("<script")
        == answer.text.count('<script type="module" src="/static/operations.js"')
        == 1
    )
    assert "style=" not in answer.text
    assert "http-equiv" not in answer.text
    assert 'http-equiv="refresh"' in door.get("/?again=1").text
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/", "/live", "/static/operations.js"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_can_be_changed(door: TestClient, path: str, method: str) -> None:
    assert door.request(method, path).status_code == 405


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8090", 200), ("localhost", 200), ("localhost:1", 200), ("[::1]:8090", 200), ("[::1]", 200),
        ("evil.example.org", 421), ("127.0.0.1.example.org", 421), ("localhost:80:80", 421), ("localhost.", 421), ("", 421),
        ("127.0.0.1@evil.example.org", 421), ("LOCALHOST:x", 421),
    ],
)  # fmt: skip
def test_only_this_machine_is_answered(door: TestClient, host: str, status: int) -> None:
    assert is_loopback(host) is (status == 200)
    assert door.get("/", headers={"host": host}).status_code == status


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "console.example.org", ""])
def test_it_does_not_start_on_any_other_address(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONSOLE_HOST", host)
    with pytest.raises(ValidationError, match="no sign-in yet"):
        Settings()
    monkeypatch.setenv("CONSOLE_PUBLISHED_ON_LOOPBACK", "true")
    assert Settings().host == host


async def test_the_stream_sends_what_changed_and_ends_with_the_service() -> None:
    one = watch({}, "triage")
    pages, stopping = Pages(one), asyncio.Event()
    stream = pages._changes(stopping)
    assert await anext(stream) == "retry: 2000\n\n"
    first = json.loads((await anext(stream)).removeprefix("data: "))
    assert {"summary", "problems", "channels", "services", "charts"} <= set(first["sections"])
    following = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0)
    one.now = lambda: NOW + timedelta(seconds=1)
    await one.look()
    second = json.loads((await following).removeprefix("data: "))
    assert "shown" in second["sections"]
    assert "summary" not in second["sections"], (
        "what a screen reader reads out is sent only when it is another"
    )
    stopping.set()
    await one.look()
    with pytest.raises(StopAsyncIteration):
        await anext(stream)
