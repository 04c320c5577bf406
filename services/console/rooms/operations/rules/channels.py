"""How each way to reach us is, for the people who use it: taken in, read for danger, rung for, answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.console.rooms.operations.rules.facts import RECEIVED_BY, Facts, State
from services.console.rooms.operations.rules.services import Standing
from services.console.rooms.operations.rules.times import clock
from services.console.rooms.operations.rules.words import ABOUT
from shared.contracts.topics import Topic
from shared.contracts.values import Channel


@dataclass(frozen=True, slots=True)
class Way:
    """A way to reach us. `things` are what people send; `media` when words must first be made of all or some of it."""

    channel: Channel
    title: str
    things: str
    intake: str
    all_media: bool = False
    some_media: bool = False


WAYS: Final = (
    Way(Channel.SMS, "Text", "Texts", "sms_intake"),
    Way(Channel.WHATSAPP, "WhatsApp", "WhatsApp messages", "sms_intake", some_media=True),
    Way(Channel.EMAIL, "Mail", "Mails", "email_intake", all_media=True),
    Way(Channel.VOICE, "Voice", "Voice messages", "voice_intake", all_media=True),
    Way(Channel.WEB, "Web form", "What people write in the form", "art_intake", some_media=True),
    Way(Channel.PARTNER, "Partners", "What partners hand over", "art_intake", some_media=True),
)


def channels(facts: Facts, services: Sequence[Standing]) -> list[Standing]:
    """Every channel whose intake we were told of, the worst first."""
    by_name = {one.name: one for one in services}
    found = [_channel(way, facts, by_name) for way in WAYS if way.intake in facts.processes]
    return sorted(found, key=lambda one: one.state.rank)


def _channel(way: Way, facts: Facts, by_name: dict[str, Standing]) -> Standing:
    state, sentence, since = _say(way, facts, by_name)
    return Standing(way.channel.value, way.title, state, sentence, since)


def _say(way: Way, facts: Facts, by_name: dict[str, Standing]) -> tuple[State, str, datetime | None]:
    """The first that holds, the worst for people first."""
    intake = by_name[way.intake]
    are, wait = ("are", "wait") if way.things.endswith("s") else ("is", "waits")
    taken = f"{way.things} {are} being taken in and {wait} safely"
    if stopped := _stopped(intake):
        return State.BROKEN, f"{way.things} {are} not being taken in: {ABOUT[way.intake].without}", stopped
    if facts.kafka_away:
        depth = facts.spool(way.intake).depth
        many = f" ({depth:,} now)" if depth else ""
        return (
            State.BROKEN,
            f"{taken} on our own disk{many}; nobody is reading them yet because Kafka does not answer."
            " What has waited for three minutes rings the duty lead.",
            facts.kafka_since,
        )
    if stopped := _stopped(by_name.get("triage")):
        return (
            State.BROKEN,
            f"{taken}; nobody is reading them yet because triage has stopped."
            " What has waited for three minutes rings the duty lead.",
            stopped,
        )
    if way.all_media and (stopped := _stopped(by_name.get("reader"))):
        return (
            State.BROKEN,
            f"{taken}; nobody is reading them yet because the reader has stopped."
            " What has waited for three minutes rings the duty lead.",
            stopped,
        )
    if stopped := _stopped(by_name.get("pager")):
        return (
            State.BROKEN,
            f"{way.things} {are} being taken in and read, but nobody is rung for danger because the pager has stopped.",
            stopped,
        )
    return _slower(way, facts, by_name, are)


def _slower(
    way: Way, facts: Facts, by_name: dict[str, Standing], are: str
) -> tuple[State, str, datetime | None]:
    topics = (RECEIVED_BY[way.intake], *((Topic.READ,) if way.all_media or way.some_media else ()))
    oldest = facts.waiting("triage", topics)
    waited = timedelta(seconds=oldest.seconds(facts.now))
    if oldest.oldest and waited > ABOUT["triage"].late_after:
        stuck = waited > ABOUT["triage"].broken_after
        since = f"the first waits since {clock(oldest.oldest, facts.now)}"
        return (
            State.BROKEN if stuck else State.LATE,
            f"{way.things} {are} being taken in; {'nobody reads them' if stuck else 'they are read late'}: {since}.",
            oldest.oldest,
        )
    if aside := facts.spool(way.intake).set_aside:
        which = "One" if aside == 1 else f"{aside:,}"
        return State.BROKEN, f"{which} of what came could not be passed on, and waits for a person.", None
    if way.some_media and (stopped := _stopped(by_name.get("reader"))):
        said = f"{way.things} {are} being read; pictures and recordings wait safely because the reader has stopped."
        return State.LATE, said, stopped
    if facts.database_away:
        said = (
            f"{way.things} {are} being taken in and read for danger, and phones ring. Thanking people and keeping the"
            " record wait for PostgreSQL."
        )
        return State.LATE, said, facts.database_since
    for name, what in _AFTERWARDS:
        if stopped := _stopped(by_name.get(name)):
            return State.LATE, f"{way.things} {are} being taken in and read for danger. {what}", stopped
    if by_name[way.intake].state is State.UNKNOWN:
        return State.UNKNOWN, "We have only just begun to look.", None
    return State.WELL, f"{way.things} {are} being taken in, read and kept.", None


_AFTERWARDS: Final = (
    ("replies", "Nobody is thanked yet, because the replies service has stopped."),
    ("archive", "Nothing new is put into the record yet, because the archive has stopped."),
    ("anonymiser", "Names are not taken out yet, because the anonymiser has stopped."),
)


def _stopped(one: Standing | None) -> datetime | None:
    """Since when a service does nothing; None while it does, however late."""
    for problem in one.problems if one else ():
        if problem.stops and problem.since:
            return problem.since
    return None
