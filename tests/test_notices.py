"""What people and programs read about a change."""

import string
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import msgspec
import pytest

from ses_reputation.domain.lifecycle import (
    METRIC_STATUS,
    SCOPE_STATUS,
    TRANSITIONS,
    Change,
    Finding,
    Measures,
    Stage,
    Status,
    Trigger,
)
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import Metric, Rate
from ses_reputation.domain.scopes import ACCOUNT, Scope
from ses_reputation.notices.alert import VERSION, Alert, alert_of
from ses_reputation.notices.email import MAX_SUBJECT, body, percent, subject
from ses_reputation.notices.texts import CAUSES, METRICS, NEXT

NEWSLETTER = Scope("configuration-set/newsletter")
START = datetime(2026, 3, 6, 12, tzinfo=UTC)
ROWS = [(metric, before, trigger, after) for metric, ((before, trigger), after) in product(Metric, TRANSITIONS.items())]


def alert(
    metric: Metric = Metric.BOUNCE_RATE,
    before: Stage | None = None,
    trigger: Trigger = Trigger.LIMIT_EXCEEDED,
    after: Stage = Stage.PROBATION,
    scope: Scope = NEWSLETTER,
) -> Alert:
    finding = Finding(metric, after, START, START, START, START + timedelta(days=21))
    window = Rate(metric, 24, 190, START - timedelta(days=4), 7)
    since = Rate(metric, 1, 155, START, 3) if before else None
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
        measures=Measures(window, since),
    )
    return alert_of(change, Policy(), "123456789012", "eu-west-1")


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


def test_bad_news_come_with_advice_and_good_news_without() -> None:
    assert "What to do" in body(alert())
    assert "What to do" not in body(alert(before=Stage.ALMOST_HEALED, trigger=Trigger.HEALED, after=Stage.RESOLVED))


@pytest.mark.parametrize("row", ROWS, ids=str)
@pytest.mark.parametrize(
    "scope",
    [
        ACCOUNT,
        Scope("configuration-set/" + "n" * 64),
        Scope("identity/" + "sub." * 60 + "example"),
        Scope("tenant/bücher\n\r\t\x00\u202e"),
    ],
    ids=["account", "the longest configuration set", "a long domain", "hostile"],
)
def test_a_subject_is_short_and_printable_whatever_the_scope(
    scope: Scope, row: tuple[Metric, Stage | None, Trigger, Stage]
) -> None:
    line = subject(alert(*row, scope=scope))
    assert len(line) <= MAX_SUBJECT
    assert set(line) <= set(string.printable) - set("\t\n\r\x0b\x0c")
    assert METRICS[row[0]].name in line


def test_a_shortened_scope_keeps_both_its_ends() -> None:
    line = subject(alert(scope=Scope("identity/" + "sub." * 60 + "example")))
    assert "identity/sub." in line
    assert "sub.example: Healthy -> Probation" in line


def test_a_program_gets_the_whole_change_as_a_versioned_document() -> None:
    document: dict[str, Any] = msgspec.to_builtins(alert())
    assert document == {
        "version": VERSION,
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
        "limit": "0.1",
        "recommended": "0.05",
        "minimum_volume": 100,
        "volume_source": "send-events",
        "steady_hours": 24,
        "healing_hours": 168,
        "at_worst": "Shutdown",
        "window": {"rate": "0.1263", "count": 24, "eligible": 190, "hours": 7, "start": "2026-03-02T12:00:00Z"},
        "since": None,
        "period": {
            "opened": "2026-03-06T12:00:00Z",
            "measured_from": "2026-03-06T12:00:00Z",
            "ends": "2026-03-27T12:00:00Z",
        },
    }


def test_an_alert_that_waited_in_the_outbox_reads_the_same() -> None:
    told = alert()
    assert msgspec.json.decode(msgspec.json.encode(told), type=Alert) == told


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
