"""What people and programs read about a change."""

import json
import re
import string
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from itertools import product
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from ses_reputation.domain.assessment import assess
from ses_reputation.domain.categories import CATEGORIES, AtEnd, Category, OnChanges, Repeat
from ses_reputation.domain.changes import Change, EarlyWarning, Reminder, ReminderKind
from ses_reputation.domain.decisions import Decision, Report, carry_out
from ses_reputation.domain.forecast import Forecast
from ses_reputation.domain.lifecycle import TRANSITIONS, Stage, Status, Trigger, triggers_from
from ses_reputation.domain.limits import Profile, limits_by_kind
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import Metric, Rate, VolumeSource
from ses_reputation.domain.scopes import ACCOUNT, Scope
from ses_reputation.domain.standing import Act, Actor, Measures, Standing
from ses_reputation.domain.verdict import Enforcement, SesRate, Verdict, VerdictChange
from ses_reputation.notices.alert import (
    VERSION,
    Alert,
    ReminderAlert,
    SesAlert,
    StatusAlert,
    SummaryAlert,
    WarningAlert,
    alert_of,
    ses_alert_of,
    summary_of,
)
from ses_reputation.notices.categories import CATEGORY_TEXTS, SUSPICIONS
from ses_reputation.notices.chat import MAX_DESCRIPTION, MAX_TITLE, chat_message
from ses_reputation.notices.email import MAX_SUBJECT, body, subject
from ses_reputation.notices.numbers import ordinal, percent
from ses_reputation.notices.page import page
from ses_reputation.notices.texts import (
    AT_END,
    CAUSES,
    CONFIRMING_REPEATS,
    ENFORCEMENTS,
    METRICS,
    NEWS,
    NEWS_OF_SHUTDOWN,
    NEWS_OF_SUSPICION,
    NEXT,
    NEXT_MEASURED,
    NEXT_UNDECIDED,
    ON_CHANGES,
    REMINDERS,
    REPEATS,
    VOLUME_SOURCES,
)
from ses_reputation.notices.vocabulary import STATUS_NAMES, TODAY, Vocabulary, words_of
from ses_reputation_cli.examples import examples

NEWSLETTER = Scope("configuration-set/newsletter")
START = datetime(2026, 3, 6, 12, tzinfo=UTC)
AWS = ("123456789012", "eu-west-1")
CLASSIC = Policy()
CURRENT = Policy(profile=Profile.CURRENT, limits=limits_by_kind(Profile.CURRENT))
WINDOW = Rate(Metric.BOUNCE_RATE, 24, 190, START - timedelta(days=4), 7, 190)
HOSTILE_SCOPES = [
    pytest.param(ACCOUNT, id="account"),
    pytest.param(Scope("configuration-set/" + "n" * 64), id="the longest configuration set"),
    pytest.param(Scope("identity/" + "sub." * 60 + "example"), id="a long domain"),
    pytest.param(Scope("tag/" + "n" * 256 + "=" + "v" * 256), id="the longest tag"),
    pytest.param(Scope("tag/" + "&" * 256 + "=" + "<" * 256), id="the longest tag of signs"),
    pytest.param(Scope("tenant/b\u00fccher\n\r\t\x00\u202e<script>`*"), id="hostile"),
]

Cell = tuple[Stage | None, Trigger]


def told(news: Change | Reminder | EarlyWarning, policy: Policy) -> Alert:
    return alert_of(news, policy, *AWS)


def everything(category: Category) -> Iterator[StatusAlert | ReminderAlert]:
    """Every alert that can be about a finding of this category, made by the rules: one of each kind."""
    seen = set()
    for example in examples(category):
        news, finding = example.news, example.news.finding
        what = (news.before, news.trigger) if isinstance(news, Change) else (news.kind,)
        repeat = finding.repeat if CATEGORIES[category].repeats else 0
        kind = (*what, finding.stage, repeat, finding.changes is None, id(example.policy))
        if kind not in seen:
            seen.add(kind)
            alert = told(news, example.policy)
            assert isinstance(alert, StatusAlert | ReminderAlert)
            yield alert


ALL = {category: list(everything(category)) for category in Category}


def first(category: Category, trigger: Trigger, before: Status | None = None) -> StatusAlert:
    return next(
        alert
        for alert in ALL[category]
        if isinstance(alert, StatusAlert) and alert.cause == trigger and before in {None, alert.before}
    )


def reminder(category: Category, kind: ReminderKind, *, suspected: bool = False) -> ReminderAlert:
    return next(
        a
        for a in ALL[category]
        if isinstance(a, ReminderAlert) and (a.reminder, a.finding.suspected) == (kind, suspected)
    )


def alert(
    metric: Metric = Metric.BOUNCE_RATE,
    *,
    scope: Scope = NEWSLETTER,
    policy: Policy = CLASSIC,
    window: Rate = WINDOW,
    forecast: Forecast | None = None,
) -> StatusAlert:
    """A probation begins."""
    fine = Rate(metric, 0, 190, START - timedelta(days=4), 7, 190)
    measures = {each: Measures(replace(fine, metric=each)) for each in Metric}
    measures[metric] = Measures(replace(window, metric=metric), forecast=forecast)
    _, news = assess(Standing(scope), measures, START, policy)
    (change,) = (each for each in news if isinstance(each, Change))
    begun = told(change, policy)
    assert isinstance(begun, StatusAlert)
    return begun


def reported(
    text: str = "Listed", source: str = "monitor", scope: Scope = NEWSLETTER, by: str = "alice"
) -> StatusAlert:
    """A probation begins, by a report."""
    report = Report(scope, Category.SPAMTRAP, text, source)
    _, change = carry_out(Standing(scope), report, Act("1", Actor(by, proven=False)), START, CLASSIC)
    assert isinstance(change, Change)
    begun = told(change, CLASSIC)
    assert isinstance(begun, StatusAlert)
    return begun


def summary(*standings: Standing, policy: Policy = CLASSIC) -> SummaryAlert:
    return summary_of(standings, START, policy, *AWS)


def warning(
    metric: Metric = Metric.BOUNCE_RATE,
    scope: Scope = NEWSLETTER,
    policy: Policy = CLASSIC,
    forecast: Forecast | None = None,
) -> WarningAlert:
    window = Rate(metric, 12, 190, START - timedelta(days=4), 7, 190)
    news = EarlyWarning("0b5e5b1c5d3a3f0c9a11", START, scope, metric, Measures(window, forecast=forecast))
    warned = told(news, policy)
    assert isinstance(warned, WarningAlert)
    return warned


def verdict(enforcement: str | None = Enforcement.HEALTHY, sending_enabled: bool | None = True) -> Verdict:
    return Verdict(ACCOUNT, START, enforcement=enforcement, sending_enabled=sending_enabled)


def ses_alert(before: Verdict, after: Verdict, scope: Scope = ACCOUNT) -> SesAlert:
    told = ses_alert_of(VerdictChange("5f3e9d", START, scope, before, after), "123456789012", "eu-west-1")
    assert isinstance(told, SesAlert)
    return told


def unfolded(text: str) -> str:
    """The text as it was before it was folded."""
    return " ".join(text.split())


def unfilled(text: str) -> list[str]:
    """What should have been replaced in a text that somebody reads."""
    return re.findall(r"[{}]|\bNone\b|Stage\.|Status\.|_[a-z]+_|datetime", text)


# Commands and their options are the same in both vocabularies, and so is what SES calls a status otherwise.
NOT_PROSE = re.compile(r"ses-reputation (?:changes-made|decide) .*|\(DECISION\s+is[^)]*\)|\(SES's console [^)]*\)")
OTHER_WORDS = {
    Vocabulary.CLASSIC: re.compile(r"(?i)under review|sending pause|review decision|request (?:for )?a review"),
    Vocabulary.CURRENT: re.compile(r"(?i)probation|shut ?down|shut it down|appeal"),
}


@pytest.mark.parametrize("category", Category)
def test_all_that_can_happen_to_a_finding_has_an_example(category: Category) -> None:
    """A suspicion, or a report, of what is known is evidence: it is kept, and nobody is told."""
    cells = {(before, trigger) for before, trigger in TRANSITIONS if trigger in triggers_from(category, before)}
    evidence = {
        (before, trigger)
        for before, trigger in cells
        if trigger in {Trigger.SUSPECTED, Trigger.REPORTED} and TRANSITIONS[before, trigger] is before
    }
    shown = [e.news for e in examples(category)]
    assert {(n.before, n.trigger) for n in shown if isinstance(n, Change)} == cells - evidence
    assert {n.kind for n in shown if isinstance(n, Reminder)} == set(ReminderKind)


@pytest.mark.parametrize("category", Category)
@pytest.mark.parametrize("vocabulary", Vocabulary)
def test_every_alert_reads_well_as_an_email(category: Category, vocabulary: Vocabulary) -> None:
    for each in ALL[category]:
        line, text = subject(each, vocabulary), body(each, vocabulary)
        assert is_a_subject(line)
        assert not unfilled(line + text)
        assert not OTHER_WORDS[vocabulary].search(line + NOT_PROSE.sub("", text))
        assert f"SES {CATEGORY_TEXTS[category].name} of tenant/acme: " in line
        for section in ("Why", "What happens next"):
            assert f"\n{section}\n" in text
        assert max(map(len, text.splitlines()[1:])) <= 79
        assert len(text.splitlines()) <= 68
        assert f"\nFinding {each.finding.id}\n" in text
        for name in each.finding.allowed:
            assert re.search(rf"ses-reputation (decide {each.finding.id} .*)?{name}|DECISION\s+is[^)]*\b{name}\b", text)
        for decision in set(Decision) - set(each.finding.allowed):
            assert not re.search(rf"decide \w+ {decision}|DECISION\s+is[^)]*\b{decision}\b", text)


@pytest.mark.parametrize("category", Category)
@pytest.mark.parametrize("vocabulary", Vocabulary)
def test_every_alert_is_a_short_message_for_chat(category: Category, vocabulary: Vocabulary) -> None:
    for each in ALL[category]:
        message = json.loads(chat_message(each, vocabulary))
        content, metadata = message["content"], message["metadata"]
        assert (message["version"], message["source"], message["id"]) == ("1.0", "custom", each.id)
        assert content["textType"] == "client-markdown"
        assert 0 < len(content["title"]) <= MAX_TITLE
        assert 0 < len(content["description"]) <= 1_200 <= MAX_DESCRIPTION
        assert len(content.get("nextSteps", [])) <= 5
        assert each.finding.id in metadata["threadId"]
        texts = [content["title"], content["description"], *content.get("nextSteps", []), metadata["summary"]]
        assert not unfilled("".join(texts))
        assert not OTHER_WORDS[vocabulary].search(NOT_PROSE.sub("", "\n".join(texts)))


class Elements(HTMLParser):
    """Checks that what is opened is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.seen.add(tag)
        assert all(name in {"class", "scope"} for name, _ in attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("category", Category)
@pytest.mark.parametrize("vocabulary", Vocabulary)
def test_every_alert_is_a_fragment_of_a_page(category: Category, vocabulary: Vocabulary) -> None:
    for each in ALL[category]:
        fragment = page(each, vocabulary)
        elements = Elements()
        elements.feed(fragment)
        assert not elements.open
        assert elements.seen >= {"section", "h2", "h3", "p"}
        assert not unfilled(fragment)
        assert not OTHER_WORDS[vocabulary].search(NOT_PROSE.sub("", fragment.replace("&#x27;", "'")))


def test_every_category_has_texts_of_its_own() -> None:
    assert CATEGORY_TEXTS.keys() == set(Category)
    for texts in CATEGORY_TEXTS.values():
        assert 3 <= len(texts.advice) <= 5
        assert all((texts.name, texts.happened, texts.about, *texts.advice, texts.unless, texts.said))
    assert SUSPICIONS.keys() == {category for category in Category if not category.metric}
    for part in ("seen", "doubt", "checks"):
        assert len({getattr(texts, part) for texts in SUSPICIONS.values()} - {""}) == len(SUSPICIONS), part
    for field in ("name", "about", "advice", "said"):
        assert len({getattr(texts, field) for texts in CATEGORY_TEXTS.values()}) == len(Category), field
    of_reports = [texts for category, texts in CATEGORY_TEXTS.items() if not category.metric]
    for field in ("happened", "unless"):
        assert len({getattr(texts, field) for texts in of_reports}) == len(of_reports), field


def test_there_is_no_text_that_nothing_leads_to() -> None:
    changes = [each for alerts in ALL.values() for each in alerts if isinstance(each, StatusAlert)]
    assert CAUSES.keys() == {(each.cause, each.before) for each in changes}
    within = {(each.cause, Status(each.after)) for each in changes if each.before == each.after}
    assert NEWS.keys() == {cause for cause, status in within if status is not Status.HEALTHY}
    assert NEWS_OF_SUSPICION.keys() == {cause for cause, status in within if status is Status.HEALTHY}
    assert NEWS_OF_SHUTDOWN.keys() == NEWS.keys()
    assert NEXT.keys() | NEXT_MEASURED.keys() == set(Status)
    open_ones = [each.finding for alerts in ALL.values() for each in alerts if each.finding.status != Status.HEALTHY]
    assert NEXT_UNDECIDED.keys() == {finding.status for finding in open_ones if finding.changes}
    assert AT_END.keys() == set(AtEnd) - {AtEnd.HEALTHY}
    assert ON_CHANGES.keys() == set(OnChanges)
    assert REPEATS.keys() == CONFIRMING_REPEATS.keys() == set(Repeat)
    assert REMINDERS.keys() == set(ReminderKind)
    assert METRICS.keys() == set(Metric)
    assert VOLUME_SOURCES.keys() == set(VolumeSource)
    assert ENFORCEMENTS.keys() == set(Enforcement)


def test_both_vocabularies_have_the_same_words() -> None:
    classic, current = (words_of(vocabulary) for vocabulary in Vocabulary)
    assert classic.keys() == current.keys()
    assert STATUS_NAMES[Vocabulary.CLASSIC].keys() == STATUS_NAMES[Vocabulary.CURRENT].keys() == set(Status)


def test_the_text_names_the_numbers() -> None:
    text = body(first(Category.BOUNCE_RATE, Trigger.STEADY_UNDER_LIMIT))
    for fact in (
        "0.8 % (38 hard bounces in 4,750 recipients)",
        "mail since 2026-03-06 13:00 UTC, in the probation",
        "0.8 % (76 hard bounces in 9,500 recipients)",
        "10 % (may be reached, not passed)",
        "under 5 %",
        "2026-03-06 13:00 UTC to 2026-03-27 13:00 UTC",
        "AWS account 123456789012, eu-west-1",
    ):
        assert fact in text


def test_a_report_is_told_with_its_evidence() -> None:
    text = unfolded(body(first(Category.SPAMTRAP, Trigger.REPORTED)))
    for fact in (
        "Why An anti-spam organization reports that its spamtraps have received this mail.",
        "Nobody will tell you the addresses",
        "What was reported Reports 1, seen last on 2026-03-07 10:00 UTC",
        "Entered by arn:aws:iam::123456789012:user/operator (as IAM proves)",
        "2026-03-07 10:00 UTC, trap-monitor: 14 messages of acme.example reached spamtraps since 2 March.",
        "The probation ends on 2026-03-28 12:00 UTC. If by then a report says that spamtraps still receive this mail,",
        "as seen after 2026-03-07 12:00 UTC, the status becomes Shutdown; if none does, Healthy.",
        "there is more time, and only what is seen after the change counts",
    ):
        assert fact in text


@pytest.mark.parametrize(
    ("category", "fact"),
    [
        (Category.BOUNCE_RATE, "the status becomes Shutdown; if it is at 10 % or less, Healthy."),
        (
            Category.MAILBOX_PROVIDER,
            "a person decides whether to shut it down; if none does, the status becomes Healthy.",
        ),
        (Category.INTERNAL_REVIEW, "Then a person decides what follows: it does not clear by itself"),
    ],
)
def test_what_the_end_of_a_probation_leads_to_is_told_when_it_begins(category: Category, fact: str) -> None:
    trigger = Trigger.LIMIT_EXCEEDED if category.metric else Trigger.REPORTED
    assert fact in unfolded(body(first(category, trigger)))


def test_a_probation_that_ends_with_undecided_changes_waits_and_says_so() -> None:
    text = unfolded(body(first(Category.SPAMTRAP, Trigger.CHANGES_REPORTED, Status.PROBATION)))
    assert "Changed Deleted the list of the former partner, and everybody silent for six months." in text
    assert "Reported by mail-team@acme.example (as stated), 2026-03-08 12:00 UTC" in text
    assert "the status becomes Pending end of probation decision until somebody has decided" in text
    assert "DECISION is accept, refuse, lift, extend or shutdown" in text
    assert "the status becomes Shutdown" not in text


def test_a_decision_is_told_with_who_took_it_and_why() -> None:
    text = unfolded(body(first(Category.OTHER, Trigger.CHANGES_REFUSED)))
    assert "Who decided By arn:aws:iam::123456789012:user/operator (as IAM proves)" in text
    assert "Why It says what was stopped, but not where the addresses came from." in text


@pytest.mark.parametrize("category", SUSPICIONS)
@pytest.mark.parametrize("vocabulary", Vocabulary)
def test_a_suspicion_says_what_was_seen_why_it_may_be_wrong_and_what_both_decisions_lead_to(
    category: Category, vocabulary: Vocabulary
) -> None:
    each, texts = first(category, Trigger.SUSPECTED), SUSPICIONS[category]
    assert (each.before, each.after, each.scope_after, each.finding.suspected) == (
        "Healthy",
        "Healthy",
        "Healthy",
        True,
    )
    assert subject(each, vocabulary) == f"SES {CATEGORY_TEXTS[category].name} of tenant/acme: suspected"
    text = unfolded(body(each, vocabulary))
    begun = {Vocabulary.CLASSIC: "probation", Vocabulary.CURRENT: "review"}[vocabulary]
    for fact in (
        f"Why {texts.seen} This is a suspicion, and nothing is decided: no status has changed",
        texts.doubt,
        "What was seen Reports 1, seen last on 2026-03-07 10:00 UTC",
        f"What to do 1. {texts.checks[0]} 2. {texts.checks[1]} What happens next",
        f"If it is confirmed, a {begun} begins",
        "If it is dismissed, it is as if it had never been.",
        f'(to confirm it): ses-reputation decide {each.finding.id} confirm --note "why"',
        f'(to dismiss it): ses-reputation decide {each.finding.id} dismiss --note "why"',
    ):
        assert fact in text
    for report in (each.finding.evidence[0].text, each.finding.evidence[0].source):
        assert report in text


def test_who_confirms_a_repeat_is_told_beforehand_what_that_leads_to() -> None:
    repeated = [each for each in ALL[Category.INTERNAL_REVIEW] if isinstance(each, StatusAlert)]
    texts = [unfolded(body(each)) for each in repeated if each.cause == Trigger.SUSPECTED and each.finding.repeat]
    for fact in (
        "the second of its kind: if it is confirmed, another probation begins.",
        "the third of its kind: if it is confirmed, it is shut down at once, or Pending shutdown where people decide",
        "the fourth of its kind: if it is confirmed, the status becomes Pending shutdown, and a person decides",
    ):
        assert any(fact in text for text in texts)
    assert not any("a probation begins, as if" in text for text in texts)


def test_the_end_of_a_suspicion_is_told_with_who_has_ended_it() -> None:
    dismissed = first(Category.INTERNAL_REVIEW, Trigger.DISMISSED)
    assert subject(dismissed) == "SES internal review of tenant/acme: suspicion dismissed"
    text = unfolded(body(dismissed))
    assert "Who decided By arn:aws:iam::123456789012:user/operator (as IAM proves) Why Looked at the mail" in text
    assert "nor anything like it for 7 days. It does not count as a finding that was there before." in text
    assert "Should it be found again" not in text
    withdrawn = first(Category.SPAMTRAP, Trigger.WITHDRAWN)
    assert subject(withdrawn) == "SES spamtrap of tenant/acme: suspicion withdrawn"
    text = unfolded(body(withdrawn))
    assert "Whoever suspected this does so no longer." in text
    assert "What was seen 2026-03-08 12:00 UTC, trap-monitor (only suspected): It is no longer seen." in text
    assert "Who decided" not in text


def test_a_confirmed_suspicion_is_told_as_what_it_is_now() -> None:
    confirmed = first(Category.SPAMTRAP, Trigger.CONFIRMED)
    assert subject(confirmed) == "SES spamtrap of tenant/acme: Healthy -> Probation"
    text = unfolded(body(confirmed))
    for fact in (
        "This was suspected, and a person has confirmed it. A spamtrap is an address that nobody uses",
        "Who decided By arn:aws:iam::123456789012:user/operator (as IAM proves) Why Looked at the mail: it is as it",
        "trap-monitor (only suspected): 14 messages",
        "as seen after 2026-03-08 12:00 UTC, the status becomes Shutdown",
    ):
        assert fact in text
    again = first(Category.INTERNAL_REVIEW, Trigger.REPEATED_FOR_SHUTDOWN)
    assert "Entered by" in body(again)


def test_a_shutdown_says_how_to_appeal() -> None:
    text = unfolded(body(first(Category.VULNERABLE_SITE, Trigger.SHUT_DOWN)))
    assert "This mail has to be paused in SES, before SES pauses the whole account." in text
    assert "You can appeal: say which feature was abused, and what stops that now, and how it will stay so." in text
    assert "To appeal: ses-reputation changes-made " in text


@pytest.mark.parametrize("trigger", [Trigger.SHUT_DOWN, Trigger.MADE_PERMANENT])
def test_of_what_stands_for_many_nobody_is_told_to_pause_it_in_ses(trigger: Trigger) -> None:
    """SES knows no such thing, and enforce_status leaves it alone."""
    alert = replace(first(Category.INTERNAL_REVIEW, trigger), scope="tenant/(other)")
    text = unfolded(body(alert))
    assert "SES Reputation can't pause this mail, since SES does not know it as one: find out who sends it" in text
    assert "in SES" not in text.replace("SES Reputation", "")
    assert "another message" not in text


def test_a_permanent_shutdown_has_no_appeal() -> None:
    repeated = unfolded(body(first(Category.INTERNAL_REVIEW, Trigger.REPEATED_FOR_GOOD)))
    assert "This is the fourth time. A person decides whether it is shut down for good." in repeated
    each = first(Category.INTERNAL_REVIEW, Trigger.MADE_PERMANENT, Status.PENDING_SHUTDOWN)
    assert subject(each) == "SES internal review of tenant/acme: Pending shutdown -> Shutdown, for good"
    text = unfolded(body(each))
    assert "no appeal leads out of it" in text
    assert "ses-reputation decide" not in text
    assert "changes-made" not in text


def test_who_repeats_a_problem_is_told_beforehand_what_that_leads_to() -> None:
    once = first(Category.INTERNAL_REVIEW, Trigger.REPORTED)
    again = first(Category.INTERNAL_REVIEW, Trigger.REPEATED)
    assert "another probation follows, and after that a shutdown" in unfolded(body(once))
    assert "it is shut down at once" in unfolded(body(again))


@pytest.mark.parametrize(
    ("trigger", "before", "line"),
    [
        (Trigger.CHANGES_REPORTED, Status.PROBATION, "Probation, changes reported"),
        (Trigger.CHANGES_REFUSED, Status.SHUTDOWN, "Shutdown, appeal refused"),
        (Trigger.EXTENDED, Status.PROBATION, "Probation, extended to 2026-04-18"),
        (Trigger.ACCEPTED_WITH_MORE_TIME, Status.PROBATION, "Probation, changes accepted, until 2026-03-30"),
        (Trigger.REINSTATED_ON_PROBATION, Status.SHUTDOWN, "Shutdown -> Probation"),
    ],
)
def test_a_subject_says_what_is_new_though_the_status_is_not(trigger: Trigger, before: Status, line: str) -> None:
    assert subject(first(Category.SPAMTRAP, trigger, before)) == f"SES spamtrap of tenant/acme: {line}"


def test_people_are_reminded_before_it_is_too_late() -> None:
    ends = reminder(Category.SPAMTRAP, ReminderKind.PERIOD_ENDS)
    waits = reminder(Category.SPAMTRAP, ReminderKind.REVIEW_WAITS)
    suspected = reminder(Category.SPAMTRAP, ReminderKind.REVIEW_WAITS, suspected=True)
    assert re.fullmatch(r"SES spamtrap of tenant/acme: probation ends 2026-\d\d-\d\d", subject(ends))
    assert re.fullmatch(r"SES spamtrap of tenant/acme: waits for a decision since 2026-\d\d-\d\d", subject(waits))
    assert subject(suspected) == "SES spamtrap of tenant/acme: suspected, waits for a decision since 2026-03-07"
    assert "a person says whether it is so" in unfolded(body(suspected))
    assert "No status has changed yet." in body(ends)
    assert "What to do" in body(ends)
    assert "What to do" not in body(waits)
    assert "review ends" in subject(ends, Vocabulary.CURRENT)


def test_other_open_findings_are_not_forgotten_when_one_is_closed() -> None:
    closed = first(Category.SPAMTRAP, Trigger.ENDED_WITHOUT_REPORT)
    assert "other findings are open" not in body(closed)
    still = replace(closed, scope_after=Status.SHUTDOWN)
    assert "All in all the status is Shutdown still: other findings are open." in unfolded(body(still))


def test_of_the_account_people_are_told_to_answer_ses_too() -> None:
    text = "If AWS has opened a case about it, answer that as well."
    assert text in unfolded(body(reported(scope=ACCOUNT)))
    assert text not in unfolded(body(reported()))


def test_the_current_vocabulary_is_that_of_the_console() -> None:
    each = first(Category.SPAMTRAP, Trigger.REPORTED)
    text = body(each, Vocabulary.CURRENT)
    assert subject(each, Vocabulary.CURRENT) == "SES spamtrap of tenant/acme: Healthy -> Under review"
    assert text.splitlines()[1] == "(SES's console has called this: Probation)"
    assert "You can go on sending. The review ends on" in unfolded(text)
    assert each.after == "Probation", "programs read the classic words"


WEEK = [
    assess(
        Standing(scope),
        {metric: Measures(replace(WINDOW, metric=metric, count=count)) for metric in Metric},
        START,
        CLASSIC,
    )[0]
    for scope, count in ((ACCOUNT, 0), (NEWSLETTER, 24), (Scope("tenant/acme"), 0))
]


def test_a_week_is_summed_up() -> None:
    each = summary(*WEEK)
    text = body(each)
    assert subject(each) == "SES Reputation: the week's summary, account Healthy"
    assert "Bounce rate      0 %" in text
    assert "All scopes\n  Probation: 1\n  Healthy: 2\n" in text
    assert "configuration-set/newsletter: bounce rate, Probation, ends 2026-03-27, finding " in unfolded(text)
    assert "configuration-set/newsletter: complaint rate, Probation, ends 2026-03-27, finding " in unfolded(text)
    assert max(map(len, text.splitlines())) <= 79
    assert "threadId" not in chat_message(each)
    assert "Under review" in body(each, Vocabulary.CURRENT)


def test_a_quiet_week_is_summed_up_in_a_word() -> None:
    text = unfolded(body(summary()))
    assert "There is no open finding: nothing to do." in text
    assert "Bounce rate too little mail to judge" in text


def test_a_summary_lists_no_more_than_somebody_reads() -> None:
    many = [replace(WEEK[1], scope=Scope(f"tenant/{number}")) for number in range(25)]
    assert "5 more scopes have findings, and are not listed." in unfolded(body(summary(*many)))


HOSTILE = "<!channel> <https://evil.example|x> [y](https://evil.example) *b* `c` & {metric} \u202e\x00\n<script>"


def test_what_people_write_turns_into_no_mention_no_link_and_no_element() -> None:
    each = reported(text=HOSTILE, source=HOSTILE, scope=Scope(f"tenant/{HOSTILE}"), by=HOSTILE)
    message = json.loads(chat_message(each))
    shown = re.sub("`[^`]*`", "", message["content"]["title"]) + message["content"]["description"]
    assert message["content"]["title"].count("`") == 2
    assert not re.search(r"[<>]", message["content"]["title"])
    assert not re.search(r"[<>]|\]\(|\*b|&(?!amp;|lt;|gt;)", shown)
    assert not set("\u202e\x00") & set(shown + page(each) + body(each))
    elements = Elements()
    elements.feed(page(each))
    assert not elements.open
    assert "script" not in elements.seen
    assert "{metric}" in body(each), "it is shown as it is"


def test_a_long_report_is_cut_short() -> None:
    each = reported(text="word " * 1_000)
    assert len(body(each).splitlines()) < 70
    assert re.search(r"word w?o?r?d?\.\.\. ", unfolded(body(each)))


@pytest.mark.parametrize("scope", HOSTILE_SCOPES)
def test_a_title_in_chat_is_short_whatever_the_scope(scope: Scope) -> None:
    message = json.loads(chat_message(reported(scope=scope)))
    assert len(message["content"]["title"]) <= MAX_TITLE
    assert len(message["content"]["description"]) <= MAX_DESCRIPTION


@pytest.mark.parametrize(("number", "text"), [(2, "second"), (4, "fourth"), (10, "tenth"), (11, "11th")])
def test_a_repeat_is_counted_in_words(number: int, text: str) -> None:
    assert ordinal(number) == text


@pytest.mark.parametrize(
    ("policy", "facts", "others"),
    [
        (
            CLASSIC,
            [
                "Limit 10 % (may be reached, not passed)",
                "After 1 day at 10 % or less it is Almost healed",
                "If the bounce rate is over 10 % when the probation ends",
                "10 % or less, Healthy. With too little mail to judge by, a person decides.",
            ],
            ["for a shutdown", "must not be reached", "In between"],
        ),
        (
            CURRENT,
            [
                "Limit 5 % (must not be reached)",
                "for a shutdown 10 % (must not be reached)",
                "After 1 day under 5 % it is Almost healed",
                "If the bounce rate is at 10 % or more when the probation ends",
                "under 5 %, Healthy. In between, or with too little mail to judge by, a person decides.",
            ],
            ["may be reached"],
        ),
    ],
    ids=["over a limit", "at a limit or more"],
)
def test_a_limit_is_told_as_it_is_meant(policy: Policy, facts: list[str], others: list[str]) -> None:
    text = unfolded(body(alert(policy=policy)))
    for fact in facts:
        assert fact in text
    for other in others:
        assert other not in text


@pytest.mark.parametrize(
    ("trigger", "today"),
    [
        (Trigger.LIMIT_EXCEEDED, "Under review"),
        (Trigger.ENDED_UNPROVEN, "Pending end of review decision"),
        (Trigger.ENDED_OVER_SHUTDOWN_LIMIT_FOR_REVIEW, "Pending sending pause"),
        (Trigger.ENDED_OVER_SHUTDOWN_LIMIT, "Sending paused"),
        (Trigger.STEADY_UNDER_LIMIT, None),
        (Trigger.HEALED, None),
    ],
)
def test_a_status_that_ses_has_renamed_is_told_by_both_names(trigger: Trigger, today: str | None) -> None:
    each = first(Category.BOUNCE_RATE, trigger)
    second = body(each).splitlines()[1]
    assert second == (f"(SES's console calls this: {today})" if today else "")
    assert (each.after in TODAY) == (today is not None)


@pytest.mark.parametrize(
    ("eligible", "volume", "plain"),
    [
        (190, 190, None),
        (190, 480, "plain rate 5 % of all mail (480 recipients)"),
        (190, 0, None),
        (190, -5, None),
    ],
    ids=["all mail is eligible", "some is not", "more was stopped than sent", "even more was"],
)
def test_the_plain_rate_is_told_only_where_it_says_something_else(
    eligible: int, volume: int, plain: str | None
) -> None:
    window = Rate(Metric.COMPLAINT_RATE, 24, eligible, START, 7, volume)
    text = unfolded(body(alert(Metric.COMPLAINT_RATE, window=window)))
    assert f"12.63 % (24 complaints in {eligible} recipients at providers that report them)" in text
    assert (plain in text) if plain else ("plain rate" not in text)


PASSES = "passes 10 % on 2026-03-08 12:00 UTC, at the present pace"
TO_LIMIT = "recipients without a hard bounce bring it down to 10 %"
TO_RECOMMENDED = "recipients without a hard bounce bring it under 5 %"


@pytest.mark.parametrize(
    ("forecast", "told"),
    [
        (None, None),
        (Forecast(None, 0, 0), None),
        (Forecast(None, None, None), None),
        (Forecast(START + timedelta(days=2), 0, 0), PASSES),
        (Forecast(None, 0, 1_240), f"1,240 {TO_RECOMMENDED}"),
        (Forecast(None, 1, None), "1 recipient without a hard bounce brings it down to 10 %"),
        (Forecast(None, 51, 290), f"51 {TO_LIMIT} 290 {TO_RECOMMENDED}"),
        (Forecast(START + timedelta(days=2), 0, 290), f"{PASSES} 290 {TO_RECOMMENDED}"),
    ],
    ids=["too little mail", "in order", "beyond help", "rising", "falling", "just over", "over both", "rising again"],
)
@pytest.mark.parametrize("tell", [alert, warning])
def test_a_forecast_says_where_it_is_heading_and_what_brings_it_down(
    tell: Callable[..., Alert], forecast: Forecast | None, told: str | None
) -> None:
    text = body(tell(forecast=forecast))
    assert (f" Forecast {told} " in unfolded(text)) if told else ("Forecast" not in text)
    assert max(map(len, text.splitlines())) <= 80


def test_a_forecast_to_a_limit_that_must_not_be_reached_goes_under_it() -> None:
    text = unfolded(body(alert(policy=CURRENT, forecast=Forecast(None, 51, 290))))
    assert "51 recipients without a hard bounce bring it under 5 %" in text
    assert "290 recipients without a hard bounce bring it under 2 %" in text


@pytest.mark.parametrize("metric", Metric)
@pytest.mark.parametrize("policy", [CLASSIC, CURRENT], ids=["classic", "current"])
def test_an_early_warning_says_that_nothing_has_changed_and_what_would(metric: Metric, policy: Policy) -> None:
    told = warning(metric, policy=policy)
    text = body(told)
    assert subject(told) == (f"SES {METRICS[metric].name} of configuration-set/newsletter: early warning, at 6.32 %")
    assert text.startswith(f"configuration-set/newsletter: {METRICS[metric].name} early warning\n")
    recommended = percent(told.measured.recommended.value)
    assert f"has reached {recommended}, which SES recommends to stay under. No status has changed" in unfolded(text)
    assert "{" not in text
    assert "None" not in text
    assert "console calls this" not in text
    for section in ("Why", "The numbers", "What to do", "What happens next"):
        assert f"\n{section}\n" in text
    assert max(map(len, text.splitlines())) <= 80


def test_an_early_warning_names_the_rate_that_begins_a_probation() -> None:
    assert "If the rate is over 10 %, a probation begins." in unfolded(body(warning()))
    assert "If the rate is at 5 % or more, a probation begins." in unfolded(body(warning(policy=CURRENT)))


@pytest.mark.parametrize(
    ("before", "after", "change", "trouble"),
    [
        (verdict(), verdict(Enforcement.PROBATION), "HEALTHY -> PROBATION", True),
        (verdict(), verdict(sending_enabled=False), "HEALTHY -> HEALTHY, sending off", True),
        (
            verdict(Enforcement.PROBATION),
            verdict(Enforcement.SHUTDOWN, sending_enabled=False),
            "PROBATION -> SHUTDOWN, sending off",
            True,
        ),
        (
            verdict(Enforcement.SHUTDOWN, sending_enabled=False),
            verdict(),
            "SHUTDOWN, sending off -> HEALTHY",
            False,
        ),
        (verdict(), verdict("QUARANTINE"), "HEALTHY -> QUARANTINE", True),
        (verdict(), verdict(None, sending_enabled=None), "HEALTHY -> unknown", True),
    ],
    ids=["probation", "sending off", "shutdown", "back", "a status that nobody knows", "no status"],
)
def test_what_ses_says_is_told_in_its_own_words(before: Verdict, after: Verdict, change: str, trouble: bool) -> None:
    told = ses_alert(before, after)
    text = body(told)
    assert subject(told) == f"SES's own status of account: {change}"
    assert text.startswith(f"account: SES's own status {change}\n\nWhy\n")
    assert ("What to do" in text) == trouble
    assert "None" not in text
    assert "rate" not in text.partition("The numbers")[2].partition("What to do")[0], "SES published none"
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize(
    ("enforcement", "about"),
    [
        (Enforcement.HEALTHY, "SES sees no problem with this account."),
        (Enforcement.PROBATION, "SES has put this account on probation."),
        (Enforcement.SHUTDOWN, "SES has shut down this account: nothing is sent"),
        ("QUARANTINE", "SES says of this account: QUARANTINE."),
    ],
)
def test_a_verdict_is_explained(enforcement: str, about: str) -> None:
    assert about in unfolded(body(ses_alert(verdict("OTHER"), verdict(enforcement))))


def test_a_verdict_comes_with_the_numbers_that_ses_gives() -> None:
    after = Verdict(
        ACCOUNT,
        START,
        bounce_rate=SesRate("0.1021", START - timedelta(hours=1)),
        complaint_rate=SesRate("0.0009", START),
        enforcement=Enforcement.PROBATION,
        sending_enabled=True,
        daily_quota=50_000,
        sent_last_day=0,
    )
    text = unfolded(body(ses_alert(verdict(), after)))
    for fact in (
        "Status at SES PROBATION",
        "Sending on",
        "Bounce rate 10.21 % (SES's own, 2026-03-06 11:00 UTC)",
        "Complaint rate 0.09 % (SES's own, 2026-03-06 12:00 UTC)",
        "Sent in 24 hours 0 of 50,000",
        "AWS account 123456789012, eu-west-1, 2026-03-06 12:00 UTC Alert 5f3e9d",
    ):
        assert fact in text


def test_bad_news_come_with_advice_and_good_news_without() -> None:
    assert "What to do" in body(alert())
    assert "What to do" not in body(first(Category.BOUNCE_RATE, Trigger.HEALED))


def is_a_subject(line: str) -> bool:
    """Whether SNS takes it: less than 100 printable ASCII characters."""
    return len(line) <= MAX_SUBJECT and set(line) <= set(string.printable) - set("\t\n\r\x0b\x0c")


@pytest.mark.parametrize("scope", HOSTILE_SCOPES)
@pytest.mark.parametrize("vocabulary", Vocabulary)
def test_a_subject_is_short_and_printable_whatever_the_scope(scope: Scope, vocabulary: Vocabulary) -> None:
    for category, alerts in ALL.items():
        for each in {subject(each): each for each in alerts}.values():
            line = subject(replace(each, scope=scope), vocabulary)
            assert is_a_subject(line)
            assert CATEGORY_TEXTS[category].name in line


@pytest.mark.parametrize("scope", HOSTILE_SCOPES)
def test_warnings_and_verdicts_have_such_subjects_too(scope: Scope) -> None:
    for metric in Metric:
        assert is_a_subject(subject(warning(metric, scope)))
    for before, after in product((verdict(), verdict(Enforcement.SHUTDOWN, sending_enabled=False)), repeat=2):
        assert is_a_subject(subject(ses_alert(before, after, scope)))


def test_a_shortened_scope_keeps_both_its_ends() -> None:
    line = subject(alert(scope=Scope("identity/" + "sub." * 60 + "example")))
    assert "identity/sub." in line
    assert "sub.example: Healthy -> Probation" in line


MEASURED: dict[str, Any] = {
    "window": {
        "rate": "0.1263",
        "plain_rate": "0.1263",
        "count": 24,
        "eligible": 190,
        "volume": 190,
        "hours": 7,
        "start": "2026-03-02T12:00:00Z",
    },
    "since": None,
    "forecast": None,
    "profile": "classic",
    "limit": {"value": "0.1", "inclusive": False},
    "shutdown_limit": {"value": "0.1", "inclusive": False},
    "recommended": {"value": "0.05", "inclusive": True},
    "minimum_volume": 100,
    "minimum_count": 2,
    "volume_source": "send-events",
}


def test_a_program_gets_the_whole_change_as_a_versioned_document() -> None:
    document: dict[str, Any] = json.loads(msgspec.json.encode(alert()))
    finding = document.pop("finding")
    assert document == {
        "kind": "status-change",
        "version": 1,
        "id": "703a5f650e62ed27ab84",
        "time": "2026-03-06T12:00:00Z",
        "account": "123456789012",
        "region": "eu-west-1",
        "scope": "configuration-set/newsletter",
        "scope_kind": "configuration-set",
        "category": "bounce_rate",
        "metric": "bounce_rate",
        "before": "Healthy",
        "after": "Probation",
        "cause": "limit_exceeded",
        "scope_before": "Healthy",
        "scope_after": "Probation",
        "act": None,
        "measured": MEASURED,
        "steady_hours": 24,
        "healing_hours": 168,
        "at_worst": "Shutdown",
    }
    assert finding == {
        "id": finding["id"],
        "category": "bounce_rate",
        "metric": "bounce_rate",
        "status": "Probation",
        "permanent": False,
        "repeat": 0,
        "opened": "2026-03-06T12:00:00Z",
        "period": {
            "opened": "2026-03-06T12:00:00Z",
            "measured_from": "2026-03-06T12:00:00Z",
            "ends": "2026-03-27T12:00:00Z",
        },
        "reports": 0,
        "last_observed": None,
        "evidence": [],
        "changes": None,
        "waits_since": None,
        "on_changes": "counted_anew",
        "remains": "shutdown",
        "gone": "healthy",
        "allowed": ["changes-made", "lift", "extend", "shutdown"],
        "suspected": False,
        "revision": 1,
    }
    assert VERSION == 1


def test_a_program_gets_a_warning_and_its_forecast() -> None:
    told = warning(Metric.COMPLAINT_RATE, policy=CURRENT, forecast=Forecast(START, 0, None))
    document: dict[str, Any] = msgspec.to_builtins(told)
    assert document.pop("measured") == {
        **MEASURED,
        "window": {**MEASURED["window"], "rate": "0.0632", "plain_rate": "0.0632", "count": 12},
        "forecast": {"limit_passed": "2026-03-06T12:00:00Z", "clean_to_limit": 0, "clean_to_recommended": None},
        "profile": "current",
        "limit": {"value": "0.001", "inclusive": True},
        "shutdown_limit": {"value": "0.005", "inclusive": True},
        "recommended": {"value": "0.001", "inclusive": True},
        "minimum_count": 3,
    }
    assert document == {
        "kind": "early-warning",
        "version": 1,
        "id": "0b5e5b1c5d3a3f0c9a11",
        "time": "2026-03-06T12:00:00Z",
        "account": "123456789012",
        "region": "eu-west-1",
        "scope": "configuration-set/newsletter",
        "scope_kind": "configuration-set",
        "metric": "complaint_rate",
    }


def test_a_program_gets_what_ses_said_before_and_after() -> None:
    document: dict[str, Any] = msgspec.to_builtins(ses_alert(verdict(), verdict(Enforcement.PROBATION)))
    said: dict[str, Any] = {
        "scope": "account",
        "time": "2026-03-06T12:00:00Z",
        "bounce_rate": None,
        "complaint_rate": None,
        "enforcement": "HEALTHY",
        "sending_enabled": True,
        "daily_quota": None,
        "sent_last_day": None,
        "findings": (),
        "sending": (),
    }
    assert document == {
        "kind": "ses-verdict",
        "version": 1,
        "id": "5f3e9d",
        "time": "2026-03-06T12:00:00Z",
        "account": "123456789012",
        "region": "eu-west-1",
        "scope": "account",
        "scope_kind": "account",
        "before": "HEALTHY",
        "after": "PROBATION",
        "verdict_before": said,
        "verdict_after": {**said, "enforcement": "PROBATION"},
        "said": None,
    }


def test_a_rate_without_mail_is_none_in_a_document() -> None:
    nothing = Rate(Metric.COMPLAINT_RATE, 3, 0, START, 7, 0)
    news = EarlyWarning("1", START, NEWSLETTER, Metric.COMPLAINT_RATE, Measures(nothing))
    each = told(news, CLASSIC)
    assert isinstance(each, WarningAlert)
    assert (each.measured.window.rate, each.measured.window.plain_rate) == (None, None)


@pytest.mark.parametrize(
    "each",
    [
        alert(forecast=Forecast(START, 1, None)),
        first(Category.SPAMTRAP, Trigger.CHANGES_REPORTED),
        reminder(Category.OTHER, ReminderKind.REVIEW_WAITS),
        summary(*WEEK),
        warning(),
        ses_alert(verdict(), verdict("QUARANTINE", sending_enabled=None)),
    ],
    ids=["a change", "a report of changes", "a reminder", "a summary", "a warning", "SES's own verdict"],
)
def test_an_alert_that_waited_in_the_outbox_reads_the_same(each: Alert) -> None:
    read: Alert = msgspec.json.decode(msgspec.json.encode(each), type=Alert)
    assert read == each
    assert (subject(read), body(read)) == (subject(each), body(each))
    assert (chat_message(read), page(read)) == (chat_message(each), page(each))


@pytest.mark.parametrize(
    ("fraction", "text"),
    [
        ("0.1", "10 %"),
        ("0.005", "0.5 %"),
        ("0.001", "0.1 %"),
        ("0.126315", "12.63 %"),
        ("0.0064516", "0.645 %"),
        ("0", "0 %"),
        ("1", "100 %"),
        ("2.5", "250 %"),
    ],
)
def test_a_percentage_has_no_more_digits_than_it_means(fraction: str, text: str) -> None:
    assert percent(fraction) == text
