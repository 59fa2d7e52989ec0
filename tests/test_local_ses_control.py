"""Inside a local cloud, SES's switches turn sending off and on, and the account remembers who turned them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from ses_reputation_local.environment import no_other_aws
from ses_reputation_local.ses_account import SesAccount
from ses_reputation_local.ses_calls import answered_calls

NOON = datetime(2026, 3, 6, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def ses() -> Iterator[SesAccount]:
    """The account of a local cloud, without the rest of the cloud."""
    with no_other_aws("eu-west-1"), answered_calls("123456789012", "eu-west-1") as account:
        account.now = NOON
        yield account


@cache
def client() -> Any:
    """A client of any cloud, since it does not matter when it was made. It takes a tenth of a second."""
    return boto3.client("sesv2", region_name="eu-west-1")


def code(raised: pytest.ExceptionInfo[ClientError]) -> tuple[str, int]:
    response = raised.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


# -- The account -------------------------------------------------------------------------------------------------------


def test_an_account_that_was_paused_says_so_until_it_is_resumed(ses: SesAccount) -> None:
    for enabled in (False, True):
        client().put_account_sending_attributes(SendingEnabled=enabled)
        assert client().get_account()["SendingEnabled"] is ses.sending_enabled is enabled


def test_what_ses_itself_has_shut_down_its_customer_can_not_resume(ses: SesAccount) -> None:
    ses.enforcement_status, ses.sending_enabled = "SHUTDOWN", False
    with pytest.raises(ClientError) as raised:
        client().put_account_sending_attributes(SendingEnabled=True)
    assert code(raised) == ("BadRequestException", 400)
    assert ses.sending_enabled is False
    assert ses.calls == []


def test_the_calls_that_changed_something_are_remembered_with_their_time(ses: SesAccount) -> None:
    ses.configuration_sets.add("news")
    client().get_account()
    client().put_configuration_set_sending_options(ConfigurationSetName="news", SendingEnabled=False)
    ses.now = NOON + HOUR
    client().put_account_sending_attributes(SendingEnabled=False)
    assert ses.calls == [
        ("PutConfigurationSetSendingOptions", {"ConfigurationSetName": "news", "SendingEnabled": False}, NOON),
        ("PutAccountSendingAttributes", {"SendingEnabled": False}, NOON + HOUR),
    ]


# -- Configuration sets ------------------------------------------------------------------------------------------------


def test_a_configuration_set_sends_and_publishes_no_rates_when_it_is_new(ses: SesAccount) -> None:
    client().create_configuration_set(ConfigurationSetName="news")
    described = client().get_configuration_set(ConfigurationSetName="news")
    assert described["SendingOptions"] == {"SendingEnabled": True}
    assert described["ReputationOptions"] == {"ReputationMetricsEnabled": False}
    client().put_configuration_set_reputation_options(ConfigurationSetName="news", ReputationMetricsEnabled=True)
    described = client().get_configuration_set(ConfigurationSetName="news")
    assert described["ReputationOptions"] == {"ReputationMetricsEnabled": True}
    assert client().list_configuration_sets()["ConfigurationSets"] == ["news"]


def test_a_configuration_set_can_be_made_as_it_shall_be(ses: SesAccount) -> None:
    client().create_configuration_set(
        ConfigurationSetName="news",
        SendingOptions={"SendingEnabled": False},
        ReputationOptions={"ReputationMetricsEnabled": True},
    )
    described = client().get_configuration_set(ConfigurationSetName="news")
    assert described["SendingOptions"] == {"SendingEnabled": False}
    assert described["ReputationOptions"] == {"ReputationMetricsEnabled": True}


def test_the_rates_of_a_set_begin_anew_when_it_sends_again_and_only_then(ses: SesAccount) -> None:
    ses.configuration_sets.add("news")
    fresh_starts = []
    for hour, enabled in enumerate((True, False, False, True, True)):
        ses.now = NOON + hour * HOUR
        client().put_configuration_set_sending_options(ConfigurationSetName="news", SendingEnabled=enabled)
        options = client().get_configuration_set(ConfigurationSetName="news")["ReputationOptions"]
        fresh_starts.append(options.get("LastFreshStart"))
    assert fresh_starts == [None, None, None, NOON + 3 * HOUR, NOON + 3 * HOUR]


def test_a_set_is_made_once(ses: SesAccount) -> None:
    client().create_configuration_set(ConfigurationSetName="news")
    with pytest.raises(ClientError) as raised:
        client().create_configuration_set(ConfigurationSetName="news")
    assert code(raised) == ("AlreadyExistsException", 400)
    client().delete_configuration_set(ConfigurationSetName="news")
    assert client().list_configuration_sets()["ConfigurationSets"] == []


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("get_configuration_set", {}),
        ("delete_configuration_set", {}),
        ("put_configuration_set_sending_options", {"SendingEnabled": False}),
        ("put_configuration_set_reputation_options", {"ReputationMetricsEnabled": True}),
    ],
)
def test_a_set_that_is_not_there_is_not_found(ses: SesAccount, operation: str, parameters: dict[str, Any]) -> None:
    with pytest.raises(client().exceptions.NotFoundException) as raised:
        getattr(client(), operation)(ConfigurationSetName="news", **parameters)
    assert code(raised) == ("NotFoundException", 404)
    assert ses.calls == []


# -- Tenants -----------------------------------------------------------------------------------------------------------


def entity(arn: str) -> Any:
    answer = client().get_reputation_entity(ReputationEntityType="RESOURCE", ReputationEntityReference=arn)
    return answer["ReputationEntity"]


def set_status(arn: str, status: str) -> None:
    client().update_reputation_entity_customer_managed_status(
        ReputationEntityType="RESOURCE", ReputationEntityReference=arn, SendingStatus=status
    )


def test_a_tenant_may_send_when_it_is_new(ses: SesAccount) -> None:
    created = client().create_tenant(TenantName="shop-7")
    assert created["TenantArn"] == f"arn:aws:ses:eu-west-1:123456789012:tenant/shop-7/{created['TenantId']}"
    assert created["TenantId"].startswith("tn-")
    assert (created["SendingStatus"], created["CreatedTimestamp"]) == ("ENABLED", NOON)
    del created["ResponseMetadata"]
    assert client().get_tenant(TenantName="shop-7")["Tenant"] == created
    assert client().list_tenants()["Tenants"] == [created]
    with pytest.raises(client().exceptions.AlreadyExistsException):
        client().create_tenant(TenantName="shop-7")


def test_a_tenant_that_its_customer_pauses_does_not_send(ses: SesAccount) -> None:
    arn = ses.add_tenant("shop-7").arn
    ses.now = NOON + HOUR
    set_status(arn, "DISABLED")
    found = entity(arn)
    assert found["CustomerManagedStatus"] == {
        "Status": "DISABLED",
        "Cause": "Status manually updated.",
        "LastUpdatedTimestamp": NOON + HOUR,
    }
    assert found["AwsSesManagedStatus"] == {"Status": "ENABLED", "LastUpdatedTimestamp": NOON}
    assert found["SendingStatusAggregate"] == "DISABLED"
    assert client().get_tenant(TenantName="shop-7")["Tenant"]["SendingStatus"] == "DISABLED"


@pytest.mark.parametrize(
    ("customer", "enforced", "aggregate"),
    [
        ("ENABLED", False, "ENABLED"),
        ("REINSTATED", False, "REINSTATED"),
        ("DISABLED", False, "DISABLED"),
        ("ENABLED", True, "DISABLED"),
        ("REINSTATED", True, "DISABLED"),
        ("DISABLED", True, "DISABLED"),
    ],
)
def test_a_tenant_sends_if_both_sides_let_it(ses: SesAccount, customer: str, enforced: bool, aggregate: str) -> None:
    arn = ses.add_tenant("shop-7").arn
    if enforced:
        ses.enforce_tenant("shop-7", "Too many complaints.")
        assert entity(arn)["AwsSesManagedStatus"]["Cause"] == "Too many complaints."
    set_status(arn, customer)
    assert entity(arn)["SendingStatusAggregate"] == aggregate
    assert entity(arn)["CustomerManagedStatus"]["Status"] == customer


def test_a_tenant_that_ses_lets_go_sends_again(ses: SesAccount) -> None:
    arn = ses.add_tenant("shop-7").arn
    ses.enforce_tenant("shop-7")
    ses.release_tenant("shop-7")
    assert entity(arn)["SendingStatusAggregate"] == "ENABLED"
    assert ses.calls == [], "SES did that by itself"


def test_tenants_are_listed_by_their_status_and_a_part_of_their_name(ses: SesAccount) -> None:
    for name in ("shop-1", "shop-2", "bank-1"):
        ses.add_tenant(name)
    ses.enforce_tenant("shop-2")

    def names(**wanted: str) -> list[str]:
        return [tenant["TenantName"] for tenant in client().list_tenants(Filter=wanted)["Tenants"]]

    assert names() == ["shop-1", "shop-2", "bank-1"]
    assert names(TENANT_NAME_CONTAINS="shop") == ["shop-1", "shop-2"]
    assert names(TENANT_NAME_CONTAINS="1", SENDING_STATUS="ENABLED") == ["shop-1", "bank-1"]


def test_reputation_entities_are_listed_by_what_is_known_of_them(ses: SesAccount) -> None:
    one, two = ses.add_tenant("shop-1"), ses.add_tenant("shop-2")
    two.impact = "HIGH"
    ses.enforce_tenant("shop-1")

    def arns(**wanted: str) -> list[str]:
        entities = client().list_reputation_entities(Filter=wanted)["ReputationEntities"]
        return [found["ReputationEntityReference"] for found in entities]

    assert arns() == arns(ENTITY_TYPE="RESOURCE") == [one.arn, two.arn]
    assert arns(REPUTATION_IMPACT="HIGH") == [two.arn]
    assert arns(SENDING_STATUS="DISABLED") == [one.arn]
    assert arns(ENTITY_REFERENCE_PREFIX=two.arn[:-5]) == [two.arn]
    first = client().list_reputation_entities(PageSize=1)
    second = client().list_reputation_entities(PageSize=1, NextToken=first["NextToken"])
    assert [page["ReputationEntities"][0]["ReputationEntityReference"] for page in (first, second)] == arns()


def test_a_tenant_that_is_not_there_is_not_found(ses: SesAccount) -> None:
    arn = ses.add_tenant("shop-7").arn
    for ask in (
        lambda: client().get_tenant(TenantName="shop-8"),
        lambda: entity(f"{arn}x"),
        lambda: set_status(f"{arn}x", "DISABLED"),
    ):
        with pytest.raises(ClientError) as raised:
            ask()
        assert code(raised) == ("NotFoundException", 404)
    assert ses.calls == []
