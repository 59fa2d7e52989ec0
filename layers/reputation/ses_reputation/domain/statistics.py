"""SES's own statistics: what it counts itself, and under which names it publishes it."""

from datetime import timedelta
from enum import StrEnum

from msgspec import Struct

# https://docs.aws.amazon.com/ses/latest/APIReference/API_GetSendStatistics.html
STATISTICS_AGE = timedelta(days=14)
"""How far back SES tells them."""


class SesMetric(StrEnum):
    """What SES publishes to CloudWatch.

    https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-cloudwatch.html
    https://docs.aws.amazon.com/ses/latest/dg/reputationdashboard-cloudwatch-alarm.html
    """

    SENT = "Send"
    BOUNCED = "Bounce"
    COMPLAINED = "Complaint"
    BOUNCE_RATE = "Reputation.BounceRate"
    COMPLAINT_RATE = "Reputation.ComplaintRate"


class Reported(Struct, frozen=True):
    """What SES's own statistics say of one full hour: mail sent, hard bounces and complaints."""

    sent: int = 0
    bounced: int = 0
    complained: int = 0

    def plus(self, other: "Reported") -> "Reported":
        """Both in one."""
        return Reported(
            self.sent + other.sent,
            self.bounced + other.bounced,
            self.complained + other.complained,
        )
