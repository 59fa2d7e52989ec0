"""A served cloud answers over HTTP as AWS does. The requests are real, to a free port of this machine."""

import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from ses_reputation_local.cloud import Email, Invocation, LocalCloud
from ses_reputation_local.server import Clock, Server, address_of, listening, serving

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Globals:
  Function:
    CodeUri: function/
    Handler: handler.lambda_handler
    Runtime: python3.13
    Environment: {Variables: {TABLE: !Ref Table}}
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
  Queue: {Type: AWS::SQS::Queue}
  Topic: {Type: AWS::SNS::Topic}
  ToQueue:
    Type: AWS::SNS::Subscription
    Properties: {TopicArn: !Ref Topic, Protocol: sqs, Endpoint: !GetAtt Queue.Arn, RawMessageDelivery: true}
  ToReader:
    Type: AWS::SNS::Subscription
    Properties: {TopicArn: !Ref Topic, Protocol: email, Endpoint: reader@example.com}
  Keep:
    Type: AWS::Serverless::Function
    Properties:
      FunctionUrlConfig: {AuthType: AWS_IAM}
      Events:
        OnQueue: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn}}
        OnEvent: {Type: EventBridgeRule, Properties: {Pattern: {source: [detector]}}}
        OnSchedule:
          Type: ScheduleV2
          Properties: {ScheduleExpression: rate(1 hour), Input: '{"now": "<aws.scheduler.scheduled-time>"}'}
"""

# Keeps each event that it gets in the table, through boto3, as our functions do.
HANDLER = """
import boto3, json, os
def lambda_handler(event, context):
    order = json.loads(event["body"]) if "body" in event and event["body"].startswith("{") else event
    if "raise" in order:
        raise ValueError("told to")
    item = {"id": {"S": context.aws_request_id}, "event": {"S": json.dumps(event)}}
    boto3.client("dynamodb").put_item(TableName=os.environ["TABLE"], Item=item)
    return order.get("return", event)
"""

NOON = datetime(2026, 3, 6, 12, tzinfo=UTC)


@dataclass
class Served:
    """A cloud that is being served, and what it told of."""

    cloud: LocalCloud
    server: Server
    address: str
    emails: list[Email]
    failures: list[Invocation]

    def client(self, service: str, key: str = "ann") -> Any:
        """A client that is as far away as one in another process."""
        client: Any = boto3.client(  # type: ignore[call-overload]
            service,
            endpoint_url=self.address,
            aws_access_key_id=key,
            aws_secret_access_key=key,
            region_name=self.cloud.region,
            config=Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=20),
        )
        return client

    def kept(self) -> list[Any]:
        """The events that the function got."""
        items = self.client("dynamodb").scan(TableName=self.cloud.resources["Table"], ConsistentRead=True)["Items"]
        return [json.loads(item["event"]["S"]) for item in items]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("project")
    (folder / "function").mkdir()
    (folder / "function/handler.py").write_text(HANDLER)
    (folder / "template.yaml").write_text(TEMPLATE)
    emails: list[Email] = []
    failures: list[Invocation] = []
    with (
        listening("127.0.0.1", 0) as listener,
        LocalCloud(template=folder / "template.yaml", address=address_of(listener)) as cloud,
    ):
        server = Server(cloud, Clock(NOON, pace=0), on_email=emails.append, on_failure=failures.append)
        with serving(server, listener):
            yield Served(cloud, server, address_of(listener), emails, failures)


@pytest.fixture
def served(shared: Served) -> Served:
    """The shared cloud, with an empty table and nothing told."""
    dynamodb, table = shared.cloud.client("dynamodb"), shared.cloud.resources["Table"]
    for item in dynamodb.scan(TableName=table)["Items"]:
        dynamodb.delete_item(TableName=table, Key={"id": item["id"]})
    shared.emails.clear()
    shared.failures.clear()
    return shared


def test_a_client_finds_the_stack_and_its_tables(served: Served) -> None:
    stack = served.client("cloudformation").describe_stack_resources(StackName="ses-reputation")["StackResources"]
    assert {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in stack} == served.cloud.resources
    assert served.client("dynamodb").list_tables()["TableNames"] == [served.cloud.resources["Table"]]


def test_what_is_published_has_been_delivered_when_the_call_returns(served: Served) -> None:
    served.client("sns").publish(TopicArn=served.cloud.resources["Topic"], Message="hello", Subject="s")
    (event,) = served.kept()
    assert [record["body"] for record in event["Records"]] == ["hello"]
    assert [(email.to, email.subject, email.body) for email in served.emails] == [("reader@example.com", "s", "hello")]


def test_what_is_put_on_a_bus_has_been_delivered_when_the_call_returns(served: Served) -> None:
    entry = {"Source": "detector", "DetailType": "d", "Detail": '{"n": 1}'}
    assert served.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0
    (event,) = served.kept()
    assert (event["detail"], event["time"]) == ({"n": 1}, "2026-03-06T12:00:00Z")


def test_a_transaction_over_http_is_one_of_dynamodb(served: Served) -> None:
    put = {"Put": {"TableName": served.cloud.resources["Table"], "Item": {"id": {"S": "x"}, "event": {"S": "1"}}}}
    once = {"Put": {**put["Put"], "ConditionExpression": "attribute_not_exists(id)"}}
    for _ in range(2):
        served.client("dynamodb").transact_write_items(TransactItems=[once], ClientRequestToken="token")
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        served.client("dynamodb").transact_write_items(TransactItems=[once], ClientRequestToken="another")


def test_a_function_is_invoked_over_http(served: Served) -> None:
    name = served.cloud.resources["Keep"]
    response = served.client("lambda").invoke(FunctionName=name, Payload='{"return": [1]}')
    assert json.loads(response["Payload"].read()) == [1]
    assert served.client("lambda").invoke(FunctionName=name, InvocationType="Event")["StatusCode"] == 202
    assert len(served.kept()) == 2, "an asynchronous one has run as well"


def test_a_function_that_fails_is_told_of(served: Served) -> None:
    name = served.cloud.resources["Keep"]
    response = served.client("lambda").invoke(FunctionName=name, Payload='{"raise": 1}')
    assert response["FunctionError"] == "Unhandled"
    assert json.loads(response["Payload"].read())["errorMessage"] == "told to"
    assert [str(run.error) for run in served.failures] == ["told to"]


def test_a_tick_runs_schedules_at_the_time_of_the_clock(served: Served) -> None:
    served.server.tick()
    assert served.kept() == [{"now": "2026-03-06T12:00:00Z"}]


def test_ses_and_cloudwatch_tell_of_the_simulated_account(served: Served) -> None:
    served.cloud.ses.verify("shop.example")
    served.cloud.ses.count(NOON - timedelta(hours=1), sent=7)
    client = served.client
    assert client("sesv2").get_account()["EnforcementStatus"] == "HEALTHY"
    (identity,) = client("sesv2").list_email_identities(PageSize=10)["EmailIdentities"]
    assert (identity["IdentityName"], identity["VerificationStatus"]) == ("shop.example", "SUCCESS")
    (point,) = client("ses").get_send_statistics()["SendDataPoints"]
    assert (point["DeliveryAttempts"], point["Timestamp"]) == (7, NOON - timedelta(hours=1))
    (metric,) = client("cloudwatch").list_metrics(Namespace="AWS/SES")["Metrics"]
    assert metric["MetricName"] == "Send"
    query: Any = {"Id": "s", "MetricStat": {"Metric": {**metric, "Dimensions": []}, "Period": 3600, "Stat": "Sum"}}
    (result,) = client("cloudwatch").get_metric_data(
        MetricDataQueries=[query], StartTime=NOON - timedelta(hours=2), EndTime=NOON
    )["MetricDataResults"]
    assert (result["Values"], result["Timestamps"]) == ([7], [NOON - timedelta(hours=1)])
    assert client("cloudwatch").list_metrics(Namespace="Other")["Metrics"] == [], "which moto answers"


@pytest.mark.parametrize(
    ("service", "operation"), [("sesv2", "get_account"), ("ses", "get_send_statistics"), ("cloudwatch", "list_metrics")]
)
def test_ses_refuses_what_it_is_told_to_refuse(served: Served, service: str, operation: str) -> None:
    name = "".join(word.capitalize() for word in operation.split("_"))
    options = {"Namespace": "AWS/SES"} if service == "cloudwatch" else {}
    served.cloud.ses.fail(name, "AccessDenied")
    try:
        with pytest.raises(ClientError) as refused:
            getattr(served.client(service), operation)(**options)
    finally:
        served.cloud.ses.fail(name, "")
    assert refused.value.response["Error"]["Code"] == "AccessDenied"


# -- Function URLs -----------------------------------------------------------------------------------------------------


def url_of(served: Served) -> str:
    configuration = served.client("lambda").get_function_url_config(FunctionName=served.cloud.resources["Keep"])
    url: str = configuration["FunctionUrl"]
    return url


def post(served: Served, url: str, body: object, *, key: str | None = "ann") -> tuple[http.client.HTTPResponse, bytes]:
    """Post a body as JSON, signed with this key if there is one."""
    request = AWSRequest("POST", url, data=json.dumps(body), headers={"content-type": "application/json"})
    if key:
        SigV4Auth(Credentials(key, "any"), "lambda", served.cloud.region).add_auth(request)
    connection = http.client.HTTPConnection(urlsplit(served.address).netloc, timeout=20)
    try:
        target = url.removeprefix(served.address)
        connection.request("POST", target, body=json.dumps(body), headers=dict(request.headers.items()))
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def test_a_function_url_leads_to_the_function_with_the_signature_s_key_as_the_caller(served: Served) -> None:
    url = url_of(served)
    assert url.startswith(f"{served.address}/")
    response, body = post(served, f"{url}reviews?a=1", {"n": 1}, key="AKIAIOSFODNN7EXAMPLE")
    assert (response.status, response.getheader("content-type")) == (200, "application/json")
    event = json.loads(body)
    assert (event["rawPath"], event["rawQueryString"], event["body"]) == ("/reviews", "a=1", '{"n": 1}')
    assert event["requestContext"]["timeEpoch"] == int(NOON.timestamp()) * 1000
    caller = event["requestContext"]["authorizer"]["iam"]
    assert caller["userArn"] == "arn:aws:iam::123456789012:user/AKIAIOSFODNN7EXAMPLE"
    assert caller["accessKey"] == "AKIAIOSFODNN7EXAMPLE"


def test_a_function_s_response_is_sent_as_it_says(served: Served) -> None:
    told = {"statusCode": 409, "headers": {"X-Why": "stale"}, "body": '{"no": 1}', "cookies": ["a=1", "b=2"]}
    response, body = post(served, url_of(served), {"return": told})
    assert (response.status, response.getheader("x-why"), body) == (409, "stale", b'{"no": 1}')
    assert response.headers.get_all("set-cookie") == ["a=1", "b=2"]


def test_a_request_that_nobody_signed_is_forbidden(served: Served) -> None:
    response, body = post(served, url_of(served), {"n": 1}, key=None)
    assert (response.status, response.getheader("x-amzn-ErrorType")) == (403, "AccessDeniedException")
    assert json.loads(body)["Message"].startswith("Forbidden")
    assert served.kept() == []


def test_a_url_of_no_function_is_not_found(served: Served) -> None:
    assert post(served, f"{served.address}/function-url/nobody/", {})[0].status == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "rebound.example:4588"}, 403),
        ({"Host": "localhost:4588"}, 200),
        ({"Host": "localhost:4588", "Origin": "http://localhost:4588"}, 200),
    ],
    ids=["another origin", "no origin", "a name that leads here", "this machine", "a page from here"],
)
def test_a_web_page_from_elsewhere_reads_nothing(served: Served, headers: dict[str, str], status: int) -> None:
    url = url_of(served)
    signed = {"Authorization": "AWS4-HMAC-SHA256 Credential=page/20260306/eu-west-1/lambda/aws4_request"}
    connection = http.client.HTTPConnection(urlsplit(served.address).netloc, timeout=20)
    connection.request("GET", url.removeprefix(served.address), headers={**signed, **headers})
    assert connection.getresponse().status == status
    connection.close()


# -- The clock and the socket ------------------------------------------------------------------------------------------


def test_the_clock_goes_on_from_its_start_at_its_pace() -> None:
    clock = Clock(NOON, pace=1_000_000)
    first = clock.now()
    assert NOON < first < clock.now() < NOON + timedelta(days=365)
    assert abs(Clock().now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_port_that_is_taken_can_not_be_listened_at() -> None:
    with listening("127.0.0.1", 0) as listener, pytest.raises(OSError, match="in use"):
        listening("127.0.0.1", listener.getsockname()[1])


def test_the_address_of_ipv6_is_in_brackets() -> None:
    try:
        listener = listening("::1", 0)
    except OSError:
        pytest.skip("this machine has no IPv6")
    with listener:
        assert address_of(listener).startswith("http://[::1]:")
