"""The reader's ports over a folder, real children, and mail as `email_intake` would hand it on."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from services.reader.adapters.child import Children, Reads
from services.reader.handlers.ports import Ports
from shared.clock import week_of
from shared.contracts.base import Sealed
from shared.contracts.events import AttachmentFound, ContributionRead, ContributionReceived
from shared.contracts.parts import Context, Part
from shared.contracts.values import Channel, PartKind, Provider
from shared.storage import FolderObjects
from shared.vault import Binding
from shared.vault.digests import keyed
from shared.vault.objects import open_object, refer
from shared.vault.stream import seal_whole
from tests.support.events import NOW
from tests.support.keys import keys_of

DIGEST = keys_of("email_intake").secret("digest")


@dataclass
class Records:
    """A DNS of our own; notes what it was asked."""

    texts: Mapping[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def text(self, name: str) -> str | None:
        self.asked.append(name)
        return self.texts.get(name)


@dataclass
class Answers:
    """In the place of the children: the same answer to everything."""

    answer: Mapping[str, Any]

    async def read(self, task: str, clear: bytes, options: Mapping[str, object]) -> Mapping[str, Any]:
        return self.answer


def ports_at(
    folder: Path, *, children: Reads | None = None, resolver: Records | None = None, revision: int = 1
) -> Ports:
    keys, names = keys_of("reader"), iter(range(10**9))
    return Ports(
        opener=keys.opener,
        sealer=keys.sealer,
        digest_key=keys.secret("digest"),
        objects=FolderObjects.open(folder),
        children=children or Children(),
        resolver=resolver or Records(),
        now=lambda: NOW,
        names=lambda: f"{next(names):032x}",
        revision=revision,
    )


async def a_mail_received(
    raw: bytes, ports: Ports, *, contribution_id: UUID | None = None, numbers: tuple[int, ...] = (1,)
) -> ContributionReceived:
    """What `email_intake` says of a mail, with its object in the store."""
    keys, known_as = keys_of("email_intake"), contribution_id or uuid4()
    context = Context(contribution_id=known_as, channel=Channel.EMAIL, received_at=NOW)
    digest, week = keyed(DIGEST, raw), week_of(NOW)
    parts = []
    for number in numbers:
        stream_key, sealed, sha256 = seal_whole([raw])
        key = f"incoming/{known_as.hex}{number}"
        await ports.objects.put(key, sealed)
        ref = refer(
            keys.sealer, context, number, digest,
            stream_key=stream_key, key=key, size=len(sealed), sha256=sha256, week=week,
        )  # fmt: skip
        parts.append(
            Part(
                number=number,
                kind=PartKind.MAIL,
                media_type="message/rfc822",
                size=len(raw),
                digest=digest,
                object=ref,
            )
        )
    return ContributionReceived(
        event_id=known_as, context=context, provider=Provider.SMTP, digest=digest, parts=tuple(parts)
    )


def words_of(event: ContributionRead) -> dict[int, str]:
    """The words of each part, as triage opens them."""
    opener = keys_of("triage").opener
    return {
        part.number: opener.open(part.words, Binding.of(event.context, part.number)).decode()
        for part in event.words
        if part.words
    }


def marks_of(event: ContributionRead) -> dict[str, Any]:
    return _opened("triage", event, event.marks) if event.marks else {}


def names_of(event: ContributionRead) -> list[str]:
    return _opened("anonymiser", event, event.names) if event.names else []


async def content_of(event: AttachmentFound, ports: Ports) -> bytes:
    """What hangs on a mail, as the archive opens it."""
    part = event.part
    assert part.object is not None
    sealed = await ports.objects.get(part.object.key)
    return open_object(
        keys_of("archive").opener, event.context, part.number, part.digest, part.object, sealed
    )


def _opened(service: str, event: ContributionRead, sealed: Sealed) -> Any:
    return json.loads(keys_of(service).opener.open(sealed, Binding.of(event.context, event.part)))
