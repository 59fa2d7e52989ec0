"""The metrics that the functions write are those of the table, and say what happened."""

import json
from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest

from ses_reputation import metrics
from ses_reputation.adapters.standings import DynamoDbStandings
from ses_reputation.domain.lifecycle import Status
from ses_reputation.domain.rates import Metric
from ses_reputation.domain.scopes import ScopeKind
from ses_reputation.domain.survey import Survey
from ses_reputation.metrics import METERS, Meter, Reading
from ses_reputation_local.cloud import LocalCloud
from ses_reputation_local.functions import Invocation
from ses_reputation_local.resources import STACK_NAME
from tests.test_whole_path import EVENTS, HOUR, MORNING, mail, publish

OURS = f"{metrics.NAMESPACE}/{STACK_NAME}"

Written = dict[tuple[str, ...], float]
"""What was written: the name of each metric with the values of its dimensions, `service` first."""


@pytest.fixture
def cloud() -> Iterator[LocalCloud]:
    with LocalCloud() as cloud:
        cloud.now = MORNING
        yield cloud


def written(lines: Iterator[str] | tuple[str, ...]) -> Written:
    """The metrics in some lines, which must be as the table has them."""
    found: Written = {}
    for document in map(json.loads, lines):
        for directive in document.get("_aws", {}).get("CloudWatchMetrics", ()):
            assert directive["Namespace"] == OURS
            ((*dimensions,),) = directive["Dimensions"]
            for metric in directive["Metrics"]:
                row = METERS[metric["Name"]]
                assert metric["Unit"] == row.unit.value
                assert {*dimensions} == {"service", *filter(None, (row.by,))}
                assert document["service"] == row.service
                of = (document[row.by],) if row.by else ()
                (found[metric["Name"], row.service, *of],) = document[metric["Name"]]
    return found


def test_what_has_the_same_dimensions_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", OURS)
    survey = Survey(
        {Status.HEALTHY: 3},
        {Metric.BOUNCE_RATE: Fraction(0)},
        {(m, k): 0.5 for m in Metric for k in (ScopeKind.TAG, ScopeKind.TENANT)},
    )
    metrics.write([*metrics.of_survey(survey), Reading(Meter.EVALUATION_AGE, 90), Reading(Meter.ALERTS_SENT, 2)])
    lines = tuple(capsys.readouterr().out.splitlines())
    assert len(lines) == 5
    evaluate = "evaluate_reputation"
    expected: Written = {
        ("Scopes", evaluate, "Healthy"): 3,
        ("BounceRate", evaluate): 0,
        ("AlertsSent", evaluate): 2,
        **{
            (f"{metric}RateOfLimit", evaluate, kind): 50
            for metric in ("Bounce", "Complaint")
            for kind in ("tag", "tenant")
        },
        ("EvaluationAge", "watch_ses"): 90,
    }
    assert written(lines) == expected


@pytest.mark.parametrize(
    "reading",
    [Reading(Meter.SCOPES, 1), Reading(Meter.ALERTS_SENT, 1, "tenant")],
    ids=["a dimension that is missing", "a dimension that nobody knows"],
)
def test_a_reading_has_the_dimensions_of_its_metric(reading: Reading) -> None:
    with pytest.raises(ValueError, match="has the dimension"):
        metrics.write([reading])


def test_every_event_is_measured_as_what_became_of_it(cloud: LocalCloud) -> None:
    bounce = json.loads((EVENTS / "configuration-set/bounce.json").read_text())
    unknown = bounce | {"bounce": bounce["bounce"] | {"bounceType": "Permanent", "bounceSubType": "BrandNew"}}
    bodies = [json.dumps(unknown), json.dumps(unknown), "poison"]
    cloud.enqueue("BounceQueue", bodies)
    cloud.deliver()
    assert written(only(cloud, "RecordFeedback").logs) == {
        ("EventsCounted", "record_feedback"): 1,
        ("EventsDuplicate", "record_feedback"): 1,
        ("EventsUnreadable", "record_feedback"): 1,
        ("UnknownBounceSubtype", "record_feedback"): 1,
    }


def only(cloud: LocalCloud, function: str) -> Invocation:
    (run,) = [run for run in cloud.invocations if run.function == function]
    return run


def evaluate(cloud: LocalCloud, now: Any) -> Written:
    (run,) = cloud.tick(now, ["EvaluateReputation"])
    return {(name, *of): value for (name, _, *of), value in written(run.logs).items()}


def test_an_evaluation_tells_what_it_did_and_how_all_scopes_stand(cloud: LocalCloud) -> None:
    publish(cloud, mail(200, bad=21))
    cloud.deliver()
    kinds = ("account", "configuration-set", "identity", "provider")
    first = evaluate(cloud, MORNING + HOUR)
    expected: Written = {
        ("CompleteEvaluations",): 1,
        ("StatusChanges",): 4,
        ("AlertsSent",): first[("AlertsSent",)],
        ("AlertsNotSent",): 0,
        ("BounceRate",): 10.5,
        ("ComplaintRate",): 0,
        **{("BounceRateOfLimit", kind): 105 for kind in kinds},
        **{("ComplaintRateOfLimit", kind): 0 for kind in kinds},
        ("Scopes", "Probation"): 4,
    }
    assert first == expected
    assert first[("AlertsSent",)] >= 4
    again = evaluate(cloud, MORNING + 2 * HOUR)
    assert (again[("StatusChanges",)], again[("AlertsSent",)]) == (0, 0)
    assert again[("Scopes", "Probation")] == 4, "those that were not due, too"


def test_a_run_that_ended_well_is_no_failure_because_nobody_could_survey_it(
    cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    def throttled(*_: object) -> None:
        raise TimeoutError("the index does not answer")

    monkeypatch.setattr(DynamoDbStandings, "listed", throttled)
    publish(cloud, mail(200, bad=21))
    cloud.deliver()
    (run,) = cloud.tick(MORNING + HOUR, ["EvaluateReputation"])
    assert run.error is None
    messages = [json.loads(line).get("message") for line in run.logs]
    assert messages.count("evaluated") == messages.count("not surveyed") == 1
    assert written(run.logs)["CompleteEvaluations", "evaluate_reputation"] == 1


def test_alerts_that_can_not_be_sent_are_measured_though_the_run_fails(cloud: LocalCloud) -> None:
    publish(cloud, mail(200, bad=21))
    cloud.deliver()
    cloud.client("sns").delete_topic(TopicArn=cloud.resources["ChatTopic"])
    for hours in (1, 2):
        (run,) = cloud.tick(MORNING + hours * HOUR, ["EvaluateReputation"])
        assert run.error is not None
        found = {name: value for (name, _), value in written(run.logs).items()}
        assert found["CompleteEvaluations"] == 0
        assert found["AlertsNotSent"] == len(list(waiting(cloud))) > 0
    assert found["AlertsSent"] == 0


def waiting(cloud: LocalCloud) -> Iterator[Any]:
    items = cloud.client("dynamodb").query(
        TableName=cloud.resources["StandingsTable"],
        KeyConditionExpression="collection = :outbox",
        ExpressionAttributeValues={":outbox": {"S": "outbox"}},
    )["Items"]
    yield from items


def test_the_age_of_the_last_evaluation_rises_when_there_are_no_more(cloud: LocalCloud) -> None:
    def age(now: Any) -> float | None:
        (run,) = cloud.tick(now, ["WatchSes"])
        return written(run.logs).get(("EvaluationAge", "watch_ses"))

    assert age(MORNING) is None, "there has not been any"
    cloud.tick(MORNING + HOUR, ["EvaluateReputation"])
    minutes = timedelta(minutes=15)
    assert [age(MORNING + HOUR + n * minutes) for n in (0, 1, 4, 100)] == [0, 900, 3600, 90_000]
    assert age(MORNING) == 0, "a watch that comes late"


def test_the_age_is_told_though_ses_does_not_answer(cloud: LocalCloud) -> None:
    cloud.tick(MORNING, ["EvaluateReputation"])
    cloud.ses.fail("GetAccount", "TooManyRequestsException", final=True)
    (run,) = cloud.tick(MORNING + HOUR, ["WatchSes"])
    assert run.error is not None
    assert written(run.logs) == {("EvaluationAge", "watch_ses"): 3600}
