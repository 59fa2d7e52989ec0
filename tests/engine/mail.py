"""Mail as SES tells of it, and what it must come to: the simplest model that there is, on purpose.

Nothing of ours is used here: whatever it has in common with the code, it would have its mistakes in common with.
"""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.engine.server import BUILD, ROOT

Count = tuple[str, str, str]
"""A scope, an hour such as 2026-03-02T08, and what is counted."""


@dataclass(frozen=True)
class Published:
    """What SES publishes to one of the three topics (bounce, complaint, volume), and when."""

    topic: str
    time: datetime
    message: str


def told(story: Path, start: datetime) -> list[Published]:
    """What SES publishes in a story that begins then, in order of time. It is told in a process of its own."""
    BUILD.mkdir(parents=True, exist_ok=True)
    file = BUILD / f"{story.stem}.jsonl"
    command = [sys.executable, "-m", "tests.engine.tell", str(story), start.strftime("%Y-%m-%dT%H:%M:%SZ"), str(file)]
    subprocess.run(command, cwd=ROOT, check=True)  # noqa: S603 - our own
    lines = map(json.loads, file.read_text(encoding="utf-8").splitlines())
    return [Published(line["topic"], datetime.fromisoformat(line["time"]), line["message"]) for line in lines]


def counted(messages: Iterable[str]) -> Counter[Count]:
    """What these messages count, each fact once in each scope that any of its copies names."""
    facts: dict[tuple[str, str, str], int] = {}
    hours: dict[tuple[str, str, str], str] = {}
    scopes: dict[tuple[str, str, str], set[str]] = {}
    for message in messages:
        event = json.loads(message)
        for measure, who, number, time in _facts(event):
            fact = (event["mail"]["messageId"], measure, who)
            facts[fact] = number
            hours[fact] = time[:13]
            scopes.setdefault(fact, set()).update(_scopes(event["mail"]))
    counts: Counter[Count] = Counter()
    for fact, number in facts.items():
        for scope in scopes[fact]:
            counts[scope, hours[fact], fact[1]] += number
    return counts


def _facts(event: dict[str, Any]) -> Iterable[tuple[str, str, int, str]]:
    """What is counted, of whom, how many it is, and when that was. What SES suppressed is in none of the stories."""
    kind = event.get("eventType") or event["notificationType"]
    mail = event["mail"]
    if kind == "Send":
        real = [address for address in mail["destination"] if "simulator.amazonses.com" not in address]
        if real:
            yield "sent", "", len(real), mail["timestamp"]
    elif kind == "Bounce":
        measure = "hard_bounced" if event["bounce"]["bounceType"] == "Permanent" else "soft_bounced"
        for recipient in event["bounce"]["bouncedRecipients"]:
            if "simulator.amazonses.com" not in recipient["emailAddress"]:
                yield measure, recipient["emailAddress"], 1, event["bounce"]["timestamp"]
    elif kind == "Complaint":
        suspects = sorted(recipient["emailAddress"] for recipient in event["complaint"]["complainedRecipients"])
        yield "complained", str(suspects), 1, event["complaint"]["timestamp"]
    else:
        raise ValueError(f"the model knows no {kind}")


def _scopes(mail: dict[str, Any]) -> Iterable[str]:
    yield "account"
    yield f"identity/{mail['sourceArn'].rpartition('/')[2]}"
    tags = mail.get("tags", {})
    for kind, tag in (("configuration-set", "ses:configuration-set"), ("tenant", "ses:tenant-name")):
        for value in tags.get(tag, []):
            yield f"{kind}/{value}"


MEASURES = ("sent", "hard_bounced", "soft_bounced", "complained")


def counters(dynamodb: Any, table: str) -> Counter[Count]:
    """What the counters table says, as the model says it: whichever writer and mailbox provider it is of."""
    counts: Counter[Count] = Counter()
    for page in dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        for item in page["Items"]:
            for name, value in item.items():
                provider, _, measure = name.rpartition(".")
                if measure in MEASURES and provider != "simulator":
                    counts[item["scope"]["S"], item["hour"]["S"][:13], measure] += int(value["N"])
    return counts


def program(client: Callable[[str], Any], topic: str, name: str) -> str:
    """Subscribe a queue to the status topic, as a program would: its URL. `client` makes the client of a service."""
    sqs = client("sqs")
    url: str = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    raw = {"RawMessageDelivery": "true"}
    client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=raw)
    return url


def received(sqs: Any, url: str) -> list[Any]:
    """Everything that is on a queue, read as JSON, and taken off it."""
    messages: list[Any] = []
    while found := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        messages += [json.loads(message["Body"]) for message in found]
        for message in found:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return messages
