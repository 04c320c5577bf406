"""Says what a change of a JSON Schema would break for messages that were written before it.

Only optional additions are allowed, so each step is safe and so are many of them, one after the other: what was kept
for 35 days, or replayed from long ago, is still read. Anything else is a new topic version.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

Schema = Mapping[str, Any]

_MAY_NOT_RISE: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_MAY_NOT_FALL: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_MAY_ONLY_GO: Final = ("pattern", "format", "const", "multipleOf", "contentEncoding", "uniqueItems")
_WORDS: Final = frozenset({"title", "description", "examples", "$schema", "$id", "$defs", "$comment"})
_KNOWN: Final = frozenset(
    {
        "type", "enum", "anyOf", "properties", "required", "items", "additionalProperties", "patternProperties",
        "propertyNames", "default", *_MAY_NOT_RISE, *_MAY_NOT_FALL, *_MAY_ONLY_GO,
    }
)  # fmt: skip


def breaks(old: Schema, new: Schema) -> list[str]:
    """Name each place where a message that fits `old` might not fit `new`, or might mean something else.

    >>> breaks({"type": "string"}, {"type": "integer"})
    ['whole: type string became integer']
    """
    return list(_compare(old, new, old, new, "whole"))


def _compare(old: Schema, new: Schema, olds: Schema, news: Schema, at: str) -> Iterator[str]:
    old, new = _resolved(old, olds), _resolved(new, news)
    for unknown in sorted((set(old) | set(new)) - _KNOWN - _WORDS):
        if old.get(unknown) != new.get(unknown):
            yield f"{at}: {unknown} changed, and whether that is safe is not known"
    if "anyOf" in old or "anyOf" in new:
        yield from _alternatives(old, new, olds, news, at)
        return
    if old.get("type") != new.get("type") and "type" in new:
        yield f"{at}: type {old.get('type')} became {new['type']}"
        return
    yield from _values(old, new, at)
    yield from _fields(old, new, olds, news, at)
    for name in ("items", "additionalProperties", "propertyNames"):
        yield from _inside(old, new, olds, news, name, at)
    before, after = old.get("patternProperties", {}), new.get("patternProperties", {})
    if set(before) != set(after):
        yield f"{at}: the names that it may have changed"
    for name in sorted(set(before) & set(after)):
        yield from _compare(before[name], after[name], olds, news, f"{at}.*")


def _alternatives(old: Schema, new: Schema, olds: Schema, news: Schema, at: str) -> Iterator[str]:
    """Each alternative of before must still be one."""
    yield from _values({k: old[k] for k in ("default",) if k in old}, new, at)
    after: Sequence[Schema] = new.get("anyOf", [new])
    for one in old.get("anyOf", [old]):
        tries = [list(_compare(_bare(one), _bare(other), olds, news, at)) for other in after]
        if all(tries):
            yield min(tries, key=len)[0]


def _values(old: Schema, new: Schema, at: str) -> Iterator[str]:
    if "enum" in new:
        gone = [value for value in old.get("enum", ()) if value not in new["enum"]]
        if gone or "enum" not in old:
            yield f"{at}: may no longer be {', '.join(map(str, gone)) or 'anything else'}"
    if "default" in old and old["default"] != new.get("default", "\0"):
        yield f"{at}: what its absence means changed"
    for name in _MAY_NOT_RISE:
        if name in new and (name not in old or new[name] > old[name]):
            yield f"{at}: {name} rose"
    for name in _MAY_NOT_FALL:
        if name in new and (name not in old or new[name] < old[name]):
            yield f"{at}: {name} fell"
    for name in _MAY_ONLY_GO:
        if name in new and new[name] != old.get(name):
            yield f"{at}: {name} changed"


def _fields(old: Schema, new: Schema, olds: Schema, news: Schema, at: str) -> Iterator[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    for name in sorted(before):
        if name not in after:
            yield f"{at}.{name}: was removed"
        else:
            yield from _compare(before[name], after[name], olds, news, f"{at}.{name}")
    for name in sorted(set(new.get("required", ())) - set(old.get("required", ()))):
        yield f"{at}.{name}: is required now"


def _inside(old: Schema, new: Schema, olds: Schema, news: Schema, name: str, at: str) -> Iterator[str]:
    before, after = old.get(name, True), new.get(name, True)
    if after is True:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _compare(before, after, olds, news, f"{at}.*")
    elif before != after:
        yield f"{at}: {name} was narrowed"


def _resolved(one: Schema, whole: Schema) -> Schema:
    """Follow a reference; what stands beside it (a default) counts as well."""
    if "$ref" not in one:
        return one
    found = whole["$defs"][one["$ref"].rpartition("/")[2]]
    return {**_resolved(found, whole), **{name: value for name, value in one.items() if name != "$ref"}}


def _bare(one: Schema) -> Schema:
    """One alternative; a default belongs to the whole."""
    return {name: value for name, value in one.items() if name != "default"}
