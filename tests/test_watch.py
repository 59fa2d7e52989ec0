"""watch_ses over fakes: what SES says is kept, what changed is told once, and one part that fails stops no other."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import NoReturn

import pytest
from msgspec.structs import replace

from ses_reputation.domain.counting import Cell
from ses_reputation.domain.news import News
from ses_reputation.domain.rates import VolumeSource
from ses_reputation.domain.scopes import ACCOUNT, Scope
from ses_reputation.domain.statistics import STATISTICS_AGE, Reported, SesMetric
from ses_reputation.domain.verdict import SesRate, Verdict
from ses_reputation.notices.alert import Alert, SesAlert, ses_alert_of
from ses_reputation.watch import (
    CORRECTED_FOR,
    MISSING_FOR,
    AccountFacts,
    Rates,
    SesNotRead,
    StatisticsTaken,
    Verification,
    VersionedVerdict,
    Watched,
    watch_ses,
)

NOON = datetime(2026, 3, 6, 12, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
NEWSLETTER = Scope("configuration-set/newsletter")
FINE = AccountFacts("HEALTHY", sending_enabled=True, daily_quota=50_000, sent_last_day=7, vdm_enabled=False)
BOUNCES, COMPLAINTS = SesRate("0.031", NOON - HOUR), SesRate("0.0004", NOON - HOUR)


class FakeSes:
    """An account that can be told to fail at any question."""

    def __init__(self) -> None:
        self.facts = FINE
        self.identities = frozenset({"shop.example"})
        self.undecided: frozenset[str] = frozenset()
        self.rates: dict[Scope, Rates] = {ACCOUNT: (BOUNCES, COMPLAINTS)}
        self.hours: dict[Scope, dict[datetime, Reported]] = {ACCOUNT: {}}
        self.share: int | None = 61
        self.asked: list[str] = []
        self.failing: set[str] = set()

    def verification(self) -> Verification:
        self._answer("verification")
        return Verification(self.identities, self.undecided)

    def account(self) -> AccountFacts:
        self._answer("account")
        return self.facts

    def publishing(self, metric: SesMetric) -> frozenset[Scope]:
        self._answer("publishing")
        return frozenset(self.hours if metric is SesMetric.SENT else self.rates)

    def reputation_rates(self, scopes: Collection[Scope], now: datetime) -> Mapping[Scope, Rates]:
        self._answer("reputation_rates")
        assert now >= BOUNCES.time
        return {scope: self.rates.get(scope, (None, None)) for scope in scopes}

    def send_statistics(self) -> Mapping[datetime, Reported]:
        self._answer("send_statistics")
        return self.hours[ACCOUNT]

    def hourly_sent(
        self, scopes: Collection[Scope], start: datetime, end: datetime
    ) -> Mapping[Scope, Mapping[datetime, Reported]]:
        self._answer("hourly_sent")
        return {scope: {h: r for h, r in self.hours[scope].items() if start <= h < end} for scope in scopes}

    def feedback_share(self, now: datetime) -> int | None:
        self._answer("feedback_share")
        assert now >= NOON
        return self.share

    def _answer(self, question: str) -> None:
        self.asked.append(question)
        if question in self.failing:
            raise PermissionError(f"not allowed: {question}")


class FakeStandings:
    """All that watch_ses writes to: what a run wrote is in `log`."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.verified: frozenset[str] = frozenset()
        self.counted: dict[tuple[Scope, datetime], int] = {}
        self.kept: dict[Scope, VersionedVerdict] = {}
        self.history: list[News] = []
        self.outbox: list[Alert] = []
        self.share: int | None = None
        self.since: datetime | None = None
        self.read_until: datetime | None = None
        self.overtaken = False

    def read(self) -> frozenset[str]:
        return self.verified

    def write(self, identities: frozenset[str]) -> None:
        self.log += sorted(f"identity {name}" for name in identities ^ self.verified)
        self.verified = identities

    def reported(self, scope: Scope, start: datetime) -> Mapping[datetime, int]:
        return {hour: n for (about, hour), n in self.counted.items() if about == scope and hour >= start}

    def write_reported(self, scope: Scope, hours: Mapping[datetime, int]) -> None:
        for hour, n in hours.items():
            self.counted[scope, hour] = n
            self.log.append(f"{scope} {hour:%d %H}h {n}")

    def versioned_verdicts(self) -> Mapping[Scope, VersionedVerdict]:
        return dict(self.kept)

    def write_verdict(self, verdict: Verdict, version: int, news: Sequence[News], alerts: Sequence[Alert]) -> bool:
        if self.overtaken or self.kept.get(verdict.scope, VersionedVerdict()).version != version:
            return False
        self.kept[verdict.scope] = VersionedVerdict(verdict, version + 1)
        self.history += news
        self.outbox += alerts
        self.log.append(f"verdict {verdict.scope}")
        return True

    def write_feedback_share(self, percent: int) -> None:
        self.share = percent

    def forget_feedback_share(self) -> None:
        self.share = None

    def statistics_taken(self, first: datetime) -> StatisticsTaken:
        self.since = self.since or first
        return StatisticsTaken(self.since, self.read_until)

    def write_statistics_read(self, time: datetime) -> None:
        self.read_until = time
        self.log.append("statistics read")

    def mark(self, counted: Collection[Cell]) -> None:
        self.log.append(f"due {' '.join(sorted(f'{scope} {hour:%d %Hh}' for scope, hour in counted))}")


def watch(
    ses: FakeSes,
    kept: FakeStandings,
    now: datetime = NOON,
    source: VolumeSource = VolumeSource.SEND_EVENTS,
) -> Watched:
    return watch_ses(
        now,
        source,
        ses=ses,
        identities=kept,
        statistics=kept,
        verdicts=kept,
        due=kept,
        to_alert=partial(ses_alert_of, account="123456789012", region="eu-west-1"),
    )


def statistics(ses: FakeSes, kept: FakeStandings, now: datetime) -> Watched:
    return watch(ses, kept, now, VolumeSource.STATISTICS)


def started(since: datetime = NOON, read_until: datetime | None = None) -> FakeStandings:
    """Standings that know statistics from an hour on."""
    kept = FakeStandings()
    kept.since, kept.read_until = since, read_until
    return kept


@pytest.fixture
def ses() -> FakeSes:
    return FakeSes()


def test_the_verified_identities_are_kept(ses: FakeSes) -> None:
    kept = FakeStandings()
    assert watch(ses, kept).identities == 1
    assert kept.verified == {"shop.example"}


@pytest.mark.parametrize(
    ("undecided", "known"),
    [
        pytest.param({"shop.example"}, {"shop.example"}, id="one that was verified stays"),
        pytest.param({"shop.example", "new.example"}, {"shop.example"}, id="one that never was is not"),
        pytest.param(set(), set(), id="one that is verified no longer goes"),
    ],
)
def test_an_identity_of_which_ses_cannot_tell_stays_what_it_was(
    ses: FakeSes, undecided: set[str], known: set[str]
) -> None:
    kept = FakeStandings()
    watch(ses, kept, NOON)
    ses.identities, ses.undecided = frozenset({"mail.example"}), frozenset(undecided)
    assert watch(ses, kept, NOON + HOUR).identities == 1 + len(known)
    assert kept.verified == {"mail.example"} | known


def test_the_most_urgent_questions_come_first(ses: FakeSes) -> None:
    kept = started()
    ses.facts = replace(FINE, vdm_enabled=True)
    ses.hours[ACCOUNT] = {NOON: Reported(9)}
    statistics(ses, kept, NOON + HOUR)
    assert ses.asked == [
        "account",
        "publishing",
        "reputation_rates",
        "feedback_share",
        "verification",
        "send_statistics",
        "publishing",
        "hourly_sent",
    ]
    assert kept.log[:2] == ["verdict account", "identity shop.example"]


def test_a_second_run_for_the_same_moment_writes_nothing(ses: FakeSes) -> None:
    kept = started(NOON - 5 * HOUR)
    ses.rates[NEWSLETTER] = (BOUNCES, None)
    ses.hours = {ACCOUNT: {NOON - HOUR: Reported(9)}, NEWSLETTER: {NOON - HOUR: Reported(3)}}
    ses.facts = replace(FINE, enforcement="PROBATION")
    assert statistics(ses, kept, NOON) == Watched(identities=1, verdicts=2, news=1, hours=2)
    kept.log.clear()
    assert statistics(ses, kept, NOON) == Watched(identities=1)
    assert kept.log == []


def test_a_run_that_comes_late_does_not_replace_a_later_verdict(ses: FakeSes) -> None:
    kept = FakeStandings()
    watch(ses, kept, NOON)
    ses.facts = replace(FINE, enforcement="PROBATION")
    assert watch(ses, kept, NOON - HOUR).verdicts == 0
    assert kept.kept[ACCOUNT].verdict == Verdict(
        ACCOUNT, NOON, BOUNCES, COMPLAINTS, "HEALTHY", sending_enabled=True, daily_quota=50_000, sent_last_day=7
    )


def test_a_first_verdict_that_is_good_is_no_news(ses: FakeSes) -> None:
    kept = FakeStandings()
    assert watch(ses, kept).news == 0
    assert (kept.history, kept.outbox) == ([], [])


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param(replace(FINE, enforcement="PROBATION"), id="a probation"),
        pytest.param(replace(FINE, enforcement="SHUTDOWN", sending_enabled=False), id="a shutdown"),
        pytest.param(replace(FINE, sending_enabled=False), id="sending is off"),
    ],
)
@pytest.mark.parametrize("runs_before", [0, 1], ids=["at first", "later"])
def test_what_is_bad_is_told_once(ses: FakeSes, facts: AccountFacts, runs_before: int) -> None:
    kept = FakeStandings()
    for run in range(runs_before):
        watch(ses, kept, NOON - HOUR + run * MINUTE)
    ses.facts = facts
    assert watch(ses, kept, NOON).news == 1
    assert watch(ses, kept, NOON + HOUR).news == 0
    (alert,) = kept.outbox
    assert isinstance(alert, SesAlert)
    assert (alert.id, alert.account, alert.region) == (kept.history[0].id, "123456789012", "eu-west-1")
    told = alert.verdict_after
    assert (told.enforcement, told.sending_enabled) == (facts.enforcement, facts.sending_enabled)


def test_the_end_of_a_probation_is_told_too(ses: FakeSes) -> None:
    kept = FakeStandings()
    ses.facts = replace(FINE, enforcement="PROBATION")
    watch(ses, kept, NOON)
    ses.facts = FINE
    assert watch(ses, kept, NOON + HOUR).news == 1
    assert len(kept.outbox) == 2


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param(replace(FINE, enforcement=None), id="no status"),
        pytest.param(replace(FINE, sending_enabled=None), id="not whether it may send"),
        pytest.param(replace(FINE, enforcement=None, sending_enabled=None), id="neither"),
    ],
)
@pytest.mark.parametrize("known", ["HEALTHY", "SHUTDOWN"])
def test_what_ses_does_not_tell_any_longer_is_still_as_it_was_and_no_news(
    ses: FakeSes, known: str, facts: AccountFacts
) -> None:
    kept = FakeStandings()
    sending = known == "HEALTHY"
    ses.facts = replace(FINE, enforcement=known, sending_enabled=sending)
    watch(ses, kept, NOON)
    told = len(kept.history)
    ses.facts = replace(
        facts,
        enforcement=facts.enforcement and known,
        sending_enabled=None if facts.sending_enabled is None else sending,
        sent_last_day=8,
    )
    assert watch(ses, kept, NOON + HOUR).news == 0
    verdict = kept.kept[ACCOUNT].verdict
    assert verdict
    assert (verdict.enforcement, verdict.sending_enabled, verdict.sent_last_day) == (known, sending, 8)
    assert len(kept.history) == len(kept.outbox) == told


def test_an_account_of_which_ses_never_told_a_status_is_no_news(ses: FakeSes) -> None:
    kept = FakeStandings()
    ses.facts = replace(FINE, enforcement=None, sending_enabled=None)
    assert watch(ses, kept, NOON).news == 0
    ses.facts = FINE
    assert watch(ses, kept, NOON + HOUR).news == 0
    ses.facts = replace(FINE, enforcement="PROBATION")
    assert watch(ses, kept, NOON + 2 * HOUR).news == 1


def test_what_somebody_else_told_at_the_same_time_is_not_told_again(ses: FakeSes) -> None:
    kept = FakeStandings()
    kept.overtaken = True
    ses.facts = replace(FINE, enforcement="PROBATION")
    assert watch(ses, kept) == Watched(identities=1)
    assert kept.outbox == []


def test_configuration_sets_that_publish_rates_have_a_verdict_without_a_status(ses: FakeSes) -> None:
    kept = FakeStandings()
    ses.rates[NEWSLETTER] = (BOUNCES, None)
    assert watch(ses, kept).verdicts == 2
    assert kept.kept[NEWSLETTER].verdict == Verdict(NEWSLETTER, NOON, BOUNCES, None)
    assert kept.history == []


def test_rates_that_are_published_no_longer_are_not_kept(ses: FakeSes) -> None:
    kept = FakeStandings()
    watch(ses, kept, NOON)
    ses.rates.clear()
    watch(ses, kept, NOON + HOUR)
    verdict = kept.kept[ACCOUNT].verdict
    assert verdict
    assert (verdict.bounce_rate, verdict.complaint_rate) == (None, None)


def test_the_feedback_share_is_kept_where_the_deliverability_manager_is_on(ses: FakeSes) -> None:
    kept = FakeStandings()
    ses.facts = replace(FINE, vdm_enabled=True)
    watch(ses, kept)
    assert kept.share == 61


def test_a_share_of_nothing_does_not_replace_what_was_measured(ses: FakeSes) -> None:
    kept = FakeStandings()
    kept.share = 61
    ses.facts, ses.share = replace(FINE, vdm_enabled=True), None
    watch(ses, kept)
    assert kept.share == 61


def test_without_the_deliverability_manager_nobody_asks_it_and_its_share_is_forgotten(ses: FakeSes) -> None:
    kept = FakeStandings()
    kept.share = 61
    watch(ses, kept)
    assert kept.share is None
    assert "feedback_share" not in ses.asked


@pytest.mark.parametrize("source", [VolumeSource.SEND_EVENTS, VolumeSource.DELIVERY_EVENTS])
def test_statistics_are_read_only_if_rates_are_divided_by_them(ses: FakeSes, source: VolumeSource) -> None:
    kept = started(NOON - HOUR)
    ses.hours[ACCOUNT] = {NOON - HOUR: Reported(9)}
    assert watch(ses, kept, source=source).hours == 0
    assert not {"send_statistics", "hourly_sent"} & {*ses.asked}


@pytest.mark.parametrize(
    ("first_run", "since"),
    [
        pytest.param(NOON, NOON, id="at a full hour, from there on"),
        pytest.param(NOON + MINUTE, NOON + HOUR, id="within an hour, from the next on"),
    ],
)
def test_statistics_begin_at_the_full_hour_after_the_first_run(
    ses: FakeSes, first_run: datetime, since: datetime
) -> None:
    kept = FakeStandings()
    ses.hours[ACCOUNT] = {NOON + n * HOUR: Reported(10 + n) for n in range(-2, 4)}
    assert statistics(ses, kept, first_run).hours == 0
    statistics(ses, kept, NOON + 3 * HOUR)
    assert kept.since == since
    assert min(hour for _, hour in kept.counted) == since
    assert max(hour for _, hour in kept.counted) == NOON + 2 * HOUR, "what is sent after the moment is not known yet"


def test_hours_that_are_long_over_are_not_read_again(ses: FakeSes) -> None:
    kept = started(NOON - 30 * HOUR - CORRECTED_FOR, NOON)
    ses.hours[ACCOUNT] = {NOON - CORRECTED_FOR - n * HOUR: Reported(10) for n in (-1, 0, 1)}
    statistics(ses, kept, NOON + 59 * MINUTE)
    assert {hour for _, hour in kept.counted} == {NOON - CORRECTED_FOR, NOON - CORRECTED_FOR + HOUR}


LONG_AGO = NOON - 99 * timedelta(days=1)


@pytest.mark.parametrize(
    ("since", "read", "first"),
    [
        pytest.param(LONG_AGO, NOON - 15 * MINUTE, NOON - CORRECTED_FOR, id="a run ago: what may be corrected"),
        pytest.param(
            LONG_AGO, NOON - 72 * HOUR, NOON - 72 * HOUR - MISSING_FOR, id="after an outage: what was not told yet then"
        ),
        pytest.param(
            LONG_AGO, NOON - 20 * 24 * HOUR, NOON - STATISTICS_AGE, id="after a long outage: what SES still tells"
        ),
        pytest.param(NOON - 72 * HOUR, None, NOON - 72 * HOUR, id="never: all from the first run on"),
        pytest.param(
            NOON - 72 * HOUR, NOON - 71 * HOUR, NOON - 72 * HOUR, id="soon after the first run: not before it"
        ),
    ],
)
def test_statistics_are_taken_from_where_no_run_has_read_them(
    ses: FakeSes, since: datetime, read: datetime | None, first: datetime
) -> None:
    kept = started(since, read)
    ses.hours[ACCOUNT] = {NOON - n * HOUR: Reported(10) for n in range(24 * 30)}
    statistics(ses, kept, NOON)
    assert min(hour for _, hour in kept.counted) == first
    assert kept.read_until == NOON


def test_an_hour_that_ses_tells_no_longer_in_full_is_not_taken(ses: FakeSes) -> None:
    kept = started(LONG_AGO)
    ses.hours[ACCOUNT] = {NOON - n * HOUR: Reported(10) for n in range(24 * 30)}
    statistics(ses, kept, NOON + 15 * MINUTE)
    assert min(hour for _, hour in kept.counted) == NOON + HOUR - STATISTICS_AGE


@pytest.mark.parametrize("question", ["send_statistics", "publishing", "hourly_sent"])
def test_statistics_of_which_a_part_is_missing_are_read_again(ses: FakeSes, question: str) -> None:
    kept = started(LONG_AGO, NOON - 72 * HOUR)
    ses.hours[NEWSLETTER] = {}
    ses.failing = {question}
    with pytest.raises(SesNotRead):
        statistics(ses, kept, NOON)
    assert kept.read_until == NOON - 72 * HOUR


def test_a_run_that_comes_late_does_not_take_back_what_was_read(ses: FakeSes) -> None:
    kept = started(LONG_AGO, NOON)
    statistics(ses, kept, NOON - HOUR)
    assert kept.read_until == NOON


def test_an_hour_that_grows_is_written_again_and_its_scope_is_due(ses: FakeSes) -> None:
    kept = started()
    ses.hours = {ACCOUNT: {NOON: Reported(9)}, NEWSLETTER: {NOON: Reported(3)}}
    statistics(ses, kept, NOON + 15 * MINUTE)
    kept.log.clear()
    ses.hours[ACCOUNT] = {NOON: Reported(12)}
    assert statistics(ses, kept, NOON + 30 * MINUTE).hours == 1
    assert kept.log == [
        "verdict account",
        "due account 06 12h",
        "account 06 12h 12",
        "due account 06 12h",
        "statistics read",
    ]


@pytest.mark.parametrize("told", [0, 8, 9], ids=["nothing", "less", "as much"])
def test_an_hour_that_did_not_grow_is_no_news(ses: FakeSes, told: int) -> None:
    kept = started()
    kept.counted[ACCOUNT, NOON] = 9
    ses.hours[ACCOUNT] = {NOON: Reported(told, bounced=1)}
    assert statistics(ses, kept, NOON + HOUR).hours == 0
    assert kept.counted == {(ACCOUNT, NOON): 9}
    assert not [line for line in kept.log if line.startswith("due")]


def test_scopes_are_due_before_and_after_their_counts_are_written(ses: FakeSes) -> None:
    kept = started()
    ses.hours = {ACCOUNT: {NOON: Reported(9)}, NEWSLETTER: {NOON: Reported(3)}}
    statistics(ses, kept, NOON + HOUR)
    assert kept.log == [
        "verdict account",
        "identity shop.example",
        "due account 06 12h",
        "account 06 12h 9",
        "due account 06 12h",
        "due configuration-set/newsletter 06 12h",
        "configuration-set/newsletter 06 12h 3",
        "due configuration-set/newsletter 06 12h",
        "statistics read",
    ]


def test_what_was_written_before_a_failure_is_due_all_the_same(ses: FakeSes) -> None:
    """The next run finds it written, and will not mark it."""

    class Refusing(FakeStandings):
        def write_reported(self, scope: Scope, hours: Mapping[datetime, int]) -> None:
            super().write_reported(scope, {hour: n for hour, n in hours.items() if hour == NOON})
            raise TimeoutError("no answer")

    kept = Refusing()
    kept.since = NOON
    ses.hours[ACCOUNT] = {NOON: Reported(9), NOON + HOUR: Reported(9)}
    with pytest.raises(SesNotRead, match="the account's statistics: no answer"):
        statistics(ses, kept, NOON + 2 * HOUR)
    assert "due account 06 12h account 06 13h" in kept.log


def test_an_account_whose_identities_cannot_be_read_keeps_those_it_has(ses: FakeSes) -> None:
    kept = FakeStandings()
    watch(ses, kept, NOON)
    ses.failing = {"verification"}
    ses.identities = frozenset()
    with pytest.raises(SesNotRead, match="the verified identities: not allowed"):
        watch(ses, kept, NOON + HOUR)
    assert kept.verified == {"shop.example"}


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("verification", {"identities"}),
        ("send_statistics", {"account's hours", "statistics read"}),
        ("hourly_sent", {"newsletter's hours", "statistics read"}),
        ("publishing", {"newsletter's hours", "newsletter's verdict", "statistics read"}),
        ("account", {"account's verdict", "share"}),
        ("reputation_rates", {"newsletter's verdict"}),
        ("feedback_share", {"share"}),
    ],
)
def test_one_part_that_fails_is_named_and_stops_no_other(ses: FakeSes, question: str, missing: set[str]) -> None:
    kept = started()
    ses.failing = {question}
    ses.facts = replace(FINE, vdm_enabled=True)
    ses.rates[NEWSLETTER] = (BOUNCES, None)
    ses.hours = {ACCOUNT: {NOON: Reported(9)}, NEWSLETTER: {NOON: Reported(3)}}
    with pytest.raises(SesNotRead, match=f"not allowed: {question}"):
        statistics(ses, kept, NOON + HOUR)
    parts = {
        "identities": kept.verified,
        "account's hours": (ACCOUNT, NOON) in kept.counted,
        "newsletter's hours": (NEWSLETTER, NOON) in kept.counted,
        "account's verdict": ACCOUNT in kept.kept,
        "newsletter's verdict": NEWSLETTER in kept.kept,
        "share": kept.share,
        "statistics read": kept.read_until,
    }
    assert {part for part, was_kept in parts.items() if not was_kept} == missing


def test_all_that_failed_is_named(ses: FakeSes) -> None:
    ses.failing = {"verification", "account"}
    with pytest.raises(SesNotRead) as raised:
        watch(ses, FakeStandings())
    assert str(raised.value) == (
        "the account's status: not allowed: account; the verified identities: not allowed: verification"
    )
    assert isinstance(raised.value.__cause__, PermissionError)


def test_a_status_is_told_though_the_rates_cannot_be_read_and_the_known_rates_stay(ses: FakeSes) -> None:
    kept = FakeStandings()
    watch(ses, kept, NOON)
    ses.failing = {"reputation_rates"}
    ses.facts = replace(FINE, enforcement="PROBATION")
    with pytest.raises(SesNotRead):
        watch(ses, kept, NOON + HOUR)
    verdict = kept.kept[ACCOUNT].verdict
    assert verdict
    assert (verdict.enforcement, verdict.bounce_rate, verdict.complaint_rate) == ("PROBATION", BOUNCES, COMPLAINTS)
    assert len(kept.outbox) == 1


def test_without_a_beginning_no_statistics_are_written(ses: FakeSes) -> None:
    class Lost(FakeStandings):
        def statistics_taken(self, first: datetime) -> NoReturn:
            raise TimeoutError(f"no answer about {first}")

    kept = Lost()
    ses.hours[ACCOUNT] = {NOON - HOUR: Reported(9)}
    with pytest.raises(SesNotRead, match="the beginning of the statistics"):
        statistics(ses, kept, NOON)
    assert kept.counted == {}
    assert ACCOUNT in kept.kept
