"""The notice about an alert: what people are told, before it is rendered."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from msgspec.structs import replace

from ses_reputation.domain.scopes import Scope, is_other
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
from ses_reputation.notices.structure import Notice, Text
from ses_reputation.notices.texts import STANDS_FOR_MANY
from ses_reputation.notices.vocabulary import Vocabulary


def notice_of(alert: Alert, vocabulary: Vocabulary = Vocabulary.CLASSIC) -> Notice:
    """Why, the numbers or what was reported, what to do, and what happens next."""
    notice = _NOTICES[type(alert)](alert, vocabulary)
    if isinstance(alert, SummaryAlert) or not is_other(Scope(alert.scope)):
        return notice
    first, *others = notice.sections
    first = replace(first, blocks=(*first.blocks, Text(STANDS_FOR_MANY)))
    return replace(notice, sections=(first, *others))


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
