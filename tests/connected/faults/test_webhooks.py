"""A provider sends again, out of order, at once and much later; and its clock, or ours, is an hour wrong."""

import asyncio
import random
from collections.abc import Iterator
from uuid import UUID

import pytest

from services.local import fleet
from services.local.plan import DRAMA, sms_url
from services.local.up import Local
from tests.support.load import WORDS, id_of, texts
from tests.support.local import balance, is_ready, sender, texter, until
from tests.support.oracle import ask, judge
from tests.support.table import Report
from tests.support.twilio.sign import a_text, encoded, forged

pytestmark = [pytest.mark.connected, pytest.mark.faults, pytest.mark.timeout(900)]

HOUR = 3600


def accepted(local: Local) -> int:
    found = until(lambda: balance(local), 60, "the ledger says how many there are")
    return int(found["total"]["accepted"])


async def test_webhooks_come_twice_out_of_order_and_are_replayed(local: Local, report: Report) -> None:
    chance, before = random.Random(11), accepted(local)
    forms = [a_text(f"{WORDS} {n}", sender=sender(n), to=DRAMA["ours"]) for n in range(60)]
    sids = [dict(form)["MessageSid"] for form in forms]
    knocks = [form for form in forms for _ in range(chance.randint(1, 3))]
    chance.shuffle(knocks)
    async with texter(local) as door:
        first = await door.many(knocks)
        assert first.statuses == {200: len(knocks)}
        assert set(first.accepted) == set(sids)
        await judge(local, sids)
        later = await door.many([*reversed(forms)])
        assert later.statuses == {200: 60}
        url = sms_url(local.ports)
        for form in forms[:5]:
            answer = await door.client.post(url, content=encoded(form), headers=forged(url, form))
            assert answer.status_code == 403
    verdict = await judge(local, sids)
    report(
        fault="webhooks twice, out of order, replayed, forged",
        **verdict.figures,
        cost=f"{len(knocks) + 60} webhooks for {len(forms)} texts, {verdict.repeats} repeats; 5 forged ones refused",
    )
    assert accepted(local) == before + 60


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch, local: Local) -> Iterator[dict[str, int]]:
    """How many seconds the clock of each service is wrong, once it has been started again."""
    wrong: dict[str, int] = {}

    def command(service: str) -> list[str]:
        if service in wrong:
            return ["-m", "tests.support.skewed", str(wrong[service]), "run", service]
        return ["-m", "services.cli", "run", service]

    monkeypatch.setattr(fleet, "command", command)
    yield wrong
    wrong.clear()
    restart(local)


def restart(local: Local) -> None:
    local.fleet.stop_one("sms_intake")
    local.fleet.start_one("sms_intake")
    until(lambda: is_ready(local, "sms_intake"), 90, "the intake is ready")


@pytest.mark.parametrize("wrong", [HOUR, -HOUR], ids=["ahead", "behind"])
async def test_the_intakes_clock_is_an_hour_from_the_others(
    local: Local, clocks: dict[str, int], report: Report, wrong: int
) -> None:
    clocks["sms_intake"] = wrong
    await asyncio.to_thread(restart, local)
    async with texts(
        local, per_second=5, first=700 if wrong > 0 else 740
    ) as stream:  # answered nothing today
        await stream.at_least(20)
    assert set(stream.statuses) == {200}
    verdict = await judge(local, stream.accepted)
    ids = [id_of(one) for one in stream.accepted]
    until(lambda: sum(answers(local, ids).values()) == len(ids), 60, "each answer is decided")
    decided = answers(local, ids)
    report(
        fault=f"the intake's clock an hour {'ahead' if wrong > 0 else 'behind'}",
        **verdict.figures,
        cost=", ".join(f"{n} answers {how}" for how, n in decided.items()),
    )
    assert set(decided) == ({"sent"} if wrong > 0 else {"withheld late"})


def answers(local: Local, ids: list[UUID]) -> dict[str, int]:
    """What became of the acknowledgements: how many of each."""
    rows = ask(
        local,
        "select concat_ws(' ', state, cause), count(*) from replies.sending "
        "where contribution_id = any(%s) and next_at is null group by 1",
        ids,
    )
    return dict(rows)
