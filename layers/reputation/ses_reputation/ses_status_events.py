"""Reading the EventBridge events by which SES tells of problems that it finds, and of who has switched sending off.

AWS documents their shapes by one example of each kind, and its pages disagree. So everything is read that has a
meaning, words of SES that are unknown are kept as they are, and nothing but an event about nobody is refused.
https://docs.aws.amazon.com/ses/latest/dg/tenants.html#setting-up-eventbridge-notifications
https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-ses.html
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import msgspec
from msgspec import Struct

from ses_reputation.commands import Time, UnreadableRequest, problem_of, received_at, refuse_unwritable, scope_of
from ses_reputation.domain.providers import domain_of
from ses_reputation.domain.scopes import ACCOUNT, Scope, ScopeKind, scope
from ses_reputation.domain.standing import Act, Actor
from ses_reputation.domain.statements import DISABLED, ENABLED, SENDING, SendingStatus, SesFinding, Statement
from ses_reputation.finding_events import EventId
from ses_reputation.notices.structure import readable

SOURCE = "aws.ses"
"""The source of SES's events. EventBridge takes no event from anybody else whose source begins with `aws.`."""

SES = "Amazon SES"
"""Who says what is in them."""

# The page about tenants says Closed, the reference of EventBridge says Resolved.
OPENS: Mapping[str, bool] = MappingProxyType(
    {
        "Advisor Recommendation Status Open": True,
        "Advisor Recommendation Status Resolved": False,
        "Advisor Recommendation Status Closed": False,
    }
)
"""Whether a problem is open, by the detail type of an event about one."""

SWITCHES: Mapping[str, str] = MappingProxyType({"Sending Status Enabled": ENABLED, "Sending Status Disabled": DISABLED})
"""The status that sending has, by the detail type of an event about it. REINSTATED comes as Enabled."""

# As long as SES's causes can be. An alert has to fit into SNS's 256 KB, five times as JSON within JSON.
# https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_StatusRecord.html
MAX_TEXT = 512
MAX_WORD = 24
UNKNOWN = "UNKNOWN"
_NOT_IN_WORDS = re.compile(r"[^A-Z0-9_.-]+")

# A clock that is a little ahead is none that is wrong. SES began in 2011.
_AHEAD = timedelta(minutes=5)
_BEGAN = datetime(2011, 1, 1, tzinfo=UTC)
_MILLISECONDS = 100_000_000_000  # More seconds than that would be 3,000 years.


class _Event(Struct, frozen=True, rename={"detail_type": "detail-type"}):
    id: EventId
    detail_type: str
    source: str
    account: str
    region: str
    resources: list[str]
    detail: dict[str, Any]
    time: Any = None


class _Received(Struct, frozen=True):
    """What the rule on the default bus makes of an event. The name of the field tells it from one on our own bus."""

    received: Time
    from_ses: dict[str, Any]


class ReceivedStatement(Struct, frozen=True):
    """What SES said of which scope, whose act that is, and when EventBridge received it."""

    scope: Scope
    said: Statement
    act: Act
    time: datetime


def is_from_ses(invocation: object) -> bool:
    """Whether this came by the rule that sends on what SES itself puts on the default bus."""
    return isinstance(invocation, dict) and "from_ses" in invocation


def read_statement(invocation: object, own_account: str, own_region: str) -> ReceivedStatement:
    """What SES says in an event; UnreadableRequest if it is not SES's, or about no scope of this account and region."""
    refuse_unwritable(invocation)
    try:
        received = msgspec.convert(invocation, _Received)
        event = msgspec.convert(received.from_ses, _Event)
    except msgspec.ValidationError as error:
        raise UnreadableRequest(problem_of(error)) from None
    if event.source != SOURCE:
        raise UnreadableRequest(f"the source is {event.source!r}; it has to be {SOURCE!r}")
    if (event.account, event.region) != (own_account, own_region):
        raise UnreadableRequest(f"it is about AWS account {event.account} in {event.region}, which has its own stack")
    now = received_at(received.received)
    time = _time(event.time, now) or now
    if event.detail_type in OPENS:
        said: Statement = _finding(event, time)
    elif event.detail_type in SWITCHES:
        said = _sending(event, time, now)
    else:
        raise UnreadableRequest(f"the detail type {event.detail_type!r} is none by which SES tells of a status")
    return ReceivedStatement(_scope(event.resources), said, Act(f"event/{event.id}", Actor(SES, proven=True)), now)


def _finding(event: _Event, time: datetime) -> SesFinding:
    about = _object(event.detail.get("metadata"))
    return SesFinding(
        type=_word(about.get("type")) or UNKNOWN,
        impact=_word(about.get("impact")),
        text=_text(event.detail.get("data")),
        open=OPENS[event.detail_type],
        time=time,
        since=time,
    )


def _sending(event: _Event, time: datetime, now: datetime) -> SendingStatus:
    data = event.detail.get("data")
    about = _object(data)
    record = _object(about.get("record")) or about
    switched = SWITCHES[event.detail_type]
    status = _word(record.get("status")) or switched
    return SendingStatus(
        origin=_word(about.get("origin")) or UNKNOWN,
        status=status,
        on=SENDING.get(status, SENDING[switched]),
        cause=_text(record.get("cause") if about else data),
        time=_time(record.get("lastUpdatedTimestamp"), now) or time,
    )


def _object(value: object) -> dict[str, Any]:
    """What an object holds, also one that was written as a text; nothing of anything else."""
    if isinstance(value, str):
        try:
            value = msgspec.json.decode(value)
        except (msgspec.DecodeError, RecursionError):
            return {}
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    """A text of SES's; what is none, as JSON."""
    if value is None:
        return ""
    return readable(value if isinstance(value, str) else msgspec.json.encode(value).decode(), MAX_TEXT)


def _word(value: object) -> str | None:
    """One of SES's words, such as FEEDBACK_3P: they go into subjects and titles."""
    return _NOT_IN_WORDS.sub("_", _text(value).strip().upper())[:MAX_WORD] or None


# -- Times -------------------------------------------------------------------------------------------------------------


def _time(value: object, now: datetime) -> datetime | None:
    """A time in any of the ways that AWS writes one; None if it is none, or can't be true."""
    try:
        time = _TIMES.get(type(value), _no_time)(value)
    except (ValueError, TypeError, OverflowError, OSError):
        return None
    return time if time and _BEGAN <= time <= now + _AHEAD else None


def _from_numbers(numbers: Sequence[int]) -> datetime:
    """Year, month, day, and what follows of hour, minute, second and nanosecond: Java's way of writing a local time."""
    year, month, day, hour, minute, second, nanosecond = (*numbers, 0, 0, 0, 0)[:7] if len(numbers) < 7 else numbers[:7]
    return datetime(year, month, day, hour, minute, second, nanosecond // 1000, tzinfo=UTC)


def _from_number(number: float) -> datetime:
    """Seconds since 1970, or milliseconds."""
    return datetime.fromtimestamp(number / 1000 if abs(number) > _MILLISECONDS else number, UTC)


def _from_text(text: str) -> datetime:
    """As in ISO 8601. Without a zone it is UTC, as in the lists of numbers."""
    time = datetime.fromisoformat(text.strip())
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def _no_time(_: object) -> None:
    return None


_TIMES: Mapping[type, Callable[[Any], datetime | None]] = MappingProxyType(
    {list: _from_numbers, int: _from_number, float: _from_number, str: _from_text}
)


# -- Whom it is about --------------------------------------------------------------------------------------------------

# SES tells of tenants. The others are resources that its findings and statuses are about elsewhere.
# https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_Recommendation.html
_SCOPES: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {
        "tenant": lambda name: scope(ScopeKind.TENANT, name.partition("/")[0]),  # tenant/NAME/ID
        "configuration-set": lambda name: scope(ScopeKind.CONFIGURATION_SET, name),
        "identity": lambda name: scope(ScopeKind.IDENTITY, domain_of(name)),
        "account": lambda _: ACCOUNT,
    }
)


def _scope(resources: Sequence[str]) -> Scope:
    """The scope that the first of the ARNs is about; UnreadableRequest if none is about any."""
    for arn in resources:
        # An example of AWS's has no account in it: arn:aws:ses:eu-west-1::tenant/NAME/ID.
        kind, _, name = (arn.split(":", 5)[5:] or [""])[0].partition("/")
        if kind in _SCOPES:
            return scope_of(_SCOPES[kind](name))
    told = ", ".join(readable(arn, 200) for arn in resources[:3]) or "none"
    raise UnreadableRequest(f"no resource is a tenant, a configuration set, an identity or the account: {told}")
