"""Awkward mail over SMTP into the archive: what others collected because it broke something, and what is hostile.

None is lost, nothing dies of it, and somebody is told of each that could not be read.
"""

import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest

from services.local.letters import INVENTED
from services.local.mailbox import Posted, post
from services.local.plan import MAIL_ADDRESS
from services.local.up import Local
from shared.contracts.events import ContributionRead, ContributionTriaged
from shared.contracts.topics import Topic
from shared.contracts.values import Outcome
from tests.support import corpus, hostile_mail
from tests.support.local import ask, heard, settled
from tests.support.topics import events_of

pytestmark = [pytest.mark.connected, pytest.mark.timeout(900)]

MAIL = ("pager", "triage", "email_intake", "reader", "anonymiser", "archive", "replies", "ledger")
LEAST = 200
MB = 1024 * 1024


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    with heard(tmp_path, services=MAIL) as started:
        yield started


def everything() -> dict[str, bytes]:
    """The collections, their line ends as any mail program sends them; the hostile ones as they are."""
    found: dict[str, bytes] = {}
    for name in (corpus.PYTHON, corpus.BOUNCES, corpus.MAILMAN):
        for path, raw in corpus.collection(name):
            found[f"{name}: {path}"] = re.sub(rb"\r\n|\n|\r", b"\r\n", raw)
    found |= {f"hostile: {name}": raw for name, raw in hostile_mail.everything()}
    found["hostile: 20 megabytes of base64"] = hostile_mail.big_base64()
    found["the same Message-ID, one"] = b"Message-ID: <same@example.net>\r\n\r\none body\r\n"
    found["the same Message-ID, two"] = b"Message-ID: <same@example.net>\r\n\r\nanother body\r\n"
    return found


def peak(local: Local, service: str) -> int:
    """The most memory that a process had, in bytes."""
    pid = local.fleet.processes[service].process.child_pid
    status = Path(f"/proc/{pid}/status").read_text()
    (kilobytes,) = re.findall(r"VmHWM:\s+(\d+) kB", status)
    return int(kilobytes) * 1024


@pytest.mark.faults
async def test_awkward_mail_is_all_kept_and_nothing_dies_of_it(local: Local) -> None:
    mails = everything()
    assert len(mails) >= LEAST

    def send(number: int, raw: bytes) -> Posted:
        return post(local.ports["smtp"], raw, sender=f"somebody{number}@{INVENTED}", to=MAIL_ADDRESS)

    with ThreadPoolExecutor(8) as pool:
        posted = dict(zip(mails, pool.map(send, count(), mails.values()), strict=True))
    assert {name: one.code for name, one in posted.items() if one.code != 250} == {}
    sent = {one.contribution_id: name for name, one in posted.items()}
    balance = settled(local, len(sent), seconds=700)
    total = balance["total"]
    assert (total["missing"], total["refused"], total["erased"]) == (0, 0, 0)
    assert total["archived"] + total["held"] == len(sent)
    assert not balance["parked"], "no dead letter"
    assert {name: one.restarts for name, one in local.fleet.processes.items() if one.restarts} == {}
    fixity = ask(local, "archive", "/fixity?objects=100000")
    assert fixity is not None
    assert (fixity["checked"], fixity["damaged"]) == (len(sent), [])

    bootstrap = local.servers.bootstrap
    received = {event.about for event in await events_of(bootstrap, Topic.EMAIL_RECEIVED)}
    assert received == set(sent)
    read = [e for e in await events_of(bootstrap, Topic.READ) if isinstance(e, ContributionRead)]
    whole = {event.about: event for event in read if event.part == 1}
    assert set(whole) == set(sent), "each is answered, whatever it was"
    levels = [e for e in await events_of(bootstrap, Topic.TRIAGED) if isinstance(e, ContributionTriaged)]
    assert {event.about for event in levels} == set(sent), "each has a level, or a person is told"
    for contribution, event in whole.items():
        if event.outcome in (Outcome.TOO_BIG, Outcome.UNREADABLE):
            told = [one for one in levels if one.about == contribution]
            assert any(one.level.rings for one in told), sent[contribution]
    print(f"\n{len(sent)} mails: {dict(Counter(event.outcome.value for event in whole.values()))}")
    print(
        f"email_intake at most {peak(local, 'email_intake') // MB} MB, reader {peak(local, 'reader') // MB} MB"
    )
    assert peak(local, "email_intake") < 250 * MB
