"""A proxy in front of an HTTP server that does to a request what networks and servers do to one on a bad day."""

import http.client
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


class Fault(StrEnum):
    SLOW = "slow"
    REFUSED = "refused"
    """503, and the server never hears of it."""
    FORGOTTEN = "forgotten"
    """It is done, and answered with a 500."""
    CUT = "cut"
    """The connection ends before anything is done."""
    CUT_AFTER = "cut after"
    """It is done, and the connection ends without an answer."""
    HALF_ASKED = "half asked"
    """The server gets half of the body, then its connection ends."""
    HALF_ANSWERED = "half answered"
    OTHER_BYTES_ASKED = "other bytes asked"
    OTHER_BYTES_ANSWERED = "other bytes answered"


Choose = Callable[[str, str], Fault | None]
"""Given method and path: what is to go wrong with this request."""

_SLOW_DOWN = b'<?xml version="1.0"?><Error><Code>SlowDown</Code><Message>later</Message></Error>'
_BROKEN = b'<?xml version="1.0"?><Error><Code>InternalError</Code><Message>sorry</Message></Error>'
_HOP = ("connection", "transfer-encoding", "expect", "content-length", "keep-alive")


class Proxy:
    """`target` is asked anew for each request, since a server may move. `met` counts what went wrong, as was chosen."""

    def __init__(self, target: Callable[[], str], seconds: float = 1.0) -> None:
        self.target, self.seconds = target, seconds
        self.choose: Choose = lambda method, path: None
        self.met: Counter[Fault] = Counter()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"proxy": self}))
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def always(self, fault: Fault | None) -> None:
        self.choose = lambda method, path: fault

    def first(self, count: int, fault: Fault) -> None:
        """So many requests, and then no more."""
        left = iter(range(count))
        self.choose = lambda method, path: fault if next(left, None) is not None else None

    @contextmanager
    def running(self) -> Iterator["Proxy"]:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: Proxy

    def handle_one_request(self) -> None:
        with suppress(OSError):  # whoever asked has gone
            super().handle_one_request()
            return
        self.close_connection = True

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = self.proxy.choose(self.command, self.path)
        if fault:
            self.proxy.met[fault] += 1
        match fault:
            case Fault.SLOW:
                time.sleep(self.proxy.seconds)
            case Fault.REFUSED:
                return self._answer(503, {}, _SLOW_DOWN)
            case Fault.CUT:
                return self._hang_up()
            case Fault.HALF_ASKED:
                self._ask_half(body)
                return self._hang_up()
            case Fault.OTHER_BYTES_ASKED:
                body = _other(body)
        try:
            status, headers, answer = self._ask(body)
        except (OSError, http.client.HTTPException, KeyError):  # the server is away
            return self._hang_up()
        match fault:
            case Fault.CUT_AFTER:
                return self._hang_up()
            case Fault.FORGOTTEN:
                return self._answer(500, {}, _BROKEN)
            case Fault.HALF_ANSWERED:
                return self._answer(status, headers, answer, only=len(answer) // 2)
            case Fault.OTHER_BYTES_ANSWERED:
                answer = _other(answer)
        return self._answer(status, headers, answer)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _serve  # noqa: N815  (the names that the library looks for)

    def _connection(self) -> http.client.HTTPConnection:
        place = urlsplit(self.proxy.target())
        assert place.hostname
        return http.client.HTTPConnection(place.hostname, place.port, timeout=60)

    def _begin(self, connection: http.client.HTTPConnection, size: int) -> None:
        connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in _HOP:
                connection.putheader(name, value)
        connection.putheader("Content-Length", str(size))

    def _ask(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        connection = self._connection()
        try:
            self._begin(connection, len(body))
            connection.endheaders(body)
            answer = connection.getresponse()
            headers = {name: value for name, value in answer.getheaders() if name.lower() not in _HOP}
            if self.command == "HEAD":
                headers["Content-Length"] = answer.getheader("Content-Length") or "0"
            return answer.status, headers, answer.read()
        finally:
            connection.close()

    def _ask_half(self, body: bytes) -> None:
        connection = self._connection()
        with suppress(OSError):
            self._begin(connection, len(body))
            connection.endheaders(body[: len(body) // 2])
            time.sleep(0.1)  # so that the server has begun on it
        connection.close()

    def _answer(self, status: int, headers: dict[str, str], body: bytes, only: int | None = None) -> None:
        self.send_response_only(status)
        if self.command != "HEAD":
            headers = {**headers, "Content-Length": str(len(body))}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[:only])
        if only is not None:
            self._hang_up()

    def _hang_up(self) -> None:
        self.close_connection = True
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *args: Any) -> None:
        """Says nothing."""


def _other(body: bytes) -> bytes:
    """The same length, and one byte of it another."""
    return body[:-1] + bytes([body[-1] ^ 1]) if body else body
