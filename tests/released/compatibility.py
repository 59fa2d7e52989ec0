"""Whether a schema of today keeps what the same schema promised in a release.

Of what leaves, readers rely on what is in it: no field may go away or become optional, and none may hold another type
of value. New fields and new words may come. Of what is read, senders rely on what is taken: nothing that was may be
refused.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

# What is refused less if it is larger, or smaller.
_AT_MOST = ("maxLength", "maximum", "maxItems", "maxProperties")
_AT_LEAST = ("minLength", "minimum", "minItems")


def breaks_readers(released: Schema, now: Schema) -> Iterator[str]:
    """What somebody who reads documents by the released schema no longer finds in those of today."""
    yield from _compared(released, now, _for_readers)


def breaks_senders(released: Schema, now: Schema) -> Iterator[str]:
    """What somebody who writes documents by the released schema is refused today."""
    yield from _compared(released, now, _for_senders)


_Rule = Callable[[str, Schema, Schema], Iterator[str]]


def _for_readers(at: str, released: Schema, now: Schema) -> Iterator[str]:
    """What may not change at one place of what leaves."""
    if more := _types(now) - _types(released):
        yield f"{at} may be {' or '.join(sorted(more))} now"
    for field in sorted(set(released.get("required", ())) - set(now.get("required", ()))):
        yield f"{at}.{field} may be missing now"
    for field in sorted(released.get("properties", {}).keys() - now.get("properties", {}).keys()):
        yield f"{at}.{field} is gone"
    yield from _another(at, released, now)


def _for_senders(at: str, released: Schema, now: Schema) -> Iterator[str]:
    """What may not change at one place of what is read."""
    if less := _types(released) - _types(now):
        yield f"{at} may not be {' or '.join(sorted(less))} any more"
    if gone := _words(released) - _words(now):
        yield f"{at} may not be {', '.join(sorted(gone))} any more"
    for field in sorted(set(now.get("required", ())) - set(released.get("required", ()))):
        yield f"{at}.{field} is needed now"
    if now.get("additionalProperties") is False:
        for field in sorted(released.get("properties", {}).keys() - now.get("properties", {}).keys()):
            yield f"{at}.{field} is refused now"
    for bound in _AT_MOST:
        if bound in now and now[bound] < released.get(bound, float("inf")):
            yield f"{at}: {bound} is lower now"
    for bound in _AT_LEAST:
        if bound in now and now[bound] > released.get(bound, 0):
            yield f"{at}: {bound} is higher now"
    if "pattern" in now and now["pattern"] != released.get("pattern"):
        yield f"{at}: the pattern is another now"
    yield from _another(at, released, now)


def _another(at: str, released: Schema, now: Schema) -> Iterator[str]:
    """What means something else at either end."""
    if released.get("format") != now.get("format"):
        yield f"{at}: the format is another now"
    if "const" in released and released["const"] != now.get("const"):
        yield f"{at} is {now.get('const')} now, and was {released['const']}"


def _compared(released: Schema, now: Schema, rule: _Rule) -> Iterator[str]:
    yield from _at("$", released, now, (released, now), rule)


def _at(at: str, released: Schema, now: Schema, roots: tuple[Schema, Schema], rule: _Rule) -> Iterator[str]:
    """What one place has to say, and all places in it. No document of ours has itself in it."""
    released, now = _whole(released, roots[0]), _whole(now, roots[1])
    yield from rule(at, released, now)
    for field, schema in released.get("properties", {}).items():
        if field in now.get("properties", {}):
            yield from _at(f"{at}.{field}", schema, now["properties"][field], roots, rule)
    for inner in ("items", "additionalProperties"):
        if isinstance(released.get(inner), Mapping) and isinstance(now.get(inner), Mapping):
            yield from _at(f"{at}[]", released[inner], now[inner], roots, rule)
    choices = {_named(choice): choice for choice in now.get("oneOf", ())}
    for choice in released.get("oneOf", ()):
        if (name := _named(choice)) in choices:
            yield from _at(f"{at} {name}", choice, choices[name], roots, rule)
        else:
            yield f"{at} {name} is gone"
    different = {_named(_whole(choice, roots[1])): choice for choice in now.get("anyOf", ())}
    for choice in released.get("anyOf", ()):
        name = _named(_whole(choice, roots[0]))
        if name in different:
            yield from _at(at, choice, different[name], roots, rule)


def _whole(schema: Schema, root: Schema) -> Schema:
    """A schema, also where another place has it; and an alternative to null as what it is."""
    if "$ref" in schema:
        found: Schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
        return {**found, "title": schema["$ref"].rpartition("/")[2]}
    return schema


def _named(choice: Schema) -> str:
    """What tells one alternative from the others."""
    return str(choice.get("title") or choice.get("type"))


def _types(schema: Schema) -> set[str]:
    """The types that a value may have."""
    if "anyOf" in schema:
        return {name for choice in schema["anyOf"] for name in _types(choice)}
    if "$ref" in schema:
        return {"object"}
    if "const" in schema or "enum" in schema:
        values = schema.get("enum", [schema.get("const")])
        return {"null" if value is None else "number" if isinstance(value, int) else "string" for value in values}
    found = schema.get("type", ())
    names = {found} if isinstance(found, str) else set(found)
    return {"number" if name == "integer" else name for name in names}


def _words(schema: Schema) -> set[str]:
    """The words that are taken, if only some are."""
    return {str(word) for word in schema.get("enum", ())}
