"""What the notices say besides the words of a category, as data: why something happened, and what follows.

A placeholder such as {Probation} is a status and {probation} its word in a sentence, both from the vocabulary; the
others are of the alert.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from msgspec import Struct

from ses_reputation.domain.categories import AtEnd, Category, OnChanges, Repeat
from ses_reputation.domain.changes import ReminderKind
from ses_reputation.domain.lifecycle import Status, Trigger
from ses_reputation.domain.rates import Metric, VolumeSource
from ses_reputation.domain.verdict import Enforcement
from ses_reputation.notices.categories import CATEGORY_TEXTS


class MetricTexts(Struct, frozen=True):
    """The words of one metric. `eligible` is whom its rate is over, `clean` which of them bring it down."""

    name: str
    one: str
    many: str
    eligible: str
    clean: str


METRICS: Mapping[Metric, MetricTexts] = MappingProxyType(
    {
        Metric.BOUNCE_RATE: MetricTexts(
            name=CATEGORY_TEXTS[Category.BOUNCE_RATE].name,
            one="hard bounce",
            many="hard bounces",
            eligible="recipients",
            clean="without a hard bounce",
        ),
        Metric.COMPLAINT_RATE: MetricTexts(
            name=CATEGORY_TEXTS[Category.COMPLAINT_RATE].name,
            one="complaint",
            many="complaints",
            eligible="recipients at providers that report them",
            clean="at providers that report complaints, without one,",
        ),
    }
)

_STILL_OVER = "The {probation} is over, and the {metric} is still {over_shutdown}."
_BETWEEN = (
    "The {probation} is over, and the {metric} is still {over_limit}, though not {over_shutdown}, where this would be "
    "{shut_down}."
)
_UNPROVEN = (
    "The {probation} is over, but since its start there was too little mail, or there were too few {many}, to judge "
    "the {metric} by."
)
_OVER_AGAIN = "The {probation} is over, and the {metric} has just risen again: it is {over_shutdown}."
_WANTS_SHUTDOWN = "It was reported again, with the demand to {to_shut_down} at once."

_ON_PROBATION = (Status.PROBATION, Status.ALMOST_HEALED)
_PENDING = (Status.PENDING_DECISION, Status.PENDING_SHUTDOWN)
_OPEN = (*_ON_PROBATION, *_PENDING)


def _at(statuses: Iterable[Status], *rows: tuple[Trigger, str]) -> dict[tuple[Trigger, Status], str]:
    """The same causes at each of these statuses."""
    return {(trigger, status): text for status in statuses for trigger, text in rows}


# Why something was decided, by what led to it and the status before.
CAUSES: Mapping[tuple[Trigger, Status], str] = MappingProxyType(
    {
        # What is measured: a rate can pass its limit for the first time, or again.
        (Trigger.LIMIT_EXCEEDED, Status.HEALTHY): "{happened}",
        (Trigger.LIMIT_EXCEEDED, Status.ALMOST_HEALED): (
            "The {metric} had come down, and is {over_limit} again. The days within the limit are counted anew."
        ),
        (Trigger.STEADY_UNDER_LIMIT, Status.PROBATION): (
            "Since this {probation} began, the {metric} has come down: it is {within_limit}, and has been for {steady}."
        ),
        (Trigger.HEALED, Status.PROBATION): (
            "The {probation} is over, and the {metric} measured since its start is in order."
        ),
        (Trigger.HEALED, Status.ALMOST_HEALED): "The {metric} has stayed {within_limit}. The problem is solved.",
        (Trigger.ENDED_OVER_SHUTDOWN_LIMIT, Status.PROBATION): _STILL_OVER,
        (Trigger.ENDED_OVER_SHUTDOWN_LIMIT, Status.ALMOST_HEALED): _OVER_AGAIN,
        (Trigger.ENDED_OVER_SHUTDOWN_LIMIT_FOR_REVIEW, Status.PROBATION): _STILL_OVER,
        (Trigger.ENDED_OVER_SHUTDOWN_LIMIT_FOR_REVIEW, Status.ALMOST_HEALED): _OVER_AGAIN,
        (Trigger.ENDED_BETWEEN_LIMITS, Status.PROBATION): _BETWEEN,
        (Trigger.ENDED_BETWEEN_LIMITS, Status.ALMOST_HEALED): _BETWEEN,
        (Trigger.ENDED_UNPROVEN, Status.PROBATION): _UNPROVEN,
        # What is suspected.
        **_at(
            (Status.HEALTHY,),
            (
                Trigger.SUSPECTED,
                (
                    "{seen} This is a suspicion, and nothing is decided: no status has changed, and no {probation} has "
                    "begun."
                ),
            ),
            (
                Trigger.CHANGES_REPORTED,
                "Somebody has said what is behind this, or what was changed. It is still for a person to decide.",
            ),
            (Trigger.CONFIRMED, "{happened} This was suspected, and a person has confirmed it."),
            (Trigger.DISMISSED, "A person has looked at what was suspected, and dismissed it: there is no problem."),
            (Trigger.WITHDRAWN, "Whoever suspected this does so no longer. Nobody has to decide about it any more."),
        ),
        # What is reported.
        **_at(
            (Status.HEALTHY,),
            (Trigger.REPORTED, "{happened}"),
            (Trigger.REPORTED_FOR_SHUTDOWN, "{happened} Whoever reported it asked to {to_shut_down} at once."),
            (
                Trigger.REPORTED_FOR_REVIEW,
                "{happened} Whoever reported it asked to {to_shut_down} at once; a person decides first.",
            ),
            (Trigger.REPEATED, "{happened} This is the {nth} time."),
            (
                Trigger.REPEATED_FOR_SHUTDOWN,
                "{happened} This is the {nth} time, so there is no {probation} before the {shutdown}.",
            ),
            (
                Trigger.REPEATED_FOR_REVIEW,
                "{happened} This is the {nth} time, which leads to a {shutdown} at once; a person decides first.",
            ),
            (
                Trigger.REPEATED_FOR_GOOD,
                "{happened} This is the {nth} time. A person decides whether it is {shut_down} for good.",
            ),
        ),
        **_at((Status.PROBATION, *_PENDING), (Trigger.REPORTED_FOR_SHUTDOWN, _WANTS_SHUTDOWN)),
        **_at(
            (Status.PROBATION, Status.PENDING_DECISION),
            (Trigger.REPORTED_FOR_REVIEW, _WANTS_SHUTDOWN + " A person decides first."),
        ),
        **_at(
            (Status.PROBATION,),
            (Trigger.ENDED_STILL_REPORTED, "The {probation} is over, and {reported_again}."),
            (
                Trigger.ENDED_STILL_REPORTED_FOR_REVIEW,
                "The {probation} is over, and {reported_again}. A person decides before this is {shut_down}.",
            ),
            (
                Trigger.ENDED_FOR_DECISION,
                (
                    "The {probation} is over, and {reported_again}. With a finding of this kind a person decides what "
                    "follows."
                ),
            ),
            (
                Trigger.ENDED_WITHOUT_REPORT,
                "The {probation} is over, and {reported_again}. The problem counts as solved.",
            ),
        ),
        # What people do.
        **_at(
            _ON_PROBATION,
            (
                Trigger.ENDED_BEFORE_DECISION,
                (
                    "The {probation} is over, but nobody has decided yet on the changes that were reported. Until then "
                    "nothing else follows."
                ),
            ),
            (
                Trigger.ACCEPTED_AND_COUNTED_ANEW,
                (
                    "The changes were accepted: only mail since {measured_from} counts now. The {probation} ends when "
                    "it would have."
                ),
            ),
            (Trigger.EXTENDED, "The {probation} was extended: it ends on {ends} now."),
        ),
        **_at(
            (Status.PROBATION,),
            (
                Trigger.ACCEPTED_WITH_MORE_TIME,
                (
                    "The changes were accepted: only what is seen after {measured_from} counts now, and the "
                    "{probation} lasts until {ends}."
                ),
            ),
        ),
        **_at(
            _PENDING,
            (
                Trigger.ACCEPTED_AND_COUNTED_ANEW,
                "The changes were accepted: only mail since {measured_from} counts now, in a new {probation}.",
            ),
            (
                Trigger.ACCEPTED_WITH_MORE_TIME,
                (
                    "The changes were accepted: only what is seen after {measured_from} counts now, in a {probation} "
                    "that lasts until {ends}."
                ),
            ),
            (Trigger.EXTENDED, "Instead of a decision there is more time: the {probation} goes on until {ends}."),
        ),
        **_at(
            _OPEN,
            (Trigger.CHANGES_REPORTED, "Changes were reported. A person decides whether they are enough."),
            (Trigger.CHANGES_REFUSED, "The changes that were reported were not accepted. All else stays as it was."),
            (Trigger.LIFTED, "A person has decided that there is no problem, or no longer one."),
            (Trigger.SHUT_DOWN, "A person has decided to {to_shut_down}."),
        ),
        **_at(
            (Status.PROBATION, *_PENDING),
            (Trigger.ACCEPTED_AND_LIFTED, "A person has looked at the changes, and the problem counts as solved."),
        ),
        **_at(
            (Status.SHUTDOWN,),
            (Trigger.CHANGES_REPORTED, "There is {an_appeal} of the {shutdown}. A person decides on it."),
            (Trigger.CHANGES_REFUSED, "The {appeal} was refused: it stays {shut_down}."),
            (
                Trigger.REINSTATED_ON_PROBATION,
                "A person has ended the {shutdown}. A new {probation} shows whether the problem is solved.",
            ),
            (Trigger.REINSTATED, "A person has ended the {shutdown}: the problem counts as solved."),
        ),
        **_at(
            (Status.PENDING_SHUTDOWN, Status.SHUTDOWN),
            (Trigger.MADE_PERMANENT, "A person has decided that this is {shut_down} for good."),
        ),
    }
)

NEWS: Mapping[Trigger, str] = MappingProxyType(
    {
        Trigger.CHANGES_REPORTED: "changes reported",
        Trigger.CHANGES_REFUSED: "changes refused",
        Trigger.ACCEPTED_AND_COUNTED_ANEW: "changes accepted",
        Trigger.ACCEPTED_WITH_MORE_TIME: "changes accepted, until {ends_day}",
        Trigger.EXTENDED: "extended to {ends_day}",
        Trigger.MADE_PERMANENT: "for good",
    }
)
"""What to say of a change that leaves the status as it was."""

# Changes that are reported after a shutdown are an appeal.
NEWS_OF_SHUTDOWN: Mapping[Trigger, str] = MappingProxyType(
    {**NEWS, Trigger.CHANGES_REPORTED: "there is {an_appeal}", Trigger.CHANGES_REFUSED: "{appeal} refused"}
)

# Where a status stays Healthy, there is no more than a suspicion.
NEWS_OF_SUSPICION: Mapping[Trigger, str] = MappingProxyType(
    {
        Trigger.SUSPECTED: "suspected",
        Trigger.CHANGES_REPORTED: "suspected, changes reported",
        Trigger.DISMISSED: "suspicion dismissed",
        Trigger.WITHDRAWN: "suspicion withdrawn",
    }
)

# What the end of a probation leads to. Of a metric, it depends on whether there is something between its limits; else
# the outcome of the category, `remains`, says which text it is.
_AT_END_MEASURED = (
    "If {unless} when the {probation} ends, on {ends}, the status becomes {at_worst}; if it is {within_limit}, "
    "{Healthy}. "
)
AT_END_MEASURED = _AT_END_MEASURED + "With too little mail to judge by, a person decides."
AT_END_BETWEEN = _AT_END_MEASURED + "In between, or with too little mail to judge by, a person decides."
AT_END: Mapping[AtEnd, str] = MappingProxyType(
    {
        AtEnd.SHUTDOWN: (
            "The {probation} ends on {ends}. If by then a report says that {unless}, as seen after {measured_from}, "
            "the status becomes {at_worst}; if none does, {Healthy}."
        ),
        AtEnd.MAY_SHUT_DOWN: (
            "The {probation} ends on {ends}. If by then a report says that {unless}, as seen after {measured_from}, "
            "a person decides whether to {to_shut_down}; if none does, the status becomes {Healthy}."
        ),
        AtEnd.DECISION: (
            "The {probation} ends on {ends}. Then a person decides what follows: it does not clear by itself, even if "
            "nothing more is reported."
        ),
    }
)

# What follows, by the status after the change: of a metric, and of what is reported.
NEXT_MEASURED: Mapping[Status, str] = MappingProxyType(
    {
        Status.PROBATION: (
            "You can go on sending. From now on the {metric} is measured over mail since {measured_from}. After "
            "{steady} {within_limit} it is {Almost_healed}, and after another {healing} {Healthy}. {at_end}"
        ),
        Status.ALMOST_HEALED: (
            "Keep it there: after {healing}, or on {ends} if that is sooner, the status becomes {Healthy}. Should the "
            "rate be {over_limit} before that, it is {Probation} again at once."
        ),
        Status.HEALTHY: (
            "Nothing more to do. Mail from before {measured_from} no longer counts: it has been answered for. The next "
            "thing to aim for is a rate under {recommended}."
        ),
    }
)
_SHUTDOWN = "{who_pauses} The status does not clear by itself, whatever happens: a person has to lift it."
# What has to happen to mail that is shut down: of a scope, and of one that stands for many.
PAUSED_IN_SES = (
    "This mail has to be paused in SES, before SES pauses the whole account. If SES Reputation can do that, another "
    "message tells what it does."
)
KEPT_PAUSED_IN_SES = "This mail has to stay paused in SES: pause it now if it is not."
STOPPED_BY_SENDERS = (
    "SES Reputation can't pause this mail, since SES does not know it as one: find out who sends it, and stop it "
    "there, before SES pauses the whole account."
)
NEXT: Mapping[Status, str] = MappingProxyType(
    {
        Status.PROBATION: "You can go on sending. {at_end}",
        Status.HEALTHY: "Nothing more to do. Keep what you have changed.",
        Status.PENDING_DECISION: (
            "A person has to decide what follows. The status waits for that as long as it takes; you can go on sending."
        ),
        Status.PENDING_SHUTDOWN: (
            "A person has to decide before this is {shut_down}. Until then it goes on, and so does the risk to your "
            "account: hold back what you can."
        ),
        Status.SHUTDOWN: _SHUTDOWN,
    }
)
# What follows while changes wait for a decision.
_CHANGES_WAIT = "The changes wait for a person's decision. Report again if there are more."
_UNDECIDED = (
    "You can go on sending. Should the {probation} end first, on {ends}, the status becomes {Pending_decision} until "
    "somebody has decided."
)
NEXT_UNDECIDED: Mapping[Status, tuple[str, ...]] = MappingProxyType(
    {
        Status.ALMOST_HEALED: (_CHANGES_WAIT, NEXT_MEASURED[Status.ALMOST_HEALED]),
        Status.PROBATION: (_CHANGES_WAIT, _UNDECIDED),
        Status.PENDING_DECISION: (_CHANGES_WAIT, "You can go on sending until somebody has decided."),
        Status.PENDING_SHUTDOWN: (NEXT[Status.PENDING_SHUTDOWN], _CHANGES_WAIT),
        Status.SHUTDOWN: (_SHUTDOWN, "The {appeal} waits for a person's decision. Report again if there is more."),
    }
)
NEXT_LIFTED = "Nothing more to do. What was before this decision no longer counts."
NEXT_PERMANENT = "{who_keeps_paused} This is permanent: no {appeal} leads out of it."

# What follows while something is only suspected, and what each of the two decisions leads to. Confirming depends on how
# many findings of the category were closed before, where that escalates.
NEXT_SUSPECTED = (
    "You can go on sending. Nothing follows by itself, however long this waits: a person says whether it is so."
)
CONFIRMING = "If it is confirmed, a {probation} begins, as if it had been reported now."
CONFIRMING_REPEATS: Mapping[Repeat, str] = MappingProxyType(
    {
        Repeat.PROBATION: "It would be the {nth} of its kind: if it is confirmed, another {probation} begins.",
        Repeat.SHUTDOWN: (
            "It would be the {nth} of its kind: if it is confirmed, it is {shut_down} at once, or {Pending_shutdown} "
            "where people decide that first."
        ),
        Repeat.PERMANENT: (
            "It would be the {nth} of its kind: if it is confirmed, the status becomes {Pending_shutdown}, and a "
            "person decides whether it is {shut_down} for good."
        ),
    }
)
DISMISSING = (
    "If it is dismissed, it is as if it had never been. What was seen until then is not suspected again, nor anything "
    "like it for {dismissed_days} days."
)
EXPLAINING = "Whoever sends this mail can say what is behind it."
NEXT_DISMISSED = (
    "Nothing more to do. What was seen until now is not suspected again, nor anything like it for {dismissed_days} "
    "days. It does not count as a finding that was there before."
)
NEXT_WITHDRAWN = "Nothing more to do. It does not count as a finding that was there before."

# What accepting reported changes leads to.
ON_CHANGES: Mapping[OnChanges, str] = MappingProxyType(
    {
        OnChanges.COUNTED_ANEW: (
            "If a person accepts what you have changed, only mail after the change counts. They want to know {said}."
        ),
        OnChanges.MORE_TIME: (
            "If a person accepts what you have changed, there is more time, and only what is seen after the change "
            "counts. They want to know {said}."
        ),
        OnChanges.LIFTED: (
            "If a person accepts what you have changed, the problem counts as solved. They want to know {said}."
        ),
    }
)
ON_APPEAL = (
    "You can {to_appeal}: say {said}, and how it will stay so. The people who run SES Reputation here "
    "decide; they can turn the {shutdown} into a {probation}, or end it."
)

# What one more finding of the category leads to, where that escalates.
REPEATS: Mapping[Repeat, str] = MappingProxyType(
    {
        Repeat.PROBATION: "Should it be found again later, another {probation} follows, and after that a {shutdown}.",
        Repeat.SHUTDOWN: "Should it be found again later, it is {shut_down} at once.",
        Repeat.PERMANENT: "Should it be found again later, a person decides whether it is {shut_down} for good.",
    }
)

# What needs to be said of a scope that SES knows nothing of.
STANDS_FOR_MANY = (
    "This stands for many: of those in one month, only as many as MaximumScopes says are counted apart, and all "
    "further ones here. SES knows no such thing, so nothing is asked of it or paused there. If you want them apart, "
    "raise MaximumScopes; if nobody wants so many names, find out who makes them up."
)

OTHERS_OPEN = "All in all the status is {scope_after} still: other findings are open."
SES_DECIDES_TOO = "This is a decision of SES Reputation. If AWS has opened a case about it, answer that as well."

# What can be typed, and by whom.
REPORTING_CHANGES = "To report changes"
APPEALING = "To {to_appeal}"
EXPLAIN = "To say what is behind it"
DECIDING = "Who may decide"
DECIDING_TO = "Who may decide (to {decision} it)"
DECISIONS = " (DECISION is {options})"

# The news, and why.
REMINDERS: Mapping[ReminderKind, tuple[str, str]] = MappingProxyType(
    {
        ReminderKind.PERIOD_ENDS: (
            "{probation} ends {ends_day}",
            "The {probation} that began on {opened} ends on {ends}. No status has changed yet.",
        ),
        ReminderKind.REVIEW_WAITS: (
            "waits for a decision since {waits_day}",
            "This has been waiting for a person's decision since {waits_since}.",
        ),
    }
)

SUMMARY_QUIET = "There is no open finding: nothing to do."
SUMMARY_NOT_LISTED = "{more:,} more scopes have findings, and are not listed."
SUMMARY_NEXT = "There is such a summary once a week. What changes is told when it does."

VOLUME_SOURCES: Mapping[VolumeSource, str] = MappingProxyType(
    {
        VolumeSource.SEND_EVENTS: "recipients, from Send events",
        VolumeSource.DELIVERY_EVENTS: "recipients, from deliveries and bounces",
        VolumeSource.STATISTICS: "mail, from SES's own statistics",
    }
)

WARNING_CAUSE = (
    "The {metric} has reached {recommended}, which SES recommends to stay under. No status has changed: the limit is "
    "{limit}. You are told once; again only after the rate has been a fifth lower."
)
WARNING_NEXT = "If the rate is {over_limit}, a {probation} begins. It is easier to mend now than then."

# What SES says of the account, and what that means.
ENFORCEMENTS: Mapping[str, str] = MappingProxyType(
    {
        Enforcement.HEALTHY: "SES sees no problem with this account.",
        Enforcement.PROBATION: (
            "SES has put this account {on_probation}. You can go on sending; AWS has written to the account's address "
            "what the problem is and when it decides."
        ),
        Enforcement.SHUTDOWN: (
            "SES has {shut_down} this account: nothing is sent, password resets included. Only SES can lift that; "
            "answer the case that AWS has opened."
        ),
    }
)
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
