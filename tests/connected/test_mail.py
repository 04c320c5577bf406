"""Mail through a whole Heard: over SMTP into the archive, with a level, and one answer to whoever may have one."""

import base64
import smtplib
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from services.local.letters import INVENTED, Attached, Letter, Signer
from services.local.mailbox import Posted, post
from services.local.up import Local
from tests.support.local import ask, heard, settled, until

pytestmark = [pytest.mark.connected, pytest.mark.timeout(300)]

MAIL = ("pager", "triage", "email_intake", "reader", "anonymiser", "archive", "replies", "ledger")


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    with heard(tmp_path_factory.mktemp("heard"), services=MAIL, log_level="DEBUG") as started:
        yield started


def send(local: Local, letter: Letter) -> Posted:
    raw = letter.raw(Signer.of(local.home))
    return post(local.ports["smtp"], raw, sender=letter.envelope, to=letter.to)


def stages(local: Local, contribution_id: UUID) -> str:
    return str(ask(local, "ledger", f"/trace/{contribution_id}"))


def test_a_mail_is_kept_gets_a_level_and_one_answer(local: Local) -> None:
    me = f"sam@{INVENTED}"
    first = send(local, Letter(me, "what i think", "my worker rang every friday. that helped.", name="Sam"))
    again = send(local, Letter(me, "one more", "and the food was good"))
    forged = send(local, Letter(f"tom@{INVENTED}", "hello", "hello it is me", signed=False))
    bounce = send(local, Letter(f"mailer-daemon@{INVENTED}", "Undeliverable", "no such user", returns=""))
    away = Letter(
        f"kim@{INVENTED}", "Automatic reply: hi", "away", headers=(("Auto-Submitted", "auto-replied"),)
    )
    file = Attached("notes.txt", b"what i wrote in year 9", "text/plain")
    with_file = send(local, Letter(f"ada@{INVENTED}", "my notes", "see the file", files=(file,)))
    assert [one.code for one in (first, again, forged, bounce, send(local, away), with_file)] == [250] * 6
    balance = settled(local, 6)
    assert balance["total"]["missing"] == 0
    until(lambda: local.mailbox.at(me), 60, "the answer arrives")
    until(lambda: local.mailbox.at(f"ada@{INVENTED}"), 60, "the other answer arrives")
    [mail] = local.mailbox.at(me)
    assert (mail["sender"], mail["to"]) == ("", [me])
    assert mail["headers"]["Subject"] == "Thank you for your message"
    assert "Childline" in mail["words"] and "friday" not in mail["words"]
    until(
        lambda: (ask(local, "replies", "/sending") or {}).get("sending", {}).get("withheld") == 4,
        60,
        "all decided",
    )
    everybody = {to for mail in local.mailbox.ask("GET", "mail") for to in mail["to"]}
    assert everybody == {me, f"ada@{INVENTED}"}


CANARY = "zanzibarlantern"
WHO = f"quillonia.vantongeren@{INVENTED}"
MARKS = tuple(
    form
    for mark in (CANARY, "quillonia", "vantongeren")
    for form in (
        mark.encode(),
        base64.b64encode(mark.encode()).rstrip(b"=")[2:-2],
        mark.encode().hex().encode(),
    )
)


def test_nothing_of_a_mail_is_found_in_clear(local: Local) -> None:
    """Not in a log at its most talkative, not beside the spool, not in a store, a topic or a table."""
    before = (ask(local, "ledger", "/balance") or {})["total"]["accepted"]
    file = Attached(f"{CANARY}.txt", f"{CANARY} in a file".encode(), "text/plain")
    words = f"my name is Quillonia and the {CANARY} was mine"
    letter = Letter(WHO, f"the {CANARY}", words, (file,), name=f"Quillonia {CANARY}")
    assert send(local, letter).code == 250
    with smtplib.SMTP("127.0.0.1", local.ports["smtp"], timeout=30) as client:
        client.ehlo(f"{CANARY}.example.net")
        for line in (
            f"{CANARY} {WHO}",
            f"MAIL FROM:<{WHO}> SIZE=99999999999",
            f"MAIL FROM:<{WHO}>",
            f"RCPT TO:<{CANARY}@x.example.com>",
        ):
            assert client.docmd(line)[0] in (250, 500, 550, 552)
    settled(local, before + 1)
    until(lambda: local.mailbox.at(WHO), 60, "the answer arrives")
    found = [
        f"{path.relative_to(local.home.path)}: {mark!r}"
        for path in local.home.path.rglob("*")
        for content in [contents(path)]
        for mark in MARKS
        if mark in content
    ]
    assert found == []
    assert (local.home.logs / "email_intake.log").stat().st_size > 0


def contents(path: Path) -> bytes:
    try:
        return path.read_bytes().lower() if path.is_file() and path.stat().st_size < 64 * 1024 * 1024 else b""
    except OSError:
        return b""
