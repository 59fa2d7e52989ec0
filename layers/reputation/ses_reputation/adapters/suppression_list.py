"""The account's suppression list at SES, and what SES puts on it by itself."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from ses_reputation.adapters.aws_errors import explained, may_pass
from ses_reputation.domain.recipients import without_addresses
from ses_reputation.domain.suppression import Entry, ListScope, Preferences, Reason
from ses_reputation.suppress import NotNow, Refused

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

Word = TypeVar("Word", Reason, ListScope)


class SesSuppressionList:
    """The suppression list of the account of this client, in its region. `pace` waits until an action may be called.

    SES keeps an address as it is written, finds it only if it is asked for in the same letters, and heeds it whatever
    the letters are. Here all are in lower case, so that each recipient has one entry that was made here at most; one
    that SES made may stand beside it.
    https://docs.aws.amazon.com/ses/latest/dg/sending-email-suppression-list-tenant-level-manage.html
    """

    def __init__(self, client: "SESV2Client", *, pace: Callable[[str], None]) -> None:
        self._client = client
        self._pace = pace

    def entry(self, address: str) -> Entry | None:
        """The entry of an address; None if it has none. NotNow or Refused if SES does not tell."""
        with _told("GetSuppressedDestination", self._pace, address):
            try:
                destination = self._client.get_suppressed_destination(EmailAddress=address)["SuppressedDestination"]
            except self._client.exceptions.NotFoundException:
                return None
        # Only an entry that SES made itself comes from a message.
        # https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SuppressedDestinationAttributes.html
        attributes: Mapping[str, Any] = destination.get("Attributes") or {}
        return Entry(_known(Reason, destination["Reason"]), made_by_ses="MessageId" in attributes)

    def put(self, address: str, reason: Reason) -> None:
        """Put an address on the list, or change the reason of its entry. NotNow or Refused if SES does not.

        In the sandbox SES refuses it always.
        https://docs.aws.amazon.com/ses/latest/dg/sending-email-suppression-list.html
        """
        with _told("PutSuppressedDestination", self._pace, address):
            self._client.put_suppressed_destination(EmailAddress=address, Reason=reason.value)

    def remove(self, address: str) -> None:
        """Take an address off the list; one that is not on it is no error. NotNow or Refused if SES does not."""
        with _told("DeleteSuppressedDestination", self._pace, address):
            try:
                self._client.delete_suppressed_destination(EmailAddress=address)
            except self._client.exceptions.NotFoundException:
                return


class SesSuppressionPreferences:
    """What SES puts on suppression lists by itself, in the account of this client. `pace` is that of the list."""

    def __init__(self, client: "SESV2Client", *, pace: Callable[[str], None]) -> None:
        self._client = client
        self._pace = pace

    def account(self) -> Preferences:
        """What is set for the account. NotNow or Refused if SES does not tell."""
        with _told("GetAccount", self._pace):
            return _preferences(self._client.get_account().get("SuppressionAttributes"))

    def configuration_set(self, name: str) -> Preferences:
        """What is set for a configuration set: nothing if it is gone. NotNow or Refused if SES does not tell."""
        with _told("GetConfigurationSet", self._pace):
            try:
                answer = self._client.get_configuration_set(ConfigurationSetName=name)
            except self._client.exceptions.NotFoundException:
                return Preferences()
            return _preferences(answer.get("SuppressionOptions"))

    def tenant(self, name: str) -> Preferences:
        """What is set for a tenant: nothing if it is gone. NotNow or Refused if SES does not tell.

        A boto3 from before June 2026 does not tell either, and then the tenant seems to use the account's list.
        """
        with _told("GetTenant", self._pace):
            try:
                tenant: Mapping[str, Any] = self._client.get_tenant(TenantName=name)["Tenant"]
            except self._client.exceptions.NotFoundException:
                return Preferences()
            return _preferences(tenant.get("SuppressionAttributes"))


def _preferences(told: Any) -> Preferences:
    """What SES tells of the account, a configuration set or a tenant. No reasons are others than an empty list."""
    fields: Mapping[str, Any] = told or {}
    reasons: Iterable[str] | None = fields.get("SuppressedReasons")
    known = None if reasons is None else frozenset(r for reason in reasons if (r := _known(Reason, reason)))
    return Preferences(known, _known(ListScope, fields.get("SuppressionScope")))


def _known(kind: type[Word], word: str | None) -> Word | None:
    """One of SES's words; None for one that SES may add some day."""
    return next((known for known in kind if known == word), None)


@contextmanager
def _told(action: str, pace: Callable[[str], None], address: str = "") -> Iterator[None]:
    """Call an action at SES's pace. What goes wrong is told in words that name no recipient, unlike botocore's."""
    pace(action)
    try:
        yield
    except ClientError as error:
        if may_pass(error):
            raise NotNow(f"{action}: {error.response['Error']['Code']}") from None
        raise Refused(without_addresses(explained(error), address)) from None
    except BotoCoreError as error:
        raise NotNow(f"{action}: {type(error).__name__}") from None
