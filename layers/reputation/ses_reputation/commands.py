"""What operators ask for, as JSON in a plain invocation or through the function URL, and what they are answered."""

import base64
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from http import HTTPStatus
from types import MappingProxyType
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from ses_reputation.domain.categories import Category, Severity
from ses_reputation.domain.decisions import (
    ChangesMade,
    Command,
    CommandRefused,
    Decide,
    Decision,
    ReinstateTo,
    Report,
)
from ses_reputation.domain.scopes import MAX_SCOPE, Scope, parse_scope
from ses_reputation.domain.standing import Act, Actor
from ses_reputation.notices.alert import finding_document, outage_document
from ses_reputation.notices.vocabulary import Vocabulary
from ses_reputation.operate import Contended, Done
from ses_reputation.schema import TablesAreNewer

MAX_TEXT = 1500
MAX_NAME = 256

# EventBridge writes when it received an event. Who may invoke a function can write anything.
_FIRST_YEAR, _LAST_YEAR = 2000, 2999

# In milliseconds since 1970. A plain invocation can hold anything, also what looks like a call through the URL.
_LAST_EPOCH = int(datetime(2200, 1, 1, tzinfo=UTC).timestamp()) * 1000

# An alert has to fit into SNS's 256 KB, five times as JSON within JSON: a control character takes seven bytes there.
_NO_CONTROLS = r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
_LINES = rf"^{_NO_CONTROLS}*$"
_WORDS = rf"^(?=\s*\S){_NO_CONTROLS}*$"
Text = Annotated[str, Meta(max_length=MAX_TEXT, pattern=_WORDS)]
Note = Annotated[str, Meta(max_length=MAX_TEXT, pattern=_LINES)]
Name = Annotated[str, Meta(max_length=MAX_NAME, pattern=_WORDS)]
# A role's session or a user's path make the longest. What only looks like a call through the URL can have any length.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
Arn = Annotated[str, Meta(max_length=1000, pattern=_WORDS)]
ScopeName = Annotated[str, Meta(max_length=MAX_SCOPE, pattern=r"\S")]
Time = Annotated[datetime, Meta(tz=True)]


class UnreadableRequest(ValueError):
    """Something that is no command, or no event that reports a finding; the text says what is wrong with it."""


class _Request(Struct, frozen=True, tag_field="command", forbid_unknown_fields=True, kw_only=True):
    """What every command says. `by` is who it is, where the channel does not prove it; `id` makes it safe to repeat."""

    scope: ScopeName
    by: Name | None = None
    id: Name | None = None


class ReportRequest(_Request, frozen=True, tag="report"):
    """A problem was seen: `evidence` says what, `observed` when, `source` who saw it (the caller if it is not said)."""

    category: Category
    evidence: Text
    severity: Severity = Severity.PROBATION
    source: Name | None = None
    observed: Time | None = None
    note: Note = ""


class ChangesRequest(_Request, frozen=True, tag="changes-made"):
    """A sender changed something about a problem: `note` says what."""

    finding: Name
    note: Text
    since: Time | None = None
    seen: int | None = None


class DecideRequest(_Request, frozen=True, tag="decide"):
    """A person's decision about a finding, or an outage of a mailbox provider: `note` says why."""

    finding: Name
    decision: Decision
    note: Text
    days: int | None = None
    to: ReinstateTo = ReinstateTo.PROBATION
    seen: int | None = None


Request = ReportRequest | ChangesRequest | DecideRequest


class Call(Struct, frozen=True):
    """One invocation: what was sent, when, and the ARN of the caller if IAM proves it.

    `over_http` is whether it came through the function URL, and has to be answered that way; `widget` the whole event
    if it came from the dashboard in CloudWatch, which shows the answer.
    """

    document: object
    request_id: str
    time: datetime
    proven: str | None = None
    over_http: bool = False
    widget: Mapping[str, Any] | None = None


def read_call(invocation: object, request_id: str, now: datetime) -> Call:
    """How operate was called: through its function URL, or plainly, with the command itself or from CloudWatch.

    https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
    """
    try:
        http = msgspec.convert(invocation, _HttpInvocation)
    except (msgspec.ValidationError, UnicodeEncodeError):
        if isinstance(invocation, Mapping) and WIDGET_CONTEXT in invocation:
            return Call(_of_widget(invocation), request_id, now, widget=invocation)
        return Call(invocation, request_id, now)
    context = http.request_context
    iam = context.authorizer.iam if context.authorizer else None
    time = datetime.fromtimestamp(context.time_epoch / 1000, UTC)
    return Call(_body(http), context.request_id, time, iam.user_arn if iam else None, over_http=True)


class _Iam(Struct, frozen=True, rename="camel"):
    user_arn: Arn


class _Authorizer(Struct, frozen=True):
    iam: _Iam | None = None


class _HttpContext(Struct, frozen=True, rename="camel"):
    http: dict[str, Any]
    request_id: Name
    time_epoch: Annotated[int, Meta(ge=0, le=_LAST_EPOCH)]
    authorizer: _Authorizer | None = None


class _HttpInvocation(Struct, frozen=True, rename="camel"):
    request_context: _HttpContext
    body: str | None = None
    is_base64_encoded: bool = False


def _body(http: _HttpInvocation) -> object:
    if not http.body:
        return _Unreadable("the body is not JSON: it is empty")
    try:
        document: object = msgspec.json.decode(base64.b64decode(http.body) if http.is_base64_encoded else http.body)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        # What cannot be read is answered like what is no command.
        return _Unreadable(f"the body is not JSON: {error}")
    return document


class _Unreadable(Struct, frozen=True):
    problem: str


WIDGET_CONTEXT = "widgetContext"
"""The field in which CloudWatch tells a custom widget about who looks at it, and what was filled into its fields.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_about.html
"""

IN_CLOUDWATCH = ", in CloudWatch"
"""What follows the name of who decides there, so that both together have to fit into MAX_NAME."""

_MISSING: Mapping[str, str] = MappingProxyType(
    {"note": "Say why: the reason is kept, and told with the alert.", "by": "Say who you are: CloudWatch does not."}
)


class _Forms(Struct, frozen=True):
    all: dict[str, str] = {}


class _WidgetContext(Struct, frozen=True):
    forms: _Forms = _Forms()


class _FromWidget(Struct, frozen=True, rename={"context": WIDGET_CONTEXT}):
    """A call from CloudWatch: `fields` is by which names the form has what belongs to the command."""

    context: _WidgetContext
    fields: dict[str, str]


def _of_widget(event: Mapping[str, Any]) -> object:
    """The command in a call from the dashboard in CloudWatch: a part is in the event, the rest was filled in."""
    try:
        call = msgspec.convert(event, _FromWidget)
    except (msgspec.ValidationError, UnicodeEncodeError) as error:
        return _Unreadable(f"this is no call from the dashboard: {error}")
    filled = {field: call.context.forms.all.get(name, "").strip() for field, name in call.fields.items()}
    for field, problem in _MISSING.items():
        if not filled.get(field):
            return _Unreadable(problem)
    command: dict[str, Any] = {name: value for name, value in event.items() if name not in _ONLY_OF_WIDGET}
    command |= {field: text for field, text in filled.items() if text}
    command["by"] = f"{filled['by']}{IN_CLOUDWATCH}"
    if days := filled.get("days"):
        # What stays text is refused like any other that is no number.
        command["days"] = int(days) if _WHOLE.fullmatch(days) else days
    return command


_WHOLE = re.compile(r"\d{1,9}", re.ASCII)
_ONLY_OF_WIDGET = frozenset({WIDGET_CONTEXT, "fields", "show"})


def read_command(call: Call) -> tuple[Command, Act]:
    """The command, and whose act it is: of the caller that IAM proved, or of who says so in `by`.

    UnreadableRequest if it is no command, or nobody's.
    """
    document, proven = call.document, call.proven
    if isinstance(document, _Unreadable):
        raise UnreadableRequest(document.problem)
    refuse_unwritable([document, call.request_id, proven])
    try:
        request: Any = msgspec.convert(document, Request)
    except msgspec.ValidationError as error:
        raise UnreadableRequest(_told(error, document)) from None
    if proven and request.by:
        raise UnreadableRequest(f"`by` must be left out: IAM proves that you are {proven}")
    if not (proven or request.by):
        raise UnreadableRequest("`by` is missing: this way of calling does not prove who you are, so say it")
    actor = Actor(proven or request.by, proven=bool(proven))
    return _command(request, actor), Act(request.id or call.request_id, actor, request.note)


def _command(request: Request, actor: Actor) -> Command:
    scope = scope_of(request.scope)
    match request:
        case ReportRequest():
            return Report(
                scope,
                request.category,
                request.evidence,
                request.source or actor.name,
                request.severity,
                in_utc(request.observed),
            )
        case ChangesRequest():
            return ChangesMade(scope, request.finding, request.note, in_utc(request.since), request.seen)
        case DecideRequest():
            return Decide(scope, request.finding, request.decision, request.days, request.to, request.seen)


def scope_of(text: str) -> Scope:
    """The scope that somebody wrote; UnreadableRequest if it is none."""
    if len(text.encode()) > MAX_SCOPE:
        raise UnreadableRequest(f"a scope has at most {MAX_SCOPE} bytes")
    try:
        return parse_scope(text)
    except ValueError as error:
        raise UnreadableRequest(str(error)) from None


def in_utc(time: datetime | None) -> datetime | None:
    """The time in UTC, if there is one; UnreadableRequest if it lies outside of all calendars."""
    try:
        return time.astimezone(UTC) if time else None
    except OverflowError:
        raise UnreadableRequest(f"the time {time} is too far away") from None


def received_at(time: datetime) -> datetime:
    """When something came, in UTC; UnreadableRequest if that is no time from which periods can be counted."""
    received = in_utc(time)
    if received is None or not _FIRST_YEAR <= received.year <= _LAST_YEAR:
        raise UnreadableRequest(f"nothing was received at {time}")
    return received


def refuse_unwritable(document: object) -> None:
    """Pass what could be written as JSON again; UnreadableRequest for the rest, which the table would not take.

    What a function gets was JSON, but JSON can have half a character, and numbers and nesting beyond all limits.
    """
    try:
        msgspec.json.encode(document)
    except (UnicodeEncodeError, OverflowError, RecursionError) as error:
        raise UnreadableRequest(f"it can't be kept: {error}") from None


def problem_of(error: msgspec.ValidationError) -> str:
    """What is wrong with a field, and what it could be."""
    text = str(error)
    for pattern in (_WORDS, _LINES):
        text = text.replace(f"`str` matching regex {pattern!r}", "words, and no control characters")
    choices = _CHOICES.get(match[1]) if (match := _FIELD.search(text)) and "enum" in text else None
    return f"{text}; it is one of {', '.join(choices)}" if choices else text


_FIELD = re.compile(r"at `\$\.(\w+)`$")
_CHOICES: Mapping[str, type[StrEnum]] = {
    "category": Category,
    "severity": Severity,
    "decision": Decision,
    "to": ReinstateTo,
}
_COMMANDS = ("report", "changes-made", "decide")


def _told(error: msgspec.ValidationError, document: object) -> str:
    """The error, and which commands there are if that is what is wrong."""
    if isinstance(document, Mapping) and document.get("command") in _COMMANDS:
        return problem_of(error)
    return f"{error}; `command` is report, changes-made or decide"


class Answer(Struct, frozen=True):
    """What the caller gets: a status of HTTP, and a document. `by` is who called, None if that is not known.

    `words` are those that people read.
    """

    status: HTTPStatus
    body: Mapping[str, Any]
    by: Actor | None = None
    words: Vocabulary = Vocabulary.CLASSIC

    def to(self, call: Call) -> Any:
        """The answer as the channel of the call wants it: a document, or a page for CloudWatch."""
        if call.widget is not None:
            # What writes HTML is imported only for who reads it.
            from ses_reputation.dashboard.decided import decided  # noqa: PLC0415

            return decided(self.status, self.body, call.widget, self.words)
        if not call.over_http:
            return {"status": self.status.value, "body": self.body}
        return {
            "statusCode": self.status.value,
            "headers": {"content-type": "application/json"},
            "body": msgspec.json.encode(self.body).decode(),
        }


def answer(
    call: Call, operate: Callable[[Command, Act, datetime], Done], words: Vocabulary = Vocabulary.CLASSIC
) -> Answer:
    """Carry out the command of a call, and say what came of it, or why it was refused and what would be allowed."""
    by = None
    try:
        command, act = read_command(call)
        by = act.by
        return Answer(HTTPStatus.OK, _done(operate(command, act, call.time)), by, words)
    except UnreadableRequest as error:
        return Answer(HTTPStatus.BAD_REQUEST, {"error": str(error)}, by, words)
    except CommandRefused as refused:
        return Answer(HTTPStatus.CONFLICT, {"error": str(refused), "allowed": list(refused.allowed)}, by, words)
    except (Contended, TablesAreNewer) as error:
        return Answer(HTTPStatus.SERVICE_UNAVAILABLE, {"error": str(error)}, by, words)


def _done(done: Done) -> Mapping[str, Any]:
    finding = finding_document(done.finding) if done.finding else None
    outage = {"outage": outage_document(done.outage)} if done.outage else {}
    body: Mapping[str, Any] = msgspec.to_builtins(
        {
            "scope": done.scope,
            "scope_status": done.scope_status,
            "changed": done.changed,
            "finding": finding,
            "unsent": done.unsent,
            "nothing_new": done.nothing_new,
            **outage,
        }
    )
    return body
