"""A CDK app that builds on a deployment of SES Reputation: the same as the examples beside it, without their templates.

It uses the deployment ses-reputation, or the one that -c stack=NAME names. With the URL of a packaged template,
-c packaged=https://BUCKET.s3.REGION.amazonaws.com/packaged.yaml, it deploys SES Reputation inside its own stack.
"""

from collections.abc import Callable
from pathlib import Path

from aws_cdk import App, CfnStack, Duration, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_ssm as ssm

EXAMPLES = Path(__file__).parents[1]
FILTER = {"kind": ["status-change"]}


def main() -> None:
    """Write the template of the app's stack."""
    app = App()
    stack = Stack(app, "Campaigns")
    found = outputs(stack, app.node.try_get_context("packaged"), app.node.try_get_context("stack") or "ses-reputation")
    keep_statuses(stack, sns.Topic.from_topic_arn(stack, "StatusTopic", found("StatusTopicArn")))
    let_report(stack, found("EventBusArn"))
    app.synth()


def outputs(stack: Stack, packaged: str | None, name: str) -> Callable[[str], str]:
    """What SES Reputation puts out, by the name of the output: of a stack inside, or by SSM parameters.

    Fn.import_value(f"{name}-StatusTopicArn") would do as well, and hold the deployment fast.
    """
    if packaged:
        inside = CfnStack(stack, "Reputation", template_url=packaged, parameters={"Profile": "current"})
        return lambda output: inside.get_att(f"Outputs.{output}").to_string()
    return lambda output: ssm.StringParameter.value_for_string_parameter(stack, f"/ses-reputation/{name}/{output}")


def keep_statuses(stack: Stack, status_topic: sns.ITopic) -> None:
    """The example subscribe_to_status_changes."""
    statuses = dynamodb.Table(
        stack,
        "Statuses",
        billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
        partition_key=dynamodb.Attribute(name="scope", type=dynamodb.AttributeType.STRING),
        sort_key=dynamodb.Attribute(name="category", type=dynamodb.AttributeType.STRING),
    )
    keep = lambda_.Function(
        stack,
        "KeepStatus",
        code=lambda_.Code.from_asset(str(EXAMPLES / "subscribe_to_status_changes" / "keep_status")),
        handler="handler.lambda_handler",
        runtime=lambda_.Runtime.PYTHON_3_13,
        architecture=lambda_.Architecture.ARM_64,
        timeout=Duration.seconds(10),
        environment={"STATUSES_TABLE": statuses.table_name},
        on_failure=destinations.SqsDestination(sqs.Queue(stack, "NotKept", retention_period=Duration.days(14))),
    )
    statuses.grant(keep, "dynamodb:UpdateItem")
    by_attribute = {name: sns.SubscriptionFilter.string_filter(allowlist=values) for name, values in FILTER.items()}
    status_topic.add_subscription(subscriptions.LambdaSubscription(keep, filter_policy=by_attribute))


def let_report(stack: Stack, bus_arn: str) -> None:
    """The policy of the example report_a_finding. EventBus.grant_put_events_to() would allow events of any type."""
    iam.ManagedPolicy(
        stack,
        "ReporterPolicy",
        statements=[
            iam.PolicyStatement(
                actions=["events:PutEvents"],
                resources=[bus_arn],
                conditions={
                    "ForAllValues:StringEquals": {"events:detail-type": "SES Reputation Finding Reported"},
                    "Null": {"events:detail-type": "false"},
                },
            )
        ],
    )


if __name__ == "__main__":
    main()
