"""Mail that nobody wrote to be read. Each is answered within its limits, the next one is read, memory stays bounded."""

import resource
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.reader.adapters.child import Children
from services.reader.adapters.tasks import KINDS, MB
from services.reader.handlers.said import said
from services.reader.rules.mail.limits import LIMITS, TooBig, scan
from services.reader.rules.mail.parse import parse
from shared.contracts.values import Outcome
from tests.support.hostile_mail import HEAD, MIXED, READ, TOO_BIG, big_base64, everything, many_parts, nested

SECONDS = 25


@pytest.fixture(scope="module")
def mails() -> dict[str, bytes]:
    return dict(everything())


@pytest.fixture
async def children() -> AsyncIterator[Children]:
    made = Children()
    yield made
    await made.close()


@pytest.mark.parametrize("name", TOO_BIG)
def test_a_mail_over_a_limit_is_too_big_and_says_which(mails: dict[str, bytes], name: str) -> None:
    answer = parse(mails[name], {})
    assert (answer["outcome"], answer["reason"]) == ("too_big", TOO_BIG[name][1])
    assert said(answer).outcome is Outcome.TOO_BIG


@pytest.mark.parametrize("name", READ)
def test_a_mail_that_is_only_awkward_is_read(mails: dict[str, bytes], name: str) -> None:
    answer = parse(mails[name], {})
    assert answer["outcome"] == "words"
    assert READ[name][1] in "\n".join(one["words"] for one in answer["words"])
    assert said(answer).outcome is Outcome.WORDS


async def test_all_of_them_one_after_the_other_through_the_children_of_one_reader(
    children: Children, mails: dict[str, bytes]
) -> None:
    """One reader reads them all; none takes longer than it may, and what comes after it is read as ever."""
    await children.read("mail", HEAD + b"\r\nfirst", {})
    (pid,) = children.pids().values()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for name, raw in mails.items():
        begun = time.monotonic()
        answer = said(await children.read("mail", raw, {}))
        assert answer.reason not in ("child_died", "rubbish", "cpu", "too_long", "memory"), name
        assert time.monotonic() - begun < SECONDS, name
    assert said(await children.read("mail", HEAD + b"\r\nlast", {})).words[0].words == "last"
    assert children.pids() == {"mail": pid}, "one child forked them all"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 * 1024
    assert resident(pid) < 400 * MB


async def test_a_mail_as_large_as_the_door_lets_in_is_read_within_its_memory(children: Children) -> None:
    answer = said(await children.read("mail", big_base64(30), {}))
    assert (answer.outcome, answer.reason) == (Outcome.WORDS, None)  # its subject
    assert [len(one.content) > 20 * MB for one in answer.attachments] == [True]
    assert KINDS["mail"].memory <= 768 * MB


def resident(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


# Just at a limit, and just over it.


def test_as_many_parts_as_may_be() -> None:
    assert parse(many_parts(LIMITS.parts - 2), {})["outcome"] == "words"
    assert parse(many_parts(LIMITS.parts), {})["reason"] == "too_many_parts"


def test_as_deep_as_may_be() -> None:
    assert parse(nested(LIMITS.nesting), {})["words"][0]["words"] == "deep down"
    assert parse(nested(LIMITS.nesting + 1), {})["reason"] == "too_deep"


def test_the_scan_counts_before_anything_is_parsed() -> None:
    scan(HEAD + b"\r\nhello")
    with pytest.raises(TooBig) as big:
        scan(b"X: " + b"y" * LIMITS.header_block)
    assert big.value.reason == "header_too_long"
    scan(HEAD + b"\r\n" + b"=?utf-8?q?a?= " * 10_000)  # words of a body are no header


# Whatever bytes come, there is an answer, and it keeps to its form.

PIECES = st.sampled_from(
    [
        HEAD, MIXED, b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"--b", b"--b--", b"--b\r\n", b"--", b"Content-Type: ",
        b"multipart/alternative; boundary=b", b"message/rfc822", b"text/html", b"text/plain; charset=utf-16",
        b"Content-Transfer-Encoding: base64\r\n", b"Content-Transfer-Encoding: quoted-printable\r\n",
        b"Content-Transfer-Encoding: x-uuencode\r\n", b"begin 644 a\r\n#0V%T\r\nend\r\n", b"=?utf-8?b?", b"?=", b"=3D", b"=",
        b"From: ", b"To: <", b"(", b"\"", b"<p>", b"<div", b"&#x10ffff;", b"> ", b"-- \r\n", b"\xff\xfe", b"\x00", b"name*0*=",
        b"On Monday, Sam <sam@example.net> wrote:\r\n", b"Begin forwarded message:\r\n", b"Content-Disposition: attachment\r\n",
    ]
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(pieces=st.lists(PIECES | st.binary(max_size=40), max_size=30))
def test_any_bytes_give_an_answer_that_keeps_to_its_form(pieces: list[bytes]) -> None:
    answer = parse(b"".join(pieces), {})
    checked = said(answer)
    assert checked.reason != "rubbish"
    for piece in checked.words:
        assert all(mark.start < mark.end <= len(piece.words) for mark in piece.marks)


@settings(max_examples=100, deadline=None)
@given(
    words=st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp", "Co", "Cn"]), min_size=1, max_size=300)
)  # fmt: skip
def test_what_somebody_wrote_is_among_the_words(words: str) -> None:
    for head in (
        b"",
        b"Content-Type: text/plain; charset=utf-8\r\n",
        b"Content-Type: text/plain; charset=x-odd\r\n",
    ):
        answer = parse(b"From: a@example.net\r\n" + head + b"\r\n" + words.encode(), {})
        told = "".join(one["words"] for one in answer["words"])
        assert words.strip() == told.strip()
