"""Invented voices: what each says, and the small files that a speech synthesiser made of it.

Nobody spoke these, and nothing in them happened to anybody. `python -m services.local.demo_voices` makes the files anew;
how, and under which licence, stands beside them.
"""

from pathlib import Path
from typing import Final, Literal, NamedTuple

from services.local.send_voice import upload
from services.local.speech import say, to_call, to_opus
from services.local.standin import StandIn
from shared.contracts.values import Channel

FOLDER: Final = Path(__file__).parent / "sounds"
By = Literal["call", "web", "whatsapp"]


class Spoken(NamedTuple):
    """One recording. `who` is the end of a drama number: 07700 900 and three digits."""

    who: int
    name: str
    words: str
    voice: str = "en-gb"
    speed: int = 145
    pitch: int = 50
    by: By = "call"

    @property
    def channel(self) -> Channel:
        return Channel.WHATSAPP if self.by == "whatsapp" else Channel.VOICE

    @property
    def sound(self) -> bytes:
        """Ogg Opus, as a phone's voice note is."""
        return (FOLDER / f"{self.name}.ogg").read_bytes()

    @property
    def recorded(self) -> bytes:
        """As the provider records a call."""
        return to_call(self.sound)


URGENT: Final = Spoken(
    401, "locked-in",
    "Please help me. My mum's boyfriend has locked us in and he has got a knife. He said he is going to kill us."
    " My little brother is with me. Please help us now.",
    "en-gb-x-rp+f2", 140, 62,
)  # fmt: skip
"""The one that must ring within minutes."""

POLISH: Final = Spoken(
    402, "tlumacz",
    "Dzień dobry. Mój syn jest w rodzinie zastępczej od dwóch lat. Na spotkaniach nikt nie mówi po polsku."
    " Bardzo proszę o tłumacza.",
    "pl", 135,
)  # fmt: skip

VOICES: Final = (
    URGENT,
    POLISH,
    Spoken(403, "every-friday", "My social worker came to see me every Friday, like she promised. That is all I wanted to say."),
    Spoken(404, "six-moves", "I am fourteen, and I have moved six times. Each time they put my things in bin bags. A suitcase would be nice.", "en-gb+f3", 145, 60),
    Spoken(405, "kinship", "I am a grandmother, and I look after my two grandchildren. We got no money at all for the first eleven months. The health visitor was wonderful.", "en-gb-x-rp+f4", 140, 45),
    Spoken(406, "my-sister", "My sister lives ninety miles away. We see each other twice a year. I miss her every day.", "en-gb-x-gbcwmd", 140, 55, "web"),
    Spoken(407, "hits-me", "My foster father hits me when my foster mum is at work. I have not told anybody.", "en-gb-x-rp", 135, 55, "web"),
    Spoken(408, "not-wake-up", "I do not want to be here any more. I have thought about how I would kill myself.", "en-gb-x-rp+m1", 135, 50),
    Spoken(409, "own-room", "We got a new house, and I have my own room now, and a cat called Biscuit.", "en-gb+f2", 150, 70),
    Spoken(410, "meetings", "People in suits talk over my head in my own review meeting. Nobody asked me what I think.", "en-gb-x-rp", 140, 55, "web"),
    Spoken(411, "care-leaver", "When I left care I had a bin bag and a mattress. I was eighteen. Nobody rang me.", "en-gb-scotland", 145, 45),
    Spoken(412, "foster-carer", "I have been a foster carer for twenty years. Listen to us. We see the children at breakfast.", "en-gb-x-rp+f3", 140, 40),
    Spoken(413, "one-person", "I think every child should have one person who stays.", "en-gb-scotland", 135, 50, "web"),
    Spoken(414, "disabled", "My daughter is disabled. Short breaks have saved our family. Please do not take them away.", "en-gb+m1", 140, 40),
    Spoken(415, "adopted", "Being adopted when I was four was the best thing that happened to me.", "en-gb+f4", 145, 55),
    Spoken(416, "contact", "Contact in a room with a camera is not contact. It is an exam.", "en-gb-x-gbcwmd", 145, 45),
    Spoken(417, "youth-club", "They closed our youth club, and now there is nothing to do. It was the only warm place.", "en-gb-x-rp", 135, 55, "web"),
    Spoken(418, "the-letter", "The judge wrote me a letter. A real one. I still have it.", "en-gb", 135, 55, "web"),
    Spoken(419, "new-worker", "Why do I have to tell my story again to every new worker? This is number nine.", "en-gb+f2", 150, 62, "whatsapp"),
    Spoken(420, "pancakes", "We made pancakes at contact today, and we laughed so much. It was a good day.", "en-gb-x-rp+f2", 150, 60, "whatsapp"),
    Spoken(421, "brothers", "My brother and I were placed together in the end. It took two years. Brothers and sisters should live together.", "en-gb-scotland+m1", 145, 50, "whatsapp"),
    Spoken(423, "the-fridge", "What works is food in the fridge, and somebody who asks how school was.", "en-gb-x-rp+f2", 140, 58, "web"),
    Spoken(424, "the-court", "Nobody asked me before the court. I was eleven. I could have told them.", "en-gb-x-gbclan", 140, 55, "web"),
    Spoken(425, "thank-you", "Thank you for asking. Nobody has, in thirty years.", "en-gb", 135, 40, "web"),
    Spoken(422, "prison", "In prison I met four lads from my old children's home. That tells you something.", "en-gb-x-gbclan+m1", 140, 40, "whatsapp"),
)  # fmt: skip


def play(stand_in: StandIn, spoken: Spoken, voice_web: int) -> None:
    """Let somebody call and say it, record it on a web page (at that port), or send it as a voice note."""
    number = f"+447700900{spoken.who}"
    match spoken.by:
        case "call":
            stand_in.call(number, spoken.recorded)
        case "web":
            upload(voice_web, spoken.sound, f"a-page-of-the-demo-{spoken.name}").raise_for_status()
        case "whatsapp":
            stand_in.voice_note(number, spoken.sound)


def make() -> None:
    """Speak every recording anew, in place."""
    FOLDER.mkdir(exist_ok=True)
    for spoken in VOICES:
        sound = to_opus(say(spoken.words, spoken.voice, spoken.speed, spoken.pitch))
        (FOLDER / f"{spoken.name}.ogg").write_bytes(sound)


if __name__ == "__main__":
    make()
