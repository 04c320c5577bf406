"""Accession numbers after the database was restored: what was told already is never given to another contribution.

The log still has every number that the archive told. The counter goes past them; whatever is taken in again gets a new
number, and the one that it had stays unused.
"""

import os
from collections.abc import Sequence
from datetime import datetime

import psycopg
from aiokafka import AIOKafkaConsumer, TopicPartition

from services.local.found import Found
from services.local.trouble import CannotHave
from shared.contracts.events import ContributionArchived
from shared.contracts.topics import Topic
from shared.messaging.creation import places_of

RAISE = """\
insert into archive.counter (year, last) values (%s, %s)
on conflict (year) do update set last = greatest(archive.counter.last, excluded.last)"""


async def go_past(bootstrap: Sequence[str], heard: Found, since: datetime | None) -> None:
    """Let the archive's counter go on after the highest number of each year that was told since then.

    Raises:
        CannotHave: when the database cannot be reached.
    """
    highest = await told(bootstrap, since)
    address = os.environ.get("HEARD_DATABASE") or heard.status.get("database")
    if not address:
        raise CannotHave("Set HEARD_DATABASE, so that the archive's numbers can be put right.")
    try:
        with psycopg.connect(address) as connection:
            for year, last in highest.items():
                connection.execute(RAISE, (year, last))
    except psycopg.OperationalError:
        raise CannotHave("The database does not answer; try again.") from None


async def told(bootstrap: Sequence[str], since: datetime | None) -> dict[int, int]:
    """The highest number of each year among the accessions that were told since then."""
    consumer = AIOKafkaConsumer(bootstrap_servers=list(bootstrap), enable_auto_commit=False)
    await consumer.start()
    try:
        places = await places_of(bootstrap, [Topic.ARCHIVED.value])
        consumer.assign(places)
        await _seek(consumer, places, since)
        ends = await consumer.end_offsets(places)
        highest: dict[int, int] = {}
        while any([await consumer.position(place) < ends[place] for place in places]):
            for records in (await consumer.getmany(timeout_ms=2000)).values():
                for record in records:
                    event = ContributionArchived.model_validate_json(record.value or b"")
                    year, _, number = event.accession.partition("-")
                    highest[int(year)] = max(highest.get(int(year), 0), int(number))
        return highest
    finally:
        await consumer.stop()


async def _seek(consumer: AIOKafkaConsumer, places: Sequence[TopicPartition], since: datetime | None) -> None:
    await consumer.seek_to_beginning(*places)
    if since is None:
        return
    moment = int(since.timestamp() * 1000)
    found = await consumer.offsets_for_times(dict.fromkeys(places, moment))
    for place, one in found.items():
        if one is None:
            await consumer.seek_to_end(place)
        else:
            consumer.seek(place, one.offset)
