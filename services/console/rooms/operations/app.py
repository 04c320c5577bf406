"""The pages: one to read, one stream that keeps it live. Nothing here changes anything."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from services.console.rooms.operations.handlers import Watch
from services.console.rooms.operations.rules.channels import WAYS
from services.console.rooms.operations.rules.facts import Arrivals, State
from services.console.rooms.operations.rules.history import HEIGHT, WIDTH, Chart, chart, table
from services.console.rooms.operations.rules.times import clock, span
from shared.concerns.hours import to_london
from shared.pages import Quiet, Static, templates

HERE: Final = Path(__file__).parent
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'none';"
    " frame-ancestors 'none'; base-uri 'none'"
)
SECTIONS: Final = ("summary", "problems", "figures", "channels", "services", "groups", "charts", "shown")
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})
AT_ONCE: Final = 50
_QUIET: Final = 10.0
_AGAIN: Final = 15
_COLOURS: Final = {
    State.BROKEN: "red",
    State.LATE: "yellow",
    State.UNKNOWN: "grey",
    State.WELL: "green",
}


class OnlyLoopback:
    """Refuses what is asked by another name: a page elsewhere must not read this one by a name that it points here."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
            if len(hosts) != 1 or not is_loopback(hosts[0]):
                await PlainTextResponse("This page is for this machine alone.\n", 421)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def is_loopback(host: str) -> bool:
    """
    >>> [is_loopback(one) for one in ("127.0.0.1:8090", "localhost", "[::1]:8090", "evil.example.org", "localhost.")]
    [True, True, True, False, False]
    """
    name, _, port = host.rpartition(":") if not host.endswith("]") else (host, "", "")
    if not name:
        name, port = host, ""
    return name in LOOPBACK and (not port or port.isdecimal())


class Pages:
    """What is shown is made once a look, however many watch."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._pages = templates(HERE / "templates", clock=clock, span=span)
        self._pages.globals |= {"colours": _COLOURS, "width": WIDTH, "height": HEIGHT}
        self._made: tuple[int, dict[str, str]] = (-1, {})
        self._watching = 0

    def app(self) -> ASGIApp:
        pages = Starlette(
            routes=[
                Route("/", self._page),
                Route("/live", self._live),
                Route("/static/{name}", Static(HERE / "static").answer),
            ]
        )
        return OnlyLoopback(Quiet(pages, POLICY))

    async def _page(self, request: Request) -> Response:
        again = _AGAIN if request.query_params.get("again") == "1" else 0
        shown = {name: self.sections()[name] for name in SECTIONS}
        page = self._pages.get_template("page.html")
        return HTMLResponse(page.render(sections=shown, title=self.title(), again=again))

    async def _live(self, request: Request) -> Response:
        if self._watching >= AT_ONCE:
            return PlainTextResponse("Too many pages are open.\n", 503)
        stopping: asyncio.Event = request.scope.get("heard_stopping") or asyncio.Event()
        return StreamingResponse(
            self._changes(stopping), media_type="text/event-stream", headers={"x-accel-buffering": "no"}
        )

    async def _changes(self, stopping: asyncio.Event) -> AsyncIterator[str]:
        """Each section that is not as it was sent last; a comment now and then keeps the line open."""
        self._watching += 1
        sent: dict[str, str] = {}
        looks = -1
        try:
            yield "retry: 2000\n\n"
            while not stopping.is_set():
                looks, now = self._watch.looks, self.sections()
                changed = {name: text for name, text in now.items() if sent.get(name) != text}
                sent = now
                yield f"data: {json.dumps({'title': self.title(), 'sections': changed})}\n\n"
                await self._watch.looked(looks, _QUIET)
        finally:
            self._watching -= 1

    def title(self) -> str:
        view = self._watch.view
        n = sum(1 for one in view.problems if one.state is view.state)
        said = {State.BROKEN: f"{n or ''} broken", State.LATE: f"{n or ''} late", State.WELL: "All well"}
        return f"{said.get(view.state, 'Not known yet').strip().capitalize()} – Heard operations"

    def sections(self) -> dict[str, str]:
        """Every section as HTML."""
        if self._made[0] != self._watch.looks or not self._made[1]:
            shown = self._shown()
            made = {
                name: self._pages.get_template(f"{name}.html").render(**shown).strip() for name in SECTIONS
            }
            self._made = self._watch.looks, made
        return self._made[1]

    def _shown(self) -> dict[str, Any]:
        watch, view = self._watch, self._watch.view
        charts = self._charts()
        return {
            "view": view,
            "now": view.at,
            "time": f"{to_london(view.at):%H:%M:%S}",
            "arrivals": {
                way.channel.value: watch.hour.arrivals(view.at).get(way.channel.value, Arrivals())
                for way in WAYS
            },
            "charts": charts,
            "table": table(charts, view.at),
            "brokers": watch.kafka.brokers,
        }

    def _charts(self) -> list[Chart]:
        now, history = self._watch.view.at, self._watch.history
        return [
            chart(
                "came", "Came in, each minute", "contributions", self._watch.hour.by_minute(now), bars=True
            ),
            chart("waits", "Longest wait to be read for danger", "seconds", history.of("waits", now)),
            chart(
                "behind", "Not handled yet, all groups but the ledger", "records", history.of("behind", now)
            ),
            chart("spooled", "Waiting in the spools", "contributions", history.of("spooled", now)),
            chart("parked", "To be tried again, and dead letters", "records", history.of("parked", now)),
        ]
