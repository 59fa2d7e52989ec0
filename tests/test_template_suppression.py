"""What must hold in template.yaml of suppress_recipients: nothing of it unless it is turned on; then what it needs."""

from datetime import timedelta

import pytest

from ses_reputation_local.cloud import LocalCloud
from ses_reputation_local.ses_mail import Complaint, FeedbackType
from ses_reputation_local.ses_simulator import SesSimulator
from tests.noted_calls import noted
from tests.privileges import Notes, refused, unused
from tests.test_template import RESOURCES, SOURCE, of_type
from tests.test_whole_path import MORNING, mail, newsletter

ITS_OWN = {name for name in RESOURCES if name.startswith("Suppress")}
TOPICS = {"SuppressionOfBounces": "BounceTopic", "SuppressionOfComplaints": "ComplaintTopic"}
DEAD_LETTERS = {"Fn::GetAtt": ["SuppressionDeadLetterQueue", "Arn"]}
FROM_TOPICS = {"ArnEquals": {"aws:SourceArn": [{"Ref": topic} for topic in TOPICS.values()]}}


def test_it_is_off_unless_it_is_turned_on() -> None:
    assert SOURCE["Parameters"]["AutomaticSuppression"]["Default"] == "false"
    assert {RESOURCES[name].get("Condition") for name in ITS_OWN} == {"SuppressesRecipients"}
    conditional = {name for name, resource in RESOURCES.items() if resource.get("Condition") == "SuppressesRecipients"}
    assert conditional == ITS_OWN
    assert SOURCE["Outputs"]["SuppressionDeadLetterQueueUrl"]["Condition"] == "SuppressesRecipients"


def test_its_queue_gets_what_ses_says_as_ses_wrote_it_and_all_of_it() -> None:
    for name, topic in TOPICS.items():
        assert RESOURCES[name]["Properties"] == {
            "TopicArn": {"Ref": topic},
            "Protocol": "sqs",
            "Endpoint": {"Fn::GetAtt": ["SuppressionQueue", "Arn"]},
            "RawMessageDelivery": True,
            "RedrivePolicy": {"deadLetterTargetArn": DEAD_LETTERS},
        }


@pytest.mark.parametrize("queue", ["SuppressionQueue", "SuppressionDeadLetterQueue"])
def test_a_queue_takes_messages_from_the_two_topics_and_nobody_else(queue: str) -> None:
    policy = RESOURCES[f"{queue}Policy"]["Properties"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert policy["Queues"] == [{"Ref": queue}]
    assert statement["Principal"] == {"Service": "sns.amazonaws.com"}
    assert (statement["Action"], statement["Resource"]) == ("sqs:SendMessage", {"Fn::GetAtt": [queue, "Arn"]})
    assert statement["Condition"] == FROM_TOPICS


def test_what_ses_is_too_busy_for_is_tried_for_more_than_a_day() -> None:
    queue, function = (RESOURCES[name]["Properties"] for name in ("SuppressionQueue", "SuppressRecipients"))
    assert queue["VisibilityTimeout"] >= 6 * function["Timeout"]
    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == DEAD_LETTERS
    assert queue["RedrivePolicy"]["maxReceiveCount"] * queue["VisibilityTimeout"] > 24 * 3600
    for name in ("SuppressionQueue", "SuppressionDeadLetterQueue"):
        assert RESOURCES[name]["Properties"]["MessageRetentionPeriod"] == 14 * 24 * 3600


def test_its_batches_are_small_and_few_at_a_time() -> None:
    source = RESOURCES["SuppressionQueueSource"]["Properties"]
    assert source["BatchSize"] == 10
    assert "MaximumBatchingWindowInSeconds" not in source
    assert source["ScalingConfig"] == {"MaximumConcurrency": 2}
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert source["EventSourceArn"] == {"Fn::GetAtt": ["SuppressionQueue", "Arn"]}
    assert source["FunctionName"] == {"Fn::GetAtt": ["SuppressRecipients", "Arn"]}
    others = [s["FunctionName"]["Fn::GetAtt"][0] for s in of_type("AWS::Lambda::EventSourceMapping").values()]
    assert others.count("SuppressRecipients") == 1


def test_it_has_time_for_a_batch_beside_what_it_needs_for_one_recipient() -> None:
    """At two calls in two seconds: Get and Put, and another function that takes every other second."""
    needed = 90
    assert RESOURCES["SuppressRecipients"]["Properties"]["Timeout"] - needed >= 10 * 2 * 2


def act(cloud: LocalCloud) -> Notes:
    """All that the function does: a bounce, a complaint that is taken back, mail of a tenant, and poison."""
    bodies = [publication.message for publication in mail(1, bad=1, tenant="acme")]
    simulator = SesSimulator("a complaint")
    for days, feedback_type in ((0, FeedbackType.ABUSE), (30, FeedbackType.NOT_SPAM)):
        complaint = Complaint("reader-7@gmail.com", feedback_type)
        told = simulator.send(MORNING + timedelta(days=days), newsletter(7), complaint)
        bodies += [publication.message for publication in told]
    with noted() as notes:
        cloud.enqueue("SuppressionQueue", [*bodies, "poison"])
        cloud.deliver()
    assert {run.error for run in cloud.invocations} == {None}
    return notes


def test_its_role_allows_what_it_does_and_no_more() -> None:
    """Queues are read and logs are written by Lambda itself."""
    with LocalCloud({"AutomaticSuppression": "true", "RecipientStorage": "hashed"}) as cloud:
        cloud.ses.suppression = {"SuppressedReasons": []}
        cloud.ses.add_tenant("acme")
        notes = act(cloud)
    assert refused(notes) == unused(notes, "SuppressRecipients") == []
