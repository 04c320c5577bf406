"""Dead letters: listed, shown without a word of what was said, replayed or discarded with a reason.

Their values are ciphertext and stay so: whoever mends and replays needs no key.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from services.local.trouble import CannotHave
from shared.contracts.ids import dead_letter
from shared.contracts.topics import GROUPS, dead_of, retry_of
from shared.messaging import headers as h
from shared.messaging.arrival import origin
from shared.messaging.creation import places_of
from shared.messaging.record import Record

_PATIENCE_MS: Final = 5000


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One dead letter. `id` is the same however often the record was parked."""

    id: UUID
    group: str
    reason: str
    at: datetime
    attempt: int
    topic: str
    partition: int
    offset: int
    contribution_id: UUID | None
    record: Record

    @classmethod
    def of(cls, record: Record) -> "DeadLetter":
        headers = h.salvage(record.headers)
        place = origin(record, headers)
        return cls(
            id=dead_letter(record.topic, place.topic, place.partition, place.offset),
            group=record.topic.removesuffix(".dead"),
            reason=headers.get(h.REASON, "unknown"),
            at=datetime.fromtimestamp(record.timestamp / 1000, UTC),
            attempt=h.number(headers, h.ATTEMPT),
            topic=place.topic,
            partition=place.partition,
            offset=place.offset,
            contribution_id=h.uuid(headers, "ce_subject"),
            record=record,
        )


async def read_all(bootstrap: Sequence[str], groups: Sequence[str] = tuple(GROUPS)) -> list[DeadLetter]:
    """Every dead letter that Kafka still has, the oldest first, each once."""
    places = await places_of(bootstrap, [dead_of(group) for group in groups])
    if not places:
        return []
    consumer = AIOKafkaConsumer(bootstrap_servers=list(bootstrap), enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        ends = await consumer.end_offsets(places)
        found: dict[UUID, DeadLetter] = {}
        while any([await consumer.position(place) < ends[place] for place in places]):
            for records in (await consumer.getmany(timeout_ms=_PATIENCE_MS)).values():
                for record in records:
                    letter = DeadLetter.of(record)
                    found.setdefault(letter.id, letter)
        return sorted(found.values(), key=lambda letter: letter.at)
    finally:
        await consumer.stop()


async def replay(bootstrap: Sequence[str], letters: Sequence[DeadLetter], now: datetime) -> int:
    """Give the records back to their groups, through the retry topic, so that no other group sees them again.

    A replayed record sends nothing and rings nobody a second time: its header says what it is.
    """
    producer = AIOKafkaProducer(bootstrap_servers=list(bootstrap), enable_idempotence=True, acks="all")
    await producer.start()
    try:
        for letter in letters:
            kept = h.salvage(letter.record.headers)
            for name in (h.ATTEMPT, h.NOT_BEFORE, h.REASON):
                kept.pop(name, None)
            place = origin(letter.record, kept)
            kept |= {
                h.REPLAY: now.strftime("%Y%m%dT%H%M%SZ"),
                h.ORIGIN_TOPIC: place.topic,
                h.ORIGIN_PARTITION: str(place.partition),
                h.ORIGIN_OFFSET: str(place.offset),
            }
            await producer.send_and_wait(
                retry_of(letter.group),
                value=letter.record.value,
                key=letter.record.key,
                headers=[(name, text.encode("ascii")) for name, text in kept.items()],
            )
        return len(letters)
    finally:
        await producer.stop()


def chosen(letters: Sequence[DeadLetter], wanted: Sequence[str], *, every: bool) -> list[DeadLetter]:
    """The letters whose id begins with one of `wanted`, or all of them.

    Raises:
        CannotHave: when one of the ids fits none, or more than one.
    """
    if every:
        return list(letters)
    picked = []
    for start in wanted:
        fits = [letter for letter in letters if str(letter.id).startswith(start)]
        if len(fits) != 1:
            raise CannotHave(
                f"{start} fits {len(fits)} dead letters; give more of the id, as `heard dead list` shows it."
            )
        picked += fits
    return picked
