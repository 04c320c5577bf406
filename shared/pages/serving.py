"""Headers that keep quiet, files from memory, and templates that know the design system's components."""

import gzip
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    PrefixLoader,
)
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

DESIGN: Final = Path(__file__).parent / "static"
"""The design system's files, without its crown and typeface."""

HEADERS: Final = (
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"x-robots-tag", b"noarchive"),
)
_TYPES: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".txt": "text/plain"}


class Quiet:
    """Puts the headers on every answer. Pages are kept nowhere; the files beside them for `kept` seconds."""

    def __init__(self, app: ASGIApp, policy: str, *, kept: int = 600) -> None:
        self._app, self._kept = app, f"public, max-age={kept}".encode()
        self._headers = ((b"content-security-policy", policy.encode()), *HEADERS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        fixed = scope["path"].startswith("/static/")

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = self._kept if fixed and message["status"] == 200 else b"no-store"
                message["headers"] = [*message["headers"], *self._headers, (b"cache-control", kept)]
            await send(message)

        await self._app(scope, receive, answer)


class Static:
    """The files of some folders, from memory, packed where the browser takes it."""

    def __init__(self, *folders: Path) -> None:
        self._files = {
            path.name: (_TYPES[path.suffix], clear, gzip.compress(clear, 9, mtime=0))
            for folder in (DESIGN, *folders)
            for path in sorted(folder.iterdir())
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


def templates(folder: Path, **filters: Callable[..., Any]) -> Environment:
    """The templates of a folder, with filters of its own; read now, so that nobody waits for them later."""
    loader = ChoiceLoader(
        [
            FileSystemLoader(folder),
            PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
        ]
    )
    pages = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    pages.filters |= filters
    names: Sequence[str] = loader.list_templates()
    for name in names:
        if name.endswith(".html"):
            pages.get_template(name)
    return pages
