"""What is done to concerns, each with its act: who, when, why. On a plain connection, inside the caller's transaction.

Async callers use `await connection.run_sync(take, ...)`; the command line calls them as they are.
"""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, RowMapping, String, case, cast, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from shared.concerns.rules import Act, Concern, News, State, came
from shared.concerns.tables import ACT, CONCERN
from shared.contracts.base import Sealed
from shared.contracts.values import Level, Tray

_CODE: Final = re.compile(r"[a-z0-9][a-z0-9_.:@-]{0,63}")


class NoSuchConcern(LookupError):
    """There is no concern by that id or reference, or several."""


class AlreadyClosed(ValueError):
    """It is closed: what comes later opens it again by itself."""


@dataclass(frozen=True, slots=True)
class Done:
    """An act as it was recorded."""

    n: int
    at: datetime
    who: str
    what: str
    reason: str | None


def take_in(connection: Connection, news: News) -> Concern | None:
    """Open, raise or open again, as the rules say. Gives the concern if there is one."""
    known = of(connection, news.contribution_id, lock=True)
    change = came(known, news)
    if change is None:
        return known
    if known is None and not _added(connection, change.concern):  # another process was quicker
        return take_in(connection, news)
    if known is not None:
        _write(connection, change.concern)
    note(connection, change.concern.id, change.act, news.at)
    return change.concern


def take(connection: Connection, concern_id: UUID, who: str, now: datetime) -> Concern:
    """A named person acknowledges it: the ladder falls silent. Taking over from another is an act as well.

    Raises:
        NoSuchConcern: there is none.
        AlreadyClosed: somebody has finished it.
        ValueError: `who` is not a short name of staff.
    """
    known = _locked(connection, concern_id)
    if known.state is State.CLOSED:
        raise AlreadyClosed(f"{known.reference} is closed")
    if known.state is State.TAKEN and known.taken_by == who:
        return known
    return _decided(
        connection,
        replace(known, state=State.TAKEN, taken_by=_code(who), taken_at=now),
        Act("taken", who, f"from:{known.taken_by}"[:64] if known.taken_by else None),
        now,
    )


def take_cause(connection: Connection, cause: str, who: str, now: datetime) -> Sequence[Concern]:
    """Take every open concern of one cause: five hundred without a level are one trouble."""
    ids = connection.scalars(
        select(CONCERN.c.id)
        .where(CONCERN.c.cause == cause, CONCERN.c.state == State.OPEN, CONCERN.c.level == Level.UNASSESSED)
        .order_by(CONCERN.c.id)
    ).all()
    return [take(connection, one, who, now) for one in ids]


def close(connection: Connection, concern_id: UUID, who: str, outcome: str, now: datetime) -> Concern:
    """A named person has finished it. `outcome` is a code such as `referred_mash` or `no_concern`, never words.

    Raises:
        NoSuchConcern: there is none.
        AlreadyClosed: somebody has finished it.
        ValueError: `who` or `outcome` is no code.
    """
    known = _locked(connection, concern_id)
    if known.state is State.CLOSED:
        raise AlreadyClosed(f"{known.reference} is closed")
    return _decided(
        connection,
        replace(known, state=State.CLOSED, closed_by=_code(who), closed_at=now, outcome=_code(outcome)),
        Act("closed", who, outcome),
        now,
    )


def raise_level(connection: Connection, concern_id: UUID, level: Level, who: str, now: datetime) -> Concern:
    """A person finds it more urgent than triage did; the one who raises is rung for as well, like anybody.

    Raises:
        NoSuchConcern: there is none.
        AlreadyClosed: somebody has finished it.
        ValueError: the level is not higher, or `who` is no code.
    """
    known = _locked(connection, concern_id)
    if known.state is State.CLOSED:
        raise AlreadyClosed(f"{known.reference} is closed")
    if level.rank <= known.level.rank:
        raise ValueError(f"{known.reference} is at {known.level.value}: {level.value} is not higher")
    news = News(known.contribution_id, level, now, known.id, part=known.part)
    change = came(known, news)
    assert change is not None
    return _decided(connection, change.concern, replace(change.act, who=_code(who)), now)


def list_open(connection: Connection) -> Sequence[Concern]:
    """What is not closed, the most urgent first, then what is due first."""
    urgency = case({level.value: level.rank for level in Level}, value=CONCERN.c.level)
    rows = connection.execute(
        select(CONCERN).where(CONCERN.c.state != State.CLOSED).order_by(urgency.desc(), CONCERN.c.due_at)
    )
    return [concern_of(row) for row in rows.mappings()]


def show(connection: Connection, concern_id: UUID) -> tuple[Concern, Sequence[Done]]:
    """A concern and all its acts, in order.

    Raises:
        NoSuchConcern: there is none.
    """
    row = connection.execute(select(CONCERN).where(CONCERN.c.id == concern_id)).mappings().first()
    if row is None:
        raise NoSuchConcern(str(concern_id))
    acts = connection.execute(
        select(ACT.c.n, ACT.c.at, ACT.c.who, ACT.c.what, ACT.c.reason)
        .where(ACT.c.concern_id == concern_id)
        .order_by(ACT.c.n)
    )
    return concern_of(row), [Done(*act) for act in acts]


def find(connection: Connection, text: str) -> UUID:
    """The concern that a reference in a text names, or its whole id.

    Raises:
        NoSuchConcern: there is none, or more than one.
    """
    wanted = text.strip().lower().replace("-", "")
    if not re.fullmatch(r"[0-9a-f]{4,32}", wanted):
        raise NoSuchConcern("not a reference")
    plain = func.replace(cast(CONCERN.c.id, String), "-", "")
    found = connection.scalars(select(CONCERN.c.id).where(plain.startswith(wanted)).limit(2)).all()
    if len(found) != 1:
        raise NoSuchConcern(f"{len(found) or 'no'} concern begins with {wanted}")
    return UUID(str(found[0]))


def of(connection: Connection, contribution_id: UUID, *, lock: bool = False) -> Concern | None:
    """The concern of a contribution, if it has one."""
    wanted = select(CONCERN).where(CONCERN.c.contribution_id == contribution_id)
    row = connection.execute(wanted.with_for_update() if lock else wanted).mappings().first()
    return concern_of(row) if row else None


def note(connection: Connection, concern_id: UUID, act: Act, at: datetime) -> None:
    """Write an act down. It holds the concern's row, so that numbers do not collide."""
    connection.execute(select(CONCERN.c.id).where(CONCERN.c.id == concern_id).with_for_update())
    last = select(func.coalesce(func.max(ACT.c.n), 0) + 1).where(ACT.c.concern_id == concern_id)
    connection.execute(
        insert(ACT).values(
            concern_id=concern_id,
            n=last.scalar_subquery(),
            at=at,
            who=act.who,
            what=act.what,
            reason=act.reason,
        )
    )


def concern_of(row: RowMapping) -> Concern:
    """A row as the rules know it; columns that were not asked for stay empty."""
    kept = {name: row[name] for name in row if name in Concern.__dataclass_fields__}
    kept["level"], kept["state"] = Level(kept["level"]), State(kept["state"])
    kept["tray"] = Tray(kept["tray"]) if kept.get("tray") else None
    if kept.get("findings") is not None:
        kept["findings"] = Sealed.model_validate(kept["findings"])
    return Concern(**kept)


def _decided(connection: Connection, concern: Concern, act: Act, now: datetime) -> Concern:
    _write(connection, concern)
    note(connection, concern.id, act, now)
    return concern


def _locked(connection: Connection, concern_id: UUID) -> Concern:
    row = (
        connection.execute(select(CONCERN).where(CONCERN.c.id == concern_id).with_for_update())
        .mappings()
        .first()
    )
    if row is None:
        raise NoSuchConcern(str(concern_id))
    return concern_of(row)


def _added(connection: Connection, concern: Concern) -> bool:
    added = (
        upsert(CONCERN)
        .values(_columns(concern))
        .on_conflict_do_nothing(index_elements=[CONCERN.c.contribution_id])
        .returning(CONCERN.c.id)
    )
    return connection.execute(added).first() is not None


def _write(connection: Connection, concern: Concern) -> None:
    connection.execute(update(CONCERN).where(CONCERN.c.id == concern.id).values(_columns(concern)))


def _columns(concern: Concern) -> dict[str, Any]:
    findings = concern.findings.model_dump(mode="json") if concern.findings else None
    return {**asdict(replace(concern, findings=None)), "findings": findings}


def _code(text: str) -> str:
    """Words have no place in these columns.

    Raises:
        ValueError: it is not a short code or a name of staff.
    """
    if not _CODE.fullmatch(text):
        raise ValueError("give a short code: small letters, digits and _ . : @ -")
    return text
