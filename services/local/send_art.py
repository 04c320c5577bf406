"""`heard send art`: somebody fills in the public form of a running Heard, as a browser does."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import httpx

from services.local.trouble import CannotHave
from shared.contracts.ids import form

_TOKEN: Final = re.compile(r'name="token" value="([^"]+)"')
_CODE: Final = re.compile(r'id="code">([a-z ]+)<')
_SAID: Final = re.compile(r'<a href="#(?:words|files)">([^<]+)</a>')


@dataclass(frozen=True, slots=True)
class Filled:
    """What a form was answered with. `code` has six words once it was accepted."""

    status: int
    contribution_id: UUID
    code: str
    said: tuple[str, ...]


def fill_in(
    url: str,
    fields: Mapping[str, str | list[str]],
    files: Sequence[tuple[str, bytes]] = (),
    *,
    taps: int = 1,
) -> Filled:
    """Open the form at `url` and send it, `taps` times: all of them are one contribution.

    Raises:
        CannotHave: there is no form.
    """
    with httpx.Client(base_url=url, timeout=60) as browser:
        token = _TOKEN.search(browser.get("/form").text)
        if not token:
            raise CannotHave("There is no form: does art_intake run?")
        parts = [("files", (name, clear)) for name, clear in files] or [("files", ("", b""))]
        for _ in range(taps):
            answer = browser.post("/form", data={"token": token[1], **fields}, files=parts)
    code = _CODE.search(answer.text)
    return Filled(
        answer.status_code, form(token[1]), code[1] if code else "", tuple(_SAID.findall(answer.text))
    )
