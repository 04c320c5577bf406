"""The description of the partners' API, as far as it does not follow from the routes."""

from typing import Any, Final, Literal

from pydantic import BaseModel

from services.art_intake.rules.partner_items import Item
from services.art_intake.rules.status import ItemStatus

ABOUT: Final = """\
Send one file a request, with what you know of it. Every item has an id that you make (a UUID): send it again whenever
you did not get an answer, and it is still one item. We answer once it is safe with us. `GET /items` lists what arrived;
`GET /proof` gives a signed list of it, which anybody can check.

We never tell you, or anybody who holds your key, how we judged an item. If you are worried about a child, set `worried`,
and do what your own safeguarding policy asks of you: this is not an emergency service. In danger: call 999.
"""


class Kept(BaseModel):
    """The item is safe. `kept_beside_another` says that this id came before with another content: both are kept."""

    item_id: str
    contribution_id: str
    sha256: str
    size: int
    kept_beside_another: bool


class Listed(BaseModel):
    item_id: str
    contribution_id: str
    received_at: str
    sha256: str
    size: int
    status: ItemStatus


class Page(BaseModel):
    """Some items, and where to go on: give `next` as `after`; null at the end."""

    items: list[Listed]
    next: str | None


class Said(BaseModel):
    """Why not. `code` is for programs, `message` for people; `Retry-After` says when to try again, if it is worth it."""

    code: str
    message: str


class _Handed(BaseModel):
    item_id: str
    contribution_id: str
    sha256: str
    size: int
    received_at: str


class _Statement(BaseModel):
    statement: Literal["heard.hand-over.v1"]
    partner: str
    issued_at: str
    count: int
    items: list[_Handed]


class Proven(BaseModel):
    """`signature` is base64 of an Ed25519 signature over the canonical JSON of `statement`: keys sorted, no spaces,
    UTF-8. `public_key` is in hex: compare it with the one that you were given with your key."""

    statement: _Statement
    algorithm: str
    public_key: str
    signature: str


REFUSALS: Final[dict[int | str, dict[str, Any]]] = {
    400: {"model": Said, "description": "It cannot be read, or did not come whole: send it again"},
    401: {"model": Said, "description": "No key, or one that is not known or was ended"},
    403: {"model": Said, "description": "This key may not do this"},
    408: {"model": Said, "description": "It did not come in time: send it again"},
    413: {"model": Said, "description": "The file, or what is said of it, is too large"},
    422: {"model": Said, "description": "What is said of the item holds a field that is unknown or wrong"},
    429: {"model": Said, "description": "Too often, or too many at once: wait and try again"},
    503: {"model": Said, "description": "Not just now: wait and try again"},
}
PROOF: Final[dict[int | str, dict[str, Any]]] = {200: {"model": Proven, "description": "The proof"}}

_SCHEMA: Final = Item.model_json_schema(ref_template="#/$defs/{model}")


def _inlined(schema: Any) -> Any:
    """The schema without references, since it stands in the middle of another document."""
    definitions = _SCHEMA.get("$defs", {})
    if isinstance(schema, list):
        return [_inlined(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        found = definitions[schema["$ref"].rpartition("/")[2]]
        return _inlined({**found, **{name: value for name, value in schema.items() if name != "$ref"}})
    return {name: _inlined(value) for name, value in schema.items() if name != "$defs"}


_ITEM: Final = _inlined(_SCHEMA)
_FILE: Final = {"type": "string", "format": "binary"}

ITEM: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "An item with its file; or, as JSON alone, an item of words; or the bare file, with the item as "
        "base64 of its JSON in the header Heard-Item.",
        "content": {
            "multipart/form-data": {
                "schema": {"type": "object", "properties": {"item": _ITEM, "file": _FILE}},
                "encoding": {"item": {"contentType": "application/json"}},
            },
            "application/json": {"schema": _ITEM},
            "application/octet-stream": {"schema": _FILE},
        },
    }
}
