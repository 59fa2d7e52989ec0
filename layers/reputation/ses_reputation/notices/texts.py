"""What the notices say, as data: by metric, and by what happened."""

from collections.abc import Mapping

from msgspec import Struct

from ses_reputation.domain.lifecycle import Status, Trigger
from ses_reputation.domain.rates import Metric, VolumeSource
from ses_reputation.domain.verdict import Enforcement


class MetricTexts(Struct, frozen=True):
    """The words of one metric. `eligible` is whom its rate is over, `clean` which of them bring it down."""

    name: str
    one: str
    many: str
    eligible: str
    clean: str
    about: str
    advice: tuple[str, ...]


METRICS: Mapping[Metric, MetricTexts] = {
    Metric.BOUNCE_RATE: MetricTexts(
        name="bounce rate",
        one="hard bounce",
        many="hard bounces",
        eligible="recipients",
        clean="without a hard bounce",
        about=(
            "A hard bounce is mail to an address that does not exist, or that SES knows to be dead. Full mailboxes and "
            "other passing troubles are not in this rate. To a mailbox provider many dead addresses look like a list "
            "that was bought or never cleaned, and SES judges your whole account by it."
        ),
        advice=(
            "Stop mailing the addresses that bounced, today. Let the account's suppression list of SES catch the rest.",
            "Find where they came from: an import, an old list, a form that takes any address. Hold back that source.",
            "Confirm new addresses with a double opt-in, and leave out recipients who have been silent for long.",
            "For now write only to people who answer: mail that arrives brings the rate down, silence does not.",
        ),
    ),
    Metric.COMPLAINT_RATE: MetricTexts(
        name="complaint rate",
        one="complaint",
        many="complaints",
        eligible="recipients at providers that report them",
        clean="at providers that report complaints, without one,",
        about=(
            "A complaint is a recipient who pressed the spam button at a provider that reports it back. A few are "
            "enough to send all your mail to the spam folder, and SES judges your whole account by it."
        ),
        advice=(
            "Stop mailing the people who complained, today.",
            "Find the campaign or message that they complain about, and hold it back.",
            "Look at it as they see it: did they ask for it, do they recognise you, is it too frequent?",
            "Put an unsubscribe link that works with one click where it is seen first.",
        ),
    ),
}

_STILL_OVER = "The probation is over, and the {metric} is still {over_shutdown}."
_BETWEEN = (
    "The probation is over, and the {metric} is still {over_limit}, though not {over_shutdown}, where this would be "
    "shut down."
)
_UNPROVEN = (
    "The probation is over, but since its start there was too little mail, or there were too few {many}, to judge the "
    "{metric} by."
)
_OVER_AGAIN = "The probation is over, and the {metric} has just risen again: it is {over_shutdown}."

# Why the status changed, by cause and the status before: a rate can pass its limit for the first time, or again.
CAUSES: Mapping[tuple[Trigger, Status], str] = {
    (Trigger.LIMIT_EXCEEDED, Status.HEALTHY): "The {metric} is {over_limit}.",
    (Trigger.LIMIT_EXCEEDED, Status.ALMOST_HEALED): (
        "The {metric} had come down, and is {over_limit} again. The days within the limit are counted anew."
    ),
    (Trigger.STEADY_UNDER_LIMIT, Status.PROBATION): (
        "Since this probation began, the {metric} has come down: it is {within_limit}, and has been for {steady}."
    ),
    (Trigger.HEALED, Status.PROBATION): "The probation is over, and the {metric} measured since its start is in order.",
    (Trigger.HEALED, Status.ALMOST_HEALED): "The {metric} has stayed {within_limit}. The problem is solved.",
    (Trigger.ENDED_OVER_SHUTDOWN_LIMIT, Status.PROBATION): _STILL_OVER,
    (Trigger.ENDED_OVER_SHUTDOWN_LIMIT, Status.ALMOST_HEALED): _OVER_AGAIN,
    (Trigger.ENDED_OVER_SHUTDOWN_LIMIT_FOR_REVIEW, Status.PROBATION): _STILL_OVER,
    (Trigger.ENDED_OVER_SHUTDOWN_LIMIT_FOR_REVIEW, Status.ALMOST_HEALED): _OVER_AGAIN,
    (Trigger.ENDED_BETWEEN_LIMITS, Status.PROBATION): _BETWEEN,
    (Trigger.ENDED_BETWEEN_LIMITS, Status.ALMOST_HEALED): _BETWEEN,
    (Trigger.ENDED_UNPROVEN, Status.PROBATION): _UNPROVEN,
}

# What follows, by the status after the change.
NEXT: Mapping[Status, str] = {
    Status.PROBATION: (
        "You can go on sending. From now on the {metric} is measured over mail since {measured_from}. After {steady} "
        "{within_limit} it is Almost healed, and after another {healing} Healthy. If it is {over_shutdown} when the "
        "probation ends, on {ends}, the status becomes {at_worst}."
    ),
    Status.ALMOST_HEALED: (
        "Keep it there: after {healing}, or on {ends} if that is sooner, the status becomes Healthy. Should the rate "
        "be {over_limit} before that, it is Probation again at once."
    ),
    Status.HEALTHY: (
        "Nothing more to do. Mail from before {measured_from} no longer counts: it has been answered for. The next "
        "thing to aim for is a rate under {recommended}."
    ),
    Status.PENDING_DECISION: (
        "A person has to decide whether what was changed is enough. The status waits for that as long as it takes."
    ),
    Status.PENDING_SHUTDOWN: (
        "A person has to decide before this is shut down. Until then it goes on, and so does the risk to your account."
    ),
    Status.SHUTDOWN: (
        "Pause this mail in SES now, before SES pauses the whole account. SES Reputation does not stop it for you. The "
        "status does not clear by itself, whatever the rate does: a person has to lift it."
    ),
}

VOLUME_SOURCES: Mapping[VolumeSource, str] = {
    VolumeSource.SEND_EVENTS: "recipients, from Send events",
    VolumeSource.DELIVERY_EVENTS: "recipients, from deliveries and bounces",
    VolumeSource.STATISTICS: "mail, from SES's own statistics",
}

WARNING_CAUSE = (
    "The {metric} has reached {recommended}, which SES recommends to stay under. No status has changed: the limit is "
    "{limit}. You are told once; again only after the rate has been a fifth lower."
)
WARNING_NEXT = "If the rate is {over_limit}, a probation begins. It is easier to mend now than then."

# What SES's console calls these statuses since it renamed them.
# https://docs.aws.amazon.com/ses/latest/dg/reputationdashboardmessages.html
TODAY: Mapping[Status, str] = {
    Status.PROBATION: "Under review",
    Status.PENDING_DECISION: "Pending end of review decision",
    Status.PENDING_SHUTDOWN: "Pending sending pause",
    Status.SHUTDOWN: "Sending paused",
}

# What SES says of the account, and what that means.
ENFORCEMENTS: Mapping[str, str] = {
    Enforcement.HEALTHY: "SES sees no problem with this account.",
    Enforcement.PROBATION: (
        "SES has put this account under review. You can go on sending; AWS has written to the account's address what "
        "the problem is and when it decides."
    ),
    Enforcement.SHUTDOWN: (
        "SES has paused this account: nothing is sent, password resets included. Only SES can lift that; answer the "
        "case that AWS has opened."
    ),
}
SENDING_OFF = (
    "Sending is switched off for the account in this region, by SES or by somebody who may "
    "(PutAccountSendingAttributes): nothing is sent, password resets included."
)
SES_NEXT = "SES is asked again on a schedule, and you are told when its status changes."
SES_ADVICE = (
    "Read the mail that AWS sent to the account's root address, and the case in the Support Center.",
    "Look at what you were told about single streams before: ses-reputation explain says what a rate is made of.",
    "Hold back the stream that causes it, then tell AWS in the case what you changed.",
)
