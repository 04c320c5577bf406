"""The partners' API over a real spool, with Kafka away and the database a dictionary."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.exc import InterfaceError
from starlette.testclient import TestClient

from services.art_intake.handlers.partners import Edge, Ports
from services.art_intake.rooms.partners.api import Room, api
from services.art_intake.rooms.partners.body import Limits
from services.art_intake.rooms.partners.gate import Gate, Keyholder
from services.art_intake.rules.partner_keys import Known, Scope, compose, digest_of
from shared.contracts.events import ContributionReceived
from shared.contracts.topics import Topic
from shared.messaging.intake import Intake
from shared.settings import CommonSettings
from shared.storage import FolderObjects
from tests.support.keys import keys_of

START = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
SECRET = keys_of("art_intake").secret("partner")
EVERYTHING = frozenset(Scope)


def a_key(partner: str, mark: str = "a") -> str:
    return compose(partner, mark * 43)


def known(
    key: str, partner: str, scopes: frozenset[Scope] = EVERYTHING, expires_at: datetime | None = None
) -> Known:
    return Known(partner, digest_of(SECRET, key), scopes, expires_at)


class Door:
    """What a partner meets, and what became of it behind."""

    def __init__(
        self,
        folder: Path,
        *,
        limit: int = 200_000,
        rate: float = 1000.0,
        burst: int = 1000,
        least_free: int = 0,
        uploads: int = 16,
        limits: Limits | None = None,
    ) -> None:
        common = CommonSettings(state=folder, kafka=("127.0.0.1:1",))
        self.moment = START
        self.database_away = False
        self.asked = 0
        self.keys: Mapping[str, Sequence[Known]] = {
            name: [known(a_key(name), name)] for name in ("northside", "other-club")
        }
        self.intake = Intake(
            "art_intake",
            Topic.ART_RECEIVED,
            common,
            self.now,
            objects=FolderObjects.open(folder / "objects"),
            least_free=least_free,
        )
        holder = Keyholder(self._load, self.now, timedelta(seconds=2), timedelta(seconds=600))
        gate = Gate(SECRET, holder, self.now, rate, burst, uploads)
        keys = keys_of("art_intake")
        ports = Ports(self.intake, Edge.of(keys), self.now, 0.0)
        room = Room(ports, gate, limits or Limits(limit, 5.0, 30.0), self._connect, keys.secret("proof"))
        self.app = api(room)
        self.client = TestClient(self.app)

    def now(self) -> datetime:
        return self.moment

    def later(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)

    async def _load(self) -> Mapping[str, Sequence[Known]]:
        self.asked += 1
        if self.database_away:
            raise InterfaceError("away", None, Exception("away"))
        return self.keys

    @asynccontextmanager
    async def _connect(self) -> AsyncIterator[Any]:
        raise InterfaceError("away", None, Exception("away"))
        yield

    def put(self, item_id: str, partner: str = "northside", **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {a_key(partner)}", **more.pop("headers", {})}
        return self.client.put(f"/items/{item_id}", headers=headers, **more)

    def get(self, path: str, partner: str = "northside", **more: Any) -> Any:
        return self.client.get(path, headers={"Authorization": f"Bearer {a_key(partner)}"}, **more)

    @property
    def accepted(self) -> list[ContributionReceived]:
        """Every contribution in the spool, opened as an event."""
        rows = self.intake.spool._read.execute(
            "select value from row where channel <> '' order by id"
        ).fetchall()
        return [ContributionReceived.model_validate_json(row[0]) for row in rows]

    @property
    def conflicts(self) -> int:
        return sum(one["conflict"] for one in self.intake.spool.receipts(0))

    @property
    def on_disk(self) -> list[Path]:
        """Sealed files that wait, finished or not."""
        return sorted(self.intake.parcels.folder.iterdir())

    def close(self) -> None:
        self.intake.spool.close()
