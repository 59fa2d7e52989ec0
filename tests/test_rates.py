"""Rates over windows, exactly."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ses_reputation.domain.counting import entries, hour_of
from ses_reputation.domain.eligibility import BESIDE_RATES, Measure
from ses_reputation.domain.events import Bounce, Complaint, Delivery, Event, Mail, Recipient, Send
from ses_reputation.domain.feedback_loops import FeedbackLoops
from ses_reputation.domain.providers import OTHER, OWN, SIMULATOR, UNSPECIFIED, AddressBook
from ses_reputation.domain.rates import (
    HourCounts,
    HourSums,
    Metric,
    Rate,
    Span,
    VolumeSource,
    decimal,
    measure,
    of_provider,
)
from ses_reputation.domain.reply_rules import ReplyClass

NOW = datetime(2026, 3, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
LONG_AGO = NOW - timedelta(days=365)
SENDS, DELIVERIES, STATISTICS = VolumeSource
BOUNCES, COMPLAINTS = Metric
LOOPS = FeedbackLoops()  # yahoo sends complaints, gmail and OTHER do not


def hour(ago: int, provider: str = "yahoo", *, backfilled: bool = False, **counts: int) -> HourCounts:
    return HourCounts(NOW - ago * HOUR, {(provider, Measure(name)): n for name, n in counts.items()}, backfilled)


def together(*hours: HourCounts) -> HourCounts:
    """One hour of several providers."""
    return replace(hours[0], counts={key: n for one in hours for key, n in one.counts.items()})


def rate(
    *hours: HourCounts,
    metric: Metric = BOUNCES,
    volume: int | None = 100,
    start: datetime = LONG_AGO,
    source: VolumeSource = SENDS,
    loops: FeedbackLoops = LOOPS,
) -> Rate:
    return measure(hours, {"it": Span(metric, start, volume)}, source, loops)["it"].rate


def test_the_window_closes_with_the_hour_that_fills_it() -> None:
    newest, filling, beyond = hour(1, sent=60, hard_bounced=1), hour(2, sent=60, hard_bounced=2), hour(3, sent=60)
    assert rate(newest, filling, beyond) == Rate(BOUNCES, 3, 120, start=filling.hour, hours=2, volume=120)


@pytest.mark.parametrize(
    ("newest", "count"),
    [pytest.param(99, 1, id="one recipient short of full"), pytest.param(100, 0, id="exactly full")],
)
def test_a_window_takes_another_hour_until_it_is_full(newest: int, count: int) -> None:
    assert rate(hour(1, sent=newest), hour(2, sent=1, hard_bounced=1)).count == count


def test_the_window_ends_at_its_start_however_little_it_holds() -> None:
    inside, outside = hour(2, sent=10), hour(3, sent=10)
    assert rate(hour(1, sent=10), inside, outside, start=inside.hour).eligible == 20


def test_a_span_without_a_volume_takes_all_mail_since_its_start() -> None:
    assert rate(*(hour(n, sent=100) for n in range(1, 50)), volume=None).eligible == 4900


def test_reading_stops_when_every_span_has_what_it_needs() -> None:
    read: list[int] = []

    def hours() -> Iterator[HourCounts]:
        for ago in range(1, 1000):
            read.append(ago)
            yield hour(ago, sent=100)

    wanted = {"window": Span(BOUNCES, LONG_AGO, 250), "since": Span(BOUNCES, NOW - 5 * HOUR)}
    windows = measure(hours(), wanted, SENDS, LOOPS)
    assert (windows["window"].rate.eligible, windows["since"].rate.eligible) == (300, 500)
    assert read[-1] == 6


def test_no_mail_is_a_rate_of_nothing() -> None:
    nothing = rate()
    assert nothing == Rate(BOUNCES, count=0, eligible=0, start=None, hours=0, volume=0)
    for fraction in ("fraction", "plain"):
        with pytest.raises(ZeroDivisionError):
            getattr(nothing, fraction)


COUNTS = {
    Measure.SENT: 100,
    Measure.DELIVERED: 70,
    Measure.HARD_BOUNCED: 6,
    Measure.SOFT_BOUNCED: 4,
    Measure.NOT_ATTEMPTED: 20,
    Measure.COMPLAINED: 3,
    Measure.NOT_SPAM: 7,
    Measure.COMPLAINED_UNSENT: 9,
    Measure.REPORTED: 50,
}


def everything(provider: str = "yahoo", *, backfilled: bool = False) -> HourCounts:
    return HourCounts(NOW, {(provider, measure): n for measure, n in COUNTS.items()}, backfilled)


@pytest.mark.parametrize(
    ("source", "backfilled", "volume"),
    [
        pytest.param(SENDS, False, 80, id="what was sent, less what was never attempted"),
        pytest.param(DELIVERIES, False, 80, id="what was delivered or bounced"),
        pytest.param(STATISTICS, False, 30, id="what SES reports, less what was never attempted"),
        pytest.param(SENDS, True, 30, id="from before events were connected: what SES reports"),
        pytest.param(DELIVERIES, True, 30, id="the same, wherever the volume is from since"),
    ],
)
def test_the_volume_comes_from_its_source(source: VolumeSource, *, backfilled: bool, volume: int) -> None:
    counted = everything(backfilled=backfilled)
    assert counted.sums(BOUNCES, source, LOOPS) == HourSums(counted.hour, 6, 100 * volume, volume)
    assert counted.sums(COMPLAINTS, source, LOOPS) == HourSums(counted.hour, 3, 100 * volume, volume)


@pytest.mark.parametrize("left_out", [SIMULATOR, OWN])
@pytest.mark.parametrize(("source", "metric"), list(product(VolumeSource, Metric)))
def test_recipients_that_are_left_out_add_nothing(left_out: str, source: VolumeSource, metric: Metric) -> None:
    only_left_out = everything(left_out)
    assert only_left_out.sums(metric, source, LOOPS) == HourSums(only_left_out.hour, 0, 0, 0)
    assert only_left_out.total(Measure.SENT) == 0
    assert together(only_left_out, hour(1, sent=5)).total(Measure.SENT) == 5


def test_an_hour_can_take_back_more_than_it_adds() -> None:
    """SES announced a Send in an hour before, and says only now that it did not try."""
    correcting = hour(1, sent=2, not_attempted=5)
    assert correcting.sums(BOUNCES, SENDS, LOOPS) == HourSums(correcting.hour, 0, -300, -3)
    assert rate(correcting, hour(2, sent=99), hour(3, sent=10, hard_bounced=1)).fraction == Fraction(1, 106)


def test_a_window_holds_events_and_backfilled_hours_alike() -> None:
    backfilled = hour(2, UNSPECIFIED, backfilled=True, reported=60, hard_bounced=3, sent=1000)
    assert rate(hour(1, sent=40, hard_bounced=1, reported=1000), backfilled).fraction == Fraction(4, 100)


@pytest.mark.parametrize(
    ("metric", "eligible"),
    [
        pytest.param(BOUNCES, 400, id="all of it, for bounces"),
        pytest.param(COMPLAINTS, 130, id="that to providers that send complaints, and a share of the unknown"),
    ],
)
def test_mail_is_eligible_by_whom_it_goes_to(metric: Metric, eligible: int) -> None:
    loops = FeedbackLoops(feedback_share=30)
    providers = ("yahoo", "gmail", OTHER, UNSPECIFIED)
    mixed = together(*(hour(1, provider, sent=100) for provider in providers))
    assert rate(mixed, metric=metric, volume=1000, loops=loops).eligible == eligible
    assert rate(mixed, metric=metric, volume=1000, loops=loops).volume == 400


@pytest.mark.parametrize(
    ("hours", "eligible"),
    [
        pytest.param(1, 0, id="a third of one recipient"),
        pytest.param(3, 0, id="99 hundredths"),
        pytest.param(4, 1, id="132 hundredths"),
        pytest.param(100, 33, id="33 whole recipients"),
    ],
)
def test_a_share_is_rounded_down_over_the_window_and_not_in_each_hour(hours: int, eligible: int) -> None:
    each = (hour(n, UNSPECIFIED, reported=1) for n in range(hours))
    share = FeedbackLoops(feedback_share=33)
    measured = rate(*each, metric=COMPLAINTS, volume=None, source=STATISTICS, loops=share)
    assert (measured.eligible, measured.volume) == (eligible, hours)


def test_a_complaint_window_is_filled_by_all_mail_and_not_only_by_that_which_is_eligible() -> None:
    newest = together(hour(1, "gmail", sent=60), hour(1, sent=40, complained=1))
    measured = rate(newest, hour(2, sent=40, complained=1), metric=COMPLAINTS)
    assert measured == Rate(COMPLAINTS, 1, 40, start=newest.hour, hours=1, volume=100)


def test_mail_to_gmail_does_not_lower_the_complaint_rate() -> None:
    """60 % Gmail: SES's rate is 2.5 times the one that most senders see."""
    mail = together(hour(1, "gmail", sent=6000), hour(1, sent=4000, complained=10))
    measured = rate(mail, metric=COMPLAINTS, volume=10_000)
    assert (measured.plain, measured.fraction) == (Fraction(1, 1000), Fraction(5, 2) * Fraction(1, 1000))


def test_complaints_are_in_the_complaint_rate_alone() -> None:
    both = hour(1, sent=1000, hard_bounced=7, complained=2)
    assert [rate(both, metric=metric).count for metric in Metric] == [7, 2]


def test_a_providers_hours_are_the_accounts_less_everybody_elses() -> None:
    both = together(hour(1, "gmail", sent=2), hour(1, sent=3))
    backfilled = together(hour(2, "gmail", sent=4, backfilled=True), hour(2, sent=1))
    assert list(of_provider("gmail", [both, backfilled, hour(3, sent=4)])) == [
        hour(1, "gmail", sent=2),
        hour(2, "gmail", sent=4, backfilled=True),
    ]


@pytest.mark.parametrize(
    ("count", "eligible", "text"),
    [
        pytest.param(1052, 10476, "0.1004", id="what SES told one real account"),
        (0, 7, "0.0000"),
        (7, 7, "1.0000"),
        pytest.param(1, 20_000, "0.0001", id="half of the last place rounds up"),
        pytest.param(1, 20_001, "0.0000", id="just under half rounds down"),
        pytest.param(9, 4, "2.2500", id="more bounces than mail"),
    ],
)
def test_a_rate_is_written_with_four_places(count: int, eligible: int, text: str) -> None:
    assert decimal(Rate(BOUNCES, count, eligible).fraction) == text


few = st.integers(min_value=0, max_value=2000)


@given(st.lists(st.tuples(few, few), max_size=30), st.integers(min_value=1, max_value=5000))
def test_a_window_is_the_shortest_run_of_the_newest_hours_that_holds_the_volume(
    rows: list[tuple[int, int]], volume: int
) -> None:
    measured = rate(*(hour(ago, sent=s, hard_bounced=b) for ago, (s, b) in enumerate(rows, start=1)), volume=volume)
    runs = [(sum(s for s, _ in rows[:n]), sum(b for _, b in rows[:n])) for n in range(len(rows) + 1)]
    expected = next((run for run in runs if run[0] >= volume), runs[-1])
    while len(runs) > 1 and runs[-1][0] == runs[-2][0]:
        runs.pop()  # Older than the first mail there are bounces of nothing.
    assert (measured.eligible, measured.count) == min(expected, runs[-1])


def test_bounces_from_before_the_first_mail_that_was_reported_are_in_no_rate() -> None:
    """The source was changed, or Send events were connected after the bounces."""
    connected = [hour(1, sent=100, hard_bounced=2), hour(2, sent=0, hard_bounced=3), hour(3, sent=50, hard_bounced=1)]
    before = [hour(ago, hard_bounced=40) for ago in range(4, 20)]
    measured = rate(*connected, *before, volume=10_000)
    assert (measured.count, measured.eligible, measured.hours) == (6, 150, 2)


BOOK = AddressBook(identities=frozenset({"shop.example"}))
MAIL = Mail("m-1")
REAL = ["a@yahoo.com", "b@yahoo.com", "c@gmail.com", "d@x.example"]
NOT_REAL = ["bounce@simulator.amazonses.com", "complaint+1@simulator.amazonses.com", "me@shop.example"]


def event(kind: str, time: datetime, addresses: Iterable[str]) -> Event:
    recipients = tuple(Recipient(address) for address in addresses)
    match kind:
        case "send":
            return Send(MAIL, time, recipients)
        case "delivery":
            return Delivery(MAIL, time, recipients)
        case "complaint":
            return Complaint(MAIL, time, recipients)
        case _:
            return Bounce(MAIL, time, recipients, *kind.split("/"))


def counted(events: Iterable[Event]) -> list[HourCounts]:
    """The hours of these events, newest first."""
    hours: dict[datetime, dict[tuple[str, Measure], int]] = {}
    for one in events:
        for entry in entries(one, BOOK):
            into = hours.setdefault(hour_of(entry.time), {})
            for key, n in entry.increments.items():
                into[key] = into.get(key, 0) + n
    return [HourCounts(at, hours[at]) for at in sorted(hours, reverse=True)]


mixes = st.lists(
    st.tuples(
        st.sampled_from(["send", "send", "delivery", "complaint", "Permanent/General", "Transient/MailboxFull"])
        | st.just("Permanent/OnAccountSuppressionList"),
        st.integers(min_value=0, max_value=6).map(lambda ago: NOW - ago * HOUR),
        st.lists(st.sampled_from(REAL + NOT_REAL), min_size=1, max_size=5),
    ),
    max_size=30,
)


@given(mixes, st.integers(min_value=1, max_value=30))
def test_mail_to_the_simulator_or_to_oneself_changes_no_rate(
    mix: list[tuple[str, datetime, list[str]]], volume: int
) -> None:
    real = [(kind, time, [a for a in addresses if a in REAL]) for kind, time, addresses in mix]
    with_it = counted(event(*row) for row in mix)
    without = counted(event(*row) for row in real if row[2])
    for metric, source in product(Metric, VolumeSource):
        one, other = (rate(*hours, metric=metric, source=source, volume=volume) for hours in (with_it, without))
        assert (one.count, one.eligible, one.volume) == (other.count, other.eligible, other.volume)


@given(
    st.lists(st.tuples(few, few), min_size=1, max_size=10),
    st.integers(min_value=0, max_value=9),
    st.sampled_from([(SENDS, 1000), (SENDS, None), (STATISTICS, 1000), (DELIVERIES, None)]),
)
def test_one_more_bounce_never_lowers_the_bounce_rate(
    rows: list[tuple[int, int]], where: int, how: tuple[VolumeSource, int | None]
) -> None:
    """Over delivery events a bounce is volume too, which may fill a window: there, all mail is compared."""
    source, volume = how
    hours = [hour(n, sent=s, reported=s, delivered=s, hard_bounced=b) for n, (s, b) in enumerate(rows, start=1)]
    at = where % len(hours)
    more = {**hours[at].counts, ("yahoo", Measure.HARD_BOUNCED): rows[at][1] + 1}
    worse = [*hours[:at], replace(hours[at], counts=more), *hours[at + 1 :]]
    before, after = (rate(*these, source=source, volume=volume) for these in (hours, worse))
    if before.eligible:
        assert after.fraction >= before.fraction


def test_what_servers_replied_is_told_by_class_and_provider() -> None:
    counted = together(
        hour(0, "yahoo", sent=10, hard_bounced=2, reply_spam_block=3, delayed=1),
        hour(0, "gmail", sent=10, reply_spam_block=4, reply_user_unknown=1),
        hour(0, SIMULATOR, reply_spam_block=5),
        hour(0, OWN, reply_spam_block=6),
    )
    assert counted.of_class(ReplyClass.SPAM_BLOCK) == 7
    assert counted.of_class(ReplyClass.SPAM_BLOCK, "gmail") == 4
    assert counted.of_class(ReplyClass.SPAM_BLOCK, SIMULATOR) == 0, "is in nothing"
    assert counted.of_class(ReplyClass.BLOCKLIST) == counted.of_class(ReplyClass.BLOCKLIST, "gmail") == 0


@pytest.mark.parametrize(("metric", "source"), list(product(Metric, VolumeSource)))
def test_what_servers_replied_moves_no_rate(metric: Metric, source: VolumeSource) -> None:
    plain = hour(0, "yahoo", sent=10, delivered=9, reported=10, hard_bounced=1, complained=1)
    replied = together(plain, HourCounts(NOW, {("yahoo", measure): 7 for measure in BESIDE_RATES}))
    assert replied.sums(metric, source, LOOPS) == plain.sums(metric, source, LOOPS)
