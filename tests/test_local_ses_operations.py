"""Every operation of SES that the local cloud answers is one of botocore's model, in this process and over HTTP."""

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.model import OperationModel
from botocore.validate import validate_parameters
from moto.core.botocore_stubber import MockRawResponse
from werkzeug.test import Client

from ses_reputation_local.cloud import LocalCloud
from ses_reputation_local.request_shapes import WrongRequest, check_request
from ses_reputation_local.server import Clock, Server
from ses_reputation_local.ses_calls import ANSWERS
from ses_reputation_local.ses_operations import CHANGES, Operation

NOON = datetime(2026, 3, 6, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)

SERVICES: Mapping[Operation, str] = {Operation(operation): service for service, operation in ANSWERS}

NEWS = {"ConfigurationSetName": "news"}
IDENTITY = {"Identity": "shop.example"}
ADDRESS = {"EmailAddress": "Ann+tag@mailbox.example"}
BOUNCES = {**IDENTITY, "NotificationType": "Bounce"}
METRIC = {"Namespace": "AWS/SES", "MetricName": "Send", "Dimensions": []}
SPAN = {"StartTime": NOON - HOUR, "EndTime": NOON + HOUR}
VDM = {"Id": "q", "Namespace": "VDM", "Metric": "DELIVERY", "StartDate": NOON - 24 * HOUR, "EndDate": NOON}


def destination(topic: str) -> dict[str, Any]:
    return {"Enabled": True, "MatchingEventTypes": ["SEND", "BOUNCE"], "SnsDestination": {"TopicArn": topic}}


def requests(cloud: LocalCloud) -> Mapping[Operation, Mapping[str, Any]]:
    """A request for each operation, which has an effect or a full answer."""
    topic, tenant = cloud.resources["Topic"], cloud.ses.tenants["shop-7"]
    entity = {"ReputationEntityType": "RESOURCE", "ReputationEntityReference": tenant.arn}
    mine = {**NEWS, "EventDestinationName": "mine"}
    content = {"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}}
    return {
        Operation.LIST_EMAIL_IDENTITIES: {"PageSize": 10},
        Operation.LIST_CONFIGURATION_SETS: {"PageSize": 10},
        Operation.GET_ACCOUNT: {},
        Operation.BATCH_GET_METRIC_DATA: {"Queries": [VDM]},
        Operation.GET_SEND_STATISTICS: {},
        Operation.LIST_METRICS: {"Namespace": "AWS/SES"},
        Operation.GET_METRIC_DATA: {
            "MetricDataQueries": [{"Id": "q", "MetricStat": {"Metric": METRIC, "Period": 3600, "Stat": "Sum"}}],
            **SPAN,
        },
        Operation.PUT_ACCOUNT_SENDING_ATTRIBUTES: {"SendingEnabled": False},
        Operation.CREATE_CONFIGURATION_SET: {
            "ConfigurationSetName": "new",
            "SendingOptions": {"SendingEnabled": False},
            "SuppressionOptions": {"SuppressedReasons": ["BOUNCE"]},
        },
        Operation.GET_CONFIGURATION_SET: NEWS,
        Operation.DELETE_CONFIGURATION_SET: NEWS,
        Operation.PUT_CONFIGURATION_SET_SENDING_OPTIONS: {**NEWS, "SendingEnabled": False},
        Operation.PUT_CONFIGURATION_SET_REPUTATION_OPTIONS: {**NEWS, "ReputationMetricsEnabled": True},
        Operation.CREATE_TENANT: {"TenantName": "shop-8", "SuppressionAttributes": {"SuppressionScope": "TENANT"}},
        Operation.GET_TENANT: {"TenantName": "shop-7"},
        Operation.LIST_TENANTS: {"Filter": {"TENANT_NAME_CONTAINS": "shop"}, "PageSize": 5},
        Operation.GET_REPUTATION_ENTITY: entity,
        Operation.LIST_REPUTATION_ENTITIES: {"Filter": {"SENDING_STATUS": "DISABLED"}},
        Operation.UPDATE_REPUTATION_ENTITY_CUSTOMER_MANAGED_STATUS: {**entity, "SendingStatus": "DISABLED"},
        Operation.PUT_SUPPRESSED_DESTINATION: {"EmailAddress": "bob@mailbox.example", "Reason": "BOUNCE"},
        Operation.GET_SUPPRESSED_DESTINATION: ADDRESS,
        Operation.DELETE_SUPPRESSED_DESTINATION: ADDRESS,
        Operation.LIST_SUPPRESSED_DESTINATIONS: {
            "Reasons": ["BOUNCE", "COMPLAINT"],
            "StartDate": NOON - HOUR,
            "PageSize": 5,
        },
        Operation.PUT_ACCOUNT_SUPPRESSION_ATTRIBUTES: {"SuppressedReasons": ["BOUNCE"]},
        Operation.PUT_CONFIGURATION_SET_SUPPRESSION_OPTIONS: {**NEWS, "SuppressedReasons": ["COMPLAINT"]},
        Operation.PUT_TENANT_SUPPRESSION_ATTRIBUTES: {"TenantName": "shop-7", "SuppressionScope": "TENANT"},
        Operation.CREATE_CONFIGURATION_SET_EVENT_DESTINATION: {
            **NEWS,
            "EventDestinationName": "new",
            "EventDestination": destination(topic),
        },
        Operation.UPDATE_CONFIGURATION_SET_EVENT_DESTINATION: {**mine, "EventDestination": destination(topic)},
        Operation.DELETE_CONFIGURATION_SET_EVENT_DESTINATION: mine,
        Operation.GET_CONFIGURATION_SET_EVENT_DESTINATIONS: NEWS,
        Operation.GET_IDENTITY_NOTIFICATION_ATTRIBUTES: {"Identities": ["shop.example"]},
        Operation.SET_IDENTITY_NOTIFICATION_TOPIC: {**BOUNCES, "SnsTopic": topic},
        Operation.SET_IDENTITY_HEADERS_IN_NOTIFICATIONS_ENABLED: {**BOUNCES, "Enabled": True},
        Operation.SET_IDENTITY_FEEDBACK_FORWARDING_ENABLED: {**IDENTITY, "ForwardingEnabled": False},
        Operation.SEND_EMAIL: {
            "FromEmailAddress": "orders@shop.example",
            "Destination": {"ToAddresses": ["ann@mailbox.example"]},
            "Content": content,
            **NEWS,
        },
    }


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("project") / "template.yaml"
    path.write_text("Resources: {Topic: {Type: AWS::SNS::Topic}}")
    return path


@pytest.fixture(scope="module")
def shared(template: Path) -> Iterator[LocalCloud]:
    with LocalCloud(template=template) as cloud:
        cloud.now = NOON
        yield cloud


@pytest.fixture
def cloud(shared: LocalCloud) -> Iterator[LocalCloud]:
    """The shared cloud with an account that has one of everything, and no memory of the tests before."""
    ses = shared.ses
    before = copy.deepcopy(vars(ses))
    ses.vdm_enabled = True
    ses.verify("shop.example")
    ses.count(NOON - HOUR / 2, configuration_set="news", sent=3, bounced=2, complained=1)
    ses.publish_vdm((NOON - 24 * HOUR).date(), delivered=3, with_feedback_loop=2)
    ses.configuration_sets["news"].destinations["mine"] = destination(shared.resources["Topic"])
    ses.configuration_sets["news"].suppression = {"SuppressedReasons": []}
    ses.configuration_sets["news"].last_fresh_start = NOON
    ses.add_tenant("shop-7").impact = "LOW"
    ses.enforce_tenant("shop-7")
    ses.suppressed.put("Ann+tag@mailbox.example", "COMPLAINT", NOON, message_id="m-1", feedback_id="f-1")
    ses.notifications_of("shop.example").topics = dict.fromkeys(
        ("Bounce", "Complaint", "Delivery"), shared.resources["Topic"]
    )
    yield shared
    vars(ses).update(before)


@cache
def client(service: str) -> Any:
    """A client that checks nothing, as those of our functions."""
    config = Config(parameter_validation=False, retries={"total_max_attempts": 1})
    return boto3.client(service, region_name="eu-west-1", config=config)  # type: ignore[call-overload]


def model(operation: Operation) -> OperationModel:
    found: OperationModel = client(SERVICES[operation]).meta.service_model.operation_model(operation)
    return found


def ask(operation: Operation, parameters: Mapping[str, Any], of: Callable[[str], Any] = client) -> dict[str, Any]:
    answer: dict[str, Any] = of(SERVICES[operation])._make_api_call(operation, parameters)
    del answer["ResponseMetadata"]
    return answer


def test_each_operation_has_a_request_here(cloud: LocalCloud) -> None:
    assert {*requests(cloud)} == {*SERVICES} == {*Operation}


@pytest.mark.parametrize("operation", Operation)
def test_an_answer_has_the_shape_of_the_service_s_model(cloud: LocalCloud, operation: Operation) -> None:
    answer = ask(operation, requests(cloud)[operation])
    shape = model(operation).output_shape
    assert answer or not shape or not shape.members
    if shape:
        validate_parameters(answer, shape)


@pytest.mark.parametrize("operation", Operation)
def test_a_call_is_remembered_if_it_changes_something(cloud: LocalCloud, operation: Operation) -> None:
    parameters = requests(cloud)[operation]
    ask(operation, parameters)
    assert cloud.ses.calls == ([(operation, parameters, NOON)] if operation in CHANGES else [])
    assert (operation in CHANGES) is operation.startswith(("Put", "Create", "Delete", "Update", "Set"))


@pytest.mark.parametrize("operation", Operation)
def test_an_operation_that_was_told_to_fail_does_so_until_it_is_told_not_to(
    cloud: LocalCloud, operation: Operation
) -> None:
    cloud.ses.fail(operation, "TooManyRequestsException")
    with pytest.raises(ClientError) as raised:
        ask(operation, requests(cloud)[operation])
    assert raised.value.response["Error"]["Code"] == "TooManyRequestsException"
    assert raised.value.operation_name == operation
    assert (cloud.ses.calls, cloud.ses.sent) == ([], [])
    cloud.ses.fail(operation, "")
    ask(operation, requests(cloud)[operation])


def test_what_moto_knows_of_ses_does_not_stand_beside_the_account(cloud: LocalCloud) -> None:
    with pytest.raises(NotImplementedError, match="the local cloud's SES has no ListIdentities"):
        client("ses").list_identities()
    with pytest.raises(NotImplementedError, match="CreateEmailIdentity"):
        client("sesv2").create_email_identity(EmailIdentity="new.example")


# -- Wrong requests ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", Operation)
def test_a_name_that_the_model_does_not_have_fails_the_test(cloud: LocalCloud, operation: Operation) -> None:
    for wrong in ("SendingEnable", "tenantName"):
        with pytest.raises(WrongRequest, match=f'{operation}: .*"?{wrong}'):
            ask(operation, {**requests(cloud)[operation], wrong: True})
    assert (cloud.ses.calls, cloud.ses.sent) == ([], [])


@pytest.mark.parametrize(
    ("operation", "changes", "problem"),
    [
        (Operation.PUT_ACCOUNT_SENDING_ATTRIBUTES, {"SendingEnabled": "false"}, "Invalid type.*SendingEnabled"),
        (Operation.GET_TENANT, {"TenantName": ""}, "Invalid length.*TenantName"),
        (Operation.PUT_SUPPRESSED_DESTINATION, {"Reason": "SPAM"}, "Reason: 'SPAM' is none of BOUNCE, COMPLAINT"),
        (
            Operation.UPDATE_REPUTATION_ENTITY_CUSTOMER_MANAGED_STATUS,
            {"SendingStatus": "PAUSED"},
            "'PAUSED' is none of ENABLED, REINSTATED, DISABLED",
        ),
        (Operation.LIST_TENANTS, {"Filter": {"NAME": "shop"}}, "a key of Filter: 'NAME' is none of"),
        (
            Operation.CREATE_CONFIGURATION_SET_EVENT_DESTINATION,
            {"EventDestination": {"MatchingEventTypes": ["BOUNCE", "Bounce"]}},
            r"MatchingEventTypes\[1\]: 'Bounce' is none of",
        ),
        (
            Operation.CREATE_CONFIGURATION_SET_EVENT_DESTINATION,
            {"EventDestination": {"SNSDestination": {"TopicARN": "t"}}},
            "SNSDestination",
        ),
        (
            Operation.LIST_REPUTATION_ENTITIES,
            {"Filter": {"ENTITY_REFERENCE_PREFIX": "x" * 513}},
            "Filter.ENTITY_REFERENCE_PREFIX: 513, valid max length: 512",
        ),
        (
            Operation.CREATE_CONFIGURATION_SET,
            {"DeliveryOptions": {"MaxDeliverySeconds": 50401}},
            "MaxDeliverySeconds: 50401, valid max value: 50400",
        ),
        (
            Operation.CREATE_CONFIGURATION_SET,
            {"ArchivingOptions": {"ArchiveArn": "arn:aws:s3:::archive-of-mine"}},
            "ArchiveArn: .* does not match",
        ),
    ],
)
def test_a_value_that_the_model_does_not_have_fails_the_test(
    cloud: LocalCloud, operation: Operation, changes: Mapping[str, Any], problem: str
) -> None:
    with pytest.raises(WrongRequest, match=problem):
        ask(operation, {**requests(cloud)[operation], **changes})


def test_a_pattern_is_of_the_whole_value(cloud: LocalCloud) -> None:
    arn = f"arn:aws:ses:eu-west-1:123456789012:mailmanager-archive/a-{'0' * 24}"
    for archive, problem in {f"{arn}\n": "does not match", f" {arn}": "does not match"}.items():
        with pytest.raises(WrongRequest, match=problem):
            check_request(
                model(Operation.CREATE_CONFIGURATION_SET), {**NEWS, "ArchivingOptions": {"ArchiveArn": archive}}
            )
    check_request(model(Operation.CREATE_CONFIGURATION_SET), {**NEWS, "ArchivingOptions": {"ArchiveArn": arn}})


def test_a_required_parameter_is_missed(cloud: LocalCloud) -> None:
    with pytest.raises(WrongRequest, match='PutSuppressedDestination: Missing required parameter in input: "Reason"'):
        client("sesv2").put_suppressed_destination(EmailAddress="ann@mailbox.example")


def test_nothing_that_catches_failures_of_aws_catches_a_wrong_request() -> None:
    assert not issubclass(WrongRequest, Exception)


# -- Over HTTP ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def far(cloud: LocalCloud) -> Callable[[str], Any]:
    """What makes a client for which the cloud is on another machine."""
    server = Client(Server(cloud, Clock(NOON, pace=0)))

    def send(request: Any, **_: Any) -> AWSResponse:
        url = request.url.removeprefix("http://cloud.test") or "/"
        signed = {
            name: value.decode() if isinstance(value, bytes) else value for name, value in request.headers.items()
        }
        response = server.open(
            url, base_url="http://localhost", method=request.method, headers=signed, data=request.body
        )
        headers: Any = dict(response.headers)
        return AWSResponse(request.url, response.status_code, headers, MockRawResponse(response.data))

    def client_of(service: str) -> Any:
        made = far_client(service)
        made.meta.events.register_first("before-send", send, unique_id="send")
        return made

    return client_of


def far_client(service: str) -> Any:
    config = Config(parameter_validation=False, retries={"total_max_attempts": 1})
    return boto3.client(service, endpoint_url="http://cloud.test", region_name="eu-west-1", config=config)  # type: ignore[call-overload]


@pytest.mark.parametrize("operation", Operation)
def test_an_answer_over_http_is_the_same(cloud: LocalCloud, far: Callable[[str], Any], operation: Operation) -> None:
    parameters = requests(cloud)[operation]
    over_http = ask(operation, parameters, far)
    calls = [call.operation for call in cloud.ses.calls]
    if operation in CHANGES:
        assert calls == [operation]
    elif operation is not Operation.SEND_EMAIL:
        assert over_http == ask(operation, parameters)
    assert len(cloud.ses.sent) == (operation is Operation.SEND_EMAIL)


@pytest.mark.parametrize("operation", [o for o in Operation if SERVICES[o] != "cloudwatch"])
def test_a_name_that_the_model_does_not_have_is_refused_over_http(
    cloud: LocalCloud, operation: Operation, far: Callable[[str], Any]
) -> None:
    sesv2 = far(SERVICES[operation])

    def misspell(request: Any, **_: Any) -> None:
        if isinstance(request.data, dict):
            request.data = {**request.data, "SendingEnable": "false"}
        elif request.method == "GET" or not request.data:
            request.url += f"{'&' if '?' in request.url else '?'}SendingEnable=false"
        else:
            request.data = json.dumps({**json.loads(request.data), "SendingEnable": False})

    sesv2.meta.events.register("before-sign", misspell)
    with pytest.raises(ClientError, match=r"ValidationException.*SendingEnable") as raised:
        sesv2._make_api_call(operation, requests(cloud)[operation])
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert (cloud.ses.calls, cloud.ses.sent) == ([], [])


def test_an_unknown_name_within_a_parameter_is_refused_over_http(cloud: LocalCloud, far: Callable[[str], Any]) -> None:
    sesv2 = far("sesv2")

    def misspell(request: Any, **_: Any) -> None:
        request.data = request.data.replace(b"SuppressedReasons", b"SuppressedReason")

    sesv2.meta.events.register("before-sign", misspell)
    with pytest.raises(ClientError, match=r"ValidationException.*SuppressionOptions\.SuppressedReason\b"):
        sesv2._make_api_call(Operation.CREATE_CONFIGURATION_SET, requests(cloud)[Operation.CREATE_CONFIGURATION_SET])


def test_errors_have_their_status_over_http(cloud: LocalCloud, far: Callable[[str], Any]) -> None:
    sesv2 = far("sesv2")
    for code, status in {
        "TooManyRequestsException": 429,
        "AccessDeniedException": 403,
        "InternalServiceError": 500,
        "BadRequestException": 400,
    }.items():
        cloud.ses.fail("GetAccount", code, times=1)
        with pytest.raises(ClientError) as raised:
            sesv2.get_account()
        assert raised.value.response["Error"]["Code"] == code
        assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    with pytest.raises(sesv2.exceptions.NotFoundException):
        sesv2.get_tenant(TenantName="shop-9")


def test_what_the_account_can_not_answer_is_not_implemented_over_http(
    cloud: LocalCloud, far: Callable[[str], Any]
) -> None:
    sesv2 = far("sesv2")
    for ask_it in (
        lambda: sesv2.create_email_identity(EmailIdentity="new.example"),
        far("ses").list_identities,
        lambda: sesv2.list_email_identities(Filter={"IDENTITY_TYPE": "DOMAIN"}),
        lambda: sesv2.send_email(Content={"Raw": {"Data": b"Subject: s"}}),
    ):
        with pytest.raises(ClientError, match="NotImplemented") as raised:
            ask_it()
        assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert cloud.ses.sent == []


def test_what_times_out_is_a_gateway_s_time_out_over_http(cloud: LocalCloud, far: Callable[[str], Any]) -> None:
    cloud.ses.time_out("PutAccountSendingAttributes", carried_out=True, times=1)
    with pytest.raises(ClientError, match="504"):
        far("sesv2").put_account_sending_attributes(SendingEnabled=False)
    assert cloud.ses.sending_enabled is False
    cloud.ses.time_out("GetSendStatistics", carried_out=False, times=1)
    with pytest.raises(ClientError, match="504"):
        far("ses").get_send_statistics()
