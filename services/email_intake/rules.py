"""What of a mail the edge may know: the envelope, and where the mail ends. Its content is nobody's business here."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

END: Final = b"\r\n.\r\n"
"""The only end of a mail. A lone CR or LF ends nothing: what follows it cannot be smuggled in as another mail."""

NULL_SENDER: Final = "<>"
_CODE: Final = re.compile(r"[a-z0-9][a-z0-9-]{1,31}")


@dataclass(frozen=True, slots=True)
class Ours:
    """An address of ours, in lower case and without what stands after a plus; that may be the code of an event."""

    address: str
    event_code: str | None = None


def ours(address: str, domains: Collection[str], local_parts: Collection[str]) -> Ours | None:
    """Say which of our addresses this is; None when it is not ours, and we relay nothing.

    >>> ours("Review+LEEDS-2@example.org", ("example.org",), ("review",))
    Ours(address='review@example.org', event_code='leeds-2')
    >>> ours("review%elsewhere@example.org", ("example.org",), ("review",)) is None
    True
    """
    local, _, domain = address.lower().rpartition("@")
    local, _, tag = local.partition("+")
    if domain not in domains or local not in local_parts:
        return None
    return Ours(f"{local}@{domain}", tag if _CODE.fullmatch(tag) else None)


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who sent it and to which addresses of ours. `sender` is empty when nobody may be answered (RFC 5321, 4.5.5)."""

    sender: str = field(repr=False)
    recipients: tuple[Ours, ...]

    @property
    def tag(self) -> bytes:
        """The sender as one address, however it is capitalised."""
        return _bytes(self.sender.lower())

    @property
    def identity(self) -> str:
        """What a repeat has in common: the same for any order of recipients."""
        to = ",".join(sorted({one.address for one in self.recipients}))
        return f"{_bytes(self.sender).decode('utf-8', 'replace')}>{to}"

    @property
    def event_code(self) -> str | None:
        return next((one.event_code for one in self.recipients if one.event_code), None)

    @property
    def return_path(self) -> bytes:
        """The line that a last delivery puts on top (RFC 5321, 4.4): without it nobody inside knows the sender."""
        return b"Return-Path: <" + _bytes(self.sender) + b">\r\n"


class Undot:
    """Undoes what SMTP does to a mail on its way: the second dot at the start of a line (RFC 5321, 4.5.2).

    It is fed the mail in pieces, with a line's end before the first of them, and everything before `END`.
    """

    def __init__(self) -> None:
        self._kept, self._first = b"", True

    def feed(self, piece: bytes) -> bytes:
        whole = self._kept + piece
        keep = 2 if whole.endswith(b"\r\n") else 1 if whole.endswith(b"\r") else 0
        self._kept = whole[len(whole) - keep :]
        return self._clear(whole[: len(whole) - keep])

    def last(self, piece: bytes) -> bytes:
        whole, self._kept = self._kept + piece, b""
        return self._clear(whole)

    def _clear(self, whole: bytes) -> bytes:
        clear = whole.replace(b"\r\n.", b"\r\n")
        if self._first and clear:
            self._first = False
            clear = clear[2:]
        return clear


def _bytes(address: str) -> bytes:
    return address.encode("utf-8", "surrogateescape")
