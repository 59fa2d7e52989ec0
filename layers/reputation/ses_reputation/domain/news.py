"""News: everything that people are told about a scope, and that its history keeps."""

from msgspec import Struct

from ses_reputation.domain.changes import Change, EarlyWarning, EvidenceAdded, OutageChange, Reminder
from ses_reputation.domain.enforcement import Enforced
from ses_reputation.domain.verdict import VerdictChange

News = Change | EarlyWarning | EvidenceAdded | OutageChange | Reminder | VerdictChange | Enforced


class NewestNews(Struct, frozen=True):
    """The newest news of a scope, the newest first, and whether that is all its history."""

    news: tuple[News, ...]
    complete: bool


Told = Change | EarlyWarning | OutageChange | Reminder
"""The news about findings, rates and outages that people are told at once."""
