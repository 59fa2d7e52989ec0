"""look_up_blocklists in the whole system on the local cloud, asking a real DNS server on loopback."""

import json
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import dns.rcode
import pytest

from ses_reputation.adapters.identities import DynamoDbIdentities
from ses_reputation.adapters.secret_texts import SecretNotRead
from ses_reputation.adapters.zone_keys import read_zone_keys
from ses_reputation.domain.lifecycle import Stage, Status
from ses_reputation_local.cloud import LocalCloud
from ses_reputation_local.functions import Invocation
from tests.blocklist_server import BlocklistServer, blocklist_server
from tests.noted_calls import noted
from tests.privileges import refused, unused
from tests.test_finding_path import EMAIL, MORNING, command, standing
from tests.test_template import RESOURCES, SOURCE

KEY = "0123456789abcdefghijklmnop"
DBL, SURBL = "dbl.dq.spamhaus.net", "multi.surbl.org"
KEYS_ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:blocklist-keys-a1B2c3"
SHOP, SCOPE = "shop.example", "identity/shop.example"
SIX_HOURS, DAY = timedelta(hours=6), timedelta(days=1)


@pytest.fixture
def server() -> Iterator[BlocklistServer]:
    """Both lists list their test entries, and nothing else."""
    with blocklist_server() as server:
        server.put(f"{KEY}.{DBL}", "dbltest.com", codes=("127.0.1.2",))
        server.put(SURBL, "test.surbl.org", codes=("127.0.0.254",))
        yield server


@pytest.fixture
def cloud(server: BlocklistServer) -> Iterator[LocalCloud]:
    """One that sends from shop.example. Whatever happens in it, nobody is told the key."""
    parameters = {
        **EMAIL,
        "BlocklistZones": f"{DBL},{SURBL}",
        "BlocklistKeysSecretArn": KEYS_ARN,
        "BlocklistResolver": server.address,
    }
    with LocalCloud(parameters) as cloud:
        cloud.now = MORNING
        put_keys(cloud, f"{DBL}={KEY}")
        identities = DynamoDbIdentities(cloud.client("dynamodb"), table=cloud.resources["StandingsTable"])
        identities.write(frozenset({SHOP, "news@shop.example", "good.example"}))
        yield cloud
        items = cloud.client("dynamodb").scan(TableName=cloud.resources["StandingsTable"])["Items"]
        for run in cloud.invocations:
            assert KEY not in f"{run.logs} {run.result} {run.error}".lower()
        assert KEY not in str(items).lower()


def put_keys(cloud: LocalCloud, text: str) -> None:
    cloud.client("secretsmanager").create_secret(Name=KEYS_ARN.rpartition(":")[2], SecretString=text)


def look_up(cloud: LocalCloud, now: Any) -> Invocation:
    (run,) = cloud.tick(now, ["LookUpBlocklists"])
    assert run.error is None
    return run


def list_shop(server: BlocklistServer) -> None:
    # The list quotes the whole query.
    server.put(f"{KEY}.{DBL}", SHOP, codes=("127.0.1.4",), text=f"See https://list.example/{SHOP}.{KEY}.{DBL}".encode())


def test_from_a_listing_to_the_alert_the_confirmation_and_the_removal(
    cloud: LocalCloud, server: BlocklistServer
) -> None:
    list_shop(server)
    run = look_up(cloud, MORNING)
    assert isinstance(run.result, dict)
    assert (run.result["domains"], run.result["listed"], run.result["suspected"]) == (2, 1, 1)
    (email,) = cloud.emails()
    assert "identity/shop.example" in email.subject
    assert "Spamhaus DBL (dbl.dq.spamhaus.net): it answers 127.0.1.4: phishing." in " ".join(email.body.split())
    assert "https://check.spamhaus.org/" in email.body
    assert KEY not in email.body
    assert standing(cloud, SCOPE).status is Status.HEALTHY

    look_up(cloud, MORNING + SIX_HOURS)
    assert cloud.emails() == []
    confirmed = command(cloud, SCOPE, command="decide", decision="confirm")
    assert confirmed["scope_status"] == "Probation"
    assert len(cloud.emails()) == 1

    look_up(cloud, MORNING + DAY)
    (finding,) = standing(cloud, SCOPE).findings.values()
    assert (finding.stage, finding.reports) == (Stage.PROBATION, 2), "the evidence says that it is listed still"
    server.remove(f"{KEY}.{DBL}", SHOP)
    look_up(cloud, MORNING + 2 * DAY)
    (finding,) = standing(cloud, SCOPE).findings.values()
    assert (finding.stage, finding.reports) == (Stage.PROBATION, 2), "a person has confirmed it, and a person ends it"
    assert cloud.emails() == []


def test_what_is_gone_before_anybody_decides_is_withdrawn(cloud: LocalCloud, server: BlocklistServer) -> None:
    list_shop(server)
    look_up(cloud, MORNING)
    server.remove(f"{KEY}.{DBL}", SHOP)
    assert look_up(cloud, MORNING + SIX_HOURS).result["withdrawn"] == 1  # type: ignore[index]
    _, ended = cloud.emails()
    assert "no longer on the blocklist Spamhaus DBL" in " ".join(ended.body.split())
    assert standing(cloud, SCOPE).findings == {}


@pytest.mark.parametrize(
    ("says", "reason"),
    [
        pytest.param("127.255.255.254", "public DNS resolver", id="a refusal"),
        pytest.param(None, "its own test entry", id="no such name, whatever it is asked"),
        pytest.param(dns.rcode.SERVFAIL, "failed", id="a failure"),
    ],
)
def test_a_list_that_does_not_answer_is_a_matter_of_those_who_run_it(
    cloud: LocalCloud, server: BlocklistServer, says: Any, reason: str
) -> None:
    list_shop(server)
    look_up(cloud, MORNING)
    cloud.emails()
    for name in ("dbltest.com", SHOP, "good.example", "invalid"):
        server.addresses.pop(f"{name}.{KEY}.{DBL}", None)
        if isinstance(says, str):
            server.put(f"{KEY}.{DBL}", name, codes=(says,))
        elif says is not None:
            server.rcodes[f"{name}.{KEY}.{DBL}"] = says
    run = look_up(cloud, MORNING + SIX_HOURS)
    warning, measured = map(json.loads, run.logs)
    assert reason in warning["unusable"][DBL]
    assert warning["level"] == "WARNING"
    assert (measured["UnusableBlocklists"], measured["service"]) == ([1.0], "look_up_blocklists")
    assert standing(cloud, SCOPE).findings, "nobody knows that it is gone"
    assert cloud.emails() == []


def test_a_run_that_is_repeated_does_nothing_more(cloud: LocalCloud, server: BlocklistServer) -> None:
    list_shop(server)
    for _ in range(2):
        look_up(cloud, MORNING)
    assert len(cloud.emails()) == 1
    (finding,) = standing(cloud, SCOPE).findings.values()
    assert finding.reports == 1


def test_its_role_allows_what_it_does_and_no_more(cloud: LocalCloud, server: BlocklistServer) -> None:
    list_shop(server)
    with noted() as notes:
        look_up(cloud, MORNING)
        server.remove(f"{KEY}.{DBL}", SHOP)
        look_up(cloud, MORNING + DAY)
    assert refused(notes) == unused(notes, "LookUpBlocklists") == []


def test_nothing_of_it_is_there_unless_a_zone_is_named() -> None:
    own = {name for name in RESOURCES if "Blocklists" in name}
    assert len(own) >= 5
    conditional = {name for name, resource in RESOURCES.items() if resource.get("Condition") == "LooksUpBlocklists"}
    assert own == conditional
    assert SOURCE["Parameters"]["BlocklistZones"]["Default"] == ""


def test_its_keys_are_shown_to_nobody_who_looks_at_the_stack_or_the_function(cloud: LocalCloud) -> None:
    (stack,) = cloud.client("cloudformation").describe_stacks()["Stacks"]
    function = cloud.client("lambda").get_function_configuration(FunctionName=cloud.resources["LookUpBlocklists"])
    assert KEYS_ARN in str(stack)
    assert KEYS_ARN in str(function)
    assert KEY not in f"{stack} {function}"


KEYS = {
    "one": (f"{DBL}={KEY}", {DBL: KEY}),
    "two, in lines of a file": (f"{DBL}={KEY},\n list.example=Def-7\n", {DBL: KEY, "list.example": "Def-7"}),
    "a zone in capitals": (f"DBL.dq.spamhaus.net={KEY}", {DBL: KEY}),
    "the longest": (f"list.example={'k' * 63}", {"list.example": "k" * 63}),
    "one more": (f"list.example={'k' * 64}", None),
    "no zone": (KEY, None),
    "no zone before the equals sign": (f"={KEY}", None),
    "no key": ("list.example=", None),
    "a dot in it": ("list.example=a.b", None),
    "no dot in the zone": (f"example={KEY}", None),
    "one that makes sense, and one that does not": (f"{DBL}={KEY},list.test=", None),
    "JSON": (f'{{"{DBL}": "{KEY}"}}', None),
    "nothing": (" ", None),
}


@pytest.mark.parametrize(("text", "keys"), KEYS.values(), ids=KEYS)
def test_the_secret_is_a_list_of_zones_with_their_keys_or_refused_without_showing_one(
    text: str, keys: dict[str, str] | None
) -> None:
    secrets = SimpleNamespace(get_secret_value=lambda **_: {"SecretString": text})
    if keys is not None:
        assert read_zone_keys(secrets, KEYS_ARN) == keys
        return
    with pytest.raises(
        SecretNotRead, match=f"the keys of blocklists could not be read from the secret {KEYS_ARN}"
    ) as no:
        read_zone_keys(secrets, KEYS_ARN)
    assert KEY not in str(no.value)
    assert no.value.__cause__ is None


def test_without_its_keys_nothing_is_asked(server: BlocklistServer) -> None:
    parameters = {"BlocklistZones": DBL, "BlocklistKeysSecretArn": KEYS_ARN, "BlocklistResolver": server.address}
    with LocalCloud(parameters) as cloud:
        (run,) = cloud.tick(MORNING, ["LookUpBlocklists"])
        assert str(run.error) == (
            f"the keys of blocklists could not be read from the secret {KEYS_ARN}: ResourceNotFoundException"
        )
        put_keys(cloud, f"{DBL}={KEY}")
        (again,) = cloud.tick(MORNING, ["LookUpBlocklists"])
        assert again.error is None


def test_the_alarm_watches_what_the_function_measures() -> None:
    alarm = RESOURCES["UnusableBlocklistsAlarm"]["Properties"]
    function = RESOURCES["LookUpBlocklists"]["Properties"]["Environment"]["Variables"]
    assert alarm["Namespace"] == function["POWERTOOLS_METRICS_NAMESPACE"]
    assert alarm["MetricName"] == "UnusableBlocklists"
    assert alarm["Dimensions"] == [{"Name": "service", "Value": "look_up_blocklists"}]
    assert alarm["TreatMissingData"] == "ignore", "it stays as the last run left it"
