"""Whether a schema of today keeps what the same schema promised in a release.

Of what leaves, readers rely on what is in it: no field may go away or become optional, and none may hold another type
of value. New fields and new words may come. Of what is read, senders rely on what is taken: nothing that was may be
refused.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

Schema = Mapping[str, Any]

# What is refused less if it is larger, or smaller.
_AT_MOST = ("maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties")
_AT_LEAST = ("minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties")

# What is not said to be of a type may be of any. Every integer is a number.
_ANY = ("array", "boolean", "null", "number", "object", "string")


def breaks_readers(released: Schema, now: Schema) -> Iterator[str]:
    """What somebody who reads documents by the released schema no longer finds in those of today."""
    yield from _at("$", released, now, _Promise(released, now, _types_for_readers, _for_readers, to_each=True))


def breaks_senders(released: Schema, now: Schema) -> Iterator[str]:
    """What somebody who writes documents by the released schema is refused today."""
    yield from _at("$", released, now, _Promise(released, now, _types_for_senders, _for_senders, to_each=False))


class _Promise(NamedTuple):
    """The two documents, and what may not change at one place: of its types, and of what it is as one of them.

    `to_each` is whether it is kept only if each alternative of today keeps it, and not if one does.
    """

    released: Schema
    now: Schema
    of_types: Callable[[str, set[str], set[str]], Iterator[str]]
    of_one: Callable[[str, Schema, Schema], Iterator[str]]
    to_each: bool


def _types_for_readers(at: str, released: set[str], now: set[str]) -> Iterator[str]:
    if more := _beyond(now, released):
        yield f"{at} may be {' or '.join(more)} now"


def _types_for_senders(at: str, released: set[str], now: set[str]) -> Iterator[str]:
    if less := _beyond(released, now):
        yield f"{at} may not be {' or '.join(less)} any more"


def _beyond(types: set[str], known: set[str]) -> list[str]:
    return sorted(types - known - ({"integer"} if "number" in known else set()))


def _for_readers(at: str, released: Schema, now: Schema) -> Iterator[str]:
    for field in sorted(set(released.get("required", ())) - set(now.get("required", ()))):
        yield f"{at}.{field} may be missing now"
    for field in sorted(released.get("properties", {}).keys() - now.get("properties", {}).keys()):
        yield f"{at}.{field} is gone"
    if "const" in released and released["const"] != now.get("const"):
        yield f"{at} is {now.get('const', 'free')} now, and was {released['const']}"
    yield from _format(at, released, now)


def _for_senders(at: str, released: Schema, now: Schema) -> Iterator[str]:
    if "enum" in now and "enum" not in released:
        yield f"{at} may only be {', '.join(map(str, now['enum']))} now"
    elif gone := [str(word) for word in released.get("enum", ()) if word not in now.get("enum", [word])]:
        yield f"{at} may not be {', '.join(sorted(gone))} any more"
    for field in sorted(set(now.get("required", ())) - set(released.get("required", ()))):
        yield f"{at}.{field} is needed now"
    if now.get("additionalProperties") is False:
        for field in sorted(released.get("properties", {}).keys() - now.get("properties", {}).keys()):
            yield f"{at}.{field} is refused now"
        if released.get("additionalProperties") is not False:
            yield f"{at}: other fields are refused now"
    for bound in _AT_MOST:
        if bound in now and now[bound] < released.get(bound, float("inf")):
            yield f"{at}: {bound} is lower now"
    for bound in _AT_LEAST:
        if bound in now and now[bound] > released.get(bound, float("-inf")):
            yield f"{at}: {bound} is higher now"
    if "pattern" in now and now["pattern"] != released.get("pattern"):
        yield f"{at}: the pattern is another now"
    yield from _format(at, released, now)


def _format(at: str, released: Schema, now: Schema) -> Iterator[str]:
    if released.get("format") != now.get("format"):
        yield f"{at}: the format is another now"


def _at(at: str, released: Schema, now: Schema, promise: _Promise) -> Iterator[str]:
    """What one place has to say, and all places in it. No document of ours has itself in it."""
    if not released and not now:
        return  # Both may be anything, with anything in it.
    before, after = list(_alternatives(released, promise.released)), list(_alternatives(now, promise.now))
    yield from promise.of_types(at, {one["type"] for one in before}, {one["type"] for one in after})
    for one in before:
        alike = [other for other in after if _alike(one, other)]
        named = [other for other in alike if one.get("title") == other.get("title")]
        if sum(_alike(one, other) for other in before) > 1:
            # Of several a name tells which is which, and more of them may come.
            if alike and not named:
                yield f"{at} {one.get('title')} is gone"
            for other in named:
                yield from _in_one(f"{at} {one.get('title')}", one, other, promise)
        else:
            for other in alike if promise.to_each else named or alike:
                yield from _in_one(at, one, other, promise)


def _in_one(at: str, released: Schema, now: Schema, promise: _Promise) -> Iterator[str]:
    """What one alternative has to say after another one of the same type, and all places in it."""
    yield from promise.of_one(at, released, now)
    for field, schema in released.get("properties", {}).items():
        if field in now.get("properties", {}):
            yield from _at(f"{at}.{field}", schema, now["properties"][field], promise)
    for inner in ("items", "additionalProperties"):
        # False of what there is none of.
        if (before := released.get(inner, {})) is not False and (after := now.get(inner, {})) is not False:
            yield from _at(f"{at}[]", _unless_any(before), _unless_any(after), promise)


def _alternatives(schema: Schema, root: Schema) -> Iterator[dict[str, Any]]:
    """All that may stand at a place, each of one type, also where another place has it."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        yield from _alternatives({**root["$defs"][name], "title": name}, root)
    elif choices := [*schema.get("anyOf", ()), *schema.get("oneOf", ())]:
        for choice in choices:
            yield from _alternatives(choice, root)
    elif "const" in schema or "enum" in schema:
        words: dict[str, list[Any]] = {}
        for word in schema.get("enum", [schema.get("const")]):
            words.setdefault(_type(word), []).append(word)
        yield from ({**schema, "type": name, "enum": of_type} for name, of_type in words.items())
    else:
        types = schema.get("type", _ANY)
        yield from ({**schema, "type": name} for name in ([types] if isinstance(types, str) else types))


def _type(word: object) -> str:
    if word is None:
        return "null"
    return {bool: "boolean", int: "integer", float: "number", str: "string"}[type(word)]


def _alike(one: Schema, other: Schema) -> bool:
    """Whether a value can be both. There is only one null."""
    types = {one["type"], other["type"]}
    return "null" not in types and (len(types) == 1 or types == {"integer", "number"})


def _unless_any(schema: Any) -> Schema:
    return {} if schema is True else schema
