"""The checks that are made, and all that they can find wrong."""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct


class Check(StrEnum):
    """What is looked at, in this order: from SES's events to the people who are told."""

    STACK = "stack"
    VERSION = "version"
    CLOCK = "clock"
    FUNCTIONS = "functions"
    TABLES = "tables"
    TOPICS = "topics"
    SUBSCRIPTIONS = "subscriptions"
    SOURCES = "sources"
    QUEUES = "queues"
    DEAD_LETTERS = "dead-letters"
    SCHEDULES = "schedules"
    EVALUATION = "evaluation"
    WATCH = "watch"
    ALERTS = "alerts"
    ALARMS = "alarms"
    ACCOUNT = "account"
    CONNECTIONS = "connections"
    EVENTS = "events"
    MAIL = "mail"


class Severity(StrEnum):
    """How bad it is. A problem: mail is not counted, statuses do not change, or nobody is told."""

    WARNING = "warning"
    PROBLEM = "problem"


class Fault(StrEnum):
    """One thing that can be wrong."""

    PART_MISSING = "part-missing"
    PART_NOT_COMPLETE = "part-not-complete"
    PART_GONE = "part-gone"
    STACK_OLDER = "stack-older"
    COMMAND_OLDER = "command-older"
    CLOCK_DIFFERS = "clock-differs"
    VERSION_DIFFERS = "version-differs"
    FUNCTION_BROKEN = "function-broken"
    FUNCTION_FAILED = "function-failed"
    TABLES_NEWER = "tables-newer"
    TOPIC_CLOSED = "topic-closed"
    TOPIC_OPEN = "topic-open"
    QUEUE_OPEN = "queue-open"
    NOT_SUBSCRIBED = "not-subscribed"
    QUEUE_CLOSED = "queue-closed"
    SOURCE_OFF = "source-off"
    SOURCE_CHANGING = "source-changing"
    QUEUE_STUCK = "queue-stuck"
    QUEUE_SLOW = "queue-slow"
    DEAD_LETTERS = "dead-letters"
    SCHEDULE_OFF = "schedule-off"
    NEVER_RAN = "never-ran"
    NOT_RUN_YET = "not-run-yet"
    RUN_LATE = "run-late"
    NO_IDENTITIES = "no-identities"
    NOBODY_TOLD = "nobody-told"
    NOT_CONFIRMED = "not-confirmed"
    ALERTS_WAITING = "alerts-waiting"
    ALARM_RAISED = "alarm-raised"
    ALARM_MUTE = "alarm-mute"
    NOBODY_ALARMED = "nobody-alarmed"
    SANDBOX = "sandbox"
    SENDING_OFF = "sending-off"
    UNDER_REVIEW = "under-review"
    SHUT_DOWN = "shut-down"
    NOTHING_CONNECTED = "nothing-connected"
    SET_NOT_CONNECTED = "set-not-connected"
    DESTINATION_OFF = "destination-off"
    SET_INCOMPLETE = "set-incomplete"
    IDENTITY_INCOMPLETE = "identity-incomplete"
    EVENTS_MISSING = "events-missing"
    EVENTS_MAY_MISS = "events-may-miss"
    NO_EVENTS_YET = "no-events-yet"
    MAIL_REFUSED = "mail-refused"
    BOUNCE_LOST = "bounce-lost"
    SEND_LOST = "send-lost"


class Found(Struct, frozen=True):
    """A fault that was found, and the details of the case."""

    fault: Fault
    details: Mapping[str, str] = {}


def found(fault: Fault, **details: str) -> Found:
    """A fault with the details that its texts name."""
    return Found(fault, details)
