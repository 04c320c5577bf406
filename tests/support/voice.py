"""The webhooks of calls over a real spool, for tests that post what Twilio posts."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from starlette.applications import Starlette
from starlette.testclient import TestClient

from services.voice_intake.adapters.speaking import Speaking, Words
from services.voice_intake.app import calls
from services.voice_intake.handlers import Ports
from services.voice_intake.settings import Settings
from shared.contracts.events import ContributionReceived
from shared.contracts.topics import Topic
from shared.helplines import helplines
from shared.messaging.edge import Edge
from shared.messaging.intake import Intake
from shared.settings import CommonSettings, Stage
from shared.vault import Binding
from tests.support.keys import keys_of
from tests.support.twilio.sign import TOKEN, Form, encoded, signed

BASE = "https://calls.example.org/voice"
SECOND = "https://second.example.org"
NOW = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)


class Door:
    """The webhooks over a real spool, with Kafka away."""

    def __init__(self, folder: Path, *urls: str, **settings: Any) -> None:
        own = Settings(public_urls=urls or (BASE, SECOND), answer_within=0.02, **settings)
        keys = keys_of("voice_intake")
        common = CommonSettings(state=folder, kafka=("127.0.0.1:1",))
        self.intake = Intake("voice_intake", Topic.VOICE_RECEIVED, common, lambda: NOW)
        edge = Edge.of(keys)
        self.ports = Ports(self.intake, edge, lambda: NOW, own.answer_within)
        lines = helplines()
        speaking = Speaking.of(Words.approved(Stage.TEST, lines), lines, own)
        self.app = Starlette(routes=calls(self.ports, TOKEN, speaking, own))
        self.client = TestClient(self.app)

    def post(self, path: str, form: Form, headers: dict[str, str] | None = None, base: str = BASE) -> int:
        sent = signed(f"{base}{path}", form) if headers is None else headers
        self.answer = self.client.post(path, content=encoded(form), headers=sent)
        return int(self.answer.status_code)

    def heard(self) -> ElementTree.Element:
        return ElementTree.fromstring(self.answer.text)  # noqa: S314 (our own)

    def events(self) -> list[ContributionReceived]:
        rows = self.intake.spool.waiting(0, 1000)
        return [ContributionReceived.model_validate_json(row.value) for row in rows]


def slip_of(event: ContributionReceived) -> dict[str, str]:
    assert event.reply_slip
    opened = keys_of("replies").opener.open(event.reply_slip, Binding.of(event.context))
    return dict(json.loads(opened))
