"""The words for the statuses: those of SES's reputation dashboard when it began, or those of its console today."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from ses_reputation.domain.lifecycle import Status


class Vocabulary(StrEnum):
    """Which words people read. Documents for programs have the classic ones, whatever this is."""

    CLASSIC = "classic"
    CURRENT = "current"


# What SES's console calls these statuses since it renamed them.
# https://docs.aws.amazon.com/ses/latest/dg/reputationdashboardmessages.html
TODAY: Mapping[Status, str] = MappingProxyType(
    {
        Status.PROBATION: "Under review",
        Status.PENDING_DECISION: "Pending end of review decision",
        Status.PENDING_SHUTDOWN: "Pending sending pause",
        Status.SHUTDOWN: "Sending paused",
    }
)

STATUS_NAMES: Mapping[Vocabulary, Mapping[Status, str]] = MappingProxyType(
    {
        Vocabulary.CLASSIC: MappingProxyType({status: status.value for status in Status}),
        Vocabulary.CURRENT: MappingProxyType({status: TODAY.get(status, status.value) for status in Status}),
    }
)
"""What each status is called."""

_SUSPECTED = "Suspected"


def name_of_finding(status: Status, vocabulary: Vocabulary, *, suspected: bool) -> str:
    """What the status of a finding is called; one that is only suspected is called so, though it is Healthy."""
    return _SUSPECTED if suspected else STATUS_NAMES[vocabulary][status]


# What the texts call them in a sentence: {Probation} is the status, {probation} the period.
_IN_SENTENCES: Mapping[Vocabulary, Mapping[str, str]] = MappingProxyType(
    {
        Vocabulary.CLASSIC: {
            "probation": "probation",
            "on_probation": "on probation",
            "shutdown": "shutdown",
            "shut_down": "shut down",
            "to_shut_down": "shut it down",
            "appeal": "appeal",
            "an_appeal": "an appeal",
            "to_appeal": "appeal",
        },
        Vocabulary.CURRENT: {
            "probation": "review",
            "on_probation": "under review",
            "shutdown": "sending pause",
            "shut_down": "paused",
            "to_shut_down": "pause it",
            "appeal": "request for a review",
            "an_appeal": "a request for a review",
            "to_appeal": "request a review",
        },
    }
)

_STATUS_WORDS: Mapping[str, Status] = MappingProxyType(
    {
        "Healthy": Status.HEALTHY,
        "Almost_healed": Status.ALMOST_HEALED,
        "Probation": Status.PROBATION,
        "Pending_decision": Status.PENDING_DECISION,
        "Pending_shutdown": Status.PENDING_SHUTDOWN,
        "Shutdown": Status.SHUTDOWN,
    }
)


def words_of(vocabulary: Vocabulary) -> dict[str, str]:
    """What the placeholders of the texts stand for that do not depend on an alert."""
    names = STATUS_NAMES[vocabulary]
    return {**_IN_SENTENCES[vocabulary], **{word: names[status] for word, status in _STATUS_WORDS.items()}}


def other_name(status: Status, vocabulary: Vocabulary) -> str:
    """A line that says what SES calls, or has called, this status otherwise; empty where it is the same."""
    if status not in TODAY:
        return ""
    if vocabulary is Vocabulary.CLASSIC:
        return f"(SES's console calls this: {TODAY[status]})"
    return f"(SES's console has called this: {status})"
