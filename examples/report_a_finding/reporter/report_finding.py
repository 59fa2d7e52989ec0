"""Reports findings to SES Reputation: mail to your abuse mailbox, as a function, or what you say, as a script.

python report_finding.py tenant/acme spamtrap "14 hits since Monday" --bus ses-reputation --source trap-monitor
"""

import argparse
import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

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

# What docs/schemas/finding-reported.json allows. An event that says anything else is taken by the bus, and refused only
# behind it, where a script hears nothing of it: SES Reputation sets it apart as a dead letter.
CATEGORIES = (
    "anti_spam_organization",
    "direct_feedback",
    "domain_blocklist",
    "internal_review",
    "mailbox_provider",
    "recipient_feedback",
    "related_account",
    "spamtrap",
    "vulnerable_site",
    "other",
)
SEVERITIES = ("suspected", "probation", "shutdown")
SCOPE = re.compile(r"account|(configuration-set|identity|tenant|provider)/.+|tag/[^=]+=.+")
SCOPES = "account, configuration-set/NAME, identity/DOMAIN, tenant/NAME, provider/NAME or tag/NAME=VALUE"
MAX_SCOPE = 1000
EVIDENCE = re.compile(r"(?=\s*\S)[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*")
MAX_EVIDENCE = 1500


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
        again: list[PutEventsRequestEntryTypeDef] = []
        for entry, result in zip(entries, answer["Entries"], strict=True):
            if "ErrorCode" not in result:
                continue
            if result["ErrorCode"] in PASSING and pause is not None:
                again.append(entry)
            else:
                yield _told(entry, result)
        if pause is None or not again:
            return
        entries = again
        wait(pause)


def _entry(finding: Finding, bus: str, source: str) -> "PutEventsRequestEntryTypeDef":
    return {"EventBusName": bus, "Source": source, "DetailType": DETAIL_TYPE, "Detail": json.dumps(finding)}


def _told(entry: "PutEventsRequestEntryTypeDef", result: "PutEventsResultEntryTypeDef") -> str:
    return f"{result['ErrorCode']} ({result.get('ErrorMessage', 'no message')}): {entry['Detail']}"


def scope(text: str) -> str:
    """The scope that somebody wrote; ArgumentTypeError if it is none."""
    if not SCOPE.fullmatch(text) or len(text.encode()) > MAX_SCOPE:
        raise argparse.ArgumentTypeError(f"{text!r} is no scope; a scope is {SCOPES}, of {MAX_SCOPE} bytes at most")
    return text


def evidence(text: str) -> str:
    """What somebody wrote for a person to read; ArgumentTypeError if no event may hold it."""
    if not EVIDENCE.fullmatch(text) or len(text) > MAX_EVIDENCE:
        raise argparse.ArgumentTypeError(f"it has to be text of 1 to {MAX_EVIDENCE} characters, none of them a control")
    return text


def main() -> None:
    """Report one finding. To exit with 0 says that it was taken for the bus, not that it is in the history yet.

    EventBridge takes it for a bus that is not there, too.
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html
    """
    parser = argparse.ArgumentParser(
        description="Reports a finding to SES Reputation.",
        epilog="The exit status is 0 if EventBridge took it for the bus (also for one that is not there), 1 if it did "
        "not, 2 if it can be no finding. Whether it has become one, the history says: ses-reputation changes SCOPE.",
    )
    parser.add_argument("scope", type=scope, help=SCOPES)
    parser.add_argument("category", choices=CATEGORIES)
    parser.add_argument("evidence", type=evidence, help="what was seen, for a person to read")
    parser.add_argument("--severity", default="probation", choices=SEVERITIES, help="probation, if it is left out")
    parser.add_argument("--bus", default="ses-reputation", help="the bus has the name of the stack")
    parser.add_argument("--source", default="a-script", help="what the history calls you")
    given = vars(parser.parse_args())
    bus, source = given.pop("bus"), given.pop("source")
    try:
        report([given], bus=bus, source=source, client=eventbridge())
    except (NotReported, ClientError, BotoCoreError) as why:
        sys.exit(f"Not reported: {why}")


if __name__ == "__main__":
    main()
