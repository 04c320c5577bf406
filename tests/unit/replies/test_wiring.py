"""What it is told to be, and what it will not start with."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from pydantic import SecretStr, ValidationError

from services.replies import app
from services.replies.adapters.providers import Texts
from services.replies.rules import Slip
from services.replies.settings import Settings
from shared.contracts.topics import GROUPS, Topic
from shared.contracts.values import Channel
from shared.helplines import NotFitToSend
from shared.settings import CommonSettings, Stage
from shared.twilio import TWILIO, Text, Twilio
from tests.support.keys import keys_of
from tests.support.replies import World

NOW = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
SLIP = Slip("+447700900123", "+447700900000")


def settings(stage: Stage) -> CommonSettings:
    return CommonSettings(stage=stage, database=SecretStr("postgresql://nobody@localhost/heard"))


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPLIES_TWILIO_ACCOUNT", "AC1")


@pytest.mark.usefixtures("account")
async def test_it_starts_for_tests_and_asks_twilio_itself_when_told_nothing_else() -> None:
    service = app.create_app(settings(Stage.TEST), keys_of("replies"))
    assert service.name == "replies"
    assert sorted(route.path for route in service.routes) == ["/outbox", "/sending"]
    assert Settings().twilio_url == TWILIO  # type: ignore[call-arg]


@pytest.mark.usefixtures("account")
async def test_in_production_it_does_not_start_with_words_that_nobody_approved() -> None:
    with pytest.raises(NotFitToSend, match="is not approved"):
        app.create_app(settings(Stage.PRODUCTION), keys_of("replies"))


@pytest.mark.usefixtures("account")
async def test_in_production_it_sends_nowhere_but_to_twilio(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPLIES_TWILIO_URL", "http://127.0.0.1:9000")
    assert app.create_app(settings(Stage.DEMO), keys_of("replies"))
    with pytest.raises(ValueError, match="and nowhere else"):
        app.create_app(settings(Stage.PRODUCTION), keys_of("replies"))


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"twilio_account": "AC1", "within": 601},
        {"twilio_account": "AC1", "within": 0},
        {"twilio_account": "AC1", "answer_within": 600},
    ],
)
def test_settings_that_break_a_promise_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate(wrong)


def test_what_it_reads_and_writes() -> None:
    world = World()
    routes = app.router(world.ports, Settings(twilio_account="AC1"), cast(Any, None))
    assert set(routes.outputs) == {Topic.REPLIES_SENT}
    assert {topic.name for topic in routes.lanes[0].subscriber.topics} == set(GROUPS["replies"])
    assert routes.lanes[0].batch_size == 64


class FakeTwilio:
    """What was asked of Twilio, and what its list says."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.list: list[Text] = []

    async def send(self, to: str, body: str, **said: Any) -> str:
        self.asked.append((to, body, said))
        return "SM1"

    async def sent_since(self, to: str, since: datetime) -> list[Text]:
        self.asked.append((to, since))
        return self.list


@pytest.mark.parametrize(("channel", "prefix"), [(Channel.SMS, ""), (Channel.WHATSAPP, "whatsapp:")])
async def test_an_answer_goes_out_from_the_number_that_was_written_to(channel: Channel, prefix: str) -> None:
    twilio = FakeTwilio()
    told = "https://texts.example.org/status"
    sender, silent = (Texts(cast(Twilio, twilio), prefix, url) for url in (told, ""))
    assert await sender.send(SLIP, "thanks", within=timedelta(seconds=90.9)) == "SM1"
    assert await silent.send(SLIP, "thanks", within=timedelta(0)) == "SM1"
    assert twilio.asked == [
        (
            f"{prefix}{SLIP.address}",
            "thanks",
            {"sender": f"{prefix}{SLIP.to}", "valid_for": seconds, "status_callback": url},
        )
        for seconds, url in ((90, told), (1, None))
    ]


async def test_only_the_same_words_are_taken_for_ours() -> None:
    twilio = FakeTwilio()
    sender = Texts(cast(Twilio, twilio), "whatsapp:")
    twilio.list = [
        Text(f"SM{n}", "sent", "outbound-api", NOW, SLIP.address, SLIP.to, body)
        for n, body in enumerate(["OK. We will not text this number again.", "thanks\n"])
    ]
    assert await sender.sent(SLIP, "thanks", NOW) == "SM1"
    assert await sender.sent(SLIP, "other words", NOW) is None
    assert twilio.asked[0] == (f"whatsapp:{SLIP.address}", NOW)
