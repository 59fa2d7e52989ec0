"""Feedback loops: which mailbox providers tell SES that somebody complained.

SES divides complaints by the mail to domains that send complaints back, not by all mail: Gmail sends none, so mail to
it can't lower the rate. AWS publishes no list. https://docs.aws.amazon.com/ses/latest/dg/faqs-enforcement.html
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Self

from msgspec import Struct
from msgspec.structs import replace

from ses_reputation.domain.providers import UNSPECIFIED

# Providers with a feedback loop of their own, from whose users SES is known to pass complaints on. That a provider
# offers one does not mean that SES takes part in it, so the others are learned: a provider from which a complaint
# arrived is one that sends them.
# comcast    https://postmaster.comcast.net/feedback-loop.html
# gmx        https://hilfe.gmx.net/email/spam-und-viren/feedbackloops.html
# microsoft  https://sendersupport.olc.protection.outlook.com/snds/
# yahoo      https://senders.yahooinc.com/
SENDING: frozenset[str] = frozenset({"comcast", "gmx", "microsoft", "yahoo"})

# Providers that say themselves, or of which AWS says, that they send none.
# apple      https://support.apple.com/en-us/102322
# gmail      https://docs.aws.amazon.com/ses/latest/dg/sending-email-suppression-list.html
SILENT: frozenset[str] = frozenset({"apple", "gmail"})


class UnprovenProviders(StrEnum):
    """What is done with mail to providers of which nobody knows yet whether they send complaints."""

    LEARNED = "learned"
    INCLUDED = "included"
    EXCLUDED = "excluded"


class Feedback(StrEnum):
    """Why mail to a provider is, or is not, in the denominator of the complaint rate."""

    KNOWN = "known to send complaints"
    SILENT = "known to send no complaints"
    LEARNED = "has sent a complaint before"
    UNPROVEN_INCLUDED = "never sent a complaint so far; counted, as configured"
    UNPROVEN_EXCLUDED = "never sent a complaint so far"
    SHARE = "provider not reported; counted at a share"


class FeedbackLoops(Struct, frozen=True):
    """Which providers send complaints back, as far as is known.

    `learned` are those from which a complaint arrived. Mail whose provider SES's statistics do not tell counts at
    `feedback_share`, the share of mail that goes to providers that send complaints.
    """

    sending: frozenset[str] = SENDING
    silent: frozenset[str] = SILENT
    learned: frozenset[str] = frozenset()
    unproven: UnprovenProviders = UnprovenProviders.LEARNED
    feedback_share: int = 100

    def configured(self, *, sending: Iterable[str] = (), silent: Iterable[str] = ()) -> Self:
        """With providers that the deployment knows better; who is named in both sends."""
        sends, sends_none = frozenset(sending), frozenset(silent)
        return replace(
            self,
            sending=(self.sending - sends_none) | sends,
            silent=(self.silent | sends_none) - sends,
        )

    def feedback(self, provider: str) -> Feedback:
        """What is known of a provider."""
        if provider == UNSPECIFIED:
            return Feedback.SHARE
        if provider in self.sending:
            return Feedback.KNOWN
        if provider in self.silent:
            return Feedback.SILENT
        if self.unproven is UnprovenProviders.INCLUDED:
            return Feedback.UNPROVEN_INCLUDED
        if self.unproven is UnprovenProviders.LEARNED and provider in self.learned:
            return Feedback.LEARNED
        return Feedback.UNPROVEN_EXCLUDED

    def percent(self, provider: str) -> int:
        """How much of the mail to a provider is in the denominator of the complaint rate."""
        match self.feedback(provider):
            case Feedback.SHARE:
                return self.feedback_share
            case Feedback.SILENT | Feedback.UNPROVEN_EXCLUDED:
                return 0
            case _:
                return 100


def can_be_learned(provider: str) -> bool:
    """Whether a complaint from a provider says something about it that was not known."""
    return provider not in SENDING | SILENT | {UNSPECIFIED}
