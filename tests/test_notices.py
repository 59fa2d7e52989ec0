"""What people and programs read about a change."""

import string
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import msgspec
import pytest

from ses_reputation.domain.forecast import Forecast
from ses_reputation.domain.lifecycle import (
    METRIC_STATUS,
    SCOPE_STATUS,
    TRANSITIONS,
    Change,
    EarlyWarning,
    Finding,
    Measures,
    Stage,
    Status,
    Trigger,
)
from ses_reputation.domain.limits import Profile, limits_by_kind
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import Metric, Rate, VolumeSource
from ses_reputation.domain.scopes import ACCOUNT, Scope
from ses_reputation.domain.verdict import Enforcement, SesRate, Verdict, VerdictChange
from ses_reputation.notices.alert import VERSION, Alert, SesAlert, StatusAlert, WarningAlert, alert_of, ses_alert_of
from ses_reputation.notices.email import MAX_SUBJECT, body, percent, subject
from ses_reputation.notices.texts import CAUSES, ENFORCEMENTS, METRICS, NEXT, TODAY, VOLUME_SOURCES

NEWSLETTER = Scope("configuration-set/newsletter")
START = datetime(2026, 3, 6, 12, tzinfo=UTC)
ROWS = [(metric, before, trigger, after) for metric, ((before, trigger), after) in product(Metric, TRANSITIONS.items())]
CLASSIC = Policy()
CURRENT = Policy(profile=Profile.CURRENT, limits=limits_by_kind(Profile.CURRENT))
WINDOW = Rate(Metric.BOUNCE_RATE, 24, 190, START - timedelta(days=4), 7, 190)
HOSTILE_SCOPES = [
    pytest.param(ACCOUNT, id="account"),
    pytest.param(Scope("configuration-set/" + "n" * 64), id="the longest configuration set"),
    pytest.param(Scope("identity/" + "sub." * 60 + "example"), id="a long domain"),
    pytest.param(Scope("tag/" + "n" * 256 + "=" + "v" * 256), id="the longest tag"),
    pytest.param(Scope("tenant/bücher\n\r\t\x00\u202e"), id="hostile"),
]


def alert(
    metric: Metric = Metric.BOUNCE_RATE,
    before: Stage | None = None,
    trigger: Trigger = Trigger.LIMIT_EXCEEDED,
    after: Stage = Stage.PROBATION,
    *,
    scope: Scope = NEWSLETTER,
    policy: Policy = CLASSIC,
    window: Rate = WINDOW,
    forecast: Forecast | None = None,
) -> StatusAlert:
    finding = Finding(metric, after, START, START, START, START + timedelta(days=21))
    window = msgspec.structs.replace(window, metric=metric)
    since = Rate(metric, 1, 155, START, 3, 155) if before else None
    change = Change(
        id="cd632c2f60c9b4556f8a",
        time=START,
        scope=scope,
        metric=metric,
        before=before,
        after=after,
        trigger=trigger,
        scope_before=SCOPE_STATUS[before],
        scope_after=SCOPE_STATUS[after],
        finding=finding,
        measures=Measures(window, since, forecast),
    )
    told = alert_of(change, policy, "123456789012", "eu-west-1")
    assert isinstance(told, StatusAlert)
    return told


def warning(
    metric: Metric = Metric.BOUNCE_RATE,
    scope: Scope = NEWSLETTER,
    policy: Policy = CLASSIC,
    forecast: Forecast | None = None,
) -> WarningAlert:
    window = Rate(metric, 12, 190, START - timedelta(days=4), 7, 190)
    news = EarlyWarning("0b5e5b1c5d3a3f0c9a11", START, scope, metric, Measures(window, forecast=forecast))
    told = alert_of(news, policy, "123456789012", "eu-west-1")
    assert isinstance(told, WarningAlert)
    return told


def verdict(enforcement: str | None = Enforcement.HEALTHY, sending_enabled: bool | None = True) -> Verdict:
    return Verdict(ACCOUNT, START, enforcement=enforcement, sending_enabled=sending_enabled)


def ses_alert(before: Verdict, after: Verdict, scope: Scope = ACCOUNT) -> SesAlert:
    told = ses_alert_of(VerdictChange("5f3e9d", START, scope, before, after), "123456789012", "eu-west-1")
    assert isinstance(told, SesAlert)
    return told


def unfolded(text: str) -> str:
    """The text as it was before it was folded."""
    return " ".join(text.split())


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_every_transition_can_be_told(row: tuple[Metric, Stage | None, Trigger, Stage]) -> None:
    told = alert(*row)
    text = body(told)
    assert told.before in subject(told)
    assert told.after in subject(told)
    assert "{" not in text
    assert "None" not in text
    for section in ("Why", "The numbers", "What happens next"):
        assert f"\n{section}\n" in text
    assert max(map(len, text.splitlines()[1:])) <= 80


def test_there_is_no_text_that_nothing_leads_to() -> None:
    assert CAUSES.keys() == {(trigger, METRIC_STATUS[before]) for before, trigger in TRANSITIONS}
    assert NEXT.keys() == set(Status)
    assert METRICS.keys() == set(Metric)
    assert VOLUME_SOURCES.keys() == set(VolumeSource)
    assert ENFORCEMENTS.keys() == set(Enforcement)


def test_the_text_names_the_numbers() -> None:
    text = body(alert(before=Stage.PROBATION, trigger=Trigger.STEADY_UNDER_LIMIT, after=Stage.ALMOST_HEALED))
    for fact in (
        "12.63 % (24 hard bounces in 190 recipients)",
        "7 hours with mail since 2026-03-02 12:00 UTC",
        "0.645 % (1 hard bounce in 155 recipients)",
        "10 % (may be reached, not passed)",
        "under 5 %",
        "2026-03-06 12:00 UTC to 2026-03-27 12:00 UTC",
        "AWS account 123456789012, eu-west-1",
        "cd632c2f60c9b4556f8a",
    ):
        assert fact in text


@pytest.mark.parametrize(
    ("policy", "facts", "others"),
    [
        (
            CLASSIC,
            [
                "Limit 10 % (may be reached, not passed)",
                "After 1 day at 10 % or less it is Almost healed",
                "If it is over 10 % when the probation ends",
            ],
            ["for a shutdown", "must not be reached"],
        ),
        (
            CURRENT,
            [
                "Limit 5 % (must not be reached)",
                "for a shutdown 10 % (must not be reached)",
                "After 1 day under 5 % it is Almost healed",
                "If it is at 10 % or more when the probation ends",
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
    ("after", "today"),
    [
        (Stage.PROBATION, "Under review"),
        (Stage.PENDING_DECISION, "Pending end of review decision"),
        (Stage.PENDING_SHUTDOWN, "Pending sending pause"),
        (Stage.SHUTDOWN, "Sending paused"),
        (Stage.ALMOST_HEALED, None),
        (Stage.RESOLVED, None),
    ],
)
def test_a_status_that_ses_has_renamed_is_told_by_both_names(after: Stage, today: str | None) -> None:
    before, trigger = next(row for row, stage in TRANSITIONS.items() if stage is after)
    second = body(alert(before=before, trigger=trigger, after=after)).splitlines()[1]
    assert second == (f"(SES's console calls this: {today})" if today else "")
    assert (METRIC_STATUS[after] in TODAY) == (today is not None)


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
        (Enforcement.PROBATION, "SES has put this account under review."),
        (Enforcement.SHUTDOWN, "SES has paused this account"),
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
    assert "What to do" not in body(alert(before=Stage.ALMOST_HEALED, trigger=Trigger.HEALED, after=Stage.RESOLVED))


def is_a_subject(line: str) -> bool:
    """Whether SNS takes it: less than 100 printable ASCII characters."""
    return len(line) <= MAX_SUBJECT and set(line) <= set(string.printable) - set("\t\n\r\x0b\x0c")


@pytest.mark.parametrize("row", ROWS, ids=str)
@pytest.mark.parametrize("scope", HOSTILE_SCOPES)
def test_a_subject_is_short_and_printable_whatever_the_scope(
    scope: Scope, row: tuple[Metric, Stage | None, Trigger, Stage]
) -> None:
    line = subject(alert(*row, scope=scope))
    assert is_a_subject(line)
    assert METRICS[row[0]].name in line


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
    document: dict[str, Any] = msgspec.to_builtins(alert())
    assert document == {
        "kind": "status-change",
        "version": 1,
        "id": "cd632c2f60c9b4556f8a",
        "time": "2026-03-06T12:00:00Z",
        "account": "123456789012",
        "region": "eu-west-1",
        "scope": "configuration-set/newsletter",
        "scope_kind": "configuration-set",
        "metric": "bounce_rate",
        "before": "Healthy",
        "after": "Probation",
        "cause": "limit_exceeded",
        "scope_before": "Healthy",
        "scope_after": "Probation",
        "measured": MEASURED,
        "steady_hours": 24,
        "healing_hours": 168,
        "at_worst": "Shutdown",
        "period": {
            "opened": "2026-03-06T12:00:00Z",
            "measured_from": "2026-03-06T12:00:00Z",
            "ends": "2026-03-27T12:00:00Z",
        },
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
    said = {
        "scope": "account",
        "time": "2026-03-06T12:00:00Z",
        "bounce_rate": None,
        "complaint_rate": None,
        "enforcement": "HEALTHY",
        "sending_enabled": True,
        "daily_quota": None,
        "sent_last_day": None,
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
    }


def test_a_rate_without_mail_is_none_in_a_document() -> None:
    window = Rate(Metric.COMPLAINT_RATE, 3, 0, START, 7, 0)
    measured = alert(Metric.COMPLAINT_RATE, window=window).measured
    assert (measured.window.rate, measured.window.plain_rate) == (None, None)


@pytest.mark.parametrize(
    "told",
    [
        alert(before=Stage.PROBATION, trigger=Trigger.HEALED, after=Stage.RESOLVED, forecast=Forecast(START, 1, None)),
        warning(),
        ses_alert(verdict(), verdict("QUARANTINE", sending_enabled=None)),
    ],
    ids=["a change", "a warning", "SES's own verdict"],
)
def test_an_alert_that_waited_in_the_outbox_reads_the_same(told: Alert) -> None:
    read: Alert = msgspec.json.decode(msgspec.json.encode(told), type=Alert)
    assert read == told
    assert (subject(read), body(read)) == (subject(told), body(told))


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
