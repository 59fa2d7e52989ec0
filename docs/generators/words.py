"""The words of the generated tables, as data: what each status, trigger, command and outcome is."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from ses_reputation.domain.categories import AtEnd, OnChanges, Repeat
from ses_reputation.domain.decisions import CHANGES_MADE, Decision
from ses_reputation.domain.lifecycle import Stage, Status, Trigger
from ses_reputation.domain.scopes import ANY_FORM
from ses_reputation.receive import Outcome


class Meaning(NamedTuple):
    """What a status means: of a scope, and of a metric; empty where there is no such status."""

    of_scope: str
    of_metric: str


STATUSES: Mapping[Status, Meaning] = MappingProxyType(
    {
        Status.HEALTHY: Meaning("No finding is open.", "No finding about this rate is open."),
        Status.ALMOST_HEALED: Meaning(
            "",
            "Since the probation began the rate has come down, and has stayed at or under its limit for `SteadyHours`.",
        ),
        Status.PROBATION: Meaning(
            "A problem is open, and there is time to solve it. Mail goes on.",
            (
                "The rate was over its limit, and has not been under it for long enough yet; or the period is over, "
                "and a person decides."
            ),
        ),
        Status.PENDING_DECISION: Meaning(
            "The period is over. A person decides what follows; until then mail goes on.", ""
        ),
        Status.PENDING_SHUTDOWN: Meaning(
            "It would be shut down, but people review this scope. One decides; until then mail goes on.",
            "The same, because of this rate.",
        ),
        Status.SHUTDOWN: Meaning(
            "Shut down. Only a person's decision leads out of it; if it is permanent, nothing does.",
            "Shut down because of this rate.",
        ),
    }
)

STAGES: Mapping[Stage, str] = MappingProxyType(
    {
        Stage.SUSPECTED: "Suspected",
        Stage.ALMOST_HEALED: "Almost healed",
        Stage.PROBATION: "Probation",
        Stage.PENDING_DECISION: "Pending decision",
        Stage.PENDING_SHUTDOWN: "Pending shutdown",
        Stage.SHUTDOWN: "Shutdown",
        Stage.PERMANENT_SHUTDOWN: "Permanent shutdown",
        Stage.RESOLVED: "Resolved",
    }
)
"""What each stage is called in the tables."""


class By(StrEnum):
    """Who or what moves a finding."""

    RATE = "the rate"
    PERIOD = "the period's end"
    SOURCE = "whoever suspects it"
    REPORT = "a report"
    PERSON = "a person"


class Happening(NamedTuple):
    """What a trigger is, and who or what causes it."""

    by: By
    what: str


TRIGGERS: Mapping[Trigger, Happening] = MappingProxyType(
    {
        Trigger.LIMIT_EXCEEDED: Happening(By.RATE, "The rate is over its limit."),
        Trigger.STEADY_UNDER_LIMIT: Happening(By.RATE, "The rate has been at or under its limit for `SteadyHours`."),
        Trigger.HEALED: Happening(By.RATE, "It has stayed there for `HealingDays`, or is there when the period ends."),
        Trigger.ENDED_OVER_SHUTDOWN_LIMIT: Happening(By.PERIOD, "The rate is over the limit of a shutdown."),
        Trigger.ENDED_OVER_SHUTDOWN_LIMIT_FOR_REVIEW: Happening(By.PERIOD, "The same, in a scope that people review."),
        Trigger.ENDED_BETWEEN_LIMITS: Happening(
            By.PERIOD, "The rate is over its limit, but not over that of a shutdown."
        ),
        Trigger.ENDED_UNPROVEN: Happening(
            By.PERIOD, "There was too little mail, or there were too few bounces or complaints, to judge."
        ),
        Trigger.ENDED_BEFORE_DECISION: Happening(By.PERIOD, "Reported changes still wait for a decision."),
        Trigger.SUSPECTED: Happening(By.SOURCE, "A problem is suspected. If its finding is open, it is evidence."),
        Trigger.CONFIRMED: Happening(By.PERSON, "What is suspected is so: a probation begins."),
        Trigger.DISMISSED: Happening(By.PERSON, "What is suspected is not so: it is no repeat later."),
        Trigger.WITHDRAWN: Happening(By.SOURCE, "Nobody suspects it any longer: it is no repeat later."),
        Trigger.REPORTED: Happening(By.REPORT, "A problem is reported. If its finding is open, it is evidence."),
        Trigger.REPORTED_FOR_SHUTDOWN: Happening(By.REPORT, "It is reported with the severity `shutdown`."),
        Trigger.REPORTED_FOR_REVIEW: Happening(By.REPORT, "The same, in a scope that people review."),
        Trigger.REPEATED: Happening(By.REPORT, "The second finding of its kind, reported or confirmed."),
        Trigger.REPEATED_FOR_SHUTDOWN: Happening(By.REPORT, "The third."),
        Trigger.REPEATED_FOR_REVIEW: Happening(By.REPORT, "The third, or a later one, in a scope that people review."),
        Trigger.REPEATED_FOR_GOOD: Happening(By.REPORT, "The fourth, or a later one."),
        Trigger.ENDED_STILL_REPORTED: Happening(
            By.PERIOD, "The problem was seen again, after any change that was accepted."
        ),
        Trigger.ENDED_STILL_REPORTED_FOR_REVIEW: Happening(By.PERIOD, "The same, in a scope that people review."),
        Trigger.ENDED_FOR_DECISION: Happening(By.PERIOD, "What follows is for a person to say."),
        Trigger.ENDED_WITHOUT_REPORT: Happening(
            By.PERIOD, "The problem was not seen again, after any change that was accepted."
        ),
        Trigger.CHANGES_REPORTED: Happening(By.PERSON, "Changes are reported; after a shutdown, an appeal."),
        Trigger.ACCEPTED_AND_COUNTED_ANEW: Happening(By.PERSON, "Changes are accepted: only mail after them counts."),
        Trigger.ACCEPTED_WITH_MORE_TIME: Happening(
            By.PERSON, "Changes are accepted: there is more time, and only what is seen after them counts."
        ),
        Trigger.ACCEPTED_AND_LIFTED: Happening(By.PERSON, "Changes are accepted: the problem is solved."),
        Trigger.CHANGES_REFUSED: Happening(By.PERSON, "Changes, or an appeal, are refused."),
        Trigger.LIFTED: Happening(By.PERSON, "There is no problem, or no longer one."),
        Trigger.EXTENDED: Happening(By.PERSON, "There is more time."),
        Trigger.SHUT_DOWN: Happening(By.PERSON, "It is shut down."),
        Trigger.REINSTATED_ON_PROBATION: Happening(By.PERSON, "A shutdown is turned into a new probation."),
        Trigger.REINSTATED: Happening(By.PERSON, "A shutdown is ended."),
        Trigger.MADE_PERMANENT: Happening(By.PERSON, "A shutdown is made permanent."),
    }
)


class Accepting(NamedTuple):
    """What accepted changes do, and what the categories are called together of which they do it."""

    group: str
    what: str


ON_CHANGES: Mapping[OnChanges, Accepting] = MappingProxyType(
    {
        OnChanges.COUNTED_ANEW: Accepting(
            "measured", "only mail after the change counts; the period ends when it would have"
        ),
        OnChanges.MORE_TIME: Accepting(
            "watched", "more time, a whole new period; only what is seen after the change counts"
        ),
        OnChanges.LIFTED: Accepting("reviewed", "resolved"),
    }
)

AT_END: Mapping[AtEnd, str] = MappingProxyType(
    {
        AtEnd.SHUTDOWN: "Shutdown",
        AtEnd.MAY_SHUT_DOWN: "a person decides whether to shut down",
        AtEnd.DECISION: "a person decides",
        AtEnd.HEALTHY: "Healthy",
    }
)

REPEATS: Mapping[Repeat, str] = MappingProxyType(
    {
        Repeat.PROBATION: "Probation",
        Repeat.SHUTDOWN: "Shutdown at once",
        Repeat.PERMANENT: "Pending shutdown, until a person decides whether it is for good",
    }
)

COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "report": "Somebody saw a problem. Opens a finding, or adds evidence to the open one.",
        CHANGES_MADE: "Something was changed about it, and waits for a decision; after a shutdown, an appeal.",
        f"decide {Decision.ACCEPT}": "The changes are enough: what follows depends on the category.",
        f"decide {Decision.REFUSE}": "The changes, or the appeal, are not enough. All else stays as it is.",
        f"decide {Decision.LIFT}": "There is no problem, or no longer one.",
        f"decide {Decision.EXTEND}": "More time: so many days on top, as many as a probation has if it is not said.",
        f"decide {Decision.SHUTDOWN}": "Shut down, at once.",
        f"decide {Decision.REINSTATE}": "End a shutdown: on probation, or as Healthy.",
        f"decide {Decision.MAKE_PERMANENT}": "No appeal leads out of it any more.",
        f"decide {Decision.CONFIRM}": "What is suspected is so: it goes on as if it had been reported now.",
        f"decide {Decision.DISMISS}": "What is suspected is not so: it ends, and is no repeat later.",
    }
)

OUTCOMES: Mapping[Outcome, str] = MappingProxyType(
    {
        Outcome.CHANGED: "It opened a finding, suspected or not, or made one worse. People are told.",
        Outcome.EVIDENCE: "The finding is open, and has more evidence now. The history keeps it; nobody is told.",
        Outcome.NOTHING_NEW: (
            "It suspects what the same source has suspected in the same words today, or what a person has dismissed. "
            "Nothing was done."
        ),
        Outcome.NOTED: "SES itself says no more than was known, or that all is well. It is kept; nobody is told.",
        Outcome.REPEATED: "The same event had been carried out before. Nothing was done.",
        Outcome.OUTDATED: "SES itself had said something newer of the same matter. Nothing was done.",
        Outcome.OWN: "This very account, in this region, tells of its own shutdown. Nothing was done.",
        Outcome.SET_APART: (
            "It can't be read, or the lifecycle does not allow it. The event is on the dead-letter queue, with the "
            "reason."
        ),
    }
)

FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "command": "What to do.",
        "version": "The version of this format.",
        "scope": f"Whose problem it is: {ANY_FORM}.",
        "category": "What kind of problem it is. The two rates are measured, and can't be reported.",
        "evidence": "What was seen, for a person to read.",
        "severity": (
            "How it begins: suspected, until a person confirms or dismisses it; with a probation; or with a shutdown "
            "at once (which people may review first)."
        ),
        "source": "Who saw it. If it is left out, that is who reports it.",
        "observed": "When it was seen. If it is left out, or lies in the future, that is when it was reported.",
        "finding": "The id of the finding, from an alert or ses-reputation findings; decide takes an outage's, too.",
        "note": "Why; of changes, what was changed. A report needs none.",
        "since": "Since when the changes are made. If it is left out, that is now.",
        "decision": "What is decided.",
        "days": "Of extend: by how many days. If it is left out, as many as a probation has.",
        "to": "Of reinstate: what the shutdown is turned into.",
        "seen": "The revision of the finding that the decision is about. If it is another by now, nothing is done.",
        "by": (
            "Who commands it. It has to be left out where IAM proves who calls (the function URL), and is needed "
            "where nothing does."
        ),
        "id": "Makes it safe to repeat: a command with an id that was carried out already is not carried out again.",
    }
)
"""What the fields of an event's detail, and of a command, say."""
