"""Media sealed as a stream (libsodium's secretstream, XChaCha20-Poly1305): chunk by chunk, in order, to its end.

The stream's key is drawn anew for each object and travels sealed to those who may open it. The file begins with the
stream's header of 24 bytes; each chunk of 64 KiB is 17 bytes longer than its clear; the last one is marked as last,
so an object that was cut short does not open.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_ABYTES as OVERHEAD,
)
from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_HEADERBYTES as HEADER,
)
from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_init_pull as init_pull,
)
from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_init_push as init_push,
)
from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_keygen as keygen,
)
from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_pull as pull,
)
from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_push as push,
)
from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_state as State,  # noqa: N812
)
from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_TAG_FINAL as FINAL,
)
from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_TAG_MESSAGE as MESSAGE,
)

from shared.vault.sealing import CannotOpen

CHUNK: Final = 64 * 1024


class StreamSealer:
    """Seals what is fed to it, and hands on ciphertext through `write`. `finish` must be called, once."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self.key = keygen()
        self.clear_size = 0
        self.sealed_size = 0
        self._write, self._state, self._rest = write, State(), bytearray()
        self._digest = hashlib.sha256()
        self._out(init_push(self._state, self.key))

    def feed(self, clear: bytes) -> None:
        self.clear_size += len(clear)
        self._rest += clear
        while len(self._rest) > CHUNK:
            chunk = bytes(self._rest[:CHUNK])
            del self._rest[:CHUNK]
            self._out(push(self._state, chunk, tag=MESSAGE))

    def finish(self) -> str:
        """Seal what is left, as the last chunk; gives the SHA-256 of the whole ciphertext, in hex."""
        self._out(push(self._state, bytes(self._rest), tag=FINAL))
        self._rest.clear()
        return self._digest.hexdigest()

    def _out(self, sealed: bytes) -> None:
        self._digest.update(sealed)
        self.sealed_size += len(sealed)
        self._write(sealed)


def open_stream(key: bytes, sealed: bytes) -> Iterator[bytes]:
    """Give the clear chunks.

    Raises:
        CannotOpen: `bound_elsewhere` when the key is another's or a byte was changed, `cut_short` without its end.
    """
    state, at, last = State(), HEADER, False
    try:
        init_pull(state, sealed[:HEADER], key)
        while at < len(sealed) and not last:
            clear, tag = pull(state, sealed[at : at + CHUNK + OVERHEAD])
            at, last = at + CHUNK + OVERHEAD, tag == FINAL
            yield clear
    except (RuntimeError, ValueError, TypeError):
        raise CannotOpen("bound_elsewhere") from None
    if not last:
        raise CannotOpen("cut_short")
    if at < len(sealed):
        raise CannotOpen("bound_elsewhere")


def seal_whole(pieces: Iterable[bytes]) -> tuple[bytes, bytes, str]:
    """Seal what is in memory: the key, the ciphertext, its SHA-256."""
    out: list[bytes] = []
    sealer = StreamSealer(out.append)
    for piece in pieces:
        sealer.feed(piece)
    digest = sealer.finish()
    return sealer.key, b"".join(out), digest
