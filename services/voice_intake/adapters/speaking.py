"""What a caller hears, as TwiML. Every word is a template of ours; nothing of the caller's is ever said back."""

from dataclasses import dataclass
from typing import Any, Final

from twilio.twiml.voice_response import VoiceResponse

from services.voice_intake.rules import dialled
from services.voice_intake.settings import Settings
from shared.helplines import Helplines
from shared.settings import Stage
from shared.templates import template

CHILDLINE: Final = "1"
"""The key that puts through to Childline."""
_LANGUAGE: Final = "en-GB"


@dataclass(frozen=True, slots=True)
class Words:
    """What is said in a call, approved."""

    greeting: str
    thanks: str
    silent: str
    connecting: str
    not_connected: str

    @classmethod
    def approved(cls, stage: Stage, lines: Helplines) -> "Words":
        """Read them.

        Raises:
            NotFitToSend: when one is missing, not approved, or tells another number than the helplines have.
        """
        return cls(
            *(
                template(name, stage, lines).words
                for name in (
                    "call_greeting", "call_thanks", "call_silent", "call_connecting", "call_not_connected",
                )
            )
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Speaking:
    words: Words
    childline: str
    settings: Settings

    @classmethod
    def of(cls, words: Words, lines: Helplines, settings: Settings) -> "Speaking":
        return cls(words, dialled(lines.lines["childline"].number), settings)

    def greet(self, ticket: str) -> str:
        """Say who we are and what we cannot do, listen for the one key meanwhile, then record."""
        said = VoiceResponse()
        keys = said.gather(
            num_digits=1, action="key", method="POST", timeout=1, finish_on_key="", input="dtmf"
        )
        self._say(keys, self.words.greeting)
        self._record(said, ticket)
        return str(said)

    def on_key(self, digits: str, ticket: str) -> str:
        """Put through to Childline; after any other key, record."""
        said = VoiceResponse()
        if digits == CHILDLINE:
            self._say(said, self.words.connecting)
            said.dial(self.childline, timeout=60, answer_on_bridge=True)
            self._say(said, self.words.not_connected)
            said.hangup()
        else:
            self._record(said, ticket)
        return str(said)

    def thank(self) -> str:
        said = VoiceResponse()
        self._say(said, self.words.thanks)
        said.hangup()
        return str(said)

    def part(self) -> str:
        """What follows when nothing was kept: helplines, and no second question."""
        said = VoiceResponse()
        self._part(said)
        return str(said)

    def _record(self, said: Any, ticket: str) -> None:
        said.record(
            action="recorded",
            method="POST",
            max_length=self.settings.longest,
            timeout=self.settings.pause,
            finish_on_key="#",
            play_beep=True,
            trim="do-not-trim",  # a whisper is no silence
            transcribe=False,
            recording_status_callback=f"recording?c={ticket}",
            recording_status_callback_method="POST",
            recording_status_callback_event="completed absent",
        )
        self._part(said)  # Twilio comes here only when it recorded nothing

    def _part(self, said: Any) -> None:
        self._say(said, self.words.silent)
        said.hangup()

    def _say(self, said: Any, words: str) -> None:
        said.say(words, voice=self.settings.voice, language=_LANGUAGE)
