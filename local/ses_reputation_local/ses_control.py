"""Who may send: SES's switches for the account, for a configuration set, and for a tenant.

Left out, and refused with NotImplementedError where a request names them: a set's tracking, delivery, archiving and
security options, tags, a tenant's resources, and another policy than SES's standard one. Nothing here measures a
tenant: its findings, and pauses because of them, are those that a test sets. What SES tells EventBridge about it is
left out as well.
"""

from typing import Any, Final

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
from ses_reputation_local.ses_operations import Operation
from ses_reputation_local.ses_resources import ConfigurationSet, SendingStatus, StatusRecord, Tenant

# As the cause stands in SES's own events. https://docs.aws.amazon.com/ses/latest/dg/tenants.html
_BY_HAND: Final = "Status manually updated."


# -- The account -------------------------------------------------------------------------------------------------------


def _put_account_sending_attributes(account: SesAccount, parameters: Parameters) -> Answer:
    """AWS names no error for an account that it has paused itself, only that this does not resume it.

    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_PutAccountSendingAttributes.html
    """
    enabled = _enabled(parameters)
    if enabled and account.enforcement_status == "SHUTDOWN":
        raise Refusal("BadRequestException", "Amazon SES paused this account's sending; it can not be resumed here.")
    account.sending_enabled = enabled
    return {}


def _enabled(parameters: Parameters, name: str = "SendingEnabled") -> bool:
    """AWS does not require the switch, nor say what a request without it does."""
    if name not in parameters:
        raise NotImplementedError(f"the local cloud's SES does not know what a request without {name} means")
    enabled: bool = parameters[name]
    return enabled


# -- Configuration sets ------------------------------------------------------------------------------------------------


def configuration_set(account: SesAccount, parameters: Parameters) -> ConfigurationSet:
    """The set that a request is about. Raises Refusal if there is none."""
    name = parameters["ConfigurationSetName"]
    if name not in account.configuration_sets:
        raise not_found(f"Configuration set <{name}>")
    return account.configuration_sets[name]


def _create_configuration_set(account: SesAccount, parameters: Parameters) -> Answer:
    refuse_others(parameters, "ConfigurationSetName", "SendingOptions", "ReputationOptions", "SuppressionOptions")
    refuse_others(parameters.get("SuppressionOptions", {}), "SuppressedReasons", "SuppressionScope")
    refuse_others(parameters.get("ReputationOptions", {}), "ReputationMetricsEnabled")
    name = parameters["ConfigurationSetName"]
    if name in account.configuration_sets:
        raise Refusal("AlreadyExistsException", f"Configuration set <{name}> already exists.")
    created = account.configuration_sets.add(name)
    created.sending_enabled = parameters.get("SendingOptions", {}).get("SendingEnabled", True)
    metrics = parameters.get("ReputationOptions", {}).get("ReputationMetricsEnabled", False)
    created.reputation_metrics_enabled = metrics
    created.suppression = parameters.get("SuppressionOptions", {})
    return {}


def _get_configuration_set(account: SesAccount, parameters: Parameters) -> Answer:
    found = configuration_set(account, parameters)
    reset = {"LastFreshStart": found.last_fresh_start} if found.last_fresh_start else {}
    return {
        "ConfigurationSetName": found.name,
        "ReputationOptions": {"ReputationMetricsEnabled": found.reputation_metrics_enabled, **reset},
        "SendingOptions": {"SendingEnabled": found.sending_enabled},
        "Tags": [],
        **({"SuppressionOptions": {**found.suppression}} if found.suppression else {}),
    }


def _delete_configuration_set(account: SesAccount, parameters: Parameters) -> Answer:
    del account.configuration_sets[configuration_set(account, parameters).name]
    return {}


def _put_configuration_set_sending_options(account: SesAccount, parameters: Parameters) -> Answer:
    configuration_set(account, parameters).allow_sending(account.time, enabled=_enabled(parameters))
    return {}


def _put_configuration_set_reputation_options(account: SesAccount, parameters: Parameters) -> Answer:
    found = configuration_set(account, parameters)
    found.reputation_metrics_enabled = _enabled(parameters, "ReputationMetricsEnabled")
    return {}


# -- Tenants -----------------------------------------------------------------------------------------------------------


def tenant(account: SesAccount, name: str) -> Tenant:
    """The tenant of this name. Raises Refusal if there is none."""
    if name not in account.tenants:
        raise not_found(f"Tenant <{name}>")
    return account.tenants[name]


def _create_tenant(account: SesAccount, parameters: Parameters) -> Answer:
    refuse_others(parameters, "TenantName", "SuppressionAttributes")
    name = parameters["TenantName"]
    if name in account.tenants:
        raise Refusal("AlreadyExistsException", f"Tenant <{name}> already exists.")
    created = account.add_tenant(name)
    created.suppression = parameters.get("SuppressionAttributes", {})
    return _described(created, **_suppression(created))


def _get_tenant(account: SesAccount, parameters: Parameters) -> Answer:
    found = tenant(account, parameters["TenantName"])
    return {"Tenant": _described(found, **_suppression(found))}


def _list_tenants(account: SesAccount, parameters: Parameters) -> Answer:
    wanted = parameters.get("Filter", {})
    tenants = [
        _described(found)
        for found in account.tenants.values()
        if wanted.get("TENANT_NAME_CONTAINS", "") in found.name
        and wanted.get("SENDING_STATUS", found.status) == found.status
    ]
    listed, token = page(tenants, parameters, page_size(parameters))
    return {"Tenants": listed, **token}


def _described(found: Tenant, **others: Any) -> Answer:
    return {
        "TenantName": found.name,
        "TenantId": found.id,
        "TenantArn": found.arn,
        "CreatedTimestamp": found.created,
        "SendingStatus": found.status,
        **others,
    }


def _suppression(found: Tenant) -> Answer:
    return {"SuppressionAttributes": {**found.suppression}} if found.suppression else {}


# -- Reputation entities -----------------------------------------------------------------------------------------------


def _get_reputation_entity(account: SesAccount, parameters: Parameters) -> Answer:
    return {"ReputationEntity": _entity(_referred(account, parameters))}


def _list_reputation_entities(account: SesAccount, parameters: Parameters) -> Answer:
    wanted = parameters.get("Filter", {})
    entities = [
        _entity(found)
        for found in account.tenants.values()
        if wanted.get("ENTITY_TYPE", "RESOURCE") == "RESOURCE"
        and wanted.get("REPUTATION_IMPACT", found.impact) == found.impact
        and wanted.get("SENDING_STATUS", found.status) == found.status
        and found.arn.startswith(wanted.get("ENTITY_REFERENCE_PREFIX", ""))
    ]
    listed, token = page(entities, parameters, page_size(parameters))
    return {"ReputationEntities": listed, **token}


def _update_customer_managed_status(account: SesAccount, parameters: Parameters) -> Answer:
    """SES's own pause stays what it is. AWS does not list NotFoundException among the errors of this operation, but has
    no other for a tenant that is not there.

    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_UpdateReputationEntityCustomerManagedStatus.html
    """
    status = SendingStatus(parameters["SendingStatus"])
    _referred(account, parameters).customer = StatusRecord(status, account.time, _BY_HAND)
    return {}


def _referred(account: SesAccount, parameters: Parameters) -> Tenant:
    reference = parameters["ReputationEntityReference"]
    for found in account.tenants.values():
        if found.arn == reference:
            return found
    raise not_found(f"Reputation entity <{reference}>")


def _entity(found: Tenant) -> Answer:
    return {
        "ReputationEntityReference": found.arn,
        "ReputationEntityType": "RESOURCE",
        "ReputationManagementPolicy": found.policy,
        "CustomerManagedStatus": _record(found.customer),
        "AwsSesManagedStatus": _record(found.ses),
        "SendingStatusAggregate": found.status,
        **({"ReputationImpact": found.impact} if found.impact else {}),
    }


def _record(record: StatusRecord) -> Answer:
    cause = {"Cause": record.cause} if record.cause else {}
    return {"Status": record.status, "LastUpdatedTimestamp": record.at, **cause}


CONTROL: Final[Answers] = {
    ("sesv2", Operation.PUT_ACCOUNT_SENDING_ATTRIBUTES): _put_account_sending_attributes,
    ("sesv2", Operation.CREATE_CONFIGURATION_SET): _create_configuration_set,
    ("sesv2", Operation.GET_CONFIGURATION_SET): _get_configuration_set,
    ("sesv2", Operation.DELETE_CONFIGURATION_SET): _delete_configuration_set,
    ("sesv2", Operation.PUT_CONFIGURATION_SET_SENDING_OPTIONS): _put_configuration_set_sending_options,
    ("sesv2", Operation.PUT_CONFIGURATION_SET_REPUTATION_OPTIONS): _put_configuration_set_reputation_options,
    ("sesv2", Operation.CREATE_TENANT): _create_tenant,
    ("sesv2", Operation.GET_TENANT): _get_tenant,
    ("sesv2", Operation.LIST_TENANTS): _list_tenants,
    ("sesv2", Operation.GET_REPUTATION_ENTITY): _get_reputation_entity,
    ("sesv2", Operation.LIST_REPUTATION_ENTITIES): _list_reputation_entities,
    ("sesv2", Operation.UPDATE_REPUTATION_ENTITY_CUSTOMER_MANAGED_STATUS): _update_customer_managed_status,
}
