"""OCFL 1.1 (https://ocfl.io/1.1/spec/): an object is versions of a set of files, and never changes what it has.

Only what Heard needs: SHA-512, whole inventories in every version, generated ASCII names.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

from services.archive.rules.numbers import TUPLE_SIZE, TUPLES
from shared.contracts.base import utc
from shared.storage.fixity import sha512

INVENTORY: Final = "inventory.json"
SIDECAR: Final = "inventory.json.sha512"
NAMASTE: Final = "0=ocfl_object_1.1"
NAMASTE_TEXT: Final = b"ocfl_object_1.1\n"
ROOT_NAMASTE: Final = "0=ocfl_1.1"
_LAYOUT: Final = "0004-hashed-n-tuple-storage-layout"
_TYPE: Final = "https://ocfl.io/1.1/spec/#inventory"


@dataclass(frozen=True, slots=True)
class Inventory:
    """`manifest`: where the bytes of each digest lie; `versions`: from the first on, which names they had."""

    object_id: str
    manifest: Mapping[str, tuple[str, ...]]
    versions: tuple[Mapping[str, Any], ...]

    @classmethod
    def of(cls, object_id: str) -> Self:
        """An object that has no version yet."""
        return cls(object_id, {}, ())

    @classmethod
    def parse(cls, text: bytes) -> Self:
        """Read one that `text` wrote.

        Raises:
            ValueError: when it is none.
        """
        raw = json.loads(text)
        try:
            versions = tuple(raw["versions"][f"v{number + 1}"] for number in range(len(raw["versions"])))
            manifest = {digest: tuple(paths) for digest, paths in raw["manifest"].items()}
            if raw["type"] != _TYPE or raw["head"] != f"v{len(versions)}":
                raise ValueError("not an inventory of ours")
            return cls(raw["id"], manifest, versions)
        except (KeyError, TypeError, AttributeError):
            raise ValueError("not an inventory") from None

    @property
    def head(self) -> int:
        return len(self.versions)

    @property
    def state(self) -> dict[str, str]:
        """The names of the newest version, and the digest of each."""
        newest = self.versions[-1]["state"] if self.versions else {}
        return {name: digest for digest, names in newest.items() for name in names}

    def text(self) -> bytes:
        """Canonical, so that the same inventory has the same digest."""
        whole = {
            "id": self.object_id,
            "type": _TYPE,
            "digestAlgorithm": "sha512",
            "head": f"v{self.head}",
            "manifest": self.manifest,
            "versions": {f"v{number}": version for number, version in enumerate(self.versions, 1)},
        }
        return json.dumps(whole, sort_keys=True, separators=(",", ":")).encode("ascii") + b"\n"

    def extended(
        self, added: Mapping[str, bytes], dropped: Collection[str], *, at: datetime, message: str
    ) -> tuple[Self, dict[str, bytes]]:
        """Make the next version; gives it, and the content files that it brings, by their path in the object."""
        names = {name: digest for name, digest in self.state.items() if name not in dropped}
        manifest, files = dict(self.manifest), {}
        for name, content in sorted(added.items()):
            digest = names[name] = sha512(content)
            if digest not in manifest:  # bytes that the object has already are not kept twice
                path = f"v{self.head + 1}/content/{name}"
                manifest[digest], files[path] = (path,), content
        version = {
            "created": utc(at),
            "message": message,
            "user": {"name": "Heard archive", "address": "urn:heard:archive"},
            "state": _by_digest(names),
        }
        return type(self)(self.object_id, manifest, (*self.versions, version)), files

    def at(self, version: int) -> Self:
        """The inventory as it was in an earlier version."""
        manifest = {digest: paths for digest, paths in self.manifest.items() if _born(paths[0]) <= version}
        return type(self)(self.object_id, manifest, self.versions[:version])

    def every_file(self) -> dict[str, str]:
        """Every file that the object must have, and the digest of each; it may have no other."""
        content = {path: digest for digest, paths in self.manifest.items() for path in paths}
        ours = {NAMASTE: NAMASTE_TEXT, **self.beside("")}
        for version in range(1, self.head + 1):
            ours |= self.at(version).beside(f"v{version}/")
        return content | {path: sha512(text) for path, text in ours.items()}

    def beside(self, where: str) -> dict[str, bytes]:
        """The inventory and its sidecar as files: `where` is `""` for the object's root, or such as `v2/`."""
        text = self.text()
        return {
            f"{where}{INVENTORY}": text,
            f"{where}{SIDECAR}": f"{sha512(text)} {INVENTORY}\n".encode("ascii"),
        }


def storage_root() -> dict[str, bytes]:
    """The files that make a folder an OCFL storage root, and say where objects lie in it."""
    layout = {"extension": _LAYOUT, "description": "By the SHA-256 of the object's id, in pairs."}
    config = {
        "extensionName": _LAYOUT,
        "digestAlgorithm": "sha256",
        "tupleSize": TUPLE_SIZE,
        "numberOfTuples": TUPLES,
        "shortObjectRoot": False,
    }
    return {
        ROOT_NAMASTE: b"ocfl_1.1\n",
        "ocfl_layout.json": json.dumps(layout, indent=2).encode() + b"\n",
        f"extensions/{_LAYOUT}/config.json": json.dumps(config, indent=2).encode() + b"\n",
    }


def _born(path: str) -> int:
    """The version that brought a content file: `v2/content/...` came with 2."""
    return int(path[1 : path.index("/")])


def _by_digest(names: Mapping[str, str]) -> dict[str, list[str]]:
    state: dict[str, list[str]] = {}
    for name, digest in sorted(names.items()):
        state.setdefault(digest, []).append(name)
    return state
