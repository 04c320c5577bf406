"""Partner organisations at the desk: added, given keys, switched off. What is kept of a key is an HMAC of it."""

import json
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, create_engine, func, make_url, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from services.art_intake.adapters.tables import contribution, partner, partner_key
from services.art_intake.handlers.partners import derived
from services.art_intake.rules.partner_keys import PARTNER, Scope, compose, digest_of
from services.art_intake.rules.proof import public_key
from services.local.trouble import CannotHave
from shared.vault import Box
from shared.vault.keyring import Keyring


@dataclass(frozen=True, slots=True)
class Partners:
    """Works on the database of a Heard of this machine, as the role of `art_intake`."""

    uri: str
    keyring: Keyring

    def add(self, name: str, title: str, contact: str) -> None:
        """Keep who they are and whom to call about a child; a second time replaces it, and switches them on again."""
        if not PARTNER.fullmatch(name):
            raise CannotHave("A partner's short name is 1 to 40 of a-z, 0-9 and hyphens: northside-youth.")
        boxed = self._box.seal(json.dumps({"title": title, "contact": contact}).encode(), name.encode())
        row = {"partner_id": name, "contact": boxed, "added_at": datetime.now(UTC), "off_at": None}
        with self._connection() as connection:
            connection.execute(
                upsert(partner)
                .values(row)
                .on_conflict_do_update(index_elements=["partner_id"], set_={"contact": boxed, "off_at": None})
            )

    def key(self, name: str, scopes: Sequence[Scope], days: int) -> str:
        """Make a key; this is the only time that it is seen."""
        key = compose(name, secrets.token_urlsafe(32))
        now = datetime.now(UTC)
        row = {
            "digest": digest_of(self.keyring.secret("partner"), key),
            "partner_id": name,
            "scopes": " ".join(sorted(set(scopes))),
            "made_at": now,
            "expires_at": now + timedelta(days=days),
        }
        with self._connection() as connection:
            self._known(connection, name)
            connection.execute(partner_key.insert().values(row))
        return key

    def off(self, name: str) -> int:
        """Revoke every key of theirs, and let none in; what they handed over stays. Gives how many keys that were."""
        now = datetime.now(UTC)
        with self._connection() as connection:
            self._known(connection, name)
            connection.execute(update(partner).where(partner.c.partner_id == name).values(off_at=now))
            revoked = connection.execute(
                update(partner_key)
                .where(partner_key.c.partner_id == name, partner_key.c.revoked_at.is_(None))
                .values(revoked_at=now)
            )
            return int(revoked.rowcount)

    def revoke(self, name: str, key: str) -> bool:
        """Revoke one key of theirs, known by its whole text; False when it is none, or was revoked before."""
        with self._connection() as connection:
            digest = digest_of(self.keyring.secret("partner"), key)
            revoked = connection.execute(
                update(partner_key)
                .where(
                    partner_key.c.partner_id == name,
                    partner_key.c.digest == digest,
                    partner_key.c.revoked_at.is_(None),
                )
                .values(revoked_at=datetime.now(UTC))
            )
            return bool(revoked.rowcount)

    def list(self) -> list[str]:
        """One line a partner: its contact, its keys, how much it handed over."""
        now = datetime.now(UTC)
        with self._connection() as connection:
            rows = connection.execute(select(partner).order_by(partner.c.partner_id)).all()
            lines = [self._line(connection, row.partner_id, row.contact, row.off_at, now) for row in rows]
        return lines or ["There are no partners yet: heard partner add NAME --contact ..."]

    @property
    def public_key(self) -> str:
        """What the proofs of this Heard are checked with."""
        return public_key(self.keyring.secret("proof"))

    def _line(
        self, connection: Connection, name: str, boxed: bytes, off_at: datetime | None, now: datetime
    ) -> str:
        who = json.loads(self._box.open(boxed, name.encode()))
        keys = connection.scalar(
            select(func.count()).where(
                partner_key.c.partner_id == name,
                partner_key.c.revoked_at.is_(None),
                partner_key.c.expires_at > now,
            )
        )
        items = connection.scalar(select(func.count()).where(contribution.c.partner_id == name))
        state = f"off since {off_at:%Y-%m-%d %H:%M}" if off_at else f"{keys} keys"
        return f"{name:24} {state:22} {items:6} items  {who['title'] or '-'}; about a child: {who['contact']}"

    def _known(self, connection: Connection, name: str) -> None:
        found = connection.execute(select(partner.c.partner_id).where(partner.c.partner_id == name)).first()
        if found is None:
            raise CannotHave(f"There is no partner {name}: heard partner add {name} --contact ...")

    @property
    def _box(self) -> Box:
        return Box(derived(self.keyring.secret("partner"), b"contact"))

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        url = make_url(self.uri).set(drivername="postgresql+psycopg")
        engine = create_engine(url, hide_parameters=True, connect_args={"connect_timeout": 5})
        try:
            with engine.begin() as connection:
                yield connection
        finally:
            engine.dispose()
