"""Feedback: the single bounces, delays and complaints behind the counts, as a list can be cleaned from them."""

from datetime import datetime

from msgspec import Struct

from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.recipients import KeptRecipient
from ses_reputation.domain.replies import Reply, classify
from ses_reputation.domain.scopes import Scope

BOUNCES = frozenset({Measure.HARD_BOUNCED, Measure.SOFT_BOUNCED, Measure.NOT_ATTEMPTED})
DELAYS = frozenset({Measure.DELAYED})
COMPLAINTS = frozenset({Measure.COMPLAINED, Measure.NOT_SPAM, Measure.COMPLAINED_UNSENT})


class Feedback(Struct, frozen=True):
    """One recipient's bounce or delay, or one complaint with all its suspects. `reason` is in SES's words.

    `scopes` are those that it counts in besides the account and the mailbox provider.
    """

    time: datetime
    measure: Measure
    reason: str
    message_id: str
    recipients: tuple[KeptRecipient, ...]
    scopes: tuple[Scope, ...]

    def reply_to(self, recipient: KeptRecipient) -> Reply | None:
        """What the server meant that did not take this recipient's mail; None if none was asked, as for complaints."""
        if self.measure is Measure.NOT_ATTEMPTED or self.measure in COMPLAINTS:
            return None
        return classify(recipient.status, recipient.reply, self.reason.rpartition("/")[2])


class RecentFeedback(Struct, frozen=True):
    """The newest feedback, the newest first; `complete` is whether there is no more in the time that was asked for."""

    feedback: tuple[Feedback, ...]
    complete: bool
