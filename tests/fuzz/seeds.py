"""The seeds: every sample of events/, and one of everything else that somebody can send, as JSON text."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

EVENTS = Path(__file__).parents[2] / "events"
ACCOUNT, REGION = "123456789012", "eu-west-1"

_REPORT = {
    "command": "report",
    "scope": "tenant/hill-bikes",
    "category": "spamtrap",
    "evidence": "14 hits at a trap",
    "severity": "probation",
    "source": "Spamhaus",
    "observed": "2026-03-06T08:00:00Z",
    "note": "by telephone",
    "by": "ben",
    "id": "report-1",
}
_CHANGES = {
    "command": "changes-made",
    "scope": "tenant/hill-bikes",
    "finding": "FINDING",
    "note": "list cleaned",
    "since": "2026-03-06T09:00:00+01:00",
    "seen": 1,
    "by": "ben",
}
_DECIDE = {
    "command": "decide",
    "scope": "tenant/hill-bikes",
    "finding": "FINDING",
    "decision": "extend",
    "note": "they are at it",
    "days": 7,
    "to": "probation",
    "seen": 1,
    "by": "ben",
}
_WIDGET = {
    "dashboardName": "ses-reputation",
    "widgetId": "widget-1",
    "accountId": ACCOUNT,
    "locale": "en",
    "timezone": {"label": "UTC", "offsetISO": "+00:00", "offsetInMinutes": 0},
    "period": 300,
    "isAutoPeriod": True,
    "timeRange": {
        "mode": "relative",
        "start": 1772700000000,
        "end": 1772786400000,
        "zoom": {"start": 1772700000000, "end": 1772786400000},
    },
    "theme": "light",
    "linkCharts": True,
    "title": "SES Reputation",
    "params": {"page": "overview"},
    "forms": {"all": {"note": "they are at it", "by": "ben", "search": "shop", "kind": "tenant", "status": ""}},
    "width": 1200,
    "height": 800,
}
_ALERT = {
    "version": 1,
    "kind": "status-change",
    "id": "0123456789ab",
    "account": "210987654321",
    "region": REGION,
    "scope": "account",
    "before": "Probation",
    "after": "Shutdown",
    "scope_before": "Probation",
    "scope_after": "Shutdown",
    "category": "bounce_rate",
}


class Seed(Struct, frozen=True):
    """A document that is read: `name` says which."""

    name: str
    text: str


def of_mail() -> list[Seed]:
    """The bodies of messages from SES's topics."""
    folders = ("configuration-set", "identity", "set-up", "eventbridge")
    paths = [path for folder in folders for path in sorted((EVENTS / folder).iterdir())]
    bodies = [Seed(f"{path.parent.name}/{path.name}", path.read_text()) for path in paths]
    sent = json.loads((EVENTS / "configuration-set" / "send.json").read_text())
    sent["mail"]["tags"] |= {"campaign": ["spring"], "ses:tenant-name": ["hill-bikes"]}
    return [*bodies, Seed("a mail with all tags", json.dumps(sent))]


def of_invocations() -> list[Seed]:
    """What Lambda hands over, in each envelope."""
    return [Seed(path.name, path.read_text()) for path in sorted((EVENTS / "envelopes").iterdir())]


def of_alerts() -> list[Seed]:
    """The bodies of messages from the status topic."""
    scopes = ("account", "tenant/hill-bikes", "configuration-set/newsletter", "tag/campaign=(other)")
    return [Seed(f"an alert about {scope}", json.dumps({**_ALERT, "scope": scope})) for scope in scopes]


def of_findings() -> list[Seed]:
    """The events from which receive_finding reads, as the rules hand them over."""
    received = "2026-03-06T12:00:00Z"
    envelope = {
        "version": "0",
        "id": "event-1",
        "account": ACCOUNT,
        "region": REGION,
        "resources": [],
        "time": received,
    }
    detail = {name: value for name, value in _REPORT.items() if name not in {"command", "note", "by", "id"}}
    reported = {**envelope, "detail-type": "SES Reputation Finding Reported", "source": "monitor", "detail": detail}
    changed = {
        **envelope,
        "account": _ALERT["account"],
        "detail-type": "SES Reputation Status Changed",
        "source": "ses-reputation",
        "detail": _ALERT,
    }
    ours = [Seed(str(e["source"]), json.dumps({"received": received, "event": e})) for e in (reported, changed)]
    paths = sorted((EVENTS / "eventbridge").iterdir())
    from_ses = [json.loads(path.read_text()) for path in paths]
    account, region = from_ses[0]["account"], from_ses[0]["region"]
    return ours + [
        Seed(
            path.name,
            json.dumps({"received": received, "from_ses": event}).replace(account, ACCOUNT).replace(region, REGION),
        )
        for path, event in zip(paths, from_ses, strict=True)
    ]


def _through_url(document: Mapping[str, Any]) -> Mapping[str, Any]:
    context = {
        "http": {"method": "POST", "path": "/"},
        "requestId": "request-1",
        "timeEpoch": 1772798400000,
        "authorizer": {"iam": {"userArn": f"arn:aws:iam::{ACCOUNT}:user/ann"}},
    }
    body = json.dumps({name: value for name, value in document.items() if name != "by"})
    return {"version": "2.0", "requestContext": context, "body": body, "isBase64Encoded": False}


def of_commands() -> list[Seed]:
    """What operate is sent, through each of its channels; FINDING stands for the id of an open finding."""
    commands = (_REPORT, _CHANGES, _DECIDE)
    widget = {
        **{name: value for name, value in _DECIDE.items() if name not in {"note", "by"}},
        "fields": {"note": "note", "by": "by"},
        "show": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:show",
        "widgetContext": _WIDGET,
    }
    return [
        *(Seed(f"{command['command']}, plain", json.dumps(command)) for command in commands),
        *(Seed(f"{command['command']}, over HTTP", json.dumps(_through_url(command))) for command in commands),
        Seed("a decision in CloudWatch", json.dumps(widget)),
    ]


def of_pages() -> list[Seed]:
    """What the console sends for a page."""
    pages: list[dict[str, Any]] = [
        {},
        {"page": "overview", "form": "filter"},
        {"page": "overview", "kind": "tenant", "status": "Probation", "search": "shop", "number": 2},
        {"page": "scope", "scope": "tenant/hill-bikes", "days": 30},
        {"page": "reviews", "number": 1},
        {"describe": False},
    ]
    return [Seed(f"page {number}", json.dumps({**page, "widgetContext": _WIDGET})) for number, page in enumerate(pages)]
