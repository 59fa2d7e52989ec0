"""News: everything that people are told about a scope, and that its history keeps."""

from ses_reputation.domain.lifecycle import Change, EarlyWarning
from ses_reputation.domain.verdict import VerdictChange

News = Change | EarlyWarning | VerdictChange
