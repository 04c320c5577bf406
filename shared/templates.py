"""What Heard says to people by itself: the words, who approved them and when."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, ValidationError

from shared.helplines import Helplines, NotFitToSend, numbers_in
from shared.settings import Stage

FILE: Final = Path(__file__).with_suffix(".toml")


class Template(BaseModel):
    """One text. It is approved once a named person and a day stand beside it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    words: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
    helplines: tuple[str, ...]
    approved_by: str
    approved_at: Annotated[date | None, BeforeValidator(lambda value: value or None)]

    @property
    def approved(self) -> bool:
        return bool(self.approved_by.strip()) and self.approved_at is not None


def template(name: str, stage: Stage, lines: Helplines, path: Path = FILE) -> Template:
    """Give a text that may be sent in this stage.

    Raises:
        NotFitToSend: when it is missing, not approved (but for the demo and tests), or tells another number than
            the helplines have.
    """
    try:
        found = Template.model_validate(tomllib.loads(path.read_text(encoding="utf-8")).get(name))
    except (OSError, ValidationError, tomllib.TOMLDecodeError) as wrong:
        raise NotFitToSend(f"the text {name} of {path.name} cannot be used: {wrong}") from None
    if unknown := sorted(set(found.helplines) - set(lines.lines)):
        raise NotFitToSend(f"the text {name} names {', '.join(unknown)}, which the helplines do not have")
    if numbers_in(found.words) != lines.numbers(found.helplines):
        raise NotFitToSend(f"the text {name} tells other numbers than the helplines it names")
    if not found.approved and stage not in (Stage.DEMO, Stage.TEST):
        raise NotFitToSend(
            f"the text {name} is not approved: before anything is sent to people in stage {stage},"
            f" a named person approves it in {path.name} (approved_by, approved_at)"
        )
    return found
