"""What every intake does alike when it seals: words and objects become parts, bound to their place."""

from dataclasses import dataclass, field
from typing import Self

from shared.contracts.parts import Context, Part
from shared.contracts.values import PartKind, Place
from shared.messaging.parcels import Parcel
from shared.vault import Binding, KeyBundle, Purpose, Sealer
from shared.vault.digests import keyed
from shared.vault.objects import refer


@dataclass(frozen=True, slots=True)
class Sealing:
    """What the edge holds: public keys, and HMAC keys that open nothing."""

    sealer: Sealer
    bucket_key: bytes = field(repr=False)
    digest_key: bytes = field(repr=False)

    def words(
        self, context: Context, number: int, clear: bytes, *, week: str, place: Place = Place.BODY
    ) -> Part:
        """Words as part `number`; the digest is keyed over them."""
        return Part(
            number=number,
            kind=PartKind.WORDS,
            place=place,
            size=len(clear),
            digest=keyed(self.digest_key, clear),
            words=self.sealer.seal(Purpose.WORDS, clear, Binding.of(context, number), week=week),
        )

    def parcel(
        self,
        context: Context,
        number: int,
        parcel: Parcel,
        clear_sha256: bytes,
        *,
        kind: PartKind,
        media_type: str,
        week: str,
        place: Place = Place.FILE,
    ) -> Part:
        """A sealed object as part `number`. Its digest is keyed over the clear's SHA-256, since the clear is never whole
        in memory.
        """
        digest = keyed(self.digest_key, clear_sha256)
        return Part(
            number=number,
            kind=kind,
            place=place,
            media_type=media_type,
            size=parcel.clear_size,
            digest=digest,
            object=refer(
                self.sealer,
                context,
                number,
                digest,
                stream_key=parcel.stream_key,
                key=parcel.key,
                size=parcel.size,
                sha256=parcel.sha256,
                week=week,
            ),
        )


@dataclass(frozen=True, slots=True)
class Edge(Sealing):
    """An intake whose contributors have an address: its tag links what came from one."""

    tag_key: bytes = field(repr=False)

    @classmethod
    def of(cls, keys: KeyBundle) -> Self:
        return cls(keys.sealer, keys.secret("bucket"), keys.secret("digest"), keys.secret("tag"))
