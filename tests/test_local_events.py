"""The local cloud moves events, and calls functions, as EventBridge and Lambda do. Its template and handler here are
its own.
"""

import base64
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.sqs.models import sqs_backends

from ses_reputation_local.cloud import LocalCloud
from ses_reputation_local.function_urls import Caller, Request, Response

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {CodeUri: function/, Handler: handler.lambda_handler, Runtime: python3.13}
Resources:
  Bus: {Type: AWS::Events::EventBus, Properties: {Name: findings}}
  BusPolicy:
    Type: AWS::Events::EventBusPolicy
    Properties:
      EventBusName: !Ref Bus
      StatementId: own-account
      Statement:
        Effect: Allow
        Principal: {AWS: !Sub "arn:aws:iam::${AWS::AccountId}:root"}
        Action: events:PutEvents
        Resource: !GetAtt Bus.Arn
  GuestPolicy:
    Type: AWS::Events::EventBusPolicy
    Properties: {EventBusName: !Ref Bus, StatementId: guest, Action: events:PutEvents, Principal: "111122223333"}
  Undelivered: {Type: AWS::SQS::Queue}
  Failed: {Type: AWS::SQS::Queue}
  Receive:
    Type: AWS::Serverless::Function
    Properties: {}
  ReceiveFailures:
    Type: AWS::Lambda::EventInvokeConfig
    Properties:
      FunctionName: !Ref Receive
      Qualifier: $LATEST
      DestinationConfig: {OnFailure: {Destination: !GetAtt Failed.Arn}}
  ReceivePermission:
    Type: AWS::Lambda::Permission
    Properties:
      FunctionName: !Ref Receive
      Action: lambda:InvokeFunction
      Principal: events.amazonaws.com
      SourceArn: !GetAtt Transformed.Arn
  Transformed:
    Type: AWS::Events::Rule
    Properties:
      EventBusName: !Ref Bus
      EventPattern: {source: [detector], detail: {category: [{prefix: spam}]}}
      Targets:
        - Id: Function
          Arn: !GetAtt Receive.Arn
          InputTransformer:
            InputTemplate: '{"received": "<aws.events.event.ingestion-time>", "event": <aws.events.event.json>}'
          RetryPolicy: {MaximumRetryAttempts: 8, MaximumEventAgeInSeconds: 3600}
          DeadLetterConfig: {Arn: !GetAtt Undelivered.Arn}
  Plain:
    Type: AWS::Events::Rule
    Properties:
      EventPattern: {source: [aws.ses, shop]}
      Targets: [{Id: Function, Arn: !GetAtt Receive.Arn}]
  Disabled:
    Type: AWS::Events::Rule
    Properties:
      State: DISABLED
      EventPattern: {source: [aws.ses, shop]}
      Targets: [{Id: Function, Arn: !GetAtt Receive.Arn}]
  Operate:
    Type: AWS::Serverless::Function
    Properties:
      FunctionUrlConfig: {AuthType: AWS_IAM}
      EventInvokeConfig: {MaximumRetryAttempts: 0}
  CallOperate:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Action: [lambda:InvokeFunctionUrl, lambda:InvokeFunction]
            Resource: !GetAtt Operate.Arn
Outputs:
  OperateUrl: {Value: !GetAtt OperateUrl.FunctionUrl}
"""

HANDLER = """
import json
def lambda_handler(event, context):
    print(json.dumps({"id": context.aws_request_id, "event": event}))
    order = json.loads(event["body"]) if isinstance(event, dict) and event.get("body", "").startswith("{") else event
    if isinstance(order, dict):
        if "kill" in order:
            raise KeyboardInterrupt
        if "raise" in order or order.get("event", {}).get("detail", {}).get("fails"):
            raise ValueError("told to")
        if "return" in order:
            return order["return"]
    return event
"""

NOON = datetime(2026, 3, 6, 12, tzinfo=UTC)


def write_project(folder: Path, template: str = TEMPLATE) -> Path:
    (folder / "function").mkdir()
    (folder / "function/handler.py").write_text(HANDLER)
    (folder / "template.yaml").write_text(template)
    return folder / "template.yaml"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    with LocalCloud(template=write_project(tmp_path_factory.mktemp("project"))) as cloud:
        yield cloud


@pytest.fixture
def cloud(shared: LocalCloud) -> LocalCloud:
    """The shared cloud at noon, quiet and with nothing left on a queue."""
    for queue in sqs_backends[shared.account][shared.region].queues.values():
        queue._messages.clear()
    shared.invocations.clear()
    shared.now = NOON
    shared.sent_elsewhere = None
    return shared


def put(cloud: LocalCloud, bus: str | None = "findings", source: str = "detector", **detail: object) -> dict[str, Any]:
    """The result of putting one event."""
    entry = {"Source": source, "DetailType": "Finding", "Detail": json.dumps({"category": "spamtrap", **detail})}
    if bus is not None:
        entry["EventBusName"] = bus
    (result,) = cloud.client("events").put_events(Entries=[entry])["Entries"]
    return dict(result)


def received(cloud: LocalCloud) -> list[Any]:
    return [json.loads(run.logs[0])["event"] for run in cloud.invocations]


# -- EventBridge -------------------------------------------------------------------------------------------------------


def test_an_event_reaches_the_function_as_the_rule_transforms_it(cloud: LocalCloud) -> None:
    entry = put(cloud, scope="account")
    assert cloud.invocations == cloud.invocations.__class__(), "EventBridge does not wait for the function"
    assert cloud.deliver() == 1
    (event,) = received(cloud)
    assert event == {
        "received": "2026-03-06T12:00:00Z",
        "event": {
            "version": "0",
            "id": entry["EventId"],
            "detail-type": "Finding",
            "source": "detector",
            "account": cloud.account,
            "time": "2026-03-06T12:00:00Z",
            "region": cloud.region,
            "resources": [],
            "detail": {"category": "spamtrap", "scope": "account"},
        },
    }


def test_a_bus_can_be_named_by_its_arn(cloud: LocalCloud) -> None:
    arn = cloud.client("events").describe_event_bus(Name="findings")["Arn"]
    assert "EventId" in put(cloud, bus=arn)
    assert cloud.deliver() == 1


def test_an_event_keeps_the_time_that_it_was_put_with(cloud: LocalCloud) -> None:
    time = datetime(2026, 3, 1, 9, 30, tzinfo=timezone(timedelta(hours=1)))
    entry = {"Source": "shop", "DetailType": "d", "Detail": '{"n": 1}', "Time": time, "Resources": ["arn:x"]}
    cloud.client("events").put_events(Entries=[entry])
    cloud.deliver()
    (event,) = received(cloud)
    assert (event["time"], event["resources"], event["detail"]) == ("2026-03-01T08:30:00Z", ["arn:x"], {"n": 1})


def test_a_rule_without_a_transformer_passes_the_event_on_and_a_disabled_one_nothing(cloud: LocalCloud) -> None:
    put(cloud, bus=None, source="shop")
    assert cloud.deliver() == 1
    assert received(cloud)[0]["source"] == "shop"


def test_only_aws_itself_gives_a_bus_an_event_of_aws(cloud: LocalCloud) -> None:
    for bus in (None, "findings"):
        assert put(cloud, bus, source="aws.ses")["ErrorCode"] == "NotAuthorizedForSourceException"
    assert cloud.deliver() == 0
    names = ("version", "id", "detail-type", "account", "region")
    event = {**dict.fromkeys(names, "x"), "source": "aws.ses", "time": "2026-03-06T11:59:00Z", "resources": []}
    cloud.receive_event("default", {**event, "detail": {"n": 1}})
    assert cloud.deliver() == 1
    assert received(cloud) == [{**event, "detail": {"n": 1}}]


@pytest.mark.parametrize(
    ("bus", "source", "category"),
    [("findings", "detector", "blocklist"), ("findings", "other", "spamtrap"), (None, "detector", "spamtrap")],
    ids=["another category", "another source", "another bus"],
)
def test_an_event_that_no_rule_matches_reaches_nobody(
    cloud: LocalCloud, bus: str | None, source: str, category: str
) -> None:
    assert "EventId" in put(cloud, bus, source, category=category)
    assert cloud.deliver() == 0


@pytest.mark.parametrize(
    "bus",
    [
        "arn:aws:events:eu-west-1:999999999999:event-bus/findings",
        "arn:aws:events:us-east-1:123456789012:event-bus/findings",
    ],
    ids=["another account", "another region"],
)
def test_a_bus_elsewhere_lets_nobody_in(cloud: LocalCloud, bus: str) -> None:
    entry = put(cloud, bus)
    assert entry["ErrorCode"] == "AccessDeniedException"
    assert bus in entry["ErrorMessage"]
    assert cloud.deliver() == 0


def test_a_bus_elsewhere_can_be_made_to_take_events(cloud: LocalCloud) -> None:
    cloud.sent_elsewhere = []
    entry = put(cloud, "arn:aws:events:eu-west-1:999999999999:event-bus/findings", scope="account")
    (sent,) = cloud.sent_elsewhere
    assert sent.bus == "arn:aws:events:eu-west-1:999999999999:event-bus/findings"
    assert sent.event["id"] == entry["EventId"]
    assert (sent.event["account"], sent.event["region"]) == (cloud.account, cloud.region)
    assert (sent.event["time"], sent.event["detail"]["scope"]) == ("2026-03-06T12:00:00Z", "account")
    assert cloud.deliver() == 0


def test_a_bus_is_called_in_its_own_region(cloud: LocalCloud) -> None:
    cloud.sent_elsewhere = []
    bus = "arn:aws:events:us-east-1:123456789012:event-bus/findings"
    assert put(cloud, bus)["ErrorCode"] == "AccessDeniedException"
    entry: Any = {"Source": "detector", "DetailType": "Finding", "Detail": "{}", "EventBusName": bus}
    boto3.client("events", region_name="us-east-1").put_events(Entries=[entry])
    assert [(sent.bus, sent.event["region"]) for sent in cloud.sent_elsewhere] == [(bus, "us-east-1")]


def test_an_event_from_elsewhere_reaches_the_function_as_it_was_sent(cloud: LocalCloud) -> None:
    cloud.sent_elsewhere = []
    put(cloud, "arn:aws:events:eu-west-1:999999999999:event-bus/findings")
    event = {**cloud.sent_elsewhere[0].event, "account": "999999999999", "region": "us-east-1"}
    cloud.receive_event("Bus", event)
    assert cloud.deliver() == 1
    assert received(cloud) == [{"received": "2026-03-06T12:00:00Z", "event": event}]


def test_the_other_entries_of_a_call_are_delivered(cloud: LocalCloud) -> None:
    entries: list[Any] = [
        {"Source": "shop", "DetailType": "d", "Detail": "{}", "EventBusName": bus}
        for bus in ("default", "arn:aws:events:eu-west-1:999999999999:event-bus/default")
    ]
    response = cloud.client("events").put_events(Entries=entries)
    assert response["FailedEntryCount"] == 1
    assert ["EventId" in entry for entry in response["Entries"]] == [True, False]
    assert cloud.deliver() == 1


def test_an_event_for_a_bus_that_does_not_exist_is_taken_and_dropped(cloud: LocalCloud) -> None:
    assert "EventId" in put(cloud, "findigns")
    assert cloud.deliver() == 0


def test_more_than_ten_events_at_once_are_refused(cloud: LocalCloud) -> None:
    entry: Any = {"Source": "shop", "DetailType": "d", "Detail": "{}"}
    with pytest.raises(ClientError, match="less than or equal to 10"):
        cloud.client("events").put_events(Entries=[entry] * 11)


TRANSFORMERS: dict[str, tuple[str, object]] = {
    "a text without quotes": ('{"a": <category>}', {"a": "spamtrap"}),
    "a text within quotes": ('{"a": "a <category>"}', {"a": "a spamtrap"}),
    "a time within quotes": ('{"a": "<aws.events.event.ingestion-time>"}', {"a": "2026-03-06T12:00:00Z"}),
    "a time without quotes": ('{"a": <aws.events.event.ingestion-time>}', {"a": "2026-03-06T12:00:00Z"}),
    "a text alone": ('"about <category>"', "about spamtrap"),
    "an escaped quotation mark": (r'{"a": "\"<category>\"", "b": <count>}', {"a": '"spamtrap"', "b": 3}),
    "a number": ('{"a": <count>}', {"a": 3}),
    "an object": ('{"a": <detail>}', {"a": {"category": "spamtrap", "count": 3, "list": ["x", "y"]}}),
    "an element": ('{"a": <second>}', {"a": "y"}),
    "nothing there": ('{"a": <missing>}', {"a": ""}),
    "the rule": ('"<aws.events.rule-name>"', "mine"),
}  # fmt: skip


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_a_template_is_filled_in_with_variables(cloud: LocalCloud, name: str) -> None:
    template, expected = TRANSFORMERS[name]
    paths = {
        "category": "$.detail.category",
        "count": "$.detail.count",
        "detail": "$.detail",
        "second": "$.detail.list[1]",
        "missing": "$.detail.nothing.here",
    }
    with_target(cloud, InputTransformer={"InputPathsMap": paths, "InputTemplate": template})
    put(cloud, bus=None, source="mine", count=3, list=["x", "y"])
    cloud.deliver()
    assert received(cloud) == [expected]


@pytest.mark.parametrize(
    ("target", "expected"),
    [({"Input": '{"fixed": 1}'}, {"fixed": 1}), ({"InputPath": "$.detail.category"}, "spamtrap")],
    ids=["a constant", "a part"],
)
def test_a_target_can_have_a_constant_or_a_part_of_the_event(
    cloud: LocalCloud, target: dict[str, Any], expected: object
) -> None:
    with_target(cloud, **target)
    put(cloud, bus=None, source="mine")
    cloud.deliver()
    assert received(cloud) == [expected]


@pytest.mark.parametrize(
    ("transformer", "message"),
    [
        ({"InputTemplate": '{"a": "<aws.events.event.json>"}'}, "makes no JSON"),
        ({"InputTemplate": '{"a": <what>}'}, "<what>, which is no variable"),
        ({"InputPathsMap": {"a": "$.detail.*"}, "InputTemplate": "<a>"}, r"can't follow the path \$\.detail\.\*"),
    ],
    ids=["an event within quotes", "an unknown variable", "a path that is too clever"],
)
def test_a_template_that_makes_no_json_is_an_error(
    cloud: LocalCloud, transformer: Mapping[str, Any], message: str
) -> None:
    with_target(cloud, InputTransformer=transformer)
    with pytest.raises(ValueError, match=message):
        put(cloud, bus=None, source="mine")
    assert cloud.deliver() == 0


def with_target(cloud: LocalCloud, **target: Any) -> None:
    arn = cloud.client("lambda").get_function(FunctionName=cloud.resources["Receive"])["Configuration"]["FunctionArn"]
    events = cloud.client("events")
    events.put_rule(Name="mine", EventPattern='{"source": ["mine"]}')
    events.put_targets(Rule="mine", Targets=[{"Id": "F", "Arn": arn, **target}])


# -- Asynchronous invocations ------------------------------------------------------------------------------------------


def test_a_function_that_fails_three_times_leaves_a_record_on_its_failure_queue(cloud: LocalCloud) -> None:
    put(cloud, fails=True)
    assert cloud.deliver() == 3
    assert [str(run.error) for run in cloud.invocations] == ["told to"] * 3
    (request_id,) = {json.loads(run.logs[0])["id"] for run in cloud.invocations}
    (message,) = cloud.messages("Failed")
    record = json.loads(message.body)
    assert record["responsePayload"].pop("stackTrace")
    assert record == {
        "version": "1.0",
        "timestamp": "2026-03-06T12:00:00.000Z",
        "requestContext": {
            "requestId": request_id,
            "functionArn": f"arn:aws:lambda:eu-west-1:123456789012:function:{cloud.resources['Receive']}:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": received(cloud)[0],
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": {"errorMessage": "told to", "errorType": "ValueError", "requestId": request_id},
    }
    assert cloud.messages("Undelivered") == [], "EventBridge did deliver it"


def test_a_function_says_how_often_it_is_tried(cloud: LocalCloud) -> None:
    invoke(cloud, {"raise": True}, InvocationType="Event")
    assert cloud.deliver() == 1


def test_a_simulated_kill_passes_through_and_the_event_comes_again(cloud: LocalCloud) -> None:
    invoke(cloud, {"kill": True}, InvocationType="Event")
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            cloud.deliver()
    cloud._waiting.clear()


# -- Invoke ------------------------------------------------------------------------------------------------------------


def invoke(cloud: LocalCloud, payload: object, **options: Any) -> dict[str, Any]:
    name = cloud.resources["Operate"]
    response: dict[str, Any] = cloud.client("lambda").invoke(FunctionName=name, Payload=json.dumps(payload), **options)
    text = response.pop("Payload").read()
    return {**response, "Payload": json.loads(text) if text else None}


def test_invoke_runs_the_function_and_returns_its_result(cloud: LocalCloud) -> None:
    response = invoke(cloud, {"return": [1, "x", None]}, LogType="Tail")
    assert (response["StatusCode"], response["Payload"]) == (200, [1, "x", None])
    assert response["ExecutedVersion"] == "$LATEST"
    assert "FunctionError" not in response
    assert json.loads(base64.b64decode(response["LogResult"]))["event"] == {"return": [1, "x", None]}
    assert [run.function for run in cloud.invocations] == ["Operate"]


def test_invoke_shows_the_exception_of_a_function(cloud: LocalCloud) -> None:
    response = invoke(cloud, {"raise": True})
    assert (response["StatusCode"], response["FunctionError"]) == (200, "Unhandled")
    assert (response["Payload"]["errorType"], response["Payload"]["errorMessage"]) == ("ValueError", "told to")


def test_invoke_without_a_payload_gives_an_empty_object(cloud: LocalCloud) -> None:
    response = cloud.client("lambda").invoke(FunctionName=cloud.resources["Operate"])
    assert json.loads(response["Payload"].read()) == {}


def test_an_asynchronous_invoke_waits_for_delivery(cloud: LocalCloud) -> None:
    response = invoke(cloud, {"n": 1}, InvocationType="Event")
    assert (response["StatusCode"], response["Payload"]) == (202, None)
    assert not cloud.invocations
    assert cloud.deliver() == 1
    assert received(cloud) == [{"n": 1}]


def test_a_dry_run_runs_nothing(cloud: LocalCloud) -> None:
    assert invoke(cloud, {}, InvocationType="DryRun")["StatusCode"] == 204
    assert cloud.deliver() == 0


def test_a_payload_that_is_no_json_is_refused(cloud: LocalCloud) -> None:
    with pytest.raises(ClientError) as refused:
        cloud.client("lambda").invoke(FunctionName=cloud.resources["Operate"], Payload="not JSON")
    assert refused.value.response["Error"]["Code"] == "InvalidRequestContentException"


# -- Function URLs -----------------------------------------------------------------------------------------------------


def test_a_called_function_url_shows_the_function_who_called_when(cloud: LocalCloud) -> None:
    caller = "arn:aws:iam::123456789012:user/teams/ann"
    status, event = cloud.call("Operate", {"action": "review"}, caller)
    assert status == 200
    assert isinstance(event, dict)
    context = event.pop("requestContext")
    assert event == {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/",
        "rawQueryString": "",
        "headers": {"host": context["domainName"], "content-type": "application/json"},
        "body": '{"action": "review"}',
        "isBase64Encoded": False,
    }
    iam = context.pop("authorizer")["iam"]
    assert iam.pop("callerId") == iam.pop("userId") != ""
    assert iam == {
        "accessKey": "AKIALOCAL",
        "accountId": "123456789012",
        "cognitoIdentity": None,
        "principalOrgId": None,
        "userArn": caller,
    }
    assert (context["accountId"], context["timeEpoch"]) == ("123456789012", int(NOON.timestamp()) * 1000)
    assert context["time"] == "06/Mar/2026:12:00:00 +0000"
    assert context["http"]["method"] == "POST"


def test_the_url_of_a_function_is_known_to_the_stack_and_to_lambda(cloud: LocalCloud) -> None:
    (output,) = cloud.client("cloudformation").describe_stacks()["Stacks"][0]["Outputs"]
    configuration = cloud.client("lambda").get_function_url_config(FunctionName=cloud.resources["Operate"])
    assert output["OutputValue"] == configuration["FunctionUrl"]
    assert output["OutputValue"].startswith("https://")
    assert output["OutputValue"].endswith(".lambda-url.eu-west-1.on.aws/")
    assert configuration["AuthType"] == "AWS_IAM"


def test_the_session_of_a_role_is_in_its_caller_s_id(cloud: LocalCloud) -> None:
    _, event = cloud.call("Operate", {}, "arn:aws:sts::123456789012:assumed-role/Support/ann")
    assert isinstance(event, dict)
    user_id = event["requestContext"]["authorizer"]["iam"]["userId"]
    assert user_id.startswith("AROA")
    assert user_id.endswith(":ann")


def request(cloud: LocalCloud, **request: Any) -> Response:
    return cloud.request("Operate", Request(**request), Caller("arn:aws:iam::123456789012:user/ann"))


def test_a_request_has_its_parameters_and_cookies(cloud: LocalCloud) -> None:
    response = request(
        cloud, method="GET", path="/scopes", query="a=1&b=%20&a=2", headers={"cookie": "x=1; y=2", "user-agent": "t"}
    )
    event = json.loads(response.body)
    assert event["queryStringParameters"] == {"a": "1,2", "b": " "}
    assert (event["rawPath"], event["rawQueryString"]) == ("/scopes", "a=1&b=%20&a=2")
    assert event["cookies"] == ["x=1", "y=2"]
    assert event["requestContext"]["http"] == {
        "method": "GET",
        "path": "/scopes",
        "protocol": "HTTP/1.1",
        "sourceIp": "127.0.0.1",
        "userAgent": "t",
    }
    assert "body" not in event


def test_a_body_that_is_no_text_comes_in_base64(cloud: LocalCloud) -> None:
    response = request(cloud, headers={"content-type": "application/x-www-form-urlencoded"}, body=b"a=1")
    event = json.loads(response.body)
    assert (event["body"], event["isBase64Encoded"]) == ("YT0x", True)


RESPONSES: dict[str, tuple[object, Response]] = {
    "any JSON": ([1], Response(200, {"content-type": "application/json"}, b"[1]")),
    "nothing": (None, Response(200, {"content-type": "application/json"}, b"null")),
    "a status alone": ({"statusCode": 204}, Response(204, {"content-type": "application/json"}, b"")),
    "a whole response": (
        {"statusCode": 201, "headers": {"Content-Type": "text/html", "X-N": 1}, "body": "<p>", "cookies": ["a=b"]},
        Response(201, {"content-type": "text/html", "x-n": "1"}, b"<p>", ("a=b",)),
    ),
    "base64": (
        {"statusCode": 200, "body": "/w==", "isBase64Encoded": True},
        Response(200, {"content-type": "application/json"}, b"\xff"),
    ),
    "a status that is none": (
        {"statusCode": "many"},
        Response(502, {"content-type": "text/plain"}, b"Internal Server Error"),
    ),
}


@pytest.mark.parametrize("name", RESPONSES)
def test_the_result_of_a_function_becomes_a_response(cloud: LocalCloud, name: str) -> None:
    result, response = RESPONSES[name]
    assert request(cloud, body=json.dumps({"return": result}).encode()) == response


def test_a_called_function_that_fails_says_no_more_than_that(cloud: LocalCloud) -> None:
    assert cloud.call("Operate", {"raise": True}) == (502, "Internal Server Error")
    assert str(cloud.invocations[-1].error) == "told to"


def test_a_function_without_a_url_can_not_be_called(cloud: LocalCloud) -> None:
    with pytest.raises(LookupError, match="Receive has no function URL"):
        cloud.call("Receive", {})


# -- Resources and the clock -------------------------------------------------------------------------------------------


def test_the_bus_has_its_policies(cloud: LocalCloud) -> None:
    policy = json.loads(cloud.client("events").describe_event_bus(Name="findings")["Policy"])
    assert {statement["Sid"] for statement in policy["Statement"]} == {"own-account", "guest"}


def test_a_managed_policy_is_known_by_its_arn(cloud: LocalCloud) -> None:
    arn = cloud.resources["CallOperate"]
    policy = cloud.client("iam").get_policy(PolicyArn=arn)["Policy"]
    assert policy["Arn"] == arn


def test_a_function_lets_its_rule_in(cloud: LocalCloud) -> None:
    policy = json.loads(cloud.client("lambda").get_policy(FunctionName=cloud.resources["Receive"])["Policy"])
    assert policy["Statement"][0]["Principal"] == {"Service": "events.amazonaws.com"}


def test_the_clock_is_the_real_one_until_it_is_set() -> None:
    unset = LocalCloud()
    assert abs(unset.now - datetime.now(UTC)) < timedelta(minutes=1)
    with pytest.raises(ValueError, match="time zone"):
        unset.now = datetime(2026, 3, 6)  # noqa: DTZ001


def test_a_tick_sets_the_clock(cloud: LocalCloud) -> None:
    cloud.tick(NOON + timedelta(hours=1))
    assert cloud.now == cloud.ses.now == NOON + timedelta(hours=1)
