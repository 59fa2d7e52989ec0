"""Who belongs on the suppression list, and what is done about an entry: the decisions alone."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from msgspec.structs import replace

from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.events import Bounce, Complaint, Delivery, Event, Mail, Recipient, Send, Uncounted
from ses_reputation.domain.suppression import (
    Action,
    Claim,
    Entry,
    History,
    ListScope,
    Preferences,
    Reason,
    Step,
    claims,
    names_several_suspects,
    next_step,
    preferences_of_mail,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER, LAST = NOON + timedelta(hours=1), NOON + timedelta(hours=2)
MAIL = Mail("m-1", "shop.example", "newsletter")
BOTH = frozenset({Reason.BOUNCE, Reason.COMPLAINT})
NONE = frozenset[Reason]()


def bounce(*addresses: str, kind: str = "Permanent", subtype: str = "NoEmail") -> Bounce:
    return Bounce(MAIL, NOON, tuple(map(Recipient, addresses or ("mira@mailbox.example",))), kind, subtype)


def complaint(*addresses: str, subtype: str | None = None, feedback_type: str | None = "abuse") -> Complaint:
    recipients = tuple(map(Recipient, addresses or ("mira@mailbox.example",)))
    return Complaint(MAIL, NOON, recipients, subtype, feedback_type)


def said(event: Event) -> list[tuple[str, Measure]]:
    return [(claim.address, claim.measure) for claim in claims(event)]


# What an event says


@pytest.mark.parametrize(
    ("kind", "subtype"),
    [
        pytest.param("Permanent", "NoEmail", id="no such mailbox"),
        pytest.param("Permanent", "General", id="refused for good"),
        pytest.param("Permanent", "Suppressed", id="on SES's global list, which counts until the account lists it too"),
        pytest.param("Permanent", "NotInventedYet", id="of a subtype that nobody knows, which counts as well"),
    ],
)
def test_a_hard_bounce_that_counts_belongs_on_the_list(kind: str, subtype: str) -> None:
    assert said(bounce(kind=kind, subtype=subtype)) == [("mira@mailbox.example", Measure.HARD_BOUNCED)]


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(bounce(kind="Transient", subtype="MailboxFull"), id="a soft bounce"),
        pytest.param(bounce(kind="Undetermined", subtype="Undetermined"), id="a bounce of which SES cannot tell"),
        pytest.param(bounce(subtype="OnAccountSuppressionList"), id="on the list already"),
        pytest.param(bounce(subtype="OnTenantSuppressionList"), id="on a tenant's list"),
        pytest.param(bounce(subtype="EmailValidationSuppressed"), id="stopped by validation"),
        pytest.param(bounce(subtype="UnsubscribedRecipient"), id="unsubscribed"),
        pytest.param(complaint(subtype="OnAccountSuppressionList"), id="a complaint about mail that was never sent"),
        pytest.param(bounce("bounce+7@simulator.amazonses.com"), id="at the mailbox simulator"),
        pytest.param(complaint("complaint@simulator.amazonses.com"), id="a simulated complaint"),
        pytest.param(Send(MAIL, NOON, (Recipient("mira@mailbox.example"),)), id="a send"),
        pytest.param(Delivery(MAIL, NOON, (Recipient("mira@mailbox.example"),)), id="a delivery"),
        pytest.param(Uncounted("Open", NOON), id="an open"),
    ],
)
def test_all_else_says_nothing(event: Event) -> None:
    assert said(event) == []


def test_every_recipient_of_a_bounce_belongs_on_the_list_once() -> None:
    event = bounce("mira@mailbox.example", "jon@mailbox.example", "mira@mailbox.example", "a@simulator.amazonses.com")
    assert [address for address, _ in said(event)] == ["mira@mailbox.example", "jon@mailbox.example"]


def test_who_complained_belongs_on_the_list() -> None:
    assert said(complaint()) == [("mira@mailbox.example", Measure.COMPLAINED)]
    assert said(complaint(feedback_type=None)) == [("mira@mailbox.example", Measure.COMPLAINED)]


def test_of_several_suspects_none_is_listed_or_taken_off() -> None:
    """One of them complained, and the others did not."""
    several = ("mira@mailbox.example", "noah@mailbox.example")
    for event in (complaint(*several), complaint(*several, feedback_type="not-spam")):
        assert names_several_suspects(event)
        assert said(event) == []


def test_a_suspect_who_is_named_twice_is_one() -> None:
    assert not names_several_suspects(complaint("mira@mailbox.example", "mira@mailbox.example"))
    assert not names_several_suspects(bounce("mira@mailbox.example", "jon@mailbox.example")), "they are no suspects"


def test_not_spam_speaks_for_taking_off() -> None:
    (found,) = claims(complaint(feedback_type="not-spam"))
    assert (found.measure, found.reason) == (Measure.NOT_SPAM, None)


# What SES does by itself


@pytest.mark.parametrize(
    ("configuration_set", "tenant", "reasons", "scope"),
    [
        pytest.param(Preferences(), Preferences(), BOTH, ListScope.ACCOUNT, id="the account's, if nothing else is set"),
        pytest.param(
            Preferences(frozenset({Reason.COMPLAINT})),
            Preferences(),
            {Reason.COMPLAINT},
            ListScope.ACCOUNT,
            id="a configuration set's own reasons",
        ),
        pytest.param(Preferences(NONE), Preferences(), NONE, ListScope.ACCOUNT, id="a configuration set without any"),
        pytest.param(
            Preferences(),
            Preferences(frozenset({Reason.BOUNCE}), ListScope.TENANT),
            {Reason.BOUNCE},
            ListScope.TENANT,
            id="a tenant with a list of its own",
        ),
        pytest.param(
            Preferences(),
            Preferences(frozenset({Reason.BOUNCE}), ListScope.ACCOUNT),
            BOTH,
            ListScope.ACCOUNT,
            id="a tenant that uses the account's list, whatever it lists on its own",
        ),
        pytest.param(
            Preferences(scope=ListScope.ACCOUNT),
            Preferences(frozenset({Reason.BOUNCE}), ListScope.TENANT),
            BOTH,
            ListScope.ACCOUNT,
            id="a configuration set that uses the account's list for any tenant",
        ),
        pytest.param(
            Preferences(NONE, ListScope.TENANT),
            Preferences(),
            NONE,
            ListScope.TENANT,
            id="a configuration set that uses tenants' lists",
        ),
        pytest.param(
            Preferences(), Preferences(None, ListScope.TENANT), NONE, ListScope.TENANT, id="a tenant that lists nobody"
        ),
    ],
)
def test_what_is_set_nearest_to_the_mail_counts(
    configuration_set: Preferences, tenant: Preferences, reasons: frozenset[Reason], scope: ListScope
) -> None:
    assert preferences_of_mail(Preferences(BOTH), configuration_set, tenant) == Preferences(reasons, scope)


def test_an_account_of_which_nothing_is_told_lists_nobody() -> None:
    assert preferences_of_mail(Preferences(), Preferences(), Preferences()) == Preferences(NONE, ListScope.ACCOUNT)


# What was said of a recipient


def claim(measure: Measure, time: datetime = LATER) -> Claim:
    return Claim(MAIL, "mira@mailbox.example", measure, time)


def history(*measures_and_times: tuple[Measure, datetime]) -> History:
    known = History()
    for measure, time in measures_and_times:
        known = known.after(claim(measure, time))
    return known


BOUNCED, COMPLAINED, NOT_SPAM = Measure.HARD_BOUNCED, Measure.COMPLAINED, Measure.NOT_SPAM


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        pytest.param([], None, id="nothing"),
        pytest.param([(BOUNCED, NOON)], Reason.BOUNCE, id="a bounce"),
        pytest.param([(COMPLAINED, NOON)], Reason.COMPLAINT, id="a complaint"),
        pytest.param([(COMPLAINED, NOON), (NOT_SPAM, LATER)], None, id="a complaint, taken back"),
        pytest.param([(NOT_SPAM, NOON), (COMPLAINED, LATER)], Reason.COMPLAINT, id="a complaint after not-spam"),
        pytest.param([(COMPLAINED, NOON), (NOT_SPAM, NOON)], Reason.COMPLAINT, id="both at once"),
        pytest.param([(COMPLAINED, NOON), (NOT_SPAM, LATER), (COMPLAINED, LAST)], Reason.COMPLAINT, id="another one"),
        pytest.param([(BOUNCED, NOON), (NOT_SPAM, LATER)], Reason.BOUNCE, id="a bounce, which is not taken back"),
        pytest.param([(BOUNCED, NOON), (COMPLAINED, NOON), (NOT_SPAM, LATER)], Reason.BOUNCE, id="all three"),
        pytest.param([(NOT_SPAM, NOON)], None, id="not-spam alone"),
    ],
)
def test_the_order_in_which_it_is_heard_makes_no_difference(
    said: list[tuple[Measure, datetime]], wanted: Reason | None
) -> None:
    histories = {history(*order) for order in permutations([*said, *said[:1]])} if said else {History()}
    assert [known.wanted for known in histories] == [wanted]


# What to do about an entry

OUR_BOUNCE = History(bounced=NOON, put=Reason.BOUNCE)
OUR_COMPLAINT = History(complained=NOON, put=Reason.COMPLAINT)
TAKEN_BACK = History(complained=NOON, not_spam=LATER, put=Reason.COMPLAINT)
BOUNCED_SINCE = History(bounced=LATER, complained=NOON, put=Reason.COMPLAINT)


def unsettled(known: History, put: Reason | None = None) -> History:
    return History(known.bounced, known.complained, known.not_spam, put or known.put, settled=False)


@pytest.mark.parametrize(
    ("known", "listed", "action", "put_after"),
    [
        pytest.param(History(bounced=NOON), None, Action.PUT, Reason.BOUNCE, id="a bounce"),
        pytest.param(History(complained=NOON), None, Action.PUT, Reason.COMPLAINT, id="a complaint"),
        pytest.param(History(bounced=NOON), Entry(Reason.COMPLAINT), Action.LEAVE, None, id="somebody else's entry"),
        pytest.param(OUR_BOUNCE, Entry(Reason.BOUNCE), Action.LEAVE, Reason.BOUNCE, id="another bounce"),
        pytest.param(OUR_BOUNCE, None, Action.PUT, Reason.BOUNCE, id="another bounce after somebody took it off"),
        pytest.param(BOUNCED_SINCE, Entry(Reason.COMPLAINT), Action.PUT, Reason.BOUNCE, id="ours, with a new reason"),
        pytest.param(TAKEN_BACK, Entry(Reason.COMPLAINT), Action.REMOVE, None, id="ours, taken back"),
        pytest.param(TAKEN_BACK, None, Action.LEAVE, None, id="taken back, and off already"),
        pytest.param(
            TAKEN_BACK, Entry(Reason.COMPLAINT, made_by_ses=True), Action.LEAVE, None, id="SES has made it over since"
        ),
        pytest.param(unsettled(OUR_BOUNCE), Entry(None), Action.LEAVE, None, id="for a reason that is not known here"),
        pytest.param(TAKEN_BACK, Entry(Reason.BOUNCE), Action.LEAVE, None, id="a person has made it over since"),
        pytest.param(
            History(complained=NOON, not_spam=LATER),
            Entry(Reason.COMPLAINT),
            Action.LEAVE,
            None,
            id="it never was ours",
        ),
        pytest.param(
            unsettled(OUR_COMPLAINT), Entry(Reason.COMPLAINT), Action.CONFIRM, Reason.COMPLAINT, id="it was in effect"
        ),
        pytest.param(unsettled(OUR_COMPLAINT), None, Action.PUT, Reason.COMPLAINT, id="it was not in effect"),
        pytest.param(
            unsettled(OUR_COMPLAINT),
            Entry(Reason.COMPLAINT, made_by_ses=True),
            Action.LEAVE,
            None,
            id="SES was faster",
        ),
        pytest.param(
            unsettled(BOUNCED_SINCE, Reason.BOUNCE),
            Entry(Reason.COMPLAINT),
            Action.PUT,
            Reason.BOUNCE,
            id="the new reason was not in effect",
        ),
        pytest.param(
            unsettled(BOUNCED_SINCE, Reason.BOUNCE),
            Entry(Reason.BOUNCE),
            Action.CONFIRM,
            Reason.BOUNCE,
            id="the new reason was in effect",
        ),
        pytest.param(
            unsettled(TAKEN_BACK), Entry(Reason.COMPLAINT), Action.REMOVE, None, id="taken back before it was known"
        ),
    ],
)
def test_an_entry_follows_from_what_was_said_and_whose_it_is(
    known: History, listed: Entry | None, action: Action, put_after: Reason | None
) -> None:
    step = next_step(known, listed, claim(NOT_SPAM if known.not_spam else BOUNCED))
    assert (step.action, step.after.put, step.after.settled) == (action, put_after, True)
    if action is Action.REMOVE:
        assert step.before == replace(known, settled=False), "what is to be taken off is announced"
    elif action is not Action.PUT:
        assert step.before == known, "what is left is not announced"


def test_an_entry_is_announced_before_it_is_made() -> None:
    step = next_step(History(bounced=NOON), None, claim(BOUNCED))
    assert step.before == History(bounced=NOON, put=Reason.BOUNCE, settled=False)


def test_an_old_entry_does_not_confirm_a_call_that_was_to_change_it() -> None:
    """The bounce's own message comes again, and then it must not look as if the entry had been made."""
    known = unsettled(BOUNCED_SINCE, Reason.BOUNCE).after(claim(Measure.NOT_SPAM))
    step = next_step(known, Entry(Reason.COMPLAINT), claim(Measure.NOT_SPAM))
    assert (step.action, step.after) == (Action.LEAVE, known)


def test_what_was_taken_back_while_somebody_may_be_making_it_stays_unsettled() -> None:
    known = unsettled(TAKEN_BACK)
    assert next_step(known, None, claim(NOT_SPAM)) == Step(Action.LEAVE, known, known)


def test_not_spam_puts_nobody_back_whom_somebody_took_off() -> None:
    known = OUR_BOUNCE.after(claim(NOT_SPAM))
    assert next_step(known, None, claim(NOT_SPAM)).action is Action.LEAVE
    assert next_step(unsettled(known), None, claim(NOT_SPAM)) == Step(Action.LEAVE, unsettled(known), unsettled(known))
