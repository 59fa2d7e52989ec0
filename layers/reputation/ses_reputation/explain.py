"""The use case of explaining: the present rates of one scope, as arithmetic."""

from datetime import datetime

from ses_reputation.domain.explanation import Explanation, explain
from ses_reputation.domain.outages import held, without_outages
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.scopes import Scope
from ses_reputation.evaluate import Standings
from ses_reputation.past import Counters, Reading
from ses_reputation.rereadable import Rereadable


class NothingCounted(LookupError):
    """A scope of which no mail was ever counted."""


def explain_scope(scope: Scope, now: datetime, policy: Policy, counters: Counters, standings: Standings) -> Explanation:
    """The arithmetic of a scope's rates at this moment; NothingCounted if there is nothing to explain."""
    learned = standings.learned().applied_to(policy)
    left_out = held(standings.outages(), learned)
    hours = Rereadable(without_outages(Reading(counters, now).hours(scope), left_out))
    if next(iter(hours), None) is None:
        raise NothingCounted(f"nothing was counted for {scope}")
    return explain(standings.read(scope).standing, hours, now, learned, left_out)
