"""What the stack keeps and passes on, and who puts it there and reads it: from the translated template."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from docs.generators.tables import table
from ses_reputation_local.template import read_template
from tests.access import listed
from tests.privileges import ROOT, granted

_TABLE, _QUEUE, _TOPIC, _BUS, _SECRET, _LOGS = (
    "AWS::DynamoDB::Table",
    "AWS::SQS::Queue",
    "AWS::SNS::Topic",
    "AWS::Events::EventBus",
    "AWS::SecretsManager::Secret",
    "AWS::Logs::LogGroup",
)

# What is in each place, in words; a place that is missing here can not be told of, and stops `make docs`.
_HOLDS: Mapping[str, str] = MappingProxyType(
    {
        "ReceiptsTable": "what proves that an event was counted, and whom it was about; histories of suppression",
        "CountersTable": "how many recipients, bounces and complaints, by scope, hour and mailbox provider",
        "StandingsTable": "statuses, findings, the history of changes and decisions, what is still to be told",
        "RecipientKey": "the key of pseudonyms",
        "BounceTopic": "bounces and delivery delays, as SES tells them",
        "ComplaintTopic": "complaints, as SES tells them",
        "VolumeTopic": "sends and deliveries, as SES tells them",
        "StatusTopic": "alerts, for people and programs",
        "ChatTopic": "alerts, for chat",
        "OperationsTopic": "alarms",
        "BounceQueue": "bounces and delivery delays",
        "ComplaintQueue": "complaints",
        "VolumeQueue": "sends and deliveries",
        "FeedbackDeadLetterQueue": "events that could not be counted",
        "EvaluationQueue": "names of scopes",
        "EvaluationDeadLetterQueue": "names of scopes",
        "EnforcementQueue": "alerts",
        "EnforcementDeadLetterQueue": "alerts",
        "SuppressionQueue": "bounces and complaints",
        "SuppressionDeadLetterQueue": "bounces and complaints",
        "FindingDeadLetterQueue": "reports of findings, and what SES tells of tenants",
        "FindingBus": "reports of findings",
    }
)

# Items of tables have times of their own to expire at.
_UNTIL: Mapping[str, str] = MappingProxyType(
    {
        "ReceiptsTable": "`ReceiptRetentionDays`",
        "CountersTable": "`OldestMailDays`, and some days more",
        "StandingsTable": "for ever; what need not be, for 90 days to a year",
    }
)

# What encrypts if no key is given. SNS alone has none then.
# https://docs.aws.amazon.com/sns/latest/dg/sns-server-side-encryption.html
_KEY_OF_AWS: Mapping[str, str] = MappingProxyType(
    {
        _TABLE: "DynamoDB's",
        _QUEUE: "SQS's",
        _TOPIC: "none",
        _BUS: "EventBridge's",
        _SECRET: "Secrets Manager's",
        _LOGS: "CloudWatch's",
    }
)

_PUTS = frozenset(
    {f"dynamodb:{name}" for name in ("BatchWriteItem", "DeleteItem", "PutItem", "UpdateItem")}
    | {"sqs:SendMessage", "sns:Publish", "logs:PutLogEvents", "events:PutEvents"}
)
_READS = frozenset(
    {f"dynamodb:{name}" for name in ("BatchGetItem", "GetItem", "Query", "Scan")}
    | {"sqs:ReceiveMessage", "secretsmanager:GetSecretValue"}
)
_SERVICES: Mapping[str, str] = MappingProxyType(
    {"ses.amazonaws.com": "SES", "sns.amazonaws.com": "SNS", "events.amazonaws.com": "EventBridge"}
)

_Resources = Mapping[str, Mapping[str, Any]]


class Untold(ValueError):
    """The template has something for which there are no words here; the text says what."""


def places(given: _Resources | None = None) -> str:
    """A row for each table, topic, queue, bus and secret, and one for all logs; by default of template.yaml.

    Untold if there is a place, or somebody whom a policy lets in, for whom there are no words.
    """
    resources: _Resources = given or read_template(ROOT / "template.yaml", {}, "eu-west-1").body["Resources"]
    kept = {name: each for name, each in resources.items() if each["Type"] in _KEY_OF_AWS}
    rows = [_row(name, resources) for name, each in kept.items() if each["Type"] != _LOGS]
    rows.sort(key=lambda row: list(_HOLDS).index(row[0].strip("`")))
    durations = {_duration(each) for each in kept.values() if each["Type"] == _LOGS}
    if len(durations) != 1:
        raise Untold("not all logs are kept for as long")
    (duration,) = durations
    rows.append(("log groups", "what functions did", duration, _KEY_OF_AWS[_LOGS], "each function its own", "-"))
    return table(
        ("what", "holds", "for how long", "without a key of yours, the key is", "who puts in", "who reads"), rows
    )


def _row(name: str, resources: _Resources) -> tuple[str, ...]:
    resource = resources[name]
    if name not in _HOLDS:
        raise Untold(f"there are no words for what {name} holds")
    if "EncryptionKeyArn" not in str(resource["Properties"]):
        raise Untold(f"{name} is not encrypted with the key that is given")
    puts = [*_from_outside(name, resources), *_who(name, _PUTS)]
    reads = [*_who(name, _READS), *_subscribers(name, resources)]
    return (
        f"`{name}`",
        _HOLDS[name],
        _duration(resource, name),
        _KEY_OF_AWS[resource["Type"]],
        _listed(puts),
        _listed(reads),
    )


def _duration(resource: Mapping[str, Any], name: str = "") -> str:
    properties = resource["Properties"]
    match resource["Type"]:
        case "AWS::DynamoDB::Table":
            return _UNTIL[name]
        case "AWS::SQS::Queue":
            return f"{timedelta(seconds=properties['MessageRetentionPeriod']).days} days at most"
        case "AWS::Logs::LogGroup":
            return f"`{properties['RetentionInDays']['Ref']}`"
        case "AWS::SecretsManager::Secret":
            return "for ever"
        case _:
            return "until it is delivered"


def _who(name: str, actions: frozenset[str]) -> Iterator[str]:
    """Functions, and the policies for people, that may do any of this there."""
    for grant, resource in granted().items():
        if grant.action in actions and resource.partition("/")[0] == name:
            yield f"`{grant.who}`"


def _from_outside(name: str, resources: _Resources) -> Iterator[str]:
    """Whom the policy of a topic, queue or bus lets in, and for what."""
    for policy in resources.values():
        properties = policy["Properties"]
        match policy["Type"]:
            case "AWS::SNS::TopicPolicy" if {"Ref": name} in properties["Topics"]:
                statements = properties["PolicyDocument"]["Statement"]
            case "AWS::SQS::QueuePolicy" if {"Ref": name} in properties["Queues"]:
                statements = properties["PolicyDocument"]["Statement"]
            case "AWS::Events::EventBusPolicy" if properties["EventBusName"] == {"Ref": name}:
                statements = [properties["Statement"]]
            case _:
                continue
        yield from map(_let_in, statements)
    if resources[name]["Type"] in {_TOPIC, _BUS} and name not in _closed(resources):
        yield "whom IAM of this account allows"


def _let_in(statement: Mapping[str, Any]) -> str:
    """Somebody from outside, as a statement names him; Untold for one that nobody has thought of here."""
    match statement["Principal"], statement.get("Condition"):
        case {"Service": str(service)}, {"ArnEquals": {"aws:SourceArn": sources}}:
            return f"{_SERVICES[service]}, from {', '.join(f'`{_name(source)}`' for source in listed(sources))}"
        case {"Service": "ses.amazonaws.com"}, {
            "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
            "ArnLike": {"aws:SourceArn": {"Fn::Sub": str(arn)}},
        } if arn.endswith("ses:${AWS::Region}:${AWS::AccountId}:*"):
            return "SES alone, for this account and region"
        case {"AWS": {"Ref": "RelatedAccounts"}}, {
            "ForAllValues:StringEquals": {"events:detail-type": str(kind)},
            **_more,
        }:
            return f"`RelatedAccounts`, for events of the type *{kind}* alone"
        case _:
            raise Untold(f"there are no words for who is let in by {statement}")


def _closed(resources: _Resources) -> set[str]:
    """The topics whose policy replaces the one that SNS gives every topic."""
    policies = [each["Properties"] for each in resources.values() if each["Type"] == "AWS::SNS::TopicPolicy"]
    return {topic["Ref"] for properties in policies for topic in properties["Topics"]}


def _subscribers(name: str, resources: _Resources) -> Iterator[str]:
    for each in resources.values():
        if each["Type"] == "AWS::SNS::Subscription" and each["Properties"]["TopicArn"] == {"Ref": name}:
            endpoint = each["Properties"]["Endpoint"]
            yield f"`{_name(endpoint)}`"
        if each["Type"] == "AWS::Events::Rule" and each["Properties"].get("EventBusName") == {"Ref": name}:
            yield from (f"`{_name(target['Arn'])}`" for target in each["Properties"]["Targets"])


def _name(reference: Any) -> str:
    match reference:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
            return name
        case _:
            raise Untold(f"{reference} names nothing")


def _listed(names: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(names)) or "-"
