"""The resources of a deployed stack, as each service tells of its own. Nothing is changed."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from ses_reputation.adapters.aws_errors import AwsError, denied_operation, explained, is_gone
from ses_reputation.adapters.dead_letters import attribute_texts
from ses_reputation.adapters.deployment import DeploymentNotFound, variables
from ses_reputation.adapters.ses import MetricsNotRead
from ses_reputation.diagnosis.diagnose import Unreadable
from ses_reputation.diagnosis.readings import (
    Alarm,
    DeadLetters,
    Function,
    Part,
    Queue,
    Runs,
    Schedule,
    Source,
    Subscription,
    Topic,
)
from ses_reputation.domain.counting import hour_of
from ses_reputation.redrive import reason_of
from ses_reputation.schema import TablesAreNewer
from ses_reputation.settings import SettingsError

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_scheduler import EventBridgeSchedulerClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

# Of one DescribeAlarms. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
MAX_ALARMS = 100

# What a person wants to see of a heap.
REASONS = 10

DAY, HOUR_SECONDS = timedelta(days=1), 3600

# SQS tells CloudWatch of a queue in use each minute or so, some minutes late.
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
AGES_TOLD_WITHIN, AGE_PERIOD_SECONDS = timedelta(minutes=30), 300

_Point = tuple[datetime, float]


def unreadable(error: Exception) -> Unreadable | None:
    """Why something could not be read; None of an error that does not come of reading."""
    match error:
        case BotoCoreError() | ClientError() | ResponseParserError():
            return Unreadable(explained(error), denied_operation(error), gone=is_gone(error))
        case DeploymentNotFound() | MetricsNotRead() | TablesAreNewer():
            return Unreadable(str(error))
        case SettingsError():
            return Unreadable(f"the stack is of another version: {error}")
        case _:
            return None


class DeployedParts:
    """The resources that these clients see. Each kind is read once, when it is first asked for."""

    def __init__(
        self,
        listed: Callable[[], Sequence[Part]],
        *,
        cloudwatch: "CloudWatchClient",
        lambda_: "LambdaClient",
        scheduler: "EventBridgeSchedulerClient",
        sns: "SNSClient",
        sqs: "SQSClient",
    ) -> None:
        self.listed = listed
        self._cloudwatch = cloudwatch
        self._lambda = lambda_
        self._scheduler = scheduler
        self._sns = sns
        self._sqs = sqs

    def functions(self) -> Sequence[Function]:
        """The functions, with their settings."""
        return self._functions

    def runs(self, now: datetime) -> Sequence[Runs]:
        """How often each function was run and failed in the day before, hour by hour as CloudWatch counts."""
        names = {name: part for part, name in self._of_type("AWS::Lambda::Function")}
        metrics = list(product(names, ("Invocations", "Errors")))
        counted = self._values(
            "AWS/Lambda", [(metric, {"FunctionName": name}) for name, metric in metrics], "Sum", HOUR_SECONDS,
            hour_of(now - DAY), now,
        )  # fmt: skip
        by_metric = dict(zip(metrics, counted, strict=True))
        return [
            Runs(
                part,
                runs=_total(by_metric[name, "Invocations"]),
                errors=_total(by_metric[name, "Errors"]),
                last_error=max((time for time, value in by_metric[name, "Errors"] if value), default=None),
            )
            for name, part in names.items()
        ]

    def topics(self) -> Sequence[Topic]:
        """The topics, with their policies and subscriptions."""
        return self._topics

    def queues(self) -> Sequence[Queue]:
        """The queues, with their policies and how many messages they hold."""
        return self._queues

    def ages(self, now: datetime) -> Mapping[str, timedelta]:
        """How old the oldest message of a queue was last, of the queues of which CloudWatch knows it."""
        parts = self._of_type("AWS::SQS::Queue")
        metrics = [("ApproximateAgeOfOldestMessage", {"QueueName": url.rpartition("/")[2]}) for _, url in parts]
        told = self._values("AWS/SQS", metrics, "Maximum", AGE_PERIOD_SECONDS, now - AGES_TOLD_WITHIN, now)
        return {
            part: timedelta(seconds=max(values)[1]) for (part, _), values in zip(parts, told, strict=True) if values
        }

    def dead_letters(self) -> Sequence[DeadLetters]:
        """The queues of what was given up, and the reasons of some of it. Looking leaves all as it is."""
        return [
            DeadLetters(queue, self._reasons(queue.url) if queue.held else ())
            for queue in self._queues
            if queue.is_for_dead_letters
        ]

    def sources(self) -> Sequence[Source]:
        """What has functions read queues."""
        return [
            Source(part, uuid, self._lambda.get_event_source_mapping(UUID=uuid)["State"])
            for part, uuid in self._of_type("AWS::Lambda::EventSourceMapping")
        ]

    def schedules(self) -> Sequence[Schedule]:
        """The schedules."""
        return self._schedules

    def alarms(self) -> Sequence[Alarm]:
        """The alarms. One that is not there any more is in the state `deleted`, and tells nobody."""
        parts = {name: part for part, name in self._of_type("AWS::CloudWatch::Alarm")}
        found: dict[str, Any] = {}
        names = list(parts)
        for first in range(0, len(names), MAX_ALARMS):
            answer = self._cloudwatch.describe_alarms(AlarmNames=names[first : first + MAX_ALARMS])
            found.update({alarm["AlarmName"]: alarm for alarm in answer["MetricAlarms"]})
        return [_alarm(part, name, found.get(name)) for name, part in parts.items()]

    def _of_type(self, kind: str) -> list[tuple[str, str]]:
        """The parts of a type: their logical and their physical ids."""
        return [(part.logical_id, part.name) for part in self.listed() if part.type == kind and part.name]

    @cached_property
    def _functions(self) -> Sequence[Function]:
        return [
            _function(part, self._lambda.get_function_configuration(FunctionName=name))
            for part, name in self._of_type("AWS::Lambda::Function")
        ]

    @cached_property
    def _topics(self) -> Sequence[Topic]:
        return [
            Topic(
                part,
                arn,
                json.loads(self._sns.get_topic_attributes(TopicArn=arn)["Attributes"].get("Policy", "{}")),
                list(self._subscriptions(arn)),
            )
            for part, arn in self._of_type("AWS::SNS::Topic")
        ]

    def _subscriptions(self, topic_arn: str) -> Iterator[Subscription]:
        pages = self._sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic_arn)
        for page in pages:
            for subscription in page["Subscriptions"]:
                # One that waits for its confirmation has no ARN, but `PendingConfirmation`; a deleted one `Deleted`.
                confirmed = subscription["SubscriptionArn"].startswith("arn:")
                yield Subscription(subscription["Protocol"], subscription["Endpoint"], confirmed)

    @cached_property
    def _queues(self) -> Sequence[Queue]:
        names: Any = ["QueueArn", "Policy", "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        return [
            _queue(part, url, self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names).get("Attributes", {}))
            for part, url in self._of_type("AWS::SQS::Queue")
        ]

    def _reasons(self, url: str) -> Sequence[str] | None:
        try:
            answer = self._sqs.receive_message(
                QueueUrl=url, MaxNumberOfMessages=REASONS, VisibilityTimeout=0, MessageAttributeNames=["All"]
            )
        except AwsError as error:
            if denied_operation(error):
                return None
            raise
        return [_reason(message) for message in answer.get("Messages", [])]

    @cached_property
    def _schedules(self) -> Sequence[Schedule]:
        return [
            _schedule(part, self._scheduler.get_schedule(Name=n))
            for part, n in self._of_type("AWS::Scheduler::Schedule")
        ]

    def _values(
        self,
        namespace: str,
        metrics: Sequence[tuple[str, Mapping[str, str]]],
        statistic: str,
        period: int,
        start: datetime,
        end: datetime,
    ) -> list[list[_Point]]:
        """The values of each metric, by the beginning of their period."""
        queries: Any = [
            {
                "Id": f"m{number}",
                "MetricStat": {
                    "Metric": {
                        "Namespace": namespace,
                        "MetricName": name,
                        "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
                    },
                    "Period": period,
                    "Stat": statistic,
                },
            }
            for number, (name, dimensions) in enumerate(metrics)
        ]
        values: list[list[_Point]] = [[] for _ in metrics]
        pages = self._cloudwatch.get_paginator("get_metric_data").paginate(
            MetricDataQueries=queries, StartTime=start, EndTime=end
        )
        for page in pages:
            for result in page["MetricDataResults"]:
                if result["StatusCode"] in {"InternalError", "Forbidden"}:
                    raise MetricsNotRead(f"CloudWatch did not tell {result['Label']}: {result['StatusCode']}")
                times = (time.astimezone(UTC) for time in result["Timestamps"])
                values[int(result["Id"][1:])] += zip(times, result["Values"], strict=True)
        return values


def _function(part: str, answer: Any) -> Function:
    name = answer["FunctionName"]
    return Function(
        part,
        name,
        state=answer.get("State", "Active"),
        last_update=answer.get("LastUpdateStatus", "Successful"),
        deployed=datetime.fromisoformat(answer["LastModified"]).astimezone(UTC),
        environment=variables(answer),
        log_group=answer.get("LoggingConfig", {}).get("LogGroup", f"/aws/lambda/{name}"),
    )


def _queue(part: str, url: str, attributes: Mapping[Any, str]) -> Queue:
    return Queue(
        part,
        url,
        attributes["QueueArn"],
        json.loads(attributes.get("Policy") or "{}"),
        waiting=int(attributes["ApproximateNumberOfMessages"]),
        in_flight=int(attributes["ApproximateNumberOfMessagesNotVisible"]),
    )


def _schedule(part: str, answer: Any) -> Schedule:
    return Schedule(
        part,
        answer["Name"],
        enabled=answer["State"] == "ENABLED",
        expression=answer["ScheduleExpression"],
        timezone=answer.get("ScheduleExpressionTimezone", "UTC"),
    )


def _alarm(part: str, name: str, answer: Any) -> Alarm:
    if answer is None:
        return Alarm(part, name, "deleted", "", heard=False)
    heard = answer["ActionsEnabled"] and bool(answer["AlarmActions"])
    return Alarm(part, name, answer["StateValue"], answer.get("StateReason", ""), heard)


def _total(points: Sequence[_Point]) -> int:
    return round(sum(value for _, value in points))


def _reason(message: Any) -> str:
    """Why a message is a dead letter."""
    return reason_of(attribute_texts(message), message["Body"])
