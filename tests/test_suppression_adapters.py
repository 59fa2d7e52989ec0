"""The suppression list and what SES puts on it itself, as SES tells them; histories in DynamoDB; SES's pace."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ses_reputation.adapters import clients
from ses_reputation.adapters.pace import Pace
from ses_reputation.adapters.suppression_histories import DynamoDbSuppressionHistories
from ses_reputation.adapters.suppression_list import SesSuppressionList, SesSuppressionPreferences
from ses_reputation.domain.suppression import Entry, History, ListScope, Preferences, Reason
from ses_reputation.suppress import NotNow, Refused, Versioned
from ses_reputation_local.cloud import LocalCloud

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MIRA = "mira@mailbox.example"


# All that these adapters talk to besides SES: it takes a tenth of the time that the whole system does.
RECEIPTS = """
Resources:
  ReceiptsTable:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions:
        - {AttributeName: message_id, AttributeType: S}
        - {AttributeName: entry, AttributeType: S}
      KeySchema:
        - {AttributeName: message_id, KeyType: HASH}
        - {AttributeName: entry, KeyType: RANGE}
"""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("project") / "template.yaml"
    path.write_text(RECEIPTS)
    return path


@pytest.fixture
def cloud(template: Path) -> Iterator[LocalCloud]:
    with LocalCloud(template=template) as cloud:
        cloud.now = NOON
        yield cloud


@cache
def sesv2() -> Any:
    """The client that suppress_recipients has. Its store of retries is shared by the tests, and lasts for them."""
    return clients.sesv2("eu-west-1")


@pytest.fixture
def paced() -> list[str]:
    return []


@pytest.fixture
def at_ses(cloud: LocalCloud, paced: list[str]) -> SesSuppressionList:
    return SesSuppressionList(sesv2(), pace=paced.append)


@pytest.fixture
def preferences(cloud: LocalCloud, paced: list[str]) -> SesSuppressionPreferences:
    return SesSuppressionPreferences(sesv2(), pace=paced.append)


# The list


def test_an_entry_is_made_found_changed_and_removed(
    cloud: LocalCloud, at_ses: SesSuppressionList, paced: list[str]
) -> None:
    assert at_ses.entry(MIRA) is None
    at_ses.put(MIRA, Reason.COMPLAINT)
    assert at_ses.entry(MIRA) == Entry(Reason.COMPLAINT)
    at_ses.put(MIRA, Reason.BOUNCE)
    assert at_ses.entry(MIRA) == Entry(Reason.BOUNCE)
    at_ses.remove(MIRA)
    assert at_ses.entry(MIRA) is None
    get, put, delete = (f"{verb}SuppressedDestination" for verb in ("Get", "Put", "Delete"))
    assert paced == [get, put, get, put, get, delete, get]


def test_what_is_not_there_can_be_removed(at_ses: SesSuppressionList) -> None:
    at_ses.remove(MIRA)


def test_an_entry_that_ses_made_comes_from_a_message(cloud: LocalCloud, at_ses: SesSuppressionList) -> None:
    cloud.ses.suppressed.put(MIRA, "COMPLAINT", NOON, message_id="m-1", feedback_id="f-1")
    assert at_ses.entry(MIRA) == Entry(Reason.COMPLAINT, made_by_ses=True)
    cloud.ses.suppressed.put(MIRA, "COMPLAINT", NOON, feedback_id="f-1")
    assert at_ses.entry(MIRA) == Entry(Reason.COMPLAINT), "any entry may have one, AWS says"


CALLS = {
    "GetSuppressedDestination": lambda at_ses: at_ses.entry(MIRA),
    "PutSuppressedDestination": lambda at_ses: at_ses.put(MIRA, Reason.BOUNCE),
    "DeleteSuppressedDestination": lambda at_ses: at_ses.remove(MIRA),
}
every_call = pytest.mark.parametrize("operation", CALLS)


@every_call
@pytest.mark.parametrize("code", ["TooManyRequestsException", "ThrottlingException", "InternalServiceError"])
def test_what_may_pass_is_not_now(cloud: LocalCloud, at_ses: SesSuppressionList, operation: str, code: str) -> None:
    cloud.ses.fail(operation, code, times=1, final=True)
    with pytest.raises(NotNow, match=f"^{operation}: {code}$"):
        CALLS[operation](at_ses)


@every_call
def test_what_is_not_answered_is_not_now_and_names_no_recipient(
    cloud: LocalCloud, at_ses: SesSuppressionList, operation: str
) -> None:
    """botocore's own error names the URL, which holds the address."""
    cloud.ses.time_out(operation, carried_out=False, times=1, final=True)
    with pytest.raises(NotNow, match=f"^{operation}: ReadTimeoutError$") as raised:
        CALLS[operation](at_ses)
    assert raised.value.__suppress_context__, "nor does what is printed above a traceback"


@every_call
def test_what_is_not_allowed_is_refused(cloud: LocalCloud, at_ses: SesSuppressionList, operation: str) -> None:
    cloud.ses.fail(operation, "AccessDeniedException")
    with pytest.raises(Refused, match=f"^AWS denied {operation} "):
        CALLS[operation](at_ses)


def test_in_the_sandbox_it_is_refused(cloud: LocalCloud, at_ses: SesSuppressionList) -> None:
    cloud.ses.production_access = False
    with pytest.raises(Refused, match="sandbox"):
        at_ses.put(MIRA, Reason.BOUNCE)


@pytest.mark.parametrize("address", [MIRA, '"mira w"@mailbox.example', "MIRA@mailbox.example"])
def test_a_refusal_names_no_recipient(cloud: LocalCloud, address: str) -> None:
    client = clients.sesv2()

    def refuse(**_: Any) -> Any:
        message = f"The address <{address}> is none (see /addresses/mira%40mailbox.example)."
        return _Answer(400), {"Error": {"Code": "BadRequestException", "Message": message}}

    client.meta.events.register("before-call", refuse)
    with pytest.raises(Refused) as raised:
        SesSuppressionList(client, pace=lambda _: None).put(address, Reason.BOUNCE)
    assert "BadRequestException" in str(raised.value)
    assert "mira" not in str(raised.value).lower()


class _Answer:
    def __init__(self, status_code: int) -> None:
        self.status_code = status_code


# What SES lists by itself


def test_what_is_set_for_the_account_is_told(cloud: LocalCloud, preferences: SesSuppressionPreferences) -> None:
    assert preferences.account() == Preferences(frozenset({Reason.BOUNCE, Reason.COMPLAINT}))
    cloud.ses.suppression = {"SuppressedReasons": []}
    assert preferences.account() == Preferences(frozenset())


def test_a_configuration_set_that_overrides_nothing_is_not_one_that_lists_nobody(
    cloud: LocalCloud, preferences: SesSuppressionPreferences
) -> None:
    cloud.ses.configuration_sets.add("plain")
    cloud.ses.configuration_sets.add("nobody").suppression = {"SuppressedReasons": []}
    cloud.ses.configuration_sets.add("tenants").suppression = {"SuppressionScope": "TENANT"}
    assert preferences.configuration_set("plain") == Preferences()
    assert preferences.configuration_set("nobody") == Preferences(frozenset())
    assert preferences.configuration_set("tenants") == Preferences(scope=ListScope.TENANT)


def test_words_that_ses_may_add_some_day_are_none(
    cloud: LocalCloud, at_ses: SesSuppressionList, preferences: SesSuppressionPreferences
) -> None:
    cloud.ses.suppression = {"SuppressedReasons": ["BOUNCE", "WHIM"], "SuppressionScope": "PLANET"}
    assert preferences.account() == Preferences(frozenset({Reason.BOUNCE}))
    cloud.ses.suppressed.put(MIRA, "WHIM", NOON)
    assert at_ses.entry(MIRA) == Entry(None)


def test_what_is_gone_has_nothing_set(preferences: SesSuppressionPreferences, paced: list[str]) -> None:
    assert preferences.configuration_set("gone") == preferences.tenant("gone") == Preferences()
    assert paced == ["GetConfigurationSet", "GetTenant"]


def test_a_tenant_tells_whose_list_it_uses(cloud: LocalCloud, preferences: SesSuppressionPreferences) -> None:
    cloud.ses.add_tenant("acme").suppression = {"SuppressedReasons": ["BOUNCE"], "SuppressionScope": "TENANT"}
    cloud.ses.add_tenant("plain")
    assert preferences.tenant("acme") == Preferences(frozenset({Reason.BOUNCE}), ListScope.TENANT)
    assert preferences.tenant("plain") == Preferences()


# Histories


@pytest.fixture
def histories(cloud: LocalCloud) -> DynamoDbSuppressionHistories:
    return DynamoDbSuppressionHistories(
        clients.dynamodb(), table=cloud.resources["ReceiptsTable"], retention=timedelta(days=90)
    )


def items(cloud: LocalCloud) -> list[Any]:
    found: list[Any] = cloud.client("dynamodb").scan(TableName=cloud.resources["ReceiptsTable"])["Items"]
    return found


@pytest.mark.parametrize(
    "history",
    [
        pytest.param(History(bounced=NOON, put=Reason.BOUNCE), id="a bounce"),
        pytest.param(History(complained=NOON, put=Reason.COMPLAINT, settled=False), id="a complaint, unsettled"),
        pytest.param(History(NOON, NOON + timedelta(seconds=1.5), NOON + timedelta(days=3)), id="all there is"),
    ],
)
def test_a_history_is_read_as_it_was_written(histories: DynamoDbSuppressionHistories, history: History) -> None:
    assert histories.read(MIRA) == Versioned()
    assert histories.write(MIRA, history, 0)
    assert histories.read(MIRA) == Versioned(history, 1)
    assert histories.read("jon@mailbox.example") == Versioned()


def test_what_was_written_a_moment_ago_is_read(cloud: LocalCloud) -> None:
    client = clients.dynamodb()
    asked: list[Any] = []
    client.meta.events.register("provide-client-params.dynamodb.GetItem", lambda params, **_: asked.append(params))
    table = cloud.resources["ReceiptsTable"]
    DynamoDbSuppressionHistories(client, table=table, retention=timedelta(days=90)).read(MIRA)
    assert [params["ConsistentRead"] for params in asked] == [True]


def test_only_who_read_the_newest_can_write(histories: DynamoDbSuppressionHistories) -> None:
    first, second = History(bounced=NOON), History(complained=NOON)
    assert histories.write(MIRA, first, 0)
    assert not histories.write(MIRA, second, 0)
    assert not histories.write(MIRA, second, 2)
    assert histories.write(MIRA, second, 1)
    assert histories.read(MIRA) == Versioned(second, 2)


def test_a_history_names_no_recipient_and_goes_when_the_newest_is_old(
    cloud: LocalCloud, histories: DynamoDbSuppressionHistories
) -> None:
    histories.write(MIRA, History(bounced=NOON, not_spam=NOON + timedelta(days=1)), 0)
    (item,) = items(cloud)
    assert "mira" not in str(item)
    assert "mailbox" not in str(item)
    assert int(item["expires"]["N"]) == (NOON + timedelta(days=91)).timestamp()


# Pace


class Time:
    """A clock that goes on when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def seconds(self) -> float:
        return self.now


def test_a_second_passes_between_two_calls_of_an_action() -> None:
    time = Time()
    pace = Pace(time.sleep, time.seconds)
    for passed in (0.0, 0.25, 0.0, 2.0):
        time.now += passed
        pace.wait("PutSuppressedDestination")
    assert time.slept == [0.75, 1.0]


def test_actions_do_not_wait_for_each_other() -> None:
    time = Time()
    pace = Pace(time.sleep, time.seconds)
    for action in ("GetSuppressedDestination", "PutSuppressedDestination", "DeleteSuppressedDestination"):
        pace.wait(action)
    assert time.slept == []
