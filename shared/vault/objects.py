"""References to sealed objects: the stream's key, sealed to the reader and the archive, bound to its part."""

from shared.contracts.parts import Context, ObjectRef
from shared.vault.purposes import Purpose
from shared.vault.sealing import Binding, CannotOpen, Opener, Sealer
from shared.vault.stream import open_stream


def refer(
    sealer: Sealer,
    context: Context,
    number: int,
    digest: str,
    *,
    stream_key: bytes,
    key: str,
    size: int,
    sha256: str,
    week: str,
) -> ObjectRef:
    """The reference to an object that part `number` is. `digest` is the part's, `size` and `sha256` the ciphertext's."""
    binding = Binding.of(context, number, media=(digest,))
    return ObjectRef(
        key=key,
        size=size,
        sha256=sha256,
        header=sealer.seal(Purpose.OBJECT, stream_key, binding, week=week),
    )


def stream_key(opener: Opener, context: Context, number: int, digest: str, ref: ObjectRef) -> bytes:
    """Open the stream's key.

    Raises:
        CannotOpen: when it was sealed for another part, or the key is not ours.
    """
    return opener.open(ref.header, Binding.of(context, number, media=(digest,)))


def open_object(
    opener: Opener, context: Context, number: int, digest: str, ref: ObjectRef, sealed: bytes
) -> bytes:
    """Give the clear bytes of an object that was fetched.

    Raises:
        CannotOpen: `cut_short`, `bound_elsewhere` or `no_key`.
    """
    if len(sealed) < ref.size:
        raise CannotOpen("cut_short")
    return b"".join(open_stream(stream_key(opener, context, number, digest, ref), sealed))
