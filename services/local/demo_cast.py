"""Who plays in the demo: each channel with its invented contributions, sent the way that people send them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from services.local import demo_art, demo_mails, demo_partner, demo_voices
from services.local import demo_texts as t
from services.local.letters import Signer
from services.local.loopback import client
from services.local.partners import Partners
from services.local.plan import DRAMA
from services.local.up import Local
from shared.database import role_uri

Step = Callable[[], None]


@dataclass
class Played:
    """How many contributions each channel must have now, and what is worth telling."""

    accepted: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, channel: str, n: int = 1) -> None:
        self.accepted[channel] = self.accepted.get(channel, 0) + n


@dataclass(frozen=True, slots=True)
class Part:
    """One channel's part. `count` is how many steps it has, for the progress bar."""

    title: str
    count: int
    play: Callable[[Local, Step], Played]


def texts(local: Local, step: Step) -> Played:
    """Threads, concerns, ordinary texts; a provider that asks twice; a STOP, a HELP; and what is no text at all."""
    played, retries = Played(), 0

    def text(said: t.Said, **more: Any) -> None:
        nonlocal retries
        answer = local.stand_in.text(_number(said.who), said.words, **more)
        played.add("sms")
        retries += len(answer["repeats"]) + len(answer["tries"]) - 1
        step()

    text(t.URGENT)
    for said in (*t.THREADS, *t.CONCERNS, t.HELP, t.POLISH, t.EMPTY, t.LONG, *t.ORDINARY):
        text(said)
    text(t.RETRIED, repeat=2)
    text(t.STOP)
    refused = _malformed(local)
    for _ in refused:
        step()
    played.notes.append(
        f"Texts: the provider asked again {retries} times, each text is kept once; refused with"
        f" {', '.join(map(str, refused))} (forged, unsigned, too large, no form)."
    )
    if refused != [403, 403, 413, 400]:
        played.notes.append("A forged or malformed webhook was not answered as it should be.")
        played.add("sms")  # so that the equation cannot come out
    return played


def mails(local: Local, step: Step) -> Played:
    """Signed mail over SMTP, with files; a mail server that asks twice; and what must not be taken."""
    sent = demo_mails.send_all(local.ports["smtp"], Signer.of(local.home), step)
    note = (
        f"Mail: {sent.taken} taken in over SMTP, one of them sent twice; refused with"
        f" {', '.join(map(str, sent.refused))} (not our address, too big)."
    )
    right = sent.refused == [550, 552]
    return Played({"email": sent.taken if right else sent.taken + 1}, [note])


def voices(local: Local, step: Step) -> Played:
    """Calls that leave a recording, recordings of a web page, and voice notes by WhatsApp."""
    played = Played()
    for spoken in demo_voices.VOICES:
        demo_voices.play(local.stand_in, spoken, local.ports["voice_web"])
        played.add(spoken.channel)
        step()
    return played


def forms(local: Local, step: Step) -> Played:
    """The public form: drawings with words on them, a poem, a PDF; one is tapped twice."""
    url = f"http://127.0.0.1:{local.ports['art_web']}"
    sent = list(demo_art.send_all(url, step))
    return Played({"web": len(sent)})


def partner(local: Local, step: Step) -> Played:
    """A youth club hands over a folder on a line that breaks, and gets its proof."""
    url = f"http://127.0.0.1:{local.ports['art_web']}"
    seen = 0

    def forward(safe: int, of: int) -> None:
        nonlocal seen
        while seen < safe:
            step()
            seen += 1

    batch = demo_partner.hand_over(
        url, Partners(_uri(local), local.keyring), local.home.path / "partner", forward
    )
    note = (
        f"Partner: {batch.items} works over a line that broke {batch.breaks} times; the signed proof names"
        f" {batch.proven} of them."
    )
    return Played({"partner": batch.items if batch.is_whole else batch.items + 1}, [note])


def _uri(local: Local) -> str:
    password = local.keyring.secret("database_art_intake").decode()
    return role_uri(local.servers.database_admin_uri, "art_intake", password)


def _malformed(local: Local) -> list[int]:
    """Somebody else's signature, none at all, a body over the limit, and no form: each gets its answer."""
    url = f"http://127.0.0.1:{local.ports['sms_web']}/sms"
    form = {
        "MessageSid": "SM1",
        "AccountSid": "AC1",
        "From": _number(399),
        "To": DRAMA["ours"],
        "Body": "hello",
    }
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return [
        client().post(url, data=form, headers={"X-Twilio-Signature": "forged"}).status_code,
        client().post(url, data=form).status_code,
        client().post(url, content=b"Body=" + b"x" * 70_000, headers=kind).status_code,
        client().post(url, json=form).status_code,
    ]


def _number(who: int) -> str:
    return f"+447700900{who}"


CAST: Final = (
    Part("texts", len(t.THREADS) + len(t.CONCERNS) + len(t.ORDINARY) + 7 + 4, texts),
    Part("mail", demo_mails.COUNT, mails),
    Part("calls and voice notes", len(demo_voices.VOICES), voices),
    Part("forms with drawings", len(demo_art.ART), forms),
    Part("a partner's folder, on a bad line", len(demo_partner.WORKS), partner),
)
