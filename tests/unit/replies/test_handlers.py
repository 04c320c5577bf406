"""What arrives, and what becomes of its one acknowledgement."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from services.replies.rules import Slip
from shared.contracts.events import ContributionRead, ContributionReceived, ReplyRequested
from shared.contracts.ids import output_of
from shared.contracts.values import Channel, Outcome, SafeContact
from shared.errors import Rejected, Retryable, Unavailable
from shared.twilio import OptedOut, Refused, Unknown
from shared.vault import Binding, CannotOpen, Purpose
from tests.support.events import NOW, a_received, moved
from tests.support.keys import keys_of
from tests.support.replies import WORDS, Provider, World
from tests.support.twilio.sign import OUR_NUMBER, SENDER

MINUTE = timedelta(minutes=1)
DAY = timedelta(hours=24)
ANOTHER = "+447700900124"


@pytest.fixture
def world() -> World:
    return World()


def changed(event: ContributionReceived, **context: object) -> ContributionReceived:
    """The same contribution in another context; its slip was sealed in the old one."""
    return event.model_copy(update={"context": event.context.model_copy(update=context)})


async def test_a_text_is_thanked_once_from_the_number_it_was_sent_to(world: World) -> None:
    event = a_received("hello")
    await world.hear(event)
    await world.attend_all()
    [message] = world.provider.taken
    assert (message.address, message.sender, message.words) == (SENDER, OUR_NUMBER, WORDS)
    [told] = world.sent()
    assert told.event_id == output_of("replies", event.event_id)
    assert (told.contribution_id, told.kind.value, told.template) == (
        event.event_id,
        "acknowledgement",
        "acknowledgement",
    )
    assert (told.result.value, told.cause, told.provider_id) == ("sent", None, message.sid)


async def test_what_is_kept_names_nobody(world: World) -> None:
    await world.hear(a_received("my name is Ann", display_name="Ann"))
    await world.attend_all()
    shown = f"{world.rows.kept} {world.sent()}"
    assert "7700900" not in shown and "Ann" not in shown
    assert '"7700900' not in "".join(event.model_dump_json() for event in world.sent())


async def test_whatever_was_said_the_answer_is_the_same(world: World) -> None:
    said = ["hello", "he will kill me tonight", "", "call me"]
    for number, words in enumerate(said):
        await world.hear(a_received(words, sender=f"+44770090020{number}"))
    await world.attend_all()
    assert [message.words for message in world.provider.taken] == [WORDS] * len(said)


async def test_a_second_text_within_a_day_gets_none(world: World) -> None:
    await world.hear(a_received("hello"))
    await world.attend_all()
    world.machine.time = NOW + DAY - MINUTE
    await world.hear(a_received("again", at=world.machine.time))
    await world.hear(a_received("somebody else", sender=ANOTHER, at=world.machine.time))
    world.machine.time = NOW + DAY
    await world.hear(a_received("the day after", at=world.machine.time))
    await world.attend_all()
    assert [message.address for message in world.provider.taken] == [SENDER, ANOTHER, SENDER]
    assert sorted(event.cause.value for event in world.sent() if event.cause) == ["daily"]


async def test_two_texts_of_one_moment_get_one(world: World) -> None:
    await world.hear(a_received("first"))
    await world.hear(a_received("second"))
    await world.attend_all()
    assert len(world.provider.taken) == 1
    assert sorted(event.result.value for event in world.sent()) == ["sent", "withheld"]


async def test_the_same_event_twice_is_thanked_once_and_told_once(world: World) -> None:
    event = a_received("hello")
    await world.hear(event)
    await world.attend_all()
    await world.hear(event)
    world.rows.kept.seen.clear()  # even if nobody remembers having seen it
    await world.hear(event)
    await world.attend_all()
    assert (len(world.provider.taken), len(world.sent())) == (1, 1)


async def test_a_replay_never_sends(world: World) -> None:
    await world.hear(a_received("hello"), replayed=True)
    await world.attend_all()
    assert (world.outcome(), world.provider.asked) == (("withheld", "late"), 0)


async def test_what_arrives_here_too_late_gets_none(world: World) -> None:
    world.machine.time = NOW + 10 * MINUTE + timedelta(seconds=1)
    await world.hear(a_received("hello"))
    assert world.outcome() == ("withheld", "late")


async def test_a_text_that_waited_at_the_provider_counts_from_when_it_was_sent(world: World) -> None:
    event = a_received("hello").model_copy(update={"provider_at": NOW - 11 * MINUTE})
    await world.hear(event)
    assert world.outcome() == ("withheld", "late")


async def test_lateness_is_looked_at_again_right_before_sending(world: World) -> None:
    await world.hear(a_received("hello"))
    world.machine.time = NOW + 11 * MINUTE
    await world.attend_all()
    assert (world.outcome(), world.provider.asked) == (("withheld", "late"), 0)


async def test_the_provider_is_told_how_long_it_may_wait(world: World) -> None:
    await world.hear(a_received("hello"))
    world.machine.time = NOW + 4 * MINUTE
    await world.attend_all()
    assert world.provider.within == 6 * MINUTE


@pytest.mark.parametrize(
    ("words", "cause"),
    [("STOP", "opted_out"), ("START", "keyword")],
)
async def test_keywords_get_none_from_us(world: World, words: str, cause: str) -> None:
    await world.hear(a_received(words))
    await world.attend_all()
    assert (world.outcome(), world.provider.asked) == (("withheld", cause), 0)


async def test_a_person_who_must_not_be_written_to_gets_none(world: World) -> None:
    await world.hear(changed(a_received("hello"), safe_contact=SafeContact.NO))
    assert world.outcome() == ("withheld", "unsafe")


@pytest.mark.parametrize("channel", [Channel.EMAIL, Channel.VOICE, Channel.WEB, Channel.PARTNER])
async def test_a_channel_without_a_way_back_gets_none(world: World, channel: Channel) -> None:
    event = changed(a_received("hello"), channel=channel).model_copy(update={"reply_slip": None})
    await world.hear(event)
    assert world.outcome() == ("withheld", "no_address")


async def test_a_text_without_a_slip_gets_none(world: World) -> None:
    await world.hear(a_received("hello").model_copy(update={"reply_slip": None}))
    assert world.outcome() == ("withheld", "no_address")


async def test_a_slip_moved_under_another_contribution_is_not_opened(world: World) -> None:
    with pytest.raises(CannotOpen, match="bound_elsewhere"):
        await world.hear(moved(a_received("hello")))


# STOP and START


async def test_a_stop_tells_the_earlier_contributions_of_thirty_days_once(world: World) -> None:
    old, recent, other = (
        a_received("old", at=NOW - timedelta(days=31)),
        a_received("recent", at=NOW - timedelta(days=29)),
        a_received("not mine", sender=ANOTHER),
    )
    for event in (old, recent, other):
        await world.hear(event)
    await world.attend_all()
    before = len(world.sent())
    stop = a_received("STOP", at=NOW + MINUTE)
    await world.hear(stop)
    await world.hear(a_received("stop", at=NOW + 2 * MINUTE))
    news = world.sent()[before:]
    assert {event.cause.value for event in news if event.cause} == {"opted_out"}
    assert {event.contribution_id for event in news[:2]} == {stop.event_id, recent.event_id}
    assert len(news) == 3, "the second STOP has its own outcome and is no news"
    assert len({event.event_id for event in world.sent()}) == len(world.sent())


async def test_the_news_of_a_stop_do_not_say_that_they_are_of_one_address(world: World) -> None:
    await world.hear(a_received("one"), trace="trace of one")
    await world.hear(a_received("two"), trace="trace of two")
    await world.attend_all()
    before = len(world.sent())
    await world.hear(a_received("STOP", at=NOW + MINUTE), trace="trace of the stop")
    assert world.rows.kept.traces[before:] == ["trace of one", "trace of two", "trace of the stop"]


async def test_what_comes_after_a_stop_gets_none_until_a_start(world: World) -> None:
    await world.hear(a_received("STOP"))
    await world.hear(a_received("and another thing", at=NOW + MINUTE))
    assert {event.cause.value for event in world.sent() if event.cause} == {"opted_out"}
    await world.hear(a_received("START", at=NOW + 2 * MINUTE))
    await world.hear(a_received("hello again", at=NOW + 3 * MINUTE))
    await world.attend_all()
    assert [message.address for message in world.provider.taken] == [SENDER]


async def test_a_start_that_overtakes_its_stop_still_wins(world: World) -> None:
    await world.hear(a_received("START", at=NOW + 2 * MINUTE))
    await world.hear(a_received("STOP", at=NOW + MINUTE))
    await world.hear(a_received("hello", at=NOW + 3 * MINUTE))
    await world.attend_all()
    assert len(world.provider.taken) == 1


async def test_what_was_about_to_go_is_held_back_by_a_stop(world: World) -> None:
    first = a_received("hello")
    await world.hear(first)
    await world.hear(a_received("STOP", at=NOW + timedelta(seconds=1)))
    await world.attend_all()
    assert world.provider.asked == 0
    assert [event.cause.value for event in world.sent() if event.cause] == ["opted_out", "opted_out"]
    assert sum(event.contribution_id == first.event_id for event in world.sent()) == 1


async def test_a_stop_that_the_provider_knew_first_is_kept_and_still_told(world: World) -> None:
    first = a_received("hello")
    await world.hear(first)
    world.provider.faults = [(OptedOut(21610, 400), False)]
    await world.attend_all()
    assert world.outcome() == ("withheld", "opted_out")
    await world.hear(a_received("hello?", at=NOW + MINUTE))
    await world.attend_all()
    assert world.provider.asked == 1, "nobody asks the provider again"
    stop = a_received("STOP", at=NOW - timedelta(seconds=1))
    await world.hear(stop)
    told = [event.contribution_id for event in world.sent() if event.event_id.version == 5]
    assert told.count(first.event_id) == 2


# The provider


async def test_a_provider_that_is_away_is_asked_again_until_it_is_late(world: World) -> None:
    await world.hear(a_received("hello"))
    world.provider.faults = [(Unavailable("twilio_429"), False)] * 3
    await world.pass_time(MINUTE)
    assert (world.outcome(), world.provider.asked) == (("sent", None), 4)


async def test_a_provider_that_stays_away_means_never(world: World) -> None:
    await world.hear(a_received("hello"))
    world.provider.faults = [(Unavailable("twilio_not_reached"), False)] * 1000
    await world.pass_time(20 * MINUTE)
    assert world.outcome() == ("withheld", "late")
    [told] = world.sent()
    assert told.at - NOW <= timedelta(minutes=10, seconds=5)


async def test_a_refusal_is_told(world: World) -> None:
    await world.hear(a_received("hello"))
    world.provider.faults = [(Refused(21211, 400), False)]
    await world.pass_time(20 * MINUTE)
    assert (world.outcome(), world.provider.asked) == (("refused", "provider"), 1)


@pytest.mark.parametrize("fault", [Unknown("twilio_no_answer"), TimeoutError()])
async def test_an_answer_that_was_lost_is_found_in_the_list(world: World, fault: Exception) -> None:
    await world.hear(a_received("hello"))
    world.provider.faults = [(fault, True)]
    await world.pass_time(5 * timedelta(seconds=1))
    assert (world.outcome(), world.provider.asked, len(world.provider.taken)) == (("sent", None), 1, 1)
    assert world.sent()[0].provider_id == world.provider.taken[0].sid


async def test_what_is_in_no_list_is_left_to_a_person_after_ten_minutes(world: World) -> None:
    await world.hear(a_received("hello"))
    world.provider.faults = [(Unknown("twilio_500"), False)]
    world.provider.list_faults = [Unavailable("twilio_no_answer")] * 3
    await world.pass_time(9 * MINUTE + timedelta(seconds=59))
    assert world.sent() == []
    await world.pass_time(timedelta(seconds=1))
    assert (world.outcome(), world.provider.asked) == (("unknown", None), 1)
    await world.hear(a_received("again", at=world.machine.time))
    await world.attend_all()
    assert world.provider.asked == 1, "it may have been sent, so the day counts"


async def test_what_the_list_shows_late_is_still_found(world: World) -> None:
    await world.hear(a_received("hello"))
    world.provider.faults = [(Unknown("twilio_500"), True)]
    world.provider.list_faults = [Unavailable("twilio_no_answer")] * 4
    await world.pass_time(9 * MINUTE)
    assert world.outcome() == ("sent", None)


async def test_a_machine_that_slept_before_asking_does_not_ask(world: World) -> None:
    def sleep() -> None:
        world.machine.time = NOW + 11 * MINUTE

    await world.hear(a_received("hello"))
    world.ports = replace(world.ports, wake=sleep)
    await world.attend_all()
    assert (world.outcome(), world.provider.asked) == (("withheld", "late"), 0)


async def test_what_another_process_found_in_the_list_is_told_once(world: World) -> None:
    class Slow(Provider):
        async def send(self, slip: Slip, words: str, *, within: timedelta) -> str:
            sid = await super().send(slip, words, within=within)
            world.machine.time += MINUTE
            await world.attend_all()  # the other process looks after what says `sending` for so long
            return sid

    slow = Slow(world.machine)
    world.ports = replace(world.ports, senders={Channel.SMS: slow})
    await world.hear(a_received("hello"))
    await world.attend_all()
    assert (world.outcome(), slow.asked) == (("sent", None), 1)


# Mail, which is read first


def a_mail() -> ContributionReceived:
    """A mail as its intake would seal it."""
    event = a_received("hello")
    context = event.context.model_copy(update={"channel": Channel.EMAIL})
    sealed = keys_of("email_intake").sealer.seal(
        Purpose.REPLY,
        b'{"address": "ann@example.org", "to": "hear@example.org"}',
        Binding.of(context),
        week="x",
    )
    return event.model_copy(update={"context": context, "reply_slip": sealed})


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


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, ("sent", None)),
        ({"automatic": True}, ("withheld", "automatic")),
        ({"authenticated": "fail"}, ("withheld", "unauthenticated")),
        ({"authenticated": "none"}, ("withheld", "unauthenticated")),
        ({"authenticated": None}, ("withheld", "unauthenticated")),
        ({"revision": 2}, ("withheld", "late")),
        ({"part": 2}, ("withheld", "late")),
    ],
)
async def test_a_mail_is_thanked_once_it_is_known_not_to_be_a_machines(
    said: dict[str, object], expected: tuple[str, str | None]
) -> None:
    world, mail = World(senders=(Channel.SMS, Channel.EMAIL)), a_mail()
    await world.hear(mail)
    await world.attend_all()
    assert world.provider.asked == 0, "it has not been read yet"
    await world.hear(a_reading(mail, **said))
    await world.hear(a_reading(mail, **said))
    await world.pass_time(20 * MINUTE)
    assert world.outcome() == expected


async def test_a_reading_that_comes_before_its_mail_waits() -> None:
    with pytest.raises(Retryable, match="not_received_yet"):
        await World().hear(a_reading(a_mail()))


async def test_readings_of_texts_and_sound_change_nothing(world: World) -> None:
    event = a_received("hello")
    await world.hear(a_reading(event))
    assert not world.rows.kept.rows


# Answers of a named person


def an_answer(
    event: ContributionReceived, words: str | None = "We rang the school.", **said: object
) -> ReplyRequested:
    context = event.context
    sealed = words and keys_of("console").sealer.seal(
        Purpose.REPLY, words.encode(), Binding(context.contribution_id, 0, context.channel), week="x"
    )
    return ReplyRequested.model_validate(
        {
            "event_id": uuid4(),
            "contribution_id": context.contribution_id,
            "channel": context.channel,
            "received_at": context.received_at,
            "template": "own_words",
            "words": sealed,
            "by": "sam",
            "at": NOW,
            **said,
        }
    )  # fmt: skip


async def test_a_named_person_may_answer_on_the_same_day(world: World) -> None:
    event = a_received("hello")
    await world.hear(event)
    await world.attend_all()
    asked = an_answer(event)
    await world.hear(asked)
    await world.hear(asked)
    await world.attend_all()
    assert [message.words for message in world.provider.taken] == [WORDS, "We rang the school."]
    told = world.sent()[-1]
    assert (told.kind.value, told.request_id, told.result.value) == ("personal", asked.event_id, "sent")


async def test_an_answer_does_not_use_up_the_days_acknowledgement(world: World) -> None:
    late = a_received("hello", at=NOW - DAY)
    await world.hear(late)
    await world.hear(an_answer(late))
    await world.attend_all()
    await world.hear(a_received("thanks", at=NOW))
    await world.attend_all()
    assert [message.words for message in world.provider.taken] == ["We rang the school.", WORDS]


async def test_an_answer_obeys_a_stop_and_what_is_unsafe(world: World) -> None:
    event = a_received("hello")
    await world.hear(event)
    await world.hear(a_received("STOP"))
    await world.hear(an_answer(event))
    unsafe = changed(a_received("hi", sender=ANOTHER), safe_contact=SafeContact.NO)
    await world.hear(unsafe)
    await world.hear(an_answer(unsafe))
    personal = [event for event in world.sent() if event.kind.value == "personal"]
    assert [event.cause.value for event in personal if event.cause] == ["opted_out", "unsafe"]
    assert world.provider.asked == 0


async def test_an_answer_of_an_hour_ago_or_a_replay_is_not_sent(world: World) -> None:
    event = a_received("hello", at=NOW - DAY)
    await world.hear(event)
    await world.hear(an_answer(event, at=NOW - timedelta(hours=1, seconds=1)))
    await world.hear(an_answer(event), replayed=True)
    await world.attend_all()
    assert [event.cause.value for event in world.sent() if event.cause] == ["late"] * 3


async def test_an_answer_before_its_contribution_waits_and_one_without_words_is_rejected(
    world: World,
) -> None:
    event = a_received("hello")
    with pytest.raises(Retryable, match="not_received_yet"):
        await world.hear(an_answer(event))
    with pytest.raises(Rejected, match="no_words"):
        await world.hear(an_answer(event, words=None))


async def test_words_sealed_for_another_contribution_are_rejected(world: World) -> None:
    first, second = a_received("hello"), a_received("hello", sender=ANOTHER)
    await world.hear(first)
    await world.hear(second)
    swapped = an_answer(first).model_copy(update={"contribution_id": second.event_id})
    with pytest.raises(CannotOpen, match="bound_elsewhere"):
        await world.hear(swapped)
