"""What is in the rates and what is not: SES's facts, written out by hand, against the tables of rules."""

from itertools import product
from urllib.parse import urlsplit

import pytest

from ses_reputation.domain.eligibility import (
    BESIDE_RATES,
    BOUNCE_RULES,
    COMPLAINT_RULES,
    NEVER_ATTEMPTED,
    RECIPIENT_RULES,
    RULES,
    BounceRule,
    BounceType,
    ComplaintRule,
    Measure,
    Rule,
    bounce_rule,
    complaint_rule,
    is_in_a_rate,
    is_judged,
    is_unknown,
    reply_measure,
)
from ses_reputation.domain.providers import OTHER, OWN, PROVIDERS, SIMULATOR, UNSPECIFIED
from ses_reputation.domain.rates import ELIGIBLE, NUMERATOR, Metric, VolumeSource
from ses_reputation.domain.reply_rules import ReplyClass

HARD, SOFT, NOT_ATTEMPTED = Measure.HARD_BOUNCED, Measure.SOFT_BOUNCED, Measure.NOT_ATTEMPTED
COMPLAINED, NOT_SPAM, UNSENT = Measure.COMPLAINED, Measure.NOT_SPAM, Measure.COMPLAINED_UNSENT

# Type, subtype, the rule's name, the measure.
BOUNCES = [
    ("Permanent", "General", "hard-bounce", HARD),
    ("Permanent", "NoEmail", "hard-bounce", HARD),
    pytest.param("Permanent", "Suppressed", "global-suppression-list", HARD, id="SES's own global list counts"),
    pytest.param("Permanent", "SomethingNew", "unknown-subtype", HARD, id="an unknown permanent subtype counts"),
    pytest.param("Permanent", "", "unknown-subtype", HARD, id="a missing permanent subtype counts"),
    pytest.param("Permanent", "onaccountsuppressionlist", "unknown-subtype", HARD, id="in other case it is unknown"),
    ("Permanent", "OnAccountSuppressionList", "account-suppression-list", NOT_ATTEMPTED),
    ("Permanent", "OnTenantSuppressionList", "tenant-suppression-list", NOT_ATTEMPTED),
    ("Permanent", "EmailValidationSuppressed", "email-validation", NOT_ATTEMPTED),
    ("Permanent", "UnsubscribedRecipient", "unsubscribed", NOT_ATTEMPTED),
    pytest.param("Transient", "UnsubscribedRecipient", "unsubscribed", NOT_ATTEMPTED, id="never tried, of any type"),
    pytest.param("Suppressed", "OnTenantSuppressionList", "tenant-suppression-list", NOT_ATTEMPTED, id="of a new type"),
    pytest.param("Transient", "General", "soft-bounce", SOFT, id="an automatic reply"),
    ("Transient", "MailboxFull", "soft-bounce", SOFT),
    ("Transient", "MessageTooLarge", "soft-bounce", SOFT),
    ("Transient", "ContentRejected", "soft-bounce", SOFT),
    ("Transient", "AttachmentRejected", "soft-bounce", SOFT),
    ("Transient", "CustomTimeoutExceeded", "soft-bounce", SOFT),
    pytest.param("Transient", "NoEmail", "soft-bounce", SOFT, id="a hard bounce's subtype, but transient"),
    pytest.param("Transient", "Suppressed", "soft-bounce", SOFT, id="the global list's subtype, but transient"),
    ("Transient", "SomethingNew", "soft-bounce", SOFT),
    ("Undetermined", "Undetermined", "undetermined-bounce", SOFT),
    ("Undetermined", "General", "undetermined-bounce", SOFT),
]

# Subtype, type of feedback, the rule's name, the measure.
COMPLAINTS = [
    pytest.param(None, None, "complaint", COMPLAINED, id="without a report"),
    (None, "abuse", "complaint", COMPLAINED),
    (None, "auth-failure", "complaint", COMPLAINED),
    (None, "fraud", "complaint", COMPLAINED),
    (None, "other", "complaint", COMPLAINED),
    (None, "virus", "complaint", COMPLAINED),
    pytest.param(None, "something-new", "complaint", COMPLAINED, id="an unknown type of feedback counts"),
    pytest.param(None, "not-spam", "not-spam", NOT_SPAM, id="a report that it is no spam"),
    ("OnAccountSuppressionList", None, "never-sent-complaint", UNSENT),
    ("OnTenantSuppressionList", "abuse", "never-sent-complaint", UNSENT),
    pytest.param("SomethingNew", "abuse", "never-sent-complaint", UNSENT, id="any subtype says it was never sent"),
    pytest.param("OnAccountSuppressionList", "not-spam", "never-sent-complaint", UNSENT, id="both: never sent wins"),
]


@pytest.mark.parametrize(("bounce_type", "subtype", "rule", "measure"), BOUNCES)
def test_a_bounce_counts_as_its_type_and_subtype_say(
    bounce_type: str, subtype: str, rule: str, measure: Measure
) -> None:
    decided = bounce_rule(bounce_type, subtype)
    assert (decided.name, decided.measure) == (rule, measure)
    assert is_unknown(bounce_type, subtype) == (rule == "unknown-subtype")


@pytest.mark.parametrize(("subtype", "feedback_type", "rule", "measure"), COMPLAINTS)
def test_a_complaint_counts_as_its_subtype_and_feedback_say(
    subtype: str | None, feedback_type: str | None, rule: str, measure: Measure
) -> None:
    decided = complaint_rule(subtype, feedback_type)
    assert (decided.name, decided.measure) == (rule, measure)


def test_only_a_hard_bounce_is_in_the_bounce_rate_and_only_a_complaint_in_the_complaint_rate() -> None:
    assert NUMERATOR == {Metric.BOUNCE_RATE: HARD, Metric.COMPLAINT_RATE: COMPLAINED}


@pytest.mark.parametrize("rule", BOUNCE_RULES, ids=lambda rule: rule.name)
def test_every_bounce_rule_decides_something(rule: BounceRule) -> None:
    for subtype in rule.subtypes or ("any other",):
        assert bounce_rule(rule.type or "Permanent", subtype) is rule


@pytest.mark.parametrize("rule", COMPLAINT_RULES, ids=lambda rule: rule.name)
def test_every_complaint_rule_decides_something(rule: ComplaintRule) -> None:
    assert complaint_rule(None if rule.sent else "any", rule.feedback_type or "any") is rule


def test_no_rule_is_without_a_fact_that_it_is_held_against() -> None:
    """So that a new row needs a line above."""
    held = {value for row in (*BOUNCES, *COMPLAINTS) for value in getattr(row, "values", row)}
    assert {rule.name for rule in (*BOUNCE_RULES, *COMPLAINT_RULES)} <= held
    assert {(rule.name, rule.provider) for rule in RECIPIENT_RULES} == {
        ("mailbox-simulator", SIMULATOR),
        ("verified-identity", OWN),
    }


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_says_what_it_does_and_where_that_is_written(rule: Rule) -> None:
    source = urlsplit(rule.source)
    assert (source.scheme, bool(source.path)) == ("https", True)
    assert source.netloc in {"docs.aws.amazon.com", "aws.amazon.com", "www.iana.org"}
    assert rule.says.endswith(".")


def test_a_rule_that_aws_does_not_state_says_so() -> None:
    unstated = {"tenant-suppression-list", "email-validation", "unsubscribed", "not-spam", "verified-identity"}
    assert {rule.name for rule in RULES if "AWS does not say" in rule.says or "AWS is silent" in rule.says} == unstated


def test_a_type_that_ses_does_not_have_is_an_error() -> None:
    with pytest.raises(KeyError):
        bounce_rule("Sideways", "General")


def test_what_was_never_attempted_is_four_subtypes() -> None:
    assert {
        "OnAccountSuppressionList",
        "OnTenantSuppressionList",
        "EmailValidationSuppressed",
        "UnsubscribedRecipient",
    } == NEVER_ATTEMPTED
    assert all(
        bounce_rule(kind, subtype).measure is NOT_ATTEMPTED for kind in BounceType for subtype in NEVER_ATTEMPTED
    )


@pytest.mark.parametrize(("provider", "measure"), list(product([SIMULATOR, OWN], Measure)))
def test_nothing_at_the_simulator_or_at_oneself_is_in_a_rate(provider: str, measure: Measure) -> None:
    assert not is_in_a_rate(provider, measure)
    # A spamtrap may be at one's own domain.
    assert is_judged(provider, measure) == (measure is Measure.SPAMTRAPPED)


def test_every_class_of_replies_has_a_measure_of_its_own() -> None:
    measures = {reply_measure(c) for c in ReplyClass}
    assert measures < BESIDE_RATES
    assert len(measures) == len(ReplyClass)


@pytest.mark.parametrize("measure", Measure)
def test_whoever_the_recipient_else_is_the_measure_decides(measure: Measure) -> None:
    moves_a_rate = measure in NUMERATOR.values() or any(measure in ELIGIBLE[source] for source in VolumeSource)
    assert moves_a_rate == (measure not in {NOT_SPAM, UNSENT, *BESIDE_RATES})
    for provider in (*PROVIDERS, OTHER, UNSPECIFIED):
        assert is_in_a_rate(provider, measure) == moves_a_rate
        assert is_judged(provider, measure) == (measure not in {NOT_SPAM, UNSENT})
