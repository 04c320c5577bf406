"""How the pages look and what is said with each: templates, files of the design system, headers that keep quiet."""

import gzip
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PackageLoader, PrefixLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.helplines import Helplines, digits

HERE: Final = Path(__file__).parent
LINES: Final = ("emergency", "childline", "shout", "nspcc")

HEADERS: Final = (
    (b"content-security-policy",
     b"default-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"x-robots-tag", b"noarchive"),
)  # fmt: skip
_TYPES: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".txt": "text/plain"}


class Quiet:
    """Puts the headers on every answer. Pages are kept nowhere; the design system's files for some minutes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        fixed = scope["path"].startswith("/static/")

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = b"public, max-age=600" if fixed and message["status"] == 200 else b"no-store"
                message["headers"] = [*message["headers"], *HEADERS, (b"cache-control", kept)]
            await send(message)

        await self._app(scope, receive, answer)


class Look:
    """The templates, with what every page shows."""

    def __init__(self, exit_url: str, lines: Helplines) -> None:
        loader = ChoiceLoader(
            [
                FileSystemLoader(HERE / "templates"),
                PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
            ]
        )
        self._pages = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
        self._common = {"exit_url": exit_url, "lines": _shown(lines)}
        for name in loader.list_templates():
            if name.endswith(".html"):
                self._pages.get_template(name)  # now, so that nobody waits for it later

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


class Static:
    """The files beside the pages, from memory, packed where the browser takes it."""

    def __init__(self) -> None:
        self._files = {
            path.name: (_TYPES[path.suffix], clear, gzip.compress(clear, 9, mtime=0))
            for path in sorted((HERE / "static").iterdir())
            if path.suffix in _TYPES
            for clear in [path.read_bytes()]
        }

    async def answer(self, request: Request) -> Response:
        found = self._files.get(request.path_params["name"])
        if not found:
            return Response(status_code=404)
        media_type, clear, packed = found
        headers = {"vary": "accept-encoding"}
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(clear, media_type=media_type, headers=headers)
        return Response(packed, media_type=media_type, headers={**headers, "content-encoding": "gzip"})
