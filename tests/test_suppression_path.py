"""suppress_recipients in the whole system on the local cloud, with the real handlers."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.scopes import ACCOUNT
from ses_reputation_local.cloud import LocalCloud
from ses_reputation_local.functions import Invocation
from ses_reputation_local.ses_account import SesAccount
from ses_reputation_local.ses_mail import Bounce, Complaint, FeedbackType, Format, Outcome, Topic
from ses_reputation_local.ses_simulator import SesSimulator
from tests.faults import FaultAt, Killed, injected
from tests.test_whole_path import EVENTS, HARD, MORNING, newsletter, publish, totals

MIRA, JON = "mira@mailbox.example", "jon@mailbox.example"
PUT = "PutSuppressedDestination"
# Longer than any complaint takes.
MONTH = timedelta(days=30)


@pytest.fixture
def cloud() -> Iterator[LocalCloud]:
    """One whose newsletters SES itself lists nobody for. Whatever happens in it, no log or error names a recipient."""
    with LocalCloud({"AutomaticSuppression": "true"}) as cloud:
        cloud.now = MORNING
        cloud.ses.configuration_sets.add("newsletter").suppression = {"SuppressedReasons": []}
        yield cloud
        for run in runs(cloud):
            assert "mailbox.example" not in f"{run.logs} {run.error}"


def runs(cloud: LocalCloud) -> list[Invocation]:
    return [run for run in cloud.invocations if run.function == "SuppressRecipients"]


def logged(cloud: LocalCloud) -> list[Any]:
    return [json.loads(line) for run in runs(cloud) for line in run.logs]


def measured(cloud: LocalCloud) -> dict[str, float]:
    """The sum of what was published of each metric."""
    sums: dict[str, float] = {}
    for line in logged(cloud):
        for metric in line.get("_aws", {}).get("CloudWatchMetrics", ()):
            assert (metric["Namespace"], line["service"]) == ("SESReputation/ses-reputation", "suppress_recipients")
            for defined in metric["Metrics"]:
                sums[defined["Name"]] = sums.get(defined["Name"], 0) + sum(line[defined["Name"]])
    return sums


def report(
    cloud: LocalCloud,
    number: int,
    outcome: Outcome,
    *,
    at: timedelta = timedelta(),
    deliver: bool = True,
    **changes: Any,
) -> None:
    """SES tells what became of one newsletter, which is another one for each number."""
    recipients = outcome.recipients if isinstance(outcome, Bounce) else (getattr(outcome, "recipient", ""),)
    message = newsletter(number, **{"recipients": recipients, **changes})
    publish(cloud, SesSimulator(f"{number}").send(MORNING + at, message, outcome))
    if deliver:
        cloud.deliver()


def hard_bounce(*addresses: str) -> Bounce:
    return Bounce(addresses or (MIRA,), *HARD)


def listed(cloud: LocalCloud) -> dict[str, str]:
    return {entry.address: entry.reason for entry in cloud.ses.suppressed.values()}


def changes(cloud: LocalCloud) -> list[str]:
    return [call.operation for call in cloud.ses.calls]


def dead_letters(cloud: LocalCloud) -> list[str]:
    return [message.attributes.get("reason", "") for message in cloud.messages("SuppressionDeadLetterQueue")]


def test_from_the_first_bounce_to_the_list_and_off_it_again(cloud: LocalCloud) -> None:
    report(cloud, 1, hard_bounce(MIRA))
    report(cloud, 2, Complaint(JON))
    assert listed(cloud) == {MIRA: "BOUNCE", JON: "COMPLAINT"}
    report(cloud, 2, Complaint(JON, FeedbackType.NOT_SPAM), at=MONTH)
    report(cloud, 1, Complaint(MIRA, FeedbackType.NOT_SPAM), at=MONTH)
    assert listed(cloud) == {MIRA: "BOUNCE"}
    assert measured(cloud) == {"Suppressed": 2, "Unsuppressed": 1}
    assert totals(cloud, ACCOUNT)[Measure.HARD_BOUNCED] == 1
    assert totals(cloud, ACCOUNT)[Measure.COMPLAINED] == 1


def test_the_same_bounce_in_both_formats_is_one(cloud: LocalCloud) -> None:
    cloud.ses.suppression = {"SuppressedReasons": []}
    report(cloud, 1, hard_bounce(), formats=frozenset(Format))
    assert changes(cloud) == [PUT]


def test_whatever_envelope_an_event_is_in_it_is_read(cloud: LocalCloud) -> None:
    """A filter on the subscription would not find the bounce in it."""
    cloud.ses.suppression = {"SuppressedReasons": []}
    cloud.publish("BounceTopic", (EVENTS / "envelopes/eventbridge.json").read_text())
    cloud.deliver()
    assert listed(cloud) == {"jon@closed-office.example": "BOUNCE"}


def test_nothing_is_done_unless_it_is_turned_on() -> None:
    with LocalCloud() as cloud:
        report(cloud, 1, hard_bounce())
        assert cloud.ses.calls == []
        assert not [name for name in cloud.resources if "uppress" in name]


def test_what_ses_lists_by_itself_is_skipped_and_costs_nothing(cloud: LocalCloud) -> None:
    cloud.ses.configuration_sets["newsletter"].suppression = {}
    report(cloud, 1, hard_bounce(), deliver=False)
    report(cloud, 2, Complaint(JON))
    assert measured(cloud) == {"SkippedBySes": 2}
    assert changes(cloud) == []
    items = cloud.client("dynamodb").scan(TableName=cloud.resources["ReceiptsTable"])["Items"]
    assert not [item for item in items if item["message_id"]["S"].startswith("suppression/")]


def test_what_ses_is_set_to_is_asked_for_once_in_a_while(cloud: LocalCloud) -> None:
    cloud.ses.fail("GetAccount", "AccessDeniedException", times=1)
    report(cloud, 1, hard_bounce("noah@mailbox.example"))
    assert dead_letters(cloud)[0].startswith("AWS denied GetAccount"), "what failed is not kept"
    report(cloud, 2, hard_bounce(MIRA))
    for operation in ("GetAccount", "GetConfigurationSet"):
        cloud.ses.fail(operation, "AccessDeniedException")
    report(cloud, 3, hard_bounce(JON))
    assert listed(cloud) == {MIRA: "BOUNCE", JON: "BOUNCE"}


def test_entries_that_the_account_ignores_are_logged(cloud: LocalCloud) -> None:
    cloud.ses.suppression = {"SuppressedReasons": ["COMPLAINT"]}
    report(cloud, 1, hard_bounce())
    assert logged(cloud)[0]["without_effect"] == 1


# What goes wrong

TROUBLES: Mapping[str, Callable[[SesAccount], None]] = {
    "throttled": lambda ses: ses.fail(PUT, "TooManyRequestsException", times=4),
    "throttled for longer than boto3 tries": lambda ses: ses.fail(PUT, "TooManyRequestsException", times=3, final=True),
    "broken": lambda ses: ses.fail("GetSuppressedDestination", "InternalServiceError", times=1, final=True),
    "not answered": lambda ses: ses.time_out(PUT, carried_out=False, times=1, final=True),
    "not answered, though done": lambda ses: ses.time_out(PUT, carried_out=True, times=1, final=True),
    "removed without an answer": lambda ses: ses.time_out(
        "DeleteSuppressedDestination", carried_out=True, times=1, final=True
    ),
    "at SES's pace": lambda ses: setattr(ses, "pace", True),
}


def test_whatever_passes_is_lived_through(cloud: LocalCloud) -> None:
    """One mail after another bounces, and one brings a complaint that is taken back."""
    bounced: dict[str, str] = {}
    for number, (trouble, begins) in enumerate(TROUBLES.items()):
        bouncing, complaining = (f"{who}-{number}@mailbox.example" for who in ("mira", "jon"))
        bounced[bouncing] = "BOUNCE"
        begins(cloud.ses)
        report(cloud, 2 * number, hard_bounce(bouncing), deliver=False)
        report(cloud, 2 * number + 1, Complaint(complaining))
        assert listed(cloud) == {**bounced, complaining: "COMPLAINT"}, trouble
        report(cloud, 2 * number + 1, Complaint(complaining, FeedbackType.NOT_SPAM), at=MONTH)
        assert listed(cloud) == bounced, f"{trouble}: it was not known to be ours"
    assert dead_letters(cloud) == []
    assert measured(cloud)["Suppressed"] == 2 * len(TROUBLES), "each once"


def test_what_ses_always_refuses_becomes_a_dead_letter_with_the_reason_at_once(cloud: LocalCloud) -> None:
    cloud.ses.production_access = False
    report(cloud, 1, hard_bounce(MIRA, JON))
    (reason,) = dead_letters(cloud)
    assert "sandbox" in reason
    (run,) = runs(cloud)
    assert run.result == {"batchItemFailures": []}
    (warning,) = [line for line in logged(cloud) if line.get("message") == "set apart"]
    assert warning["reason"] == reason
    assert totals(cloud, ACCOUNT)[Measure.HARD_BOUNCED] == 2, "which changes no count"
    assert cloud.messages("FeedbackDeadLetterQueue") == []


def test_poison_becomes_a_dead_letter_with_the_reason(cloud: LocalCloud) -> None:
    cloud.publish("BounceTopic", (EVENTS / "set-up/configuration-set.txt").read_text())
    cloud.publish("BounceTopic", "not an event at all")
    report(cloud, 1, hard_bounce())
    (reason,) = dead_letters(cloud)
    assert reason.startswith("not JSON")
    assert listed(cloud) == {MIRA: "BOUNCE"}


def test_what_no_queue_can_bring_again_fails_the_invocation(cloud: LocalCloud) -> None:
    cloud.ses.fail(PUT, "TooManyRequestsException", times=1, final=True)
    run = cloud.invoke("SuppressRecipients", json.loads((EVENTS / "configuration-set/bounce.json").read_text()))
    assert "1 messages could not be acted on" in str(run.error)


def test_whichever_call_it_dies_after_the_list_ends_right_and_the_entry_is_ours(cloud: LocalCloud) -> None:
    simulator = SesSimulator("deaths")

    def tell(number: int, feedback_type: FeedbackType) -> None:
        """Past record_feedback, whose calls would be watched, too."""
        address = f"reader-{number}@mailbox.example"
        at = MORNING + (MONTH if feedback_type is FeedbackType.NOT_SPAM else timedelta())
        told = simulator.send(at, newsletter(number, recipients=(address,)), Complaint(address, feedback_type))
        cloud.enqueue("SuppressionQueue", [p.message for p in told if p.topic is Topic.COMPLAINT])

    def run(deaths: FaultAt, number: int) -> bool:
        """Whether it died on the way; then it comes again."""
        deaths.arm(number)
        with suppress(Killed):
            cloud.deliver()
            return False
        deaths.arm(0)
        cloud.deliver()
        return True

    deaths = FaultAt(armed=True)
    with injected(deaths):
        tell(0, FeedbackType.ABUSE)
        cloud.deliver()
        assert deaths.seen == ["GetAccount", "GetConfigurationSet", *SUPPRESSING], "what SES is set to is known now"
        for number in range(1, len(SUPPRESSING) + 1):
            tell(number, FeedbackType.ABUSE)
            assert run(deaths, number)
            assert listed(cloud)[f"reader-{number}@mailbox.example"] == "COMPLAINT"
            tell(number, FeedbackType.NOT_SPAM)
            assert run(deaths, min(number, 4)), "it takes four calls"
            assert listed(cloud) == {"reader-0@mailbox.example": "COMPLAINT"}
    assert dead_letters(cloud) == []


SUPPRESSING = ("GetItem", "GetSuppressedDestination", "PutItem", PUT, "PutItem")
