"""What the reader's handlers need of the outside, and how they seal what they found."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from services.reader.adapters.child import Reads
from services.reader.adapters.dns import Resolver
from services.reader.adapters.provider import Copies
from shared.clock import Clock, week_of
from shared.contracts.base import Sealed
from shared.contracts.parts import Context, ObjectRef, Part
from shared.contracts.values import PartKind, Place
from shared.errors import Rejected
from shared.storage import Objects
from shared.telemetry.meters import NOWHERE, Meters
from shared.vault import Binding, Opener, Purpose, Sealer
from shared.vault.digests import keyed
from shared.vault.objects import open_object, refer
from shared.vault.stream import seal_whole


@dataclass(frozen=True, slots=True)
class Media:
    """Limits of the media lane: `largest` in bytes, `gone_after` and `sound_within` in seconds, `sound` of sound."""

    largest: int = 64 * 1024 * 1024
    gone_after: float = 300.0
    sound: float = 900.0
    sound_within: float = 900.0
    pages: int = 30
    pages_within: float = 180.0

    def options(self, task: str) -> dict[str, object]:
        """What a child is told of them."""
        if task == "sound":
            return {"seconds": self.sound, "within": self.sound_within}
        return {"pages": self.pages, "within": self.pages_within}


@dataclass(frozen=True, slots=True)
class Ports:
    """`names` gives the random names under which new objects are kept; `copies` is a provider, where there is one."""

    opener: Opener
    sealer: Sealer
    digest_key: bytes = field(repr=False)
    objects: Objects
    children: Reads
    resolver: Resolver
    now: Clock
    names: Callable[[], str]
    revision: int
    copies: Copies | None = None
    media: Media = Media()
    meters: Meters = NOWHERE

    async def fetch(self, context: Context, part: Part) -> bytes:
        """The clear bytes of a part that travels as an object.

        Raises:
            Retryable: when it is not in the store yet; Unavailable: when the store is away; Rejected: when it does not open.
        """
        if part.object is None:
            raise Rejected("part_has_no_object")
        sealed = await self.objects.get(part.object.key)
        return await asyncio.to_thread(
            open_object, self.opener, context, part.number, part.digest, part.object, sealed
        )

    async def keep(self, context: Context, number: int, clear: bytes) -> tuple[str, ObjectRef]:
        """Seal bytes into the store as part `number`; gives their keyed digest and the reference."""
        return (await self.keep_all(context, {number: clear}))[number]

    async def keep_all(
        self, context: Context, clear: Mapping[int, bytes]
    ) -> dict[int, tuple[str, ObjectRef]]:
        """Seal many into the store at once, each as the part of its number."""
        sealed: dict[str, bytes] = {}
        refs: dict[int, tuple[str, ObjectRef]] = {}
        for number, one in clear.items():
            digest, key = keyed(self.digest_key, one), f"incoming/{self.names()}"
            stream_key, sealed[key], sha256 = await asyncio.to_thread(seal_whole, [one])
            ref = refer(
                self.sealer, context, number, digest,
                stream_key=stream_key, key=key, size=len(sealed[key]), sha256=sha256, week=self._week(),
            )  # fmt: skip
            refs[number] = (digest, ref)
        if sealed:
            await self.objects.put_all(sealed)
        return refs

    async def keep_original(self, context: Context, number: int, clear: bytes) -> ObjectRef:
        """Seal what waited at a provider as part `number`. Its reference is bound to the object's own SHA-256."""
        stream_key, sealed, sha256 = await asyncio.to_thread(seal_whole, [clear])
        key = f"incoming/{self.names()}"
        await self.objects.put(key, sealed)
        return refer(
            self.sealer, context, number, sha256,
            stream_key=stream_key, key=key, size=len(sealed), sha256=sha256, week=self._week(),
        )  # fmt: skip

    def words(self, context: Context, number: int, words: str, *, parent: int, place: Place) -> Part:
        """Words that were read out of part `parent`, sealed as part `number`."""
        clear = words.encode("utf-8", "replace")
        sealed = self.sealer.seal(Purpose.WORDS, clear, Binding.of(context, number), week=self._week())
        return Part(
            number=number,
            parent=parent,
            kind=PartKind.WORDS,
            place=place,
            size=len(clear),
            digest=keyed(self.digest_key, clear),
            words=sealed,
        )

    def marks(self, context: Context, part: int, marks: Mapping[str, object]) -> Sealed:
        """What was seen in part `part` beside its words, for those who may open words."""
        return self._json(Purpose.WORDS, context, part, marks)

    def found_names(self, context: Context, part: int, names: Sequence[str]) -> Sealed:
        """More words to take out, for the anonymiser alone."""
        return self._json(Purpose.NAMES, context, part, names)

    def _json(self, purpose: Purpose, context: Context, part: int, value: object) -> Sealed:
        clear = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
        return self.sealer.seal(purpose, clear, Binding.of(context, part), week=self._week())

    def _week(self) -> str:
        return week_of(self.now())
