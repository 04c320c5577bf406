"""Calls: the TwiML that a service answers is followed as Twilio does, and what is said is kept as a recording."""

import asyncio
import io
import wave
from base64 import b64decode
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urljoin
from xml.etree import ElementTree

from tests.support.twilio.sign import Form, a_call, a_recording, an_sid, changed
from tests.support.twilio.state import API, Recording, State, Webhook, Wrong, drama
from tests.support.twilio.webhooks import deliver

Said = dict[str, Any]
WITHHELD: Final = frozenset({"+266696687", "+86282452253", "anonymous"})
_MOST_STEPS: Final = 20


@dataclass
class Line:
    """One call, while somebody holds the phone. `heard` is what was said to them, oldest first."""

    form: Form
    webhook: Webhook
    keys: list[str]
    sound: bytes | None
    seconds: int
    hangs_up: str  # "", "greeting" or "recording"
    heard: list[str] = field(default_factory=list)
    dialled: str | None = None
    recording: Recording | None = None
    recorded_with: dict[str, str] = field(default_factory=dict)
    statuses: list[int | None] = field(default_factory=list)
    reports: list[list[dict[str, Any]]] = field(default_factory=list)
    reporting: list[asyncio.Task[None]] = field(default_factory=list)
    ended: str = "hung up"

    @property
    def sid(self) -> str:
        return dict(self.form)["CallSid"]


class Calls:
    """`begin` starts something that goes on beside the call: the report of its recording."""

    def __init__(
        self, state: State, begin: Callable[[Coroutine[Any, Any, None]], "asyncio.Task[None]"]
    ) -> None:
        self.state, self._begin = state, begin

    async def call(self, said: Said) -> Said:
        """Let somebody call us, press keys, speak or stay silent, and hang up."""
        line = self._line(said)
        await self._ask(line, line.webhook.public_url, line.form)
        if said.get("repeat_report") and line.recording:
            await asyncio.gather(*line.reporting)
            for _ in range(int(said["repeat_report"])):
                await self._report(line, line.recording.sid, "completed")
        if said.get("wait", True):
            await asyncio.gather(*line.reporting)
        return {
            "sid": line.sid,
            "heard": line.heard,
            "dialled": line.dialled,
            "recording": line.recording.sid if line.recording else None,
            "record": line.recorded_with,
            "statuses": line.statuses,
            "reports": line.reports,
            "ended": line.ended,
        }

    def _line(self, said: Said) -> Line:
        caller, to = said["from"], said.get("to") or self.state.numbers[0]
        if caller not in WITHHELD:
            drama(caller)
        if to not in self.state.numbers:
            raise Wrong(400, 21606, f"{to} is not a number of this account")
        hook = Webhook(said["url"], said.get("public_url", "")) if said.get("url") else self.state.voice
        if hook is None:
            raise Wrong(400, 21402, "there is no address for calls")
        sound = b64decode(said["base64"]) if said.get("base64") else None
        form = a_call(caller, to=to, sid=said.get("sid"), account=self.state.account)
        return Line(
            form=form,
            webhook=hook,
            keys=list(said.get("keys") or ()),
            sound=sound,
            seconds=int(said.get("seconds") or _seconds(sound)),
            hangs_up=said.get("hangs_up", ""),
        )

    async def _ask(self, line: Line, url: str, form: Form, step: int = 0) -> None:
        """Post to an address of the service, and do what it answers."""
        tries, twiml = await deliver(self.state, self._hook(line, url), form)
        line.statuses.append(tries[-1]["status"])
        if tries[-1]["status"] != 200 or step > _MOST_STEPS:
            line.ended = "an application error has occurred"
            return
        if line.hangs_up == "greeting" or (line.hangs_up == "recording" and line.recording):
            return
        await self._follow(line, ElementTree.fromstring(twiml), url, step + 1)  # noqa: S314 (our own service's)

    def _hook(self, line: Line, url: str) -> Webhook:
        """The same service, at another of its addresses."""
        public, served = line.webhook.public_url, line.webhook.url
        here = urljoin(served, url.rpartition("/")[2]) if public != served else url
        return Webhook(here, url, overrides=line.webhook.overrides)

    async def _follow(self, line: Line, twiml: ElementTree.Element, url: str, step: int) -> None:
        for verb in twiml:
            if verb.tag == "Say":
                line.heard.append("".join(verb.itertext()))
            elif verb.tag == "Gather":
                line.heard += ["".join(one.itertext()) for one in verb.iter("Say")]
                if line.keys:
                    form = changed(line.form, Digits=line.keys.pop(0), CallStatus="in-progress")
                    await self._ask(line, urljoin(url, verb.get("action", url)), form, step)
                    return
            elif verb.tag == "Dial":
                line.dialled = "".join(verb.itertext()).strip()  # nobody is ever rung from here
            elif verb.tag == "Record":
                if await self._record(line, verb, url, step):
                    return
            elif verb.tag == "Hangup":
                line.ended = "by the service"
                return
            else:
                raise Wrong(400, 12200, f"the stand-in does not know the verb {verb.tag}")

    async def _record(self, line: Line, verb: ElementTree.Element, url: str, step: int) -> bool:
        """Record; False when nothing was said, and the call goes on with the next verb."""
        line.recorded_with = dict(verb.attrib)
        events = verb.get("recordingStatusCallbackEvent", "completed").split()
        if line.sound is None:
            if "absent" in events:
                line.reporting.append(self._begin(self._report(line, an_sid("RE"), "absent", verb, url)))
            return False
        recording = Recording(line.sound, line.seconds, line.sid)
        recording.delay = self.state.recording_delay
        self.state.recordings[recording.sid] = line.recording = recording
        if "completed" in events:
            line.reporting.append(self._begin(self._report(line, recording.sid, "completed", verb, url)))
        if self.state.report_first:
            await asyncio.gather(*line.reporting)
        hung_up = line.hangs_up == "recording"
        form = changed(
            line.form,
            CallStatus="completed" if hung_up else "in-progress",
            RecordingSid=recording.sid,
            RecordingUrl=f"https://api.twilio.com/{API}/Accounts/{self.state.account}/Recordings/{recording.sid}",
            RecordingDuration=str(recording.duration),
            Digits="hangup" if hung_up else "#",
        )
        await self._ask(line, urljoin(url, verb.get("action", url)), form, step)
        return True

    async def _report(
        self, line: Line, sid: str, status: str, verb: ElementTree.Element | None = None, url: str = ""
    ) -> None:
        """Tell the address for reports of a recording; it does not hear who called."""
        if verb is not None:
            callback = verb.get("recordingStatusCallback")
            if not callback:
                return
            line.recorded_with["reported to"] = urljoin(url, callback)
            if not self.state.report_first:
                await asyncio.sleep(self.state.report_after)
        form = a_recording(
            status, sid=sid, call_sid=line.sid, account=self.state.account, seconds=line.seconds
        )
        tries, _ = await deliver(self.state, self._hook(line, line.recorded_with["reported to"]), form)
        line.reports.append(tries)


def _seconds(sound: bytes | None) -> int:
    """How long a WAV is; any other sound counts as two seconds.

    >>> _seconds(b"no sound"), _seconds(None)
    (2, 0)
    """
    if sound is None:
        return 0
    try:
        with wave.open(io.BytesIO(sound)) as opened:
            return max(1, int(opened.getnframes() / opened.getframerate()))
    except (wave.Error, EOFError):
        return 2
