"""What SES tells by itself, by events: problems that it finds, and whether it sends; and which of two statements holds.

SES promises no order, and an event may come twice. So a statement is held against what is known of the same matter: the
newer one holds, whatever came first.
https://docs.aws.amazon.com/ses/latest/dg/tenants.html#setting-up-eventbridge-notifications
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from ses_reputation.domain.categories import Category

# SES knows eight types with two impacts each, and a resolution without an impact is one more of its type: 24. What was
# dropped could be opened again by an older statement, so there is room for types to come.
FINDINGS_KEPT = 32
# It knows two who can switch sending off.
ORIGINS_KEPT = 4


class SesFinding(Struct, frozen=True, tag_field="about", tag="finding"):
    """A problem that SES found, in SES's words: of this type, such as BOUNCE, with this impact, such as HIGH.

    `time` is of the newest statement about it, `since` is when it was opened. Of one that is no longer open both stay
    known, so that an older statement that arrives late does not open it again.
    """

    type: str
    impact: str | None
    text: str
    open: bool
    time: datetime
    since: datetime


class Origin(StrEnum):
    """Who can switch sending off: each on its own, and mail flows only if neither has.

    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_ReputationEntity.html
    """

    SES = "AWS_MANAGED"
    CUSTOMER = "CUSTOMER_MANAGED"


class SendingStatus(Struct, frozen=True, tag_field="about", tag="sending"):
    """Whether one side lets a scope send, in SES's words: `origin` is who, `status` such as DISABLED, `cause` why."""

    origin: str
    status: str
    on: bool
    cause: str
    time: datetime


Statement = SesFinding | SendingStatus

ENABLED, DISABLED = "ENABLED", "DISABLED"
# REINSTATED: sending is on, and SES overlooks the findings that are open until they are resolved.
# https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_StatusRecord.html
SENDING: Mapping[str, bool] = MappingProxyType({ENABLED: True, "REINSTATED": True, DISABLED: False})
"""Whether mail flows, by SES's word for the status."""

# Both rates are measured here (BOUNCE, COMPLAINT): what SES says of them is shown beside ours, and opens nothing. DKIM,
# DMARC, SPF and BIMI are about how a domain is set up, which is no category.
# https://docs.aws.amazon.com/ses/latest/dg/tenants.html#understanding-reputation-findings
SUSPICIONS: Mapping[str, Category] = MappingProxyType(
    {
        # What mailbox providers tell SES apart from single complaints.
        "FEEDBACK_3P": Category.MAILBOX_PROVIDER,
        # An address that mail is sent from is on a blocklist. Those who keep such lists are anti-spam organizations;
        # the category for blocklists is about the domains that are in the mail.
        "IP_LISTING": Category.ANTI_SPAM_ORGANIZATION,
    }
)
"""The types of SES's findings that are a category here which has to be reported."""


class Superseded(Exception):
    """Something newer is known of the same matter."""


def findings_after(known: tuple[SesFinding, ...], said: SesFinding) -> tuple[SesFinding, ...]:
    """The findings after one more statement, the newest last; the same if it is known. Superseded if it is outdated.

    Of two statements of one moment, the one that a problem is open holds. A resolution that names no impact is about
    all findings of its type, and is kept beside them: it holds for an older one that arrives late.
    """
    moment = (said.time, said.open)
    if any(_holds_for(f, said) and (f.time, f.open) > moment for f in known):
        raise Superseded
    before = next((f for f in known if _matter(f) == _matter(said)), None)
    if before and (before.time, before.open) == moment:
        return known
    others = [f for f in known if f is not before]
    if said.open:
        told = replace(said, since=before.since) if before and before.open else said
    else:
        solved = [f for f in others if f.open and _holds_for(said, f) and f.time < said.time]
        # One that never had an impact is told by the resolution itself.
        told = _resolved(next((f for f in solved if f.impact is None), before) or said, said)
        others = [_resolved(f, said) if f in solved else f for f in others if not (f in solved and f.impact is None)]
    all_known = (*others, told)
    kept = [f for f in all_known if not _is_settled(f, all_known)]
    return tuple(sorted(kept, key=lambda f: (f.open, f.time)))[-FINDINGS_KEPT:]


def _is_settled(finding: SesFinding, known: tuple[SesFinding, ...]) -> bool:
    """Whether a resolved finding says nothing that a newer resolution of all of its type does not say as well."""
    return not finding.open and any(_holds_for(f, finding) and f.time > finding.time for f in known)


def _matter(finding: SesFinding) -> tuple[str, str | bool]:
    """What a statement is about: two about the same matter are not both kept.

    Where no impact is named, a problem is one matter, and that all of its type are solved is another.
    """
    return finding.type, finding.impact or finding.open


def _holds_for(said: SesFinding, other: SesFinding) -> bool:
    """Whether a statement says something of what another is about."""
    return _matter(said) == _matter(other) or (said.type == other.type and said.impact is None and not said.open)


def _resolved(finding: SesFinding, said: SesFinding) -> SesFinding:
    return replace(finding, open=False, time=said.time, text=said.text or finding.text)


def sending_after(known: tuple[SendingStatus, ...], said: SendingStatus) -> tuple[SendingStatus, ...]:
    """Who lets a scope send after one more statement; the same if it is known. Superseded if it is outdated.

    Of two statements of one moment, the one that sending is off holds.
    """
    moment = (said.time, not said.on)
    before = next((s for s in known if s.origin == said.origin), None)
    if before and (before.time, not before.on) >= moment:
        if (before.time, not before.on) > moment:
            raise Superseded
        return known
    return (*(s for s in known if s is not before), said)[-ORIGINS_KEPT:]
