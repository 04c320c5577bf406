"""What a web recorder sends us, and what it is answered."""

import asyncio
import hashlib
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from services.voice_intake.adapters.uploads import Gate
from services.voice_intake.app import recorder
from services.voice_intake.handlers import Ports
from services.voice_intake.settings import Settings
from shared.contracts.events import ContributionReceived
from shared.contracts.ids import form
from shared.contracts.topics import Topic
from shared.messaging.edge import Edge
from shared.messaging.intake import Intake
from shared.messaging.parcels import Packing, Parcels
from shared.messaging.spool import SpoolFull
from shared.settings import CommonSettings
from shared.storage import FolderObjects
from shared.vault.objects import open_object
from tests.support.keys import keys_of

NOW = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
PAGE = "https://tell.example.org"
CANARY = b"OggS the canary is yellow " * 9000  # 234,000 bytes: several chunks of the sealed stream


class Recorder:
    """The upload over a real spool and a real folder of objects, with Kafka away."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        chosen = {"least_free": 0, "origins": (PAGE,), **settings}
        own = Settings(public_urls=("https://calls.example.org",), answer_within=0.02, **chosen)
        common = CommonSettings(state=folder, kafka=("127.0.0.1:1",))
        self.objects = FolderObjects.open(folder / "objects")
        self.intake = Intake(
            "voice_intake",
            Topic.VOICE_RECEIVED,
            common,
            lambda: NOW,
            objects=self.objects,
            least_free=own.least_free,
        )
        keys = keys_of("voice_intake")
        edge = Edge.of(keys)
        self.ports = Ports(self.intake, edge, lambda: NOW, own.answer_within)
        self.now = 0.0
        gate = Gate(self.intake, own, lambda: self.now)
        self.client = TestClient(Starlette(routes=[recorder(self.ports, gate)]))

    def send(
        self,
        body: Any = CANARY,
        *,
        token: str | None = None,
        kind: str = "audio/ogg",
        origin: str | None = None,
        **headers: str,
    ) -> int:
        sent = {"Heard-Once": token if token is not None else a_token(), "Content-Type": kind, **headers}
        if origin:
            sent["Origin"] = origin
        self.answer = self.client.post("/recordings/web", content=body, headers=sent)
        return int(self.answer.status_code)

    def rows(self) -> list[tuple[int, list[str]]]:
        return list(self.intake.spool.to_upload(1000))

    def uploaded(self) -> list[ContributionReceived]:
        """Bring every object to the store, as the intake's loop does; gives what Kafka would hear."""

        async def bring() -> None:
            for number, keys in self.rows():
                assert await self.intake._upload(keys)
                await self.intake.spool.uploaded(number)
                self.intake.parcels.forget(keys)

        asyncio.run(bring())
        rows = self.intake.spool.waiting(0, 1000)
        return [ContributionReceived.model_validate_json(row.value) for row in rows]

    def left(self) -> list[Path]:
        return list(self.intake.parcels.folder.iterdir())


def a_token() -> str:
    return secrets.token_urlsafe(24)


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Recorder]:
    made = Recorder(tmp_path)
    yield made
    made.intake.spool.close()


async def test_the_reader_opens_what_was_recorded_and_the_edge_does_not(tmp_path: Path) -> None:
    web = Recorder(tmp_path)
    token = a_token()
    assert await asyncio.to_thread(web.send, token=token, kind="audio/webm;codecs=opus") == 201
    assert web.answer.json() == {"received": True}
    (event,) = await asyncio.to_thread(web.uploaded)
    (part,) = event.parts
    assert (event.event_id, event.context.channel, event.provider) == (form(token), "voice", "form")
    assert (part.kind, part.media_type, part.size) == ("sound", "audio/webm", len(CANARY))
    assert event.reply_slip is event.identity is event.context.tag is event.context.names is None
    ref = part.object
    assert ref
    sealed = await web.objects.get(ref.key)
    assert (len(sealed), hashlib.sha256(sealed).hexdigest()) == (ref.size, ref.sha256)
    assert b"canary" not in sealed
    assert token not in event.model_dump_json()
    clear = open_object(keys_of("reader").opener, event.context, 1, part.digest, ref, sealed)
    assert clear == CANARY
    for service in ("voice_intake", "triage", "anonymiser", "pager", "ledger", "replies"):
        with pytest.raises(Exception, match="no_key"):
            open_object(keys_of(service).opener, event.context, 1, part.digest, ref, sealed)
    web.intake.spool.close()


def test_two_taps_are_one_contribution_and_leave_nothing_behind(web: Recorder) -> None:
    token = a_token()
    assert [web.send(token=token) for _ in range(3)] == [201] * 3
    assert len(web.rows()) == 1
    assert len(web.left()) == 1
    assert len(web.uploaded()) == 1
    assert web.send(token=token) == 201, "also after the store has it"
    assert web.left() == []


def test_one_token_with_another_sound_is_kept_as_another(web: Recorder) -> None:
    token = a_token()
    assert [web.send(body, token=token) for body in (b"first", b"second", b"second")] == [201] * 3
    assert len(web.uploaded()) == 2
    assert [receipt["conflict"] for receipt in web.intake.spool.receipts(0)] == [0, 1]


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"", {}, 400),
        (b"x", {"token": ""}, 400),
        (b"x", {"token": "short"}, 400),
        (b"x", {"token": "a" * 65}, 400),
        (b"x", {"token": "a/../../../../../../../etc/x"}, 400),
        (b"x", {"kind": ""}, 415),
        (b"x", {"kind": "text/html"}, 415),
        (b"x", {"kind": "multipart/form-data; boundary=x"}, 415),
        (b"x", {"kind": "AUDIO/Ogg; codecs=opus"}, 201),
        (b"x", {"kind": "audio/mpeg"}, 201),
        (b"x", {"kind": "audio/mp4"}, 201),
        (b"x", {"kind": "audio/wav"}, 201),
        (b"x", {"kind": "video/webm"}, 201),
        (b"x" * 1_000_001, {}, 413),
        (iter([b"x" * 600_000, b"x" * 600_000]), {}, 413),
        (iter([b"x" * 600_000, b"", b"x" * 400_000]), {}, 201),
    ],
)
def test_uploads_are_answered(tmp_path: Path, body: Any, headers: dict[str, str], status: int) -> None:
    web = Recorder(tmp_path, upload_limit=1_000_000)
    assert web.send(body, **headers) == status
    assert len(web.rows()) == (status == 201)
    assert len(web.left()) == (status == 201), "nothing is left of what was refused"
    if status != 201:
        assert web.intake.spool.refused() == [{"day": "2026-11-24", "status": status, "n": 1}]
    web.intake.spool.close()


def test_other_pages_may_not_send_and_ours_may_read_the_answer(web: Recorder) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "heard-once"}
    ours = web.client.options("/recordings/web", headers={"Origin": PAGE, **asked})
    assert (ours.status_code, ours.headers["access-control-allow-origin"]) == (204, PAGE)
    assert "heard-once" in ours.headers["access-control-allow-headers"]
    other = web.client.options("/recordings/web", headers={"Origin": "https://evil.example.org", **asked})
    assert (other.status_code, "access-control-allow-origin" in other.headers) == (403, False)
    assert web.send(origin=PAGE) == 201
    assert web.answer.headers["access-control-allow-origin"] == PAGE
    assert web.send(b"", origin=PAGE) == 400
    assert web.answer.headers["access-control-allow-origin"] == PAGE, "the page may say why"
    for origin in ("https://evil.example.org", "null", PAGE + ".evil.example.org"):
        assert web.send(origin=origin) == 403
    assert len(web.rows()) == 1


def test_by_default_no_page_of_another_origin_may_send(tmp_path: Path) -> None:
    web = Recorder(tmp_path, origins=())
    assert web.send(origin=PAGE) == 403
    assert web.send() == 201, "one of the same origin sends no such header"
    web.intake.spool.close()


def test_too_many_in_a_minute_wait(tmp_path: Path) -> None:
    web = Recorder(tmp_path, uploads_a_minute=3)
    assert [web.send() for _ in range(4)] == [201, 201, 201, 429]
    assert int(web.answer.headers["retry-after"]) > 0
    web.now = 60.0
    assert web.send() == 201
    web.intake.spool.close()


def test_too_many_at_once_and_a_full_disk_are_told_to_come_again(tmp_path: Path) -> None:
    for number, settings in enumerate(({"uploads_at_once": 0}, {"least_free": 1 << 60})):
        web = Recorder(tmp_path / str(number), **settings)
        assert web.send() == 503
        assert web.left() == []
        web.intake.spool.close()


def test_a_disk_that_fills_in_the_middle_leaves_nothing(
    web: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(Packing):
        def feed(self, clear: bytes) -> None:
            self.abandon()
            raise SpoolFull

    monkeypatch.setattr(Parcels, "begin", lambda self: Full(self.folder))
    assert web.send() == 503
    assert (web.left(), web.rows()) == ([], [])


@pytest.mark.parametrize("slow", ["upload_within", "upload_idle"])
async def test_who_goes_away_or_dawdles_leaves_nothing(tmp_path: Path, slow: str) -> None:
    web = Recorder(tmp_path, **{slow: 0.2})
    app = web.client.app
    headers = [(b"heard-once", a_token().encode()), (b"content-type", b"audio/ogg")]
    scope = {
        "type": "http", "method": "POST", "path": "/recordings/web", "headers": headers, "query_string": b"",
        "http_version": "1.1", "scheme": "http", "server": ("127.0.0.1", 80), "client": None, "root_path": "",
    }  # fmt: skip

    async def send_to(messages: list[dict[str, Any]]) -> int:
        answers: list[Any] = []

        async def receive() -> dict[str, Any]:
            if messages:
                return messages.pop(0)
            await asyncio.sleep(60)
            raise AssertionError

        async def send(message: Any) -> None:
            answers.append(message)

        await app(dict(scope), receive, send)
        return int(answers[0]["status"])

    begun = {"type": "http.request", "body": b"OggS" * 1000, "more_body": True}
    assert await send_to([begun, {"type": "http.disconnect"}]) == 499
    assert await send_to([begun]) == 408
    assert (web.left(), web.rows()) == ([], [])
    web.intake.spool.close()
