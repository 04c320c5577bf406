"""`python -m tests.support.twilio --token-file FILE --webhook URL`: the stand-in, until stdin closes."""

import argparse
import asyncio
import json
import os
import stat
import sys
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from uvicorn.protocols.http.h11_impl import H11Protocol

from tests.support.twilio.control import Control
from tests.support.twilio.rest import Rest
from tests.support.twilio.sign import ACCOUNT, OUR_NUMBER
from tests.support.twilio.state import State, Webhook

_live: dict[tuple[str, int] | None, asyncio.Transport] = {}


class Connection(H11Protocol):
    """An HTTP connection that a fault can cut."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        _live[self.client] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        _live.pop(self.client, None)
        super().connection_lost(exc)


async def drop(request: Request) -> None:
    """Cut the connection: the client has sent its request and never hears."""
    transport = _live.get((request.client.host, request.client.port) if request.client else None)
    if transport is not None:
        transport.abort()
    await asyncio.sleep(0.05)


def create_app(state: State) -> Starlette:
    control = Control(state)
    return Starlette(routes=[*Rest(state, control.settle, drop).routes(), *control.routes()])


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.support.twilio", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--account", default=ACCOUNT)
    parser.add_argument("--token-file", type=Path, required=True, help="holds the auth token")
    parser.add_argument("--api-key", default="", help="an API key's SID, taken beside the account's")
    parser.add_argument("--api-secret-file", type=Path, help="holds that key's secret")
    parser.add_argument("--webhook", default="", help="where texts are posted, on this machine")
    parser.add_argument("--voice-webhook", default="", help="where calls are posted, on this machine")
    parser.add_argument("--public-url", default="", help="the address that is signed, if another")
    parser.add_argument("--fallback", default="")
    parser.add_argument("--public-fallback", default="")
    parser.add_argument("--overrides", default="", help="rc=4&rp=5xx,ct,rt&tt=15000, as after Twilio's '#'")
    parser.add_argument("--numbers", nargs="+", default=[OUR_NUMBER], help="ours; drama numbers only")
    parser.add_argument("--messaging-service", help="the SID of a messaging service that holds all numbers")
    return parser.parse_args(given)


def state_of(args: argparse.Namespace) -> State:
    hook = Webhook(args.webhook, args.public_url, args.fallback, args.public_fallback, args.overrides)
    keys = {args.api_key: args.api_secret_file.read_text().strip()} if args.api_key else {}
    return State(
        account=args.account,
        token=args.token_file.read_text().strip(),
        api_keys=keys,
        numbers=args.numbers,
        service=args.messaging_service,
        webhook=hook if args.webhook else None,
        voice=Webhook(args.voice_webhook) if args.voice_webhook else None,
    )


async def serve(args: argparse.Namespace) -> None:
    config = uvicorn.Config(
        create_app(state_of(args)),
        host="127.0.0.1",
        port=args.port,
        http=Connection,
        log_level="error",
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started and not running.done():
        await asyncio.sleep(0.01)
    if server.started:
        port = server.servers[0].sockets[0].getsockname()[1]
        print(json.dumps({"port": port, "url": f"http://127.0.0.1:{port}"}), flush=True)
        await _stop_with_parent(server)
    await running


async def _stop_with_parent(server: Any) -> None:
    """Stop when the pipe to our starter closes; a terminal or /dev/null says nothing about it."""
    kind = os.fstat(sys.stdin.fileno()).st_mode
    if not (stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind)):
        return
    loop = asyncio.get_running_loop()

    class Starter(asyncio.Protocol):
        def connection_lost(self, exc: Exception | None) -> None:
            server.should_exit = True

    await loop.connect_read_pipe(Starter, sys.stdin)


if __name__ == "__main__":
    asyncio.run(serve(arguments()))
