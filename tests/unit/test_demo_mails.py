"""The demo's mail is invented, and arrives byte for byte."""

import asyncio
import json
from pathlib import Path

import dkim
import pytest

from services.local import demo_mails as m
from services.local.home import Home
from services.local.letters import INVENTED, Letter, Signer
from services.local.mailbox import contribution_of
from services.local.plan import MAIL_ADDRESS, invented_dns
from tests.support.mail import mailroom


def test_there_is_enough_of_it_and_nobody_real_in_it() -> None:
    assert len(m.LETTERS) >= 20
    assert {letter.sender.partition("@")[2] for letter in m.LETTERS} == {INVENTED}
    assert len({letter.sender for letter in m.LETTERS}) == len(m.LETTERS)
    assert 0 < len(m.ANSWERED) < len(m.LETTERS)
    assert sum(bool(letter.files) for letter in m.LETTERS) >= 3


async def test_all_of_it_is_taken_and_what_must_not_be_is_refused(tmp_path: Path) -> None:
    signer = Signer.of(Home(tmp_path / "home").make())
    knocks = 0

    def step() -> None:
        nonlocal knocks
        knocks += 1

    async with mailroom(tmp_path) as room:
        sent = await asyncio.to_thread(m.send_all, room.port, signer, step)
        assert (sent.taken, sent.refused, knocks) == (len(m.LETTERS) + 1, [550, 552], m.COUNT)
        assert len(room.events()) == sent.taken
        assert m.BROKEN in room.mails()
        known = {event.event_id for event in room.events()}
        assert contribution_of(m.BROKEN, f"zoe@{INVENTED}", MAIL_ADDRESS) in known
        assert {event.event_code for event in room.events()} == {None, "leeds-2", "york-1"}


@pytest.mark.parametrize("letter", m.LETTERS, ids=lambda letter: letter.subject)
def test_what_is_signed_holds_and_nothing_else_is(tmp_path: Path, letter: Letter) -> None:
    home = Home(tmp_path).make()
    raw = letter.raw(Signer.of(home))
    records = json.loads(invented_dns(home).read_text())
    holds = dkim.verify(raw, dnsfunc=lambda name, timeout=5: records[name.decode().rstrip(".")].encode())
    assert holds is letter.signed
