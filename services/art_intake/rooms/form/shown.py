"""What the form asks, in plain words, and what it says of a file that it cannot take."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.art_intake.adapters.multipart import Failed
from services.art_intake.rules.files import Fault, Limits
from services.art_intake.rules.form import QUESTIONS, WORDS
from shared.contracts.values import AgeBand, Role

_ASKED: Final = {
    "quote": "May we use your words when we write about what we heard?",
    "show": "May we show your picture, or play your recording, to other people?",
    "research": "May people who study children's lives use what you sent?",
}
_AGES: Final = {
    AgeBand.UNDER_8: "Under 8",
    AgeBand.FROM_8: "8 to 12",
    AgeBand.FROM_13: "13 to 15",
    AgeBand.FROM_16: "16 or 17",
    AgeBand.FROM_18: "18 to 25",
    AgeBand.OVER_25: "Over 25",
}
_ROLES: Final = {
    Role.CARE_EXPERIENCED: "I am in care, or I was",
    Role.SIBLING: "I am a brother or sister of somebody in care",
    Role.PARENT: "I am a parent",
    Role.GRANDPARENT: "I am a grandparent",
    Role.KINSHIP_CARER: "I look after a child of my family or friends",
    Role.FOSTER_CARER: "I am a foster carer",
    Role.ADOPTER: "I have adopted a child",
    Role.WORKER: "I work with children or families",
    Role.DISABLED: "I am disabled",
    Role.INTERPRETER: "I need an interpreter",
    Role.PRISON: "I am in prison, or I was",
    Role.HOMELESS: "I do not have a home of my own",
    Role.OTHER: "Something else",
}
NOTHING: Final = "Write something, or add a file, before you send it"
OLD: Final = "This page was open for a long time. Look at your words, then press Send again"
LONG: Final = "That is more than we can take at once. You can send it in parts, or add it as a PDF"
OURS: Final = (
    "Something went wrong on our side. Your words are still here. Please press Send again in a minute"
)
AGAIN: Final = "Your words are still here. Please choose the files again that you want to send."

_FAULTS: Final = {
    Fault.EMPTY: "“{name}” is empty",
    Fault.TOO_BIG: "“{name}” is too big. Each file can be up to {file} MB",
    Fault.TOO_MANY: "“{name}” is one too many. We can take up to {files} files at a time",
    Fault.TOO_MUCH: "“{name}” did not fit. We can take up to {form} MB at a time",
    Fault.NO_ROOM: "We cannot take “{name}” just now. You can send your words now, and the file later",
}
_NAME: Final = 60
_MEGA: Final = 1024 * 1024


def asked() -> Mapping[str, Any]:
    """The questions, as the components want them."""
    return {
        "questions": [(name, _ASKED[name]) for name in QUESTIONS],
        "ages": [{"value": band.value, "text": text} for band, text in _AGES.items()]
        + [{"divider": "or"}, {"value": "", "text": "I would rather not say"}],
        "roles": [{"value": role.value, "text": text} for role, text in _ROLES.items()],
    }


def filled(fields: Sequence[tuple[str, str]]) -> Mapping[str, Any]:
    """What was filled in, to be put back as it was."""
    named = dict(reversed(fields))
    back = {name: named.get(name, "") for name in (*WORDS, *QUESTIONS, "event_code")}
    return {
        **back,
        "age": named.get("age", "none chosen"),
        "roles": [value for name, value in fields if name == "role"],
    }


def faults(failed: Sequence[Failed], limits: Limits) -> list[str]:
    """One sentence a file, at most ten."""
    sizes = {"files": limits.files, "file": limits.file // _MEGA, "form": limits.form // _MEGA}
    said = [_FAULTS[one.fault].format(name=short(one.name), **sizes) for one in failed]
    return list(dict.fromkeys(said))[:10]


def short(name: str) -> str:
    """The last piece of a file's name, short enough to be shown.

    >>> short("C:\\\\fakepath\\\\cat.png")
    'cat.png'
    """
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return last if len(last) <= _NAME else f"{last[: _NAME - 1]}…"
