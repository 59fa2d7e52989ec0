"""Who may do what with each resource of a deployed stack: every door, and those who try it.

The policies are those of template.yaml with all its parameters in use, as CloudFormation resolves them.
"""

import json
from functools import cache
from typing import Any

import pytest

from ses_reputation.diagnosis.policies import lets_in, outsiders, owner_policy
from ses_reputation.finding_events import FINDING_REPORTED, SOURCE, STATUS_CHANGED
from ses_reputation_local.cloud import LocalCloud
from tests.access import NOBODY, Answer, Caller, Policy, Request, answer, listed, service, statements_of
from tests.test_template import RESOURCES, of_type

HERE, RELATED, OTHER = "123456789012", "210987654321", "987654321098"
REGION = "eu-west-1"
EVERYTHING = {
    "RelatedAccounts": RELATED,
    "AutomaticSuppression": "true",
    "BlocklistZones": "multi.surbl.org",
    "EnforceScopes": "account,configuration-set,tenant",
}


class Doors:
    """The policies of a cloud's resources, by logical id, and their ARNs."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.arns: dict[str, str] = {}
        self.policies: dict[str, Policy] = {}
        for name, physical in cloud.resources.items():
            match RESOURCES[name]["Type"]:
                case "AWS::SNS::Topic":
                    self.arns[name] = physical
                    attributes = cloud.client("sns").get_topic_attributes(TopicArn=physical)["Attributes"]
                    self.policies[name] = json.loads(attributes["Policy"])
                case "AWS::SQS::Queue":
                    sqs = cloud.client("sqs")
                    attributes = sqs.get_queue_attributes(QueueUrl=physical, AttributeNames=["All"])["Attributes"]
                    self.arns[name] = attributes["QueueArn"]
                    # Without one, nobody gets in whom IAM of the account does not let in.
                    self.policies[name] = json.loads(attributes.get("Policy", '{"Statement": []}'))
                case "AWS::Events::EventBus":
                    told = cloud.client("events").describe_event_bus(Name=physical)
                    self.arns[name], self.policies[name] = told["Arn"], json.loads(told["Policy"])
                case "AWS::Events::Rule":
                    bus = (
                        cloud.resources["FindingBus"] if "EventBusName" in RESOURCES[name]["Properties"] else "default"
                    )
                    (rule,) = cloud.client("events").list_rules(EventBusName=bus)["Rules"]
                    self.arns[name] = rule["Arn"]
                case "AWS::IAM::Role":
                    role = cloud.client("iam").get_role(RoleName=physical)["Role"]
                    self.arns[name], self.policies[name] = role["Arn"], role["AssumeRolePolicyDocument"]

    def ask(self, name: str, action: str, caller: Caller, **context: Any) -> Answer:
        """What a resource's policy says. A role's is about itself."""
        policy = self.policies[name]
        if action == "sts:AssumeRole":
            policy = {"Statement": [{"Resource": "*", **statement} for statement in policy["Statement"]]}
        return answer(policy, Request(action, self.arns[name], caller, context))


@cache
def doors() -> Doors:
    with LocalCloud(EVERYTHING) as cloud:
        return Doors(cloud)


def ses(account: str = HERE, region: str = REGION, resource: str = "configuration-set/newsletter") -> dict[str, str]:
    """On whose behalf SES acts."""
    return {"aws:SourceAccount": account, "aws:SourceArn": f"arn:aws:ses:{region}:{account}:{resource}"}


def from_(arn: str) -> dict[str, str]:
    return {"aws:SourceArn": arn, "aws:SourceAccount": arn.split(":")[4]}


ROLE_OF_OTHERS = Caller("AWS", f"arn:aws:iam::{OTHER}:role/anybody")
FEEDBACK = ("BounceTopic", "ComplaintTopic", "VolumeTopic")
TOPICS_OF_QUEUES = {
    "BounceQueue": ["BounceTopic"],
    "ComplaintQueue": ["ComplaintTopic"],
    "VolumeQueue": ["VolumeTopic"],
    "FeedbackDeadLetterQueue": ["BounceTopic", "ComplaintTopic", "VolumeTopic"],
    "SuppressionQueue": ["BounceTopic", "ComplaintTopic"],
    "SuppressionDeadLetterQueue": ["BounceTopic", "ComplaintTopic"],
    "EnforcementQueue": ["StatusTopic"],
    "EnforcementDeadLetterQueue": ["StatusTopic"],
    "FindingDeadLetterQueue": [],
    "EvaluationQueue": [],
    "EvaluationDeadLetterQueue": [],
}
ALL_TOPICS = (*FEEDBACK, "StatusTopic", "ChatTopic", "OperationsTopic")


# -- The topics that SES publishes to ----------------------------------------------------------------------------------


@pytest.mark.parametrize("topic", FEEDBACK)
@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(ses(), id="by a configuration set"),
        pytest.param(ses(resource="identity/shop.example"), id="by an identity"),
    ],
)
def test_ses_of_this_account_may_publish(topic: str, sent: dict[str, str]) -> None:
    assert doors().ask(topic, "sns:Publish", service("ses"), **sent) is Answer.ALLOWED
    assert doors().ask(topic, "sns:Subscribe", service("ses"), **sent) is Answer.SILENT


@pytest.mark.parametrize("topic", FEEDBACK)
@pytest.mark.parametrize(
    ("caller", "context"),
    [
        pytest.param(service("ses"), ses(OTHER), id="SES for another account"),
        pytest.param(service("ses"), {**ses(), "aws:SourceAccount": OTHER}, id="for another, with an ARN of ours"),
        pytest.param(service("ses"), {**ses(OTHER), "aws:SourceAccount": HERE}, id="for us, with an ARN of another"),
        pytest.param(service("ses"), ses(region="us-east-1"), id="SES of another region"),
        pytest.param(service("ses"), {}, id="SES for nobody"),
        pytest.param(service("ses"), {"aws:SourceAccount": HERE}, id="SES without a resource"),
        pytest.param(service("s3"), ses(), id="another service"),
        pytest.param(service("cloudwatch"), from_(f"arn:aws:cloudwatch:{REGION}:{HERE}:alarm:x"), id="alarms"),
        pytest.param(ROLE_OF_OTHERS, ses(), id="a role of another account"),
        pytest.param(Caller("AWS", f"arn:aws:iam::{RELATED}:root"), ses(), id="a related account"),
        pytest.param(NOBODY, ses(), id="without credentials"),
    ],
)
def test_nobody_else_may_publish_as_ses(topic: str, caller: Caller, context: dict[str, str]) -> None:
    assert doors().ask(topic, "sns:Publish", caller, **context) is Answer.SILENT


def test_the_doctor_sees_these_policies_as_they_are() -> None:
    for topic in FEEDBACK:
        policy = doors().policies[topic]
        assert lets_in(policy, "sns:Publish", "ses.amazonaws.com", f"arn:aws:ses:{REGION}:{HERE}:*")
        assert outsiders(policy, "sns:Publish", HERE) == []


# -- The topics that people and programs read --------------------------------------------------------------------------


def test_the_other_topics_have_the_policy_that_sns_gives_which_lets_in_this_account_alone() -> None:
    """So CloudWatch's alarms get in, too, and IAM of the account says which of its users and roles may publish.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
    """
    given = {topic for policy in of_type("AWS::SNS::TopicPolicy").values() for topic in map(_ref, policy["Topics"])}
    assert set(ALL_TOPICS) - given == {"StatusTopic", "ChatTopic", "OperationsTopic"}
    topic = f"arn:aws:sns:{REGION}:{HERE}:status"
    policy = owner_policy(topic)
    for owner, expected in ((HERE, Answer.ALLOWED), (OTHER, Answer.SILENT)):
        request = Request("sns:Publish", topic, service("cloudwatch"), {"aws:SourceOwner": owner})
        assert answer(policy, request) is expected
    assert answer(policy, Request("sns:Publish", topic, ROLE_OF_OTHERS)) is Answer.SILENT


def _ref(value: Any) -> str:
    return str(value["Ref"])


# -- The queues --------------------------------------------------------------------------------------------------------


def test_every_queue_has_its_doors_described() -> None:
    assert {name for name in doors().arns if name.endswith("Queue")} == TOPICS_OF_QUEUES.keys()


@pytest.mark.parametrize("queue", TOPICS_OF_QUEUES)
@pytest.mark.parametrize("topic", ALL_TOPICS)
def test_a_queue_takes_messages_from_its_topics_and_from_no_other(queue: str, topic: str) -> None:
    expected = Answer.ALLOWED if topic in TOPICS_OF_QUEUES[queue] else Answer.SILENT
    told = doors().ask(queue, "sqs:SendMessage", service("sns"), **from_(doors().arns[topic]))
    assert told is expected


@pytest.mark.parametrize("queue", TOPICS_OF_QUEUES)
def test_nobody_else_gets_at_a_queue(queue: str) -> None:
    topic = doors().arns[(TOPICS_OF_QUEUES[queue] or ["BounceTopic"])[0]]
    strangers: list[tuple[Caller, dict[str, str]]] = [
        (service("sns"), from_(topic.replace(HERE, OTHER))),
        (service("sns"), from_(f"{topic}-2")),
        (service("sns"), {"aws:SourceAccount": HERE}),
        (service("ses"), ses()),
        (service("events"), from_(f"arn:aws:events:{REGION}:{OTHER}:rule/x")),
        (service("events"), from_(f"arn:aws:events:{REGION}:{HERE}:rule/another")),
        (service("scheduler"), from_(f"arn:aws:scheduler:{REGION}:{HERE}:schedule/default/x")),
        (service("s3"), from_(topic)),
        (ROLE_OF_OTHERS, from_(topic)),
        (NOBODY, from_(topic)),
    ]
    for caller, context in strangers:
        assert doors().ask(queue, "sqs:SendMessage", caller, **context) is Answer.SILENT, (caller, context)
    for action in ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:SetQueueAttributes"):
        assert doors().ask(queue, action, service("sns"), **from_(topic)) is Answer.SILENT


@pytest.mark.parametrize("source", ["FindingRule", "SesStatusRule", "FindingBus"])
def test_eventbridge_puts_what_it_can_not_deliver_on_one_queue_alone(source: str) -> None:
    for queue in TOPICS_OF_QUEUES:
        told = doors().ask(queue, "sqs:SendMessage", service("events"), **from_(doors().arns[source]))
        assert told is (Answer.ALLOWED if queue == "FindingDeadLetterQueue" else Answer.SILENT)


# -- The bus -----------------------------------------------------------------------------------------------------------


def reporter(account: str) -> Caller:
    return Caller("AWS", f"arn:aws:iam::{account}:role/reporter")


@pytest.mark.parametrize(
    ("caller", "sources", "types", "expected"),
    [
        pytest.param(reporter(RELATED), [SOURCE], [STATUS_CHANGED], Answer.ALLOWED, id="that it was shut down"),
        pytest.param(reporter(RELATED), [SOURCE] * 2, [STATUS_CHANGED] * 2, Answer.ALLOWED, id="twice in a call"),
        pytest.param(reporter(RELATED), [SOURCE], [FINDING_REPORTED], Answer.SILENT, id="a finding"),
        pytest.param(reporter(RELATED), ["me"], [STATUS_CHANGED], Answer.SILENT, id="as somebody else"),
        pytest.param(reporter(RELATED), [SOURCE, "me"], [STATUS_CHANGED] * 2, Answer.SILENT, id="with one of another"),
        pytest.param(
            reporter(RELATED), [SOURCE] * 2, [STATUS_CHANGED, FINDING_REPORTED], Answer.SILENT, id="with a finding"
        ),
        pytest.param(reporter(RELATED), [], [], Answer.SILENT, id="nothing at all"),
        pytest.param(reporter(OTHER), [SOURCE], [STATUS_CHANGED], Answer.SILENT, id="another account"),
        pytest.param(NOBODY, [SOURCE], [STATUS_CHANGED], Answer.SILENT, id="without credentials"),
        pytest.param(service("events"), [SOURCE], [STATUS_CHANGED], Answer.SILENT, id="a rule without a role"),
    ],
)
def test_a_related_account_may_tell_one_thing(
    caller: Caller, sources: list[str], types: list[str], expected: Answer
) -> None:
    context = {"events:source": sources, "events:detail-type": types}
    assert doors().ask("FindingBus", "events:PutEvents", caller, **context) is expected
    assert doors().ask("FindingBus", "events:PutRule", caller, **context) is Answer.SILENT


# -- The functions -----------------------------------------------------------------------------------------------------


def test_only_rules_of_ours_may_invoke_a_function_without_a_role() -> None:
    """The ARN of a rule has its account in it. Scheduler has a role, and the URL asks IAM."""
    permissions = of_type("AWS::Lambda::Permission")
    for permission in permissions.values():
        assert permission["Principal"] == "events.amazonaws.com"
        assert permission["FunctionName"] == {"Ref": "ReceiveFinding"}
        rule, attribute = permission["SourceArn"]["Fn::GetAtt"]
        assert (RESOURCES[rule]["Type"], attribute) == ("AWS::Events::Rule", "Arn")
    assert len(permissions) == 2
    assert {url["AuthType"] for url in of_type("AWS::Lambda::Url").values()} == {"AWS_IAM"}


@pytest.mark.parametrize("name", sorted(of_type("AWS::IAM::Role")))
def test_a_role_is_assumed_by_one_service(name: str) -> None:
    """Lambda takes a role only for functions of its own account, and only from who may pass it on.

    https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
    """
    group = from_(f"arn:aws:scheduler:{REGION}:{HERE}:schedule-group/default")
    by_schedule = name == "ScheduleRole"
    answers = {
        "lambda": Answer.SILENT if by_schedule else Answer.ALLOWED,
        "scheduler": Answer.ALLOWED if by_schedule else Answer.SILENT,
        **dict.fromkeys(("events", "ses", "sns", "ec2"), Answer.SILENT),
    }
    for who, expected in answers.items():
        assert doors().ask(name, "sts:AssumeRole", service(who), **group) is expected, who
    for caller in (ROLE_OF_OTHERS, NOBODY, reporter(HERE)):
        assert doors().ask(name, "sts:AssumeRole", caller, **group) is Answer.SILENT


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(from_(f"arn:aws:scheduler:{REGION}:{OTHER}:schedule-group/default"), id="of another account"),
        pytest.param(
            {
                "aws:SourceAccount": OTHER,
                "aws:SourceArn": f"arn:aws:scheduler:{REGION}:{HERE}:schedule-group/default",
            },
            id="for another account",
        ),
        pytest.param(from_(f"arn:aws:scheduler:{REGION}:{HERE}:schedule-group/others"), id="of another group"),
        pytest.param(from_(f"arn:aws:scheduler:us-east-1:{HERE}:schedule-group/default"), id="of another region"),
        pytest.param({}, id="of nobody"),
    ],
)
def test_no_other_schedules_get_the_role_of_ours(source: dict[str, str]) -> None:
    assert doors().ask("ScheduleRole", "sts:AssumeRole", service("scheduler"), **source) is Answer.SILENT


def test_the_schedules_share_a_role_that_runs_their_functions_and_nothing_else() -> None:
    schedules = of_type("AWS::Scheduler::Schedule").values()
    assert {str(s["Target"]["RoleArn"]) for s in schedules} == {str({"Fn::GetAtt": ["ScheduleRole", "Arn"]})}
    (policy,) = RESOURCES["ScheduleRole"]["Properties"]["Policies"]
    statements = statements_of(policy["PolicyDocument"])
    assert {s["Action"] for s in statements} == {"lambda:InvokeFunction"}
    allowed = [resource for statement in statements for resource in listed(statement["Resource"])]
    assert sorted(map(str, allowed)) == sorted(str(s["Target"]["Arn"]) for s in schedules)


def test_no_kind_of_resource_with_a_policy_is_left_out_here() -> None:
    kinds = {resource["Type"] for resource in RESOURCES.values() if "Polic" in resource["Type"]}
    assert kinds == {
        "AWS::SNS::TopicPolicy",
        "AWS::SQS::QueuePolicy",
        "AWS::Events::EventBusPolicy",
        "AWS::IAM::ManagedPolicy",
    }
    assert not [name for name, r in RESOURCES.items() if "ResourcePolicy" in r.get("Properties", {})]
