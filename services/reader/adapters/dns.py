"""TXT records, for the keys of signed mail: from the DNS, or from a file of our own in a demo and in tests."""

import json
from pathlib import Path
from typing import Protocol

import dns.asyncresolver
import dns.exception


class Resolver(Protocol):
    async def text(self, name: str) -> str | None:
        """The TXT record of a name; None when there is none, or nobody answers in time."""


class Dns:
    """The DNS that this machine is told to ask."""

    def __init__(self, within: float) -> None:
        self._within = within
        self._resolver: dns.asyncresolver.Resolver | None = None

    async def text(self, name: str) -> str | None:
        try:
            if self._resolver is None:  # reads the machine's settings, which may be missing
                self._resolver = dns.asyncresolver.Resolver()
            found = await self._resolver.resolve(name, "TXT", lifetime=self._within, search=False)
        except (dns.exception.DNSException, OSError, ValueError):
            return None
        return next((b"".join(one.strings).decode("ascii", "replace") for one in found), None)


class Noted:
    """The records of a file, and no others."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def text(self, name: str) -> str | None:
        try:
            known = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        found = known.get(name.lower().rstrip(".")) if isinstance(known, dict) else None
        return found if isinstance(found, str) else None
