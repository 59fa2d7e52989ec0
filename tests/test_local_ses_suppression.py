"""Inside a local cloud, SES keeps the suppression lists that boto3 writes and reads."""

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


def put(address: str, reason: str = "BOUNCE", **others: str) -> None:
    client().put_suppressed_destination(EmailAddress=address, Reason=reason, **others)


def entry(address: str, **others: str) -> Any:
    return client().get_suppressed_destination(EmailAddress=address, **others)["SuppressedDestination"]


def listed(**filters: Any) -> list[str]:
    found = client().list_suppressed_destinations(**filters)["SuppressedDestinationSummaries"]
    return [summary["EmailAddress"] for summary in found]


def test_an_address_is_on_the_list_until_it_is_taken_off(ses: SesAccount) -> None:
    put("ann@shop.example")
    assert entry("ann@shop.example") == {"EmailAddress": "ann@shop.example", "Reason": "BOUNCE", "LastUpdateTime": NOON}
    client().delete_suppressed_destination(EmailAddress="ann@shop.example")
    for ask in (client().get_suppressed_destination, client().delete_suppressed_destination):
        with pytest.raises(client().exceptions.NotFoundException) as raised:
            ask(EmailAddress="ann@shop.example")
        assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    assert [call.operation for call in ses.calls] == ["PutSuppressedDestination", "DeleteSuppressedDestination"]


def test_an_address_that_is_put_again_has_its_new_reason_and_time(ses: SesAccount) -> None:
    put("ann@shop.example")
    ses.now = NOON + HOUR
    put("ann@shop.example", "COMPLAINT")
    assert (entry("ann@shop.example")["Reason"], entry("ann@shop.example")["LastUpdateTime"]) == (
        "COMPLAINT",
        NOON + HOUR,
    )
    assert len(ses.suppressed) == 1


def test_an_entry_is_found_by_the_case_of_its_name_and_any_case_of_its_domain(ses: SesAccount) -> None:
    put(" Ann@Shop.Example ")
    assert entry("Ann@SHOP.example")["EmailAddress"] == "Ann@shop.example"
    with pytest.raises(client().exceptions.NotFoundException):
        entry("ann@shop.example")
    put("ann@shop.example", "COMPLAINT")
    assert listed() == ["Ann@shop.example", "ann@shop.example"]


def test_mail_is_stopped_in_whichever_case_its_recipient_is_written(ses: SesAccount) -> None:
    put("Ann@shop.example")
    assert ses.suppressed.reason_to_stop("aNN@SHOP.example") == "BOUNCE"
    assert ses.suppressed.reason_to_stop("anna@shop.example") is None


def test_an_entry_that_ses_made_itself_names_the_message_it_comes_from(ses: SesAccount) -> None:
    ses.suppressed.put("ann@shop.example", "COMPLAINT", NOON, message_id="m-1", feedback_id="f-1")
    assert entry("ann@shop.example")["Attributes"] == {"MessageId": "m-1", "FeedbackId": "f-1"}
    put("ann@shop.example", "COMPLAINT")
    assert "Attributes" not in entry("ann@shop.example")


def test_entries_are_listed_by_reason_and_time_in_pages(ses: SesAccount) -> None:
    for hour, reason in enumerate(("BOUNCE", "COMPLAINT", "BOUNCE", "BOUNCE")):
        ses.now = NOON + hour * HOUR
        put(f"r{hour}@shop.example", reason)
    assert listed() == [f"r{hour}@shop.example" for hour in range(4)]
    assert listed(Reasons=["COMPLAINT"]) == ["r1@shop.example"]
    assert listed(StartDate=NOON + HOUR, EndDate=NOON + 3 * HOUR) == ["r1@shop.example", "r2@shop.example"]
    first = client().list_suppressed_destinations(Reasons=["BOUNCE"], PageSize=2)
    assert len(first["SuppressedDestinationSummaries"]) == 2
    rest = client().list_suppressed_destinations(Reasons=["BOUNCE"], PageSize=2, NextToken=first["NextToken"])
    assert [found["EmailAddress"] for found in rest["SuppressedDestinationSummaries"]] == ["r3@shop.example"]
    assert "NextToken" not in rest


def test_in_the_sandbox_a_list_can_be_read_and_not_added_to(ses: SesAccount) -> None:
    ses.suppressed.put("ann@shop.example", "BOUNCE", NOON)
    ses.production_access = False
    assert client().get_account()["ProductionAccessEnabled"] is False
    with pytest.raises(client().exceptions.BadRequestException):
        put("bob@shop.example")
    assert entry("ann@shop.example")["Reason"] == "BOUNCE"
    client().delete_suppressed_destination(EmailAddress="ann@shop.example")
    assert listed() == []


def test_what_is_no_address_is_refused(ses: SesAccount) -> None:
    with pytest.raises(ClientError, match="BadRequestException"):
        put("ann")


def test_a_tenant_has_a_list_of_its_own(ses: SesAccount) -> None:
    ses.add_tenant("shop-7")
    put("ann@shop.example", TenantName="shop-7")
    assert entry("ann@shop.example", TenantName="shop-7")["TenantName"] == "shop-7"
    assert (listed(), listed(TenantName="shop-7")) == ([], ["ann@shop.example"])
    with pytest.raises(client().exceptions.NotFoundException):
        put("ann@shop.example", TenantName="shop-8")


# -- What gets onto a list by itself -----------------------------------------------------------------------------------


def test_an_account_suppresses_for_both_reasons_unless_it_says_otherwise(ses: SesAccount) -> None:
    assert client().get_account()["SuppressionAttributes"] == {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]}
    for reasons in (["BOUNCE"], []):
        client().put_account_suppression_attributes(SuppressedReasons=reasons)
        assert client().get_account()["SuppressionAttributes"] == {"SuppressedReasons": reasons}


def test_a_configuration_set_overrides_the_account_also_with_no_reason_at_all(ses: SesAccount) -> None:
    ses.configuration_sets.add("news")
    assert "SuppressionOptions" not in client().get_configuration_set(ConfigurationSetName="news")
    overrides: list[dict[str, Any]] = [
        {"SuppressedReasons": []},
        {"SuppressedReasons": ["COMPLAINT"], "SuppressionScope": "TENANT"},
    ]
    for options in overrides:
        client().put_configuration_set_suppression_options(ConfigurationSetName="news", **options)
        assert client().get_configuration_set(ConfigurationSetName="news")["SuppressionOptions"] == options
    client().put_configuration_set_suppression_options(ConfigurationSetName="news")
    assert "SuppressionOptions" not in client().get_configuration_set(ConfigurationSetName="news")


def test_a_tenant_has_preferences_of_its_own(ses: SesAccount) -> None:
    preferences = {"SuppressedReasons": ["BOUNCE"], "SuppressionScope": "TENANT"}
    client().create_tenant(TenantName="shop-7", SuppressionAttributes=preferences)
    assert client().get_tenant(TenantName="shop-7")["Tenant"]["SuppressionAttributes"] == preferences
    client().put_tenant_suppression_attributes(TenantName="shop-7", SuppressionScope="ACCOUNT")
    assert client().get_tenant(TenantName="shop-7")["Tenant"]["SuppressionAttributes"] == {
        "SuppressionScope": "ACCOUNT"
    }
