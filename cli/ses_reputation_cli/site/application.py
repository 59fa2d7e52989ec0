"""The site: what is answered to a request, and to whom."""

import traceback
from collections.abc import Callable, Iterable, Mapping
from datetime import tzinfo
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol

import click
from htpy import Node, Renderable
from werkzeug.exceptions import HTTPException, LengthRequired, NotFound, UnsupportedMediaType
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from ses_reputation.dashboard.frame import document
from ses_reputation.dashboard.medium import Medium
from ses_reputation.dashboard.pages import OverviewPage, Page, PageNotFound, ReviewsPage, ScopePage, read_page
from ses_reputation.dashboard.views import View
from ses_reputation.notices.structure import readable
from ses_reputation.notices.vocabulary import Vocabulary
from ses_reputation.show import NothingKnown
from ses_reputation_cli.site.browser import DECIDE, HOME, Browser
from ses_reputation_cli.site.decisions import FAILED_HERE, Decisions, NotFilledIn, OutcomeUnknown
from ses_reputation_cli.site.guard import TOKEN, Guard, NotForYou
from ses_reputation_cli.site.messages import closed_page, confirmation_page, outcome_page, problem_page, welcome_page
from ses_reputation_cli.site.tickets import TicketRefused

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

CARRY_OUT = "/carry-out"
OUTCOMES = "/decisions"

# A note of 1,500 characters, each of which is sent as twelve, and what else is in a form.
_MOST_BYTES = 32_000
_FORM = "application/x-www-form-urlencoded"

# Nothing of a page may be read, framed or kept by anybody else, and it runs nothing and fetches nothing.
#
# With no-referrer, browsers would send our own forms without our name as well (`Origin: null`).
# https://fetch.spec.whatwg.org/#append-a-request-origin-header
_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

_ROUTES = Map(
    [
        Rule(HOME, endpoint="page", methods=["GET"]),
        Rule(DECIDE, endpoint="decide", methods=["POST"]),
        Rule(CARRY_OUT, endpoint="carry_out", methods=["POST"]),
        Rule(f"{OUTCOMES}/<identifier>", endpoint="outcome", methods=["GET"]),
    ],
    strict_slashes=False,
    merge_slashes=False,
)


class Source(Protocol):
    """Where pages come from, and where decisions go. click.ClickException says in a line why AWS did not answer."""

    def pages(self, zone: tzinfo) -> Callable[[Page], View]:
        """What each page shows at this moment, by the days of a time zone; NothingKnown if there is nothing to show."""

    def operate(self, command: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
        """Have Operate carry out a command: the HTTP status, and the answer."""

    def whose(self) -> str:
        """In words, the account and region that decisions are made in."""

    def vocabulary(self) -> Vocabulary:
        """The words that people read."""


class Site:
    """An application of WSGI that shows a source's pages at an address, and lets one person decide there.

    `on_error` is told of what should not have happened.
    """

    def __init__(
        self,
        source: Source,
        guard: Guard,
        zone: tzinfo,
        render: Callable[[View, Medium], Renderable],
        on_error: Callable[[BaseException], None] = traceback.print_exception,
    ) -> None:
        self._source = source
        self._guard = guard
        self._render = render
        self._on_error = on_error
        self._decisions = Decisions(source.operate, on_error)
        self._browser = Browser(guard.path, zone, self._decisions.form)
        self._carry_out = f"{guard.path}{CARRY_OUT}"

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request."""
        response = self._answer(environ)
        response.headers.extend(_HEADERS)
        return response(environ, start_response)

    def _answer(self, environ: "WSGIEnvironment") -> Response:
        request = Request(environ)
        request.max_content_length = request.max_form_memory_size = _MOST_BYTES
        try:
            self._guard.check_name(request.headers)
            # Who has the token may come from anywhere: a browser is sent here by a file.
            if request.path == HOME and TOKEN in request.args and request.method == "GET":
                return self._let_in(request.args[TOKEN])
            self._guard.check_sender(request.headers)
            self._guard.check_session(request.cookies)
            return self._route(request)
        except NotForYou as refused:
            advice = "Open the address that the command printed, by typing or copying it."
            page = closed_page("Not for you", f"{refused} {advice}", self._browser)
            return _html("Not for you", page, HTTPStatus.FORBIDDEN)
        except HTTPException as error:
            return self._refused(error)
        except Exception as error:  # noqa: BLE001 - what went wrong is for the terminal, not for a page
            self._on_error(error)
            return self._problem(HTTPStatus.INTERNAL_SERVER_ERROR, "That failed", FAILED_HERE)

    def _let_in(self, token: str) -> Response:
        session = self._guard.session_for(token)
        response = _html("Come in", welcome_page(self._browser))
        response.set_cookie(self._guard.cookie, session, path=self._guard.path, httponly=True, samesite="Strict")
        # After a redirection the request would still be of whoever led here, and come without the cookie.
        # https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#section-5.2
        # https://html.spec.whatwg.org/multipage/document-lifecycle.html#initialise-the-document-object
        response.headers["Refresh"] = f"0; url={self._guard.path}{HOME}"
        return response

    def _route(self, request: Request) -> Response:
        if not request.path.startswith(f"{self._guard.path}/"):
            raise NotFound
        path = request.path.removeprefix(self._guard.path)
        endpoint, arguments = _ROUTES.bind(request.host).match(path, request.method)
        answers: Mapping[str, Callable[[], Response]] = {
            "page": lambda: self._page(request),
            "decide": lambda: self._decide(_fields(request)),
            "carry_out": lambda: self._see(f"{OUTCOMES}/{self._decisions.carry_out(_fields(request))}"),
            "outcome": lambda: self._outcome(**arguments),
        }
        try:
            return answers[endpoint]()
        except (PageNotFound, NothingKnown) as error:
            return self._problem(HTTPStatus.NOT_FOUND, "There is no such page", f"{error}.")
        except (NotFilledIn, TicketRefused) as error:
            text = f"{error} Nothing was done: go back, and try again."
            return self._problem(HTTPStatus.BAD_REQUEST, "Not decided", text)
        except OutcomeUnknown as error:
            return self._problem(HTTPStatus.BAD_REQUEST, "It may have been decided", str(error))
        except click.ClickException as error:
            return self._problem(HTTPStatus.BAD_GATEWAY, "AWS did not answer that", f"{error.message}.")

    def _page(self, request: Request) -> Response:
        page = read_page(request.args)
        view = self._source.pages(self._browser.zone)(page)
        return _html(_title(page), self._render(view, self._browser))

    def _decide(self, fields: Mapping[str, str]) -> Response:
        prepared = self._decisions.prepare(fields, self._source.whose)
        ticket = self._decisions.confirmation(prepared)
        return _html("Confirm a decision", confirmation_page(prepared, ticket, self._carry_out, self._browser))

    def _outcome(self, identifier: str) -> Response:
        found = self._decisions.outcome(identifier)
        if found is None:
            raise PageNotFound("what came of that decision is not kept here; the history of its scope has it")
        again = self._decisions.confirmation(found.prepared) if found.can_be_repeated else None
        words = self._source.vocabulary() if found.status is HTTPStatus.OK else Vocabulary.CLASSIC
        return _html("What came of it", outcome_page(found, words, again, self._carry_out, self._browser))

    def _refused(self, error: HTTPException) -> Response:
        """The page for what werkzeug refuses: a path, a method, a body."""
        status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
        response = self._problem(status, status.phrase, _REFUSALS.get(status, status.description or status.phrase))
        if allow := dict(error.get_headers()).get("Allow"):
            response.headers["Allow"] = allow
        return response

    def _see(self, path: str) -> Response:
        """Have the browser ask for something else, so that reloading it repeats nothing."""
        return Response(status=HTTPStatus.SEE_OTHER, headers={"Location": f"{self._guard.path}{path}"})

    def _problem(self, status: HTTPStatus, heading: str, text: str) -> Response:
        return _html(heading, problem_page(heading, text, self._browser), status=status)


_REFUSALS: Mapping[HTTPStatus, str] = {
    HTTPStatus.NOT_FOUND: "There is nothing at this address.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address can't be asked in that way.",
    HTTPStatus.LENGTH_REQUIRED: "That is not how a form of this site is sent.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "That is more than a form of this site can hold.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "That is not what a form of this site sends.",
}


def _fields(request: Request) -> Mapping[str, str]:
    """What was filled into a form."""
    if request.mimetype != _FORM:
        raise UnsupportedMediaType
    if request.content_length is None:
        raise LengthRequired  # of what comes in pieces, werkzeug would take the first as all of it
    return request.form


def _html(title: str, body: Node, status: HTTPStatus = HTTPStatus.OK) -> Response:
    return Response(document(f"{title} - SES Reputation", body), status=status, mimetype="text/html")


def _title(page: Page) -> str:
    match page:
        case OverviewPage():
            return "Overview"
        case ScopePage():
            return readable(page.scope)
        case ReviewsPage():
            return "Reviews"
