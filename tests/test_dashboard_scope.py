"""The page of one scope, from views made by hand: what it says, in which order, and that all from outside is text."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Any

import htpy as h
import pytest
from htpy import Node as Content
from htpy import Renderable
from msgspec.structs import replace

from ses_reputation.dashboard.medium import Offer, Subject, Theme
from ses_reputation.dashboard.pages import Page, ScopePage
from ses_reputation.dashboard.render import render
from ses_reputation.dashboard.views import FeedbackSample, Frame, ScopeView
from ses_reputation.dashboard.widget import Widget
from ses_reputation.domain.categories import Category
from ses_reputation.domain.changes import (
    Change,
    EarlyWarning,
    EvidenceAdded,
    OutageChange,
    OutageEvent,
    Reminder,
    ReminderKind,
)
from ses_reputation.domain.decisions import Decision
from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.enforcement import STATES_THAT_STOP, Action, Enforced, Enforcement, Mode, State
from ses_reputation.domain.explanation import explain
from ses_reputation.domain.history import DayCounts, MailCounts, ProviderCounts, RatePoint
from ses_reputation.domain.lifecycle import STAGES_THAT_WAIT, Stage, Status, stages_of
from ses_reputation.domain.news import News
from ses_reputation.domain.outages import Outage, OutageStage, Tally
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import HourCounts, Metric, Rate, VolumeSource
from ses_reputation.domain.recipients import KeptRecipient
from ses_reputation.domain.scopes import ACCOUNT, Scope
from ses_reputation.domain.standing import Act, Actor, Measures, Observation, ReportedChanges, Standing
from ses_reputation.domain.statements import Origin, SendingStatus, SesFinding
from ses_reputation.domain.verdict import Verdict, VerdictChange
from ses_reputation.feedback import Feedback
from ses_reputation.notices.alert import alert_of
from ses_reputation.notices.categories import CATEGORY_TEXTS, SUSPICIONS
from ses_reputation.notices.vocabulary import Vocabulary
from ses_reputation_cli.examples import Example, typical
from tests.cloudwatch_sanitiser import sanitised
from tests.html_tree import Node
from tests.page_flaws import flaws

NOW = datetime(2026, 3, 9, 19, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SHOP = Scope("configuration-set/shop")
GMAIL = Scope("provider/gmail")
WIDGET = Widget("arn:aws:lambda:show", "arn:aws:lambda:operate")
ANN = Actor("arn:aws:iam::123456789012:user/ann", proven=True)
BOB = Actor("bob@shop.example", proven=False)
NASTY = "<script>alert(1)</script>\"'&\u202e\x00 " + "n" * 300

OPEN = [
    pytest.param(category, stage, id=f"{category} {stage}")
    for category in Category
    for stage in Stage
    if stage in stages_of(category) - {Stage.RESOLVED}
]


class Reading:
    """A medium that says where its links lead, and keeps what it was asked to have decided."""

    theme = Theme.LIGHT
    takes_commands = True

    def __init__(self, zone: tzinfo = UTC) -> None:
        self.zone = zone
        self.linked: dict[Page, bool] = {}
        self.decided: list[tuple[Subject, tuple[Decision, ...]]] = []

    def link(self, page: Page, label: Content, *, classes: str = "", current: bool = False) -> Renderable:
        self.linked[page] = current
        return h.a(href="#", class_=classes, aria_current="page" if current else None)[label]

    def form(self, page: Page, fields: Content, submit: str) -> Renderable:
        return h.form[page.__class__.__name__, fields, submit]

    def decisions(self, subject: Subject, offers: Sequence[Offer]) -> Renderable:
        self.decided.append((subject, tuple(offer.decision for offer in offers)))
        return h.p["to be decided here"]


class Read:
    """A page as a reader has it: its elements, its headings, and its text."""

    def __init__(self, html: str) -> None:
        root = Node.read(html)
        self.elements = list(root.all())
        self.headings = [(int(node.tag[1]), node.text) for node in self.elements if re.fullmatch("h[1-6]", node.tag)]
        self.text = " ".join(_said(root).split())

    @property
    def titles(self) -> list[str]:
        return [text for _, text in self.headings]


# What is within a line; all else is read apart from what is beside it.
WITHIN_A_LINE = {"bdi", "code", "strong", "time", "wbr"}


def _said(node: Node) -> str:
    parts = (child if isinstance(child, str) else _said(child) for child in node.children)
    text = "".join(parts)
    return text if node.tag in WITHIN_A_LINE else f" {text} "


def rate(metric: Metric, count: int, volume: int) -> Rate:
    return Rate(metric, count, volume, NOW - 4 * DAY, 30, volume)


def measures(bounces: int = 3, complaints: int = 0, volume: int = 300) -> dict[Metric, Measures]:
    counts = {Metric.BOUNCE_RATE: bounces, Metric.COMPLAINT_RATE: complaints}
    return {metric: Measures(rate(metric, counts[metric], volume)) for metric in Metric}


POLICY = Policy()
HEALTHY = Standing(SHOP, evaluated=NOW, measures=measures())


def view(
    standing: Standing = HEALTHY, *, news: Sequence[News] = (), policy: Policy = POLICY, **changes: Any
) -> ScopeView:
    """The page of a scope of which nothing but its standing is known."""
    known = ScopeView(
        frame=Frame("123456789012", "eu-west-1", NOW, NOW, 0, policy, Vocabulary.CLASSIC),
        page=ScopePage(standing.scope),
        standing=standing,
        verdict=None,
        enforcement=Enforcement(standing.scope),
        account_stopped=False,
        outages=standing.outages,
        rates=dict.fromkeys(Metric, ()),
        floors=dict.fromkeys(Metric, ()),
        volume=(DayCounts(NOW.date(), MailCounts()),),
        providers=(),
        feedback=FeedbackSample(NOW - 7 * DAY, (), 0, {}, {}),
        news=tuple(news),
        all_news=True,
        notices={},
        explanation=None,
        since=date(2026, 2, 8),
    )
    return replace(known, **changes)


def of_example(example: Example) -> ScopeView:
    finding, metric = example.news.finding, example.news.category.metric
    known = {metric: example.news.measures} if metric and example.news.measures else {}
    standing = Standing(example.news.scope, evaluated=NOW, measures=known, findings={finding.category: finding})
    alert = alert_of(example.news, example.policy, "123456789012", "eu-west-1")
    shown = view(standing, news=[example.news], policy=example.policy, notices={finding.category: alert})
    return replace(shown, frame=replace(shown.frame, now=example.news.time))


def shown(of: ScopeView, medium: Reading | None = None) -> Read:
    return Read(str(render(of, medium or Reading())))


def test_a_scope_that_stands_for_many_says_so_and_no_other_does() -> None:
    many = Standing(Scope("tag/campaign=(other)"), evaluated=NOW, measures=measures())
    assert "MaximumScopes" in shown(view(many)).text
    assert "MaximumScopes" not in shown(view()).text


# -- What is open ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("category", "stage"), OPEN)
def test_a_finding_says_why_and_what_to_do_and_is_decided_on_where_it_waits(category: Category, stage: Stage) -> None:
    of, medium = of_example(typical(category, stage)), Reading()
    page = shown(of, medium)
    finding = of.standing.findings[category]
    suspected = stage is Stage.SUSPECTED
    assert f"Open finding: {CATEGORY_TEXTS[category].name}" in page.text
    assert {"Why it is suspected", "How to find out"} if suspected else {"Why", "What to do"} <= set(page.titles)
    advice = SUSPICIONS[category].checks if suspected else CATEGORY_TEXTS[category].advice
    assert all(point in page.text for point in advice)
    waits = stage in STAGES_THAT_WAIT or finding.changes is not None
    assert [subject.id for subject, _ in medium.decided] == ([finding.id] if waits else [])
    assert not re.search(r"[{}]|\bNone\b", page.text)


def test_what_waits_is_decided_with_what_is_allowed_and_not_by_typing() -> None:
    of, medium = replace(of_example(typical(Category.SPAMTRAP, Stage.SUSPECTED)), notices={}), Reading()
    page = shown(of, medium)
    (finding,) = of.standing.findings.values()
    assert medium.decided == [
        (
            Subject(of.standing.scope, finding.id, finding.revision, "spamtrap of tenant/acme"),
            (Decision.CONFIRM, Decision.DISMISS),
        )
    ]
    assert "ses-reputation changes-made" in page.text
    assert "ses-reputation decide" not in page.text


def test_what_does_not_wait_has_its_commands() -> None:
    page = shown(of_example(typical(Category.BOUNCE_RATE, Stage.PROBATION)))
    assert "ses-reputation changes-made" in page.text
    assert "ses-reputation decide" in page.text


def test_the_newest_message_is_there_as_it_was_sent_with_headings_that_fit() -> None:
    page = shown(of_example(typical(Category.DOMAIN_BLOCKLIST, Stage.PROBATION)))
    assert "The newest message about it" in page.text
    assert (3, "tenant/acme: domain blocklist Healthy \u2192 Probation") in page.headings


def test_what_was_seen_and_changed_is_quoted_with_who_said_so() -> None:
    of = of_example(typical(Category.SPAMTRAP, Stage.PROBATION))
    finding = replace(
        of.standing.findings[Category.SPAMTRAP],
        evidence=tuple(Observation(NOW - n * DAY, NOW, f"monitor-{n}", f"Hit {n}.") for n in range(5)),
        changes=ReportedChanges(NOW, NOW - DAY, "The list is gone.", BOB),
    )
    page = shown(replace(of, standing=of.standing.with_finding(finding)))
    assert page.text.index("Hit 4.") < page.text.index("Hit 3.")
    assert "2 older reports" in page.text
    assert "The list is gone." in page.text
    assert "bob@shop.example (as stated)" in page.text


def test_the_most_urgent_finding_comes_first() -> None:
    shutdown = typical(Category.SPAMTRAP, Stage.SHUTDOWN).news.finding
    probation = typical(Category.BOUNCE_RATE, Stage.PROBATION).news.finding
    standing = replace(HEALTHY, findings={probation.category: probation, shutdown.category: shutdown})
    titles = [title for title in shown(view(standing)).titles if title.startswith("Open finding")]
    assert [title.split(": ")[1] for title in titles] == ["spamtrapShutdown", "bounce rateProbation"]


def test_an_outage_that_waits_is_decided_on_its_providers_page() -> None:
    outage = Outage("o1", "gmail", NOW - 5 * HOUR, NOW - 2 * HOUR, Tally(450, 600), Tally(18, 1_371))
    standing = Standing(GMAIL, evaluated=NOW, measures=measures(), outages=(outage,))
    found = OutageChange("n1", NOW, GMAIL, OutageEvent.FOUND, outage, held=False)
    medium = Reading()
    page = shown(view(standing, news=[found]), medium)
    assert medium.decided == [(Subject(GMAIL, "o1", 1, "outage of gmail"), (Decision.CONFIRM, Decision.DISMISS))]
    assert "450 of 600 recipients (75 %)" in page.text
    assert "gmail: outage suspected" in page.text
    assert "The newest message about it" in page.text


def test_an_outage_that_was_decided_on_asks_nothing() -> None:
    outage = Outage("o1", "gmail", NOW - 5 * HOUR, NOW, Tally(450, 600), Tally(18, 1_371), stage=OutageStage.CONFIRMED)
    medium = Reading()
    shown(view(Standing(GMAIL, measures=measures(), outages=(outage,))), medium)
    assert medium.decided == []


# -- The head ----------------------------------------------------------------------------------------------------------


def test_the_head_says_what_it_is_where_it_stands_and_since_when() -> None:
    of = of_example(typical(Category.BOUNCE_RATE, Stage.PROBATION))
    page = shown(of)
    assert page.headings[0] == (1, "Tenant acme")
    assert "Probation (SES's console calls this: Under review)" in page.text
    assert "There is a problem, and time to solve it. You can go on sending." in page.text
    assert re.search(r"Period ends 2026-03-27 \d\d:00 UTC \(in 21 days\)", page.text)


def test_a_period_that_no_longer_runs_is_no_longer_waited_for() -> None:
    example = typical(Category.BOUNCE_RATE, Stage.SHUTDOWN)
    finding = replace(example.news.finding, period_end=NOW + DAY, changes=ReportedChanges(NOW, NOW, "Gone.", BOB))
    standing = replace(HEALTHY, findings={finding.category: finding})
    page = shown(view(standing))
    assert "Period ends" not in page.text
    assert "Waits for a person's decision since 2026-03-09" in page.text


@pytest.mark.parametrize(
    ("enforcement", "verdict", "text"),
    [
        pytest.param(Enforcement(SHOP, State.PAUSED, NOW), None, "Sending paused, since 2026-03-09", id="paused by us"),
        pytest.param(
            Enforcement(SHOP, State.OBSERVED, NOW), None, "Sending would be paused, but is only observed", id="observed"
        ),
        pytest.param(
            Enforcement(SHOP, State.PAUSING, NOW, failures=("denied",)),
            None,
            "SES refused something since",
            id="refused",
        ),
        pytest.param(
            Enforcement(SHOP), Verdict(SHOP, NOW, sending_enabled=False), "Sending switched off, says SES", id="by SES"
        ),
        pytest.param(Enforcement(SHOP), Verdict(SHOP, NOW, sending_enabled=True), "Sending on, says SES", id="on"),
    ],
)
def test_the_head_says_whether_mail_goes_out(enforcement: Enforcement, verdict: Verdict | None, text: str) -> None:
    assert text in shown(view(enforcement=enforcement, verdict=verdict)).text


STOPPED = [
    pytest.param(Enforcement(SHOP, State.PAUSED, NOW), None, id="paused by us"),
    pytest.param(Enforcement(SHOP, State.PAUSING, NOW), None, id="being paused"),
    pytest.param(Enforcement(SHOP, State.RESUMING, NOW), None, id="being resumed, which may not have been done"),
    pytest.param(Enforcement(SHOP, State.FOUND_PAUSED, NOW), None, id="paused by others"),
    pytest.param(Enforcement(SHOP), Verdict(SHOP, NOW, sending_enabled=False), id="switched off by SES"),
]


@pytest.mark.parametrize("stage", sorted(set(Stage) - {Stage.RESOLVED}))
@pytest.mark.parametrize(("enforcement", "verdict"), STOPPED)
def test_whose_mail_is_stopped_is_not_told_to_go_on(
    stage: Stage, enforcement: Enforcement, verdict: Verdict | None
) -> None:
    one = typical(Category.INTERNAL_REVIEW if stage is not Stage.ALMOST_HEALED else Category.BOUNCE_RATE, stage)
    standing = replace(HEALTHY, findings={one.news.finding.category: one.news.finding})
    for each in (standing, HEALTHY):
        page = shown(view(each, enforcement=enforcement, verdict=verdict))
        assert not re.search("go on sending|mail goes on", page.text, re.IGNORECASE)


def test_whose_account_is_stopped_is_not_told_to_go_on() -> None:
    one = typical(Category.INTERNAL_REVIEW, Stage.PROBATION).news.finding
    for each in (replace(HEALTHY, findings={one.category: one}), HEALTHY):
        page = shown(view(each, account_stopped=True))
        assert "its sending is off: see the account" in page.text
        assert not re.search("go on sending|mail goes on", page.text, re.IGNORECASE)


def test_a_scope_that_is_shut_down_is_not_told_to_go_on_by_another_finding() -> None:
    two = (typical(Category.SPAMTRAP, Stage.SHUTDOWN), typical(Category.INTERNAL_REVIEW, Stage.PROBATION))
    findings = {each.news.finding.category: each.news.finding for each in two}
    assert "go on sending" not in shown(view(replace(HEALTHY, findings=findings))).text


@pytest.mark.parametrize("state", sorted(set(State) - STATES_THAT_STOP))
def test_whose_mail_flows_is_told_so(state: State) -> None:
    verdict = Verdict(SHOP, NOW, sending_enabled=True)
    page = shown(view(enforcement=Enforcement(SHOP, state, NOW), verdict=verdict))
    assert "No finding is open. You can go on sending." in page.text


def test_that_ses_says_worse_of_the_account_is_said_on_its_page_and_of_no_other_scope() -> None:
    verdict = Verdict(ACCOUNT, NOW, enforcement="SHUTDOWN")
    page = shown(view(replace(HEALTHY, scope=ACCOUNT), verdict=verdict))
    assert "SES itself says: SHUTDOWN." in page.text
    assert "go on sending" not in page.text
    assert "SES itself says: " not in shown(view(verdict=Verdict(SHOP, NOW, sending_enabled=False))).text


@pytest.mark.parametrize("words", Vocabulary)
def test_a_shutdown_for_good_is_not_said_to_wait_for_a_person(words: Vocabulary) -> None:
    for stage, said in ((Stage.SHUTDOWN, True), (Stage.PERMANENT_SHUTDOWN, False)):
        one = typical(Category.INTERNAL_REVIEW, stage).news.finding
        of = view(replace(HEALTHY, findings={one.category: one}))
        text = shown(replace(of, frame=replace(of.frame, words=words))).text
        assert ("Only a person's decision leads out of" in text) == said
        assert ("That is for good: no " in text) != said
        assert "This is paused, and has to be paused" not in text


def test_what_ses_says_itself_is_beside_ours() -> None:
    found = SesFinding("BOUNCE", "HIGH", "Your bounce rate is high.", open=True, time=NOW, since=NOW - DAY)
    off = SendingStatus(Origin.SES, "DISABLED", on=False, cause="Too many bounces", time=NOW)
    page = shown(view(verdict=Verdict(SHOP, NOW, findings=(found,), sending=(off,))))
    assert "What SES itself says" in page.titles
    assert "Your bounce rate is high." in page.text
    assert "switched off by SES" in page.text


def test_a_rate_with_too_little_mail_since_is_not_called_in_order() -> None:
    of = of_example(typical(Category.BOUNCE_RATE, Stage.SHUTDOWN))
    known = {Metric.BOUNCE_RATE: Measures(rate(Metric.BOUNCE_RATE, 30, 120), since=rate(Metric.BOUNCE_RATE, 0, 0))}
    page = shown(replace(of, standing=replace(of.standing, measures=known)))
    assert "Since then there is too little mail to judge it by." in page.text


def test_times_are_in_the_readers_zone() -> None:
    page = shown(of_example(typical(Category.BOUNCE_RATE, Stage.PROBATION)), Reading(timezone(2 * HOUR)))
    assert len(re.findall(r"\d\d:\d\d UTC\+02:00", page.text)) > 5


# -- Numbers -----------------------------------------------------------------------------------------------------------


def with_mail(standing: Standing = HEALTHY, **changes: Any) -> ScopeView:
    points = {metric: [RatePoint(NOW - n * DAY, rate(metric, 3, 300)) for n in range(4, -1, -1)] for metric in Metric}
    return view(
        standing,
        rates=points,
        volume=tuple(DayCounts((NOW - n * DAY).date(), MailCounts(60, 50, 1, 2, 0, 1)) for n in range(4, -1, -1)),
        providers=(
            ProviderCounts("gmail", MailCounts(200, 190, 2)),
            ProviderCounts("yahoo", MailCounts(80, 78, 1, complained=4)),
            ProviderCounts("apple", MailCounts(50, 50, complained=1)),
            ProviderCounts("other", MailCounts(20, 20)),
            ProviderCounts(None, MailCounts(5, 5)),
        ),
        **changes,
    )


def test_the_charts_go_back_as_far_as_is_asked_for_and_offer_the_others() -> None:
    medium = Reading()
    page = shown(replace(with_mail(), page=ScopePage(SHOP, 7)), medium)
    assert "The last 7 days" in page.text
    assert [medium.linked[ScopePage(SHOP, days)] for days in (7, 30, 90)] == [True, False, False]


def test_how_much_mail_a_provider_got_is_not_told_where_only_its_bounces_are_known() -> None:
    page = shown(replace(with_mail(), providers=(ProviderCounts("gmail", MailCounts(hard_bounced=7)),)))
    assert re.search("gmail .*\u2013 7 ", page.text)


def test_the_two_charts_of_rates_are_alike_and_say_when_another_findings_period_ends() -> None:
    spamtrap = typical(Category.SPAMTRAP, Stage.PROBATION)
    page = shown(with_mail(of_example(spamtrap).standing))
    plots = [node for node in page.elements if node.get("class") == "sr-plot"][:2]
    assert page.text.count("Spamtrap: Probation ends") >= 2
    assert len({plot.get("height") for plot in plots}) == 1


def test_every_chart_has_its_numbers_in_a_table() -> None:
    page = shown(with_mail())
    for title in ("The bounce rate in numbers", "The complaint rate in numbers", "The mail in numbers"):
        assert title in page.text
    assert sum(node.tag == "svg" and node.get("role") == "img" for node in page.elements) >= 3


def test_providers_lead_to_their_pages_and_say_whether_they_send_complaints_back() -> None:
    medium = Reading()
    page = shown(with_mail(), medium)
    assert {ScopePage(GMAIL), ScopePage(Scope("provider/yahoo"))} <= medium.linked.keys()
    assert not {ScopePage(Scope("provider/other"))} & medium.linked.keys()
    assert "gmail Known to send no complaints 200 2 (1 %) \u2013" in page.text
    assert "yahoo Known to send complaints 80 1 (1.25 %) 4 (5 %)" in page.text
    # A complaint that should not have come is no less one.
    assert "apple Known to send no complaints 50 0 1 (2 %)" in page.text
    assert "other domains" in page.text
    assert "all others" in page.text


def test_the_head_says_of_when_the_rates_are_and_the_foot_of_when_the_last_run_was() -> None:
    page = shown(view(replace(HEALTHY, evaluated=NOW - 3 * DAY)))
    assert "Rates as of 2026-03-06 19:00 UTC (3 days ago)" in page.text
    assert page.text.count("Evaluated") == 1, "that of the last run alone"
    assert "Rates not evaluated yet" in shown(view(Standing(SHOP))).text


def test_a_provider_does_not_list_itself() -> None:
    assert "Mailbox providers" not in shown(with_mail(Standing(GMAIL, measures=measures()))).titles


def test_without_mail_it_says_what_to_do_about_that() -> None:
    page = shown(view(Standing(SHOP)))
    assert "If that is a mistake, ses-reputation doctor finds out why." in page.text
    assert "No mail was counted, so that there is nothing to divide." in page.text
    assert "Nothing has happened here yet." in page.text
    assert "No bounce, delay or complaint is known of the last 7 days, since 2026-03-02." in page.text


def test_statistics_that_do_not_tell_of_a_scope_say_so() -> None:
    page = shown(view(Standing(Scope("tenant/shop")), policy=Policy(volume_source=VolumeSource.STATISTICS)))
    assert "With Send events this would be measured." in page.text


def feedback(measure: Measure, reason: str, *recipients: KeptRecipient) -> Feedback:
    return Feedback(NOW - HOUR, measure, reason, "m1", recipients, (SHOP,))


def test_recent_feedback_says_what_it_is_and_what_the_server_meant() -> None:
    listed = KeptRecipient("ann@mail.example", "5.7.1", "smtp; 554 5.7.1 blocked using dbl.spamhaus.org")
    gone = KeptRecipient("bob@mail.example", "5.1.1", "smtp; 550 5.1.1 no such user")
    newest = (
        feedback(Measure.COMPLAINED, "abuse", KeptRecipient("cy@mail.example"), KeptRecipient("di@mail.example")),
        feedback(Measure.SOFT_BOUNCED, "Transient/General", listed),
        feedback(Measure.HARD_BOUNCED, "Permanent/NoEmail", gone),
    )
    sample = FeedbackSample(
        NOW - 7 * DAY, newest, 500, {"Permanent/NoEmail": 3, "Permanent/Odd": 1}, {"user_unknown": 3}, complete=False
    )
    page = shown(view(feedback=sample))
    assert "2026-03-09 18:00 complaint cy@mail.example abuse \u2013" in page.text
    assert "di@mail.example" in page.text
    assert "Spamhaus DBL 554 5.7.1 blocked using dbl.spamhaus.org" in page.text
    assert "user unknown 550 5.1.1 no such user" in page.text
    assert "The newest 500 messages of the last 7 days, since 2026-03-02" in page.text
    assert "Permanent/NoEmail There is no such address. 3" in page.text
    assert "Permanent/Odd 1" in page.text
    assert "Take the address off your list." in page.text


def test_the_arithmetic_adds_up_on_the_page_and_names_its_rules_with_their_sources() -> None:
    counts = {
        ("gmail", Measure.SENT): 250,
        ("yahoo", Measure.SENT): 50,
        ("yahoo", Measure.HARD_BOUNCED): 40,
        ("simulator", Measure.HARD_BOUNCED): 5,
        ("simulator", Measure.SENT): 7,
    }
    hours = [HourCounts(NOW - HOUR, counts)]
    page = shown(view(explanation=explain(HEALTHY, hours, NOW, Policy())))
    assert "How the bounce rate comes about" in page.text
    assert "at SES's mailbox simulator \u22127 mailbox-simulator" in page.text
    assert "= eligible 300" in page.text
    assert "40 / 300 = 0.1333 = 13.33 %" in page.text
    assert "40 > 10 % of 300 = 30: over the limit" in page.text
    assert "to gmail 250 left out: known to send no complaints" in page.text
    hrefs = _leading_out(page)
    assert hrefs
    assert all(href.startswith("https://docs.aws.amazon.com/") for href in hrefs)


def _leading_out(page: Read) -> list[str]:
    return [href for node in page.elements if node.tag == "a" and (href := node.get("href")) and href != "#"]


SENT = {("gmail", Measure.SENT): 300, ("simulator", Measure.SENT): 7}


def test_a_source_that_is_no_page_of_the_web_is_no_link() -> None:
    explanation = explain(HEALTHY, [HourCounts(NOW - HOUR, SENT)], NOW, POLICY)
    (rule,) = explanation.rules
    page = shown(view(explanation=replace(explanation, rules=(replace(rule, source="javascript:alert(1)"),))))
    assert _leading_out(page) == []
    assert "javascript:alert(1)" in page.text


# -- History -----------------------------------------------------------------------------------------------------------

REPORTED = typical(Category.SPAMTRAP, Stage.PROBATION).news
ACT = Act("1", ANN, "Looked at it.")
SEEN = Observation(NOW, NOW, "trap-monitor", "14 hits.")
FINE = Verdict(ACCOUNT, NOW, enforcement="HEALTHY")
OUTAGE = Outage("o1", "gmail", NOW - HOUR, NOW, Tally(450, 600), Tally(18, 1_371))


@pytest.mark.parametrize(
    ("piece", "text"),
    [
        pytest.param(
            REPORTED, "Spamtrap Healthy became \u2192 Probation by arn:aws:iam::123456789012:user/operator", id="change"
        ),
        pytest.param(
            typical(Category.SPAMTRAP, Stage.SUSPECTED).news,
            "Spamtrap suspected by arn:aws:iam::123456789012:user/operator",
            id="suspicion",
        ),
        pytest.param(
            EvidenceAdded("2", NOW, SHOP, Category.SPAMTRAP, "f", SEEN, ACT),
            "Spamtrap reported again by arn:aws:iam::123456789012:user/ann : Looked at it. trap-monitor: 14 hits.",
            id="evidence",
        ),
        pytest.param(
            EvidenceAdded("2", NOW, SHOP, Category.SPAMTRAP, "f", SEEN, ACT, withdrawn=True),
            "Spamtrap suspected no longer by trap-monitor",
            id="withdrawn evidence",
        ),
        pytest.param(
            EarlyWarning("3", NOW, SHOP, Metric.BOUNCE_RATE, measures()[Metric.BOUNCE_RATE]),
            "Bounce rate early warning",
            id="warning",
        ),
        pytest.param(
            Reminder("4", NOW, SHOP, ReminderKind.PERIOD_ENDS, Category.SPAMTRAP, Status.PROBATION, REPORTED.finding),
            "Spamtrap reminder, period ends",
            id="reminder",
        ),
        pytest.param(
            OutageChange("5", NOW, GMAIL, OutageEvent.CONFIRMED, OUTAGE, held=True, act=Act("2", BOB, "So they say.")),
            "Outage confirmed: 450 of 600 recipients bounced, in no bounce rate here by bob@shop.example (as stated) : "
            "So they say.",
            id="outage",
        ),
        pytest.param(
            Enforced("6", NOW, SHOP, Action.PAUSE_FAILED, Mode.ENFORCE, Status.SHUTDOWN, reason="AccessDenied"),
            "Sending at SES could not be paused AccessDenied",
            id="enforcement",
        ),
        pytest.param(
            VerdictChange("7", NOW, ACCOUNT, FINE, replace(FINE, enforcement="PROBATION")),
            "SES itself HEALTHY \u2192 PROBATION",
            id="verdict",
        ),
    ],
)  # fmt: skip
def test_every_kind_of_news_is_a_line_of_the_history(piece: News, text: str) -> None:
    told = shown(view(news=[piece])).text.split("History")[1]
    assert text in told


def test_an_older_history_is_said_to_be_there() -> None:
    assert "There is an older history" in shown(view(news=[REPORTED], all_news=False)).text
    assert "There is an older history" not in shown(view(news=[REPORTED])).text


# -- For every reader --------------------------------------------------------------------------------------------------


def everything(scope: Scope, text: str) -> ScopeView:
    """A page with all that it can have, each text from outside being this one."""
    finding = replace(
        REPORTED.finding,
        evidence=(Observation(NOW, NOW, text, text),),
        changes=ReportedChanges(NOW, NOW, text, Actor(text, proven=False)),
    )
    outage = replace(OUTAGE, provider=text)
    standing = Standing(
        scope, evaluated=NOW, measures=measures(40), findings={Category.SPAMTRAP: finding}, outages=(outage,)
    )
    assert isinstance(REPORTED, Change)
    change = replace(REPORTED, scope=scope, finding=finding, act=Act("1", Actor(text, proven=False), text))
    recipient = KeptRecipient(text, "5.0.0", text)
    of = with_mail(
        standing,
        news=[
            change,
            EvidenceAdded("2", NOW, scope, Category.SPAMTRAP, "f", Observation(NOW, NOW, text, text), ACT),
            OutageChange("5", NOW, scope, OutageEvent.FOUND, outage, held=True, act=Act("2", BOB, text)),
            Enforced("6", NOW, scope, Action.PAUSE_FAILED, Mode.ENFORCE, Status.SHUTDOWN, reason=text),
        ],
        all_news=False,
        notices={Category.SPAMTRAP: alert_of(change, Policy(), "123456789012", "eu-west-1")},
        verdict=Verdict(scope, NOW, findings=(SesFinding(text, text, text, open=True, time=NOW, since=NOW),)),
        explanation=explain(
            standing,
            [HourCounts(NOW - HOUR, {(text, Measure.SENT): 300, ("simulator", Measure.SENT): 7})],
            NOW,
            Policy(),
        ),
        feedback=FeedbackSample(
            NOW - 7 * DAY, (feedback(Measure.HARD_BOUNCED, text, recipient),), 1, {text: 1}, {"other": 1}
        ),
    )
    return replace(of, providers=(ProviderCounts(text, MailCounts(9, 9)),))


@pytest.mark.parametrize("text", ["text", NASTY], ids=["harmless", "hostile"])
def test_a_page_with_everything_has_no_flaw_and_is_what_cloudwatch_shows_of_it(text: str) -> None:
    html = str(render(everything(SHOP, text), WIDGET))
    assert flaws(html) == []
    assert sanitised(html) == html


def test_what_scrolls_can_be_reached_with_the_keyboard_and_has_a_name() -> None:
    regions = [node for node in shown(everything(SHOP, "text")).elements if node.get("role") == "region"]
    assert regions
    assert all(region.get("tabindex") == "0" and region.get("aria-label") for region in regions)


@pytest.mark.parametrize(
    "scope",
    [
        pytest.param(Scope(f"tenant/{NASTY}"), id="a tenant"),
        pytest.param(Scope(f"tag/{NASTY}={NASTY}"), id="a tag"),
    ],
)
def test_all_that_comes_from_outside_is_text_in_one_direction(scope: Scope) -> None:
    html = str(render(everything(scope, NASTY), Reading()))
    page = Read(html)
    assert "<script>alert(1)</script>" in page.text
    assert not {"script", "iframe", "use", "foreignobject", "object"} & {node.tag for node in page.elements}
    assert not any(name.startswith("on") for node in page.elements for name in node.attributes)
    assert not set("\u202e\x00") & set(html)
