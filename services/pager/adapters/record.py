"""Facts into tables, inside the caller's transaction. Plain connections: async callers use `run_sync`."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from services.pager.adapters.tables import READING, STOPPED, WAITING
from services.pager.rules.desk import about_intake, doubt_of, intake_news, news_of
from services.pager.rules.facts import Doubt, Expect, Fact, IntakeWaits, Levelled, Replaced, Stopped
from shared.concerns import Act, News, State, take_in
from shared.concerns.record import note, of
from shared.concerns.rules import DEFECT, NO_LEVEL, PAGER
from shared.concerns.tables import CONCERN
from shared.contracts.values import Level
from shared.database import is_away
from shared.telemetry import log

ASKED_TO_STOP: Final = Act("asked_to_stop", PAGER, "the_person_asked_us_not_to_text_again")


def record_surely(connection: Connection, fact: Fact, new_id: UUID) -> None:
    """Take in a fact; what we cannot take in, through a fault of ours, a person must look at."""
    try:
        with connection.begin_nested():
            record(connection, fact)
    except Exception as error:
        contribution_id = getattr(fact, "contribution_id", None)
        if is_away(error) or contribution_id is None:
            raise
        log.critical("fact_defect", contribution_id=str(contribution_id), kind=fact.kind, exc_info=error)
        record(connection, Doubt(contribution_id=contribution_id, cause=DEFECT, new_id=new_id, at=fact.at))


def record(connection: Connection, fact: Fact) -> None:
    """Take in a fact. Repeats change nothing."""
    match fact:
        case Expect():
            _expect(connection, fact.contribution_id, fact.parts, fact.since, fact.at)
        case Replaced():
            _replaced(connection, fact)
        case Levelled():
            _levelled(connection, fact)
        case Doubt():
            _doubt(connection, fact)
        case IntakeWaits():
            _intake_waits(connection, fact)
        case Stopped():
            connection.execute(
                upsert(STOPPED)
                .values(contribution_id=fact.contribution_id, at=fact.at)
                .on_conflict_do_nothing()
            )
            _note_stop(connection, fact.contribution_id, fact.at)


def _expect(
    connection: Connection, contribution_id: UUID, parts: tuple[int, ...], since: datetime, at: datetime
) -> None:
    for part in parts:
        row = upsert(WAITING).values(
            contribution_id=contribution_id, part=part, received_at=since, noticed_at=at
        )
        earliest = func.least(WAITING.c.received_at, row.excluded.received_at)
        connection.execute(
            row.on_conflict_do_update(
                index_elements=[WAITING.c.contribution_id, WAITING.c.part], set_={"received_at": earliest}
            )
        )


def _replaced(connection: Connection, fact: Replaced) -> None:
    since = fact.since
    if fact.part not in fact.by:
        row = upsert(WAITING).values(
            contribution_id=fact.contribution_id,
            part=fact.part,
            received_at=since,
            noticed_at=fact.at,
            levelled_at=fact.at,
        )
        known = connection.scalar(
            row.on_conflict_do_update(
                index_elements=[WAITING.c.contribution_id, WAITING.c.part],
                set_={"levelled_at": func.coalesce(WAITING.c.levelled_at, row.excluded.levelled_at)},
            ).returning(WAITING.c.received_at)
        )
        since = min(since, known) if known else since
    _expect(connection, fact.contribution_id, fact.by, since, fact.at)


def _levelled(connection: Connection, fact: Levelled) -> None:
    place = (WAITING.c.contribution_id == fact.contribution_id, WAITING.c.part == fact.part)
    before = connection.scalar(select(WAITING.c.level).where(*place).with_for_update())
    fresh = before is None or fact.level.rank > Level(before).rank
    row = upsert(WAITING).values(
        contribution_id=fact.contribution_id,
        part=fact.part,
        received_at=fact.at,
        noticed_at=fact.at,
        levelled_at=fact.at,
        level=fact.level,
    )
    connection.execute(
        row.on_conflict_do_update(
            index_elements=[WAITING.c.contribution_id, WAITING.c.part],
            set_={
                "levelled_at": func.coalesce(WAITING.c.levelled_at, row.excluded.levelled_at),
                "level": fact.level if fresh else WAITING.c.level,
            },
        )
    )
    _read_to(connection, fact)
    _news(connection, news_of(fact, fresh=fresh))


def _read_to(connection: Connection, fact: Levelled) -> None:
    row = upsert(READING).values(partition=fact.partition, appended_at=fact.appended_at, moved_at=fact.at)
    connection.execute(
        row.on_conflict_do_update(
            index_elements=[READING.c.partition],
            set_={"appended_at": row.excluded.appended_at, "moved_at": row.excluded.moved_at},
        )
    )


def _doubt(connection: Connection, fact: Doubt) -> None:
    if fact.cause == NO_LEVEL:
        connection.execute(
            update(WAITING)
            .where(WAITING.c.contribution_id == fact.contribution_id, WAITING.c.part == fact.part)
            .values(alarmed_at=func.coalesce(WAITING.c.alarmed_at, fact.at))
        )
    _news(connection, doubt_of(fact, fresh=True))


def _intake_waits(connection: Connection, fact: IntakeWaits) -> None:
    """One at a time for each intake: two processes ask the same intakes."""
    connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"pager:{fact.cause}:{fact.intake}"))))
    about = (CONCERN.c.cause == fact.cause, CONCERN.c.intake == fact.intake)
    if connection.scalar(select(CONCERN.c.id).where(*about, CONCERN.c.state != State.CLOSED).limit(1)):
        return
    closed_at = connection.scalar(select(func.max(CONCERN.c.closed_at)).where(*about))
    if closed_at is not None and fact.last_accepted_at <= closed_at:
        return  # a person has seen these
    first = about_intake(fact, fact.first)
    known = of(connection, first) is not None
    _news(connection, intake_news(fact, about_intake(fact, fact.last) if known else first))


def _news(connection: Connection, news: News) -> None:
    concern = take_in(connection, news)
    if concern is not None and concern.state is not State.CLOSED:
        _note_stop(connection, news.contribution_id, news.at)


def _note_stop(connection: Connection, contribution_id: UUID, at: datetime) -> None:
    """Once there is a concern that is not closed, its acts say that its person asked us not to text again."""
    concern = of(connection, contribution_id, lock=True)
    if concern is None or concern.state is State.CLOSED:
        return
    noted = connection.execute(
        update(STOPPED)
        .where(STOPPED.c.contribution_id == contribution_id, STOPPED.c.noted_at.is_(None))
        .values(noted_at=at)
        .returning(STOPPED.c.contribution_id)
    ).first()
    if noted is not None:
        note(connection, concern.id, ASKED_TO_STOP, at)
