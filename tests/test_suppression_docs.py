"""docs/suppressing-recipients.md says what the code and the template say."""

import re
from pathlib import Path

from functions.suppress_recipients.handler import METERS
from ses_reputation.suppress import Outcome
from tests.access import listed
from tests.test_template import RESOURCES, SOURCE, statements

PAGE = (Path(__file__).parents[1] / "docs/suppressing-recipients.md").read_text()
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("|")]


def test_every_outcome_is_a_row_with_its_metric() -> None:
    metrics = {outcome: f"`{name}`" for name, outcome in METERS.items()}
    shown = {row[0]: row[1] for row in ROWS if len(row) == 3}
    for outcome in Outcome:
        assert shown[f"`{outcome}`"] == metrics.get(outcome, ""), outcome


def test_every_permission_is_a_row() -> None:
    own = {"ReadQueue", "SetApart", "WriteLogs", "UseQueuesWithTheKey", "UseTablesWithTheKey", "DecryptRecipientKey"}
    granted = {a for s in statements("SuppressRecipientsRole") if s["Sid"] not in own for a in listed(s["Action"])}
    assert {row[0].strip("`") for row in ROWS if ":" in row[0] and len(row) == 2} == granted


def test_its_numbers_are_those_of_the_template() -> None:
    queue = RESOURCES["SuppressionQueue"]["Properties"]
    minutes, times = queue["VisibilityTimeout"] // 60, queue["RedrivePolicy"]["maxReceiveCount"]
    assert f"comes again after {minutes} minutes, up to {times} times ({minutes * times // 60} hours)" in PAGE
    assert f"there for {queue['MessageRetentionPeriod'] // 86_400} days" in PAGE
    assert f"time for {queue['MessageRetentionPeriod'] / 1e6:.1f} million recipients" in PAGE
    assert RESOURCES["SuppressionQueueSource"]["Properties"]["BatchSize"] == 10
    assert "batches of ten messages" in PAGE
    memory = RESOURCES["SuppressRecipients"]["Properties"]["MemorySize"]
    assert f"with {memory} MB on arm64 are {1000 * 20 * memory // 1024:,} GB-seconds" in PAGE


def test_what_is_named_is_there() -> None:
    assert set(re.findall(r"`(AutomaticSuppression|ReceiptRetentionDays)", PAGE)) <= SOURCE["Parameters"].keys()
    assert {"SuppressionDeadLetterQueueUrl", "BounceTopicArn"} <= SOURCE["Outputs"].keys()
    assert {"SuppressionDeadLetterQueue", "SuppressionQueue"} <= RESOURCES.keys()
