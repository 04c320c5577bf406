"""What the commands do at the desk of operations and of a safeguarding lead, until there are pages."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Connection, create_engine, make_url

from services.ledger.adapters.letters import discard
from services.ledger.rules import describe, describe_trace
from services.local import dead
from services.local.dead import DeadLetter
from services.local.found import Found
from services.local.partners import Partners
from services.local.servers import postgres_of
from services.local.trouble import CannotHave
from shared.concerns import AlreadyClosed, Concern, NoSuchConcern, close, find, list_open, show, take
from shared.concerns.record import note
from shared.concerns.rules import Act
from shared.contracts.values import Channel
from shared.database import connect, role_uri
from shared.vault import Binding, CannotOpen
from shared.vault.keyring import Keyring

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Standing:
    """A dead letter, and whether it still waits for somebody."""

    letter: DeadLetter
    state: str


@dataclass(frozen=True)
class Desk:
    """`keyring` and `ask_passphrase` are two ways to the passwords and keys of the console's row."""

    found: Found
    keyring: Keyring | None = None
    ask_passphrase: Callable[[], str] | None = None

    def balance(self) -> dict[str, Any]:
        """A fresh look of the ledger.

        Raises:
            CannotHave: when it cannot look just now.
        """
        balance = self.found.ask("ledger", "/balance", seconds=60)
        if "error" in balance:
            raise CannotHave(f"The ledger cannot look just now: {balance['error']}.")
        return balance

    def ledger(self) -> tuple[list[str], bool]:
        balance = self.balance()
        return describe(balance), bool(balance["balanced"]) and not balance["total"]["missing"]

    def trace(self, contribution: str) -> list[str]:
        told = self.found.ask("ledger", f"/trace/{contribution}")
        if "error" in told:
            raise CannotHave(f"Nothing to show: {told['error']}.")
        return describe_trace(told)

    async def dead_letters(self) -> list[Standing]:
        """Every dead letter, with how it stands by the ledger; one that the ledger has not read yet waits."""
        letters = await dead.read_all(self._bootstrap)
        waiting = {one["dead_id"] for one in self.found.ask("ledger", "/dead")["letters"]}
        return [Standing(one, "waiting" if str(one.id) in waiting else "settled") for one in letters]

    async def replay(self, letters: Sequence[DeadLetter]) -> int:
        return await dead.replay(self._bootstrap, letters, datetime.now(UTC))

    async def discard(self, letters: Sequence[DeadLetter], who: str, reason: str) -> None:
        """Record, in the ledger's own table, that nothing more is to be done."""
        engine = connect(self._uri("ledger"), size=1)
        try:
            async with engine.begin() as connection:
                for letter in letters:
                    await discard(connection, dead_id=letter.id, who=who, reason=reason, at=datetime.now(UTC))
        finally:
            await engine.dispose()

    def partners(self) -> Partners:
        """The partner organisations; their table is the intake's, so this comes in as the intake does."""
        return Partners(self._uri("art_intake"), self._keys())

    def concerns(self) -> list[str]:
        """One line a concern, the worst first."""
        with self._connection() as connection:
            found = list_open(connection)
        if not found:
            return ["No concern is open."]
        return [_line(concern) for concern in found]

    def concern(self, reference: str, who: str) -> list[str]:
        """A concern with its words, for a safeguarding lead; that somebody looked is an act of its own."""

        def look(connection: Connection, concern_id: UUID) -> list[str]:
            note(connection, concern_id, Act("shown", who), datetime.now(UTC))
            concern, acts = show(connection, concern_id)
            lines = [_line(concern), "", *self._words(concern), ""]
            return lines + [
                f"{act.at:%Y-%m-%d %H:%M:%S}  {act.who:18} {act.what} {act.reason or ''}" for act in acts
            ]

        return self._on(reference, look)

    def take(self, reference: str, who: str) -> str:
        concern = self._on(reference, lambda connection, one: take(connection, one, who, datetime.now(UTC)))
        return f"{concern.reference} is taken by {who}: its phone falls silent."

    def ringing(self) -> list[Concern]:
        """The concerns that ring until somebody takes them, the worst first."""
        with self._connection() as connection:
            return [one for one in list_open(connection) if one.rings]

    def take_all(self, who: str) -> int:
        """Take everything that rings; gives how many that were."""
        with self._connection() as connection:
            ringing = [one for one in list_open(connection) if one.rings]
            for one in ringing:
                take(connection, one.id, who, datetime.now(UTC))
        return len(ringing)

    def close(self, reference: str, who: str, outcome: str) -> str:
        concern = self._on(
            reference, lambda connection, one: close(connection, one, who, outcome, datetime.now(UTC))
        )
        return f"{concern.reference} is closed: {outcome}."

    def _on(self, reference: str, act: Callable[[Connection, UUID], T]) -> T:
        try:
            with self._connection() as connection:
                return act(connection, find(connection, reference))
        except (NoSuchConcern, AlreadyClosed, ValueError) as wrong:
            raise CannotHave(f"Not done: {wrong}.") from None

    def _words(self, concern: Concern) -> list[str]:
        """The words that were said, those that matter between arrows, and why."""
        if concern.findings is None:
            return [
                f"There are no words with it ({concern.cause or 'no level came'}): look at the contribution."
            ]
        opener = self._keys().keys_of("console").opener
        for channel in Channel:  # the row does not say; the seal does
            try:
                binding = Binding(concern.contribution_id, concern.part, channel)
                found = json.loads(opener.open(concern.findings, binding))
            except CannotOpen:
                continue
            return _marked(found)
        return ["Its findings do not open with the keys of this folder."]

    @property
    def _bootstrap(self) -> list[str]:
        return self.found.bootstrap.split(",")

    def _keys(self) -> Keyring:
        if self.keyring is not None:
            return self.keyring
        passphrase = self.found.passphrase()
        if passphrase is None:
            if self.ask_passphrase is None:
                raise CannotHave("The passphrase is needed: set HEARD_PASSPHRASE_FILE.")
            passphrase = self.ask_passphrase()
        return self.found.keyring(passphrase)

    def _uri(self, role: str) -> str:
        theirs = os.environ.get("HEARD_DATABASE") or self.found.status.get("database")
        admin = str(theirs or postgres_of(self.found.home).uri())
        return role_uri(admin, role, self._keys().secret(f"database_{role}").decode())

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        url = make_url(self._uri("console")).set(drivername="postgresql+psycopg")
        engine = create_engine(url, hide_parameters=True, connect_args={"connect_timeout": 5})
        try:
            with engine.begin() as connection:
                yield connection
        finally:
            engine.dispose()


def _line(concern: Concern) -> str:
    cause = concern.cause or (concern.tray.value if concern.tray else "")
    who = f"taken by {concern.taken_by}" if concern.taken_by else "nobody has it yet"
    return (
        f"{concern.reference}  {concern.level.value:10} {cause:14} opened {concern.opened_at:%Y-%m-%d %H:%M}"
        f"  due {concern.due_at:%Y-%m-%d %H:%M}  {concern.state.value:6} {who}"
    )


def _marked(found: dict[str, Any]) -> list[str]:
    words = str(found.get("words") or "")
    for start, end in reversed(_joined([(one["start"], one["end"]) for one in found.get("evidence", ())])):
        words = f"{words[:start]}>>{words[start:end]}<<{words[end:]}"
    return [f'"{words}"', "", *(f"- {reason}" for reason in found.get("reasons", ()))]


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans in order, those that touch or overlap made one.

    >>> _joined([(3, 8), (0, 4), (10, 12)])
    [(0, 8), (10, 12)]
    """
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
