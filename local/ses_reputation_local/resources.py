"""Creates every resource of a template in moto, or says which one it could not create.

moto 5.2.5 leaves out resource types that it does not know and still reports CREATE_COMPLETE, drops the expiry and the
backups of a table, and would run functions in Docker. The types in CREATORS are made here, all others by moto.
"""

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, Final
from unittest.mock import patch

from moto.awslambda.models import EventSourceMapping, LambdaFunction, LayerVersion, Permission, lambda_backends
from moto.cloudwatch.models import Dimension, Metric, MetricDataQuery, MetricStat, cloudwatch_backends
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.table import Table
from moto.events.models import EventBus, Rule, events_backends
from moto.iam.models import ManagedPolicy
from moto.scheduler.models import scheduler_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from ses_reputation_local.environment import no_other_aws
from ses_reputation_local.quick_start import quick_regions
from ses_reputation_local.template import Template

# This imports all of moto's services, among them EC2, which lists its regions at import, with a session of boto3 that
# would not start in a shell whose AWS_PROFILE is unknown.
with no_other_aws("us-east-1"), quick_regions():
    from moto.cloudformation import parsing
    from moto.cloudformation.models import Stack, cloudformation_backends

STACK_NAME: Final = "ses-reputation"
EVENT_SOURCE_MAPPING: Final = "AWS::Lambda::EventSourceMapping"

FUNCTION_URL_PATH: Final = "/function-url/"
"""Where the function URLs of a cloud that is served over HTTP are, each with the function's name behind it."""


class ResourceError(Exception):
    """A resource of the template that the local cloud can't create."""


@dataclass
class Resource:
    """A resource that moto has no model for. moto sets the names by which it lists it."""

    physical_resource_id: str
    properties: Mapping[str, Any]
    attributes: Mapping[str, str] = field(default_factory=dict)
    logical_resource_id: str = ""
    cf_resource_type: str = ""

    def is_created(self) -> bool:
        """Whether moto may go on."""
        return True

    @staticmethod
    def has_cfn_attr(_name: str) -> bool:
        """Whether there may be an attribute of this name."""
        return True

    def get_cfn_attribute(self, name: str) -> str:
        """The value of Fn::GetAtt."""
        return self.attributes[name]


@dataclass(frozen=True)
class Request:
    """What CloudFormation asks for: a name that is free, and properties in which nothing is left to resolve.

    `address` is where function URLs begin if the cloud is served over HTTP.
    """

    name: str
    properties: Mapping[str, Any]
    account: str
    region: str
    address: str | None

    def to_moto(self, model: Any, **properties: Any) -> Any:
        """Let moto's model create it, with some properties replaced."""
        declared = {"Properties": {**self.properties, **properties}}
        return model.create_from_cloudformation_json(self.name, declared, self.account, self.region)


def create_stack(
    template: Template, account: str, region: str, address: str | None, name: str = STACK_NAME
) -> Mapping[str, Any]:
    """Create a stack of this name, and return moto's model, or a Resource, for every logical id whose condition holds.

    Function URLs begin with `address` if it is given. Raises ResourceError, naming logical id and type, if one of them
    was not created.
    """
    backend = cloudformation_backends[account][region]
    with _our_types(address):
        stack = backend.create_stack(name, json.dumps(template.body), dict(template.parameters))
    resources: Any = stack.resource_map
    created: dict[str, Any] = {}
    for logical_id, declared in template.body["Resources"].items():
        if "Condition" in declared and not resources.lazy_condition_map[declared["Condition"]]:
            # moto would list it, as a resource without a name or a type.
            del resources._resource_json_map[logical_id]
        else:
            created[logical_id] = resources[logical_id]
    outputs: Any = stack.output_map
    for logical_id, declared in template.body.get("Outputs", {}).items():
        if "Condition" in declared and not resources.lazy_condition_map[declared["Condition"]]:
            # moto would export it.
            del outputs._output_json_map[logical_id]
    return created


# -- The types that moto lacks, or creates otherwise than AWS does -----------------------------------------------------


def _subscription(request: Request) -> Resource:
    properties = request.properties
    backend = sns_backends[request.account][request.region]
    subscription = backend.subscribe(properties["TopicArn"], properties["Endpoint"], properties["Protocol"])
    # The scope goes first: moto reads the policy by it.
    for name in ("FilterPolicyScope", "FilterPolicy", "RedrivePolicy", "DeliveryPolicy"):
        if name in properties:
            backend.set_subscription_attributes(subscription.arn, name, _as_json(properties[name]))
    if _as_bool(properties.get("RawMessageDelivery", False)):
        backend.set_subscription_attributes(subscription.arn, "RawMessageDelivery", "true")
    return Resource(subscription.arn, properties, {"Arn": subscription.arn})


def _topic_policy(request: Request) -> Resource:
    for topic in request.properties["Topics"]:
        sns_backends[request.account][request.region].set_topic_attribute(
            topic, "policy", _as_json(request.properties["PolicyDocument"])
        )
    return Resource(request.name, request.properties)


def _queue_policy(request: Request) -> Resource:
    for url in request.properties["Queues"]:
        name = url.rsplit("/", 1)[-1]
        policy = {"Policy": _as_json(request.properties["PolicyDocument"])}
        sqs_backends[request.account][request.region].set_queue_attributes(name, policy)
    return Resource(request.name, request.properties)


def _alarm(request: Request) -> Resource:
    """Known to whoever asks for alarms, and never in another state than OK: nothing measures here.

    It has a metric, or an expression over several.
    """
    properties = request.properties
    backend: Any = cloudwatch_backends[request.account][request.region]
    queries = [_metric_query(query) for query in properties.get("Metrics", ())]
    alarm = backend.put_metric_alarm(
        name=request.name,
        namespace=None if queries else properties["Namespace"],
        metric_name=None if queries else properties["MetricName"],
        metric_data_queries=queries or None,
        comparison_operator=properties["ComparisonOperator"],
        evaluation_periods=int(properties["EvaluationPeriods"]),
        datapoints_to_alarm=properties.get("DatapointsToAlarm"),
        period=None if queries else int(properties["Period"]),
        threshold=float(properties["Threshold"]),
        statistic=None if queries else properties["Statistic"],
        description=properties.get("AlarmDescription"),
        dimensions=[*properties.get("Dimensions", ())],
        alarm_actions=properties.get("AlarmActions", []),
        ok_actions=properties.get("OKActions", []),
        treat_missing_data=properties.get("TreatMissingData"),
    )
    alarm.update_state("Created", "{}", "OK")
    return Resource(request.name, properties, {"Arn": alarm.alarm_arn})


def _metric_query(query: Mapping[str, Any]) -> Any:
    """A metric, or an expression, of an alarm; moto's own model of it takes what is not there, and says otherwise."""
    model: Any = MetricDataQuery
    statistic = query.get("MetricStat")
    return model(
        query["Id"],
        query.get("Label"),
        query.get("Period"),
        _as_bool(query.get("ReturnData", True)),
        query.get("Expression"),
        _metric_statistic(statistic) if statistic else None,
    )


def _metric_statistic(statistic: Mapping[str, Any]) -> Any:
    model: Any = MetricStat
    metric = statistic["Metric"]
    dimensions = [Dimension(each["Name"], each["Value"]) for each in metric.get("Dimensions", ())]
    measured = Metric(metric["MetricName"], metric["Namespace"], dimensions)
    return model(measured, statistic["Period"], statistic["Stat"], statistic.get("Unit"))


def _schedule(request: Request) -> Resource:
    properties = request.properties
    backend: Any = scheduler_backends[request.account][request.region]
    schedule = backend.create_schedule(
        name=request.name,
        group_name=properties.get("GroupName"),
        description=properties.get("Description"),
        schedule_expression=properties["ScheduleExpression"],
        schedule_expression_timezone=properties.get("ScheduleExpressionTimezone"),
        flexible_time_window=properties["FlexibleTimeWindow"],
        target=dict(properties["Target"]),
        state=properties.get("State"),
        start_date=properties.get("StartDate"),
        end_date=properties.get("EndDate"),
        kms_key_arn=properties.get("KmsKeyArn"),
        action_after_completion=None,
    )
    return Resource(schedule.name, properties, {"Arn": schedule.arn})


def _event_source_mapping(request: Request) -> Resource:
    """Known to whoever asks Lambda for it, but not to its queue: moto would start Docker on every message.

    Only what the local cloud can run is accepted.
    """
    source = request.properties["EventSourceArn"].split(":")[2]
    if source != "sqs" or request.properties.get("FilterCriteria"):
        raise NotImplementedError(
            f"the local cloud moves messages from queues only, and does not filter them; not {source}"
        )
    backend = lambda_backends[request.account][request.region]
    function = backend.get_function(request.properties["FunctionName"])
    owner = {"AccountId": request.account, "RegionName": request.region, "FunctionArn": function.function_arn}
    # A number of a parameter is a text, and so may be a truth.
    given: dict[str, Any] = {"Enabled": _as_bool(request.properties.get("Enabled", True))}
    if "BatchSize" in request.properties:
        given["BatchSize"] = int(request.properties["BatchSize"])
    model: Any = EventSourceMapping
    mapping = model({**request.properties, **given, **owner})
    backend._event_source_mappings[mapping.uuid] = mapping
    return Resource(mapping.uuid, request.properties)


def _table(request: Request) -> Any:
    """A table as moto makes it, and what moto drops. To moto the text "false" is true, to CloudFormation it is not."""
    protected = _as_bool(request.properties.get("DeletionProtectionEnabled", False))
    table = request.to_moto(Table, DeletionProtectionEnabled=protected)
    backend = dynamodb_backends[request.account][request.region]
    if expiry := request.properties.get("TimeToLiveSpecification"):
        backend.update_time_to_live(table.name, {**expiry, "Enabled": _as_bool(expiry["Enabled"])})
    if recovery := request.properties.get("PointInTimeRecoverySpecification"):
        enabled = _as_bool(recovery.get("PointInTimeRecoveryEnabled", False))
        backend.update_continuous_backups(table.name, {**recovery, "PointInTimeRecoveryEnabled": enabled})
    return table


def _function(request: Request) -> Any:
    # Its code is run from its folder; moto only has to know that there is a function.
    variables = request.properties.get("Environment", {}).get("Variables", {})
    # A number of a parameter becomes text in an environment.
    texts = {"Variables": {name: str(value) for name, value in variables.items()}}
    return request.to_moto(LambdaFunction, Code={"ZipFile": ""}, Environment=texts)


def _event_bus(request: Request) -> Resource:
    bus = request.to_moto(EventBus)
    # moto has no physical id for it, though a rule refers to its bus by that.
    return Resource(bus.name, request.properties, {"Arn": bus.arn, "Name": bus.name})


def _event_bus_policy(request: Request) -> Resource:
    properties = request.properties
    statement = properties.get("Statement")
    policy = (
        {"Version": "2012-10-17", "Statement": [{**statement, "Sid": properties["StatementId"]}]} if statement else {}
    )
    backend: Any = events_backends[request.account][request.region]
    backend.put_permission(
        event_bus_name=properties.get("EventBusName", "default"),
        action=properties.get("Action"),
        principal=properties.get("Principal"),
        statement_id=properties["StatementId"],
        condition=properties.get("Condition"),
        policy=json.dumps(policy) if policy else "",
    )
    return Resource(properties["StatementId"], properties)


def _rule(request: Request) -> Any:
    others = [target["Arn"] for target in request.properties.get("Targets", []) if ":function:" not in target["Arn"]]
    if others or "ScheduleExpression" in request.properties:
        raise NotImplementedError("the local cloud's rules match events, and send them to functions only")
    return request.to_moto(Rule)


def _event_invoke_config(request: Request) -> Resource:
    properties = request.properties
    destinations = properties.get("DestinationConfig", {})
    failures = destinations.get("OnFailure", {}).get("Destination", "arn:aws:sqs")
    if "OnSuccess" in destinations or failures.split(":")[2] != "sqs":
        raise NotImplementedError(
            "the local cloud sends the events of an asynchronous invocation to queues on failure only"
        )
    settings = {
        name: properties[name]
        for name in ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")
        if name in properties
    }
    # A number of a parameter is a text.
    settings |= {name: int(value) for name, value in settings.items() if name.startswith("Maximum")}
    backend = lambda_backends[request.account][request.region]
    backend.put_function_event_invoke_config(properties["FunctionName"], settings)
    return Resource(request.name, properties)


def _function_url(request: Request) -> Resource:
    properties = request.properties
    if properties["AuthType"] != "AWS_IAM" or properties.get("InvokeMode", "BUFFERED") != "BUFFERED":
        raise NotImplementedError("a function URL of the local cloud has AuthType AWS_IAM, and buffers its response")
    backend = lambda_backends[request.account][request.region]
    target = properties["TargetFunctionArn"]
    configuration = backend.create_function_url_config(target, {**properties})
    configuration.url += "/"
    if request.address is not None:
        configuration.url = f"{request.address}{FUNCTION_URL_PATH}{configuration.function.function_name}/"
    arn = configuration.function.function_arn
    return Resource(arn, properties, {"FunctionArn": arn, "FunctionUrl": configuration.url})


def _permission(request: Request) -> Resource:
    request.to_moto(Permission)
    return Resource(request.name, request.properties)


def _managed_policy(request: Request) -> Any:
    # moto leaves nothing where a statement is AWS::NoValue, and then refuses it.
    document = request.properties["PolicyDocument"]
    statements = [statement for statement in document["Statement"] if statement]
    return request.to_moto(ManagedPolicy, PolicyDocument={**document, "Statement": statements})


def _secret(request: Request) -> Resource:
    """A secret whose value is made up. Most clouds have none, and its module imports much."""
    from moto.secretsmanager.models import secretsmanager_backends  # noqa: PLC0415

    made_up = request.properties["GenerateSecretString"]
    client = secretsmanager_backends[request.account][request.region]
    value = client.get_random_password(
        password_length=int(made_up["PasswordLength"]),
        exclude_characters="",
        exclude_numbers=False,
        exclude_punctuation=_as_bool(made_up.get("ExcludePunctuation", False)),
        exclude_uppercase=False,
        exclude_lowercase=False,
        include_space=False,
        require_each_included_type=True,
    )
    answer = client.create_secret(
        name=request.name,
        secret_string=json.loads(value)["RandomPassword"],
        secret_binary=None,
        description=request.properties.get("Description"),
        tags=None,
        kms_key_id=request.properties.get("KmsKeyId"),
        client_request_token=None,
        replica_regions=[],
        force_overwrite=False,
    )
    arn = json.loads(answer)["ARN"]
    return Resource(arn, request.properties, {"Id": arn})


def _layer(request: Request) -> Resource:
    no_code = {"ZipFile": base64.b64encode(b"").decode()}
    layer = request.to_moto(LayerVersion, Content=no_code)
    # moto has no physical id for it, though a function refers to its layers by theirs.
    return Resource(layer.arn, request.properties)


CREATORS: Final[Mapping[str, Callable[[Request], Any]]] = {
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::DynamoDB::Table": _table,
    "AWS::Events::EventBus": _event_bus,
    "AWS::Events::EventBusPolicy": _event_bus_policy,
    "AWS::Events::Rule": _rule,
    "AWS::IAM::ManagedPolicy": _managed_policy,
    "AWS::Lambda::EventInvokeConfig": _event_invoke_config,
    EVENT_SOURCE_MAPPING: _event_source_mapping,
    "AWS::Lambda::Function": _function,
    "AWS::Lambda::LayerVersion": _layer,
    "AWS::Lambda::Permission": _permission,
    "AWS::Lambda::Url": _function_url,
    "AWS::SNS::Subscription": _subscription,
    "AWS::SNS::TopicPolicy": _topic_policy,
    "AWS::SQS::QueuePolicy": _queue_policy,
    "AWS::Scheduler::Schedule": _schedule,
    "AWS::SecretsManager::Secret": _secret,
}

_NAME_PROPERTIES: Final[Mapping[str, str]] = {
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::Events::EventBus": "Name",
    "AWS::Events::Rule": "Name",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Lambda::LayerVersion": "LayerName",
    "AWS::Scheduler::Schedule": "Name",
}


def _as_json(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _as_bool(value: Any) -> bool:
    return value is True or value == "true"


# -- How moto is told --------------------------------------------------------------------------------------------------


@contextmanager
def _our_types(address: str | None) -> Iterator[None]:
    """While a stack is created, moto makes the types in CREATORS by them, and refuses those that nobody knows."""
    create: Any = parsing.parse_and_create_resource

    def create_or_refuse(
        logical_id: str, resource_json: Mapping[str, Any], resources_map: Any, account_id: str, region_name: str
    ) -> Any:
        declared, resources, account, region = resource_json, resources_map, account_id, region_name
        resource_type = declared["Type"]
        if "Condition" in declared and not resources.lazy_condition_map[declared["Condition"]]:
            return None
        try:
            if resource_type in CREATORS:
                resource = CREATORS[resource_type](_request(logical_id, declared, resources, account, region, address))
                resource.logical_resource_id = logical_id
                resource.cf_resource_type = resource_type
            elif resource_type in parsing.get_model_map():
                resource = create(logical_id, declared, resources, account_id=account, region_name=region)
            else:
                raise NotImplementedError("moto has no model for it")  # noqa: TRY301 - one place names the resource
        except ResourceError:
            # It is about another resource, which this one refers to.
            raise
        except Exception as error:
            raise ResourceError(f"{logical_id} ({resource_type}) was not created: {error}") from error
        if resource is None:
            raise ResourceError(f"{logical_id} ({resource_type}) was not created: moto returned nothing")
        return resource

    def class_of(resource_type: str) -> Any:
        """What moto asks for the attributes of a resource that an output names."""
        return known_class(resource_type) if resource_type in parsing.get_model_map() else Resource

    def without_gaps(declared: Any, resources: Any) -> Any:
        """What a list has no value for is not in it; moto would put None there."""
        cleaned = clean(declared, resources)
        return [value for value in cleaned if value is not None] if isinstance(cleaned, list) else cleaned

    known_class, clean = parsing.resource_class_from_type, parsing.clean_json
    with (
        patch.object(parsing, "clean_json", without_gaps),
        patch.object(parsing, "parse_and_create_resource", create_or_refuse),
        patch.object(parsing, "resource_class_from_type", class_of),
        # moto reads JSON as YAML first, which takes half a second.
        patch.object(Stack, "parse_template", staticmethod(json.loads)),
        # To take what it has created off a list, moto copies all that was declared, which takes a quarter of the time.
        patch.object(parsing, "copy", SimpleNamespace(deepcopy=copy)),
    ):
        yield


def _request(
    logical_id: str, declared: Mapping[str, Any], resources: Any, account: str, region: str, address: str | None
) -> Request:
    name = parsing.generate_resource_name(declared["Type"], resources["AWS::StackName"], logical_id)
    properties = parsing.clean_json(declared.get("Properties", {}), resources)
    own_name = properties.get(_NAME_PROPERTIES.get(declared["Type"]), name)
    return Request(own_name, properties, account, region, address)
