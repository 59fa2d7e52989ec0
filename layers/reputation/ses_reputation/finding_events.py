"""Reading the EventBridge events that report a finding."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from ses_reputation.commands import (
    Name,
    ScopeName,
    Text,
    Time,
    UnreadableRequest,
    in_utc,
    problem_of,
    received_at,
    refuse_unwritable,
    scope_of,
)
from ses_reputation.domain.categories import Category, Severity
from ses_reputation.domain.decisions import Report
from ses_reputation.domain.lifecycle import Status
from ses_reputation.domain.scopes import ACCOUNT
from ses_reputation.domain.standing import Act, Actor

FINDING_REPORTED = "SES Reputation Finding Reported"
"""The detail type of an event by which any program with permission reports a finding."""

STATUS_CHANGED = "SES Reputation Status Changed"
"""The detail type of the event by which an account that shuts down tells its related accounts."""

SOURCE = "ses-reputation"
"""The source of the events that SES Reputation itself sends."""


EventId = Annotated[str, Meta(min_length=1, max_length=128)]
"""A UUID, by which a report that comes again is known, and so the end of a key."""


class _Detail(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The detail of an event that reports a finding: docs/schemas/finding-reported.json."""

    version: Literal[1] = 1
    scope: ScopeName
    category: Category
    evidence: Text
    severity: Severity = Severity.PROBATION
    source: Name | None = None
    observed: Time | None = None


class _Alert(Struct, frozen=True):
    """What there must be in the event of an account's change."""

    kind: Literal["status-change"]
    version: int
    id: Annotated[str, Meta(min_length=1, max_length=64)]
    account: Name
    region: Name
    scope: ScopeName
    before: str
    scope_before: str
    scope_after: Name
    category: Name


class _Event(Struct, frozen=True, rename={"detail_type": "detail-type"}):
    """EventBridge's envelope. `id`, `account` and `region` are EventBridge's own, `source` is what the sender says."""

    id: EventId
    detail_type: str
    source: Name
    account: Name
    region: str
    detail: Any


class _Received(Struct, frozen=True):
    """What the rule makes of an event: with the time at which EventBridge itself received it."""

    received: Time
    event: dict[str, Any]


class ReceivedReport(Struct, frozen=True):
    """An event that reports a finding, whose act that is, and when EventBridge received it."""

    report: Report
    act: Act
    time: datetime


def read_event(invocation: object, own_account: str, own_region: str) -> ReceivedReport | None:
    """The report in an event; None if there is nothing to report, since it is about this account itself.

    UnreadableRequest if it is no such event.
    """
    refuse_unwritable(invocation)
    try:
        received = msgspec.convert(invocation, _Received)
        event = msgspec.convert(received.event, _Event)
        found = _report(event, own_account, own_region)
    except msgspec.ValidationError as error:
        raise UnreadableRequest(problem_of(error)) from None
    if found is None:
        return None
    report, request = found
    actor = Actor(f"{event.source} in AWS account {event.account}", proven=False)
    return ReceivedReport(report, Act(request, actor), received_at(received.received))


def _report(event: _Event, own_account: str, own_region: str) -> tuple[Report, str] | None:
    """The report, and what makes it the same when it comes again."""
    if event.detail_type == FINDING_REPORTED:
        detail = msgspec.convert(event.detail, _Detail)
        source = detail.source or event.source
        report = Report(
            scope_of(detail.scope), detail.category, detail.evidence, source, detail.severity, in_utc(detail.observed)
        )
        return report, f"event/{event.id}"
    if event.detail_type == STATUS_CHANGED:
        alert = msgspec.convert(event.detail, _Alert)
        # Who sent it is proven by EventBridge, what it says is not: an account speaks for itself only. The event's
        # region is where the call was made, which may be that of the bus.
        if (event.account, alert.account, alert.region) == (own_account, own_account, own_region):
            return None
        if (alert.scope, alert.scope_after) != (ACCOUNT, Status.SHUTDOWN) or alert.account != event.account:
            raise UnreadableRequest(
                f"an account's own shutdown is what related accounts hear of, not {alert.scope} of {alert.account} "
                f"becoming {alert.scope_after}, from {event.account}"
            )
        about = alert.category.replace("_", " ")
        text = f"AWS account {alert.account} in {alert.region} was shut down. The finding there is about: {about}."
        report = Report(ACCOUNT, Category.RELATED_ACCOUNT, text, f"AWS account {alert.account}, {alert.region}")
        # An alert that was sent again is another event about the same thing.
        return report, f"alert/{event.account}/{alert.id}"
    raise UnreadableRequest(f"the detail type is {event.detail_type!r}; it has to be {FINDING_REPORTED!r}")
