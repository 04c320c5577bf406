"""Whether a mail is answered: only a person's own, once a day, and never in a loop."""

from datetime import timedelta
from uuid import uuid4

import pytest

from services.replies.adapters.ports import Times
from services.replies.rules import is_machine
from shared.contracts.events import ContributionRead, ContributionReceived
from shared.contracts.values import Channel, Outcome
from shared.errors import Rejected, Unavailable
from shared.twilio import Unknown
from tests.support.events import NOW
from tests.support.mail import a_mail_received
from tests.support.replies import WORDS, World

MINUTE = timedelta(minutes=1)


@pytest.fixture
def world() -> World:
    made = World(senders=(Channel.EMAIL,), times=Times())
    object.__setattr__(made.ports, "own_domains", frozenset({"review.example.org"}))
    return made


def a_reading(mail: ContributionReceived, **said: object) -> ContributionRead:
    return ContributionRead.model_validate(
        {
            "event_id": uuid4(),
            "context": mail.context,
            "source": mail.event_id,
            "part": 1,
            "outcome": Outcome.WORDS,
            "authenticated": "pass",
            "reader_version": "1",
            **said,
        }
    )


async def test_a_persons_own_mail_is_answered_once_after_it_was_read(world: World) -> None:
    mail = a_mail_received("Sam.W@example.net")
    await world.hear(mail)
    await world.attend_all()
    assert world.provider.asked == 0, "whether a program wrote it is not known yet"
    await world.hear(a_reading(mail))
    await world.pass_time(MINUTE)
    [taken] = world.provider.taken
    assert (taken.address, taken.words) == ("Sam.W@example.net", WORDS)
    assert world.outcome() == ("sent", None)


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ({"automatic": True}, "automatic"),
        ({"authenticated": "fail"}, "unauthenticated"),
        ({"authenticated": "none"}, "unauthenticated"),
        ({"authenticated": None}, "unauthenticated"),
        ({"authenticated": None, "outcome": Outcome.UNREADABLE}, "unauthenticated"),
        ({"revision": 2}, "late"),
    ],
)
async def test_what_is_not_surely_a_persons_own_gets_none(
    world: World, said: dict[str, object], cause: str
) -> None:
    mail = a_mail_received()
    await world.hear(mail)
    await world.hear(a_reading(mail, **said))
    await world.pass_time(20 * MINUTE)
    assert (world.outcome(), world.provider.asked) == (("withheld", cause), 0)


@pytest.mark.parametrize(
    ("sender", "cause"),
    [
        ("", "no_address"),
        ("MAILER-DAEMON@example.net", "automatic"),
        ("no-reply@example.net", "automatic"),
        ("review@review.example.org", "automatic"),
        ("somebody@REVIEW.example.org", "automatic"),
    ],
)
async def test_nothing_is_answered_that_would_come_back_or_be_read_by_nobody(
    world: World, sender: str, cause: str
) -> None:
    mail = a_mail_received(sender)
    await world.hear(mail)
    await world.hear(a_reading(mail))
    await world.pass_time(20 * MINUTE)
    assert (world.outcome(), world.provider.asked) == (("withheld", cause), 0)


@pytest.mark.parametrize(
    ("local", "found"),
    [
        ("mailer-daemon", True), ("postmaster", True), ("noreply", True), ("no-reply", True), ("noreply-7", True),
        ("donotreply", True), ("do-not-reply", True), ("bounce+sam=example.net", True), ("bounces-123", True),
        ("owner-list", True), ("list-owner", True), ("list-request", True), ("list-bounces", True),
        ("notifications", True), ("root", True), ("bank.noreply", True),
        ("norah", False), ("nora.play", False), ("request4help", False), ("owner1972", False), ("abuse", True), ("nobody", True), ("abuse.survivor", False),
        ("rooted", False), ("sam", False), ("reply", False), ("bouncer", False), ("homeowner", False),
        ("nobody-listens", False), ("postmaster1", False),
    ],
)  # fmt: skip
def test_a_programs_address_is_known_by_its_name(local: str, found: bool) -> None:
    assert is_machine(f"{local}@example.net", ()) is found
    assert is_machine(f"{local.upper()}@example.net", ()) is found


async def test_an_address_gets_one_a_day_however_it_is_written(world: World) -> None:
    first, again = a_mail_received("Sam@Example.net"), a_mail_received("sam@example.NET", at=NOW + 3 * MINUTE)
    for mail in (first, again):
        await world.hear(mail)
        await world.hear(a_reading(mail))
        await world.pass_time(3 * MINUTE)
    assert [(e.result.value, e.cause and e.cause.value) for e in world.sent()] == [
        ("sent", None),
        ("withheld", "daily"),
    ]
    world.machine.time += timedelta(hours=24)
    tomorrow = a_mail_received("sam@example.net", at=world.machine.time)
    await world.hear(tomorrow)
    await world.hear(a_reading(tomorrow))
    await world.pass_time(MINUTE)
    assert len(world.provider.taken) == 2


async def test_an_answer_whose_end_is_not_known_is_never_sent_again(world: World) -> None:
    world.provider.faults = [(Unknown("smtp_no_answer"), False)]
    mail = a_mail_received()
    await world.hear(mail)
    await world.hear(a_reading(mail))
    await world.pass_time(60 * MINUTE)
    assert world.outcome() == ("unknown", None)
    assert world.provider.asked == 1


async def test_a_server_that_is_away_is_asked_again_and_a_final_no_is_one(world: World) -> None:
    world.provider.faults = [(Unavailable("smtp_not_reached"), False)] * 2
    mail = a_mail_received()
    await world.hear(mail)
    await world.hear(a_reading(mail))
    await world.pass_time(MINUTE)
    assert (world.outcome(), world.provider.asked) == (("sent", None), 3)
    other = a_mail_received("other@example.net", at=world.machine.time)
    world.provider.faults = [(Rejected("smtp_recipient_refused"), False)]
    await world.hear(other)
    await world.hear(a_reading(other))
    await world.pass_time(MINUTE)
    assert [event.result.value for event in world.sent()] == ["sent", "refused"]


async def test_a_mail_that_is_read_too_late_gets_none(world: World) -> None:
    mail = a_mail_received()
    await world.hear(mail)
    await world.pass_time(11 * MINUTE)
    await world.hear(a_reading(mail))
    await world.pass_time(MINUTE)
    assert (world.outcome(), world.provider.asked) == (("withheld", "late"), 0)
