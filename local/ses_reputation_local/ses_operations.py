"""The operations of SES and CloudWatch that the local cloud answers itself."""

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

    # Who gets no mail.
    PUT_SUPPRESSED_DESTINATION = "PutSuppressedDestination"
    GET_SUPPRESSED_DESTINATION = "GetSuppressedDestination"
    DELETE_SUPPRESSED_DESTINATION = "DeleteSuppressedDestination"
    LIST_SUPPRESSED_DESTINATIONS = "ListSuppressedDestinations"
    PUT_ACCOUNT_SUPPRESSION_ATTRIBUTES = "PutAccountSuppressionAttributes"
    PUT_CONFIGURATION_SET_SUPPRESSION_OPTIONS = "PutConfigurationSetSuppressionOptions"
    PUT_TENANT_SUPPRESSION_ATTRIBUTES = "PutTenantSuppressionAttributes"

    # Who hears of what becomes of mail.
    CREATE_CONFIGURATION_SET_EVENT_DESTINATION = "CreateConfigurationSetEventDestination"
    UPDATE_CONFIGURATION_SET_EVENT_DESTINATION = "UpdateConfigurationSetEventDestination"
    DELETE_CONFIGURATION_SET_EVENT_DESTINATION = "DeleteConfigurationSetEventDestination"
    GET_CONFIGURATION_SET_EVENT_DESTINATIONS = "GetConfigurationSetEventDestinations"
    GET_IDENTITY_NOTIFICATION_ATTRIBUTES = "GetIdentityNotificationAttributes"
    SET_IDENTITY_NOTIFICATION_TOPIC = "SetIdentityNotificationTopic"
    SET_IDENTITY_HEADERS_IN_NOTIFICATIONS_ENABLED = "SetIdentityHeadersInNotificationsEnabled"
    SET_IDENTITY_FEEDBACK_FORWARDING_ENABLED = "SetIdentityFeedbackForwardingEnabled"

    # Mail itself.
    SEND_EMAIL = "SendEmail"


CHANGES: Final = frozenset(
    {
        Operation.PUT_ACCOUNT_SENDING_ATTRIBUTES,
        Operation.CREATE_CONFIGURATION_SET,
        Operation.DELETE_CONFIGURATION_SET,
        Operation.PUT_CONFIGURATION_SET_SENDING_OPTIONS,
        Operation.PUT_CONFIGURATION_SET_REPUTATION_OPTIONS,
        Operation.CREATE_TENANT,
        Operation.UPDATE_REPUTATION_ENTITY_CUSTOMER_MANAGED_STATUS,
        Operation.PUT_SUPPRESSED_DESTINATION,
        Operation.DELETE_SUPPRESSED_DESTINATION,
        Operation.PUT_ACCOUNT_SUPPRESSION_ATTRIBUTES,
        Operation.PUT_CONFIGURATION_SET_SUPPRESSION_OPTIONS,
        Operation.PUT_TENANT_SUPPRESSION_ATTRIBUTES,
        Operation.CREATE_CONFIGURATION_SET_EVENT_DESTINATION,
        Operation.UPDATE_CONFIGURATION_SET_EVENT_DESTINATION,
        Operation.DELETE_CONFIGURATION_SET_EVENT_DESTINATION,
        Operation.SET_IDENTITY_NOTIFICATION_TOPIC,
        Operation.SET_IDENTITY_HEADERS_IN_NOTIFICATIONS_ENABLED,
        Operation.SET_IDENTITY_FEEDBACK_FORWARDING_ENABLED,
    }
)
"""What changes something at SES."""

UNPACED: Final = frozenset(
    {Operation.SEND_EMAIL, Operation.BATCH_GET_METRIC_DATA, Operation.LIST_METRICS, Operation.GET_METRIC_DATA}
)
"""What may be asked more than once a second. https://docs.aws.amazon.com/ses/latest/dg/quotas.html"""
