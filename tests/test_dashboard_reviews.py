"""The reviews: what waits, why, what is known of it, and what can be decided."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from ses_reputation.dashboard.offers import GRAVE, offers_of, offers_of_outage, subject_of, subject_of_outage
from ses_reputation.dashboard.render import render
from ses_reputation.dashboard.views import ReviewsView
from ses_reputation.dashboard.widget import Widget
from ses_reputation.domain.categories import CATEGORIES, METRICS, Category
from ses_reputation.domain.decisions import CHANGES_MADE, Decision, allowed
from ses_reputation.domain.lifecycle import Stage, stages_of
from ses_reputation.domain.outages import OutageStage
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.scopes import ACCOUNT, Scope, ScopeKind
from ses_reputation.domain.standing import Actor, Finding, ReportedChanges
from ses_reputation.notices.vocabulary import Vocabulary
from tests.cloudwatch_sanitiser import sanitised
from tests.dashboard_views import DAY, HOSTILE, NOW, OUTAGE, TENANT, finding, review, reviews_view, seen
from tests.html_tree import Node
from tests.page_flaws import flaws

WIDGET = Widget("arn:aws:lambda:show", "arn:aws:lambda:operate", UTC)
CHANGES = ReportedChanges(NOW - 2 * DAY, NOW - 4 * DAY, "The bought list is gone.", Actor("ben", proven=False))


def shown(view: ReviewsView) -> Node:
    return Node.read(str(render(view, WIDGET)))


def offered(one: Finding, scope: Scope = TENANT, policy: Policy | None = None) -> dict[Decision, str]:
    return {each.decision: each.leads_to for each in offers_of(scope, one, policy or Policy(), Vocabulary.CLASSIC)}


# -- The page ----------------------------------------------------------------------------------------------------------


def test_where_nothing_waits_the_page_says_so_and_nothing_else() -> None:
    page = shown(reviews_view())
    assert page.one("main").text == "ReviewsNothing waits for a decision."
    assert not list(page.all("form"))


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (finding(stage=Stage.SUSPECTED), "This is only suspected. A person says whether it is so"),
        (finding(stage=Stage.PENDING_DECISION), "The probation is over. A person decides what follows"),
        (finding(stage=Stage.PENDING_SHUTDOWN), "This is shut down if a person decides so"),
        (finding(stage=Stage.SHUTDOWN, changes=CHANGES), "There is an appeal. A person decides whether"),
        (finding(changes=CHANGES), "Changes were reported. A person decides whether they are enough"),
    ],
    ids=["suspected", "a period that is over", "a shutdown to approve", "an appeal", "changes"],
)
def test_what_waits_says_why(one: Finding, why: str) -> None:
    assert why in shown(reviews_view(review(one))).text


def test_a_review_has_its_evidence_and_what_was_changed_by_whom() -> None:
    one = finding(stage=Stage.PENDING_DECISION, reports=7, evidence=(seen("older"), seen("newer")), changes=CHANGES)
    text = shown(reviews_view(review(one))).text
    assert "Spamtrap of tenant lucky-deals" in text
    assert "Waitssince 2026-03-11 14:20 UTC (5 days ago)" in text
    assert "Reports7" in text
    assert text.index("newer2026-03-13 14:20 UTC, postmaster@receiver.example") < text.index("older2026-03-13")
    assert "The bought list is gone.ben (as stated), 2026-03-14 14:20 UTC" in text
    assert "Changed since 2026-03-12 14:20 UTC" in text


@pytest.mark.parametrize(
    ("stage", "end", "shown_as"),
    [
        (Stage.PROBATION, NOW + DAY, "Period2026-03-07 to 2026-03-17 (in 1 day)"),
        (Stage.PENDING_DECISION, NOW - DAY, "Period2026-03-07 to 2026-03-15 (1 day ago)"),
        (Stage.SHUTDOWN, NOW - DAY, "Period2026-03-07 to 2026-03-15 (1 day ago)"),
        (Stage.SHUTDOWN, NOW, "Period2026-03-07 to 2026-03-16 (now)"),
        (Stage.SHUTDOWN, NOW + DAY, None),
        (Stage.PENDING_SHUTDOWN, NOW + DAY, None),
    ],
    ids=["runs", "is over", "over before a shutdown", "over now", "cut short", "cut short by a pending shutdown"],
)
def test_a_period_is_known_that_runs_or_is_over(stage: Stage, end: datetime, shown_as: str | None) -> None:
    one = finding(stage=stage, period_since=NOW - 9 * DAY, period_end=end, changes=CHANGES)
    text = shown(reviews_view(review(one))).text
    assert shown_as in text if shown_as else "Period" not in text


def test_a_rate_that_waits_has_its_numbers() -> None:
    text = shown(reviews_view(review(finding(Category.BOUNCE_RATE, Stage.PENDING_SHUTDOWN)))).text
    assert "Bounce rate1.34 % (134 hard bounces in 10,000 recipients)" in text
    assert "Limit10 %" in text


def test_a_suspicion_says_why_it_may_be_none_and_what_to_check() -> None:
    text = shown(reviews_view(review(finding(Category.DOMAIN_BLOCKLIST, Stage.SUSPECTED)))).text
    assert "A domain can be listed by mistake" in text


def test_an_outage_waits_like_a_finding() -> None:
    page = shown(reviews_view(outages=(OUTAGE,)))
    assert "Outage of gmail.com" in page.text
    assert "4 weeks before20 of 99,000 recipients (0.02 %)" in page.text
    assert [each.text for each in page.all("button") if "confirmation" in (following(page, each) or {})] == [
        "Confirm",
        "Dismiss",
    ]


def following(page: Node, button: Node) -> dict[str, str | None] | None:
    """What a button calls."""
    return next((each.attributes for each in page.all("cwdb-action") if each.before is button), None)


STAGES_OF_HOSTILE = [Stage.SUSPECTED, Stage.PENDING_DECISION, Stage.PENDING_SHUTDOWN, Stage.SHUTDOWN, Stage.PROBATION]
WHOLE = reviews_view(
    *(
        review(
            finding(
                Category.INTERNAL_REVIEW,
                stage,
                id=f"f{number}",
                evidence=(seen(HOSTILE, HOSTILE),),
                changes=replace(CHANGES, text=HOSTILE, by=Actor(HOSTILE, proven=False)),
            ),
            Scope(f"tenant/{HOSTILE}"),
        )
        for number, stage in enumerate(STAGES_OF_HOSTILE)
    ),
    outages=(replace(OUTAGE, provider=HOSTILE),),
    pages=3,
)


@pytest.mark.parametrize("view", [reviews_view(), WHOLE], ids=["nothing", "all kinds, with hostile names"])
def test_the_page_is_sound_and_the_same_after_cloudwatch_has_cleaned_it(view: ReviewsView) -> None:
    html = WIDGET.shown(render(view, WIDGET))
    assert flaws(html) == []
    assert sanitised(html) == html
    assert "\u202e" not in html


# -- The decisions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("category", Category)
@pytest.mark.parametrize("vocabulary", Vocabulary)
def test_what_is_offered_is_what_would_not_be_refused(category: Category, vocabulary: Vocabulary) -> None:
    for stage in stages_of(category) - {Stage.RESOLVED}:
        for changes in (None, CHANGES):
            for repeat in range(5):
                one = finding(category, stage, changes=changes, repeat=repeat)
                offers = offers_of(TENANT, one, Policy(), vocabulary)
                assert [each.decision for each in offers] == [word for word in allowed(one) if word != CHANGES_MADE]
                assert not any("{" in text for each in offers for text in (each.name, each.leads_to))
                assert all(each.name[0].isupper() and each.leads_to.endswith(".") for each in offers)


def test_what_a_decision_takes_is_asked_for_there_and_nowhere_else() -> None:
    pending = {each.decision: each for each in offers_of(TENANT, finding(), Policy(), Vocabulary.CURRENT)}
    assert {decision for decision, each in pending.items() if each.takes_days} == {Decision.EXTEND}
    shut = offers_of(TENANT, finding(stage=Stage.SHUTDOWN), Policy(), Vocabulary.CURRENT)
    assert [(each.decision, [text for _, text in each.choices]) for each in shut if each.takes_to] == [
        (Decision.REINSTATE, ["a new review", "Healthy at once"])
    ]


@pytest.mark.parametrize(
    ("category", "stage", "leads_to"),
    [
        (Category.BOUNCE_RATE, Stage.PROBATION, "Only mail after the change counts. The probation ends when it would"),
        (Category.BOUNCE_RATE, Stage.PENDING_DECISION, "Only mail after the change counts, in a new probation."),
        (Category.SPAMTRAP, Stage.PROBATION, "There is more time, and only what is seen after the change counts."),
        (Category.OTHER, Stage.PENDING_DECISION, "The problem counts as solved"),
    ],
    ids=["measured", "measured, and over", "watched", "reviewed"],
)
def test_what_accepting_leads_to_depends_on_the_category(category: Category, stage: Stage, leads_to: str) -> None:
    assert offered(finding(category, stage, changes=CHANGES))[Decision.ACCEPT].startswith(leads_to)


@pytest.mark.parametrize(
    ("repeat", "leads_to"),
    [
        (0, "It is so: a probation begins"),
        (1, "It is so, for the second time: another probation begins."),
        (2, "It is so, for the third time: it is shut down at once."),
        (3, "It is so, for the fourth time: a person then decides"),
        (9, "It is so, for the tenth time: a person then decides"),
    ],
)
def test_what_confirming_leads_to_depends_on_how_often_it_was_there(repeat: int, leads_to: str) -> None:
    suspected = finding(Category.VULNERABLE_SITE, Stage.SUSPECTED, repeat=repeat)
    assert offered(suspected)[Decision.CONFIRM].startswith(leads_to)


def test_where_people_approve_shutdowns_confirming_leads_to_that() -> None:
    suspected = finding(Category.VULNERABLE_SITE, Stage.SUSPECTED, repeat=2)
    policy = Policy(human_review=frozenset({ScopeKind.TENANT}))
    assert offered(suspected, policy=policy)[Decision.CONFIRM].endswith("the status becomes Pending shutdown.")


def test_a_shutdown_is_refused_an_appeal_and_a_permanent_one_has_no_way_out() -> None:
    assert offered(finding(stage=Stage.SHUTDOWN, changes=CHANGES))[Decision.REFUSE] == "It stays shut down."
    assert offered(finding(Category.INTERNAL_REVIEW, Stage.PERMANENT_SHUTDOWN)) == {}


def test_an_outage_that_was_dismissed_can_be_confirmed_still() -> None:
    dismissed = replace(OUTAGE, stage=OutageStage.DISMISSED)
    assert [each.decision for each in offers_of_outage(dismissed, Vocabulary.CLASSIC)] == [Decision.CONFIRM]


def test_a_decision_is_about_what_was_seen() -> None:
    about = subject_of(ACCOUNT, finding(Category.BOUNCE_RATE))
    assert (about.id, about.revision, about.about) == ("57d77a092d", 4, "bounce rate of the account")
    assert subject_of_outage(Scope("provider/gmail.com"), OUTAGE).about == "outage of gmail.com"


def test_grave_decisions_look_different() -> None:
    page = shown(reviews_view(review(finding(Category.INTERNAL_REVIEW, Stage.PENDING_SHUTDOWN))))
    grave = {each.text for each in page.all("button") if "sr-grave" in (each.get("class") or "")}
    assert grave == {"Shut it down", "Make permanent"}
    assert len(GRAVE) == len(grave)


def test_every_category_that_is_reported_has_an_offer_for_its_suspicion() -> None:
    for category in set(CATEGORIES) - set(METRICS):
        assert set(offered(finding(category, Stage.SUSPECTED))) == {Decision.CONFIRM, Decision.DISMISS}
