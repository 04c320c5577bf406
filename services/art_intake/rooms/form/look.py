"""How the pages look and what is said with each."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from starlette.responses import HTMLResponse, Response

from shared.helplines import Helplines, digits
from shared.pages import templates

HERE: Final = Path(__file__).parent
LINES: Final = ("emergency", "childline", "shout", "nspcc")
POLICY: Final = (
    "default-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
)


class Look:
    """The templates, with what every page shows."""

    def __init__(self, exit_url: str, lines: Helplines) -> None:
        self._pages = templates(HERE / "templates")
        self._common = {"exit_url": exit_url, "lines": _shown(lines)}

    def page(self, name: str, status: int = 200, **shown: Any) -> Response:
        return HTMLResponse(self._pages.get_template(name).render(**self._common, **shown), status)

    def sorry(self, status: int, title: str, text: str) -> Response:
        return self.page("sorry.html", status, title=title, text=text)


def _shown(lines: Helplines) -> Sequence[Mapping[str, Any]]:
    return [
        {**one.model_dump(), "dial": digits(one.number), "emergency": name == "emergency"}
        for name in LINES
        for one in [lines.lines[name]]
    ]
