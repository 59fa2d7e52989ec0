"""What operators ask for, as JSON in a plain invocation or through the function URL, and what they are answered."""

import base64
import binascii
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
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
from ses_reputation.domain.scopes import Scope, parse_scope
from ses_reputation.domain.standing import Act, Actor
from ses_reputation.notices.alert import finding_document
from ses_reputation.operate import Contended, Done

MAX_TEXT = 2000
MAX_NAME = 256

Text = Annotated[str, Meta(min_length=1, max_length=MAX_TEXT, pattern=r"\S")]
Note = Annotated[str, Meta(max_length=MAX_TEXT)]
Name = Annotated[str, Meta(min_length=1, max_length=MAX_NAME, pattern=r"\S")]
Time = Annotated[datetime, Meta(tz=True)]


class UnreadableRequest(ValueError):
    """Something that is no command, or no event that reports a finding; the text says what is wrong with it."""


class _Request(Struct, frozen=True, tag_field="command", forbid_unknown_fields=True, kw_only=True):
    """What every command says. `by` is who it is, where the channel does not prove it; `id` makes it safe to repeat."""

    scope: Name
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
    """A person's decision: `note` says why."""

    finding: Name
    decision: Decision
    note: Text
    days: int | None = None
    to: ReinstateTo = ReinstateTo.PROBATION
    seen: int | None = None


Request = ReportRequest | ChangesRequest | DecideRequest


class Call(Struct, frozen=True):
    """One invocation: what was sent, when, and the ARN of the caller if IAM proves it.

    `over_http` is whether it came through the function URL, and has to be answered that way.
    """

    document: object
    request_id: str
    time: datetime
    proven: str | None = None
    over_http: bool = False


def read_call(invocation: object, request_id: str, now: datetime) -> Call:
    """How operate was called: through its function URL, or plainly, with the command itself.

    https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
    """
    try:
        http = msgspec.convert(invocation, _HttpInvocation)
    except msgspec.ValidationError:
        return Call(invocation, request_id, now)
    context = http.request_context
    iam = context.authorizer.iam if context.authorizer else None
    time = datetime.fromtimestamp(context.time_epoch / 1000, UTC)
    document = _body(http)
    return Call(document, context.request_id, time, iam.user_arn if iam else None, over_http=True)


class _Iam(Struct, frozen=True, rename="camel"):
    user_arn: str


class _Authorizer(Struct, frozen=True):
    iam: _Iam | None = None


class _HttpContext(Struct, frozen=True, rename="camel"):
    http: dict[str, Any]
    request_id: str
    time_epoch: int
    authorizer: _Authorizer | None = None


class _HttpInvocation(Struct, frozen=True, rename="camel"):
    request_context: _HttpContext
    body: str = ""
    is_base64_encoded: bool = False


def _body(http: _HttpInvocation) -> object:
    try:
        text = base64.b64decode(http.body, validate=True) if http.is_base64_encoded else http.body
        document: object = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, binascii.Error) as error:
        # What cannot be read is answered like what is no command.
        return _NotJson(str(error))
    return document


class _NotJson(Struct, frozen=True):
    problem: str


def read_command(call: Call) -> tuple[Command, Act]:
    """The command, and whose act it is: of the caller that IAM proved, or of who says so in `by`.

    UnreadableRequest if it is no command, or nobody's.
    """
    document, proven = call.document, call.proven
    if isinstance(document, _NotJson):
        raise UnreadableRequest(f"the body is not JSON: {document.problem}")
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
    try:
        return parse_scope(text)
    except ValueError as error:
        raise UnreadableRequest(str(error)) from None


def in_utc(time: datetime | None) -> datetime | None:
    """The time in UTC, if there is one."""
    return time.astimezone(UTC) if time else None


def _told(error: msgspec.ValidationError, document: object) -> str:
    """The error, and which commands there are if that is what is wrong."""
    if isinstance(document, Mapping) and document.get("command") in {"report", "changes-made", "decide"}:
        return str(error)
    return f"{error}; `command` is report, changes-made or decide"


class Answer(Struct, frozen=True):
    """What the caller gets: a status of HTTP, and a document. `by` is who called, None if that is not known."""

    status: HTTPStatus
    body: Mapping[str, Any]
    by: Actor | None = None

    def to(self, call: Call) -> dict[str, Any]:
        """The answer as the channel of the call wants it."""
        if not call.over_http:
            return {"status": self.status.value, "body": self.body}
        return {
            "statusCode": self.status.value,
            "headers": {"content-type": "application/json"},
            "body": msgspec.json.encode(self.body).decode(),
        }


def answer(call: Call, operate: Callable[[Command, Act, datetime], Done]) -> Answer:
    """Carry out the command of a call, and say what came of it, or why it was refused and what would be allowed."""
    by = None
    try:
        command, act = read_command(call)
        by = act.by
        return Answer(HTTPStatus.OK, _done(operate(command, act, call.time)), by)
    except UnreadableRequest as error:
        return Answer(HTTPStatus.BAD_REQUEST, {"error": str(error)}, by)
    except CommandRefused as refused:
        return Answer(HTTPStatus.CONFLICT, {"error": str(refused), "allowed": list(refused.allowed)}, by)
    except Contended as error:
        return Answer(HTTPStatus.SERVICE_UNAVAILABLE, {"error": str(error)}, by)


def _done(done: Done) -> Mapping[str, Any]:
    finding = finding_document(done.finding) if done.finding else None
    body: Mapping[str, Any] = msgspec.to_builtins(
        {
            "scope": done.scope,
            "scope_status": done.scope_status,
            "changed": done.changed,
            "finding": finding,
            "unsent": done.unsent,
        }
    )
    return body
