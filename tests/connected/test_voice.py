"""Voices through a whole Heard: a call, a voice note, a web recorder; and what became of the answer to a text."""

from pathlib import Path

import pytest

from services.local.demo_voices import URGENT, VOICES
from services.local.plan import DRAMA
from services.local.send_voice import By, send, upload
from services.local.up import Local
from tests.support.local import TEXTS, ask, found, heard, settled, until

pytestmark = [pytest.mark.connected, pytest.mark.timeout(420)]

SHORT = next(one for one in VOICES if one.name == "the-letter")
NOTE = next(one for one in VOICES if one.by == "whatsapp")
ONCE = "once-only-0123456789abcdef"


def channels(local: Local) -> dict[str, int]:
    balance = ask(local, "ledger", "/balance") or {}
    return {name: one["accepted"] for name, one in balance.get("channels", {}).items() if one["accepted"]}


def reports(local: Local) -> list[int]:
    return [
        one["status"]
        for one in local.stand_in.ask("GET", "deliveries")
        if any(name == "MessageStatus" for name, _ in one["form"])
    ]


def test_voices_reach_a_person_and_the_archive_once(tmp_path: Path) -> None:
    with heard(tmp_path, services=(*TEXTS, "voice_intake", "reader")) as local:
        local.stand_in.ask("POST", "settings", recording_delay=1.5, report_after=0.5)
        told = local.stand_in.call(f"+447700900{URGENT.who}", URGENT.recorded, repeat_report=2)
        assert (told["statuses"], told["ended"]) == ([200, 200], "by the service")
        assert [tries[-1]["status"] for tries in told["reports"]] == [200] * 3
        for _ in range(2):
            assert upload(local.ports["voice_web"], SHORT.sound, ONCE).json() == {"received": True}
        assert local.stand_in.voice_note(f"+447700900{NOTE.who}", NOTE.sound, "listen")["status"] == 200
        for _ in range(2):
            lines = list(send(found(local), None, By.CALL, "anonymous"))
            assert lines[-1] == "nothing was said, so nothing was kept"
        rung = until(lambda: local.stand_in.phone(DRAMA["duty_lead"]), 120, "the duty lead's phone rings")
        assert "Please help" not in rung[0]["body"]
        balance = settled(local, 3, 240)
        assert balance["total"]["archived"] + balance["total"]["held"] == 3
        assert channels(local) == {"voice": 2, "whatsapp": 1}
        assert {"intake": "voice_intake", "status": "204", "n": 2} in balance["refused_answers"]
        thanked = local.stand_in.phone(f"+447700900{URGENT.who}")
        assert thanked == [], "nobody is texted after a call"
        until(lambda: [status for status in reports(local) if status == 200], 30, "a report was taken")
        told_of = until(lambda: (ask(local, "replies", "/sending") or {}).get("delivery"), 60, "it is kept")
        assert told_of == {"delivered": 1}, "the voice note's acknowledgement, and it arrived"
