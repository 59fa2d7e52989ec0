"""The local cloud moves messages as SNS, SQS and Lambda do. Its template and handlers here are its own."""

import json
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from moto.sqs.models import sqs_backends

from ses_reputation_local.cloud import LocalCloud

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  Email: {Type: String, Default: reader@example.com}
  Limit: {Type: Number, Default: 7}
Conditions:
  HasEmail: !Not [!Equals [!Ref Email, ""]]
Globals:
  Function:
    Runtime: python3.13
    Handler: handler.lambda_handler
    Timeout: 60
    Environment: {Variables: {LIMIT: !Ref Limit}}
Resources:
  Topic: {Type: AWS::SNS::Topic}
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 360
      RedrivePolicy: {deadLetterTargetArn: !GetAtt DeadLetters.Arn, maxReceiveCount: 5}
  DeadLetters: {Type: AWS::SQS::Queue}
  ToQueue:
    Type: AWS::SNS::Subscription
    Properties: {TopicArn: !Ref Topic, Protocol: sqs, Endpoint: !GetAtt Queue.Arn, RawMessageDelivery: true}
  ToEnvelopes:
    Type: AWS::SNS::Subscription
    Properties:
      TopicArn: !Ref Topic
      Protocol: sqs
      Endpoint: !GetAtt Envelopes.Arn
      FilterPolicyScope: MessageBody
      FilterPolicy: {wrap: [true]}
  Envelopes: {Type: AWS::SQS::Queue}
  NoRedrive: {Type: AWS::SQS::Queue}
  Simple: {Type: AWS::SQS::Queue}
  Reader:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: reader/, MemorySize: 512}
  Listener:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: listener/}
  Clock:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: clock/
      Environment: {Variables: {TOPIC: !Ref Topic}}
      Events:
        OnSchedule:
          Type: ScheduleV2
          Properties:
            ScheduleExpression: rate(1 hour)
            Input: '{"now": "<aws.scheduler.scheduled-time>"}'
        Paused:
          Type: ScheduleV2
          Properties: {ScheduleExpression: rate(1 hour), State: DISABLED}
  QueueSource:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: !GetAtt Queue.Arn
      FunctionName: !GetAtt Reader.Arn
      BatchSize: 25
      MaximumBatchingWindowInSeconds: 1
      FunctionResponseTypes: [ReportBatchItemFailures]
  NoRedriveSource:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: !GetAtt NoRedrive.Arn
      FunctionName: !GetAtt Reader.Arn
      FunctionResponseTypes: [ReportBatchItemFailures]
  SimpleSource:
    Type: AWS::Lambda::EventSourceMapping
    Properties: {EventSourceArn: !GetAtt Simple.Arn, FunctionName: !Ref Reader}
  Statuses: {Type: AWS::SNS::Topic}
  StatusEmail:
    Type: AWS::SNS::Subscription
    Condition: HasEmail
    Properties: {TopicArn: !Ref Statuses, Protocol: email, Endpoint: !Ref Email}
  StatusFunction:
    Type: AWS::SNS::Subscription
    Properties:
      TopicArn: !Ref Statuses
      Protocol: lambda
      Endpoint: !GetAtt Listener.Arn
      FilterPolicy: {kind: [status]}
"""

READER = """
import json, os
seen = []
def lambda_handler(event, context):
    if "Records" not in event:
        if event.get("kill"):
            raise KeyboardInterrupt
        if event.get("raise"):
            raise ValueError(event["raise"])
        if event.get("environment"):
            os.environ["LEAK"] = "yes"
            return dict(os.environ)
        if event.get("context"):
            return {k: getattr(context, k) for k in ("function_name", "memory_limit_in_mb", "invoked_function_arn",
                    "aws_request_id")} | {"left": context.get_remaining_time_in_millis()}
        if event.get("unserialisable"):
            return {1, 2}
        if event.get("call"):
            seen.append(event["call"])
        return list(seen)
    bodies = [json.loads(r["body"]) if r["body"].startswith("{") else {} for r in event["Records"]]
    print(json.dumps({"size": len(event["Records"]), "records": event["Records"] if len(bodies) < 4 else None}))
    for body in bodies:
        if body.get("kill"):
            raise KeyboardInterrupt
        if body.get("raise"):
            raise ValueError("told to")
        if "return" in body:
            return body["return"]
    failed = [
        {"itemIdentifier": r["messageId"]}
        for r, body in zip(event["Records"], bodies)
        if body.get("fail", 0) >= int(r["attributes"]["ApproximateReceiveCount"])
    ]
    return {"batchItemFailures": failed}
"""

LISTENER = """
import json
from aws_lambda_powertools import Logger
logger = Logger(service="listener")
@logger.inject_lambda_context
def lambda_handler(event, context):
    logger.info("heard", record=event["Records"][0])
    if event["Records"][0]["Sns"]["Message"] == "raise":
        raise ValueError("told to")
"""

CLOCK = """
import os, boto3, json
def lambda_handler(event, context):
    boto3.client("sns").publish(TopicArn=os.environ["TOPIC"], Message=json.dumps(event))
    return event
"""


def write_project(folder: Path, template: str = TEMPLATE) -> Path:
    for name, source in {"reader": READER, "listener": LISTENER, "clock": CLOCK}.items():
        (folder / name).mkdir()
        (folder / name / "handler.py").write_text(source)
    path = folder / "template.yaml"
    path.write_text(template)
    return path


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    with LocalCloud(template=write_project(tmp_path_factory.mktemp("project"))) as cloud:
        yield cloud


@pytest.fixture
def cloud(shared: LocalCloud) -> LocalCloud:
    """The shared cloud, quiet and with nothing left on a queue."""
    # SQS, and moto, let a queue be purged once a minute only.
    for queue in sqs_backends[shared.account][shared.region].queues.values():
        queue._messages.clear()
    shared.emails()
    shared.invocations.clear()
    return shared


def batch_sizes(cloud: LocalCloud) -> list[int]:
    return [json.loads(run.logs[0])["size"] for run in cloud.invocations]


def only_record(cloud: LocalCloud) -> dict[str, object]:
    (record,) = json.loads(cloud.invocations[-1].logs[0])["records"]
    return dict(record)


def test_a_published_message_reaches_the_function_that_reads_the_queue(cloud: LocalCloud) -> None:
    cloud.publish("Topic", '{"notificationType": "Bounce"}')
    assert cloud.deliver() == 1
    assert only_record(cloud)["body"] == '{"notificationType": "Bounce"}'
    assert cloud.messages("Queue") == []


def test_messages_come_in_batches_as_large_as_the_event_source_mapping_says(cloud: LocalCloud) -> None:
    cloud.publish_all("Topic", (f'{{"n": {n}}}' for n in range(60)))
    assert cloud.deliver() == 60
    assert batch_sizes(cloud) == [25, 25, 10]


def test_a_queue_waits_while_its_event_source_mapping_is_disabled(cloud: LocalCloud) -> None:
    lambda_, mapping = cloud.client("lambda"), cloud.resources["QueueSource"]
    told = lambda_.get_event_source_mapping(UUID=mapping)
    assert (told["State"], told["BatchSize"]) == ("Enabled", 25)
    assert told["FunctionArn"].endswith(f":function:{cloud.resources['Reader']}")
    lambda_.update_event_source_mapping(UUID=mapping, Enabled=False)
    cloud.publish("Topic", "{}")
    assert cloud.deliver() == 0
    lambda_.update_event_source_mapping(UUID=mapping, Enabled=True)
    assert cloud.deliver() == 1


def test_cloudwatch_has_measured_how_often_a_function_ran_and_failed(cloud: LocalCloud) -> None:
    cloud.now = datetime(2026, 3, 6, 12, 30, tzinfo=UTC)
    cloud.enqueue("Queue", ["{}"])
    cloud.deliver()
    queries = [
        {
            "Id": name.lower(),
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/Lambda",
                    "MetricName": name,
                    "Dimensions": [{"Name": "FunctionName", "Value": cloud.resources["Reader"]}],
                },
                "Period": 3600,
                "Stat": "Sum",
            },
        }
        for name in ("Invocations", "Errors")
    ]
    noon = cloud.now.replace(minute=0)
    told = cloud.client("cloudwatch").get_metric_data(
        MetricDataQueries=queries, StartTime=noon, EndTime=noon + timedelta(hours=1)
    )
    assert [result["Values"] for result in told["MetricDataResults"]] == [[1.0], [0.0]]


def test_a_batch_ends_where_the_payload_would_exceed_six_megabytes(cloud: LocalCloud) -> None:
    cloud.enqueue("Queue", ["x" * 1_000_000] * 8)
    cloud.deliver()
    assert batch_sizes(cloud) == [6, 2]


def test_a_quote_counts_twice_towards_the_payload(cloud: LocalCloud) -> None:
    cloud.enqueue("Queue", ['"' * 1_000_000] * 4)
    cloud.deliver()
    assert batch_sizes(cloud) == [3, 1]


def test_a_message_over_256_kilobytes_is_refused(cloud: LocalCloud) -> None:
    with pytest.raises(ValueError, match="262144 bytes at most, not of 262146"):
        cloud.publish("Topic", "é" * 131_073)
    with pytest.raises(ValueError, match="262144 bytes at most, not of 262146"):
        cloud.publish_all("Topic", ["é" * 131_072, "é" * 131_073, "{}"])
    assert [len(message.body) for message in cloud.messages("Queue")] == [131_072]


def test_a_record_has_the_shape_that_lambda_gives_it(cloud: LocalCloud) -> None:
    attributes = {"origin": {"DataType": "String", "StringValue": "capture"}}
    cloud.client("sqs").send_message(QueueUrl=cloud.resources["Queue"], MessageBody="{}", MessageAttributes=attributes)
    cloud.deliver()
    record = only_record(cloud)
    assert record.pop("messageId")
    assert record.pop("receiptHandle")
    sent = record.pop("attributes")
    assert isinstance(sent, dict)
    assert sent["ApproximateReceiveCount"] == "1"
    assert abs(int(sent["SentTimestamp"]) / 1000 - datetime.now(UTC).timestamp()) < 60
    arn = cloud.client("sqs").get_queue_attributes(QueueUrl=cloud.resources["Queue"], AttributeNames=["QueueArn"])[
        "Attributes"
    ]["QueueArn"]
    assert record == {
        "body": "{}",
        "messageAttributes": {
            "origin": {
                "stringValue": "capture",
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": "String",
            }
        },
        "md5OfBody": "99914b932bd37a50b983c5e7c90ae93b",
        "md5OfMessageAttributes": record["md5OfMessageAttributes"],
        "eventSource": "aws:sqs",
        "eventSourceARN": arn,
        "awsRegion": "eu-west-1",
    }


def test_a_message_that_fails_twice_comes_three_times(cloud: LocalCloud) -> None:
    cloud.publish_all("Topic", ['{"fail": 2}', "{}"])
    assert cloud.deliver() == 4
    assert batch_sizes(cloud) == [2, 1, 1]
    assert cloud.messages("Queue") == cloud.messages("DeadLetters") == []


def test_a_message_that_fails_five_times_is_in_the_dead_letter_queue(cloud: LocalCloud) -> None:
    cloud.publish_all("Topic", ['{"fail": 9}', "{}"])
    cloud.deliver()
    assert batch_sizes(cloud) == [2, 1, 1, 1, 1]
    assert cloud.messages("Queue") == []
    (letter,) = cloud.messages("DeadLetters")
    assert (letter.body, letter.receive_count) == ('{"fail": 9}', 5)


def test_a_failed_message_waits_behind_the_others(cloud: LocalCloud) -> None:
    cloud.enqueue("Queue", ['{"kill": true}', *["{}"] * 24, '{"waited": true}'])
    with pytest.raises(KeyboardInterrupt):
        cloud.deliver()
    assert [message.body for message in cloud.messages("Queue")][:2] == ['{"waited": true}', '{"kill": true}']


def test_without_a_redrive_policy_a_failing_message_stays_and_delivery_ends(cloud: LocalCloud) -> None:
    cloud.enqueue("NoRedrive", ['{"fail": 99}', "{}"])
    assert cloud.deliver() == 6
    assert [m.receive_count for m in cloud.messages("NoRedrive")] == [5]


def test_an_exception_brings_the_whole_batch_back_until_it_is_dead(cloud: LocalCloud) -> None:
    cloud.enqueue("Queue", ['{"raise": true}', "{}"])
    cloud.deliver()
    assert batch_sizes(cloud) == [2] * 5
    assert [str(run.error) for run in cloud.invocations] == ["told to"] * 5
    assert len(cloud.messages("DeadLetters")) == 2


@pytest.mark.parametrize(
    "response",
    [None, {}, {"batchItemFailures": []}, {"batchItemFailures": None}, {"somethingElse": 1}],
    ids=["nothing", "empty", "empty list", "null list", "another key"],
)
def test_a_response_without_failures_deletes_the_batch(cloud: LocalCloud, response: object) -> None:
    cloud.enqueue("Queue", [json.dumps({"return": response}), "{}"])
    assert cloud.deliver() == 2
    assert cloud.messages("Queue") == []


@pytest.mark.parametrize("item", [{"itemIdentifier": "unknown"}, {"itemIdentifier": ""}, {"itemId": "x"}, "x", {}])
def test_a_failure_that_names_no_message_of_the_batch_fails_the_batch(cloud: LocalCloud, item: object) -> None:
    cloud.enqueue("Queue", [json.dumps({"return": {"batchItemFailures": [item]}}), "{}"])
    cloud.deliver()
    assert batch_sizes(cloud) == [2] * 5


def test_failures_are_no_failures_where_the_mapping_does_not_ask_for_them(cloud: LocalCloud) -> None:
    cloud.enqueue("Simple", ['{"fail": 9}'])
    assert cloud.deliver() == 1
    assert cloud.messages("Simple") == []


def test_a_simulated_kill_passes_through_and_the_batch_comes_again(cloud: LocalCloud) -> None:
    cloud.enqueue("Queue", ['{"kill": true}', "{}"])
    with pytest.raises(KeyboardInterrupt):
        cloud.deliver()
    assert [m.receive_count for m in cloud.messages("Queue")] == [1, 1]
    with pytest.raises(KeyboardInterrupt):
        cloud.deliver()
    assert [m.receive_count for m in cloud.messages("Queue")] == [2, 2]


def test_looking_at_a_queue_changes_nothing(cloud: LocalCloud) -> None:
    attributes = {"why": {"DataType": "String", "StringValue": "poison"}}
    cloud.client("sqs").send_message(
        QueueUrl=cloud.resources["DeadLetters"], MessageBody="x", MessageAttributes=attributes
    )
    looked = [cloud.messages("DeadLetters") for _ in range(2)]
    assert looked[0] == looked[1]
    (message,) = looked[0]
    assert (message.body, message.attributes, message.receive_count) == ("x", {"why": "poison"}, 0)
    received = cloud.client("sqs").receive_message(
        QueueUrl=cloud.resources["DeadLetters"], MessageSystemAttributeNames=["ApproximateReceiveCount"]
    )
    assert received["Messages"][0]["Attributes"]["ApproximateReceiveCount"] == "1"


def test_a_delayed_message_is_not_delivered_before_its_time(cloud: LocalCloud) -> None:
    cloud.client("sqs").send_message(QueueUrl=cloud.resources["Queue"], MessageBody="{}", DelaySeconds=900)
    assert cloud.deliver() == 0
    assert len(cloud.messages("Queue")) == 1


def test_without_raw_delivery_a_message_comes_in_the_envelope_of_sns(cloud: LocalCloud) -> None:
    cloud.publish("Topic", '{"wrap": true}')
    (wrapped,) = cloud.messages("Envelopes")
    assert json.loads(wrapped.body)["Message"] == '{"wrap": true}'


def test_a_filter_policy_on_the_body_keeps_other_messages_away(cloud: LocalCloud) -> None:
    cloud.publish("Topic", '{"wrap": false}')
    assert cloud.messages("Envelopes") == []


def test_an_e_mail_subscriber_gets_the_text_for_e_mail(cloud: LocalCloud) -> None:
    before = datetime.now(UTC)
    cloud.client("sns").publish(
        TopicArn=cloud.resources["Statuses"],
        Message=json.dumps({"default": "{}", "email": "Your account is on probation."}),
        MessageStructure="json",
        Subject="Probation",
        MessageAttributes={"scope": {"DataType": "String", "StringValue": "account"}},
    )
    (email,) = cloud.emails()
    assert (email.to, email.subject, email.body) == (
        "reader@example.com",
        "Probation",
        "Your account is on probation.",
    )
    assert email.attributes == {"scope": "account"}
    assert before <= email.at <= datetime.now(UTC)
    assert cloud.emails() == []


def test_an_e_mail_subscriber_gets_the_default_text_where_none_is_for_e_mail(cloud: LocalCloud) -> None:
    cloud.client("sns").publish(
        TopicArn=cloud.resources["Statuses"], Message=json.dumps({"default": "text"}), MessageStructure="json"
    )
    assert [(e.subject, e.body) for e in cloud.emails()] == [("AWS Notification Message", "text")]


def test_an_e_mail_from_a_batch_has_its_subject(cloud: LocalCloud) -> None:
    cloud.client("sns").publish_batch(
        TopicArn=cloud.resources["Statuses"],
        PublishBatchRequestEntries=[{"Id": "1", "Message": "text", "Subject": "one"}],
    )
    assert [(e.subject, e.body) for e in cloud.emails()] == [("one", "text")]


def publish_status(cloud: LocalCloud, message: str, kind: str) -> None:
    cloud.client("sns").publish(
        TopicArn=cloud.resources["Statuses"],
        Message=message,
        Subject="subject",
        MessageAttributes={"kind": {"DataType": "String", "StringValue": kind}},
    )


def test_a_subscribed_function_gets_a_message_as_lambda_shows_it(cloud: LocalCloud) -> None:
    publish_status(cloud, "hello", kind="status")
    assert cloud.deliver() == 1
    record = json.loads(cloud.invocations[-1].logs[-1])["record"]
    assert record["EventSource"] == "aws:sns"
    assert record["EventSubscriptionArn"] == cloud.resources["StatusFunction"]
    assert record["Sns"]["Message"] == "hello"
    assert record["Sns"]["Subject"] == "subject"
    assert record["Sns"]["TopicArn"] == cloud.resources["Statuses"]
    assert record["Sns"]["MessageAttributes"] == {"kind": {"Type": "String", "Value": "status"}}


def test_a_subscribed_function_gets_nothing_that_its_filter_policy_refuses(cloud: LocalCloud) -> None:
    publish_status(cloud, "hello", kind="other")
    assert cloud.deliver() == 0


def test_a_subscribed_function_that_fails_runs_three_times(cloud: LocalCloud) -> None:
    publish_status(cloud, "raise", kind="status")
    assert cloud.deliver() == 3
    assert [str(run.error) for run in cloud.invocations] == ["told to"] * 3


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=5))], ids=["UTC", "another zone"])
def test_a_tick_runs_the_schedule_with_its_time_and_delivers_what_follows(cloud: LocalCloud, zone: timezone) -> None:
    now = datetime(2022, 3, 22, 18, 59, 43, tzinfo=UTC).astimezone(zone)
    (run,) = cloud.tick(now)
    assert (run.function, run.result, run.error) == ("Clock", {"now": "2022-03-22T18:59:43Z"}, None)
    assert cloud.invocations[-1].function == "Reader"


def test_a_tick_without_a_time_zone_is_refused(cloud: LocalCloud) -> None:
    with pytest.raises(ValueError, match="time zone"):
        cloud.tick(datetime(2022, 3, 22))  # noqa: DTZ001


def test_an_exception_of_an_invoked_handler_is_its_error(cloud: LocalCloud) -> None:
    run = cloud.invoke("Reader", {"raise": "told to"})
    assert isinstance(run.error, ValueError)
    assert run.result is None


def test_a_result_that_is_no_json_is_an_error(cloud: LocalCloud) -> None:
    assert isinstance(cloud.invoke("Reader", {"unserialisable": True}).error, TypeError)


def test_a_simulated_kill_of_an_invoked_handler_passes_through(cloud: LocalCloud) -> None:
    with pytest.raises(KeyboardInterrupt):
        cloud.invoke("Reader", {"kill": True})


def test_a_handler_has_its_variables_and_leaves_nothing_behind(
    cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FROM_THE_SHELL", "yes")
    before = dict(os.environ)
    seen = cloud.invoke("Reader", {"environment": True}).result
    assert dict(os.environ) == before
    assert isinstance(seen, dict)
    assert (seen["LIMIT"], seen["AWS_REGION"], seen["FROM_THE_SHELL"]) == ("7", "eu-west-1", "yes")
    assert seen["AWS_LAMBDA_FUNCTION_NAME"] == cloud.resources["Reader"]
    assert "TOPIC" not in seen


def test_a_handler_is_told_about_its_function(cloud: LocalCloud) -> None:
    context = cloud.invoke("Reader", {"context": True}).result
    assert isinstance(context, dict)
    assert context["function_name"] == cloud.resources["Reader"]
    assert context["memory_limit_in_mb"] == "512"
    assert context["invoked_function_arn"].endswith(f":function:{cloud.resources['Reader']}")
    assert 0 < context["left"] <= 60_000


def test_a_handler_stays_warm(cloud: LocalCloud) -> None:
    cloud.invoke("Reader", {"call": "one"})
    assert cloud.invoke("Reader", {"call": "two"}).result == ["one", "two"]


def test_a_handler_that_was_killed_starts_anew(cloud: LocalCloud) -> None:
    cloud.invoke("Reader", {"call": "one"})
    with pytest.raises(KeyboardInterrupt):
        cloud.invoke("Reader", {"kill": True})
    assert cloud.invoke("Reader", {"call": "two"}).result == ["two"]


def test_logs_are_captured_and_not_shown(cloud: LocalCloud, capfd: pytest.CaptureFixture[str]) -> None:
    publish_status(cloud, "hello", kind="status")
    cloud.deliver()
    assert capfd.readouterr() == ("", "")
    assert json.loads(cloud.invocations[-1].logs[-1])["service"] == "listener"


@pytest.mark.parametrize("name", ["Nothing", "DeadLetter"])
def test_an_unknown_logical_id_is_refused_with_those_that_exist(cloud: LocalCloud, name: str) -> None:
    with pytest.raises(LookupError, match=f"no {name}; it has .*DeadLetters"):
        cloud.messages(name)
    with pytest.raises(LookupError, match=f"no function {name}; there are Reader"):
        cloud.invoke(name, {})


def test_twenty_thousand_sends_take_seconds(cloud: LocalCloud) -> None:
    # moto alone counts all waiting messages at each send, which takes minutes.
    start = time.perf_counter()
    cloud.publish_all("Topic", ["{}"] * 20_000)
    assert cloud.deliver() == 20_000
    assert time.perf_counter() - start < 30


def test_there_is_one_cloud_at_a_time(cloud: LocalCloud) -> None:
    with pytest.raises(RuntimeError, match="another LocalCloud"), LocalCloud():
        pass
