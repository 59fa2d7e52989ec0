"""Which reads of the tables see what was written a moment ago: a decision on what lags behind would be a wrong one."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import pytest

from ses_reputation import wiring
from ses_reputation.adapters import clients
from ses_reputation_local.cloud import LocalCloud
from ses_reputation_local.ses_mail import Bounce, BounceSubtype, BounceType, Complaint, FeedbackType, Message, Topic
from ses_reputation_local.ses_simulator import SesSimulator

NOON = datetime(2026, 3, 6, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
TOPICS = {Topic.BOUNCE: "BounceTopic", Topic.COMPLAINT: "ComplaintTopic", Topic.VOLUME: "VolumeTopic"}
DECIDING = ("record_feedback", "evaluate_reputation", "operate", "enforce_status", "suppress_recipients")

Read = tuple[str, str]

# What is counted or decided follows from these: what lags behind would be judged unseen, told twice, or undone.
NOW: frozenset[Read] = frozenset(
    {
        ("record_feedback", "standings: verified-identities"),
        ("record_feedback", "standings: scopes"),
        ("evaluate_reputation", "standings: schema"),
        ("evaluate_reputation", "standings: due"),
        ("evaluate_reputation", "standings: chunks"),
        ("evaluate_reputation", "standings: standing"),
        ("evaluate_reputation", "standings: weeks"),
        ("evaluate_reputation", "standings: outages"),
        ("evaluate_reputation", "standings: feedback-loops"),
        ("evaluate_reputation", "standings: outbox"),
        ("evaluate_reputation", "standings: summary"),
        ("evaluate_reputation", "counters: account"),
        ("evaluate_reputation", "counters: configuration-set"),
        ("evaluate_reputation", "counters: identity"),
        ("evaluate_reputation", "counters: tenant"),
        ("operate", "standings: requests"),
        ("operate", "standings: schema"),
        ("operate", "standings: standing"),
        ("enforce_status", "standings: standing"),
        ("enforce_status", "standings: enforcements"),
        ("suppress_recipients", "receipts: suppression"),
    }
)
# These may be a moment old, and why that does no harm.
MAY_LAG: Mapping[Read, str] = MappingProxyType(
    {
        ("evaluate_reputation", "standings: WorstFirst"): "an index always may; only metrics are made of it",
        ("evaluate_reputation", "receipts: feedback"): "a sample is enough; the newest reply may be missing in it",
        (
            "evaluate_reputation",
            "receipts: one of a message",
        ): "a sample is enough; the newest reply may be missing in it",
    }
)


@contextmanager
def noted(cloud: LocalCloud) -> Iterator[dict[Read, set[bool]]]:
    """Every read by a function that decides, by function and by what is read, and whether it was consistent."""
    tables = {physical: logical.removesuffix("Table").lower() for logical, physical in cloud.resources.items()}
    reads: dict[Read, set[bool]] = {}

    def note(model: Any, params: Any, **_: Any) -> None:
        function = os.environ.get("POWERTOOLS_SERVICE_NAME", "")
        if function not in DECIDING or model.name not in {"GetItem", "BatchGetItem", "Query"}:
            return
        body = json.loads(params["body"])
        requests = body["RequestItems"] if model.name == "BatchGetItem" else {body["TableName"]: body}
        for table, request in requests.items():
            for of in _read(request):
                what = f"{tables[table]}: {of}"
                reads.setdefault((function, what), set()).add(request.get("ConsistentRead", False))

    events = clients.session().get_component("event_emitter")
    events.register("before-call.dynamodb", note)
    try:
        yield reads
    finally:
        events.unregister("before-call.dynamodb", note)


def _read(request: Any) -> set[str]:
    """What a request is about: an index, or the collections or kinds of scopes that its keys are of."""
    if index := request.get("IndexName"):
        return {index}
    keys = request.get("Keys") or [request.get("Key") or request["ExpressionAttributeValues"]]
    # Keys of receipts are the ids of messages, but for those that are no receipts.
    first = {re.split(r"[/#]", next(iter(key.values()))["S"])[0] for key in keys}
    return {"one of a message" if name.endswith("-000000") else name for name in first}


def mailed(cloud: LocalCloud) -> None:
    """Mail of a tenant: servers refuse some for its reputation, some has no such recipient, some is complained of."""
    ses = SesSimulator("reads")
    for number in range(12):
        message = Message(
            "news@shop.example",
            (f"r{number}@proton.me",),
            configuration_set="newsletter",
            tags={"ses:tenant-name": "acme"},
        )
        outcomes = (
            Bounce(message.recipients, BounceType.PERMANENT, BounceSubtype.NO_EMAIL),
            Bounce(message.recipients, status="5.7.1", reply="smtp; 554 5.7.1 blocked using dbl.spamhaus.org"),
            Complaint(message.recipients[0]),
            Complaint(message.recipients[0], FeedbackType.NOT_SPAM),
        )
        for publication in ses.send(NOON, message, outcomes[number % 4]):
            cloud.publish(TOPICS[publication.topic], publication.message)
    cloud.deliver()


def test_whatever_decides_is_read_as_it_is_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wiring, "CHUNK", 2)
    parameters = {
        "AutomaticSuppression": "true",
        "EnforceScopes": "tenant",
        "MinimumVolume": "10",
        "SuspicionMinimum": "3",
        "WeeklySummary": "friday",
    }
    with LocalCloud(parameters) as cloud, noted(cloud) as reads:
        cloud.now = NOON
        cloud.ses.configuration_sets.add("newsletter").suppression = {"SuppressedReasons": []}
        cloud.ses.add_tenant("acme")
        mailed(cloud)
        cloud.tick(NOON + HOUR, "EvaluateReputation")
        report = {"command": "report", "by": "ana", "category": "spamtrap", "severity": "shutdown", "evidence": "hits"}
        cloud.invoke("Operate", {**report, "scope": "tenant/acme", "id": "r-1"})
        cloud.deliver()
        assert not any(run.error for run in cloud.invocations)
    assert reads == {read: {True} for read in NOW} | {read: {False} for read in MAY_LAG}
