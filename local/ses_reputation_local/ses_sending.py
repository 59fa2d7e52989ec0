"""SendEmail: what SES refuses, and what it publishes about the mail that it takes.

The mailbox simulator answers as it does at AWS; all others get their mail. What happens later is published at once,
with the times at which it would have happened.

Left out: raw and templated mail, attachments, contact lists, and quotas. A tenant may use every identity and
configuration set. Open and click tracking publish nothing, as nobody reads the mail.
"""

import json
from collections.abc import Iterator, Sequence
from email.utils import parseaddr
from typing import Any, Final

from ses_reputation_local.ses_account import SesAccount
from ses_reputation_local.ses_answers import Answer, Answers, Parameters, Refusal, refuse_others
from ses_reputation_local.ses_control import configuration_set, tenant
from ses_reputation_local.ses_destinations import topic_of
from ses_reputation_local.ses_mail import (
    MAX_RECIPIENTS,
    SIMULATOR_DOMAIN,
    Bounce,
    BounceSubtype,
    Complaint,
    EventType,
    Format,
    Message,
    Outcome,
)
from ses_reputation_local.ses_operations import Operation
from ses_reputation_local.ses_resources import ConfigurationSet, SendingStatus, Sent, Tenant
from ses_reputation_local.ses_simulator import SesSimulator
from ses_reputation_local.ses_topics import publish

_HEADERS: Final = ("headersTruncated", "headers", "commonHeaders")


def _send_email(account: SesAccount, parameters: Parameters) -> Answer:
    refuse_others(
        parameters,
        "FromEmailAddress",
        "Destination",
        "ReplyToAddresses",
        "Content",
        "EmailTags",
        "ConfigurationSetName",
        "TenantName",
    )
    refuse_others(parameters["Content"], "Simple")
    refuse_others(parameters["Content"]["Simple"], "Subject", "Body")
    through = configuration_set(account, parameters) if "ConfigurationSetName" in parameters else None
    sender = tenant(account, parameters["TenantName"]) if "TenantName" in parameters else None
    _refuse_paused(account, through, sender)
    message = _message(parameters)
    _refuse_unverified(account, message)
    sent = _publish_all(account, message, through, _stopped(account, message.recipients, through, sender))
    account.sent.append(sent)
    counted = sum(not _is_simulator(address) for address in message.recipients)
    account.count(account.time, configuration_set=message.configuration_set, sent=counted)
    return {"MessageId": sent.id}


def _refuse_paused(account: SesAccount, through: ConfigurationSet | None, sender: Tenant | None) -> None:
    """AWS does not say which error a paused tenant gets: here it is that of a paused configuration set."""
    if account.enforcement_status == "SHUTDOWN":
        raise Refusal("AccountSuspendedException", "Amazon SES has shut down this account's sending.")
    if not account.sending_enabled:
        raise Refusal("SendingPausedException", "Sending is paused for this account.")
    if through is not None and not through.sending_enabled:
        raise Refusal("SendingPausedException", f"Sending is paused for the configuration set <{through.name}>.")
    if sender is not None and sender.status is SendingStatus.DISABLED:
        raise Refusal("SendingPausedException", f"Sending is paused for the tenant <{sender.name}>.")


def _message(parameters: Parameters) -> Message:
    destination = parameters.get("Destination", {})
    recipients = tuple(
        address for kind in ("ToAddresses", "CcAddresses", "BccAddresses") for address in destination.get(kind, ())
    )
    if not 1 <= len(recipients) <= MAX_RECIPIENTS:
        raise Refusal("BadRequestException", f"A message has 1 to {MAX_RECIPIENTS} recipients.")
    name = parameters.get("ConfigurationSetName")
    try:
        return Message(
            source=parameters.get("FromEmailAddress", ""),
            recipients=tuple(parseaddr(address)[1] for address in recipients),
            configuration_set=name,
            tenant=parameters.get("TenantName"),
            subject=parameters["Content"]["Simple"]["Subject"]["Data"],
            tags={tag["Name"]: tag["Value"] for tag in parameters.get("EmailTags", ())},
            formats=frozenset(Format) if name else frozenset({Format.IDENTITY}),
            identity_headers=True,
        )
    except ValueError as error:
        raise Refusal("BadRequestException", str(error)) from error


def _refuse_unverified(account: SesAccount, message: Message) -> None:
    """In the sandbox, recipients must be verified as well, but for the mailbox simulator.

    https://docs.aws.amazon.com/ses/latest/dg/request-production-access.html
    """
    checked = [parseaddr(message.source)[1]]
    if not account.production_access:
        checked += [address for address in message.recipients if not _is_simulator(address)]
    if failed := [address for address in checked if not _verifying(account, address)]:
        raise Refusal(
            "MessageRejected",
            "Email address is not verified. The following identities failed the check in region "
            f"{account.region.upper()}: {', '.join(failed)}",
        )


def _verifying(account: SesAccount, address: str) -> str | None:
    """The identity that an address sends by: itself, or else its domain or the nearest one above that."""
    verified = {name.lower(): name for name, status in account.identities.items() if status == "SUCCESS"}
    labels = address.lower().rpartition("@")[2].split(".")
    candidates = [address.lower(), *(".".join(labels[n:]) for n in range(len(labels)))]
    return next((verified[name] for name in candidates if name in verified), None)


def _is_simulator(address: str) -> bool:
    return address.lower().rpartition("@")[2] == SIMULATOR_DOMAIN


# -- Suppression lists -------------------------------------------------------------------------------------------------


def _stopped(
    account: SesAccount, recipients: Sequence[str], through: ConfigurationSet | None, sender: Tenant | None
) -> Iterator[Outcome]:
    """What becomes of mail to addresses on the suppression list that counts: that of the tenant or of the account, and
    for the reasons that the configuration set, the tenant or the account has, the first of them that says so.

    https://docs.aws.amazon.com/ses/latest/dg/sending-email-suppression-list-config-level.html
    """
    said = [each.suppression for each in (through, sender, account) if each is not None]
    scope = next((each["SuppressionScope"] for each in said if "SuppressionScope" in each), "ACCOUNT")
    reasons = next(each["SuppressedReasons"] for each in said if "SuppressedReasons" in each)
    own = sender is not None and scope == "TENANT"
    entries = sender.suppressed if sender is not None and own else account.suppressed
    subtype = BounceSubtype.ON_TENANT_SUPPRESSION_LIST if own else BounceSubtype.ON_ACCOUNT_SUPPRESSION_LIST
    for address in recipients:
        match entries.reason_to_stop(address):
            case "BOUNCE" if "BOUNCE" in reasons and not _is_simulator(address):
                yield Bounce((address,), subtype=subtype)
            case "COMPLAINT" if "COMPLAINT" in reasons and not _is_simulator(address):
                yield Complaint(address, withheld=subtype)


# -- What is published -------------------------------------------------------------------------------------------------


def _publish_all(
    account: SesAccount, message: Message, through: ConfigurationSet | None, outcomes: Iterator[Outcome]
) -> Sent:
    """Publish events to the set's destinations, and notifications to the topics of the identity. What was sent."""
    simulator = SesSimulator(f"ses/{len(account.sent)}", account=account.id, region=account.region)
    documents: list[dict[str, Any]] = []
    for publication in simulator.send(account.time, message, *outcomes):
        document = json.loads(publication.message)
        documents.append(document)
        if through is not None and "eventType" in document:
            _publish_event(account, through, EventType(document["eventType"]), publication.message)
        elif "notificationType" in document:
            _publish_notification(account, message, document)
    return Sent(documents[0]["mail"]["messageId"], message)


def _publish_event(account: SesAccount, through: ConfigurationSet, kind: EventType, event: str) -> None:
    for definition in through.destinations.values():
        topic = topic_of(definition)
        if topic and definition["Enabled"] and kind.name in definition["MatchingEventTypes"]:
            publish(account, topic, f"configuration-set/{through.name}", event)


def _publish_notification(account: SesAccount, message: Message, notification: dict[str, Any]) -> None:
    identity = _verifying(account, parseaddr(message.source)[1])
    kind = notification["notificationType"]
    if identity is None or (topic := account.notifications_of(identity).topics.get(kind)) is None:
        return
    if kind not in account.notifications_of(identity).headers:
        for name in _HEADERS:
            del notification["mail"][name]
    publish(account, topic, f"identity/{identity}", json.dumps(notification))


SENDING: Final[Answers] = {("sesv2", Operation.SEND_EMAIL): _send_email}
