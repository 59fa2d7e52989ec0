"""Reports findings to SES Reputation: mail to your abuse mailbox, as a function, or what you say, as a script.

python report_finding.py tenant/acme spamtrap "14 hits since Monday" --bus ses-reputation --source trap-monitor
"""

import argparse
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

import boto3

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef, PutEventsResultEntryTypeDef

Finding = Mapping[str, str]
"""What docs/schemas/finding-reported.json describes: scope, category, evidence, and severity and observed if known."""

# SES Reputation takes events of this type from its bus. A bus drops any other, and nobody hears of it.
DETAIL_TYPE = "SES Reputation Finding Reported"

# https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
MAX_ENTRIES = 10
# Of all codes of an entry these two may go away by themselves.
# https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsResultEntry.html
PASSING = frozenset({"InternalFailure", "ThrottlingException"})
PAUSES = (2.0, 4.0, 8.0)
"""Seconds between attempts."""

SOURCE = "abuse-mailbox"


class NotReported(RuntimeError):
    """Findings that EventBridge did not take; the text says why."""


@cache
def eventbridge() -> "EventBridgeClient":
    """The client that warm invocations share."""
    return boto3.client("events")


def sleep(seconds: float) -> None:
    """Wait before an attempt."""
    time.sleep(seconds)


def lambda_handler(event: Mapping[str, Any], _context: object) -> None:
    """Report the mail that SES has received. What can't be reported fails, so that Lambda tries again."""
    findings = [finding for record in event["Records"] for finding in findings_of(record["ses"])]
    report(findings, bus=os.environ["BUS"], source=SOURCE, client=eventbridge(), wait=sleep)


def findings_of(received: Mapping[str, Any]) -> Iterable[Finding]:
    """A suspicion for each of the domains to whose abuse or postmaster mailbox somebody wrote.

    It says nothing of who wrote what. So it is the same all day, and kept once a day: a person reads the mail itself.
    https://docs.aws.amazon.com/ses/latest/dg/receiving-email-action-lambda-event.html
    """
    receipt = received["receipt"]
    if "FAIL" in (receipt["spamVerdict"]["status"], receipt["virusVerdict"]["status"]):
        return
    for address in sorted({recipient.lower() for recipient in receipt["recipients"]}):
        mailbox, _, domain = address.partition("@")
        yield {
            "scope": f"identity/{domain}",
            "category": "direct_feedback",
            "severity": "suspected",
            "evidence": f"Somebody wrote to the mailbox {mailbox} of this domain.",
            "observed": received["mail"]["timestamp"],
        }


def report(
    findings: Iterable[Finding],
    *,
    bus: str,
    source: str,
    client: "EventBridgeClient",
    wait: Callable[[float], None] = sleep,
) -> None:
    """Put findings on the bus, and again what EventBridge does not take. Raises NotReported for all that is left then.

    A finding that is put twice does no harm: the second is one more piece of evidence.
    """
    entries = iter([_entry(finding, bus, source) for finding in findings])
    left: list[str] = []
    while some := list(islice(entries, MAX_ENTRIES)):
        left += _put(some, client, wait)
    if left:
        raise NotReported("; ".join(left))


def _put(
    entries: Sequence["PutEventsRequestEntryTypeDef"], client: "EventBridgeClient", wait: Callable[[float], None]
) -> Iterator[str]:
    """Put them, and say what was not taken in the end, and why."""
    for pause in (*PAUSES, None):
        # The call itself boto3 repeats. But it succeeds even if EventBridge took none of its entries.
        answer = client.put_events(Entries=entries)
        if not answer["FailedEntryCount"]:
            return
        failed = [(e, result) for e, result in zip(entries, answer["Entries"], strict=True) if "ErrorCode" in result]
        entries = [entry for entry, result in failed if result["ErrorCode"] in PASSING and pause is not None]
        yield from (_told(entry, result) for entry, result in failed if entry not in entries)
        if pause is None or not entries:
            return
        wait(pause)


def _entry(finding: Finding, bus: str, source: str) -> "PutEventsRequestEntryTypeDef":
    return {"EventBusName": bus, "Source": source, "DetailType": DETAIL_TYPE, "Detail": json.dumps(finding)}


def _told(entry: "PutEventsRequestEntryTypeDef", result: "PutEventsResultEntryTypeDef") -> str:
    return f"{result['ErrorCode']} ({result.get('ErrorMessage', 'no message')}): {entry['Detail']}"


def main() -> None:
    """Report one finding."""
    parser = argparse.ArgumentParser(description="Reports a finding to SES Reputation.")
    for name in ("scope", "category", "evidence"):
        parser.add_argument(name)
    parser.add_argument("--severity", default="probation", help="suspected, probation (the default) or shutdown")
    parser.add_argument("--bus", default="ses-reputation", help="the bus has the name of the stack")
    parser.add_argument("--source", default="a-script", help="what the history calls you")
    given = vars(parser.parse_args())
    bus, source = given.pop("bus"), given.pop("source")
    report([given], bus=bus, source=source, client=eventbridge())


if __name__ == "__main__":
    main()
