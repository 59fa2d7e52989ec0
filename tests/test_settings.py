"""Every environment variable: what it sets, and what is said about one that is wrong."""

import calendar
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from msgspec import structs

from ses_reputation.domain.feedback_loops import SENDING, SILENT, FeedbackLoops, UnprovenProviders
from ses_reputation.domain.limits import Profile, limits_by_kind, parse_custom_limits
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.providers import AddressBook
from ses_reputation.domain.rates import Metric, VolumeSource
from ses_reputation.domain.recipients import RecipientStorage
from ses_reputation.domain.scopes import ScopeKind
from ses_reputation.domain.weekly import Weekly
from ses_reputation.notices.vocabulary import Vocabulary
from ses_reputation.outbox import Channel
from ses_reputation.ses_events import TagNames
from ses_reputation.settings import (
    ChannelSettings,
    EvaluateSettings,
    KeepingSettings,
    LookSettings,
    OperateSettings,
    ReceiveSettings,
    RecordSettings,
    SettingsError,
    read_policy,
)
from ses_reputation.wiring import channels_of

RECORD = {
    "RECEIPTS_TABLE": "receipts",
    "COUNTERS_TABLE": "counters",
    "STANDINGS_TABLE": "standings",
    "DEAD_LETTER_QUEUE_URL": "https://sqs.eu-west-1.amazonaws.com/123456789012/letters",
    "RECEIPT_RETENTION_DAYS": "90",
    "OLDEST_MAIL_DAYS": "365",
    "MAXIMUM_SCOPES": "10000",
    "MAILBOX_PROVIDERS": "",
    "FEEDBACK_PROVIDERS": "",
    "SILENT_PROVIDERS": "",
    "TENANT_TAG": "ses:tenant-name",
    "SCOPE_TAGS": "",
    "SPAMTRAPS": "",
    "RECIPIENT_STORAGE": "full",
    "RECIPIENT_KEY_SECRET": "",
}
OPERATE = {
    "STANDINGS_TABLE": "standings",
    "STATUS_TOPIC_ARN": "arn:aws:sns:eu-west-1:123456789012:status",
    "CHAT_TOPIC_ARN": "arn:aws:sns:eu-west-1:123456789012:chat",
    "RELATED_EVENT_BUSES": "",
    "VOCABULARY": "classic",
    "VOLUME_SOURCE": "send-events",
    "REPRESENTATIVE_VOLUME": "10000",
    "MINIMUM_VOLUME": "100",
    "MINIMUM_BOUNCES": "2",
    "MINIMUM_COMPLAINTS": "3",
    "OLDEST_MAIL_DAYS": "365",
    "PROFILE": "classic",
    "CUSTOM_LIMITS": "",
    "MAILBOX_PROVIDERS": "",
    "FEEDBACK_PROVIDERS": "",
    "SILENT_PROVIDERS": "",
    "UNPROVEN_PROVIDERS": "learned",
    "FEEDBACK_SHARE": "100",
    "PROBATION_DAYS": "21",
    "STEADY_HOURS": "24",
    "HEALING_DAYS": "7",
    "HUMAN_REVIEW_SCOPES": "",
    "PERIOD_REMINDER_DAYS": "7,1",
    "REVIEW_REMINDER_DAYS": "3",
    "SUSPICION_MINIMUM": "20",
    "HOLD_OUTAGES": "false",
}
EVALUATE = {
    **OPERATE,
    "RECEIPTS_TABLE": "receipts",
    "COUNTERS_TABLE": "counters",
    "EVALUATION_QUEUE_URL": "evaluation",
    "DEAD_LETTER_QUEUE_URL": "dead-letters",
    "WEEKLY_SUMMARY": "off",
}
RECEIVE = {**OPERATE, "DEAD_LETTER_QUEUE_URL": "https://sqs.eu-west-1.amazonaws.com/123456789012/refused"}
CHANNELS = ChannelSettings(
    status_topic_arn="arn:aws:sns:eu-west-1:123456789012:status",
    chat_topic_arn="arn:aws:sns:eu-west-1:123456789012:chat",
    related_event_buses=(),
    vocabulary=Vocabulary.CLASSIC,
)
BUSES = tuple(f"arn:aws:events:eu-west-1:{account}:event-bus/ses-reputation" for account in ("1" * 12, "2" * 12))
FOUR_PERCENT = limits_by_kind(Profile.CLASSIC, parse_custom_limits("tenant.bounce.limit>=4%"))


def test_record_feedback_is_told_where_to_write_and_for_how_long() -> None:
    settings = RecordSettings.from_environment(RECORD)
    assert settings == RecordSettings(
        receipts_table="receipts",
        counters_table="counters",
        standings_table="standings",
        dead_letter_queue_url="https://sqs.eu-west-1.amazonaws.com/123456789012/letters",
        receipt_retention=timedelta(days=90),
        counter_retention=timedelta(days=365 + 31),
        maximum_scopes=10_000,
        provider_domains={},
        spamtraps=frozenset(),
        tags=TagNames(),
        keeping=KeepingSettings(RecipientStorage.FULL, key=None),
    )


def test_a_key_is_wanted_where_addresses_are_not_kept_and_nowhere_else() -> None:
    keyed = {"RECIPIENT_STORAGE": "hashed", "RECIPIENT_KEY_SECRET": "arn:key"}
    assert KeepingSettings.from_environment(keyed) == KeepingSettings(RecipientStorage.HASHED, "arn:key")
    assert KeepingSettings.from_environment({**keyed, "RECIPIENT_STORAGE": "full"}).key is None
    with pytest.raises(SettingsError, match="RECIPIENT_STORAGE=none takes a key, and RECIPIENT_KEY_SECRET names none"):
        KeepingSettings.from_environment({"RECIPIENT_STORAGE": "none", "RECIPIENT_KEY_SECRET": ""})
    with pytest.raises(SettingsError, match="RECIPIENT_STORAGE is 'some'"):
        KeepingSettings.from_environment({**keyed, "RECIPIENT_STORAGE": "some"})


def test_every_channel_of_alerts_leads_somewhere() -> None:
    assert channels_of(CHANNELS).keys() == {*Channel}


def test_evaluate_reputation_is_told_what_to_read_and_whom_to_tell() -> None:
    settings = EvaluateSettings.from_environment(EVALUATE)
    assert settings == EvaluateSettings(
        receipts_table="receipts",
        counters_table="counters",
        standings_table="standings",
        evaluation_queue_url="evaluation",
        dead_letter_queue_url="dead-letters",
        channels=CHANNELS,
        policy=Policy(),
        counter_retention=timedelta(days=365 + 31),
        weekly_summary=None,
    )


def test_operate_is_told_what_to_decide_by_and_whom_to_tell() -> None:
    settings = OperateSettings.from_environment(OPERATE)
    assert settings == OperateSettings(standings_table="standings", channels=CHANNELS, policy=Policy())


def test_receive_finding_is_told_the_same_and_what_to_do_with_the_unreadable() -> None:
    settings = ReceiveSettings.from_environment(RECEIVE)
    assert settings == ReceiveSettings(OperateSettings.from_environment(OPERATE), RECEIVE["DEAD_LETTER_QUEUE_URL"])


@pytest.mark.parametrize(
    ("variable", "value", "channels"),
    [
        ("VOCABULARY", "current", structs.replace(CHANNELS, vocabulary=Vocabulary.CURRENT)),
        ("RELATED_EVENT_BUSES", BUSES[0], structs.replace(CHANNELS, related_event_buses=BUSES[:1])),
        ("RELATED_EVENT_BUSES", ", ".join(BUSES), structs.replace(CHANNELS, related_event_buses=BUSES)),
    ],
    ids=["today's words", "one bus", "two buses"],
)
def test_every_function_that_tells_people_does_it_in_the_same_way(
    variable: str, value: str, channels: ChannelSettings
) -> None:
    told = {variable: value}
    assert EvaluateSettings.from_environment({**EVALUATE, **told}).channels == channels
    assert OperateSettings.from_environment({**OPERATE, **told}).channels == channels
    assert ReceiveSettings.from_environment({**RECEIVE, **told}).operate.channels == channels


@pytest.mark.parametrize(
    ("day", "weekly"),
    [("off", None), *((name.lower(), Weekly(number)) for number, name in enumerate(calendar.day_name))],
)
def test_the_weekly_summary_has_its_day_or_is_off(day: str, weekly: Weekly | None) -> None:
    assert EvaluateSettings.from_environment({**EVALUATE, "WEEKLY_SUMMARY": day}).weekly_summary == weekly


@pytest.mark.parametrize(
    ("variable", "value", "tags"),
    [
        ("TENANT_TAG", "customer", TagNames(tenant="customer")),
        ("SCOPE_TAGS", "campaign", TagNames(scopes=("campaign",))),
        ("SCOPE_TAGS", "campaign, stream,", TagNames(scopes=("campaign", "stream"))),
    ],
)
def test_the_tags_that_are_scopes_are_named(variable: str, value: str, tags: TagNames) -> None:
    assert RecordSettings.from_environment({**RECORD, variable: value}).tags == tags


@pytest.mark.parametrize(
    ("variable", "value", "policy"),
    [
        ("VOLUME_SOURCE", "statistics", Policy(volume_source=VolumeSource.STATISTICS)),
        ("REPRESENTATIVE_VOLUME", "500", Policy(representative_volume=500)),
        ("MINIMUM_VOLUME", "7", Policy(minimum_volume=7)),
        ("MINIMUM_BOUNCES", "8", Policy(minimum_bounces=8)),
        ("MINIMUM_COMPLAINTS", "9", Policy(minimum_complaints=9)),
        ("OLDEST_MAIL_DAYS", "30", Policy(oldest_mail=timedelta(days=30))),
        ("PROFILE", "current", Policy(profile=Profile.CURRENT, limits=limits_by_kind(Profile.CURRENT))),
        ("CUSTOM_LIMITS", "tenant.bounce.limit>=4%", Policy(limits=FOUR_PERCENT)),
        ("UNPROVEN_PROVIDERS", "included", Policy(feedback_loops=FeedbackLoops(unproven=UnprovenProviders.INCLUDED))),
        ("FEEDBACK_SHARE", "40", Policy(feedback_loops=FeedbackLoops(feedback_share=40))),
        ("PROBATION_DAYS", "14", Policy(probation=timedelta(days=14))),
        ("STEADY_HOURS", "0", Policy(steady=timedelta(0))),
        ("HEALING_DAYS", "2", Policy(healing=timedelta(days=2))),
        ("PERIOD_REMINDER_DAYS", "14,3,1", Policy(period_reminders=(14, 3, 1))),
        ("PERIOD_REMINDER_DAYS", "", Policy(period_reminders=())),
        ("REVIEW_REMINDER_DAYS", "5", Policy(review_reminder=timedelta(days=5))),
        ("REVIEW_REMINDER_DAYS", "0", Policy(review_reminder=timedelta(0))),
        ("SUSPICION_MINIMUM", "50", Policy(suspicion_minimum=50)),
        ("HOLD_OUTAGES", "true", Policy(hold_outages=True)),
        ("HUMAN_REVIEW_SCOPES", "account", Policy(human_review=frozenset({ScopeKind.ACCOUNT}))),
        ("HUMAN_REVIEW_SCOPES", "tag, account,", Policy(human_review=frozenset({ScopeKind.TAG, ScopeKind.ACCOUNT}))),
        ("FEEDBACK_PROVIDERS", "proton", Policy(feedback_loops=FeedbackLoops(sending=SENDING | {"proton"}))),
        ("SILENT_PROVIDERS", "proton", Policy(feedback_loops=FeedbackLoops(silent=SILENT | {"proton"}))),
    ],
)
def test_a_variable_sets_its_part_of_the_policy_and_nothing_else(variable: str, value: str, policy: Policy) -> None:
    assert read_policy({**EVALUATE, variable: value}) == policy


def test_numbers_of_ones_own_are_laid_over_the_profile_that_was_chosen() -> None:
    policy = read_policy({**EVALUATE, "PROFILE": "current", "CUSTOM_LIMITS": "tenant.bounce.limit>4%"})
    of_tenants = policy.limits[ScopeKind.TENANT][Metric.BOUNCE_RATE]
    assert (of_tenants.limit.value, of_tenants.limit.inclusive) == (Fraction(4, 100), False)
    assert policy.limits[ScopeKind.ACCOUNT] == limits_by_kind(Profile.CURRENT)[ScopeKind.ACCOUNT]


@pytest.mark.parametrize(
    ("lists", "sending", "silent", "domains"),
    [
        ({}, SENDING, SILENT, {}),
        ({"FEEDBACK_PROVIDERS": "gmail"}, SENDING | {"gmail"}, SILENT - {"gmail"}, {}),
        ({"SILENT_PROVIDERS": "hotmail.com"}, SENDING - {"microsoft"}, SILENT | {"microsoft"}, {}),
        ({"FEEDBACK_PROVIDERS": "yahoo.co.uk,pm.me"}, SENDING | {"proton"}, SILENT, {}),
        (
            {"FEEDBACK_PROVIDERS": "freenet.de, seznam.cz", "SILENT_PROVIDERS": "posteo.de"},
            SENDING | {"freenet.de", "seznam.cz"},
            SILENT | {"posteo.de"},
            {"freenet.de": "freenet.de", "seznam.cz": "seznam.cz", "posteo.de": "posteo.de"},
        ),
        (
            {"MAILBOX_PROVIDERS": "Acme.example=acme,acme.test=acme"},
            SENDING,
            SILENT,
            {"acme.example": "acme", "acme.test": "acme"},
        ),
        (
            {"MAILBOX_PROVIDERS": "acme.example=acme,acme.test=acme", "FEEDBACK_PROVIDERS": "acme.test"},
            SENDING | {"acme"},
            SILENT,
            {"acme.example": "acme", "acme.test": "acme"},
        ),
        (
            {"MAILBOX_PROVIDERS": "me.com=proton", "FEEDBACK_PROVIDERS": "me.com"},
            SENDING | {"proton"},
            SILENT,
            {"me.com": "proton"},
        ),
        (
            {"FEEDBACK_PROVIDERS": "proton,freenet.de", "SILENT_PROVIDERS": "proton,freenet.de"},
            SENDING | {"proton", "freenet.de"},
            SILENT,
            {"freenet.de": "freenet.de"},
        ),
    ],
    ids=[
        "nothing",
        "a name that is known",
        "a domain in the table",
        "a country form, and one of several domains",
        "domains that are in no table",
        "domains of a provider",
        "a domain of a provider of one's own",
        "a domain that was moved",
        "in both lists: it sends",
    ],
)
def test_a_list_of_providers_takes_names_and_domains_and_both_functions_read_it_alike(
    lists: dict[str, str], sending: frozenset[str], silent: frozenset[str], domains: dict[str, str]
) -> None:
    recorded = RecordSettings.from_environment({**RECORD, **lists})
    policy = read_policy({**EVALUATE, **lists})
    assert policy == structs.replace(Policy(), feedback_loops=FeedbackLoops(sending=sending, silent=silent))
    assert recorded.provider_domains == domains
    addresses = AddressBook(domains=recorded.provider_domains)
    for name in lists.get("FEEDBACK_PROVIDERS", "").replace(" ", "").split(","):
        if "." in name:
            assert policy.feedback_loops.percent(addresses.provider_of(f"somebody@{name}")) == 100


FUNCTIONS: dict[str, tuple[Any, dict[str, str]]] = {
    "record_feedback": (RecordSettings, RECORD),
    "evaluate_reputation": (EvaluateSettings, EVALUATE),
    "operate": (OperateSettings, OPERATE),
    "receive_finding": (ReceiveSettings, RECEIVE),
}


@pytest.mark.parametrize(
    ("function", "variable"), [(name, variable) for name, (_, given) in FUNCTIONS.items() for variable in given]
)
def test_a_variable_that_a_function_misses_is_named(function: str, variable: str) -> None:
    settings, given = FUNCTIONS[function]
    with pytest.raises(SettingsError, match=f"^the environment variable {variable} is missing$"):
        settings.from_environment({name: value for name, value in given.items() if name != variable})


@pytest.mark.parametrize(("text", "share"), [("0", 0), ("62.4", 62), ("62.5", 63), ("1e2", 100)])
def test_a_number_with_a_fraction_is_read_as_a_whole_one(text: str, share: int) -> None:
    """CloudFormation's numbers may have one, and no function may fail on what a deployment let pass."""
    assert read_policy({**EVALUATE, "FEEDBACK_SHARE": text}).feedback_loops.feedback_share == share
    assert read_policy({**EVALUATE, "OLDEST_MAIL_DAYS": "30.5"}).oldest_mail == timedelta(days=31)


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("MINIMUM_VOLUME", "many", "not a number"),
        ("REPRESENTATIVE_VOLUME", "", "not a number"),
        ("PROBATION_DAYS", "three weeks", "not a number"),
        ("STEADY_HOURS", "1d", "not a number"),
        ("VOLUME_SOURCE", "guesses", "not a valid VolumeSource"),
        ("PROFILE", "strict", "not a valid Profile"),
        ("UNPROVEN_PROVIDERS", "maybe", "not a valid UnprovenProviders"),
        ("VOCABULARY", "modern", "not a valid Vocabulary"),
        ("WEEKLY_SUMMARY", "weekly", "neither off nor one of monday, tuesday, wednesday, thursday, friday, saturday"),
        ("WEEKLY_SUMMARY", "Monday", "neither off nor one of monday"),
        ("WEEKLY_SUMMARY", "", "neither off nor one of monday"),
        ("PERIOD_REMINDER_DAYS", "7,soon", "not a number"),
        ("REVIEW_REMINDER_DAYS", "", "not a number"),
        ("HUMAN_REVIEW_SCOPES", "account,stream", "'stream' is not a valid ScopeKind"),
        ("CUSTOM_LIMITS", "tenant.bounce.limit>=4", "is no limit such as tenant.bounce.limit>=4%: a scope kind"),
        ("MAILBOX_PROVIDERS", "acme.example", "'acme.example' has no provider; a list looks like acme.example=acme"),
        ("MAILBOX_PROVIDERS", "a.example=a,=b", "'' has no provider"),
    ],
)
def test_a_variable_that_makes_no_sense_is_named_with_its_value_and_what_is_wrong(
    variable: str, value: str, message: str
) -> None:
    with pytest.raises(SettingsError) as raised:
        EvaluateSettings.from_environment({**EVALUATE, variable: value})
    assert str(raised.value).startswith(f"the environment variable {variable} is {value!r}: ")
    assert message in str(raised.value)


LOOK = {
    **OPERATE,
    "BLOCKLIST_ZONES": "multi.surbl.org,dbl.dq.spamhaus.net,multi.surbl.org",
    "BLOCKLIST_KEYS_SECRET": "arn:keys",
    "BLOCKLIST_RESOLVER": "192.0.2.53",
}


def test_blocklists_are_asked_each_once_with_their_keys_at_a_server_of_ones_own() -> None:
    settings = LookSettings.from_environment(LOOK)
    assert settings.zones == ("multi.surbl.org", "dbl.dq.spamhaus.net")
    assert settings.keys == "arn:keys"
    assert LookSettings.from_environment({**LOOK, "BLOCKLIST_KEYS_SECRET": ""}).keys is None
    assert settings.server == ("192.0.2.53", 53)
    assert LookSettings.from_environment({**LOOK, "BLOCKLIST_RESOLVER": "127.0.0.1:5353"}).server == ("127.0.0.1", 5353)
    assert LookSettings.from_environment({**LOOK, "BLOCKLIST_RESOLVER": ""}).server is None


@pytest.mark.parametrize("zone", ["zen.spamhaus.org", "zen.dq.spamhaus.net", "bl.spamcop.net"])
def test_a_list_of_addresses_is_asked_about_no_domain(zone: str) -> None:
    with pytest.raises(SettingsError, match=f"BLOCKLIST_ZONES.*: {zone} lists IP addresses"):
        LookSettings.from_environment({**LOOK, "BLOCKLIST_ZONES": f"multi.surbl.org,{zone}"})


@pytest.mark.parametrize("server", ["dns.example", "192.0.2", "192.0.2.53:x", "2001:db8::53"])
def test_a_server_is_an_address(server: str) -> None:
    with pytest.raises(SettingsError, match="BLOCKLIST_RESOLVER"):
        LookSettings.from_environment({**LOOK, "BLOCKLIST_RESOLVER": server})
