"""The notice about an alert: what people are told, before it is rendered."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from ses_reputation.notices.alert import (
    Alert,
    EnforcementAlert,
    OutageAlert,
    ReminderAlert,
    SesAlert,
    StatusAlert,
    SummaryAlert,
    WarningAlert,
)
from ses_reputation.notices.enforcement import enforcement_notice
from ses_reputation.notices.findings import reminder_notice, status_notice
from ses_reputation.notices.outages import outage_notice
from ses_reputation.notices.overviews import ses_notice, summary_notice, warning_notice
from ses_reputation.notices.statements import statement_notice
from ses_reputation.notices.structure import Notice
from ses_reputation.notices.vocabulary import Vocabulary


def notice_of(alert: Alert, vocabulary: Vocabulary = Vocabulary.CLASSIC) -> Notice:
    """Why, the numbers or what was reported, what to do, and what happens next."""
    return _NOTICES[type(alert)](alert, vocabulary)


def _of_ses(alert: SesAlert, vocabulary: Vocabulary) -> Notice:
    return statement_notice(alert, alert.said, vocabulary) if alert.said else ses_notice(alert, vocabulary)


_NOTICES: Mapping[type[Alert], Callable[[Any, Vocabulary], Notice]] = MappingProxyType(
    {
        StatusAlert: status_notice,
        ReminderAlert: reminder_notice,
        OutageAlert: outage_notice,
        WarningAlert: warning_notice,
        SummaryAlert: summary_notice,
        EnforcementAlert: enforcement_notice,
        SesAlert: _of_ses,
    }
)
