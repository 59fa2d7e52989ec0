"""The JSON Schemas of what leaves: alerts, their attributes, messages for chat, answers, and what dead letters say.

Alerts and answers have the schemas of the types that the code writes them from. Each has examples from a real run,
which `make released` takes anew: tests/released/keep.py.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec
from msgspec import Struct, inspect

from docs.generators.schemas import DIALECT, Schema, identified
from docs.generators.tables import table
from ses_reputation.adapters.dead_letters import MAX_REASON
from ses_reputation.adapters.status_topic import ATTRIBUTES
from ses_reputation.domain.categories import AtEnd, Category, OnChanges
from ses_reputation.domain.changes import OutageEvent, ReminderKind
from ses_reputation.domain.decisions import CHANGES_MADE, Decision
from ses_reputation.domain.enforcement import PAUSABLE, Action, Mode
from ses_reputation.domain.lifecycle import Status, Trigger
from ses_reputation.domain.limits import Profile
from ses_reputation.domain.outages import OutageStage
from ses_reputation.domain.rates import Metric, VolumeSource
from ses_reputation.domain.scopes import ScopeKind
from ses_reputation.notices import alert
from ses_reputation.notices.alert import (
    EnforcementAlert,
    FindingDocument,
    OutageAlert,
    OutageDocument,
    ReminderAlert,
    SesAlert,
    StatusAlert,
    SummaryAlert,
    WarningAlert,
)
from ses_reputation.notices.chat import MAX_DESCRIPTION, MAX_TITLE

EXAMPLES = Path(__file__).parent / "examples"

ALERTS: Mapping[str, tuple[type[Struct], str]] = MappingProxyType(
    {
        f"{type_.__struct_config__.tag}-alert": (type_, page)
        for type_, page in (
            (StatusAlert, "lifecycle.md"),
            (WarningAlert, "how-rates-are-counted.md"),
            (ReminderAlert, "lifecycle.md"),
            (SummaryAlert, "operators-guide.md"),
            (OutageAlert, "how-rates-are-counted.md"),
            (SesAlert, "what-ses-says.md"),
            (EnforcementAlert, "automatic-reaction.md"),
        )
    }
)
"""Every alert by the name of its schema, with the page that says what it is about."""

_KINDS = tuple(str(type_.__struct_config__.tag) for type_, _ in ALERTS.values())
_ALLOWED = (CHANGES_MADE, *Decision)

# What is a text in the types, since one of a later version may have another word, is one of these.
_WORDS: Mapping[str, Mapping[str, Iterable[str]]] = MappingProxyType(
    {
        "StatusAlert": {
            "category": Category,
            "metric": Metric,
            "before": Status,
            "after": Status,
            "cause": Trigger,
            "scope_before": Status,
            "scope_after": Status,
            "at_worst": Status,
        },
        "ReminderAlert": {
            "category": Category,
            "metric": Metric,
            "reminder": ReminderKind,
            "scope_status": Status,
            "at_worst": Status,
        },
        "WarningAlert": {"metric": Metric},
        "OutageAlert": {"cause": OutageEvent},
        "EnforcementAlert": {"scope_kind": sorted(PAUSABLE), "action": Action, "mode": Mode, "scope_status": Status},
        "FindingDocument": {
            "category": Category,
            "metric": Metric,
            "status": Status,
            "on_changes": OnChanges,
            "remains": AtEnd,
            "gone": AtEnd,
            "allowed": _ALLOWED,
        },
        "OutageDocument": {"stage": OutageStage, "allowed": _ALLOWED},
        "MeasuredDocument": {"profile": Profile, "volume_source": VolumeSource},
        "ScopeDocument": {"status": Status},
    }
)
_DECIMAL = r"^[0-9]+(\.[0-9]+)?$"
# Numbers that are exact, and so no numbers of JSON.
_DECIMALS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "RateDocument": frozenset({"rate", "plain_rate"}),
        "BoundDocument": frozenset({"value"}),
        "ScopeDocument": frozenset({"bounce_rate", "complaint_rate"}),
    }
)


def alert_schema(name: str) -> Schema:
    """The schema of an alert."""
    type_, page = ALERTS[name]
    schema, definitions = _of_types(type_)
    schema["properties"]["version"] = {"const": alert.VERSION}
    if "enum" not in schema["properties"]["scope_kind"]:
        schema["properties"]["scope_kind"] = {"enum": list(ScopeKind)}
    return {
        "$schema": DIALECT,
        "$id": identified(name, alert.VERSION),
        **schema,
        "title": f"The alert {type_.__struct_config__.tag}",
        "description": f"{schema['description']} A document on the status topic. See docs/{page}.",
        "$defs": definitions,
        "examples": _examples(name),
    }


def alert_attributes() -> Schema:
    """The schema of the attributes of a message on the status topic, by their names: the values, all of them texts."""
    fields: dict[str, Schema] = {name: {"type": "string"} for name in ATTRIBUTES}
    fields["kind"] = {"enum": list(_KINDS)}
    fields["scope_kind"] = {"enum": list(ScopeKind)}
    return {
        "$schema": DIALECT,
        "$id": identified("alert-attributes", 1),
        "title": "The message attributes of an alert",
        "description": (
            "What a subscription to the status topic can filter by: of each alert those fields that it has, as texts. "
            "See docs/events-and-schemas.md."
        ),
        "type": "object",
        "properties": fields,
        "required": ["kind", "scope", "scope_kind"],
        "maxProperties": 10,
        "examples": _examples("alert-attributes"),
    }


def chat_message() -> Schema:
    """The schema of a message on the chat topic."""
    text: Schema = {"type": "string"}
    return {
        "$schema": DIALECT,
        "$id": identified("chat-message", 1),
        "title": "A message on the chat topic",
        "description": (
            "A custom notification of AWS's chat integration, for people. Programs read the alert. "
            "See docs/events-and-schemas.md."
        ),
        **_object(
            {
                "version": {"const": "1.0"},
                "source": {"const": "custom"},
                "id": text,
                "content": _object(
                    {
                        "textType": {"const": "client-markdown"},
                        "title": {**text, "maxLength": MAX_TITLE},
                        "description": {**text, "maxLength": MAX_DESCRIPTION},
                        "nextSteps": {"type": "array", "items": text, "minItems": 1},
                    },
                    "nextSteps",
                ),
                "metadata": _object(
                    {
                        "summary": {**text, "maxLength": MAX_TITLE},
                        "eventType": {"enum": list(_KINDS)},
                        "relatedResources": {"type": "array", "items": text, "minItems": 1, "maxItems": 1},
                        "additionalContext": _object({"account": text, "region": text, "alert": text}),
                        "threadId": text,
                    },
                    "threadId",
                ),
            }
        ),
        "examples": _examples("chat-message"),
    }


def operate_answer() -> Schema:
    """The schema of what the function operate answers: the body, whatever the status is."""
    finding, found = _of_types(FindingDocument)
    outage, seen = _of_types(OutageDocument)
    definitions = {**found, **seen, "FindingDocument": finding, "OutageDocument": outage}
    text: Schema = {"type": "string"}
    done = {
        "scope": text,
        "scope_status": {"enum": list(Status)},
        "changed": {"type": "boolean"},
        "finding": {"anyOf": [{"$ref": "#/$defs/FindingDocument"}, {"type": "null"}]},
        "unsent": {"type": "integer", "minimum": 0},
        "nothing_new": {"type": "boolean"},
        "outage": {"$ref": "#/$defs/OutageDocument"},
    }
    refused = {"error": text, "allowed": {"type": "array", "items": {"enum": list(_ALLOWED)}}}
    return {
        "$schema": DIALECT,
        "$id": identified("operate-answer", 1),
        "title": "An answer of operate",
        "description": (
            "The body of an answer. A plain invocation gets it as `body`, beside `status`. "
            "See docs/reporting-findings.md."
        ),
        "oneOf": [
            {"title": "200", "description": "It is done.", **_object(done, "outage")},
            {"title": "400, 409, 503", "description": "It is not done.", **_object(refused, "allowed")},
        ],
        "$defs": dict(sorted(definitions.items())),
        "examples": _examples("operate-answer"),
    }


def dead_letter_attributes() -> Schema:
    """The schema of the attributes that a function gives a message which it sets apart: by their names, the values."""
    text: Schema = {"type": "string", "maxLength": MAX_REASON}
    return {
        "$schema": DIALECT,
        "$id": identified("dead-letter-attributes", 1),
        "title": "The message attributes of a dead letter",
        "description": (
            "What a function says of a message that it set apart. The body is the message as it was. What SQS, SNS or "
            "EventBridge gave up has none, or theirs. See docs/operators-guide.md."
        ),
        **_object({"reason": text, "message_id": text}, "message_id"),
        "examples": _examples("dead-letter-attributes"),
    }


CONTRACTS: Mapping[str, Callable[[], Schema]] = MappingProxyType(
    {
        **{name: partial(alert_schema, name) for name in ALERTS},
        "alert-attributes": alert_attributes,
        "chat-message": chat_message,
        "operate-answer": operate_answer,
        "dead-letter-attributes": dead_letter_attributes,
    }
)
"""Everything that leaves as a contract, by the name of its schema."""


def alerts() -> str:
    """Each kind of alert, with its schema and what it says."""
    return table(
        ("`kind`", "what it is", "attributes", "schema"),
        (
            (
                f"`{type_.__struct_config__.tag}`",
                _first_sentence(type_),
                ", ".join(f"`{name}`" for name in ATTRIBUTES if name in type_.__struct_fields__),
                f"[{schema}.json](schemas/{schema}.json)",
            )
            for schema, (type_, _) in ALERTS.items()
        ),
    )


def _first_sentence(type_: type[Struct]) -> str:
    text = " ".join((type_.__doc__ or "").split())
    return text[: text.index(". ") + 1] if ". " in text else text


def _examples(name: str) -> list[Any]:
    path = EXAMPLES / f"{name}.json"
    found: list[Any] = json.loads(path.read_text()) if path.exists() else []
    return found


def _object(properties: Mapping[str, Schema], *optional: str) -> Schema:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": dict(properties), "required": required}


def _of_types(type_: type[Struct]) -> tuple[Schema, dict[str, Schema]]:
    """The schema of a type that is written out whole, and of all types in it by their names."""
    (reference,), definitions = msgspec.json.schema_components([type_], ref_template="#/$defs/{name}")
    times = dict(_times(inspect.type_info(type_)))
    for name, definition in definitions.items():
        _narrow(name, definition, times.get(name, ()))
    own = definitions.pop(reference["$ref"].rpartition("/")[2])
    return own, definitions


def _times(info: inspect.Type) -> Iterator[tuple[str, frozenset[str]]]:
    """Which fields of a type, and of all types in it, are moments: msgspec's schemas only say that they are texts."""
    match info:
        case inspect.StructType():
            yield (
                info.cls.__name__,
                frozenset(field.encode_name for field in info.fields if _is_time(field.type)),
            )
            for field in info.fields:
                yield from _times(field.type)
        case inspect.UnionType():
            for each in info.types:
                yield from _times(each)
        case inspect.VarTupleType():
            yield from _times(info.item_type)


def _is_time(info: inspect.Type) -> bool:
    return isinstance(info, inspect.DateTimeType) or (
        isinstance(info, inspect.UnionType) and any(isinstance(each, inspect.DateTimeType) for each in info.types)
    )


def _narrow(name: str, schema: Schema, times: Collection[str]) -> None:
    """Say of a type what it does not say itself: its words, and that nothing is left out when it is written."""
    if "description" in schema:
        # As Python 3.13 has docstrings, and those before it do not: without what the code is indented by.
        schema["description"] = " ".join(str(schema["description"]).split())
    for field, found in schema.get("properties", {}).items():
        if words := _WORDS.get(name, {}).get(field):
            schema["properties"][field] = _one_of(found, [str(word) for word in words])
        elif field in _DECIMALS.get(name, ()):
            schema["properties"][field] = {**_text(found), "pattern": _DECIMAL}
        elif field in times:
            schema["properties"][field] = {**_text(found), "format": "date-time"}
        found.pop("default", None)
    if "properties" in schema:
        schema["required"] = list(schema["properties"])


def _text(field: Schema) -> Schema:
    return {"type": ["string", "null"] if "anyOf" in field else "string"}


def _one_of(field: Schema, words: list[str]) -> Schema:
    if field.get("type") == "array":
        return {"type": "array", "items": {"enum": words}}
    return {"enum": [*words, None]} if "anyOf" in field else {"enum": words}
