"""Hands a folder over to Heard: file by file, through a connection that may break, until all of it is proven to be there.

Whatever did not get an answer is sent again, since Heard takes each item once, however often it comes.
"""

import asyncio
import json
import mimetypes
import random
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final
from urllib.parse import urlsplit

import httpx

from services.art_intake.rules.proof import NotProven, Proof, verify
from services.local.ready import Ready
from services.local.trouble import CannotHave

_AT_ONCE: Final = 4
_LONGEST_WAIT: Final = 30.0
_AGAIN: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_SPOILT: Final = frozenset({"cut_short", "other_bytes"})
_MOST_SPOILT: Final = 5
"""What broke on its way is sent again, so often; any other refusal would be the same the next time."""


@dataclass(slots=True)
class Outcome:
    """What became of a hand-over. `refused` names what Heard does not take, and why."""

    sent: int = 0
    there_before: int = 0
    breaks: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)
    proof: Proof | None = None


Progress = Callable[[int, int], None]
"""How many items are safe, of how many."""


def hold_against(proof: Proof, items: Sequence[Ready]) -> list[str]:
    """The names of items that a proof does not have, byte for byte."""
    proven = {(one.item_id, one.sha256, one.size) for one in proof.items}
    return [one.name for one in items if (one.item_id, one.sha256, one.size) not in proven]


@dataclass
class HandOver:
    """Sends what is ready. `patience` is how many seconds may pass without any item getting through."""

    url: str
    key: str = field(repr=False)
    patience: float = 600.0
    first_wait: float = 0.25
    document: Any = None
    """The proof as it was given, once it held."""

    async def send(
        self, items: Sequence[Ready], progress: Progress, public_key: str | None = None
    ) -> Outcome:
        """Send everything that is not there yet, then fetch the proof and hold it against what was sent.

        Raises:
            CannotHave: the key is refused, nothing gets through any more, or the proof does not hold.
        """
        outcome, there = Outcome(), urlsplit(self.url)
        if there.scheme != "https" and there.hostname not in ("127.0.0.1", "::1", "localhost"):
            raise CannotHave("The address must begin with https:// so that nobody on the way reads along.")
        async with httpx.AsyncClient(
            base_url=f"{self.url.rstrip('/')}/partner/v1",
            headers={"Authorization": f"Bearer {self.key}"},
            timeout=httpx.Timeout(60.0, connect=10.0),
        ) as client:
            line = _Line(client, self, outcome)
            before = await self._there(line)
            wanted = [one for one in items if (one.item_id, one.sha256) not in before]
            outcome.there_before = len(items) - len(wanted)
            safe = outcome.there_before
            progress(safe, len(items))
            gate = asyncio.Semaphore(_AT_ONCE)

            async def one(item: Ready) -> None:
                nonlocal safe
                async with gate:
                    if await line.put(item):
                        safe += 1
                        outcome.sent += 1
                        progress(safe, len(items))

            await _together([one(item) for item in wanted])
            refused = {name for name, _ in outcome.refused}
            taken = [item for item in items if item.name not in refused]
            await self._until_listed(line, taken)
            outcome.proof = self._proven(await line.get("/proof"), taken, public_key)
        return outcome

    async def _there(self, line: "_Line") -> set[tuple[str, str]]:
        """What arrived already, as Heard lists it: items, with their SHA-256."""
        found: set[tuple[str, str]] = set()
        after = ""
        while True:
            page = await line.get("/items", params={"limit": "500", **({"after": after} if after else {})})
            found |= {(one["item_id"], one["sha256"]) for one in page["items"]}
            if not page["next"]:
                return found
            after = page["next"]

    async def _until_listed(self, line: "_Line", items: Sequence[Ready]) -> None:
        """What was taken is listed a moment later; the proof is made of what is listed."""
        end = asyncio.get_running_loop().time() + self.patience
        while True:
            there = await self._there(line)
            if all((one.item_id, one.sha256) in there for one in items):
                return
            if asyncio.get_running_loop().time() > end:
                raise CannotHave("Everything is safe, but not all of it is listed yet: run this again later.")
            await asyncio.sleep(0.5)

    def _proven(self, document: Any, items: Sequence[Ready], public_key: str | None) -> Proof:
        try:
            proof = verify(document, public_key)
        except NotProven as wrong:
            raise CannotHave(f"Heard's proof does not hold: {wrong}.") from None
        if missing := hold_against(proof, items):
            raise CannotHave(f"The proof lacks {len(missing)} of what was sent, such as {missing[0]}.")
        self.document = document
        return proof


class _Line:
    """Requests through a connection that may break: tried again, ever more slowly, while anything gets through."""

    def __init__(self, client: httpx.AsyncClient, hand_over: HandOver, outcome: Outcome) -> None:
        self._client, self._own, self._outcome = client, hand_over, outcome
        self._last = asyncio.get_running_loop().time()

    async def put(self, item: Ready) -> bool:
        """True when it is safe; False when Heard says that it never takes it, which is noted."""
        answer = await self._ask("PUT", f"/items/{item.item_id}", item)
        if answer.status_code == 200:
            return True
        self._outcome.refused.append((item.name, _message(answer)))
        return False

    async def get(self, path: str, **more: Any) -> Any:
        answer = await self._ask("GET", path, None, **more)
        if answer.status_code != 200:
            raise CannotHave(f"Heard does not answer as it should: {_message(answer)}.")
        return answer.json()

    async def _ask(self, method: str, path: str, item: Ready | None, **more: Any) -> httpx.Response:
        wait, loop, spoilt = self._own.first_wait, asyncio.get_running_loop(), 0
        while True:
            hint = 0.0
            try:
                answer = await self._once(method, path, item, **more)
                if answer.status_code in (401, 403) and _code(answer):
                    raise CannotHave(f"Heard refuses the key: {_message(answer)}.")
                spoilt += _code(answer) in _SPOILT
                if answer.status_code not in _AGAIN and spoilt in (0, _MOST_SPOILT):
                    _check(answer, item)
                    self._last = loop.time()
                    return answer
                hint = _seconds(answer.headers.get("retry-after", ""))
            except (httpx.TransportError, _NotHeard):
                self._outcome.breaks += 1
            if loop.time() - self._last > self._own.patience:
                raise CannotHave(
                    f"Nothing gets through to {self._own.url}. What was sent is safe: run this again to go on."
                )
            await asyncio.sleep(min(_LONGEST_WAIT, max(wait, hint)) * random.uniform(0.7, 1.3))  # noqa: S311
            wait = min(wait * 2, _LONGEST_WAIT)

    async def _once(self, method: str, path: str, item: Ready | None, **more: Any) -> httpx.Response:
        if item is None:
            return await self._client.request(method, path, **more)
        if item.path is None:
            return await self._client.request(method, path, json=dict(item.said))
        said = json.dumps({**item.said, "sha256": item.sha256}).encode()
        kind = mimetypes.guess_type(item.path.name)[0] or "application/octet-stream"
        with _open(item.path) as file:
            parts = [("item", (None, said, "application/json")), ("file", (item.name, file, kind))]
            return await self._client.request(method, path, files=parts)  # type: ignore[arg-type]


async def _together(works: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Side by side; the first trouble ends them all, and is raised as it is."""
    try:
        async with asyncio.TaskGroup() as group:
            for work in works:
                group.create_task(work)
    except BaseExceptionGroup as troubles:
        raise troubles.exceptions[0] from None


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as wrong:
        raise CannotHave(f"A file went away meanwhile: {path} ({wrong.strerror}).") from None


class _NotHeard(Exception):
    """Somebody else answered: the page of a wireless network where one must first agree to something."""


def _check(answer: httpx.Response, item: Ready | None) -> None:
    """An answer counts when Heard gave it: JSON, and about the very item that was sent."""
    try:
        said = answer.json()
    except ValueError:
        raise _NotHeard from None
    if not isinstance(said, dict):
        raise _NotHeard
    receipt = (said.get("item_id"), said.get("sha256"))
    if item is not None and answer.status_code == 200 and receipt != (item.item_id, item.sha256):
        raise _NotHeard


def _seconds(said: str) -> float:
    return float(said) if said.isascii() and said.isdecimal() and len(said) < 5 else 0.0


def _code(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["code"])
    except (ValueError, KeyError, TypeError):
        return ""


def _message(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        return f"status {answer.status_code}"
