"""The tables of docs/architecture.md: the functions, the layers of the code, and what is kept in the tables."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from docs.generators.parameters import TEMPLATE
from docs.generators.tables import table
from ses_reputation_local.template import read_source
from tests.layers import INWARDS, PACKAGES

_WHERE = {
    "domain": "`domain/`: what counts, windows, rates, lifecycle, policy, forecasts. Decides",
    "notices": "`notices/`: what people and programs read. Words and documents of what was decided",
    "use cases": "`record.py`, `evaluate.py`, `operate.py`, ...; `dashboard/`. Gather, let the domain decide, apply",
    "settings": "`settings.py`, every environment variable, once; `diagnosis/`, which compares them",
    "adapters": "`adapters/`: tables, topics, queues, SES. The only ones that talk to AWS",
    "wiring": "`wiring.py`, `record_wiring.py`: a use case with its adapters, for each function",
    "functions": "`functions/VERB_NOUN/handler.py`: Lambda's event in, one call, the answer out",
}


class Kept(NamedTuple):
    """Items of a table: what names them, what they hold, who writes and reads them, and for how long they stay."""

    name: str
    holds: str
    writers: str
    readers: str
    stays: str


RECEIPTS: Sequence[tuple[str, Kept]] = (
    (
        "`MESSAGE_ID`",
        Kept(
            "`KIND#DIGEST`",
            "a receipt: that a fact was counted, when, in which scopes; of a bounce, complaint or delay also whom it "
            "is about, and the reply",
            "`record_feedback`",
            "`record_feedback`; `evaluate_reputation` and the dashboard, for replies; `feedback`, `rebuild`, `forget`",
            "`ReceiptRetentionDays`",
        ),
    ),
    (
        "`feedback/DAY`",
        Kept(
            "`TIME/DIGEST`",
            "a list of bounces, delays and complaints of a day, so that they are found by time",
            "`record_feedback`",
            "`evaluate_reputation`, the dashboard, `feedback`",
            "`ReceiptRetentionDays`",
        ),
    ),
    (
        "`suppression/DIGEST`",
        Kept(
            "`history`",
            "what was said of a recipient, and which entry of the suppression list was made because of it",
            "`suppress_recipients`",
            "`suppress_recipients`, `forget`",
            "`ReceiptRetentionDays` after the last of it",
        ),
    ),
)

_COUNTER_TIME = "`OldestMailDays`, and 31 days"
COUNTERS: Sequence[tuple[str, Kept]] = (
    (
        "`SCOPE`",
        Kept(
            "`HOUR#0` to `#63`",
            "recipients by mailbox provider and measure, one item for each writer",
            "`record_feedback`",
            "`evaluate_reputation`, the dashboard, `explain`, `rebuild`",
            _COUNTER_TIME,
        ),
    ),
    ("`SCOPE`", Kept("`HOUR#statistics`", "what SES's statistics say", "`watch_ses`", "as above", _COUNTER_TIME)),
    (
        "`SCOPE`",
        Kept("`HOUR#backfill`", "the same of the time before events", "`backfill`", "as above", _COUNTER_TIME),
    ),
    (
        "`SCOPE`",
        Kept("`HOUR#rebuild`", "what its receipts have more, or less", "`rebuild`", "as above", _COUNTER_TIME),
    ),
)

_DECIDING = "`evaluate_reputation`, `operate`, `receive_finding`, `look_up_blocklists`"
_TELLING = f"{_DECIDING}, `watch_ses`, `enforce_status`"
_EVER = "for ever"
_REGISTER_TIME = "as long as the month's mail counts, and `ReceiptRetentionDays`"
_REMOVED = "until it is dealt with"
STANDINGS: Mapping[str, Kept] = MappingProxyType(
    {
        "standing": Kept("SCOPE", "a standing, and its row of the index WorstFirst", _DECIDING, "everything", _EVER),
        "due": Kept(
            "SCOPE, or SCOPE WEEK",
            "that a scope is to be judged; WEEK if because of what was counted in it",
            f"`record_feedback`, `watch_ses`, {_DECIDING}; `restore`, `rebuild`, `backfill`",
            "`evaluate_reputation`",
            _REMOVED,
        ),
        "chunks": Kept(
            "ID", "due scopes that one run has handed on", "`evaluate_reputation`", "`evaluate_reputation`", _REMOVED
        ),
        "weeks": Kept(
            "SCOPE",
            "what the hours of its past weeks add up to",
            "`evaluate_reputation`",
            "`evaluate_reputation`",
            _COUNTER_TIME,
        ),
        "schema": Kept(
            "`tables`",
            "the newest schema that any code has written in: older code refuses to judge",
            "`evaluate_reputation`, once for each",
            "`evaluate_reputation`, `doctor`, `rebuild`, `restore`, `backfill`",
            _EVER,
        ),
        "open-findings": Kept(
            "SCOPE",
            "that it has any, so that time can move them",
            _DECIDING,
            "`evaluate_reputation`",
            "until none is open",
        ),
        "outages": Kept(
            "SCOPE",
            "outages of a mailbox provider",
            "`evaluate_reputation`, `operate`",
            "`evaluate_reputation`, the dashboard, the command",
            _EVER,
        ),
        "news": Kept(
            "TIME and id",
            "all that people were told of a scope: `news/SCOPE`",
            _TELLING,
            "`changes`, the dashboard",
            _EVER,
        ),
        "news-in": Kept("TIME and id", "the same, of a month: `news-in/2026-03`", _TELLING, "`changes`", _EVER),
        "outbox": Kept(
            "TIME, id and channel",
            "alerts that are not known to be sent",
            _TELLING,
            "whoever runs next",
            "until it is sent",
        ),
        "requests": Kept(
            "ID",
            "that a command was carried out, so that it is once",
            "`operate`, `receive_finding`",
            "the same",
            "90 days",
        ),
        "summary": Kept("`weekly`", "when the last was sent", "`evaluate_reputation`", "`evaluate_reputation`", _EVER),
        "runs": Kept(
            "FUNCTION",
            "when it last ended well",
            "`evaluate_reputation`, `watch_ses`",
            "`watch_ses`, `doctor`, the dashboard",
            _EVER,
        ),
        "verified-identities": Kept(
            "IDENTITY",
            "identities verified at SES: mail to them is in no rate",
            "`watch_ses`",
            "`record_feedback`, `look_up_blocklists`",
            "while it is verified",
        ),
        "feedback-loops": Kept(
            "PROVIDER",
            "that complaints came from it; and the share that SES measured",
            "`record_feedback`, `watch_ses`",
            "`evaluate_reputation`, the dashboard",
            _EVER,
        ),
        "verdicts": Kept(
            "SCOPE",
            "what SES says of it",
            "`watch_ses`, `receive_finding`",
            "the dashboard, `status`, `verdict`",
            _EVER,
        ),
        "tenant-verdicts": Kept(
            "SCOPE", "the same of a tenant", "`receive_finding`", "the dashboard, `status`, `verdict`", _EVER
        ),
        "statistics": Kept(
            "`since`",
            "since when SES's are counted, and read until when",
            "`watch_ses`",
            "`watch_ses`, `backfill`",
            _EVER,
        ),
        "replaced-topics": Kept(
            "NOTIFICATION/IDENTITY",
            "the topic that ours took the place of",
            "`connect`",
            "`connect --undo`",
            "until undone",
        ),
        "enforcements": Kept(
            "SCOPE", "what was done at SES about its status", "`enforce_status`", "the dashboard, `status`", _EVER
        ),
        "discarded": Kept(
            "QUEUE/ID", "dead letters that a person gave up, and why", "`redrive`", "`redrive`", "a year"
        ),
        "scopes": Kept(
            "SCOPE",
            "what is counted apart in a month: `scopes/tenant/2026-03`",
            "`record_feedback`",
            "`record_feedback`",
            _REGISTER_TIME,
        ),
        "scope-counts": Kept(
            "`scopes/KIND/MONTH`", "how many they are", "`record_feedback`", "`record_feedback`", _REGISTER_TIME
        ),
    }
)
"""The collections of the standings table, by what their names begin with."""


def functions() -> str:
    """What each function does, and what calls it, from the template."""
    resources: dict[str, Any] = read_source(TEMPLATE)["Resources"]
    callers: dict[str, list[str]] = defaultdict(list)
    for resource in resources.values():
        properties = resource.get("Properties", {})
        match resource["Type"]:
            case "AWS::Lambda::EventSourceMapping":
                queue = properties["EventSourceArn"]["Fn::GetAtt"][0]
                callers[properties["FunctionName"]["Fn::GetAtt"][0]].append(f"`{queue}`")
            case "AWS::Events::Rule":
                kinds = ", ".join(f"*{kind}*" for kind in properties["EventPattern"]["detail-type"])
                for target in properties["Targets"]:
                    callers[target["Arn"]["Fn::GetAtt"][0]].append(f"EventBridge: {kinds}")
    rows = []
    for name, resource in resources.items():
        if resource["Type"] == "AWS::Serverless::Function":
            properties = resource["Properties"]
            schedules = [
                event["Properties"]["ScheduleExpression"]["Ref"] for event in properties.get("Events", {}).values()
            ]
            by = [f"a schedule, `{schedule}`" for schedule in schedules] + callers[name]
            by += ["operators, by its function URL"] if "FunctionUrlConfig" in properties else []
            code = str(properties["CodeUri"]).strip("/")
            rows.append(
                (
                    f"[`{name}`](../{code}/handler.py)",
                    properties["Description"],
                    "; ".join(by) or "CloudWatch's console",
                )
            )
    return table(("function", "what it does", "called by"), rows)


def layers() -> str:
    """What each layer is, and what it may import, as a test holds it."""
    return table(
        ("layer", "where and what", "imports", "packages beside msgspec"),
        (
            (
                layer,
                _WHERE[layer],
                ", ".join(other for other in INWARDS if other in inner) or "nothing",
                ", ".join(f"`{package}`" for package in sorted(PACKAGES[layer])) or "none",
            )
            for layer, inner in INWARDS.items()
        ),
    )


def receipts() -> str:
    """What is in the receipts table."""
    return _table("message_id", "entry", RECEIPTS)


def counters() -> str:
    """What is in the counters table."""
    return _table("scope", "hour", COUNTERS)


def standings() -> str:
    """What is in the standings table."""
    return _table("collection", "name", [(f"`{name}`", kept) for name, kept in STANDINGS.items()])


def _table(partition_key: str, sort_key: str, rows: Sequence[tuple[str, Kept]]) -> str:
    head = (f"`{partition_key}`", f"`{sort_key}`", "what it holds", "written by", "read by", "kept")
    return table(head, ((name, *kept) for name, kept in rows))
