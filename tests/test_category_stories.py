"""One story for each of the twelve categories, told as people hear of it: from the first report to Healthy again."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from ses_reputation.adapters.standings import DynamoDbStandings
from ses_reputation.domain.categories import METRICS, Category
from ses_reputation.domain.changes import Change, EvidenceAdded
from ses_reputation.domain.lifecycle import STAGE_STATUS, Status
from ses_reputation.domain.scopes import ACCOUNT, Scope
from ses_reputation.domain.standing import Finding
from ses_reputation.notices.categories import CATEGORY_TEXTS
from ses_reputation.notices.structure import Part
from ses_reputation_local.cloud import Email, LocalCloud
from ses_reputation_local.ses_mail import Bounce, BounceSubtype, BounceType, Complaint, Message, Topic
from ses_reputation_local.ses_simulator import SesSimulator

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
EVALUATE = {"EvaluateReputation"}
TOPICS = {Topic.BOUNCE: "BounceTopic", Topic.COMPLAINT: "ComplaintTopic", Topic.VOLUME: "VolumeTopic"}

DESK = "arn:aws:sts::123456789012:assumed-role/AbuseDesk/dora"
SENDER = "arn:aws:iam::123456789012:user/hill-bikes"
ANN = "arn:aws:iam::123456789012:user/ann"

SCOPES: Mapping[Category, Scope] = {
    **{category: Scope("configuration-set/newsletter") for category in METRICS},
    Category.RELATED_ACCOUNT: ACCOUNT,
    Category.VULNERABLE_SITE: Scope("identity/shop.example"),
}
TENANT = Scope("tenant/hill-bikes")


class Story:
    """What befalls one scope. Each method is a step of it, a few hours or days after the one before."""

    def __init__(self, cloud: LocalCloud, category: Category) -> None:
        self.cloud = cloud
        self.category = category
        self.scope = SCOPES.get(category, TENANT)
        self.heard: list[Email] = []
        self.acts: list[tuple[str, str]] = []
        self.mails = 0
        cloud.now = START

    # What is seen.

    def is_seen(self) -> None:
        """The problem: a rate over its limit, or a report."""
        if self.category in METRICS:
            self.sends(200, bad=60)
        else:
            self.does(DESK, "as written to us", command="report", category=self.category, evidence="As seen on Monday.")

    def is_suspected(self) -> None:
        self.does(DESK, "It may be nothing.", **self.suspicion())

    def is_suspected_in_vain(self) -> None:
        status, body = self.asks(DESK, **self.suspicion())
        assert (status, body["nothing_new"], body["changed"]) == (200, True, False)

    def suspicion(self) -> dict[str, str]:
        """It is another one every day."""
        seen = f"As seen on {self.cloud.now:%d %B}."
        return {"command": "report", "category": self.category, "severity": "suspected", "evidence": seen}

    def is_seen_no_more(self) -> None:
        if self.category in METRICS:
            self.sends(400, bad=0)

    def sends(self, count: int, bad: int) -> None:
        ses = SesSimulator(f"{self.cloud.now}")
        for number in range(count):
            self.mails += 1
            message = Message("Shop <news@shop.example>", (f"r{self.mails}@yahoo.com",), configuration_set="newsletter")
            bounce = Bounce(message.recipients, BounceType.PERMANENT, BounceSubtype.NO_EMAIL)
            outcome = bounce if self.category is Category.BOUNCE_RATE else Complaint(message.recipients[0])
            published = ses.send(self.cloud.now, message, *([outcome] if number < bad else []))
            for topic, name in TOPICS.items():
                self.cloud.publish_all(name, [p.message for p in published if p.topic is topic])
        self.cloud.deliver()
        self.waits(2 * HOUR)

    # What people do.

    def changes_are_made(self) -> None:
        self.does(SENDER, "The list from the fair is gone.", command="changes-made", finding=self.finding.id)

    def is_decided(self, decision: str, why: str, **options: Any) -> None:
        self.does(ANN, why, command="decide", finding=self.finding.id, decision=decision, **options)

    def changes_are_accepted(self) -> None:
        self.is_decided("accept", "That was the cause.")

    def changes_are_refused(self) -> None:
        self.is_decided("refuse", "The form is still open to everybody.")

    def is_shut_down(self) -> None:
        self.is_decided("shutdown", "Nothing has changed in three weeks.")

    def is_lifted(self) -> None:
        self.is_decided("lift", "It was somebody else's mail.")

    def is_confirmed(self) -> None:
        self.is_decided("confirm", "The list is as old as it looks.")

    def is_dismissed(self) -> None:
        self.is_decided("dismiss", "The provider had an outage.")

    def is_reinstated(self) -> None:
        self.is_decided("reinstate", "They have a new list now.")

    def is_reinstated_to_healthy(self) -> None:
        self.is_decided("reinstate", "It was a mistake of ours.", to="healthy")

    def is_made_permanent(self) -> None:
        self.is_decided("make-permanent", "We have had enough.")

    def does(self, caller: str, note: str, **command: Any) -> None:
        self.cloud.now += MINUTE
        status, body = self.asks(caller, note=note, **command)
        assert status == 200, body
        self.acts.append((caller, note))
        self.waits(HOUR)

    def asks(self, caller: str, **command: Any) -> tuple[int, Any]:
        answer = self.cloud.call("Operate", {"scope": self.scope, **command}, caller)
        return answer.status, answer.body

    # What time does.

    def three_days_pass(self) -> None:
        self.waits(3 * DAY)

    def a_day_passes(self) -> None:
        self.waits(DAY)

    def a_week_passes(self) -> None:
        self.waits(7 * DAY)

    def the_last_day_begins(self) -> None:
        end = self.finding.period_end
        assert end
        self.waits(end - DAY - self.cloud.now)

    def the_period_ends(self) -> None:
        end = self.finding.period_end
        assert end
        self.waits(end - self.cloud.now)

    def waits(self, duration: timedelta) -> None:
        for run in self.cloud.tick(self.cloud.now + duration, EVALUATE):
            assert run.error is None

    # What is known of it.

    @property
    def standings(self) -> DynamoDbStandings:
        return DynamoDbStandings(self.cloud.client("dynamodb"), table=self.cloud.resources["StandingsTable"])

    @property
    def finding(self) -> Finding:
        return self.standings.read(self.scope).standing.findings[self.category]

    @property
    def status(self) -> Status:
        return STAGE_STATUS[self.standings.read(self.scope).standing.stage(self.category)]

    def news(self) -> list[str]:
        """What the subjects of the e-mails since the last step say of this finding."""
        about = f"SES {CATEGORY_TEXTS[self.category].name} of {self.scope}: "
        emails = self.cloud.emails()
        self.heard += emails
        return [email.subject.removeprefix(about) for email in emails if email.subject.startswith(about)]


Step = tuple[str, Status, list[str]]

# A step, the status of the finding after it, and what people hear of it.
OPENED: Step = ("is_seen", Status.PROBATION, ["Healthy -> Probation"])
CHANGED: Step = ("changes_are_made", Status.PROBATION, ["Probation, changes reported"])
REMAINS: Step = ("is_seen", Status.PROBATION, [])
APPEALED: list[Step] = [
    ("changes_are_made", Status.SHUTDOWN, ["Shutdown, there is an appeal"]),
    ("changes_are_refused", Status.SHUTDOWN, ["Shutdown, appeal refused"]),
    ("changes_are_made", Status.SHUTDOWN, ["Shutdown, there is an appeal"]),
    ("is_reinstated", Status.PROBATION, ["Shutdown -> Probation"]),
]

# The first e-mails are the same; the accepted changes give more time.
MORE_TIME: list[Step] = [
    OPENED,
    CHANGED,
    ("three_days_pass", Status.PROBATION, ["waits for a decision since 2026-03-02"]),
    ("changes_are_accepted", Status.PROBATION, ["Probation, changes accepted, until 2026-03-26"]),
    REMAINS,
    ("the_last_day_begins", Status.PROBATION, ["probation ends 2026-03-26"]),
]
SOLVED_IN_TIME: Step = ("the_period_ends", Status.HEALTHY, ["Probation -> Healthy"])
WATCHED: list[Step] = [
    *MORE_TIME,
    ("the_period_ends", Status.SHUTDOWN, ["Probation -> Shutdown"]),
    *APPEALED,
    SOLVED_IN_TIME,
]
MAY_BE_SHUT_DOWN: list[Step] = [
    *MORE_TIME,
    ("the_period_ends", Status.PENDING_DECISION, ["Probation -> Pending end of probation decision"]),
    ("three_days_pass", Status.PENDING_DECISION, ["waits for a decision since 2026-03-26"]),
    ("is_shut_down", Status.SHUTDOWN, ["Pending end of probation decision -> Shutdown"]),
    *APPEALED,
    SOLVED_IN_TIME,
]
REVIEWED: list[Step] = [
    OPENED,
    CHANGED,
    ("changes_are_refused", Status.PROBATION, ["Probation, changes refused"]),
    REMAINS,
    ("the_last_day_begins", Status.PROBATION, ["probation ends 2026-03-23"]),
    ("the_period_ends", Status.PENDING_DECISION, ["Probation -> Pending end of probation decision"]),
    ("is_shut_down", Status.SHUTDOWN, ["Pending end of probation decision -> Shutdown"]),
    *APPEALED,
    CHANGED,
    ("changes_are_accepted", Status.HEALTHY, ["Probation -> Healthy"]),
]
MEASURED: list[Step] = [
    OPENED,
    CHANGED,
    ("changes_are_accepted", Status.PROBATION, ["Probation, changes accepted"]),
    REMAINS,
    ("the_last_day_begins", Status.PROBATION, ["probation ends 2026-03-23"]),
    ("the_period_ends", Status.SHUTDOWN, ["Probation -> Shutdown"]),
    *APPEALED,
    ("is_seen_no_more", Status.PROBATION, []),
    ("a_day_passes", Status.ALMOST_HEALED, ["Probation -> Almost healed"]),
    ("a_week_passes", Status.HEALTHY, ["Almost healed -> Healthy"]),
]
STORIES: Mapping[Category, list[Step]] = {
    Category.BOUNCE_RATE: MEASURED,
    Category.COMPLAINT_RATE: MEASURED,
    Category.ANTI_SPAM_ORGANIZATION: WATCHED,
    Category.DIRECT_FEEDBACK: WATCHED,
    Category.DOMAIN_BLOCKLIST: WATCHED,
    Category.INTERNAL_REVIEW: REVIEWED,
    Category.MAILBOX_PROVIDER: MAY_BE_SHUT_DOWN,
    Category.RECIPIENT_FEEDBACK: WATCHED,
    Category.RELATED_ACCOUNT: REVIEWED,
    Category.SPAMTRAP: WATCHED,
    Category.VULNERABLE_SITE: REVIEWED,
    Category.OTHER: REVIEWED,
}
# Where repeats escalate, a person decides about the last of them, and nothing leads out of that.
REPEATED: list[Step] = [
    OPENED,
    ("is_lifted", Status.HEALTHY, ["Probation -> Healthy"]),
    OPENED,
    CHANGED,
    ("changes_are_accepted", Status.HEALTHY, ["Probation -> Healthy"]),
    ("is_seen", Status.SHUTDOWN, ["Healthy -> Shutdown"]),
    ("is_reinstated_to_healthy", Status.HEALTHY, ["Shutdown -> Healthy"]),
    ("is_seen", Status.PENDING_SHUTDOWN, ["Healthy -> Pending shutdown"]),
    ("is_made_permanent", Status.SHUTDOWN, ["Pending shutdown -> Shutdown, for good"]),
    ("is_seen", Status.SHUTDOWN, []),
]
# Where a person is to decide before anything of this kind is shut down.
DECIDED_BY_PEOPLE: list[Step] = [
    *MORE_TIME,
    ("the_period_ends", Status.PENDING_SHUTDOWN, ["Probation -> Pending shutdown"]),
    ("changes_are_made", Status.PENDING_SHUTDOWN, ["Pending shutdown, changes reported"]),
    ("changes_are_accepted", Status.PROBATION, ["Pending shutdown -> Probation"]),
    REMAINS,
    ("the_period_ends", Status.PENDING_SHUTDOWN, ["Probation -> Pending shutdown"]),
    ("is_shut_down", Status.SHUTDOWN, ["Pending shutdown -> Shutdown"]),
]
REPEATED_BEFORE_PEOPLE: list[Step] = [
    *REPEATED[:5],
    ("is_seen", Status.PENDING_SHUTDOWN, ["Healthy -> Pending shutdown"]),
    ("is_made_permanent", Status.SHUTDOWN, ["Pending shutdown -> Shutdown, for good"]),
]


# Nothing follows from a suspicion but what a person decides.
SUSPECTED: list[Step] = [
    ("is_suspected", Status.HEALTHY, ["suspected"]),
    ("is_suspected_in_vain", Status.HEALTHY, []),
    ("three_days_pass", Status.HEALTHY, ["suspected, waits for a decision since 2026-03-02"]),
    ("is_dismissed", Status.HEALTHY, ["suspicion dismissed"]),
    ("three_days_pass", Status.HEALTHY, []),
    ("is_suspected_in_vain", Status.HEALTHY, []),
    ("a_week_passes", Status.HEALTHY, []),
    ("is_suspected", Status.HEALTHY, ["suspected"]),
    ("changes_are_made", Status.HEALTHY, ["suspected, changes reported"]),
    ("is_confirmed", Status.PROBATION, ["Healthy -> Probation"]),
]


@contextmanager
def told(category: Category, steps: Sequence[Step], **parameters: str) -> Iterator[Story]:
    """The story, after all of its steps, each of which led where it should."""
    with LocalCloud({"NotificationEmail": "ops@shop.example", **parameters}) as cloud:
        story = Story(cloud, category)
        for number, (step, status, news) in enumerate(steps, start=1):
            getattr(story, step)()
            assert (story.status, story.news()) == (status, news), f"step {number}: {step}"
        yield story


# Nothing is decided twice, and nothing without anybody's name.
def check_audit(story: Story) -> None:
    """Who did what, as IAM proves it, and why, is kept with every act; what time has done is nobody's."""
    history = list(story.standings.news(story.scope))
    acts = [news.act for news in history if isinstance(news, Change | EvidenceAdded) and news.act]
    mine = [news for news in history if isinstance(news, Change | EvidenceAdded) and news.category is story.category]
    assert [(act.by.name, act.note) for act in acts] == story.acts
    assert all(act.by.proven for act in acts)
    assert len({act.id for act in acts}) == len(acts)
    changes = [news for news in mine if isinstance(news, Change)]
    for before, after in pairwise(changes):
        assert STAGE_STATUS[before.after] is STAGE_STATUS[after.before], "the history has no gap"


HEADINGS = {str(part) for part in Part}


def check_text(email: Email) -> None:
    """It is whole: no placeholder is left, no section is empty, and it says why, and what happens next."""
    assert not re.search(r"[{}]|None|\b[a-z]+_[a-z]+\b", email.body), email.body
    assert email.subject.isascii()
    assert len(email.subject) < 100
    title, *lines = email.body.splitlines()
    assert title
    for number, line in enumerate(lines):
        assert len(line) <= 78 or line.startswith(("    ses-reputation ", "    aws ")), line
        assert line == line.rstrip()
        if line in HEADINGS:
            assert lines[number + 1].startswith("  "), email.body
    assert {Part.WHY.value, Part.NEXT.value} <= set(lines)
    assert lines[-1].startswith("Alert ")


@pytest.mark.parametrize("category", Category)
def test_a_finding_goes_all_the_way_to_a_shutdown_and_back(category: Category) -> None:
    with told(category, STORIES[category]) as story:
        check_audit(story)
    for email in story.heard:
        check_text(email)


@pytest.mark.parametrize(
    ("category", "steps"),
    [
        (
            Category.MAILBOX_PROVIDER,
            [*SUSPECTED, ("changes_are_refused", Status.PROBATION, ["Probation, changes refused"])],
        ),
        (Category.RELATED_ACCOUNT, [*SUSPECTED, ("changes_are_accepted", Status.HEALTHY, ["Probation -> Healthy"])]),
        (
            Category.INTERNAL_REVIEW,
            [
                *REPEATED[:5],
                ("is_suspected", Status.HEALTHY, ["suspected"]),
                ("is_confirmed", Status.SHUTDOWN, ["Healthy -> Shutdown"]),
            ],
        ),
    ],
    ids=["and what was done is not enough", "and was solved", "for the third time"],
)
def test_what_is_suspected_is_dismissed_and_later_confirmed(category: Category, steps: list[Step]) -> None:
    with told(category, steps) as story:
        check_audit(story)
    for email in story.heard:
        check_text(email)


@pytest.mark.parametrize("category", [Category.INTERNAL_REVIEW, Category.VULNERABLE_SITE])
def test_repeats_end_in_a_shutdown_that_nothing_leads_out_of(category: Category) -> None:
    with told(category, REPEATED) as story:
        refused = {"error": f"finding {story.finding.id} is shut down for good: no appeal leads out of it"}
        for command in (
            {"command": "decide", "decision": "reinstate"},
            {"command": "decide", "decision": "lift"},
            {"command": "changes-made"},
        ):
            answer = story.asks(ANN, **command, finding=story.finding.id, note="Please.")
            assert answer == (409, {**refused, "allowed": []})
        check_audit(story)
    for email in story.heard:
        check_text(email)


@pytest.mark.parametrize(
    ("category", "steps"),
    [(Category.SPAMTRAP, DECIDED_BY_PEOPLE), (Category.INTERNAL_REVIEW, REPEATED_BEFORE_PEOPLE)],
    ids=["at the end of the period", "after a third time"],
)
def test_where_people_decide_nothing_is_shut_down_without_them(category: Category, steps: list[Step]) -> None:
    with told(category, steps, HumanReviewScopes="tenant") as story:
        check_audit(story)
    for email in story.heard:
        check_text(email)
