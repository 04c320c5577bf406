"""What each kind of record adds to the ledger: ids, places, codes; never words, never a sender."""

from typing import Any
from uuid import UUID, uuid4

from services.ledger.adapters.lines import line_of
from services.ledger.adapters.notes import Known
from services.ledger.adapters.tables import beat, parked, stage
from services.ledger.handlers import on_record
from shared.contracts.base import Event
from shared.contracts.events import (
    AttachmentFound,
    ContributionAnonymised,
    ContributionRead,
    ContributionReceived,
    ContributionTriaged,
    Heartbeat,
    ReplySent,
)
from shared.contracts.topics import Topic
from shared.contracts.values import (
    Channel,
    HoldCause,
    Level,
    Outcome,
    ReplyKind,
    SendResult,
    Status,
    Tray,
    WithheldCause,
)
from shared.messaging.arrival import Arrival, Place
from shared.messaging.arrival import parked as read_parked
from shared.messaging.effects import Note
from tests.support.events import NOW, a_received
from tests.support.records import record_of, topic_of

ID = UUID("11111111-2222-5333-8444-555555555555")
WORDS = "my secret words"


def arrived(event: Event) -> Arrival:
    return Arrival(event, Place(topic_of(event).value, 3, 70), {}, NOW)


def row(event: Event) -> dict[str, Any]:
    line = line_of(event, arrived(event))
    assert line is not None
    return line.row


def a_picture() -> ContributionReceived:
    return a_received(WORDS, contribution_id=ID, media=(("https://example.org/ME1", "image/png"),))


def test_a_received_contribution_says_which_parts_an_open_copy_is_due_for() -> None:
    line = line_of(a_picture(), arrived(a_picture()))
    assert line is not None
    assert line.known == Known(ID, NOW, "sms", received=True)
    told = {
        "stage": "received",
        "part": None,
        "words": [1],
        "unread": [2],
        "topic": "sms.received.v1",
        "offset": 70,
    }
    assert told.items() <= line.row.items()
    assert "secret" not in str(line) and "+44" not in str(line)


def test_each_stage_says_what_it_decided() -> None:
    about: dict[str, Any] = {"event_id": uuid4(), "contribution_id": ID, "part": 1, "source": ID}
    triaged = ContributionTriaged(
        channel=Channel.SMS, received_at=NOW, level=Level.MEDIUM, tray=Tray.NO_WORDS, rules_version="1",
        lexicon_version="1", **about,
    )  # fmt: skip
    held = ContributionAnonymised(
        channel=Channel.SMS, status=Status.HELD, causes=(HoldCause.DOUBT, HoldCause.COURT), rules_version="1",
        revision=2, **about,
    )  # fmt: skip
    late = ReplySent(
        event_id=uuid4(), contribution_id=ID, kind=ReplyKind.ACKNOWLEDGEMENT, template="ack",
        result=SendResult.WITHHELD, cause=WithheldCause.LATE, at=NOW,
    )  # fmt: skip
    picture = a_picture().parts[1]
    found = AttachmentFound(event_id=uuid4(), context=a_picture().context, source=ID, part=picture)
    read = ContributionRead(
        event_id=uuid4(), context=a_picture().context, source=ID, part=2, outcome=Outcome.WORDS,
        words=(a_picture().parts[0],), reader_version="1",
    )  # fmt: skip
    assert [
        (one["stage"], one["part"], one["code"], one["detail"]) for one in map(row, (triaged, held, late))
    ] == [
        ("triaged", 1, "medium", "no_words"),
        ("anonymised", 1, "held", "doubt,court"),
        ("sent", None, "withheld", "late"),
    ]
    assert row(held)["revision"] == 2
    assert (row(found)["stage"], row(found)["part"]) == ("found", 2)
    assert (row(read)["code"], row(read)["part"], row(read)["words"]) == ("words", 2, [1])


def test_a_parked_record_is_written_down_where_it_lies_and_where_it_lay() -> None:
    sent = record_of(
        a_picture(), offset=9, topic="archive.dead", more={
            "x-reason": "defect:KeyError", "x-origin-topic": "sms.received.v1", "x-origin-partition": "4",
            "x-origin-offset": "12345",
        },
    )  # fmt: skip
    arrival = read_parked(sent)
    line = line_of(arrival.event, arrival)
    assert line is not None and line.known == Known(ID, arrival.appended_at)
    told = {
        "topic": "archive.dead", "offset": 9, "consumer_group": "archive", "dead": True, "reason": "defect:KeyError",
        "contribution_id": ID, "source": ID, "origin_topic": "sms.received.v1", "origin_partition": 4,
        "origin_offset": 12345,
    }  # fmt: skip
    assert told.items() <= line.row.items()


def test_a_parked_record_whose_headers_are_spoilt_is_written_down_all_the_same() -> None:
    """The largest numbers that headers can tell must fit, or the dead letter would die for ever."""
    sent = record_of(
        a_picture(), topic="archive.retry", ce_id=b"\xff", ce_subject=None,
        more={"x-origin-partition": "9" * 18, "x-origin-offset": "9" * 18, "x-attempt": "9" * 18, "x-reason": "r" * 200},
    )  # fmt: skip
    arrival = read_parked(sent)
    line = line_of(arrival.event, arrival)
    assert line is not None and line.known is None
    for name, value in line.row.items():
        kind = parked.c[name].type
        if isinstance(value, str):
            assert len(value) <= kind.length  # type: ignore[attr-defined]
        if isinstance(value, int) and not isinstance(value, bool):
            assert value < 2**63 and str(kind) == "BIGINT"


def test_a_heartbeat_is_about_no_contribution() -> None:
    pulse = Heartbeat(
        event_id=uuid4(), service="sms_intake", instance="1", at=NOW, spool_depth=3, set_aside=1
    )
    line = line_of(pulse, Arrival(pulse, Place(Topic.HEARTBEATS.value, 0, 1), {}, NOW))
    assert line is not None and line.table == "beat" and line.known is None
    assert set(line.row) == set(beat.c.keys())


def test_a_reply_that_names_no_contribution_is_not_the_ledgers_business() -> None:
    sent = ReplySent(event_id=uuid4(), kind=ReplyKind.PERSONAL, template="t", result=SendResult.SENT, at=NOW)
    assert on_record(sent, arrived(sent)) is None
    assert isinstance(on_record(a_picture(), arrived(a_picture())), Note)


def test_every_row_fits_its_table() -> None:
    assert set(row(a_picture())) == set(stage.c.keys())
