"""SES's suppression lists: the account's, and those of tenants that have their own.

An entry keeps the case of its address and is found by exactly that, but for the domain, which others saw in lower case
in every answer. Mail is stopped whatever the case is.
https://docs.aws.amazon.com/ses/latest/dg/sending-email-suppression-list-tenant-level-manage.html

Left out, and refused with NotImplementedError: the validation of addresses, and import jobs. Nothing gets onto a list
by itself: a test says what SES has put there.
"""

from collections.abc import Mapping
from typing import Any, Final

from botocore.utils import parse_to_aware_datetime

from ses_reputation_local.ses_account import SesAccount
from ses_reputation_local.ses_answers import (
    Answer,
    Answers,
    Parameters,
    Refusal,
    not_found,
    page,
    page_size,
    refuse_others,
)
from ses_reputation_local.ses_control import configuration_set, tenant
from ses_reputation_local.ses_operations import Operation
from ses_reputation_local.ses_resources import Suppressed, SuppressionList


def _list(account: SesAccount, parameters: Parameters) -> SuppressionList:
    if "TenantName" in parameters:
        return tenant(account, parameters["TenantName"]).suppressed
    return account.suppressed


def _put_suppressed_destination(account: SesAccount, parameters: Parameters) -> Answer:
    """In the sandbox this is not allowed. AWS does not say with which error; this one is the only one that fits.

    https://docs.aws.amazon.com/ses/latest/dg/sending-email-suppression-list.html
    """
    if not account.production_access:
        raise Refusal("BadRequestException", "An account in the sandbox can not add to its suppression list.")
    address = parameters["EmailAddress"].strip()
    if "@" not in address:
        raise Refusal("BadRequestException", "The email address is not valid.")
    _list(account, parameters).put(address, parameters["Reason"], account.time)
    return {}


def _get_suppressed_destination(account: SesAccount, parameters: Parameters) -> Answer:
    found = _found(account, parameters)
    attributes = {"MessageId": found.message_id, "FeedbackId": found.feedback_id}
    told = {name: value for name, value in attributes.items() if value}
    return {
        "SuppressedDestination": {
            **_described(found),
            **({"Attributes": told} if told else {}),
            **({"TenantName": parameters["TenantName"]} if "TenantName" in parameters else {}),
        }
    }


def _delete_suppressed_destination(account: SesAccount, parameters: Parameters) -> Answer:
    del _list(account, parameters)[_found(account, parameters).address]
    return {}


def _list_suppressed_destinations(account: SesAccount, parameters: Parameters) -> Answer:
    reasons = parameters.get("Reasons") or ("BOUNCE", "COMPLAINT")
    start, end = (
        parse_to_aware_datetime(parameters[name]) if name in parameters else None for name in ("StartDate", "EndDate")
    )
    summaries = [
        _described(found)
        for found in _list(account, parameters).values()
        if found.reason in reasons and (not start or found.at >= start) and (not end or found.at < end)
    ]
    listed, token = page(summaries, parameters, page_size(parameters))
    return {"SuppressedDestinationSummaries": listed, **token}


def _found(account: SesAccount, parameters: Parameters) -> Suppressed:
    address = parameters["EmailAddress"]
    if (found := _list(account, parameters).entry(address)) is None:
        raise not_found(f"On the suppression list, the email address {address}")
    return found


def _described(found: Suppressed) -> Answer:
    return {"EmailAddress": found.address, "Reason": found.reason, "LastUpdateTime": found.at}


# -- What gets onto a list by itself -----------------------------------------------------------------------------------


def _put_account_suppression_attributes(account: SesAccount, parameters: Parameters) -> Answer:
    refuse_others(parameters, "SuppressedReasons")
    account.suppression = {"SuppressedReasons": [*parameters.get("SuppressedReasons", ())]}
    return {}


def _put_configuration_set_suppression_options(account: SesAccount, parameters: Parameters) -> Answer:
    """An empty list of reasons overrides the account's, no list leaves it in force."""
    refuse_others(parameters, "ConfigurationSetName", "SuppressedReasons", "SuppressionScope")
    configuration_set(account, parameters).suppression = _preferences(parameters)
    return {}


def _put_tenant_suppression_attributes(account: SesAccount, parameters: Parameters) -> Answer:
    tenant(account, parameters["TenantName"]).suppression = _preferences(parameters)
    return {}


def _preferences(parameters: Parameters) -> Mapping[str, Any]:
    return {name: parameters[name] for name in ("SuppressedReasons", "SuppressionScope") if name in parameters}


SUPPRESSION: Final[Answers] = {
    ("sesv2", Operation.PUT_SUPPRESSED_DESTINATION): _put_suppressed_destination,
    ("sesv2", Operation.GET_SUPPRESSED_DESTINATION): _get_suppressed_destination,
    ("sesv2", Operation.DELETE_SUPPRESSED_DESTINATION): _delete_suppressed_destination,
    ("sesv2", Operation.LIST_SUPPRESSED_DESTINATIONS): _list_suppressed_destinations,
    ("sesv2", Operation.PUT_ACCOUNT_SUPPRESSION_ATTRIBUTES): _put_account_suppression_attributes,
    ("sesv2", Operation.PUT_CONFIGURATION_SET_SUPPRESSION_OPTIONS): _put_configuration_set_suppression_options,
    ("sesv2", Operation.PUT_TENANT_SUPPRESSION_ATTRIBUTES): _put_tenant_suppression_attributes,
}
