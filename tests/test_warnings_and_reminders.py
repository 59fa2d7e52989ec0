"""What people are told though no status has changed: a rate near its limit, a period that ends, a review that waits."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from msgspec.structs import replace

from ses_reputation.domain.assessment import assess
from ses_reputation.domain.categories import Category
from ses_reputation.domain.changes import Change, EarlyWarning, EvidenceAdded, Reminder, ReminderKind
from ses_reputation.domain.decisions import ChangesMade, Command, Decide, Decision, Report, carry_out
from ses_reputation.domain.lifecycle import STAGE_STATUS, Stage, Status
from ses_reputation.domain.news import News
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import Metric, Rate
from ses_reputation.domain.scopes import ACCOUNT, Scope, ScopeKind
from ses_reputation.domain.standing import Act, Actor, Finding, Measures, Standing
from ses_reputation.domain.verdict import SesRate, Verdict, verdict_change

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
POLICY = Policy()
END = START + POLICY.probation
NEWSLETTER = Scope("configuration-set/newsletter")
REVIEWED = replace(POLICY, human_review=frozenset(ScopeKind))

GOOD, BAD = (1, 1000), (200, 1000)
RECOMMENDED = (50, 1000)  # At the recommended value, under the limit.


def measures(
    window: tuple[int, int], since: tuple[int, int] | None = None, complaints: int = 0
) -> Mapping[Metric, Measures]:
    """A bounce rate over the window, and since the probation began; complaints, if any, about the same mail."""
    bounces = [Rate(Metric.BOUNCE_RATE, *pair) if pair else None for pair in (window, since)]
    assert bounces[0]
    return {
        Metric.BOUNCE_RATE: Measures(bounces[0], bounces[1]),
        Metric.COMPLAINT_RATE: Measures(Rate(Metric.COMPLAINT_RATE, complaints, window[1])),
    }


class Sender:
    """One scope, judged again and again."""

    def __init__(self, policy: Policy = POLICY, category: Category = Category.BOUNCE_RATE) -> None:
        self.standing = Standing(NEWSLETTER)
        self.policy = policy
        self.category = category
        self.news: list[Change | EarlyWarning | EvidenceAdded | Reminder] = []

    def at(self, time: datetime, window: tuple[int, int] = GOOD, since: tuple[int, int] | None = None) -> Status:
        self.standing, news = assess(self.standing, measures(window, since), time, self.policy)
        self.news += news
        return STAGE_STATUS[self.standing.stage(self.category)]

    def does(self, command: Command, time: datetime) -> None:
        act = Act(str(time), Actor("operator", proven=False))
        self.standing, piece = carry_out(self.standing, command, act, time, self.policy)
        assert piece
        self.news.append(piece)

    def every_hour(self, start: datetime, end: datetime, since: tuple[int, int] | None = None) -> list[Reminder]:
        """The reminders of the hours up to `end`, `start` left out."""
        known = len(self.news)
        for hour in range(1, int((end - start) / HOUR) + 1):
            self.at(start + hour * HOUR, since=since)
        return [piece for piece in self.news[known:] if isinstance(piece, Reminder)]

    @property
    def finding(self) -> Finding:
        return self.standing.findings[self.category]

    @property
    def warnings(self) -> list[EarlyWarning]:
        return [piece for piece in self.news if isinstance(piece, EarlyWarning)]


def on_probation(policy: Policy = POLICY) -> Sender:
    sender = Sender(policy)
    assert sender.at(START, BAD) is Status.PROBATION
    return sender


def almost_healed(policy: Policy = POLICY) -> Sender:
    sender = on_probation(policy)
    sender.at(START + HOUR, BAD, since=GOOD)
    assert sender.at(START + HOUR + DAY, BAD, since=GOOD) is Status.ALMOST_HEALED
    return sender


def reported(policy: Policy = POLICY, category: Category = Category.INTERNAL_REVIEW) -> Sender:
    """On probation for something that a person decides on when it ends."""
    sender = Sender(policy, category)
    sender.does(Report(NEWSLETTER, category, "Seen.", "abuse-desk"), START)
    return sender


def pending(policy: Policy = POLICY) -> Sender:
    sender = reported(policy)
    assert sender.at(END) is Status.PENDING_DECISION
    return sender


# Early warnings.


def test_an_early_warning_is_given_once() -> None:
    sender = Sender()
    for hour, count in enumerate((49, 50, 45, 50, 41, 60)):
        assert sender.at(START + hour * HOUR, (count, 1000)) is Status.HEALTHY
    (warning,) = sender.news
    assert isinstance(warning, EarlyWarning)
    assert (warning.time, warning.scope, warning.metric) == (START + HOUR, NEWSLETTER, Metric.BOUNCE_RATE)
    assert warning.measures.window == Rate(Metric.BOUNCE_RATE, *RECOMMENDED)


@pytest.mark.parametrize(
    ("fell_to", "warnings"),
    [
        pytest.param(41, 1, id="nearly a fifth under the recommended value: it still hovers"),
        pytest.param(40, 2, id="a fifth under it"),
    ],
)
def test_an_early_warning_is_given_again_after_the_rate_was_well_under(fell_to: int, warnings: int) -> None:
    sender = Sender()
    for hour, count in enumerate((50, fell_to, 50)):
        sender.at(START + hour * HOUR, (count, 1000))
    assert len(sender.warnings) == warnings == len({warning.id for warning in sender.warnings})


def test_a_rate_that_goes_on_probation_is_not_warned_about_as_well() -> None:
    assert len(on_probation().news) == 1


def test_while_a_finding_is_open_nobody_is_warned() -> None:
    sender = on_probation()
    for hour, window in enumerate((GOOD, RECOMMENDED, GOOD, BAD), start=1):
        sender.at(START + hour * HOUR, window, since=BAD)
    assert sender.warnings == []


def test_a_reported_finding_keeps_nobody_from_being_warned() -> None:
    sender = reported()
    sender.at(START + HOUR, RECOMMENDED)
    assert len(sender.warnings) == 1


def test_what_has_just_healed_is_not_warned_about_until_it_has_been_well_under() -> None:
    sender = almost_healed()
    healed = START + HOUR + DAY + POLICY.healing
    assert sender.at(healed, RECOMMENDED, since=RECOMMENDED) is Status.HEALTHY
    sender.at(healed + HOUR, RECOMMENDED)
    assert sender.warnings == []
    sender.at(healed + 2 * HOUR, GOOD)
    sender.at(healed + 3 * HOUR, RECOMMENDED)
    assert len(sender.warnings) == 1


def test_what_heals_is_not_warned_about_at_once_though_it_had_been_well_under() -> None:
    sender = almost_healed()
    healed = START + HOUR + DAY + POLICY.healing
    assert sender.at(healed - HOUR, GOOD, since=GOOD) is Status.ALMOST_HEALED
    assert sender.at(healed, RECOMMENDED, since=RECOMMENDED) is Status.HEALTHY
    assert sender.warnings == []


def test_one_metric_can_change_while_another_is_warned_about() -> None:
    _, news = assess(Standing(ACCOUNT), measures(BAD, complaints=3), START, POLICY)
    change, warning = news
    assert isinstance(change, Change)
    assert isinstance(warning, EarlyWarning)
    assert (change.category, warning.metric) == (Category.BOUNCE_RATE, Metric.COMPLAINT_RATE)
    assert change.id != warning.id


# The end of a period.


@pytest.mark.parametrize("opened", [on_probation, reported], ids=["measured", "reported"])
def test_people_are_reminded_a_week_and_a_day_before_a_period_ends(opened: Callable[[], Sender]) -> None:
    one = opened()
    reminders = one.every_hour(START, END - HOUR, since=BAD)
    assert [r.time for r in reminders] == [END - 7 * DAY, END - DAY]
    assert {r.kind for r in reminders} == {ReminderKind.PERIOD_ENDS}
    assert len({r.id for r in reminders}) == 2
    assert reminders[0].finding == replace(one.finding, period_reminded=END - 7 * DAY)
    assert (reminders[0].scope, reminders[0].category) == (NEWSLETTER, one.category)
    assert reminders[0].status is Status.PROBATION


def test_a_reminder_has_the_rates_that_its_metric_is_judged_by() -> None:
    for sender, rates in ((on_probation(), measures(GOOD, BAD)[Metric.BOUNCE_RATE]), (reported(), None)):
        (reminder,) = sender.every_hour(END - 7 * DAY - HOUR, END - 7 * DAY, since=BAD)
        assert reminder.measures == rates


def test_a_reminder_moves_nothing() -> None:
    sender = reported()
    (reminder,) = sender.every_hour(END - 7 * DAY - HOUR, END - 7 * DAY)
    assert reminder.finding.revision == 1, "who decides now has seen all that there is to see"
    assert sender.finding.stage is Stage.PROBATION


def test_reminders_that_nobody_could_give_in_time_are_given_as_one() -> None:
    sender = reported()
    (reminder,) = sender.every_hour(END - 12 * HOUR, END - HOUR)
    assert reminder.time == END - 11 * HOUR


def test_a_period_that_is_shorter_than_a_reminder_is_not_reminded_of_as_it_begins() -> None:
    sender = reported(replace(POLICY, probation=7 * DAY))
    assert [r.time for r in sender.every_hour(START, START + 7 * DAY - HOUR)] == [START + 6 * DAY]


def test_people_are_reminded_of_the_new_end_of_a_period_that_was_extended() -> None:
    sender = reported()
    assert len(sender.every_hour(END - 8 * DAY, END - HOUR)) == 2
    sender.does(Decide(NEWSLETTER, sender.finding.id, Decision.EXTEND, days=14), END - HOUR)
    reminders = sender.every_hour(END - HOUR, END + 14 * DAY - HOUR)
    assert [r.time for r in reminders] == [END + 7 * DAY, END + 13 * DAY]


def test_a_new_period_is_not_reminded_of_by_the_last_one() -> None:
    for days, reminded in ((8, [END + 2 * DAY, END + 8 * DAY]), (6, [END + 6 * DAY])):
        sender = reported()
        assert len(sender.every_hour(START, END)) == 2
        sender.does(Decide(NEWSLETTER, sender.finding.id, Decision.EXTEND, days=days), END + DAY)
        assert [r.time for r in sender.every_hour(END + DAY, END + (days + 1) * DAY - HOUR)] == reminded


def test_nobody_is_reminded_of_what_is_about_to_end_well() -> None:
    sender = almost_healed(replace(POLICY, healing=100 * DAY))
    assert sender.every_hour(START + 2 * DAY, END - 3 * HOUR, since=GOOD) == []
    assert sender.at(END - 2 * HOUR, since=BAD) is Status.PROBATION
    (reminder,) = sender.every_hour(END - 2 * HOUR, END - HOUR, since=BAD)
    assert reminder.kind is ReminderKind.PERIOD_ENDS, "it will not end well any longer"


@pytest.mark.parametrize("missing", ["period_since", "period_end"])
def test_nobody_is_reminded_of_a_period_of_which_a_moment_is_not_known(missing: str) -> None:
    sender = reported()
    finding = replace(sender.finding, **{missing: None})
    sender.standing = replace(sender.standing, findings={finding.category: finding})
    assert sender.every_hour(END - 8 * DAY, END - HOUR) == []


def test_the_end_of_a_period_takes_the_place_of_its_reminder() -> None:
    sender = reported()
    assert sender.every_hour(END - HOUR, END) == []


def test_days_before_the_end_of_a_period_can_be_chosen() -> None:
    sender = reported(replace(POLICY, period_reminders=(3, 2)))
    assert [r.time for r in sender.every_hour(START, END - HOUR)] == [END - 3 * DAY, END - 2 * DAY]


@pytest.mark.parametrize("days", [(), (0,)], ids=["none", "zero days before"])
def test_reminders_of_a_periods_end_can_be_turned_off(days: tuple[int, ...]) -> None:
    assert reported(replace(POLICY, period_reminders=days)).every_hour(START, END) == []


# A review that waits.


def test_people_are_reminded_again_and_again_while_a_review_waits() -> None:
    sender = pending()
    reminders = sender.every_hour(END, END + 10 * DAY)
    assert [r.time for r in reminders] == [END + 3 * DAY, END + 6 * DAY, END + 9 * DAY]
    assert len({r.id for r in reminders}) == 3
    assert {(r.kind, r.status) for r in reminders} == {(ReminderKind.REVIEW_WAITS, Status.PENDING_DECISION)}
    assert sender.finding == replace(reminders[-1].finding, review_reminded=END + 9 * DAY)


def test_a_review_waits_from_when_it_became_necessary() -> None:
    """Changes were reported long before, and people reminded of them."""
    sender = reported()
    changed = END - 4 * DAY
    sender.does(ChangesMade(NEWSLETTER, sender.finding.id, "New templates."), changed)
    waited = [r.time for r in sender.every_hour(changed, END - HOUR) if r.kind is ReminderKind.REVIEW_WAITS]
    assert waited == [END - DAY]
    assert sender.at(END) is Status.PENDING_DECISION
    assert [r.time for r in sender.every_hour(END, END + 3 * DAY)] == [END + 3 * DAY]


def test_a_pending_shutdown_waits_too() -> None:
    sender = reported(REVIEWED, Category.SPAMTRAP)
    sender.does(Report(NEWSLETTER, Category.SPAMTRAP, "Again.", "abuse-desk"), START + DAY)
    assert sender.at(END) is Status.PENDING_SHUTDOWN
    (reminder,) = sender.every_hour(END, END + 3 * DAY)
    assert (reminder.kind, reminder.status) == (ReminderKind.REVIEW_WAITS, Status.PENDING_SHUTDOWN)


def test_changes_and_appeals_wait_too_but_a_shutdown_alone_does_not() -> None:
    sender = reported(replace(POLICY, period_reminders=()))
    sender.does(ChangesMade(NEWSLETTER, sender.finding.id, "New templates."), START)
    assert [r.time for r in sender.every_hour(START, START + 3 * DAY)] == [START + 3 * DAY]
    sender.does(Decide(NEWSLETTER, sender.finding.id, Decision.SHUTDOWN), START + 4 * DAY)
    assert sender.every_hour(START + 4 * DAY, START + 10 * DAY) == []
    assert not sender.standing.moves_with_time
    sender.does(ChangesMade(NEWSLETTER, sender.finding.id, "New templates, again."), START + 10 * DAY)
    assert sender.standing.moves_with_time
    (reminder,) = sender.every_hour(START + 10 * DAY, START + 13 * DAY)
    assert (reminder.time, reminder.kind) == (START + 13 * DAY, ReminderKind.REVIEW_WAITS)
    assert reminder.status is Status.SHUTDOWN


def test_both_reminders_are_given_though_they_fall_together() -> None:
    sender = reported()
    sender.does(ChangesMade(NEWSLETTER, sender.finding.id, "New templates."), END - 10 * DAY)
    reminders = sender.every_hour(END - 10 * DAY, END - 7 * DAY + HOUR)
    assert [(r.time, r.kind) for r in reminders] == [
        (END - 7 * DAY, ReminderKind.REVIEW_WAITS),
        (END - 7 * DAY + HOUR, ReminderKind.PERIOD_ENDS),
    ]


def test_reminders_of_reviews_can_be_turned_off() -> None:
    assert pending(replace(POLICY, review_reminder=timedelta(0))).every_hour(END, END + 30 * DAY) == []


def test_all_news_survives_being_written_down() -> None:
    sender = Sender()
    sender.at(START, RECOMMENDED)
    sender.at(START + HOUR, BAD)
    sender.category = Category.INTERNAL_REVIEW
    for _ in range(2):
        sender.does(Report(NEWSLETTER, Category.INTERNAL_REVIEW, "Seen.", "abuse-desk"), START + 2 * HOUR)
    sender.every_hour(END - 7 * DAY, END - 7 * DAY + 2 * HOUR, since=BAD)
    said = verdict_change(None, Verdict(ACCOUNT, START, bounce_rate=SesRate("0.1004", START), enforcement="PROBATION"))
    told = (*sender.news, said)
    kinds = ["EarlyWarning", "Change", "Change", "EvidenceAdded", "Reminder", "Reminder", "VerdictChange"]
    assert [type(piece).__name__ for piece in told] == kinds
    decoder: msgspec.json.Decoder[News] = msgspec.json.Decoder(News)
    assert tuple(decoder.decode(msgspec.json.encode(piece)) for piece in told) == told
