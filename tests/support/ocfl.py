"""A strict check of OCFL 1.1 storage roots, written from the specification and not from our writer.

It knows what Heard uses: SHA-512, the layout 0004, an inventory in every version.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

Files = Mapping[str, bytes]

_OBJECT = "0=ocfl_object_1.1"
_DIGEST = re.compile(r"[0-9a-f]{128}")


class Invalid(AssertionError):
    """What is wrong with a storage root."""


def need(holds: object, what: str) -> None:
    if not holds:
        raise Invalid(what)


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by its path. A folder without files is invalid in OCFL."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_dir():
            need(any(path.iterdir()), f"empty folder {path.name}")
        else:
            found[str(path.relative_to(folder))] = path.read_bytes()
    return found


def check_root(files: Files) -> dict[str, dict[str, str]]:
    """Check a storage root; gives each object's newest names, with the digest of each, by the object's id."""
    need(files.get("0=ocfl_1.1") == b"ocfl_1.1\n", "the root is not declared")
    layout = json.loads(files["ocfl_layout.json"])
    need(set(layout) == {"extension", "description"}, "layout keys")
    config_path = f"extensions/{layout['extension']}/config.json"
    config = json.loads(files[config_path])
    need(config["extensionName"] == layout["extension"], "the layout's name")
    own = {"0=ocfl_1.1", "ocfl_layout.json", config_path}
    roots = {path.rpartition("/")[0] for path in files if path.rpartition("/")[2] == _OBJECT}
    states: dict[str, dict[str, str]] = {}
    covered = set(own)
    for root in roots:
        below = {path[len(root) + 1 :]: text for path, text in files.items() if path.startswith(f"{root}/")}
        covered |= {f"{root}/{path}" for path in below}
        object_id, state = check_object(below)
        need(root == laid_out(object_id, config), f"{object_id} lies in the wrong place")
        need(object_id not in states, f"{object_id} twice")
        states[object_id] = state
    need(set(files) == covered, f"strays in the root: {sorted(set(files) - covered)}")
    return states


def laid_out(object_id: str, config: Mapping[str, Any]) -> str:
    """The path that extension 0004 gives to an id."""
    digest = hashlib.new(config["digestAlgorithm"], object_id.encode()).hexdigest()
    size, count = config["tupleSize"], config["numberOfTuples"]
    pieces = [digest[at : at + size] for at in range(0, size * count, size)]
    return "/".join((*pieces, digest[size * count :] if config["shortObjectRoot"] else digest))


def check_object(files: Files) -> tuple[str, dict[str, str]]:
    """Check one object; gives its id and its newest state."""
    need(files.get(_OBJECT) == b"ocfl_object_1.1\n", "the object is not declared")
    inventory = check_inventory(files, "")
    head = int(inventory["head"][1:])
    need(files["inventory.json"] == files.get(f"v{head}/inventory.json"), "head and root differ")
    allowed = {_OBJECT, "inventory.json", "inventory.json.sha512"}
    for number in range(1, head + 1):
        version = check_inventory(files, f"v{number}/")
        need(version["head"] == f"v{number}", f"v{number} has another head")
        need(version["id"] == inventory["id"], f"v{number} has another id")
        for name, block in version["versions"].items():
            need(states(version, name) == states(inventory, name), f"v{number} remembers {name} otherwise")
            need(block["created"] == inventory["versions"][name]["created"], f"{name} was made another time")
        allowed |= {f"v{number}/inventory.json", f"v{number}/inventory.json.sha512"}
    content = {path for paths in inventory["manifest"].values() for path in paths}
    need(set(files) == allowed | content, f"strays or gaps: {sorted(set(files) ^ (allowed | content))}")
    return inventory["id"], states(inventory, inventory["head"])


def check_inventory(files: Files, where: str) -> dict[str, Any]:
    """Check one inventory by itself, its sidecar, and the bytes of everything that it lists."""
    text = files.get(f"{where}inventory.json")
    need(text is not None, f"{where} has no inventory")
    assert text is not None
    sidecar = files.get(f"{where}inventory.json.sha512", b"").decode("ascii")
    match = re.fullmatch(r"([0-9a-f]{128})[ \t]+inventory\.json\n", sidecar)
    need(match and match[1] == hashlib.sha512(text).hexdigest(), f"{where} sidecar")
    inventory: dict[str, Any] = json.loads(text)
    need({"id", "type", "digestAlgorithm", "head", "manifest", "versions"} <= set(inventory), "keys")
    need(inventory["type"] == "https://ocfl.io/1.1/spec/#inventory", "type")
    need(inventory["digestAlgorithm"] == "sha512", "algorithm")
    need(re.fullmatch(r"[a-z]+:.+", inventory["id"]), "the id is no URI")
    numbers = [f"v{n}" for n in range(1, len(inventory["versions"]) + 1)]
    need(sorted(inventory["versions"]) == sorted(numbers), "versions are not 1..n")
    need(numbers and inventory["head"] == numbers[-1], "head")
    check_manifest(inventory, files)
    used = set()
    for name, block in inventory["versions"].items():
        made = datetime.fromisoformat(block["created"])
        need(made.tzinfo is not None, f"{name}: no time zone")
        need(block["user"]["name"] and block["user"]["address"] and block["message"], f"{name}: who and why")
        used |= set(block["state"])
        names = [one for logical in block["state"].values() for one in logical]
        need(len(names) == len(set(names)), f"{name}: a name twice")
        for one in names:
            need(
                re.fullmatch(r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*", one), f"{name}: the name {one}"
            )
    need(used == set(inventory["manifest"]), "manifest and states differ")
    return inventory


def check_manifest(inventory: Mapping[str, Any], files: Files) -> None:
    seen: set[str] = set()
    head = int(inventory["head"][1:])
    for digest, paths in inventory["manifest"].items():
        need(_DIGEST.fullmatch(digest), "a digest in another form")
        for path in paths:
            match = re.fullmatch(r"v([1-9][0-9]*)/content/[a-z0-9._/-]+", path)
            need(match and int(match[1]) <= head, f"the path {path}")
            need(path not in seen, f"{path} twice")
            seen.add(path)
            need(path in files, f"{path} is missing")
            need(hashlib.sha512(files[path]).hexdigest() == digest, f"{path} was changed")


def states(inventory: Mapping[str, Any], version: str) -> dict[str, str]:
    return {
        name: digest for digest, names in inventory["versions"][version]["state"].items() for name in names
    }
