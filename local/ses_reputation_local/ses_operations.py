"""The operations of SES and CloudWatch that the local cloud answers itself. All others are moto's."""

from enum import StrEnum
from typing import Final


class Operation(StrEnum):
    """By the names that AWS has for them."""

    # What is read of the account and its mail.
    LIST_EMAIL_IDENTITIES = "ListEmailIdentities"
    LIST_CONFIGURATION_SETS = "ListConfigurationSets"
    GET_ACCOUNT = "GetAccount"
    BATCH_GET_METRIC_DATA = "BatchGetMetricData"
    GET_SEND_STATISTICS = "GetSendStatistics"
    LIST_METRICS = "ListMetrics"
    GET_METRIC_DATA = "GetMetricData"

    # Who may send.
    PUT_ACCOUNT_SENDING_ATTRIBUTES = "PutAccountSendingAttributes"
    CREATE_CONFIGURATION_SET = "CreateConfigurationSet"
    GET_CONFIGURATION_SET = "GetConfigurationSet"
    DELETE_CONFIGURATION_SET = "DeleteConfigurationSet"
    PUT_CONFIGURATION_SET_SENDING_OPTIONS = "PutConfigurationSetSendingOptions"
    PUT_CONFIGURATION_SET_REPUTATION_OPTIONS = "PutConfigurationSetReputationOptions"
    CREATE_TENANT = "CreateTenant"
    GET_TENANT = "GetTenant"
    LIST_TENANTS = "ListTenants"
    GET_REPUTATION_ENTITY = "GetReputationEntity"
    LIST_REPUTATION_ENTITIES = "ListReputationEntities"
    UPDATE_REPUTATION_ENTITY_CUSTOMER_MANAGED_STATUS = "UpdateReputationEntityCustomerManagedStatus"


CHANGES: Final = frozenset(
    {
        Operation.PUT_ACCOUNT_SENDING_ATTRIBUTES,
        Operation.CREATE_CONFIGURATION_SET,
        Operation.DELETE_CONFIGURATION_SET,
        Operation.PUT_CONFIGURATION_SET_SENDING_OPTIONS,
        Operation.PUT_CONFIGURATION_SET_REPUTATION_OPTIONS,
        Operation.CREATE_TENANT,
        Operation.UPDATE_REPUTATION_ENTITY_CUSTOMER_MANAGED_STATUS,
    }
)
"""What changes something at SES."""

UNPACED: Final = frozenset({Operation.BATCH_GET_METRIC_DATA, Operation.LIST_METRICS, Operation.GET_METRIC_DATA})
"""What may be asked more than once a second. https://docs.aws.amazon.com/ses/latest/dg/quotas.html"""
