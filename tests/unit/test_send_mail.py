"""`heard send mail`: invented mail, signed, over SMTP, and only to a demo."""

import asyncio
from collections.abc import AsyncIterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from services.local import commands
from services.local.home import Home
from tests.support.mail import Mailroom, mailroom


class Running:
    """As much of a running Heard as the command asks for."""

    def __init__(self, room: Mailroom, home: Home, *, demo: bool = True) -> None:
        self.room, self.home, self.is_demo = room, home, demo

    def port(self, name: str) -> int:
        assert name == "smtp"
        return self.room.port


@pytest.fixture
async def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    async with mailroom(tmp_path / "state") as room:
        made = Running(room, Home(tmp_path / "home").make())
        monkeypatch.setattr(commands, "found", lambda: made)
        yield made


async def send(*said: str) -> Any:
    return await asyncio.to_thread(CliRunner().invoke, commands.send, ["mail", *said])


async def test_a_mail_arrives_with_its_file_and_its_event(running: Running, tmp_path: Path) -> None:
    file = tmp_path / "my room.txt"
    file.write_text("blue walls")
    done = await send("hello there", "--attach", str(file), "--event", "leeds-2", "--subject", "my room")
    assert done.exit_code == 0, done.output
    [event] = running.room.events()
    assert "answered 250" in done.output
    assert f"heard trace {event.event_id}" in done.output
    assert event.event_code == "leeds-2"
    mail = message_from_bytes(running.room.mails()[0], policy=default)
    assert (mail["Subject"], mail["From"]) == ("my room", "sam@example.net")
    assert "d=example.net" in mail["DKIM-Signature"]
    [attached] = mail.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("my room.txt", "blue walls")


async def test_it_may_come_unsigned(running: Running) -> None:
    assert (await send("hello", "--unsigned")).exit_code == 0
    assert b"DKIM" not in running.room.mails()[0]


async def test_nobodys_own_address_is_used_and_nothing_invented_goes_to_a_real_one(running: Running) -> None:
    for wrong in (["hello", "--sender", "me@example.com"], ["hello", "--attach", "no-such-file"]):
        done = await send(*wrong)
        assert (done.exit_code, type(done.exception)) == (1, SystemExit), "a sentence, and no traceback"
    running.is_demo = False
    assert (await send("hello")).exit_code == 1
    assert running.room.events() == []
