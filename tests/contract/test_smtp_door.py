"""What mail servers send us over SMTP, and what they are answered; with a real client, a real spool and no Kafka."""

import asyncio
import json
import smtplib
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from shared.contracts.ids import mail as id_of
from shared.contracts.values import Channel, PartKind, Provider
from shared.messaging.intake import Intake
from shared.messaging.parcels import Packing
from shared.messaging.spool import SpoolFull
from shared.vault import Binding
from shared.vault.sealing import CannotOpen
from tests.support.keys import keys_of
from tests.support.mail import DOMAIN, OURS, SENDER, Mailroom, a_mail, mailroom

HELLO = b"EHLO client.example.net\r\n"
START = HELLO + f"MAIL FROM:<{SENDER}>\r\nRCPT TO:<{OURS}>\r\nDATA\r\n".encode()


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Mailroom]:
    async with mailroom(tmp_path) as made:
        yield made


async def test_a_mail_is_answered_once_it_is_safe_and_sealed_whole(room: Mailroom) -> None:
    raw = a_mail("hello\r\n.a line with a dot\r\n..two\r\n.")
    assert await room.send(raw) == 250
    [event] = room.events()
    assert room.clear(event) == f"Return-Path: <{SENDER}>\r\n".encode() + raw
    assert (event.context.channel, event.provider) == (Channel.EMAIL, Provider.SMTP)
    [part] = event.parts
    assert (part.number, part.kind, part.media_type) == (1, PartKind.MAIL, "message/rfc822")
    assert part.size == len(room.clear(event))
    receipts = room.intake.spool.receipts(0)
    assert [row["contribution_id"] for row in receipts] == [str(event.event_id)]
    assert room.doors.bytes_in_flight == 0


async def test_the_envelope_is_sealed_for_those_who_need_it(room: Mailroom) -> None:
    await room.send(a_mail(), to=(f"review+LEEDS-2@{DOMAIN}",))
    [event] = room.events()
    whole = Binding.of(event.context)
    assert event.event_code == "leeds-2"
    assert event.reply_slip and event.context.names and event.context.tag
    slip = json.loads(keys_of("replies").opener.open(event.reply_slip, whole))
    assert slip == {"address": SENDER, "to": OURS, "channel": "email"}
    assert json.loads(keys_of("anonymiser").opener.open(event.context.names, whole)) == [SENDER]
    assert keys_of("triage").opener.open(event.context.tag, whole)
    for other in ("triage", "archive", "reader"):
        with pytest.raises(CannotOpen):
            keys_of(other).opener.open(event.reply_slip, whole)
    assert SENDER.lower() not in event.model_dump_json().lower()


async def test_a_mail_that_nobody_may_answer_has_no_slip(room: Mailroom) -> None:
    assert await room.send(a_mail(), sender="") == 250
    [event] = room.events()
    assert event.reply_slip is None
    assert room.clear(event).startswith(b"Return-Path: <>\r\n")


# A repeat


async def test_the_same_mail_twice_is_one(room: Mailroom) -> None:
    raw = a_mail()
    assert [await room.send(raw), await room.send(raw)] == [250, 250]
    [event] = room.events()
    assert event.event_id == id_of(f"{SENDER}>{OURS}", sha256(raw).hexdigest())
    assert len(room.kept()) == 1, "the second copy is thrown away"
    assert room.mails() == [raw]


async def test_the_same_message_id_with_another_body_is_another_mail(room: Mailroom) -> None:
    one, other = a_mail("one"), a_mail("other")
    assert [await room.send(one), await room.send(other)] == [250, 250]
    assert sorted(room.mails()) == sorted([one, other])
    assert not any(row["conflict"] for row in room.intake.spool.receipts(0))


async def test_the_same_mail_from_two_people_is_two(room: Mailroom) -> None:
    await room.send(a_mail())
    await room.send(a_mail(), sender="other@example.net")
    assert len(room.events()) == 2


async def test_many_at_once_are_all_taken(room: Mailroom) -> None:
    mails = [a_mail(f"number {number}") for number in range(30)]
    assert set(await asyncio.gather(*map(room.send, mails))) == {250}
    assert sorted(room.mails()) == sorted(mails)


# Whose addresses


@pytest.mark.parametrize(
    "to",
    [
        "someone@elsewhere.example.com", f"other@{DOMAIN}", f"review%elsewhere@{DOMAIN}", "review",
        "@relay.example.com:someone@elsewhere.example.com", f"elsewhere!review@{DOMAIN}", "postmaster",
    ],
)  # fmt: skip
async def test_we_take_our_own_mail_alone_and_never_relay(room: Mailroom, to: str) -> None:
    assert await room.send(a_mail(), to=(to,)) in (501, 550, 553)
    assert room.events() == []


async def test_a_stranger_among_the_recipients_changes_nothing_for_ours(room: Mailroom) -> None:
    def send(client: smtplib.SMTP) -> Any:
        return client.sendmail(SENDER, [OURS, "someone@elsewhere.example.com"], a_mail())

    refused = await room.smtp(send)
    assert {who: code for who, (code, _) in refused.items()} == {"someone@elsewhere.example.com": 550}
    assert len(room.events()) == 1
    assert room.refused() == {550: 1}


async def test_several_of_our_addresses_are_one_mail_and_too_many_are_told_so(tmp_path: Path) -> None:
    async with mailroom(tmp_path, local_parts="review,a,b", recipients=2) as room:

        def send(client: smtplib.SMTP) -> Any:
            return client.sendmail(SENDER, [f"{one}@{DOMAIN}" for one in ("review", "a", "b")], a_mail())

        refused = await room.smtp(send)
        assert {code for code, _ in refused.values()} == {452}
        assert len(room.events()) == 1


@pytest.mark.parametrize(
    "line",
    [
        b"MAIL FROM:<", b"MAIL FROM:<>>", b"MAIL FROM:<@>",
        b"MAIL FROM:<(@example.net>", b"MAIL FROM:<a\rb@example.net>", b"MAIL FROM:<\x01@example.net>",
        b"MAIL FROM:<a@[>", b"MAIL FROM", b"MAIL", b"MAIL FROM:<a@b> SIZE=", b"MAIL FROM:<a@b> SIZE=-1",
        b"MAIL FROM:<a@b> BODY=ODD", b"MAIL FROM:<a@b> NEW=1", b"RCPT TO:<review@" + DOMAIN.encode() + b">",
        b"DATA", b"\xff\xfe", b"", b"AUTH PLAIN AGEAYg==", b"AUTH LOGIN", b"STARTTLS", b"BDAT 3", b"ETRN x", b"EXPN x",
    ],
)  # fmt: skip
async def test_an_odd_command_is_a_no_and_the_next_mail_is_taken(room: Mailroom, line: bytes) -> None:
    said = await room.raw(HELLO, line + b"\r\n", wait=0.1)
    last = said.splitlines()[-1]
    assert 400 <= int(last[:3]) < 600, said
    assert await room.send(a_mail()) == 250


async def test_an_address_outside_ascii_is_taken(room: Mailroom) -> None:
    said = await room.raw(
        HELLO, "MAIL FROM:<zoë@example.net> SMTPUTF8\r\nRCPT TO:<".encode() + OURS.encode() + b">\r\nDATA\r\nx\r\n.\r\n"
    )  # fmt: skip
    assert said.splitlines()[-1].startswith(b"250")
    assert room.clear(room.events()[0]).startswith("Return-Path: <zoë@example.net>\r\n".encode())


# Where a mail ends


@pytest.mark.parametrize(
    "end",
    [
        b"\n.\n",
        b"\n.\r\n",
        b"\r\n.\r",
        b"\r.\r",
        b"\r\n.\n",
        b"\r\n\0.\r\n",
        b"\r.\r\n",
        b"\n.\r",
        b"\r\n.\r\r\n",
    ],
    ids=repr,
)
async def test_nothing_is_smuggled_in_behind_an_end_that_is_none(room: Mailroom, end: bytes) -> None:
    inner = f"MAIL FROM:<boss@{DOMAIN}>\r\nRCPT TO:<{OURS}>\r\nDATA\r\nFrom: boss\r\n\r\nsmuggled".encode()
    said = await room.raw(START, b"Subject: one\r\n\r\nwords" + end + inner + b"\r\n.\r\n", wait=0.3)
    assert said.count(b"250 2.0.0") == 1
    [mail] = room.mails()
    assert b"smuggled" in mail


@pytest.mark.parametrize(
    "body", [b"", b"\r\n", b"x", b".", b"..\r\n.", b"\0\r\n", b"a\nb\rc\r\n", b"\xff\xfe\r\n"]
)
async def test_what_is_sent_is_what_is_kept(room: Mailroom, body: bytes) -> None:
    assert await room.send(body) == 250
    assert room.mails() == [body if body.endswith(b"\r\n") or not body else body + b"\r\n"]


async def test_an_end_that_comes_byte_by_byte_is_seen(room: Mailroom) -> None:
    said = await room.raw(START, *(bytes([one]) for one in b"hi\r\n..\r\n.\r\n"), wait=0.02, last=0.5)
    assert said.count(b"250 2.0.0") == 1
    assert room.mails() == [b"hi\r\n.\r\n"]


async def test_lines_of_any_length_are_kept(room: Mailroom) -> None:
    """Real mail breaks the limit of 998 characters; whoever wrote it cannot help that."""
    raw = b"Subject: long\r\n\r\n" + b"x" * 300_000 + b"\r\n" + b"." * 200_000 + b"\r\n"
    assert await room.send(raw) == 250
    assert room.mails() == [raw]


async def test_a_client_that_does_not_wait_for_answers_is_understood(room: Mailroom) -> None:
    one = START + b"one\r\n.\r\n" + START.removeprefix(HELLO) + b"two\r\n.\r\nQUIT\r\n"
    said = await room.raw(one, wait=0.5)
    assert said.count(b"250 2.0.0") == 2
    assert room.mails() == [b"one\r\n", b"two\r\n"]


async def test_who_goes_away_in_the_middle_leaves_nothing(room: Mailroom) -> None:
    await room.raw(START, b"half of a mail\r\n" * 20_000, wait=0.1)
    await asyncio.sleep(0.1)
    assert room.is_empty()
    assert room.doors.open == set()


async def test_who_goes_away_before_the_answer_is_a_repeat_when_they_come_again(room: Mailroom) -> None:
    raw = a_mail()
    await room.raw(START + raw + b".\r\n", wait=0)
    await asyncio.sleep(0.3)
    assert await room.send(raw) == 250
    assert room.mails() == [raw]


# Limits


async def test_too_big_is_said_before_and_after(tmp_path: Path) -> None:
    async with mailroom(tmp_path, size_limit=10_000) as room:
        said = await room.raw(HELLO + f"MAIL FROM:<{SENDER}> SIZE=10001\r\n".encode())
        assert b"\r\n552 " in said
        assert await room.send(b"x" * 9_000) == 250
        assert await room.send(b"y" * 12_000) == 552
        assert (len(room.events()), len(room.kept()), room.doors.bytes_in_flight) == (1, 1, 0)
        assert room.refused() == {552: 2}


async def test_who_never_ends_is_cut_off(tmp_path: Path) -> None:
    async with mailroom(tmp_path, size_limit=10_000) as room:
        _, writer = await asyncio.open_connection("127.0.0.1", room.port)
        writer.write(START)

        async def for_ever() -> None:
            while True:
                writer.write(b"x" * 10_000)
                await writer.drain()

        with pytest.raises(ConnectionError):
            await asyncio.wait_for(for_ever(), 20)
        assert room.is_empty()


async def test_too_many_connections_are_told_to_come_again(tmp_path: Path) -> None:
    async with mailroom(tmp_path, connections=2) as room:
        held = [await asyncio.open_connection("127.0.0.1", room.port) for _ in range(2)]
        for reader, _ in held:
            await reader.readline()
        assert (await room.raw(HELLO)).startswith(b"421 ")
        for _, writer in held:
            writer.close()
        await asyncio.sleep(0.1)
        assert await room.send(a_mail()) == 250
        assert room.refused() == {421: 1}


async def test_too_much_at_once_is_told_to_come_again(tmp_path: Path) -> None:
    async with mailroom(tmp_path, in_flight=200_000) as room:
        _, writer = await asyncio.open_connection("127.0.0.1", room.port)
        writer.write(START + b"x" * 190_000)
        await writer.drain()
        await asyncio.sleep(0.2)
        assert room.doors.bytes_in_flight > 100_000
        said = await room.raw(HELLO + f"MAIL FROM:<{SENDER}> SIZE=150000\r\n".encode())
        assert b"\r\n452 " in said
        assert await room.send(b"y" * 150_000) == 452, "whoever does not say how much is told at the end"
        writer.close()
        await asyncio.sleep(0.1)
        assert await room.send(b"z" * 150_000) == 250


async def test_the_idle_and_the_slow_are_cut_off(tmp_path: Path) -> None:
    async with mailroom(tmp_path, idle=0.3, data_within=0.6) as room:
        said = await room.raw(HELLO, wait=0.8)
        assert said.startswith(b"220 ")
        assert room.doors.open == set()
        slow = await room.raw(START, *[b"a\r\n"] * 6, wait=0.2)
        assert b"\r\n421 4.4.2" in slow
        assert room.is_empty()


async def test_junk_and_endless_commands_are_cut_off(tmp_path: Path) -> None:
    async with mailroom(tmp_path, commands=5) as room:
        said = await room.raw(HELLO, b"NOOP\r\n" * 10)
        assert b"\r\n421 " in said
        said = await room.raw(HELLO, b"GET / HTTP/1.1\r\n" * 10)
        assert said.count(b"\r\n500 ") < 6
        assert b"500" in await room.raw(HELLO, b"NOOP " + b"x" * 200_000 + b"\r\n", wait=0.5)


# Faults


async def test_a_disk_without_room_takes_no_mail(tmp_path: Path) -> None:
    async with mailroom(tmp_path, least_free=1 << 60) as room:
        assert await room.send(a_mail()) == 452
        assert room.is_empty()


async def test_a_disk_that_fills_up_in_the_middle_is_a_no(
    room: Mailroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Packing, clear: bytes) -> None:
        self.abandon()
        raise SpoolFull

    def cannot(self: Packing) -> None:
        self.abandon()
        raise SpoolFull

    with monkeypatch.context() as patch:
        patch.setattr(Packing, "feed", full)
        assert await room.send(a_mail()) == 452
    with monkeypatch.context() as patch:
        patch.setattr(Packing, "finish", cannot)
        assert await room.send(a_mail()) == 452
    assert room.is_empty()
    assert await room.send(a_mail()) == 250


async def test_a_spool_that_takes_nothing_is_a_no_and_leaves_nothing(
    room: Mailroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(row: Any) -> int:
        raise SpoolFull

    with monkeypatch.context() as patch:
        patch.setattr(room.intake.spool, "accept", full)
        patch.setattr("shared.messaging.intake.ALONE", 0.2)
        assert await room.send(a_mail()) == 451
    assert (room.kept(), room.doors.bytes_in_flight) == ([], 0)
    assert await room.send(a_mail()) == 250


async def test_a_fault_of_ours_is_no_final_no_and_says_nothing(
    room: Mailroom, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    async def broken(*_: Any, **__: Any) -> None:
        raise ValueError("zanzibarlantern")

    monkeypatch.setattr(room.doors, "take", broken)
    assert await room.send(a_mail("zanzibarlantern")) == 451
    said = capfd.readouterr()
    assert "smtp_failed" in said.err
    assert "zanzibarlantern" not in said.err + said.out
    assert room.doors.bytes_in_flight == 0


async def test_kafka_away_is_no_special_case(room: Mailroom) -> None:
    assert await room.send(a_mail()) == 250
    assert room.intake.state()["spool_depth"] == 1


async def test_a_stop_answers_what_was_sent_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entered = asyncio.Event()
    accept = Intake.accept

    async def slowly(self: Intake, *args: Any, **more: Any) -> Any:
        entered.set()
        await asyncio.sleep(0.3)
        return await accept(self, *args, **more)

    monkeypatch.setattr(Intake, "accept", slowly)
    async with mailroom(tmp_path) as room:
        sending = asyncio.create_task(room.send(a_mail()))
        reader, _ = await asyncio.open_connection("127.0.0.1", room.port)
        await reader.readline()
        await entered.wait()
    assert await sending == 250
    assert (await reader.read()).startswith(b"421 ")


async def test_a_client_says_goodbye_in_the_usual_ways(room: Mailroom) -> None:
    said = await room.raw(HELLO, b"NOOP\r\nRSET\r\nHELP\r\nVRFY review\r\nQUIT\r\n")
    assert [line[:3] for line in said.splitlines() if line[3:4] == b" "][-5:] == [
        b"250", b"250", b"250", b"252", b"221"
    ]  # fmt: skip
    assert b"AUTH" not in said.partition(b"HELP")[0]
