"""The table of what becomes of an event."""

from docs.generators.tables import table
from docs.generators.words import OUTCOMES
from ses_reputation.receive import Outcome


def outcomes() -> str:
    """What becomes of an event that reports a finding, as the log of receive_finding calls it."""
    return table(("outcome", "what it means"), ((f"`{outcome}`", OUTCOMES[outcome]) for outcome in Outcome))
