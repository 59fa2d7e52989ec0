"""Feedback: the single bounces and complaints behind the counts, as a list can be cleaned from them."""

from datetime import datetime

from msgspec import Struct

from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.events import Recipient
from ses_reputation.domain.scopes import Scope

BOUNCES = frozenset({Measure.HARD_BOUNCED, Measure.SOFT_BOUNCED, Measure.NOT_ATTEMPTED})
COMPLAINTS = frozenset({Measure.COMPLAINED, Measure.NOT_SPAM, Measure.COMPLAINED_UNSENT})


class Feedback(Struct, frozen=True):
    """One recipient's bounce, or one complaint with all its suspects. `reason` is in SES's words.

    `scopes` are those that it counts in besides the account and the mailbox provider.
    """

    time: datetime
    measure: Measure
    reason: str
    message_id: str
    recipients: tuple[Recipient, ...]
    scopes: tuple[Scope, ...]
