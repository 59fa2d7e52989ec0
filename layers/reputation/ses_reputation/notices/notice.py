"""The notice about an alert: what people are told, before it is rendered."""

from ses_reputation.notices.alert import (
    Alert,
    OutageAlert,
    ReminderAlert,
    SesAlert,
    StatusAlert,
    SummaryAlert,
    WarningAlert,
)
from ses_reputation.notices.findings import reminder_notice, status_notice
from ses_reputation.notices.outages import outage_notice
from ses_reputation.notices.overviews import ses_notice, summary_notice, warning_notice
from ses_reputation.notices.statements import statement_notice
from ses_reputation.notices.structure import Notice
from ses_reputation.notices.vocabulary import Vocabulary


def notice_of(alert: Alert, vocabulary: Vocabulary = Vocabulary.CLASSIC) -> Notice:
    """Why, the numbers or what was reported, what to do, and what happens next."""
    match alert:
        case StatusAlert():
            return status_notice(alert, vocabulary)
        case ReminderAlert():
            return reminder_notice(alert, vocabulary)
        case OutageAlert():
            return outage_notice(alert, vocabulary)
        case WarningAlert():
            return warning_notice(alert, vocabulary)
        case SummaryAlert():
            return summary_notice(alert, vocabulary)
        case SesAlert():
            return statement_notice(alert, alert.said, vocabulary) if alert.said else ses_notice(alert, vocabulary)
