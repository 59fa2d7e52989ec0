"""One tenant's story, from the first bounce to a paused tenant and back, told by the e-mails that people get.

It is told twice: to who only observes, so that nothing is touched, and to who has tenants enforced. The account, the
configuration set and the other tenants go on sending throughout.
"""

import json
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ses_reputation.adapters.standings import DynamoDbStandings
from ses_reputation.domain.changes import Change
from ses_reputation.domain.enforcement import Enforced
from ses_reputation.domain.lifecycle import STAGE_STATUS, Status
from ses_reputation.domain.scopes import ACCOUNT, Scope
from ses_reputation_cli.replay_report import document
from ses_reputation_local.cloud import LocalCloud
from ses_reputation_local.replay import Playback, ReplayFailed
from ses_reputation_local.ses_mail import Bounce, BounceSubtype, BounceType, Message, Topic
from ses_reputation_local.ses_resources import SendingStatus
from ses_reputation_local.ses_simulator import SesSimulator
from ses_reputation_local.stories import Commanded, read_story
from tests.contracts import nothing_unknown

STORIES = Path(__file__).parents[1] / "events" / "stories"
START = datetime(2026, 3, 2, 8, tzinfo=UTC)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
ANN = "arn:aws:iam::123456789012:user/ann"
HILL_BIKES = Scope("tenant/hill-bikes")
OTHERS = (ACCOUNT, Scope("configuration-set/shared"), Scope("tenant/valley-books"))
TOPICS: Mapping[Topic, str] = {
    Topic.BOUNCE: "BounceTopic",
    Topic.COMPLAINT: "ComplaintTopic",
    Topic.VOLUME: "VolumeTopic",
}


@contextmanager
def platform(**parameters: str) -> Iterator[LocalCloud]:
    """A platform that sends for two tenants, and somebody who gets its e-mails."""
    with LocalCloud({"NotificationEmail": "ops@platform.example", **parameters}) as cloud, nothing_unknown(cloud):
        cloud.now = START
        cloud.ses.configuration_sets.add("shared")
        for tenant in ("hill-bikes", "valley-books"):
            cloud.ses.add_tenant(tenant)
        yield cloud


def sends(cloud: LocalCloud, tenant: str, count: int, bad: int = 0) -> None:
    """Mail of a tenant, to fifty recipients each, of whom so many do not exist."""
    ses = SesSimulator(f"{tenant} {cloud.now}")
    for number in range(count):
        recipients = tuple(f"{tenant}-{cloud.now:%d}-{number}-{n}@mailbox.example" for n in range(50))
        message = Message("news@platform.example", recipients, configuration_set="shared", tenant=tenant)
        bounce = [Bounce(recipients[:bad], BounceType.PERMANENT, BounceSubtype.NO_EMAIL)] if bad else []
        for publication in ses.send(cloud.now, message, *bounce):
            cloud.publish_all(TOPICS[publication.topic], [publication.message])
    cloud.deliver()


def week(cloud: LocalCloud) -> None:
    """A purchased list, beside a lot of good mail."""
    sends(cloud, "hill-bikes", 3, bad=15)
    sends(cloud, "valley-books", 20)


def evaluated(cloud: LocalCloud, at: datetime) -> list[str]:
    """What people hear of the tenant."""
    cloud.tick(at, ["EvaluateReputation"])
    return heard(cloud)


def heard(cloud: LocalCloud) -> list[str]:
    return [email.subject for email in cloud.emails() if str(HILL_BIKES) in email.subject]


def standings(cloud: LocalCloud) -> DynamoDbStandings:
    return DynamoDbStandings(cloud.client("dynamodb"), table=cloud.resources["StandingsTable"])


def status(cloud: LocalCloud, scope: Scope) -> Status:
    return standings(cloud).read(scope).standing.status


def reinstated(cloud: LocalCloud) -> list[str]:
    """What people hear when an operator lets the tenant try again."""
    (finding,) = standings(cloud).read(HILL_BIKES).standing.findings.values()
    decided = {"command": "decide", "scope": HILL_BIKES, "finding": finding.id, "decision": "reinstate"}
    assert cloud.call("Operate", {**decided, "note": "They deleted the purchased list."}, ANN).status == 200
    cloud.deliver()
    return heard(cloud)


def tell(cloud: LocalCloud) -> Iterator[tuple[list[str], bool]]:
    """The story: after each chapter, what people heard, and whether the tenant may send."""
    week(cloud)
    yield evaluated(cloud, START + HOUR), may_send(cloud)
    cloud.now = START + 3 * DAY
    week(cloud)
    cloud.tick(START + 3 * DAY + HOUR, ["EvaluateReputation"])
    cloud.emails()
    yield evaluated(cloud, START + HOUR + 21 * DAY), may_send(cloud)
    cloud.now += HOUR
    yield reinstated(cloud), may_send(cloud)
    assert [status(cloud, scope) for scope in OTHERS] == [Status.HEALTHY] * 3
    assert cloud.ses.sending_enabled
    assert cloud.ses.configuration_sets["shared"].sending_enabled
    assert cloud.ses.tenants["valley-books"].status is SendingStatus.ENABLED
    assert cloud.messages("EnforcementDeadLetterQueue") == []


def may_send(cloud: LocalCloud) -> bool:
    return cloud.ses.tenants["hill-bikes"].status is not SendingStatus.DISABLED


def history(cloud: LocalCloud) -> list[str]:
    """What is kept of it."""
    return [
        STAGE_STATUS[news.after] if isinstance(news, Change) else news.action
        for news in standings(cloud).news(HILL_BIKES)
        if isinstance(news, Change | Enforced)
    ]


def test_who_observes_is_told_everything_and_nothing_is_touched() -> None:
    with platform() as cloud:
        first_bounces, shutdown, second_chance = tell(cloud)
        assert history(cloud) == ["Probation", "Shutdown", "would_pause", "Probation", "would_resume"]
        assert cloud.ses.calls == []
    assert first_bounces == (["SES bounce rate of tenant/hill-bikes: Healthy -> Probation"], True)
    assert shutdown == (
        [
            "SES bounce rate of tenant/hill-bikes: Probation -> Shutdown",
            "SES sending of tenant/hill-bikes: would be paused",
        ],
        True,
    )
    assert second_chance == (
        [
            "SES bounce rate of tenant/hill-bikes: Shutdown -> Probation",
            "SES sending of tenant/hill-bikes: would be resumed",
        ],
        True,
    )


def test_who_enforces_has_the_tenant_paused_and_resumed_and_nothing_else() -> None:
    with platform(EnforceScopes="tenant") as cloud:
        first_bounces, shutdown, second_chance = tell(cloud)
        assert history(cloud) == ["Probation", "Shutdown", "paused", "Probation", "resumed"]
        arn = cloud.ses.tenants["hill-bikes"].arn
        assert [
            (call.parameters["ReputationEntityReference"], call.parameters["SendingStatus"]) for call in cloud.ses.calls
        ] == [
            (arn, "DISABLED"),
            (arn, "ENABLED"),
        ]
    assert first_bounces == (["SES bounce rate of tenant/hill-bikes: Healthy -> Probation"], True)
    assert shutdown == (
        ["SES bounce rate of tenant/hill-bikes: Probation -> Shutdown", "SES sending of tenant/hill-bikes: paused"],
        False,
    )
    assert second_chance == (
        ["SES bounce rate of tenant/hill-bikes: Shutdown -> Probation", "SES sending of tenant/hill-bikes: resumed"],
        True,
    )


def test_the_story_to_be_replayed_is_such_a_one() -> None:
    story = read_story(STORIES / "second-chance.toml")
    with LocalCloud({"EnforceScopes": "tenant"}) as cloud:
        playback = Playback(cloud)
        deque(playback.play(story.events()), maxlen=0)
        report = json.loads(document(playback.report()))
        assert [call.parameters["SendingStatus"] for call in cloud.ses.calls] == ["DISABLED", "ENABLED"]
    assert [(each["scope"], each["action"]) for each in report["enforcements"]] == [
        (HILL_BIKES, "paused"),
        (HILL_BIKES, "resumed"),
    ]
    assert {change["scope"] for change in report["changes"]} == {HILL_BIKES}
    assert report["scopes"][HILL_BIKES]["status"] == "Probation"


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (
            {"command": "decide", "decision": "lift"},
            "tenant/acme has no open finding that ann could do something about",
        ),
        (
            {"command": "report", "category": "bounce_rate"},
            "what ann wanted was refused: .*missing required field `evidence`",
        ),
    ],
    ids=["nothing is open", "refused"],
)
def test_what_people_in_a_story_can_not_do_ends_the_replay_with_the_reason(
    command: dict[str, str], reason: str
) -> None:
    with LocalCloud() as cloud, pytest.raises(ReplayFailed, match=reason):
        next(Playback(cloud).play([Commanded(START, "ann", {"scope": "tenant/acme", **command})]))
