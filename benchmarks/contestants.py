"""Who is compared in handling SES's events: record_feedback, peers that do less or do it otherwise, and two floors."""

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from functools import partial
from importlib import import_module
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Final

from benchmarks.batches import Invocation, invocations
from benchmarks.null_endpoint import null_endpoint
from benchmarks.sessions import new_session
from ses_reputation_local.environment import no_other_aws

OURS, PLAIN, CAREFUL = "record_feedback", "plain peer", "careful peer"
FLOOR, BARE_FLOOR = "floor", "floor without boto3's serialiser"
ALL: Final = (OURS, FLOOR, BARE_FLOOR, PLAIN, CAREFUL)

_MODULES: Final = {
    OURS: "functions.record_feedback.handler",
    FLOOR: "benchmarks.peers.floor",
    BARE_FLOOR: "benchmarks.peers.floor",
    PLAIN: "benchmarks.peers.plain",
    CAREFUL: "benchmarks.peers.careful",
}

TABLES: Final = {
    "receipts": ("message_id", "entry"),
    "counters": ("scope", "hour"),
    "standings": ("collection", "name"),
    "events": ("message_id", "entry"),
    "idempotency": ("id",),
    "totals": ("scope", "hour"),
}
"""Those of the three contestants, with their keys."""

# As template.yaml has them by default.
ENVIRONMENT: Final = {
    "AWS_LAMBDA_FUNCTION_NAME": "record-feedback",
    "POWERTOOLS_SERVICE_NAME": "record_feedback",
    "POWERTOOLS_METRICS_NAMESPACE": "SESReputation",
    "DEAD_LETTER_QUEUE_URL": "https://sqs.eu-west-1.amazonaws.com/123456789012/dead-letters",
    "RECEIPT_RETENTION_DAYS": "60",
    "OLDEST_MAIL_DAYS": "90",
    "MAXIMUM_SCOPES": "10000",
    "MAILBOX_PROVIDERS": "",
    "FEEDBACK_PROVIDERS": "",
    "SILENT_PROVIDERS": "",
    "TENANT_TAG": "ses:tenant-name",
    "SCOPE_TAGS": "",
    "SPAMTRAPS": "",
    "RECIPIENT_STORAGE": "full",
    "RECIPIENT_KEY_SECRET": "",
    **{f"{name.upper()}_TABLE": name for name in TABLES},
}

_ANSWERS: Final = {"Query": b'{"Items": [], "Count": 0, "ScannedCount": 0}', "BatchGetItem": b'{"Responses": {}}'}

_CONTEXT: Final = SimpleNamespace(
    function_name="record-feedback",
    memory_limit_in_mb="512",
    invoked_function_arn="arn:aws:lambda:eu-west-1:123456789012:function:record-feedback",
    aws_request_id="5f7e1a9c-3b2d-4c8e-9a61-0d2f4b6c8e01",
    get_remaining_time_in_millis=lambda: 60_000,
)


@contextmanager
def answered_at_once() -> Iterator[None]:
    """Until the block ends, what is sent with boto3's default session goes nowhere, and is answered at once."""
    with null_endpoint(new_session(), fixed=_ANSWERS):
        yield


class Contestants:
    """All who are compared, at one endpoint. What each handles is new to it, and made beforehand."""

    def __init__(self, *names: str) -> None:
        # Each is loaded if it is wanted, and makes its clients then, as Lambda would have it.
        self._modules = {name: import_module(module) for name, module in _MODULES.items() if name in names}
        self._numbers = count(step=100_000)
        self.handled: list[Invocation] = []
        """What record_feedback has handled, or the floors in its place."""

    def work(self, who: str, events: int, batch: int, times: int) -> Callable[[], None]:
        """What `who` does, each time it is called, with so many events in batches; so many times."""
        made = [invocations(events, batch, next(self._numbers)) for _ in range(times)]
        if who not in {PLAIN, CAREFUL}:
            self.handled += [invocation for of_round in made for invocation in of_round]
        work = deque(self._calls(who, of_round) for of_round in made)

        def next_of_it() -> None:
            for handle in work.popleft():
                handle()

        return next_of_it

    def _calls(self, who: str, made: Sequence[Invocation]) -> list[Callable[[], object]]:
        if who in {FLOOR, BARE_FLOOR}:
            send = self._modules[who].plainly if who == FLOOR else self._modules[who].barely
            requests = self._modules[who].requests_of(made)
            return [partial(send, i["Records"], of_it) for i, of_it in zip(made, requests, strict=True)]
        return [partial(self._modules[who].lambda_handler, invocation, _CONTEXT) for invocation in made]


@contextmanager
def logging_nothing() -> Iterator[None]:
    """Until the block ends, handlers write their logs as ever, and nobody reads them."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
        yield


def handle_once(who: str, batch: int) -> None:
    """Handle one batch at the null endpoint, for who wants to know what memory that takes."""
    with no_other_aws("eu-west-1"), logging_nothing(), answered_at_once():
        os.environ.update(ENVIRONMENT)
        Contestants(who).work(who, batch, batch, 1)()
