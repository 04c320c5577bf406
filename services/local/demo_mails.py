"""Invented mail by invented people of an invented domain. Nothing here happened to anybody.

Among it: somebody in danger now, a reply that quotes, mail forwarded whole, files, a program's own reply, a bounce, a
list, a mail that nobody signed, one in Polish, an empty one, and one whose characters are broken.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from services.local.letters import INVENTED, Attached, Letter, Signer
from services.local.mailbox import post
from services.local.plan import MAIL_ADDRESS


def _from(who: str, subject: str, words: str, **more: object) -> Letter:
    return Letter(f"{who}@{INVENTED}", subject, words, **more)  # type: ignore[arg-type]


_NOTES: Final = Attached(
    "what i wrote in year 9.txt",
    b"I was in four schools in two years. Nobody told my new school why. I would have liked one person to know.\n",
    "text/plain",
)
_LETTER: Final = Attached(
    "Letter to the review.txt",
    "My son’s support ended on the day of the order. We asked for help eleven times.\n".encode(),
    "text/plain",
)
_TABLE: Final = Attached("moves.csv", b"year,placements\n2019,3\n2020,2\n2021,4\n", "text/csv")
_UNKNOWN: Final = Attached("diary.xyz", bytes(range(256)) * 4)

URGENT: Final = _from(
    "jo.p",
    "please read now",
    "he said he will kill us tonight when he gets back from the pub. mum is crying and i have locked the door."
    " i dont know what to do",
    name="Jo",
)

REPLY: Final = _from(
    "aisha.k",
    "Re: the review",
    "I was in care from 3 to 17 and I still have the teddy my foster mum gave me.\r\n\r\n"
    "On Monday my social worker wrote:\r\n\r\n"
    "> Would you like to tell the review what helped?\r\n> It can be one thing.\r\n\r\n"
    "-- \r\nAisha K.\r\n07700 900456\r\n",
    name="Aisha K.",
)

FORWARDED: Final = _from(
    "ms.lowe",
    "Fwd: from one of our pupils",
    "One of our pupils asked me to send you this. She knows that I did.",
    name="Ms Lowe, Northfield Academy",
    forwarded=Letter(
        f"pupil@{INVENTED}",
        "for the review",
        "i think they should ask us before they move us. not after. thats it",
        name="Ellie",
    ),
)

AUTOMATIC: Final = _from(
    "kim.d",
    "Automatic reply: your letter",
    "I am out of the office until Monday.",
    headers=(("Auto-Submitted", "auto-replied"), ("X-Auto-Response-Suppress", "All")),
)

BOUNCE: Final = _from(
    "mailer-daemon",
    "Undelivered Mail Returned to Sender",
    "The mail could not be delivered: no such person here.",
    headers=(("Auto-Submitted", "auto-replied"),),
    returns="",
)

LISTED: Final = _from(
    "news",
    "Our newsletter for November",
    "This month: kinship carers tell their stories.",
    headers=(("List-Id", f"<news.{INVENTED}>"), ("Precedence", "bulk")),
)

UNSIGNED: Final = _from(
    "t.brook",
    "my view",
    "I have fostered for 20 years. Pay us like the professionals we are asked to be.",
    signed=False,
)

POLISH: Final = _from(
    "anna.n",
    "Opinia",
    "Jesteśmy rodziną zastępczą od sześciu lat. Dzieci potrzebują tłumacza na spotkaniach, a my potrzebujemy"
    " kogoś, kto odbiera telefon.",
    name="Anna N.",
)

EMPTY: Final = _from("m.e", "", "")

RETRIED: Final = _from(
    "r.shah", "the same thing twice", "My worker came when she said she would. That is all."
)
"""A mail server that did not hear our answer sends it again."""

ORDINARY: Final = (
    _from("tom.w", "one thing", "one thing that worked: my nan got help so i could stay with her", name="Tom"),
    _from("b.ellis", "Contact", "Contact twice a year in an office is not a family. Please write that down.", html="<p>Contact twice a year in an office is <b>not</b> a family. Please write that down.</p>"),
    _from("care.leaver", "leaving care at 18", "They gave me a leaflet, a key and a bin bag. I had no bed for nine days.", event="leeds-2"),
    _from("dad.of.3", "thank you", "Our family worker turned up every week and did what she said. We are still together."),
    _from("priya.s", "my notes", "I have put what I wrote in year 9 in the file. You can use it.", files=(_NOTES,), name="Priya"),
    _from("adopter", "post-adoption support", "Please see the letter.", files=(_LETTER, _TABLE), name="H. and J. Marsh"),
    _from("l.o", "brothers", "I see my brothers four times a year. We were never asked. I am 12 and I can count."),
    _from("youth.worker", "closing clubs", "Every club we close sends somebody to your front door two years later."),
    _from("grandad", "kinship", "At 71 I did not expect to do the school run again. I would not miss it. But the money, please.", event="york-1"),
    _from("z.amin", "dob on forms", "I have filled in the same form 14 times. My name has not changed and nor has my birthday."),
    _from("d.evans", "an old story", "I was in a home in 1974. It was kind there. I want that written down as well."),
    _from("nurse", "waiting lists", "Eighteen months for a first appointment is not a service.", html="<div>Eighteen months for a first appointment is not a service.</div>"),
    _from("rob.t", "diary", "this is my diary from then, if it opens", files=(_UNKNOWN,)),
    _from("interpreter", "signing", "I sign for deaf parents in court. They are told the day before. It should be a week."),
)  # fmt: skip

CONCERNS: Final = (
    _from("k.m", "(no subject)", "i think about ending it most nights. i have the tablets in my drawer"),
    _from("neighbour", "next door", "The little boy next door is locked out in the cold for hours. I have heard him beg to come in."),
)  # fmt: skip

LETTERS: Final = (
    URGENT, *CONCERNS, REPLY, FORWARDED, AUTOMATIC, BOUNCE, LISTED, UNSIGNED, POLISH, EMPTY, *ORDINARY, RETRIED,
)  # fmt: skip
"""All of them; each is one contribution."""

BROKEN: Final = (
    f"From: =?utf-8?q?Zo=C3?= <zoe@{INVENTED}>\r\nTo: review@review.example.org\r\nSubject: =?x-odd?b?!!?=\r\n"
    "Message-ID: <[broken]@example.net>\r\nContent-Type: text/plain; charset=x-odd\r\n"
    "Content-Transfer-Encoding: 8bit\r\n\r\nthey moved me at night, caf\udce9 lights everywhere\r\n"
).encode("utf-8", "surrogateescape")
"""As some programs write mail: headers and characters that no rule allows. It is one contribution more."""

ANSWERED: Final = tuple(letter for letter in LETTERS if letter not in (AUTOMATIC, BOUNCE, LISTED, UNSIGNED))
"""Whose senders get the one acknowledgement."""


@dataclass
class Sent:
    """What became of them: how many are contributions now, which answers were a no."""

    taken: int = 0
    refused: list[int] = field(default_factory=list)


COUNT: Final = len(LETTERS) + 4
"""How many times `send_all` knocks: each letter, one of them twice; a broken one; and two that we must not take."""


def send_all(port: int, signer: Signer, step: Callable[[], None]) -> Sent:
    """Send everything over SMTP: each letter once but for one, a broken one, one to somebody else, one far too big."""
    sent = Sent()

    def knock(raw: bytes, sender: str, to: str, *, counts: bool = True, size: int | None = None) -> None:
        code = post(port, raw, sender=sender, to=to, size=size).code
        if code != 250:
            sent.refused.append(code)
        elif counts:
            sent.taken += 1
        step()

    for letter in LETTERS:
        raw = letter.raw(signer)
        knock(raw, letter.envelope, letter.to)
        if letter is RETRIED:
            knock(raw, letter.envelope, letter.to, counts=False)
    knock(BROKEN, f"zoe@{INVENTED}", MAIL_ADDRESS)
    knock(BROKEN, f"zoe@{INVENTED}", "somebody@elsewhere.example.com")
    knock(BROKEN, f"zoe@{INVENTED}", MAIL_ADDRESS, size=10**9)
    return sent
