"""Whether a mail's signature (DKIM) holds, with keys that the parent has looked up: no network here."""

from collections.abc import Callable
from typing import Any, Final

import dkim

from services.reader.rules.mail.evidence import MOST_SIGNATURES, from_domain, signatures
from services.reader.rules.mail.headers import Headers, split

PASS, FAIL, NONE = "pass", "fail", "none"
_PUBLIC: Final = frozenset(
    [
        "co.uk",
        "org.uk",
        "gov.uk",
        "ac.uk",
        "sch.uk",
        "nhs.uk",
        "police.uk",
        "me.uk",
        "ltd.uk",
        "plc.uk",
        "net.uk",
    ]
)


def verify(raw: bytes, options: dict[str, Any]) -> dict[str, Any]:
    """`keys` are DNS names and their TXT records. `pass` when a signature of the author's own domain holds."""
    keys: dict[str, str] = options["keys"]
    headers, _ = split(raw, 0, len(raw))
    return {"outcome": "words", "authenticated": _verdict(raw, headers, keys)}


def _verdict(raw: bytes, headers: Headers, keys: dict[str, str]) -> str:
    author, found = from_domain(headers), signatures(headers)
    if not headers.has("dkim-signature"):
        return NONE
    if author is None:
        return FAIL
    if not answers_go_to(author, headers):
        return FAIL
    told = {signature["name"] for signature in found if aligned(signature["domain"], author)}
    if not told:
        return NONE
    if not told & keys.keys():
        return NONE  # nobody could say what the key is

    def lookup(name: bytes, timeout: float = 0) -> bytes | None:
        asked = name.decode("ascii", "replace").rstrip(".").lower()
        return keys[asked].encode() if asked in told & keys.keys() else None

    count = min(len(headers.all("dkim-signature")), MOST_SIGNATURES)
    return PASS if any(_holds(raw, index, lookup) for index in range(count)) else FAIL


def _holds(raw: bytes, index: int, lookup: Callable[..., bytes | None]) -> bool:
    try:
        return bool(dkim.DKIM(raw).verify(idx=index, dnsfunc=lookup))
    except Exception:  # a signature that breaks the reader of signatures is no signature
        return False


def answers_go_to(author: str, headers: Headers) -> bool:
    """Whether the envelope's sender, which an answer goes to, is of the author's domain.

    Our own SMTP server puts that line on top. Whoever signs their own mail could otherwise make us write to anybody.
    """
    if not headers.has("return-path"):
        return False
    path = headers.plain("return-path").strip("<> ").rpartition("@")[2].lower().rstrip(".")
    return aligned(path, author) or aligned(author, path)


def aligned(domain: str, author: str) -> bool:
    """The signer is the author's domain, or one above it that is somebody's own.

    >>> aligned("example.org", "mail.example.org"), aligned("org.uk", "charity.org.uk"), aligned("a.org", "b.org")
    (True, False, False)
    """
    return author == domain or (author.endswith(f".{domain}") and "." in domain and domain not in _PUBLIC)
