"""News: everything that people are told about a scope, and that its history keeps."""

from ses_reputation.domain.changes import Change, EarlyWarning, EvidenceAdded, Reminder
from ses_reputation.domain.enforcement import Enforced
from ses_reputation.domain.verdict import VerdictChange

News = Change | EarlyWarning | EvidenceAdded | Reminder | VerdictChange | Enforced

Told = Change | EarlyWarning | Reminder
"""The news about findings and rates that people are told at once."""
