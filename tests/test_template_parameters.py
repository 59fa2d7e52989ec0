"""The parameters of template.yaml: what they allow is what the functions can read, and no more."""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ses_reputation.domain.feedback_loops import UnprovenProviders
from ses_reputation.domain.limits import Profile, limits_by_kind, parse_custom_limits
from ses_reputation.domain.providers import PROVIDERS
from ses_reputation.domain.rates import VolumeSource
from ses_reputation.domain.recipients import RecipientStorage
from ses_reputation.domain.scopes import ScopeKind
from ses_reputation.notices.vocabulary import Vocabulary
from ses_reputation.settings import WEEKDAYS
from ses_reputation_local.template import ParameterError, read_template
from tests.test_template import FUNCTIONS, PARAMETERS, SOURCE, TEMPLATE, environment, parameter_of


def is_list(parameter: str) -> bool:
    return bool(PARAMETERS[parameter]["Type"] == "CommaDelimitedList")


def matches(parameter: str, text: str) -> bool:
    """Whether CloudFormation takes this value: the pattern must match all of it, or of each member of a list.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/parameters-section-structure.html
    """
    members = [member.strip() for member in text.split(",")] if is_list(parameter) else [text]
    return all(re.fullmatch(PARAMETERS[parameter]["AllowedPattern"], member) for member in members)


def values(parameter: str) -> st.SearchStrategy[str]:
    """Whatever a pattern allows."""
    one = st.from_regex(PARAMETERS[parameter]["AllowedPattern"], fullmatch=True)
    return st.lists(one, min_size=1, max_size=12).map(",".join) if is_list(parameter) else one


@pytest.mark.parametrize(
    ("parameter", "choices"),
    [
        ("VolumeSource", VolumeSource),
        ("Profile", Profile),
        ("UnprovenProviders", UnprovenProviders),
        ("Vocabulary", Vocabulary),
        ("HoldOutages", ("true", "false")),
        ("RecipientStorage", RecipientStorage),
        ("WeeklySummary", ("off", *WEEKDAYS)),
    ],
)
def test_a_choice_has_every_value_that_there_is(parameter: str, choices: Any) -> None:
    assert PARAMETERS[parameter]["AllowedValues"] == list(choices)


@pytest.mark.parametrize("parameter", ["FeedbackProviders", "SilentProviders"])
def test_the_providers_that_can_be_named_are_those_of_the_table(parameter: str) -> None:
    names = re.findall(r"[a-z-]+", PARAMETERS[parameter]["AllowedPattern"].partition("|[a-z0-9-]+")[0])
    assert names == sorted(PROVIDERS)
    for name in PROVIDERS:
        assert matches(parameter, name)


@pytest.mark.parametrize("parameter", ["CustomLimits", "HumanReviewScopes"])
def test_every_kind_of_scope_can_be_named(parameter: str) -> None:
    pattern = PARAMETERS[parameter]["AllowedPattern"]
    assert set(re.findall(r"[a-z-]+", pattern.partition(")")[0])) == set(ScopeKind)


LISTS_OF_PROVIDERS = {
    "nothing": ("", True),
    "one name": ("yahoo", True),
    "two names": ("mail-ru,t-online", True),
    "a domain": ("freenet.de", True),
    "a name and a subdomain": ("proton,mail.freenet.de", True),
    "a trailing comma": ("yahoo,", False),
    "a leading comma": (",yahoo", False),
    "two commas": ("yahoo,,gmail", False),
    "a comma alone": (",", False),
    "a space": ("yahoo, gmail", False),
    "an unknown name": ("freenet", False),
    "a known name and more": ("yahoo2", False),
    "an unknown name after a known one": ("yahoo,freenet", False),
    "capitals": ("Yahoo", False),
    "an address": ("a@freenet.de", False),
    "a wildcard": ("yahoo.*", False),
    "an empty label": ("freenet..de", False),
    "two lines": ("yahoo\n", False),
}
LISTS_OF_PAUSABLE = {
    "nothing": ("", True),
    "one": ("tenant", True),
    "all": ("account,configuration-set,tenant", True),
    "a trailing comma": ("tenant,", False),
    "a space": ("account, tenant", False),
    "what SES can't pause": ("identity", False),
    "two run together": ("accounttenant", False),
}
BUS = "arn:aws:events:eu-west-1:123456789012:event-bus/ses-reputation"
TEXTS: dict[str, dict[str, tuple[str, bool]]] = {
    "PeriodReminderDays": {
        "nothing": ("", True),
        "one": ("7", True),
        "five": ("30,14,7,3,1", True),
        "six": ("60,30,14,7,3,1", False),
        "the end itself": ("7,0", False),
        "years": ("1000", False),
        "a fraction": ("0.5", False),
        "a trailing comma": ("7,", False),
        "a space": ("7, 1", False),
    },
    "RelatedEventBuses": {
        "nothing": ("", True),
        "one": (BUS, True),
        "two": (f"{BUS},arn:aws-cn:events:cn-north-1:210987654321:event-bus/other.name/of_it-1", True),
        "a name": ("ses-reputation", False),
        "a topic": ("arn:aws:sns:eu-west-1:123456789012:ses-reputation", False),
        "a rule": ("arn:aws:events:eu-west-1:123456789012:rule/ses-reputation", False),
        "no name": ("arn:aws:events:eu-west-1:123456789012:event-bus/", False),
        "no region": ("arn:aws:events::123456789012:event-bus/ses-reputation", False),
        "any bus": ("arn:aws:events:eu-west-1:123456789012:event-bus/*", False),
        "any account": ("arn:aws:events:eu-west-1:*:event-bus/ses-reputation", False),
    },
    "RelatedAccounts": {
        "nothing": ("", True),
        "one": ("123456789012", True),
        "two": ("123456789012,012345678901", True),
        "eleven digits": ("12345678901", False),
        "thirteen digits": ("1234567890123", False),
        "everybody": ("*", False),
        "a role": ("arn:aws:iam::123456789012:role/reporter", False),
        "two with something between": ("123456789012;210987654321", False),
    },
    "FeedbackProviders": LISTS_OF_PROVIDERS,
    "SilentProviders": LISTS_OF_PROVIDERS,
    "MailboxProviders": {
        "nothing": ("", True),
        "one": ("acme.example=acme", True),
        "two": ("acme.example=acme,acme.test=acme", True),
        "a provider of the table": ("my-company.co.uk=mail-ru", True),
        "a trailing comma": ("acme.example=acme,", False),
        "a space": ("acme.example=acme, acme.test=acme", False),
        "no provider": ("acme.example", False),
        "an empty provider": ("acme.example=", False),
        "no domain": ("=acme", False),
        "no dot": ("acme=acme", False),
        "a provider with dots": ("acme.example=acme.example", False),
        "capitals": ("acme.example=Acme", False),
        "two equals signs": ("acme.example=acme=acme", False),
    },
    "TenantTag": {
        "SES's own": ("ses:tenant-name", True),
        "one's own": ("Customer_7", True),
        "the longest": ("x" * 256, True),
        "one more": ("x" * 257, False),
        "nothing": ("", False),
        "a space": ("a b", False),
        "two": ("customer,stream", False),
    },
    "ScopeTags": {
        "nothing": ("", True),
        "one": ("campaign", True),
        "two": ("campaign,ses:from-domain", True),
        "ten": (",".join(["tag"] * 10), True),
        "eleven": (",".join(["tag"] * 11), False),
        "too long": ("x" * 257, False),
        "a trailing comma": ("campaign,", False),
        "a space": ("campaign, stream", False),
        "a value": ("campaign=spring", False),
    },
    "CustomLimits": {
        "nothing": ("", True),
        "at it or more": ("tenant.bounce.limit>=4%", True),
        "over it": ("account.complaint.shutdown>0.45%", True),
        "as the profile has it": ("configuration-set.bounce.recommended=2%", True),
        "two": ("tag.complaint.recommended=0.05%,provider.bounce.limit>10%", True),
        "four places": ("identity.complaint.limit>0.0625%", True),
        "five places": ("identity.complaint.limit>0.06251%", False),
        "everything": ("tenant.bounce.limit>=100%", True),
        "more than everything": ("tenant.bounce.limit>=101%", False),
        "no digits": ("tenant.bounce.limit>=%", False),
        "a point alone": ("tenant.bounce.limit>=4.%", False),
        "no percent sign": ("tenant.bounce.limit>=4", False),
        "no operator": ("tenant.bounce.limit4%", False),
        "another operator": ("tenant.bounce.limit<4%", False),
        "the operator turned round": ("tenant.bounce.limit=>4%", False),
        "an unknown kind": ("stream.bounce.limit>4%", False),
        "an unknown metric": ("tenant.opens.limit>4%", False),
        "an unknown limit": ("tenant.bounce.most>4%", False),
        "no limit": ("tenant.bounce>4%", False),
        "a trailing comma": ("tenant.bounce.limit>4%,", False),
        "a space": ("tenant.bounce.limit > 4%", False),
        "a space behind the comma": ("tenant.bounce.limit>4%, tag.bounce.limit>4%", False),
    },
    "BlocklistZones": {
        "nothing": ("", True),
        "one": ("multi.surbl.org", True),
        "three": ("dbl.dq.spamhaus.net,multi.surbl.org,multi.uribl.com", True),
        "a list of addresses": ("zen.spamhaus.org", False),
        "a list of addresses with a key": ("zen.dq.spamhaus.net", False),
        "a list of addresses behind one of domains": ("multi.surbl.org,bl.spamcop.net", False),
        "a key in front": ("0123456789abcdefghijklmnop.dbl.dq.spamhaus.net", False),
        "a key in front of the second": ("multi.surbl.org,0123456789abcdefghijklmnop.dbl.dq.spamhaus.net", False),
        "a key of its own": ("dbl.dq.spamhaus.net=0123456789abcdefghijklmnop", False),
        "no dot": ("surbl", False),
        "an empty label": ("multi..org", False),
        "capitals": ("Multi.SURBL.org", False),
        "a trailing dot": ("multi.surbl.org.", False),
        "a trailing comma": ("multi.surbl.org,", False),
        "a space": ("multi.surbl.org, multi.uribl.com", False),
    },
    "BlocklistKeysSecretArn": {
        "nothing": ("", True),
        "one": ("arn:aws:secretsmanager:eu-west-1:123456789012:secret:mail/blocklist.keys-a1B2c3", True),
        "a key": ("0123456789abcdefghijklmnop", False),
        "a key with its zone": ("dbl.dq.spamhaus.net=0123456789abcdefghijklmnop", False),
        "a name": ("blocklist-keys", False),
        "any secret": ("arn:aws:secretsmanager:eu-west-1:123456789012:secret:*", False),
        "a parameter": ("arn:aws:ssm:eu-west-1:123456789012:parameter/blocklist-keys", False),
        "two": (",".join(["arn:aws:secretsmanager:eu-west-1:123456789012:secret:keys-a1B2c3"] * 2), False),
    },
    "BlocklistResolver": {
        "nothing": ("", True),
        "an address": ("192.0.2.53", True),
        "with a port": ("127.0.0.1:5353", True),
        "the highest": ("255.255.255.255:65535", True),
        "one more": ("255.255.255.255:65536", False),
        "an octet too high": ("192.0.2.256", False),
        "an octet with a zero in front": ("192.0.2.053", False),
        "three octets": ("192.0.2", False),
        "five octets": ("192.0.2.5.3", False),
        "a trailing dot": ("192.0.2.53.", False),
        "a colon and no port": ("192.0.2.53:", False),
        "port 0": ("192.0.2.53:0", False),
        "a name": ("dns.example", False),
        "IPv6": ("2001:db8::53", False),
        "two": ("192.0.2.53,192.0.2.54", False),
    },
    "EnforceScopes": LISTS_OF_PAUSABLE,
    "PauseAtProbationScopes": LISTS_OF_PAUSABLE,
    "HumanReviewScopes": {
        "nothing": ("", True),
        "one": ("account", True),
        "all": ("account,configuration-set,identity,tenant,provider,tag", True),
        "a trailing comma": ("account,", False),
        "a space": ("account, tag", False),
        "an unknown kind": ("account,stream", False),
        "two run together": ("accounttag", False),
    },
}


@pytest.mark.parametrize(
    ("parameter", "text", "allowed"),
    [
        pytest.param(parameter, *row, id=f"{parameter}: {what}")
        for parameter, rows in TEXTS.items()
        for what, row in rows.items()
    ],
)
def test_a_pattern_allows_what_makes_sense_and_nothing_else(parameter: str, text: str, allowed: bool) -> None:
    assert matches(parameter, text) == allowed


# Whoever reads a variable reads it in the same way: one of them stands for the others.
READERS = {
    parameter: (function, variable)
    for function in sorted(FUNCTIONS)
    for variable, given in SOURCE["Resources"][function]["Properties"]["Environment"]["Variables"].items()
    if (parameter := parameter_of(given)) and "AllowedPattern" in PARAMETERS.get(parameter, ())
}


@pytest.mark.parametrize("parameter", sorted(READERS))
@settings(max_examples=25)
@given(data=st.data())
def test_whatever_a_pattern_allows_a_function_can_read(parameter: str, data: st.DataObject) -> None:
    (function, variable), text = READERS[parameter], data.draw(values(parameter))
    FUNCTIONS[function].from_environment({**environment(function), variable: text})


@settings(max_examples=50)
@given(values("CustomLimits"))
def test_whatever_limits_the_pattern_allows_are_limits(text: str) -> None:
    custom = parse_custom_limits(text)
    assert len(custom) == (text.count(",") + 1 if text else 0)
    assert limits_by_kind(Profile.CLASSIC, custom).keys() == set(ScopeKind)


def test_every_parameter_is_described_labelled_and_in_a_group() -> None:
    interface = SOURCE["Metadata"]["AWS::CloudFormation::Interface"]
    grouped = [name for group in interface["ParameterGroups"] for name in group["Parameters"]]
    assert sorted(grouped) == sorted(SOURCE["Parameters"])
    assert interface["ParameterLabels"].keys() == SOURCE["Parameters"].keys()
    for name, parameter in SOURCE["Parameters"].items():
        assert parameter["Description"].endswith("."), name


@pytest.mark.parametrize("name", PARAMETERS)
def test_whoever_gives_a_wrong_value_is_told_what_is_allowed(name: str) -> None:
    """CloudFormation puts "Parameter NAME" before it, and without it only quotes a pattern."""
    parameter, told = PARAMETERS[name], PARAMETERS[name]["ConstraintDescription"]
    assert told.startswith("must be ")
    assert not told.endswith(".")
    match parameter:
        case {"AllowedValues": ["off", *days]}:
            assert "off" in told
            assert any(day in told for day in days)
        case {"AllowedValues": values}:
            assert all(re.search(rf"\b{value}\b", told) for value in values)
        case {"MinValue": least, "MaxValue": most}:
            assert re.search(rf"from {least}\b.* to {most}\b", told)
        case {"MinValue": least}:
            assert re.search(rf"\b{least}\b.* or more$", told)
        case {"AllowedPattern": _} if "Schedule" in name:
            examples = re.findall(r"(?:such as|or) (\w+\([^)]+\))", told)
            assert len(examples) == 2
            assert all(matches(name, example) for example in examples)
        case {"AllowedPattern": _}:
            example, *_ = re.findall(r"such as (\S+?)(?:,? |,?$)", told) or [""]
            assert example, "an example says more than a description"
            assert matches(name, example)
        case _:
            pytest.fail("anything is allowed")


def test_nothing_is_asked_for_that_can_not_be_left_as_it_is() -> None:
    """`sam deploy --guided` takes no empty answer for a parameter without a default, nor for one with NoEcho."""
    for name, parameter in PARAMETERS.items():
        assert "Default" in parameter, name
        assert not parameter.get("NoEcho"), name


FIRST = (
    *("NotificationEmail", "Profile", "VolumeSource", "EnforceScopes"),
    *("AutomaticSuppression", "RecipientStorage", "EncryptionKeyArn", "CloudWatchDashboard"),
)


def test_what_is_worth_a_thought_is_asked_first_and_the_rest_in_the_order_of_the_groups() -> None:
    """`sam deploy --guided` asks in the order of the template, and shows nothing but names and defaults."""
    interface = SOURCE["Metadata"]["AWS::CloudFormation::Interface"]
    grouped = [name for group in interface["ParameterGroups"] for name in group["Parameters"]]
    assert list(PARAMETERS) == [*FIRST, *(name for name in grouped if name not in FIRST)]


# -- Values that make sense each, and not together ---------------------------------------------------------------------

ZONES = "BlocklistKeysSecretArn and BlocklistResolver are for BlocklistZones, which is empty"
HELD = "HoldOutages=true holds what bounces in a suspected outage, and with SuspicionMinimum=0 nothing is suspected"
KEYS = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:keys-a1B2c3"
TOGETHER: dict[str, tuple[dict[str, str], str | None]] = {
    "all defaults": ({}, None),
    "zones alone": ({"BlocklistZones": "multi.surbl.org"}, None),
    "zones and their keys": ({"BlocklistZones": "dbl.dq.spamhaus.net", "BlocklistKeysSecretArn": KEYS}, None),
    "keys of no zones": ({"BlocklistKeysSecretArn": KEYS}, ZONES),
    "zones and whom to ask": ({"BlocklistZones": "multi.surbl.org", "BlocklistResolver": "192.0.2.53"}, None),
    "whom to ask about nothing": ({"BlocklistResolver": "192.0.2.53"}, ZONES),
    "outages are held": ({"HoldOutages": "true"}, None),
    "nothing is suspected": ({"SuspicionMinimum": "0"}, None),
    "one bounce is an outage that is held": ({"HoldOutages": "true", "SuspicionMinimum": "1"}, None),
    "outages are held, and none is suspected": ({"HoldOutages": "true", "SuspicionMinimum": "0"}, HELD),
    # What would be paused is told as well where nothing is.
    "paused at probation, but nothing is enforced": ({"PauseAtProbationScopes": "tenant"}, None),
    "a minimum above the representative volume": ({"MinimumVolume": "20000"}, None),
    "reminders before a probation begins": ({"ProbationDays": "3", "PeriodReminderDays": "7,1"}, None),
    "Almost healed for longer than a probation": ({"ProbationDays": "3", "HealingDays": "7"}, None),
}


@pytest.mark.parametrize(("given", "refusal"), TOGETHER.values(), ids=TOGETHER)
def test_values_that_do_not_go_together_are_refused_at_deployment(given: dict[str, str], refusal: str | None) -> None:
    if refusal is None:
        read_template(TEMPLATE, given, "eu-west-1")
    else:
        with pytest.raises(ParameterError, match=f"^{re.escape(refusal)}: "):
            read_template(TEMPLATE, given, "eu-west-1")


@pytest.mark.parametrize("given", [given for given, refusal in TOGETHER.values() if refusal is None])
def test_what_is_deployed_together_every_function_can_read(given: dict[str, str]) -> None:
    for function, variables in ((name, environment(name)) for name in FUNCTIONS):
        sources = SOURCE["Resources"][function]["Properties"]["Environment"]["Variables"]
        set_by = {name: given[parameter] for name, of in sources.items() if (parameter := parameter_of(of)) in given}
        FUNCTIONS[function].from_environment({**variables, **set_by})


def test_every_rule_refuses_something() -> None:
    refused = {refusal for _, refusal in TOGETHER.values() if refusal}
    told = [a["AssertDescription"] for rule in SOURCE["Rules"].values() for a in rule["Assertions"]]
    assert {text.partition(": ")[0] for text in told} == refused
    assert len(told) == sum(refusal is not None for _, refusal in TOGETHER.values())
