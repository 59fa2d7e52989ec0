"""Mutations: what becomes of a JSON text on the way, or in the hands of somebody who means no good."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from random import Random
from types import MappingProxyType
from typing import Any

from tests.fuzz.seeds import Seed

# JSON that Python's json can't write: it is put in for a text that stands for it.
_RAW: Mapping[str, str] = MappingProxyType(
    {
        f"<raw {number}>": raw
        for number, raw in enumerate(
            (
                "1e400",
                "-1e400",
                "1e-400",
                "9" * 5000,
                "-0",
                "0.1e1",
                "1" * 400,
                "NaN",
                "Infinity",
                "18446744073709551616",
            )
        )
    }
)
_NUMBERS = (*_RAW, 0, -1, 1, 2**31, 2**53 + 1, 2**63, 2**64, -(2**63) - 1, 1e308, 5e-324, 0.5, 10**400)
_TYPES: tuple[Any, ...] = (None, True, False, 0, -1, 1.5, "", "x", [], {}, [None], [[]], {"": ""}, ["x"], {"x": []})
_CHARACTERS = (
    "\0",
    "\x1b[2J",
    "\x7f",
    "\x85",
    "\u202e",
    "\u2066",
    "\ufeff",
    "\uffff",
    "\u2028",
    "\r\n",
    "\U0001f4a9",
    "\U0010ffff",
    "e\u0301",
    "\u0130",
    "İ" * 200,
    "/",
    "#",
    "=",
    "=(other)",
    "(other)",
    "<script>",
    "%s{0}$",
    "' OR 1",
    "../..",
)
_HALVES = ("\ud800", "\udfff", "x\ud800x", "\udc00\ud800")
_TIMES = (
    "2026-03-06T09:15:00.000Z",
    "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59.999Z",
    "9999-12-31T23:59:59-14:00",
    "2016-12-31T23:59:60Z",
    "2026-02-30T00:00:00Z",
    "2026-03-06T24:00:00Z",
    "2026-03-06T09:15:00+99:99",
    "2026-03-06T09:15:00+23:59:59.999999",
    "2026-03-06T09:15:00 +0000",
    "2026-03-06T09:15:00,5Z",
    "20260306T091500Z",
    "2026-W10-5",
    "2026-03-06",
    "-2026-03-06T09:15:00Z",
    "1999-12-31T23:59:59Z",
    "2000-01-01T00:00:00+00:01",
    "2999-12-31T23:59:59Z",
    "\uff12\uff10\uff12\uff16-03-06T09:15:00Z",
    "1772788500",
    "yesterday",
)
_SCOPES = (
    "account",
    "tenant/",
    "/",
    "tag/=",
    "provider/gmail",
    "tenant/" + "x" * 993,
    "tenant/" + "\u0130" * 500,
    "TENANT/x",
)
_LENGTHS = (64, 255, 256, 257, 320, 321, 500, 1_000, 1_025, 2_049, 10_000)
_DEPTHS = (1, 3, 50, 500, 2_000)
_MEBIBYTE = 1_048_576


def _places(document: Any) -> Iterator[tuple[Any, Any]]:
    """Where there is a value: what holds it, and under which name or number."""
    if isinstance(document, dict):
        for name in document:
            yield document, name
            yield from _places(document[name])
    elif isinstance(document, list):
        for number, element in enumerate(document):
            yield document, number
            yield from _places(element)


def _place(document: Any, random: Random) -> tuple[Any, Any]:
    """One of these places, found from the outside in; one that has no effect if there is none."""
    holder: Any = {"nothing": None}
    at: Any = "nothing"
    value = document
    while isinstance(value, dict | list) and value and (value is document or random.random() < 0.8):
        holder = value
        at = random.choice([*value]) if isinstance(value, dict) else random.randrange(len(value))
        value = holder[at]
    return holder, at


def _text_place(document: Any, random: Random) -> tuple[Any, Any]:
    for _ in range(20):
        holder, at = _place(document, random)
        if isinstance(holder[at], str):
            return holder, at
    return {"nothing": ""}, "nothing"


def _putting(values: Sequence[Any]) -> Callable[[Any, Random], Any]:
    def put(document: Any, random: Random) -> Any:
        holder, at = _place(document, random)
        holder[at] = deepcopy(random.choice(values))
        return document

    return put


def _inserting(values: Sequence[str]) -> Callable[[Any, Random], Any]:
    def put(document: Any, random: Random) -> Any:
        holder, at = _text_place(document, random)
        text = holder[at]
        cut = random.randint(0, len(text))
        holder[at] = text[:cut] + random.choice(values) + text[cut:]
        return document

    return put


def _renamed(document: Any, random: Random) -> Any:
    holder, at = _place(document, random)
    if isinstance(holder, dict):
        holder[random.choice(_CHARACTERS) + str(at)] = holder.pop(at)
    return document


def _without(document: Any, random: Random) -> Any:
    holder, at = _place(document, random)
    del holder[at]
    return document


def _timed(document: Any, random: Random) -> Any:
    """A strange time where there was one, or anywhere in a text."""
    times = [(h, at) for h, at in _places(document) if "time" in str(at).lower() or str(at) in {"observed", "since"}]
    holder, at = random.choice(times) if times and random.random() < 0.9 else _text_place(document, random)
    holder[at] = random.choice(_TIMES)
    return document


def _long(document: Any, random: Random) -> Any:
    holder, at = _text_place(document, random)
    holder[at] = random.choice(("x", "\0", "é", "\U0001f4a9", "<", "a@b.example,", "5.1.1 ")) * random.choice(_LENGTHS)
    return document


def _nested(document: Any, random: Random) -> Any:
    holder, at = _place(document, random)
    for _ in range(random.choice(_DEPTHS[:-1])):
        holder[at] = [holder[at]] if random.random() < 0.5 else {"x": holder[at]}
    return document


def _recipients(document: Any, random: Random) -> Any:
    """As many recipients as SES takes, and one more, each with all that can be said of one."""
    lists = [(h, at) for h, at in _places(document) if isinstance(h[at], list) and h[at]]
    if not lists:
        return document
    holder, at = random.choice(lists)
    first, number = holder[at][0], random.choice((49, 50, 51, 2_000))
    long = random.choice(("", "x" * 4_000, "\U0001f4a9" * 500, "\0" * 500))
    if isinstance(first, dict):
        holder[at] = [{**first, "emailAddress": f"{n}@{n}.example", "diagnosticCode": long} for n in range(number)]
    else:
        holder[at] = [f"{n}{long[:300]}@example.com" for n in range(number)]
    return document


def _tags(document: Any, random: Random) -> Any:
    """A great many tags, or values of one that is read."""
    found = [h[at] for h, at in _places(document) if at == "tags" and isinstance(h[at], dict)]
    if found:
        tags = random.choice(found)
        names = ("campaign", "ses:tenant-name", "ses:configuration-set")
        tags |= {name: [str(random.getrandbits(64)) * random.choice((1, 12, 13))] for name in names}
        tags |= {f"tag-{n}": ["x"] * random.choice((0, 1, 3)) for n in range(random.choice((1, 100, 10_000)))}
    return document


def _forged(document: Any, random: Random) -> Any:
    """Names that become keys."""
    named = ("messageId", "sourceArn", "source", "scope", "finding", "id", "search", "tags")
    places = [(h, at) for h, at in _places(document) if at in named]
    holder, at = random.choice(places) if places else _text_place(document, random)
    made = random.choice((*_SCOPES, *_CHARACTERS, "x" * 256, "\U0001f4a9" * 64, "\U0001f4a9" * 256, "\0" * 256))
    holder[at] = {"ses:tenant-name": [made], "campaign": [made]} if at == "tags" else made
    return document


def _enveloped(document: Any, random: Random) -> Any:
    """In one more envelope, or in a great many."""
    for _ in range(random.choice((1, 2, 3, 4, 12))):
        kind = random.randrange(4)
        text = json.dumps(document)
        if kind == 0:
            document = {"Type": "Notification", "Message": text}
        elif kind == 1:
            document = {"Records": [{"messageId": "again", "body": text}] * random.choice((0, 1, 3))}
        elif kind == 2:
            document = {"source": "aws.ses", "detail-type": "Email Bounced", "detail": document}
        else:
            document = {"Records": [{"EventSource": "aws:sns", "Sns": {"Message": text}}]}
        if len(text) > _MEBIBYTE:
            break
    return document


def _mebibyte(document: Any, random: Random) -> Any:
    """As large as the largest message of a queue."""
    if not isinstance(document, dict):
        return document
    shape = random.randrange(4)
    if shape == 0:
        holder, at = _text_place(document, random)
        holder[at] = "x" * _MEBIBYTE
    elif shape == 1:
        document["filler"] = [0] * (_MEBIBYTE // 3)
    elif shape == 2:
        document["filler"] = [{"name": f"X-{n}", "value": "x"} for n in range(_MEBIBYTE // 40)]
    else:
        document |= {f"filler-{n}": {} for n in range(_MEBIBYTE // 20)}
    return document


_OF_DOCUMENTS: Mapping[str, tuple[int, Callable[[Any, Random], Any]]] = MappingProxyType(
    {
        "a value of another type": (20, _putting(_TYPES)),
        "a number beyond all limits": (10, _putting(_NUMBERS)),
        "a value missing": (10, _without),
        "a name changed": (5, _renamed),
        "strange characters": (10, _inserting(_CHARACTERS)),
        "half a character": (5, _inserting(_HALVES)),
        "a strange time": (12, _timed),
        "a very long text": (6, _long),
        "deep nesting": (4, _nested),
        "many recipients": (2, _recipients),
        "many tags": (2, _tags),
        "a forged name": (10, _forged),
        "more envelopes": (4, _enveloped),
        "a mebibyte": (0, _mebibyte),
    }
)
"""Mutations of what is in a document, with how often one is drawn."""


def _flipped(text: bytes, random: Random) -> bytes:
    changed = bytearray(text or b" ")
    for _ in range(random.choice((1, 1, 1, 3, 10))):
        changed[random.randrange(len(changed))] = random.randrange(256)
    return bytes(changed)


def _deleted(text: bytes, random: Random) -> bytes:
    start = random.randint(0, len(text))
    return text[:start] + text[start + random.choice((1, 1, 5, 100)) :]


def _repeated(text: bytes, random: Random) -> bytes:
    start = random.randint(0, len(text))
    return text[:start] + text[start : start + random.choice((1, 20, 200))] * random.choice((2, 3, 50)) + text[start:]


def _cut_off(text: bytes, random: Random) -> bytes:
    return text[: random.randint(0, len(text))]


def _doubled(text: bytes, random: Random) -> bytes:
    """A key that is there twice: a text between two commas, at another place."""
    parts = text.split(b",")
    parts.insert(random.randrange(len(parts)), random.choice(parts))
    return b",".join(parts)


def _put_in(text: bytes, random: Random) -> bytes:
    strange = (
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\0",
        b"\xed\xa0\x80",
        b"\xc0\x80",
        b"\xf4\x90\x80\x80",
        b"\\ud800",
        b"\\u0000",
    )
    start = random.choice((0, 0, random.randint(0, len(text))))
    return text[:start] + random.choice(strange) + text[start:]


def _deep(text: bytes, random: Random) -> bytes:
    """Nested so deep that no program reads it, whole or not."""
    depth, (left, right) = random.choice((900, 1_100, 100_000)), random.choice(((b"[", b"]"), (b'{"x":', b"}")))
    return left * depth + text + right * random.choice((depth, 0))


_OF_TEXTS: Mapping[str, tuple[int, Callable[[bytes, Random], bytes]]] = MappingProxyType(
    {
        "bytes changed": (8, _flipped),
        "bytes deleted": (5, _deleted),
        "bytes repeated": (5, _repeated),
        "cut off": (3, _cut_off),
        "a part doubled": (5, _doubled),
        "no text put in": (4, _put_in),
        "nesting without end": (1, _deep),
    }
)
"""Mutations of the text itself."""

_SPLICED = "spliced"
_KINDS = (*_OF_DOCUMENTS, *_OF_TEXTS, _SPLICED)
_WEIGHTS = (*(weight for weight, _ in _OF_DOCUMENTS.values()), *(weight for weight, _ in _OF_TEXTS.values()), 4)


def mutated(seed: Seed, others: Sequence[Seed], random: Random, large: float = 0.0003) -> tuple[bytes, tuple[str, ...]]:
    """A seed, changed once to three times, and how. `large` is how many of them become as large as can be."""
    kinds = random.choices(_KINDS, _WEIGHTS, k=random.choice((1, 1, 2, 3)))
    if random.random() < large:
        kinds.append("a mebibyte")
    kinds.sort(key=lambda kind: kind not in _OF_DOCUMENTS)
    text = seed.text.encode()
    of_documents = [kind for kind in kinds if kind in _OF_DOCUMENTS]
    if of_documents:
        try:
            document = json.loads(text)
        except ValueError:
            document = [seed.text]  # The one that is no JSON.
        try:
            for kind in of_documents:
                document = _OF_DOCUMENTS[kind][1](document, random)
            text = _written(document, random)
        except RecursionError:
            text = _deep(text, random)  # It is nested too deeply for Python to write.
    for kind in kinds[len(of_documents) :]:
        if kind == _SPLICED:
            other = random.choice(others).text.encode()
            text = text[: random.randint(0, len(text))] + other[random.randint(0, len(other)) :]
        else:
            text = _OF_TEXTS[kind][1](text, random)
    return text, tuple(dict.fromkeys(kinds))


def _written(document: object, random: Random) -> bytes:
    """The JSON text, escaped or not, with the numbers that Python can't write."""
    text = json.dumps(document, ensure_ascii=random.random() < 0.7)
    if "<raw " in text:
        for stands_for, raw in _RAW.items():
            text = text.replace(f'"{stands_for}"', raw)
    # Half a character can only be escaped; unescaped it is no UTF-8, and what came would be bytes like these.
    return text.encode(errors="surrogatepass")
