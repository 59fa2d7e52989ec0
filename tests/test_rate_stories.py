"""Each story about rates ends as it says, the whole way from what SES publishes to the alerts."""

import json
from datetime import datetime, timedelta
from fractions import Fraction
from functools import cache
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ses_reputation.domain.events import Send
from ses_reputation.ses_events import read_event
from ses_reputation_cli.replay_report import document
from ses_reputation_local.cloud import LocalCloud
from ses_reputation_local.replay import Playback
from ses_reputation_local.stories import read_story
from tests.contracts import nothing_unknown

STORIES = Path(__file__).parents[1] / "events" / "stories"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

WHOLESALER = "garden-tools.example"
CHESS_CLUB = "chess-club.example"
NEWSLETTER = "configuration-set/newsletter"
CAMPAIGNS = {"ScopeTags": "campaign", "TenantTag": "customer"}


class Played(NamedTuple):
    """What `replay --json` says after each chapter, when the last evaluation was, and the e-mails by time and kind."""

    chapters: tuple[Any, ...]
    ended: datetime
    emails: tuple[tuple[datetime, str], ...]

    @property
    def report(self) -> Any:
        return self.chapters[-1]

    @property
    def account(self) -> Any:
        return self.report["scopes"]["account"]

    def of_each(self, key: str) -> dict[str, Any]:
        return {name: scope[key] for name, scope in self.report["scopes"].items()}

    def changes(self, scope: str = "account") -> list[tuple[str, str]]:
        return [(c["time"], c["after"]) for c in self.report["changes"] if c["scope"] == scope]

    def warnings(self, scope: str = "account") -> list[tuple[str, str]]:
        return [(w["time"], w["rate"]) for w in self.report["warnings"] if w["scope"] == scope]


@cache
def play(name: str, *identities: str, **parameters: str) -> Played:
    """Play a story, chapter by chapter; once, however many tests look at it."""
    with LocalCloud({"NotificationEmail": "ops@shop.example", **parameters}) as cloud, nothing_unknown(cloud):
        playback = Playback(cloud, identities)
        chapters, ticks = [], []
        for _, publications in read_story(STORIES / f"{name}.toml").told():
            ticks += list(playback.play(publications))
            chapters.append(json.loads(document(playback.report())))
    emails = tuple((tick.now, email.attributes["kind"]) for tick in ticks for email in tick.emails)
    return Played(tuple(chapters), ticks[-1].now, emails)


@pytest.mark.parametrize("parameters", [{}, {"VolumeSource": "statistics"}], ids=["from events", "from statistics"])
def test_ses_says_at_the_end_what_the_story_sent_in_its_last_day(parameters: dict[str, str]) -> None:
    with LocalCloud({"NotificationEmail": "ops@shop.example", **parameters}) as cloud:
        playback = Playback(cloud)
        publications = list(read_story(STORIES / "one-complaint.toml").publications())
        list(playback.play(publications))
        events = [read_event(published.message) for published in publications]
        for _ in range(2):
            playback.ask_ses()
            sent = cloud.client("sesv2").get_account()["SendQuota"]["SentLast24Hours"]
            assert sent == sum(
                len(event.recipients) for event in events if isinstance(event, Send) and event.time >= cloud.now - DAY
            )
            assert sent > 0


# Seventy-five days


def test_seventy_five_days_end_over_the_limit_and_no_day_before_did() -> None:
    played = play("seventy-five-days")
    assert played.account["status"] == "Probation"
    assert played.account["bounce_rate"] == "0.1004"
    assert played.account["eligible"] == 10_476
    assert played.account["counts"]["hard_bounced"] == 1_052
    assert played.changes() == [("2026-04-17T13:00:00Z", "Probation")]
    assert played.ended == datetime.fromisoformat("2026-04-18T07:00:00Z")


def test_the_window_goes_back_to_the_hour_without_which_there_is_too_little_mail() -> None:
    played = play("seventy-five-days")
    oldest_hour = played.chapters[0]["scopes"]["account"]["eligible"]
    assert (oldest_hour, 10_476 - oldest_hour) == (600, 9_876)
    assert played.ended - datetime.fromisoformat(played.account["window"]["from"]) == 1_798 * HOUR


def test_without_its_mail_to_itself_the_wholesaler_was_never_over_the_limit() -> None:
    played = play("seventy-five-days", WHOLESALER)
    assert played.account["bounce_rate"] == "0.0913"
    assert played.account["eligible"] == 10_371
    assert played.account["counts"]["hard_bounced"] == 947
    assert set(played.of_each("status").values()) == {"Healthy"}
    assert played.report["changes"] == []


# Mostly Gmail


def test_ses_divides_complaints_by_the_mail_that_could_lead_to_one() -> None:
    account = play("gmail-majority").account
    assert (account["eligible"], account["complaint_eligible"]) == (3_000, 1_200)
    assert (account["complaint_rate"], account["plain_complaint_rate"]) == ("0.0025", "0.0010")


def test_were_gmail_to_send_complaints_the_rate_would_be_the_plain_one() -> None:
    account = play("gmail-majority", FeedbackProviders="gmail").account
    assert (account["complaint_rate"], account["plain_complaint_rate"]) == ("0.0010", "0.0010")


def test_all_the_magazines_readers_are_at_providers_that_are_known() -> None:
    providers = {scope for scope in play("gmail-majority").report["scopes"] if scope.startswith("provider/")}
    assert providers == {"provider/gmail", "provider/microsoft", "provider/yahoo"}


def test_the_same_complaints_are_a_warning_under_classic_limits_and_a_probation_under_current_ones() -> None:
    classic, current = play("gmail-majority"), play("gmail-majority", Profile="current")
    assert classic.account["complaint_rate"] == current.account["complaint_rate"]
    assert (classic.changes(), classic.warnings()) == ([], [("2026-04-15T13:00:00Z", "0.0025")])
    assert (current.changes(), current.warnings()) == ([("2026-04-15T13:00:00Z", "Probation")], [])


def test_ses_own_statistics_come_to_the_same_rates() -> None:
    """They do not say where mail went, but the share of it that could lead to complaints can be given."""
    events = play("gmail-majority").report["scopes"]
    statistics = play("gmail-majority", VolumeSource="statistics", FeedbackShare="40").report["scopes"]
    for scope in ("account", "configuration-set/magazine"):
        for number in ("eligible", "complaint_eligible", "bounce_rate", "complaint_rate", "plain_complaint_rate"):
            assert statistics[scope][number] == events[scope][number]


# What counts


@pytest.mark.parametrize(
    ("chapter", "eligible", "bounced", "bounce_rate", "complaint_rate"),
    [
        pytest.param(0, 80, 0, None, None, id="no mail to the simulator, nor its bounces and complaints"),
        pytest.param(1, 780, 24, "0.0308", "0.0000", id="hard bounces, and of soft ones the mail alone"),
        pytest.param(2, 980, 24, "0.0245", "0.0050", id="one complaint of 200, and no report of not-spam"),
        pytest.param(3, 1_000, 44, "0.0440", "0.0050", id="of all lists SES's global one alone, and what is unknown"),
        pytest.param(4, 1_000, 44, "0.0440", "0.0050", id="no mail to a verified identity"),
    ],
)
def test_what_counts(chapter: int, eligible: int, bounced: int, bounce_rate: str, complaint_rate: str) -> None:
    account = play("what-counts", CHESS_CLUB).chapters[chapter]["scopes"]["account"]
    assert (account["eligible"], account["counts"]["hard_bounced"]) == (eligible, bounced)
    assert (account["bounce_rate"], account["complaint_rate"]) == (bounce_rate, complaint_rate)


def test_mail_to_ones_own_domain_counts_unless_that_is_verified() -> None:
    verified, unverified = play("what-counts", CHESS_CLUB), play("what-counts")
    assert (unverified.account["eligible"], unverified.account["counts"]["hard_bounced"]) == (1_040, 74)
    assert (unverified.account["bounce_rate"], unverified.account["complaint_rate"]) == ("0.0712", "0.0050")
    assert unverified.warnings() == [("2026-05-05T15:00:00Z", "0.0712")]
    assert verified.report["warnings"] == []


def test_ses_own_statistics_leave_out_the_same_mail() -> None:
    statistics = play("what-counts", VolumeSource="statistics").account
    assert statistics["eligible"] == play("what-counts").account["eligible"] == 1_040
    assert statistics["bounce_rate"] == "0.0712"


# Five mails, and one complaint


@pytest.mark.parametrize(
    ("minimums", "status", "rate", "evidence"),
    [
        pytest.param({}, "Healthy", None, "too_little_mail", id="of a hundred mails"),
        pytest.param({"MinimumVolume": "6"}, "Healthy", None, "too_little_mail", id="of six mails"),
        pytest.param({"MinimumVolume": "5"}, "Healthy", "0.2000", "too_few_events", id="of five mails and two bounces"),
        pytest.param(
            {"MinimumVolume": "5", "MinimumBounces": "1"},
            "Probation",
            "0.2000",
            "too_little_mail",  # since the probation began
            id="of five mails and one bounce",
        ),
    ],
)
def test_one_bounce_of_five_mails_and_a_minimum(
    minimums: dict[str, str], status: str, rate: str | None, evidence: str
) -> None:
    account = play("five-mails", **minimums).account
    assert (account["eligible"], account["counts"]["hard_bounced"]) == (5, 1)
    assert (account["status"], account["bounce_rate"]) == (status, rate)
    assert account["metrics"]["bounce_rate"]["evidence"] == evidence


def test_one_complaint_of_nine_hundred_is_over_the_limit_and_too_few_to_judge() -> None:
    account = play("one-complaint", Profile="current").chapters[0]["scopes"]["account"]
    assert (account["counts"]["complained"], account["complaint_eligible"]) == (1, 900)
    assert (account["status"], account["complaint_rate"]) == ("Healthy", "0.0011")
    assert account["metrics"]["complaint_rate"]["evidence"] == "too_few_events"


def test_the_third_complaint_is_enough() -> None:
    current, classic = play("one-complaint", Profile="current"), play("one-complaint")
    assert (current.account["counts"]["complained"], current.account["complaint_rate"]) == (3, "0.0025")
    assert current.changes() == [("2026-06-09T11:00:00Z", "Probation")]
    assert (classic.account["complaint_rate"], classic.changes()) == ("0.0025", [])


# Hovering


def rates_by_hour(*titles: str) -> list[Fraction]:
    """The newsletter's bounce rate at the end of each hour of these chapters, over the mail in them."""
    told = [(c, publications) for c, publications in read_story(STORIES / "hovering.toml").told() if c.title in titles]
    start, end = told[0][0].start, told[-1][0].end
    sent, bounced = ([0] * ((end - start) // HOUR) for _ in range(2))
    for publication in (p for _, publications in told for p in publications):
        event, hour = json.loads(publication.message), (publication.time - start) // HOUR
        if "news@" in event["mail"]["source"]:
            sent[hour] += len(event["mail"]["destination"]) if "send" in event else 0
            bounced[hour] += len(event["bounce"]["bouncedRecipients"]) if "bounce" in event else 0
    return [Fraction(*counts) for counts in zip(accumulate(bounced), accumulate(sent), strict=True)]


def test_the_newsletter_crosses_its_lines_every_hour() -> None:
    five, ten = Fraction(5, 100), Fraction(10, 100)
    rates = rates_by_hour("Around five percent")
    assert [(rate == five, rate < five) for rate in rates] == [(False, True), (True, False)] * 12
    assert rates_by_hour("Around five percent", "Four bad hours")[-2] == ten
    rates = rates_by_hour("Around ten percent")
    assert [(rate > ten, rate == ten) for rate in rates] == [(True, False), (False, True)] * 10


def test_people_hear_of_it_four_times_and_never_twice_a_day() -> None:
    played = play("hovering")
    assert [kind for _, kind in played.emails] == ["early-warning", "status-change", "status-change", "status-change"]
    assert all(later - earlier > DAY / 2 for (earlier, _), (later, _) in pairwise(played.emails))
    assert len({time.date() for time, _ in played.emails}) == 4
    assert played.warnings(NEWSLETTER) == [("2026-07-06T06:00:00Z", "0.0500")]
    assert played.changes(NEWSLETTER) == [
        ("2026-07-07T04:00:00Z", "Probation"),
        ("2026-07-09T00:00:00Z", "Almost healed"),
        ("2026-07-16T00:00:00Z", "Healthy"),
    ]


def test_who_is_healthy_again_is_judged_by_mail_since_the_probation() -> None:
    played = play("hovering")
    newsletter = played.report["scopes"][NEWSLETTER]
    assert newsletter["status"] == "Healthy"
    assert newsletter["metrics"]["bounce_rate"]["floor"] == "2026-07-07T04:00:00Z"
    assert (newsletter["eligible"], newsletter["bounce_rate"]) == (2_200, "0.0182")
    assert (newsletter["counts"]["sent"], newsletter["counts"]["hard_bounced"]) == (2_760, 104)
    assert (played.changes(), played.warnings()) == ([], [])


# Two campaigns


def test_tags_tell_a_bad_campaign_from_a_good_one() -> None:
    played = play("campaigns", **CAMPAIGNS)
    rates, statuses = played.of_each("bounce_rate"), played.of_each("status")
    assert (rates["tag/campaign=spring"], statuses["tag/campaign=spring"]) == ("0.1250", "Probation")
    assert (rates["tag/campaign=summer"], statuses["tag/campaign=summer"]) == ("0.0100", "Healthy")
    assert (rates["tenant/green-ideas"], rates["tenant/blue-water"]) == ("0.1250", "0.0100")
    assert (rates["configuration-set/marketing"], statuses["configuration-set/marketing"]) == ("0.0330", "Healthy")


def test_tags_make_no_scopes_unless_they_are_named() -> None:
    assert set(play("campaigns").report["scopes"]) == {
        "account",
        "configuration-set/marketing",
        "identity/agency.example",
        "identity/agency-jobs.example",
    }


def test_an_identitys_notifications_carry_no_tags() -> None:
    counts = play("campaigns", **CAMPAIGNS).of_each("counts")
    assert counts["identity/agency-jobs.example"]["hard_bounced"] == 2
    assert counts["account"]["hard_bounced"] == 25 + 8 + 2
    assert counts["tag/campaign=spring"]["hard_bounced"] == counts["tenant/green-ideas"]["hard_bounced"] == 25


# A slow creep


def test_a_forecast_names_the_day_on_which_the_limit_is_passed() -> None:
    played = play("slow-creep")
    good, creeping, _ = (chapter["scopes"]["account"] for chapter in played.chapters)
    assert (good["bounce_rate"], good["forecast"]["bounce_rate"]["limit_passed"]) == ("0.0125", None)
    assert (creeping["bounce_rate"], creeping["status"]) == ("0.0625", "Healthy")
    forecast = creeping["forecast"]["bounce_rate"]["limit_passed"]
    assert forecast == "2026-09-09T22:00:01Z"
    assert played.changes() == [("2026-09-10T10:00:00Z", "Probation")]
    assert abs(datetime.fromisoformat("2026-09-10T10:00:00Z") - datetime.fromisoformat(forecast)) < DAY
    assert played.warnings() == [("2026-08-22T10:00:00Z", "0.0538")]


# A provider's outage


@pytest.mark.parametrize(
    ("hold", "account", "bounce_rate"),
    [("true", "Healthy", "0.0100"), ("false", "Probation", "0.1238")],
    ids=["held until it is reviewed", "counted"],
)
def test_a_providers_outage_counts_unless_it_is_held(hold: str, account: str, bounce_rate: str) -> None:
    played = play("provider-outage", HoldOutages=hold)
    ordinary, refused, _ = played.chapters
    assert ordinary["changes"] == ordinary["outages"] == []
    assert (refused["outages"][0]["time"], refused["outages"][0]["held"]) == ("2026-03-16T13:00:00Z", hold == "true")
    assert (played.account["status"], played.account["bounce_rate"]) == (account, bounce_rate)
    assert {name: status for name, status in played.of_each("status").items() if status != "Healthy"}.keys() == (
        set()
        if hold == "true"
        else {"account", "configuration-set/magazine", "identity/garden-gate.example", "provider/gmail"}
    )
    found, over = played.report["outages"]
    assert (found["cause"], over["cause"], over["stage"]) == ("found", "over", "suspected")
    assert (over["start"], over["end"]) == ("2026-03-16T12:00:00Z", "2026-03-16T15:00:00Z")
    assert (over["bounced"], over["recipients"]) == (450, 600)
    assert [kind for _, kind in played.emails].count("provider-outage") == 2


# A listed domain


def test_a_listed_domain_is_suspected_by_the_replies_while_no_rate_moves() -> None:
    played = play("listed-domain")
    quiet, listed = played.chapters
    assert quiet["changes"] == []
    (change,) = listed["changes"]
    assert (change["scope"], change["category"], change["cause"]) == (
        "identity/garden-tools.example",
        "domain_blocklist",
        "suspected",
    )
    assert set(played.of_each("status").values()) == {"Healthy"}
    assert set(played.of_each("bounce_rate").values()) == {"0.0000"}
    assert [kind for _, kind in played.emails] == ["status-change"]
