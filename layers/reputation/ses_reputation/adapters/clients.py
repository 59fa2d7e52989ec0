"""boto3 clients, as every adapter wants them.

They are made by botocore, as boto3 makes them: importing boto3 itself would take another 29 ms of CPU at every cold
start (of 217 ms until there is a client of DynamoDB), for transfers to S3 and resources, which nothing here uses.
"""

from collections.abc import Callable, Mapping
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import urlsplit

import msgspec
from botocore import __version__
from botocore.config import Config
from botocore.session import Session, get_session
from botocore.utils import is_valid_uri

from ses_reputation.adapters.service_models import QuickLoader

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_scheduler import EventBridgeSchedulerClient
    from mypy_boto3_ses import SESClient
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

if TYPE_CHECKING:
    from boto3 import client as _client  # by its stubs, mypy knows which client it is that a service has
else:

    def _client(service, region_name=None, *, config):
        return session().create_client(service, region_name=region_name, config=config)


T = TypeVar("T")

# Short timeouts and few retries: what still fails comes again through the queue or the schedule. The adapters' requests
# are covered by tests, so that boto3 need not check the shape of every one: that costs more than sending it. Nor need
# it compose who calls anew for each request, twice, which is a fifth of what a small one costs (250 us).
_CONFIG = Config(
    user_agent=f"ses-reputation Botocore/{__version__}",
    connect_timeout=3,
    read_timeout=10,
    retries={"mode": "standard", "max_attempts": 4},
    parameter_validation=False,
)

# A function must not be killed over a call that hangs: it would say nothing, and set nothing apart. The shortest
# Timeout is 30 s, and no call of these takes longer than 27 s, with all its attempts and the waits between them.
_IN_TIME = _CONFIG.merge(
    Config(connect_timeout=2, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 4})
)

# The services that watch_ses asks one after another: a call that hangs must leave it time for the others, so none takes
# longer than 45 s, with all its attempts and the waits between them.
#
# SES takes one request a second in each region, whoever asks: what it refuses is asked again for up to 15 s. CloudWatch
# seldom refuses, but may think longer about hundreds of metrics.
# https://docs.aws.amazon.com/ses/latest/dg/quotas.html
_SES = _CONFIG.merge(Config(connect_timeout=2, read_timeout=4, retries={"mode": "standard", "total_max_attempts": 5}))
# Where a queue tries again, a call need not be tried for so long: enforce_status makes three of them within its 90 s.
_SES_SWITCHES = _SES.merge(Config(retries={"mode": "standard", "total_max_attempts": 3}))
_CLOUDWATCH = _CONFIG.merge(Config(retries={"mode": "standard", "total_max_attempts": 3}))


@cache
def session() -> Session:
    """What all clients share, so that what the first has read of botocore's files need not be read for the next."""
    made = get_session()
    made.register_component("data_loader", QuickLoader())
    return made


def when_needed(make: Callable[[], T]) -> T:
    """A client that is made when it is first called: another service takes 15 ms of CPU at a cold start and more.

    It is for what most invocations do not need: there is seldom something to set apart, or an alert to send.
    """
    client: Any = _WhenNeeded(make)
    made: T = client
    return made


class _WhenNeeded(Generic[T]):
    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make

    @cached_property
    def _client(self) -> T:
        return self._make()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


def unusable_endpoint(environment: Mapping[str, str]) -> str | None:
    """The name of a variable that gives the services, or one of them, an endpoint to which nothing can be sent.

    boto3 would say so late, not of which, and by errors that are none of its own.
    https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
    """
    given = ((name, value) for name, value in environment.items() if name.startswith("AWS_ENDPOINT_URL") and value)
    return next((name for name, value in given if not _is_endpoint(value)), None)


def unusable_profile_endpoint() -> str | None:
    """What is wrong with an endpoint that the profile in use gives the services, or one of them; None if nothing is.

    https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
    """
    session = get_session()
    if session.get_config_variable("ignore_configured_endpoint_urls"):
        return None
    profile = session.get_scoped_config()
    section = profile.get("services")
    services = session.full_config.get("services", {}).get(section, {})
    given = {"the endpoint_url of your profile": profile.get("endpoint_url")}
    for service, settings in services.items():
        if isinstance(settings, dict):
            given[f"the endpoint_url of {service} in [services {section}]"] = settings.get("endpoint_url")
    wrong = ((name, url) for name, url in given.items() if url and not (isinstance(url, str) and _is_endpoint(url)))
    return next((f"{name} is no URL such as http://127.0.0.1:4566: {url!r}" for name, url in wrong), None)


def _is_endpoint(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and parts.port != 0 and bool(is_valid_uri(url))
    except ValueError:  # the port is no number, or too high, or a bracket is not closed
        return False


# DynamoDB's JSON is, word for word, what its client is given. boto3 goes through it value by value all the same, once
# to serialise it, and once more for names of tables that are ARNs, of which there are none here: together 23 of the
# 32 us that a receipt costs in a transaction of a hundred. So its JSON is written at one go, when boto3 has put the
# token of the transaction in; boto3 is left empty parameters, and the JSON takes the place of what it makes of them.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html
# https://docs.aws.amazon.com/boto3/latest/guide/events.html
_AT_ONE_GO = frozenset({"TransactWriteItems", "BatchWriteItem"})
_JSON = f"{__name__}.json"


def _write_json(params: dict[str, Any], model: Any, context: dict[str, Any], **_: object) -> None:
    if model.name in _AT_ONE_GO:
        context[_JSON] = msgspec.json.encode(params)
        params.update({name: type(value)() for name, value in params.items()})


def _use_json(params: dict[str, Any], context: Mapping[str, Any], **_: object) -> None:
    params["body"] = context[_JSON]


def cloudformation(region: str | None = None) -> "CloudFormationClient":
    """A CloudFormation client in this region, or that of the environment."""
    return _client("cloudformation", region_name=region, config=_CONFIG)


def cloudwatch(region: str | None = None) -> "CloudWatchClient":
    """A CloudWatch client in this region, or that of the environment."""
    return _client("cloudwatch", region_name=region, config=_CLOUDWATCH)


def dynamodb(region: str | None = None) -> "DynamoDBClient":
    """A DynamoDB client in this region, or that of the environment."""
    client = _client("dynamodb", region_name=region, config=_IN_TIME)
    # boto3 puts the token in where it handles this event of any service, and what is more specific comes before that.
    client.meta.events.register_last("before-parameter-build", _write_json)
    for operation in _AT_ONE_GO:
        client.meta.events.register_first(f"before-call.dynamodb.{operation}", _use_json)
    return client


def events(region: str | None = None) -> "EventBridgeClient":
    """An EventBridge client in this region, or that of the environment."""
    return _client("events", region_name=region, config=_IN_TIME)


def lambda_(region: str | None = None) -> "LambdaClient":
    """A Lambda client in this region, or that of the environment."""
    return _client("lambda", region_name=region, config=_CONFIG)


def secretsmanager(region: str | None = None) -> Any:
    """A Secrets Manager client in this region, or that of the environment. There are no stubs of it here."""
    make: Any = _client
    return make("secretsmanager", region_name=region, config=_IN_TIME)


def ses(region: str | None = None) -> "SESClient":
    """A client of SES's first API in this region, or that of the environment."""
    return _client("ses", region_name=region, config=_SES)


def sesv2(region: str | None = None) -> "SESV2Client":
    """A client of SES's second API in this region, or that of the environment."""
    return _client("sesv2", region_name=region, config=_SES)


def scheduler(region: str | None = None) -> "EventBridgeSchedulerClient":
    """An EventBridge Scheduler client in this region, or that of the environment."""
    return _client("scheduler", region_name=region, config=_CONFIG)


def sesv2_switches() -> "SESV2Client":
    """A client of SES's second API in the region of the environment that gives up sooner: in 22 s, at worst."""
    return _client("sesv2", config=_SES_SWITCHES)


def sns(region: str | None = None) -> "SNSClient":
    """An SNS client in this region, or that of the environment."""
    return _client("sns", region_name=region, config=_IN_TIME)


def sqs(region: str | None = None) -> "SQSClient":
    """An SQS client in this region, or that of the environment."""
    return _client("sqs", region_name=region, config=_IN_TIME)


def sts(region: str | None = None) -> Any:
    """An STS client in this region, or that of the environment."""
    return _client("sts", region_name=region, config=_CONFIG)
