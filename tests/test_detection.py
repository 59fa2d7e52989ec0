"""What servers reply more often than they did is suspected to be a problem, where somebody can mend it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ses_reputation.domain.blocklists import Blocklist, Lists
from ses_reputation.domain.categories import Category
from ses_reputation.domain.decisions import DISMISSED_FOR, Decide, Decision, Report, carry_out, suspect
from ses_reputation.domain.detection import (
    SOURCE,
    Heard,
    Rise,
    Suspicion,
    rises,
    suspicions,
    trapped,
    unanswered,
)
from ses_reputation.domain.eligibility import Measure, reply_measure
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.providers import OWN
from ses_reputation.domain.rates import HourCounts, VolumeSource
from ses_reputation.domain.replies import Reply
from ses_reputation.domain.reply_rules import ReplyClass
from ses_reputation.domain.scopes import ACCOUNT, Scope
from ses_reputation.domain.standing import Act, Actor, Standing
from ses_reputation.notices.suspicions import evidence_text

NOW = datetime(2026, 3, 6, 12, 30, tzinfo=UTC)
NOON = NOW.replace(minute=0)
HOUR = timedelta(hours=1)
GMAIL = Scope("provider/gmail")
SHOP = Scope("tenant/shop-7")
DOMAIN = Scope("identity/garden-tools.example")
STREAM = Scope("configuration-set/newsletter")
POLICY = Policy()
ACT = Act("1", Actor("SES Reputation", proven=True))

DBL = Reply(ReplyClass.BLOCKLIST, Blocklist("Spamhaus DBL", Lists.DOMAINS))
SBL = Reply(ReplyClass.BLOCKLIST, Blocklist("Spamhaus SBL", Lists.ADDRESSES))
NOBODY_KNOWS = Reply(ReplyClass.BLOCKLIST, Blocklist("bl.example.org", None))
SPAM = Reply(ReplyClass.SPAM_BLOCK)


def hour(ago: int, sent: int, provider: str = "gmail", **counts: int) -> HourCounts:
    """The counts of an hour so many hours ago, by their measures; `spam_block=3` is three such replies."""
    named = {m if (m := name) in set(Measure) else f"reply_{name}": n for name, n in counts.items()}
    given = {(provider, Measure(name)): n for name, n in named.items() if n}
    return HourCounts(NOON - ago * HOUR, {(provider, Measure.SENT): sent, **given})


def days(first: int, last: int, sent: int, **counts: int) -> list[HourCounts]:
    """The same at one hour of each of these days, counted back from now."""
    return [hour(24 * ago + 1, sent, "gmail", **counts) for ago in range(first, last + 1)]


STEADY = days(1, 27, 1_000, spam_block=2, soft_bounced=5)


def test_a_class_that_comes_more_often_than_before_has_risen() -> None:
    (rise,) = rises(Standing(GMAIL), [hour(1, 1_000, spam_block=30, soft_bounced=30), *STEADY], NOW, POLICY)
    assert rise == Rise(ReplyClass.SPAM_BLOCK, 30, 1_000, before=54, volume_before=27_000, days=27)


@pytest.mark.parametrize(
    ("count", "sent", "before", "risen"),
    [
        pytest.param(20, 1_000, 2, True, id="just enough of them"),
        pytest.param(19, 1_000, 2, False, id="one too few"),
        pytest.param(20, 2_000, 2, True, id="one recipient in a hundred"),
        pytest.param(20, 2_001, 2, False, id="just under one in a hundred"),
        pytest.param(30, 1_000, 10, True, id="three times as often"),
        pytest.param(29, 1_000, 10, False, id="just under three times as often"),
        pytest.param(60, 2_000, 10, True, id="three times as often on twice the mail"),
        pytest.param(30, 1_000, 0, True, id="never before"),
    ],
)
def test_it_takes_enough_of_them_a_share_and_a_rise(count: int, sent: int, before: int, risen: bool) -> None:
    hours = [
        hour(1, sent, spam_block=count, soft_bounced=count),
        *days(1, 27, 1_000, spam_block=before, soft_bounced=9, other=1),
    ]
    assert bool(rises(Standing(GMAIL), hours, NOW, POLICY)) is risen


@pytest.mark.parametrize(("count", "risen"), [(50, True), (49, False)], ids=["one in twenty", "just under"])
def test_without_mail_before_it_takes_one_recipient_in_twenty(count: int, risen: bool) -> None:
    (*found,) = rises(Standing(GMAIL), [hour(1, 1_000, spam_block=count)], NOW, POLICY)
    assert bool(found) is risen
    if risen:
        assert found == [Rise(ReplyClass.SPAM_BLOCK, 50, 1_000, before=0, volume_before=0, days=0)]


@pytest.mark.parametrize(("before", "risen"), [(999, False), (1_000, True)], ids=["too little", "just enough"])
def test_little_mail_before_is_no_history(before: int, risen: bool) -> None:
    hours = [hour(1, 1_000, spam_block=49), hour(30, before)]
    assert bool(rises(Standing(GMAIL), hours, NOW, POLICY)) is risen


def test_that_delays_are_told_of_since_lately_is_no_rise() -> None:
    told = [hour(1, 1_000, rate_limited=40, delayed=40), hour(25, 1_000, rate_limited=40, delayed=40)]
    untold = days(2, 27, 1_000, hard_bounced=5, user_unknown=5)
    assert rises(Standing(GMAIL), [told[0], *untold], NOW, POLICY) == (), "on the first day"
    assert rises(Standing(GMAIL), [*told, *untold], NOW, POLICY) == (), "nor on the next"
    risen = [hour(1, 1_000, rate_limited=120, delayed=120), told[1], *untold]
    (rise,) = rises(Standing(GMAIL), risen, NOW, POLICY)
    assert (rise.before, rise.volume_before, rise.days) == (40, 1_000, 1)


def test_mail_of_the_last_day_whose_replies_nobody_read_makes_no_share_smaller() -> None:
    backfilled = HourCounts(NOON - 3 * HOUR, {("gmail", Measure.REPORTED): 90_000}, backfilled=True)
    (rise,) = rises(Standing(GMAIL), [hour(1, 1_000, spam_block=50), backfilled], NOW, POLICY)
    assert (rise.count, rise.volume) == (50, 1_000)


def test_hours_whose_replies_nobody_read_are_no_history() -> None:
    """They would make everything look as if it had never been before."""
    backfilled = HourCounts(NOON - 48 * HOUR, {("gmail", Measure.REPORTED): 9_000}, backfilled=True)
    unread = [{"hard_bounced": 90}, {"soft_bounced": 90}, {"hard_bounced": 45, "soft_bounced": 45}]
    for before in (backfilled, *(hour(48, 9_000, "gmail", **bounces) for bounces in unread)):
        assert rises(Standing(GMAIL), [hour(1, 1_000, spam_block=49), before], NOW, POLICY) == ()


def test_only_the_last_day_is_recent_and_only_four_weeks_before_it_are_history() -> None:
    edges = [hour(23, 500, spam_block=15), hour(24, 1_000, spam_block=5), hour(24 + 28 * 24, 1_000, spam_block=900)]
    (rise,) = rises(Standing(GMAIL), [hour(0, 500, spam_block=20), *edges], NOW, POLICY)
    assert (rise.count, rise.volume) == (35, 1_000)
    assert (rise.before, rise.volume_before) == (5, 1_000)


def test_a_history_of_four_weeks_is_never_longer() -> None:
    hours = [hour(1, 1_000, spam_block=60), *(hour(ago, 1_000) for ago in range(25, 24 * 29 + 1, 24))]
    (rise,) = rises(Standing(GMAIL), [*hours, hour(24 * 29, 1_000)], NOON, POLICY)
    assert rise.days == 28


def test_nothing_is_read_of_the_time_before_unless_something_may_have_risen() -> None:
    def until_yesterday() -> Iterator[HourCounts]:
        yield hour(1, 1_000, spam_block=19)
        yield hour(30, 1_000)
        raise AssertionError("read too far")

    assert rises(Standing(GMAIL), until_yesterday(), NOW, POLICY) == ()


def test_nothing_is_suspected_if_so_configured_or_where_no_volume_is_told() -> None:
    hours = [hour(1, 100, spam_block=99)]
    assert rises(Standing(GMAIL), hours, NOW, replace(POLICY, suspicion_minimum=0)) == ()
    assert rises(Standing(GMAIL), hours, NOW, replace(POLICY, volume_source=VolumeSource.STATISTICS)) == ()
    assert rises(Standing(GMAIL), [hour(1, 0, spam_block=99)], NOW, POLICY) == ()
    assert rises(Standing(GMAIL), [hour(1, 1, spam_block=99)], NOW, POLICY), "of one mail something can be said"


@given(
    share=st.integers(0, 100),
    sent=st.lists(st.integers(1, 200), min_size=29, max_size=29),
    reply_class=st.sampled_from(list(ReplyClass)),
)
def test_what_is_as_it_always_was_never_rises(share: int, sent: list[int], reply_class: ReplyClass) -> None:
    measure = reply_measure(reply_class)
    steady = [
        HourCounts(NOON - (24 * day + 1) * HOUR, {("gmail", Measure.SENT): 100 * n, ("gmail", measure): share * n})
        for day, n in enumerate(sent)
    ]
    for scope in (GMAIL, SHOP, ACCOUNT, DOMAIN):
        # Only if there is nothing of it there can be a rise from nothing.
        assert rises(Standing(scope), steady, NOW, POLICY) == ()


@pytest.mark.parametrize(
    ("scope", "reply_class", "heard", "category"),
    [
        (GMAIL, ReplyClass.SPAM_BLOCK, (SPAM,), Category.MAILBOX_PROVIDER),
        (SHOP, ReplyClass.POLICY_BLOCK, (), Category.MAILBOX_PROVIDER),
        (DOMAIN, ReplyClass.BLOCKLIST, (DBL, DBL, SBL), Category.DOMAIN_BLOCKLIST),
        (DOMAIN, ReplyClass.BLOCKLIST, (DBL, SBL, SBL), None),
        (ACCOUNT, ReplyClass.BLOCKLIST, (SBL, SBL, DBL), Category.ANTI_SPAM_ORGANIZATION),
        (ACCOUNT, ReplyClass.BLOCKLIST, (SBL, DBL, DBL), None),
        (ACCOUNT, ReplyClass.BLOCKLIST, (NOBODY_KNOWS,), Category.ANTI_SPAM_ORGANIZATION),
        (SHOP, ReplyClass.BLOCKLIST, (DBL, DBL, SBL), Category.DOMAIN_BLOCKLIST),
        (SHOP, ReplyClass.BLOCKLIST, (DBL, SBL, SBL), Category.ANTI_SPAM_ORGANIZATION),
        (DOMAIN, ReplyClass.BLOCKLIST, (SBL,), None),
        (ACCOUNT, ReplyClass.BLOCKLIST, (DBL,), None),
        (ACCOUNT, ReplyClass.BLOCKLIST, (), None),
    ],
)
def test_what_is_suspected_is_what_enough_replies_say_about_such_a_scope(
    scope: Scope, reply_class: ReplyClass, heard: tuple[Reply, ...], category: Category | None
) -> None:
    rise = Rise(reply_class, 30, 1_000, 0, 0, 0)
    found = suspicions(
        Standing(scope), [rise], [Heard("gmail", str(n), reply) for n, reply in enumerate(heard)], NOW, POLICY
    )
    assert [suspicion.category for suspicion in found] == ([category] if category else [])


MIXED = [Heard("gmail", "no", reply) for reply in (DBL, SBL)]


@pytest.mark.parametrize(
    ("count", "volume", "enough"),
    [(40, 2_000, True), (39, 1_000, False), (40, 2_001, False)],
    ids=["twenty", "nineteen and a half", "of too much mail"],
)
def test_each_kind_of_list_has_to_have_risen_enough_by_itself(count: int, volume: int, enough: bool) -> None:
    found = suspicions(Standing(SHOP), [Rise(ReplyClass.BLOCKLIST, count, volume, 0, 0, 0)], MIXED, NOW, POLICY)
    assert len(found) == (2 if enough else 0)
    for suspicion, lists in zip(found, ["domains", "addresses, or one that nobody knows"], strict=False):
        assert f"Going by the newest, about 20 of them are about a list of {lists}." in evidence_text(suspicion)


def test_what_is_known_of_one_kind_of_list_does_not_silence_the_other() -> None:
    rise = Rise(ReplyClass.BLOCKLIST, 40, 1_000, 0, 0, 0)
    standing = Standing(SHOP, dismissed={Category.DOMAIN_BLOCKLIST: NOW})
    assert unanswered(standing, [rise], NOW) == (rise,)
    (found,) = suspicions(standing, [rise], MIXED, NOW, POLICY)
    assert found.category is Category.ANTI_SPAM_ORGANIZATION
    both = replace(standing, dismissed={**standing.dismissed, Category.ANTI_SPAM_ORGANIZATION: NOW})
    assert unanswered(both, [rise], NOW) == ()


def test_several_classes_of_a_problem_are_one_suspicion() -> None:
    risen = [Rise(c, 30, 1_000, 0, 0, 0) for c in (ReplyClass.SPAM_BLOCK, ReplyClass.RATE_LIMITED)]
    heard = [Heard("gmail", "no", SPAM), Heard("gmail", "slow", Reply(ReplyClass.RATE_LIMITED))]
    (found,) = suspicions(Standing(GMAIL), risen, heard, NOW, POLICY)
    assert found == Suspicion(Category.MAILBOX_PROVIDER, tuple(risen), tuple(heard))


def suspected(
    source: str = SOURCE, scope: Scope = GMAIL, category: Category = Category.MAILBOX_PROVIDER, now: datetime = NOW
) -> Standing:
    standing, _ = suspect(Standing(scope), Report(scope, category, "30 replies", source), ACT, now)
    return standing


RISE = Rise(ReplyClass.SPAM_BLOCK, 30, 1_000, 0, 0, 0)


def test_a_finding_hears_of_a_rise_once_a_day() -> None:
    assert unanswered(Standing(GMAIL), [RISE], NOW) == (RISE,)
    assert unanswered(suspected(), [RISE], NOW + 11 * HOUR) == ()
    assert unanswered(suspected(), [RISE], NOW + 12 * HOUR) == (RISE,)
    assert unanswered(suspected("somebody else"), [RISE], NOW) == (RISE,)


def test_what_a_person_dismissed_is_not_looked_into_for_a_while() -> None:
    dismissed = Standing(GMAIL, dismissed={Category.MAILBOX_PROVIDER: NOW})
    assert unanswered(dismissed, [RISE], NOW + DISMISSED_FOR - HOUR) == ()
    assert unanswered(dismissed, [RISE], NOW + DISMISSED_FOR) == (RISE,)


def decided(decision: Decision, ago: int, before: Standing) -> Standing:
    """The standing after a person has decided about its finding, so many hours ago."""
    (finding,) = before.findings.values()
    act = Act(f"{decision}-{ago}", Actor("ann", proven=True), "Because.")
    after, _ = carry_out(before, Decide(before.scope, finding.id, decision), act, NOW - ago * HOUR, POLICY)
    return after


def confirmed(ago: int, category: Category = Category.MAILBOX_PROVIDER, scope: Scope = GMAIL) -> Standing:
    return decided(Decision.CONFIRM, ago, suspected(scope=scope, category=category, now=NOW - 24 * HOUR))


ended = pytest.mark.parametrize(
    "standing",
    [confirmed(5), decided(Decision.LIFT, 5, confirmed(9)), decided(Decision.LIFT, 5, confirmed(100))],
    ids=["confirmed", "lifted", "lifted after days"],
)


@ended
def test_what_came_before_a_finding_counts_or_ended_has_not_risen_again(standing: Standing) -> None:
    old = [hour(ago, 1_000, spam_block=90) for ago in (5, 6, 7)]
    assert rises(standing, old, NOW, POLICY) == ()
    (rise,) = rises(standing, [hour(4, 100, spam_block=20), *old], NOW, POLICY)
    assert (rise.count, rise.volume, rise.since) == (20, 100, NOON - 4 * HOUR)
    said = evidence_text(Suspicion(Category.MAILBOX_PROVIDER, (rise,)))
    assert said.startswith("Since 08:00 UTC on 2026-03-06, 20 replies to mail for 100 recipients")


@pytest.mark.parametrize(
    ("now", "since"), [(NOW, NOON - 23 * HOUR), (NOON + HOUR, None)], ids=["for less than a day", "for a day"]
)
def test_a_finding_that_counts_for_a_day_leaves_nothing_of_the_last_day_out(
    now: datetime, since: datetime | None
) -> None:
    (rise,) = rises(confirmed(24), [hour(1, 1_000, spam_block=90)], now, POLICY)
    assert rise.since == since


def test_what_was_only_suspected_yesterday_is_counted_over_the_whole_day() -> None:
    (rise,) = rises(suspected(), [hour(20, 1_000, spam_block=90)], NOW, POLICY)
    assert rise.since is None


def test_mail_to_a_spam_trap_from_before_a_finding_counts_is_not_found_again() -> None:
    standing = confirmed(5, Category.SPAMTRAP, SHOP)
    assert trapped(standing, [hour(5, 10, spamtrapped=1)], NOW, POLICY) == ()
    assert trapped(standing, [hour(4, 10, spamtrapped=1)], NOW, POLICY)


def test_mail_to_a_spam_trap_is_found_once_a_day_and_not_again_after_a_person_dismissed_it() -> None:
    hours = [hour(2, 10, spamtrapped=1)]
    known = suspected(scope=SHOP, category=Category.SPAMTRAP)
    assert trapped(known, hours, NOW + 11 * HOUR, POLICY) == ()
    assert trapped(known, hours, NOW + 12 * HOUR, POLICY)
    dismissed = Standing(SHOP, dismissed={Category.SPAMTRAP: NOW})
    assert trapped(dismissed, hours, NOW, POLICY) == ()


def test_one_mail_to_a_spam_trap_is_enough_also_at_an_own_domain() -> None:
    hours = [hour(2, 10, OWN, spamtrapped=1)]
    for scope in (STREAM, SHOP, DOMAIN):
        assert trapped(Standing(scope), hours, NOW, POLICY) == (Suspicion(Category.SPAMTRAP, trapped=1),)
    for scope in (ACCOUNT, GMAIL):
        assert trapped(Standing(scope), hours, NOW, POLICY) == ()
    assert trapped(Standing(SHOP), [hour(25, 10, spamtrapped=1)], NOW, POLICY) == ()


def test_the_evidence_says_how_much_how_it_was_before_and_quotes_different_replies() -> None:
    rise = Rise(ReplyClass.BLOCKLIST, 34, 1_200, 3, 40_000, 28)
    heard = tuple(
        Heard(provider, text, reply)
        for provider, text, reply in (
            ("gmail", "smtp; 550 listed by DBL", DBL),
            ("yahoo", "smtp; 550 listed by DBL", DBL),
            ("other", "553 see \u202espamhaus", SBL),
            ("gmail", "550 x", DBL),
        )
    )
    text = evidence_text(Suspicion(Category.DOMAIN_BLOCKLIST, (rise,), heard))
    assert text == (
        "In 24 hours, 34 replies to mail for 1,200 recipients (2.83 %) refused or delayed it because of a blocklist. "
        "In the 28 days before, 3 did, on 40,000 recipients (0.0075 %). The newest of them name Spamhaus DBL (3), "
        'Spamhaus SBL (1). They say, at gmail: "550 listed by DBL"; at another provider: "553 see ?spamhaus"; at '
        'gmail: "550 x".'
    )


@pytest.mark.parametrize(
    ("rise", "says"),
    [
        (Rise(ReplyClass.SPAM_BLOCK, 50, 1_000, 0, 0, 0), "There was nothing before that to compare with."),
        (Rise(ReplyClass.SPAM_BLOCK, 50, 1_000, 0, 900, 1), "In the day before, none did, on 900 recipients."),
    ],
    ids=["no mail before", "none before"],
)
def test_the_evidence_says_if_there_is_little_to_compare_with(rise: Rise, says: str) -> None:
    assert says in evidence_text(Suspicion(Category.MAILBOX_PROVIDER, (rise,)))


def test_the_evidence_of_spam_traps_is_how_often_mail_went_there() -> None:
    assert evidence_text(Suspicion(Category.SPAMTRAP, trapped=1)) == (
        "In 24 hours mail was sent or delivered once to addresses that you named as spamtraps."
    )
