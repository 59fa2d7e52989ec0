"""What must hold of the dashboard and the alarms: they show what is really measured, and miss no function or queue."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import combinations
from typing import Any

import pytest
from msgspec import Struct

from ses_reputation.diagnosis.judgements import OLD_MESSAGE, RUN_MAY_TAKE, longest_gap
from ses_reputation.domain.lifecycle import Status
from ses_reputation.domain.scopes import ScopeKind
from ses_reputation.metrics import METERS, NAMESPACE, Meter
from ses_reputation_local.cloud import LocalCloud
from ses_reputation_local.resources import STACK_NAME
from tests.access import listed
from tests.test_template import PARAMETERS, RESOURCES, SOURCE, of_type

ALL_ON = {"AutomaticSuppression": "true", "BlocklistZones": "multi.surbl.org"}

# The metrics of AWS that stand on the dashboard or in an alarm, and the resource that each is about.
# https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
# https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-cloudwatch.html
OF_AWS = {
    ("AWS/Lambda", "Errors"): ("FunctionName", "AWS::Lambda::Function"),
    ("AWS/Lambda", "Throttles"): ("FunctionName", "AWS::Lambda::Function"),
    ("AWS/Lambda", "Duration"): ("FunctionName", "AWS::Lambda::Function"),
    ("AWS/SQS", "ApproximateAgeOfOldestMessage"): ("QueueName", "AWS::SQS::Queue"),
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible"): ("QueueName", "AWS::SQS::Queue"),
    ("AWS/DynamoDB", "ReadThrottleEvents"): ("TableName", "AWS::DynamoDB::Table"),  # or, besides, of one of its indexes
    ("AWS/DynamoDB", "WriteThrottleEvents"): ("TableName", "AWS::DynamoDB::Table"),
    ("AWS/SES", "Reputation.BounceRate"): None,
    ("AWS/SES", "Reputation.ComplaintRate"): None,
}
VALUES: dict[str, set[str]] = {"kind": {*ScopeKind}, "status": {*Status}}


class Shown(Struct, frozen=True):
    """A metric: its namespace, its name, and the names and values of its dimensions."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]

    @property
    def about(self) -> str:
        """The value of its first dimension."""
        return self.dimensions[0][1]


class Stack(Struct, frozen=True):
    """What CloudFormation makes of the template: the dashboard, the alarms by logical id, and the names of parts."""

    body: dict[str, Any]
    alarms: dict[str, dict[str, Any]]
    names: dict[str, str]

    @property
    def widgets(self) -> list[dict[str, Any]]:
        """All widgets of the dashboard."""
        widgets: list[dict[str, Any]] = self.body["widgets"]
        return widgets

    def part(self, value: str) -> str:
        """The logical id of the resource that a dimension names."""
        return next(part for part, name in self.names.items() if name.rpartition("/")[2] == value)


@cache
def stack(*, all_on: bool) -> Stack:
    with LocalCloud(ALL_ON if all_on else {}) as cloud:
        cloudwatch, names = cloud.client("cloudwatch"), dict(cloud.resources)
        body = cloudwatch.get_dashboard(DashboardName=names["Dashboard"])["DashboardBody"]
        alarms = {alarm["AlarmName"]: alarm for alarm in cloudwatch.describe_alarms()["MetricAlarms"]}
    parts = {part: alarms[name] for part, name in names.items() if name in alarms}
    return Stack(json.loads(body), parts, names)


@pytest.fixture(params=[False, True], ids=["by default", "with all that parameters add"])
def deployed(request: pytest.FixtureRequest) -> Stack:
    return stack(all_on=request.param)


def rows(widget: dict[str, Any]) -> Iterator[tuple[list[str], dict[str, Any]]]:
    """The metrics of a widget with what is set for each; "." stands for what the one before has there, and so here."""
    before: list[str] = []
    for row in widget["properties"].get("metrics", ()):
        settings = row[-1] if isinstance(row[-1], dict) else {}
        fields = [field for field in row if isinstance(field, str)]
        if fields:
            before = [before[place] if field == "." else field for place, field in enumerate(fields)]
            yield before, settings


def of_widget(widget: dict[str, Any]) -> Iterator[Shown]:
    for (namespace, name, *rest), _ in rows(widget):
        yield Shown(namespace, name, tuple(zip(rest[::2], rest[1::2], strict=True)))


def of_alarm(alarm: dict[str, Any]) -> Iterator[Shown]:
    queries = [query["MetricStat"]["Metric"] for query in alarm.get("Metrics", ()) if "MetricStat" in query]
    for metric in queries or [alarm]:
        dimensions = tuple((each["Name"], each["Value"]) for each in metric["Dimensions"])
        yield Shown(metric["Namespace"], metric["MetricName"], dimensions)


def all_shown(deployed: Stack) -> set[Shown]:
    return {shown for widget in deployed.widgets for shown in of_widget(widget)}


def titled(deployed: Stack, words: str) -> dict[str, Any]:
    (widget,) = [w for w in deployed.widgets if words in w["properties"].get("title", "")]
    return widget


# -- What is shown is there --------------------------------------------------------------------------------------------


def test_every_metric_on_the_dashboard_or_in_an_alarm_is_one_that_is_written(deployed: Stack) -> None:
    alarmed = {shown for alarm in deployed.alarms.values() for shown in of_alarm(alarm)}
    for shown in all_shown(deployed) | alarmed:
        if shown.namespace == f"{NAMESPACE}/{STACK_NAME}":
            row = METERS[Meter(shown.name)]
            dimensions = dict(shown.dimensions)
            assert dimensions.pop("service") == row.service, shown
            assert {*dimensions} == {*filter(None, (row.by,))}, shown
            assert all(value in VALUES[name] for name, value in dimensions.items()), shown
        elif about := OF_AWS[shown.namespace, shown.name]:
            dimension, kind = about
            (name, value), *index = shown.dimensions
            assert (name, RESOURCES[deployed.part(value)]["Type"]) == (dimension, kind), shown
            assert index in ([], [("GlobalSecondaryIndexName", "WorstFirst")])
        else:
            assert shown.dimensions == ()


def test_every_kind_of_scope_and_every_status_is_on_the_dashboard(deployed: Stack) -> None:
    for meter in (Meter.BOUNCE_RATE_OF_LIMIT, Meter.COMPLAINT_RATE_OF_LIMIT, Meter.SCOPES):
        values = {shown.dimensions[-1][1] for shown in all_shown(deployed) if shown.name == meter}
        assert values == VALUES[METERS[meter].by or ""]


def test_what_every_deployment_measures_is_on_the_dashboard_or_in_an_alarm(deployed: Stack) -> None:
    always = {
        meter for meter, row in METERS.items() if row.service in {"record_feedback", "evaluate_reputation", "watch_ses"}
    }
    shown = {shown.name for shown in all_shown(deployed)}
    alarmed = {shown.name for alarm in deployed.alarms.values() for shown in of_alarm(alarm)}
    assert always - shown - alarmed == {Meter.UNKNOWN_BOUNCE_SUBTYPE}, "which is a matter of this code, not of a person"


def test_every_alarm_and_every_dead_letter_queue_is_on_the_dashboard(deployed: Stack) -> None:
    arns = titled(deployed, "Alarms")["properties"]["alarms"]
    assert sorted(arns) == sorted(alarm["AlarmArn"] for alarm in deployed.alarms.values())
    queues = {deployed.part(shown.about) for shown in of_widget(titled(deployed, "Dead letters"))}
    assert queues == {part for part in deployed.names if part.endswith("DeadLetterQueue")}


def test_the_errors_of_every_function_are_on_the_dashboard(deployed: Stack) -> None:
    functions = {deployed.part(shown.about) for shown in of_widget(titled(deployed, "Errors of functions"))}
    assert functions == of_type("AWS::Lambda::Function").keys() & deployed.names.keys()


def test_the_dashboard_has_no_more_metrics_than_a_free_one_may(deployed: Stack) -> None:
    """https://aws.amazon.com/cloudwatch/pricing/"""
    assert len(all_shown(deployed)) <= 50


# -- How it is laid out ------------------------------------------------------------------------------------------------


def test_no_widget_covers_another_or_leaves_the_24_columns(deployed: Stack) -> None:
    def cells(widget: dict[str, Any]) -> set[tuple[int, int]]:
        across = range(widget["x"], widget["x"] + widget["width"])
        return {(x, y) for x in across for y in range(widget["y"], widget["y"] + widget["height"])}

    for widget in deployed.widgets:
        assert 0 <= widget["x"] < widget["x"] + widget["width"] <= 24
    for one, other in combinations(map(cells, deployed.widgets), 2):
        assert one.isdisjoint(other)
    assert len(set().union(*map(cells, deployed.widgets))) == 24 * max(
        w["y"] + w["height"] for w in deployed.widgets
    ), "and there are no gaps"


def test_the_pages_come_first_and_are_asked_for_again_as_the_reader_moves(deployed: Stack) -> None:
    first = deployed.widgets[0]
    assert (first["type"], first["x"], first["y"], first["width"]) == ("custom", 0, 0, 24)
    arn = first["properties"]["endpoint"]
    assert arn.endswith(f":function:{deployed.names['ShowDashboard']}")
    assert first["properties"]["updateOn"] == {"refresh": True, "resize": True, "timeRange": True}


def test_every_graph_names_its_region_and_what_its_expressions_are_about(deployed: Stack) -> None:
    for widget in deployed.widgets:
        if widget["type"] != "metric":
            continue
        properties = widget["properties"]
        assert properties["region"] == "eu-west-1"
        assert properties["stat"] in {"Maximum", "Sum"}
        ids = {settings["id"] for _, settings in rows(widget) if "id" in settings}
        for row in properties["metrics"]:
            if isinstance(row[0], dict):
                assert ids & set(re.findall("[a-z]+", row[0]["expression"]))


def test_a_graph_shows_the_line_at_which_its_alarm_is_raised(deployed: Stack) -> None:
    def line(words: str) -> float:
        ((annotation,),) = titled(deployed, words)["properties"]["annotations"].values()
        value: float = annotation["value"]
        return value

    assert line("How long the oldest event waits") == deployed.alarms["QueueAgeAlarm"]["Threshold"]
    assert line("Hours since an evaluation") == deployed.alarms["EvaluationLateAlarm"]["EvaluationPeriods"]
    assert line("How long an evaluation takes") == RESOURCES["EvaluateReputation"]["Properties"]["Timeout"] * 1000


def test_a_dashboard_is_named_for_its_stack_and_region_and_can_be_left_out() -> None:
    """Its name is one in the account: two stacks, or one in two regions, must not share it."""
    assert RESOURCES["Dashboard"]["Properties"]["DashboardName"] == {"Fn::Sub": "${AWS::StackName}-${AWS::Region}"}
    with LocalCloud({"CloudWatchDashboard": "false"}) as cloud:
        assert cloud.client("cloudwatch").list_dashboards()["DashboardEntries"] == []
        outputs = cloud.client("cloudformation").describe_stacks()["Stacks"][0]["Outputs"]
        assert {"DashboardUrl", "ViewerPolicyArn"}.isdisjoint(output["OutputKey"] for output in outputs)
        assert "ViewerPolicy" not in cloud.resources


# -- The alarms --------------------------------------------------------------------------------------------------------


def test_an_alarm_says_what_it_means_and_what_to_do_first(deployed: Stack) -> None:
    for name, alarm in deployed.alarms.items():
        assert "Do first: " in alarm["AlarmDescription"], name
        assert len(alarm["AlarmDescription"]) <= 1024, "CloudWatch takes no more"


def test_an_alarm_over_several_metrics_has_one_result_and_as_few_metrics_as_cloudwatch_takes(deployed: Stack) -> None:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create-alarm-on-metric-math-expression.html"""
    for alarm in deployed.alarms.values():
        if queries := alarm.get("Metrics"):
            (result,) = [query for query in queries if query["ReturnData"]]
            assert result["Expression"]
            assert len(list(of_alarm(alarm))) <= 10
            assert len({query["MetricStat"]["Period"] for query in queries if "MetricStat" in query}) == 1


def test_what_fails_without_a_dead_letter_queue_raises_an_alarm(deployed: Stack) -> None:
    watched = {deployed.part(shown.about) for shown in of_alarm(deployed.alarms["FunctionErrorsAlarm"])}
    kept = {source["FunctionName"]["Fn::GetAtt"][0] for source in of_type("AWS::Lambda::EventSourceMapping").values()}
    kept |= {config["FunctionName"]["Ref"] for config in of_type("AWS::Lambda::EventInvokeConfig").values()}
    # What it was handed by its queue is kept there; a scheduled run is not.
    scheduled = {s["Target"]["Arn"]["Fn::GetAtt"][0] for s in of_type("AWS::Scheduler::Schedule").values()}
    functions = of_type("AWS::Lambda::Function").keys() & deployed.names.keys()
    assert watched == functions - (kept - scheduled)


def test_every_function_and_every_table_that_is_throttled_raises_an_alarm(deployed: Stack) -> None:
    functions = {deployed.part(shown.about) for shown in of_alarm(deployed.alarms["FunctionThrottlesAlarm"])}
    assert functions == of_type("AWS::Lambda::Function").keys() & deployed.names.keys()
    throttled = {
        (deployed.part(shown.about), *(value for _, value in shown.dimensions[1:]), shown.name)
        for shown in of_alarm(deployed.alarms["TableThrottlesAlarm"])
    }
    tables = of_type("AWS::DynamoDB::Table")
    kept = [(name,) for name in tables] + [
        (name, index["IndexName"])
        for name, table in tables.items()
        for index in table.get("GlobalSecondaryIndexes", ())
    ]
    assert throttled == {(*part, f"{kind}ThrottleEvents") for part in kept for kind in ("Read", "Write")}


# What is measured how, from when on, over how many periods, and what missing data means.
RAISED = {
    "EvaluationLateAlarm": ("FILL(evaluations, 0)", "<", 1, (2, None), "breaching"),
    "AlertsNotSentAlarm": ("Minimum", ">", 0, (1, None), "ignore"),
    "FunctionErrorsAlarm": ("SUM(METRICS())", ">=", 3, (1, None), "notBreaching"),
    "FunctionThrottlesAlarm": ("SUM(METRICS())", ">", 0, (3, None), "notBreaching"),
    "TableThrottlesAlarm": ("SUM(FILL(METRICS(), 0))", ">", 0, (4, 3), "notBreaching"),
    "QueueAgeAlarm": ("MAX(METRICS())", ">", 900, (1, None), "notBreaching"),
    "EvaluationQueueAgeAlarm": ("Maximum", ">", 900, (1, None), "notBreaching"),
    "UnusableBlocklistsAlarm": ("Maximum", ">", 0, (1, None), "ignore"),
}
COMPARISONS = {
    "LessThanThreshold": "<",
    "GreaterThanThreshold": ">",
    "GreaterThanOrEqualToThreshold": ">=",
}


def test_an_alarm_is_raised_by_what_is_meant() -> None:
    for name, alarm in stack(all_on=True).alarms.items():
        queries = alarm.get("Metrics")
        raised = (
            queries[-1]["Expression"] if queries else alarm["Statistic"],
            COMPARISONS[alarm["ComparisonOperator"]],
            alarm["Threshold"],
            (alarm["EvaluationPeriods"], alarm.get("DatapointsToAlarm")),
            alarm["TreatMissingData"],
        )
        # A dead letter is one too many.
        assert raised == RAISED.get(name, ("Maximum", ">", 0, (1, None), "notBreaching")), name


def test_graphs_have_the_periods_that_their_titles_name(deployed: Stack) -> None:
    """The console chooses others by the time that is shown, unless it is told not to."""
    assert deployed.body["periodOverride"] == "inherit"
    for widget in deployed.widgets:
        if "in an hour" in widget["properties"].get("title", ""):
            assert (widget["properties"]["stat"], widget["properties"]["period"]) == ("Sum", 3600)


def test_an_expression_shows_what_the_scale_says(deployed: Stack) -> None:
    def expressions(words: str) -> list[str]:
        rows = titled(deployed, words)["properties"]["metrics"]
        return [row[0]["expression"] for row in rows if isinstance(row[0], dict)]

    assert expressions("as SES has them") == ["100 * bounces", "100 * complaints"], "SES's are fractions"
    assert expressions("Hours since an evaluation") == ["age / 3600"]


def test_an_alarm_on_throttled_tables_goes_back_by_itself(deployed: Stack) -> None:
    """CloudWatch ignores missing data of DynamoDB whatever an alarm says of it."""
    for alarm in deployed.alarms.values():
        if any(shown.namespace == "AWS/DynamoDB" for shown in of_alarm(alarm)):
            assert "FILL(" in alarm["Metrics"][-1]["Expression"]


def test_events_that_wait_as_long_as_doctor_complains_of_raise_an_alarm(deployed: Stack) -> None:
    alarm = deployed.alarms["QueueAgeAlarm"]
    assert alarm["Threshold"] == OLD_MESSAGE.total_seconds()
    queues = {deployed.part(shown.about) for shown in of_alarm(alarm)}
    assert queues == {"BounceQueue", "ComplaintQueue", "VolumeQueue"}


def test_an_evaluation_that_never_comes_raises_an_alarm(deployed: Stack) -> None:
    alarm = deployed.alarms["EvaluationLateAlarm"]
    (shown,) = of_alarm(alarm)
    assert shown.name == Meter.COMPLETE_EVALUATIONS
    assert alarm["Metrics"][-1]["Expression"] == "FILL(evaluations, 0)"
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (1, "LessThanThreshold")
    assert alarm["TreatMissingData"] == "breaching", "nothing at all is the worst sign"


def test_an_evaluation_on_the_schedule_of_the_template_is_never_late() -> None:
    needed = 2 * longest_gap(PARAMETERS["EvaluationSchedule"]["Default"]) + RUN_MAY_TAKE
    assert PARAMETERS["EvaluationLateHours"]["Default"] * 3600 >= needed.total_seconds()
    assert PARAMETERS["EvaluationLateHours"]["MinValue"] == 2, "the newest hour may be filled with 0 too early"
    assert PARAMETERS["EvaluationLateHours"]["MaxValue"] == 7 * 24, "CloudWatch looks back no further"


# -- Who may look ------------------------------------------------------------------------------------------------------


def test_a_viewer_may_look_at_this_dashboard_and_do_nothing() -> None:
    policy = RESOURCES["ViewerPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    granted = {action: statement["Resource"] for statement in policy for action in listed(statement["Action"])}
    arn = "arn:${AWS::Partition}:cloudwatch:"
    assert granted == {
        "cloudwatch:GetDashboard": {"Fn::Sub": f"{arn}:${{AWS::AccountId}}:dashboard/${{Dashboard}}"},
        "cloudwatch:ListDashboards": "*",
        "cloudwatch:GetMetricData": "*",
        "cloudwatch:DescribeAlarms": "*",
        "lambda:InvokeFunction": {"Fn::GetAtt": ["ShowDashboard", "Arn"]},
    }
    assert SOURCE["Outputs"]["ViewerPolicyArn"]["Value"] == {"Ref": "ViewerPolicy"}


# What the console asks for in the viewer's name, by the type of a widget; the first two to find and open the dashboard.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/permissions-reference-cw.html
ASKED_BY_CONSOLE: Mapping[str, set[str]] = {
    "dashboard": {"cloudwatch:ListDashboards", "cloudwatch:GetDashboard"},
    "custom": {"lambda:InvokeFunction"},
    "alarm": {"cloudwatch:DescribeAlarms"},
    "metric": {"cloudwatch:GetMetricData"},
    "text": set(),
}


def test_a_viewer_may_do_what_the_console_asks_for_the_widgets_and_no_more(deployed: Stack) -> None:
    kinds = {"dashboard", *(widget["type"] for widget in deployed.widgets)}
    policy = RESOURCES["ViewerPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    granted = {action for statement in policy for action in listed(statement["Action"])}
    assert granted == set().union(*(ASKED_BY_CONSOLE[kind] for kind in kinds))
