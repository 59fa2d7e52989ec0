"""The switches that SES has for sending: of a configuration set, of a tenant, and of the account."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from ses_reputation.adapters.aws_errors import explained, may_pass
from ses_reputation.domain.enforcement import Sending
from ses_reputation.domain.scopes import Scope, ScopeKind, kind_of, name_of
from ses_reputation.enforce import SesRefused

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

# A tenant's status on our side, and on SES's.
# https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_ReputationEntity.html
_ENABLED = "ENABLED"
_DISABLED = "DISABLED"

# The account's: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetAccount.html
_SHUTDOWN = "SHUTDOWN"

_NOT_FOUND = "NotFoundException"

# What SES can call one, and a message tag, say, can be more than that.
# https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_CreateTenant.html
# https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_CreateConfigurationSet.html
_NAME = re.compile("[A-Za-z0-9_-]{1,64}")
_KINDS: Mapping[ScopeKind, str] = MappingProxyType(
    {ScopeKind.CONFIGURATION_SET: "configuration set", ScopeKind.TENANT: "tenant"}
)


class SesSendingControls:
    """The switches of one account, in the region of this client. `pace` waits until an action may be called."""

    def __init__(self, client: "SESV2Client", *, pace: Callable[[str], None]) -> None:
        self._switches: Mapping[ScopeKind, _Switch] = {
            ScopeKind.ACCOUNT: _AccountSwitch(client, pace),
            ScopeKind.CONFIGURATION_SET: _ConfigurationSetSwitch(client, pace),
            ScopeKind.TENANT: _TenantSwitch(client, pace),
        }

    def read(self, scope: Scope) -> Sending:
        """What SES says of a scope's sending now; SesRefused if it does not."""
        if kind_of(scope) in _KINDS and not _NAME.fullmatch(name_of(scope)):
            raise _missing(scope)
        with _told_of(scope):
            return self._switches[kind_of(scope)].read(name_of(scope))

    def pause(self, scope: Scope, sending: Sending) -> None:
        """Let a scope send no longer; SesRefused if SES does not take it."""
        with _told_of(scope):
            self._switches[kind_of(scope)].pause(sending)

    def resume(self, scope: Scope, sending: Sending, setting: str) -> None:
        """Let a scope send again, as it was set before it was paused; SesRefused if SES does not take it."""
        with _told_of(scope):
            self._switches[kind_of(scope)].resume(sending, setting)


class _Switch(Protocol):
    """The switch of one kind of scope."""

    def read(self, name: str) -> Sending: ...

    def pause(self, sending: Sending) -> None: ...

    def resume(self, sending: Sending, setting: str) -> None: ...


class _ConfigurationSetSwitch:
    """https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_PutConfigurationSetSendingOptions.html"""

    def __init__(self, client: "SESV2Client", pace: Callable[[str], None]) -> None:
        self._client = client
        self._pace = pace

    def read(self, name: str) -> Sending:
        self._pace("GetConfigurationSet")
        answer = self._client.get_configuration_set(ConfigurationSetName=name)
        started = answer.get("ReputationOptions", {}).get("LastFreshStart")
        return Sending(
            enabled=answer.get("SendingOptions", {}).get("SendingEnabled", True),
            target=name,
            # It is measured anew whenever it is switched on.
            switched=started.astimezone(UTC) if started else None,
            fresh_start=started.astimezone(UTC) if started else None,
        )

    def pause(self, sending: Sending) -> None:
        self._set(sending, enabled=False)

    def resume(self, sending: Sending, _setting: str) -> None:
        self._set(sending, enabled=True)

    def _set(self, sending: Sending, *, enabled: bool) -> None:
        self._pace("PutConfigurationSetSendingOptions")
        self._client.put_configuration_set_sending_options(ConfigurationSetName=sending.target, SendingEnabled=enabled)


class _TenantSwitch:
    """Either side can stop a tenant. Ours is what is set here; REINSTATED lets it send though SES has findings.

    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_UpdateReputationEntityCustomerManagedStatus.html
    """

    def __init__(self, client: "SESV2Client", pace: Callable[[str], None]) -> None:
        self._client = client
        self._pace = pace

    def read(self, name: str) -> Sending:
        self._pace("GetTenant")
        arn = self._client.get_tenant(TenantName=name)["Tenant"]["TenantArn"]
        self._pace("GetReputationEntity")
        answer = self._client.get_reputation_entity(ReputationEntityType="RESOURCE", ReputationEntityReference=arn)
        entity = answer["ReputationEntity"]
        setting = entity.get("CustomerManagedStatus", {}).get("Status", _ENABLED)
        theirs = entity.get("AwsSesManagedStatus", {})
        changed = entity.get("CustomerManagedStatus", {}).get("LastUpdatedTimestamp")
        return Sending(
            enabled=setting != _DISABLED,
            target=arn,
            setting=setting,
            switched=changed.astimezone(UTC) if changed else None,
            stopped_by_ses=(theirs.get("Cause") or "") if theirs.get("Status") == _DISABLED else None,
        )

    def pause(self, sending: Sending) -> None:
        self._set(sending, _DISABLED)

    def resume(self, sending: Sending, setting: str) -> None:
        self._set(sending, setting or _ENABLED)

    def _set(self, sending: Sending, status: Any) -> None:
        self._pace("UpdateReputationEntityCustomerManagedStatus")
        self._client.update_reputation_entity_customer_managed_status(
            ReputationEntityType="RESOURCE", ReputationEntityReference=sending.target, SendingStatus=status
        )


class _AccountSwitch:
    """What SES has paused itself nobody else can resume.

    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_PutAccountSendingAttributes.html
    """

    def __init__(self, client: "SESV2Client", pace: Callable[[str], None]) -> None:
        self._client = client
        self._pace = pace

    def read(self, _name: str) -> Sending:
        self._pace("GetAccount")
        answer = self._client.get_account()
        shut_down = answer.get("EnforcementStatus") == _SHUTDOWN
        return Sending(
            enabled=answer.get("SendingEnabled", True),
            stopped_by_ses="" if shut_down else None,
            resumable=not shut_down,
        )

    def pause(self, _sending: Sending) -> None:
        self._set(enabled=False)

    def resume(self, _sending: Sending, _setting: str) -> None:
        self._set(enabled=True)

    def _set(self, *, enabled: bool) -> None:
        self._pace("PutAccountSendingAttributes")
        self._client.put_account_sending_attributes(SendingEnabled=enabled)


def _missing(scope: Scope) -> SesRefused:
    reason = f"SES has no {_KINDS[kind_of(scope)]} {name_of(scope)} in this region"
    return SesRefused(_NOT_FOUND, reason, missing=True)


@contextmanager
def _told_of(scope: Scope) -> Iterator[None]:
    """Tell what goes wrong as SesRefused."""
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code == _NOT_FOUND and kind_of(scope) in _KINDS:
            raise _missing(scope) from error
        # A call that SES is asked too much for is not made; one that it fails at may be.
        failed = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= HTTPStatus.INTERNAL_SERVER_ERROR
        passing = may_pass(error) or code == "ConflictException"
        raise SesRefused(code, explained(error), passing=passing, unsure=failed) from error
    except BotoCoreError as error:
        raise SesRefused(type(error).__name__, explained(error), passing=True, unsure=True) from error
