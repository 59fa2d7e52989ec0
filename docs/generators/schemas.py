"""The JSON Schemas of what is read, from the types that the functions read it as, and the tables of their fields."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import msgspec

from docs.generators.tables import table
from docs.generators.words import FIELDS
from ses_reputation import finding_events
from ses_reputation.commands import ChangesRequest, DecideRequest, ReportRequest
from ses_reputation.domain.categories import METRICS, Category, Severity
from ses_reputation.domain.decisions import MOST_DAYS, Decision, ReinstateTo
from ses_reputation.domain.scopes import ScopeKind

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_KINDS = "|".join(kind for kind in ScopeKind if kind is not ScopeKind.ACCOUNT)
# What is refused later, by the lifecycle, is better known before.
_NARROWER: Mapping[str, Schema] = MappingProxyType(
    {
        "scope": {"pattern": rf"^({ScopeKind.ACCOUNT}$|({_KINDS})/.)"},
        "category": {"enum": [c for c in Category if c not in METRICS]},
        "days": {"minimum": 1, "maximum": MOST_DAYS},
    }
)
# msgspec sorts the values of an enumeration; here they are in the order of the code.
_ORDERED: Mapping[str, Sequence[str]] = MappingProxyType(
    {"severity": list(Severity), "decision": list(Decision), "to": list(ReinstateTo)}
)

_FINDING = "5d1c0a7be4"
_REPORTS: Sequence[Schema] = (
    {"scope": "account", "category": "domain_blocklist", "evidence": "Spamhaus lists click.shop.example."},
    {
        "version": 1,
        "scope": "tenant/acme",
        "category": "spamtrap",
        "evidence": "Three hits in traps of list 7 since Sunday, from news@acme.example.",
        "severity": "shutdown",
        "source": "abuse-desk",
        "observed": "2026-03-02T06:30:00+01:00",
    },
    {
        "scope": "configuration-set/newsletter",
        "category": "mailbox_provider",
        "evidence": "gmail.com has deferred 4,100 of 9,800 messages since Monday.",
        "severity": "suspected",
        "source": "bounce-monitor",
    },
)
_COMMANDS: Mapping[str, tuple[type[msgspec.Struct], str, Sequence[Schema]]] = MappingProxyType(
    {
        "report": (
            ReportRequest,
            "Somebody saw a problem.",
            (
                {
                    "command": "report",
                    "scope": "configuration-set/newsletter",
                    "category": "direct_feedback",
                    "evidence": "AWS forwarded four letters about the spring campaign.",
                    "source": "AWS case 1234567890",
                    "observed": "2026-03-02T06:30:00Z",
                },
            ),
        ),
        "changes-made": (
            ChangesRequest,
            "A sender changed something about a problem; after a shutdown, an appeal.",
            (
                {
                    "command": "changes-made",
                    "scope": "tenant/acme",
                    "finding": _FINDING,
                    "note": "The list of the trade fair is deleted; sign-ups are confirmed.",
                    "since": "2026-03-03T00:00:00Z",
                },
            ),
        ),
        "decide": (
            DecideRequest,
            "A person's decision.",
            (
                {"command": "decide", "scope": "tenant/acme", "finding": _FINDING, "decision": "lift", "note": "Ours."},
                {
                    "command": "decide",
                    "scope": "tenant/acme",
                    "finding": _FINDING,
                    "decision": "extend",
                    "note": "They asked for a week.",
                    "days": 7,
                    "seen": 1,
                    "by": "mira",
                    "id": "ticket-4711",
                },
            ),
        ),
    }
)


def identified(name: str, version: int) -> str:
    """What a schema is called everywhere, in this version: a name, and no place where it could be fetched."""
    return f"urn:ses-reputation:schema:{name}:{version}"


def finding_reported() -> Schema:
    """The schema of the detail of an event that reports a finding."""
    return {
        "$schema": DIALECT,
        "$id": identified("finding-reported", 1),
        "title": finding_events.FINDING_REPORTED,
        "description": (
            "The detail of an EventBridge event with this detail type: it reports a problem to SES Reputation. "
            "See docs/reporting-findings.md."
        ),
        **_object(vars(finding_events)["_Detail"]),
        "examples": list(_REPORTS),
    }


def operate_command() -> Schema:
    """The schema of the commands that the function operate carries out."""
    return {
        "$schema": DIALECT,
        "$id": identified("operate-command", 1),
        "title": "A command for operate",
        "description": (
            "The body of a request to the function URL of operate, or the payload of an invocation. "
            "See docs/reporting-findings.md."
        ),
        "oneOf": [
            {"title": name, "description": says, **_object(request, command={"const": name})}
            for name, (request, says, _) in _COMMANDS.items()
        ],
        "examples": [example for _, _, examples in _COMMANDS.values() for example in examples],
    }


def text(schema: Schema) -> str:
    """A schema as it stands in its file."""
    return msgspec.json.format(msgspec.json.encode(schema), indent=2).decode() + "\n"


def _object(type_: type[msgspec.Struct], **fixed: Schema) -> Schema:
    (reference,), definitions = msgspec.json.schema_components([type_], ref_template="{name}")
    schema = definitions[reference["$ref"]]
    return {
        "type": "object",
        "properties": {
            name: {"description": FIELDS[name], **fixed.get(name, _field(name, field, definitions))}
            for name, field in _first(schema["properties"], "command", "version", "scope").items()
        },
        "required": list(_first(dict.fromkeys(schema["required"]), "command", "version", "scope")),
        "additionalProperties": False,
    }


def _first(fields: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """The same fields, with these before the others."""
    return {name: fields[name] for name in (*names, *fields) if name in fields}


def _field(name: str, schema: Schema, definitions: Mapping[str, Schema]) -> Schema:
    """One field, without references, and without alternatives where the only one is to leave it out."""
    default = {"default": schema["default"]} if schema.get("default") is not None else {}
    match schema:
        case {"anyOf": [inner, {"type": "null"}]}:
            return {**inner, **_NARROWER.get(name, {}), "type": [inner["type"], "null"], **default}
        case {"$ref": reference}:
            enumeration = {"enum": list(_ORDERED.get(name, definitions[reference]["enum"]))}
            return {"type": "string", **enumeration, **_NARROWER.get(name, {}), **default}
        case {"enum": [only]}:
            return {"const": only, **default}
        case _:
            return {**schema, **_NARROWER.get(name, {}), **default}


def report_fields() -> str:
    """The fields of an event's detail, as a table."""
    return _fields(finding_reported())


def command_fields() -> str:
    """The fields of the commands, as a table: which of them has which."""
    schemas = operate_command()["oneOf"]
    merged: dict[str, Any] = {}
    for schema in schemas:
        merged |= schema["properties"]
    return table(
        ("field", *(f"`{schema['title']}`" for schema in schemas), "what it says", "value"),
        (
            (
                f"`{name}`",
                *(_presence(name, schema) for schema in schemas),
                FIELDS[name],
                "as the head of the column says" if name == "command" else _value(field),
            )
            for name, field in merged.items()
        ),
    )


def _fields(schema: Schema) -> str:
    return table(
        ("field", "needed", "what it says", "value"),
        (
            (f"`{name}`", _presence(name, schema), FIELDS[name], _value(field))
            for name, field in schema["properties"].items()
        ),
    )


def _presence(name: str, schema: Schema) -> str:
    if name not in schema["properties"]:
        return "-"
    return "yes" if name in schema["required"] else "no"


def _value(field: Schema) -> str:
    """What a field may hold, in words."""
    default = f"; `{field['default']}` if left out" if field.get("default") else ""
    if "const" in field:
        return f"`{field['const']}`{default}"
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"]) + default
    if field.get("format") == "date-time":
        return "a time with its zone, such as `2026-03-02T06:30:00Z`"
    if "maxLength" in field:
        blank = "" if "pattern" in field else ", or none"
        return f"text, up to {field['maxLength']:,} characters{blank}{default}"
    between = f", {field['minimum']} to {field['maximum']}" if "minimum" in field else ""
    return f"a whole number{between}{default}"
