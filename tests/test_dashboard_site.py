"""The dashboard's local site: who may ask it, what it answers, and that what is decided there is decided once."""

import io
import re
import socket
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, tzinfo
from itertools import count
from threading import Thread
from typing import Any
from urllib.parse import quote, urljoin

import click
import htpy as h
import pytest
from werkzeug.test import Client, TestResponse

from ses_reputation.adapters.function_url import FunctionUrl
from ses_reputation.commands import MAX_TEXT
from ses_reputation.dashboard.medium import Medium, Offer, Subject
from ses_reputation.dashboard.pages import OverviewPage, Page, ReviewsPage, ScopePage
from ses_reputation.dashboard.render import render
from ses_reputation.domain.decisions import Decision, ReinstateTo
from ses_reputation.domain.scopes import ScopeKind, scope
from ses_reputation.notices.vocabulary import Vocabulary
from ses_reputation.show import NothingKnown
from ses_reputation_cli.deployment import Stack
from ses_reputation_cli.site.application import Site
from ses_reputation_cli.site.decisions import Decisions, Filled, Prepared
from ses_reputation_cli.site.guard import Guard
from ses_reputation_cli.site.serving import serving
from ses_reputation_cli.site.sources import Deployed, Replayed
from ses_reputation_cli.site.tickets import TicketRefused, Tickets
from ses_reputation_local.cloud import Email, LocalCloud
from ses_reputation_local.replay import Playback, ReplayFailed
from ses_reputation_local.server import Clock, Server, address_of, listening
from ses_reputation_local.server import serving as serving_cloud
from tests.html_tree import Node

ADDRESS = "http://127.0.0.1:4589"
PATH = "/secret-3"
NOW = datetime(2026, 3, 6, 12, tzinfo=UTC)
ACME = scope(ScopeKind.TENANT, "acme")
SUBJECT = Subject(ACME, "57d77a092d", 3, "spamtrap of tenant/acme")
OFFERS = (
    Offer(Decision.LIFT, "Lift", "There is no problem."),
    Offer(Decision.EXTEND, "Extend", "There is more time.", takes_days=True),
    Offer(
        Decision.REINSTATE,
        "Reinstate",
        "It ends.",
        choices=((ReinstateTo.PROBATION, "a new Probation"), (ReinstateTo.HEALTHY, "Healthy at once")),
    ),
)
DONE = {
    "scope": ACME,
    "scope_status": "Healthy",
    "changed": True,
    "finding": {"id": SUBJECT.id, "category": "spamtrap", "status": "Healthy", "suspected": False, "permanent": False},
    "unsent": False,
    "nothing_new": False,
}
NOTE = "note-57d77a092d"


class FakeSource:
    """Shows the page that is asked for as its own view, and keeps what it is told to do."""

    def __init__(self) -> None:
        self.asked: list[Page] = []
        self.commands: list[Mapping[str, Any]] = []
        self.answer: tuple[int, Mapping[str, Any]] = (200, DONE)
        self.error: Exception | None = None

    def pages(self, zone: tzinfo) -> Callable[[Page], Any]:
        assert zone is UTC

        def view(page: Page) -> Page:
            if self.error:
                raise self.error
            self.asked.append(page)
            return page

        return view

    def operate(self, command: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
        self.commands.append(command)
        if self.error:
            raise self.error
        return self.answer

    def whose(self) -> str:
        if isinstance(self.error, click.ClickException):
            raise self.error
        return "AWS account 123456789012, eu-west-1"

    def vocabulary(self) -> Vocabulary:
        return Vocabulary.CLASSIC


def fake_page(view: Any, medium: Medium) -> h.Element:
    """A page with a link, a form and something to decide."""
    return h.main[
        h.h1[repr(view)],
        medium.link(ScopePage(scope(ScopeKind.TENANT, "a&b=<c>")), "a scope"),
        medium.link(ReviewsPage(), "reviews", current=True),
        medium.form(OverviewPage(search="old"), h.input(name="search"), "Show"),
        medium.decisions(SUBJECT, OFFERS),
    ]


class Reader(Client):
    """Somebody's browser."""

    def enter(self, guard: Guard) -> "Reader":
        assert self.get(guard.entry().removeprefix(ADDRESS), base_url=ADDRESS).status_code == 200
        return self

    def open(self, path: Any, **options: Any) -> TestResponse:  # type: ignore[override] # paths only
        """Ask for a path of the site; all but the token's is below PATH."""
        options.setdefault("base_url", ADDRESS)
        below = path if path.startswith((PATH, "/?token=")) else f"{PATH}{path}"
        return super().open(below, **options)


@pytest.fixture
def source() -> FakeSource:
    return FakeSource()


@pytest.fixture
def guard() -> Guard:
    numbers = count(1)
    return Guard(ADDRESS, lambda: f"secret-{next(numbers)}")


@pytest.fixture
def errors() -> list[BaseException]:
    return []


@pytest.fixture
def stranger(source: FakeSource, guard: Guard, errors: list[BaseException]) -> Reader:
    return Reader(Site(source, guard, UTC, fake_page, errors.append))


@pytest.fixture
def reader(stranger: Reader, guard: Guard) -> Reader:
    return stranger.enter(guard)


def ticket_in(response: TestResponse) -> str:
    found = re.search(r'name="ticket" value="([^"]+)"', response.text)
    assert found, response.text
    return found[1]


def form_of(reader: Reader, **fields: str) -> dict[str, str]:
    """What a browser sends of the form that is on the page: lift, with a reason, if nothing else is said."""
    return {"ticket": ticket_in(reader.get("/")), "decision": "lift", NOTE: "the list is gone", **fields}


def confirmed(reader: Reader, **fields: str) -> dict[str, str]:
    """What a browser sends of the page that asks for a confirmation."""
    asked = reader.post("/decide", data=form_of(reader, **fields))
    assert asked.status_code == 200, asked.text
    identifier = re.search(r'name="id" value="([^"]+)"', asked.text)
    assert identifier
    return {"ticket": ticket_in(asked), "id": identifier[1]}


# -- Who may ask -------------------------------------------------------------------------------------------------------


def test_whoever_has_the_address_that_was_printed_gets_in_and_the_token_leaves_the_address(
    stranger: Reader, guard: Guard
) -> None:
    assert stranger.get("/").status_code == 403
    response = stranger.get(guard.entry().removeprefix(ADDRESS))
    assert (response.status_code, response.headers["Refresh"]) == (200, f"0; url={PATH}/")
    assert f'href="{PATH}/?page=overview"' in response.text, "for who lets no page lead him on"
    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith("ses-reputation-4589=")
    assert cookie.endswith(f"; HttpOnly; Path={PATH}; SameSite=Strict")
    assert stranger.get("/").status_code == 200
    assert stranger.get(guard.entry().removeprefix(ADDRESS)).status_code == 200, "as often as he likes"


def test_who_has_the_token_may_come_from_anywhere(stranger: Reader, guard: Guard) -> None:
    """The file that a browser is started with is another site to it."""
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "null"}
    assert stranger.get("/?token=secret-9", headers=headers).status_code == 403
    assert stranger.get(guard.entry().removeprefix(ADDRESS), headers=headers).status_code == 200
    assert stranger.get("/").status_code == 200


@pytest.mark.parametrize("token", ["", "secret-9", "ünïcode", "secret-1 "])
def test_another_token_lets_nobody_in(stranger: Reader, token: str) -> None:
    assert stranger.get(f"/?token={quote(token)}").status_code == 403


def test_who_is_not_let_in_does_not_learn_where_the_pages_are(stranger: Reader) -> None:
    """Whatever else answers at a port of this machine would get the cookie, if it had pages at the same path."""
    for path in ("/", "/?token=secret-9"):
        response = stranger.get(path)
        assert PATH not in response.text
        assert PATH not in str(response.headers)


def test_nothing_is_beside_the_pages(reader: Reader, guard: Guard) -> None:
    client, cookie = Client(reader.application, use_cookies=False), {"Cookie": f"{guard.cookie}=secret-2"}
    assert client.get(f"{PATH}/", base_url=ADDRESS, headers=cookie).status_code == 200
    for path in ("/", "/decide", f"{PATH}x/", f"/x{PATH}/", PATH):
        assert client.get(path, base_url=ADDRESS, headers=cookie).status_code == 404


@pytest.mark.parametrize("value", ["", "secret-1", "é", "secret-2x"])
def test_another_cookie_lets_nobody_in(stranger: Reader, guard: Guard, value: str) -> None:
    client, cookie = Client(stranger.application, use_cookies=False), {"Cookie": f"{guard.cookie}={value}"}
    assert client.get(f"{PATH}/", base_url=ADDRESS, headers=cookie).status_code == 403


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example:4589",
        "127.0.0.1",
        "127.0.0.1:4590",
        "localhost",
        "localhost.evil.example:4589",
        "127.0.0.1:4589.evil.example",
        "127.0.0.1:4589,evil.example",
        "[::1]:4589",
    ],
)
def test_a_site_of_another_name_is_not_answered(reader: Reader, source: FakeSource, host: str) -> None:
    """DNS can lead any name to this machine: the page of such a name could read what it is answered."""
    for path in ("/", "/?token=secret-1"):
        assert reader.get(path, headers={"Host": host}).status_code == 403
    assert source.asked == []


def test_localhost_is_a_name_of_this_machine(guard: Guard, stranger: Reader) -> None:
    there = "http://localhost:4589"
    assert stranger.get(guard.entry().removeprefix(ADDRESS), base_url=there).status_code == 200
    assert stranger.get("/", base_url=there).status_code == 200


@pytest.mark.parametrize(
    ("address", "host"), [("http://[::1]:4589", "[::1]:4589"), ("http://127.0.0.1:80", "127.0.0.1")], ids=str
)
def test_the_own_name_is_as_a_browser_writes_it(source: FakeSource, address: str, host: str) -> None:
    guard = Guard(address)
    client = Client(Site(source, guard, UTC, fake_page))
    response = client.get(guard.entry().removeprefix(address), headers={"Host": host})
    assert response.status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:4590"},
        {"Origin": "http://localhost:4589"},
        {"Origin": "https://127.0.0.1:4589"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
    ],
    ids=str,
)
def test_what_another_web_page_asks_for_is_refused(reader: Reader, source: FakeSource, headers: dict[str, str]) -> None:
    form, confirmation = form_of(reader), confirmed(reader)
    seen = len(source.asked)
    assert reader.get("/", headers=headers).status_code == 403
    assert reader.post("/decide", data=form, headers=headers).status_code == 403
    assert reader.post("/carry-out", data=confirmation, headers=headers).status_code == 403
    assert (len(source.asked), source.commands) == (seen, [])


def test_what_the_own_pages_ask_for_is_answered(reader: Reader, source: FakeSource) -> None:
    own = {"Origin": ADDRESS, "Sec-Fetch-Site": "same-origin"}
    assert reader.get("/", headers={"Sec-Fetch-Site": "none"}).status_code == 200
    assert reader.post("/carry-out", data=confirmed(reader), headers=own).status_code == 303
    assert len(source.commands) == 1


@pytest.mark.parametrize("path", ["/", "/?page=scope&scope=nonsense", "/nowhere", "/?token=secret-1", "/decisions/1"])
def test_nothing_may_be_kept_framed_or_run(reader: Reader, path: str) -> None:
    headers = reader.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert not [name for name, _ in headers if name.startswith("Access-Control")]


# -- What is answered --------------------------------------------------------------------------------------------------


def test_a_page_is_asked_for_by_its_fields(reader: Reader, source: FakeSource) -> None:
    page = reader.get("/?page=scope&scope=tenant/acme&days=7")
    assert source.asked == [ScopePage(ACME, 7)]
    assert "<title>tenant/acme - SES Reputation</title>" in page.text
    assert f'href="{PATH}/?page=scope&amp;scope=tenant%2Fa%26b%3D%3Cc%3E&amp;days=30"' in page.text
    assert f'<a href="{PATH}/?page=reviews" aria-current="page">reviews</a>' in page.text
    assert (
        f'<form class="sr-filter" action="{PATH}/" method="get"><input type="hidden" name="page" value="overview">'
        in page.text
    )


def test_head_is_answered_without_a_body(reader: Reader) -> None:
    response = reader.head("/")
    assert (response.status_code, response.data) == (200, b"")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"])
def test_a_page_can_only_be_read(reader: Reader, method: str) -> None:
    response = reader.open("/", method=method)
    assert response.status_code == 405
    assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD"}


def test_a_decision_is_not_made_by_following_a_link(reader: Reader, source: FakeSource) -> None:
    for path in ("/decide", "/carry-out"):
        assert reader.get(path, query_string=confirmed(reader)).status_code == 405
    assert source.commands == []


@pytest.mark.parametrize("path", ["/nowhere", "/decide/more", "/../etc/passwd", "/%00", "/favicon.ico"])
def test_what_is_not_there_is_a_page_that_leads_back(reader: Reader, path: str) -> None:
    response = reader.get(path)
    assert response.status_code == 404
    assert f'href="{PATH}/?page=overview"' in response.text


@pytest.mark.parametrize(
    "query",
    [
        "page=nonsense",
        "page=scope",
        "page=scope&scope=tenant/",
        "page=scope&scope=%ff%fe",
        "page=scope&scope=" + "x" * 5_000,
        "page=scope&scope=account&days=-1",
        "page=scope&scope=account&days=" + "9" * 999,
        "number=0",
        "number=1e9",
        "number=٣٣٣٣٣٣٣٣",
        "kind=%00",
        "status=<script>alert(1)</script>",
    ],
    ids=lambda query: query[:40],
)
def test_poison_in_an_address_is_told_and_not_run(reader: Reader, errors: list[BaseException], query: str) -> None:
    response = reader.get(f"/?{query}")
    assert response.status_code == 404
    assert "<script" not in response.text
    assert errors == []


def test_more_than_a_form_can_hold_is_not_read(reader: Reader) -> None:
    form = {**form_of(reader), NOTE: "x" * 40_000}
    assert reader.post("/decide", data=form).status_code == 413
    # As the server gives what is sent in pieces to an application.
    pieces: Any = {"headers": {"Transfer-Encoding": "chunked"}, "environ_overrides": {"wsgi.input_terminated": True}}
    assert reader.post("/decide", data=form, **pieces).status_code == 411


def test_what_no_form_of_the_site_sends_is_not_read(reader: Reader) -> None:
    assert reader.post("/decide", json={"ticket": "1"}).status_code == 415
    assert reader.post("/decide", data={"file": (io.BytesIO(b"x"), "x.txt")}).status_code == 415


def test_what_is_not_known_says_so(reader: Reader, source: FakeSource) -> None:
    source.error = NothingKnown("nothing is known of tenant/acme: no mail was counted")
    response = reader.get("/?page=scope&scope=tenant/acme")
    assert response.status_code == 404
    assert "nothing is known of tenant/acme: no mail was counted." in response.text


def test_why_aws_did_not_answer_is_on_the_page(reader: Reader, source: FakeSource) -> None:
    source.error = click.ClickException("your AWS credentials have expired: sign in again")
    response = reader.get("/")
    assert response.status_code == 502
    assert "your AWS credentials have expired: sign in again." in response.text


def test_what_should_not_happen_is_for_the_terminal(
    reader: Reader, source: FakeSource, errors: list[BaseException]
) -> None:
    source.error = ZeroDivisionError("an inner matter")
    response = reader.get("/")
    assert response.status_code == 500
    assert "inner" not in response.text
    assert errors == [source.error]


# -- Deciding ----------------------------------------------------------------------------------------------------------


def test_what_would_be_done_is_shown_first_and_done_when_it_is_confirmed(reader: Reader, source: FakeSource) -> None:
    asked = reader.post("/decide", data=form_of(reader, **{NOTE: "line 1\r\n<b>line 2</b>"}))
    assert "spamtrap of tenant/acme" in asked.text
    assert "There is no problem." in asked.text
    assert "line 1 &lt;b&gt;line 2&lt;/b&gt;" in asked.text
    assert source.commands == []
    identifier = re.search(r'name="id" value="([^"]+)"', asked.text)
    assert identifier
    response = reader.post("/carry-out", data={"ticket": ticket_in(asked), "id": identifier[1]})
    assert source.commands == [
        {
            "command": "decide",
            "scope": ACME,
            "finding": SUBJECT.id,
            "decision": "lift",
            "note": "line 1\n<b>line 2</b>",
            "seen": 3,
            "id": identifier[1],
        }
    ]
    assert response.status_code == 303
    told = reader.get(response.headers["Location"])
    assert "Finding 57d77a092d (spamtrap): Healthy. tenant/acme is Healthy." in told.text
    assert f'href="{PATH}/?page=scope&amp;scope=tenant%2Facme&amp;days=30"' in told.text


def test_enter_in_a_field_decides_nothing(reader: Reader) -> None:
    """Enter presses the first button that sends the form, and does nothing where that one is disabled."""
    form = next(form for form in Node.read(reader.get("/").text).all("form") if form.attributes["method"] == "post")
    first = next(button for button in form.all("button") if button.attributes.get("type") == "submit")
    assert "disabled" in first.attributes


def test_before_and_after_a_decision_one_sees_in_which_account_and_has_the_ways_of_any_page(reader: Reader) -> None:
    asked = reader.post("/decide", data=form_of(reader))
    done = reader.post("/carry-out", data={"ticket": ticket_in(asked)})
    for page in (asked, reader.get(done.headers["Location"])):
        head = next(Node.read(page.text).all("header"))
        assert "AWS account 123456789012, eu-west-1" in head.text
        assert [way.text for way in head.all("a")] == ["Overview", "Reviews"]


def test_where_aws_does_not_say_in_which_account_nothing_is_asked_for(reader: Reader, source: FakeSource) -> None:
    form = form_of(reader)
    source.error = click.ClickException("your AWS credentials have expired: sign in again")
    response = reader.post("/decide", data=form)
    assert response.status_code == 502
    assert "your AWS credentials have expired: sign in again." in response.text


def test_who_clicks_twice_or_reloads_decides_once(reader: Reader, source: FakeSource) -> None:
    confirmation = confirmed(reader)
    first = reader.post("/carry-out", data=confirmation)
    again = reader.post("/carry-out", data=confirmation)
    assert first.headers["Location"] == again.headers["Location"]
    assert reader.get(first.headers["Location"]).text == reader.get(first.headers["Location"]).text
    assert len(source.commands) == 1


@pytest.mark.parametrize("ticket", ["", "1", "1.x", "99.secret", "1.ü", "-1.", ".", "1." + "x" * 10_000], ids=str)
def test_no_ticket_of_somebody_else_decides(reader: Reader, source: FakeSource, ticket: str) -> None:
    form = form_of(reader)
    assert reader.post("/decide", data={**form, "ticket": ticket}).status_code == 400
    assert reader.post("/carry-out", data={"ticket": ticket, "id": "1"}).status_code == 400
    assert source.commands == []


def test_the_ticket_of_a_form_confirms_nothing(reader: Reader, source: FakeSource) -> None:
    assert reader.post("/carry-out", data=form_of(reader)).status_code == 400
    assert source.commands == []


def test_who_goes_back_can_change_what_was_filled_in(reader: Reader, source: FakeSource) -> None:
    form = form_of(reader)
    reader.post("/decide", data=form)
    assert reader.post("/decide", data={**form, NOTE: "better"}).status_code == 200


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"decision": "shutdown"}, "No decision was chosen."),
        ({"decision": ""}, "No decision was chosen."),
        ({NOTE: " \r\n "}, "A reason is missing"),
        ({NOTE: "x" * (MAX_TEXT + 1)}, "length"),
        ({NOTE: "a\x07bell"}, "no control characters"),
        ({"decision": "extend", "days-57d77a092d": "soon"}, "days"),
        ({"decision": "extend", "days-57d77a092d": "366"}, "a whole number from 1 to 365"),
        ({"decision": "extend", "days-57d77a092d": "1e1"}, "a whole number from 1 to 365"),
        ({"decision": "reinstate", "to-57d77a092d": "nowhere"}, "probation, healthy"),
    ],
    ids=[
        "not-offered",
        "none",
        "no-reason",
        "too-long",
        "control",
        "no-number",
        "too-many-days",
        "exponent",
        "nowhere",
    ],
)
def test_what_can_not_be_is_told_before_it_is_sent(
    reader: Reader, source: FakeSource, fields: dict[str, str], says: str
) -> None:
    response = reader.post("/decide", data=form_of(reader, **fields))
    assert response.status_code == 400
    assert says in response.text
    assert source.commands == []


def test_a_reason_may_have_as_many_characters_as_operate_takes(reader: Reader, source: FakeSource) -> None:
    """A browser counts the end of a line once, and sends it as two characters."""
    lines = "\r\n".join(["x" * 9] * (MAX_TEXT // 10))
    reader.post("/carry-out", data=confirmed(reader, **{NOTE: lines}))
    assert source.commands[0]["note"] == lines.replace("\r\n", "\n")
    wide = "\U0001d11e" * MAX_TEXT
    reader.post("/carry-out", data=confirmed(reader, **{NOTE: wide}))
    assert source.commands[1]["note"] == wide


def test_days_and_where_to_go_with_the_decisions_that_take_them(reader: Reader, source: FakeSource) -> None:
    fields = {"days-57d77a092d": "14", "to-57d77a092d": "healthy"}
    for decision in ("lift", "extend", "reinstate"):
        reader.post("/carry-out", data=confirmed(reader, decision=decision, **fields))
    taken = [{name: command[name] for name in ("days", "to") if name in command} for command in source.commands]
    assert taken == [{}, {"days": 14}, {"to": "healthy"}]


def test_what_the_lifecycle_does_not_allow_is_told_with_what_it_would(reader: Reader, source: FakeSource) -> None:
    source.answer = (409, {"error": "somebody else has decided since", "allowed": ["lift", "extend"]})
    told = reader.get(reader.post("/carry-out", data=confirmed(reader)).headers["Location"])
    assert "Somebody else has decided since.<" in told.text
    assert "lift or extend" in told.text
    assert "Try again" not in told.text


@pytest.mark.parametrize(
    "failure",
    [
        (503, {"error": "too many decide at once"}),
        (599, {}),
        click.ClickException("the function failed (HTTP 502)"),
        ReplayFailed("EvaluateReputation failed"),
    ],
    ids=["busy", "no-status", "no-answer", "after-deciding"],
)
def test_what_failed_can_be_tried_again_without_being_done_twice(
    reader: Reader, source: FakeSource, errors: list[BaseException], failure: tuple[int, dict[str, Any]] | Exception
) -> None:
    confirmation = confirmed(reader)
    if isinstance(failure, Exception):
        source.error = failure
    else:
        source.answer = failure
    told = reader.get(reader.post("/carry-out", data=confirmation).headers["Location"])
    assert reader.post("/carry-out", data=confirmation).headers["Location"] == told.request.path, "the same outcome"
    assert "Nothing was done" not in told.text
    assert "Try again" in told.text
    assert errors == ([failure] if isinstance(failure, ReplayFailed) else [])
    source.error, source.answer = None, (200, DONE)
    again = reader.post("/carry-out", data={"ticket": ticket_in(told)})
    assert "Decided" in reader.get(again.headers["Location"]).text
    assert source.commands[0] == source.commands[1], "with the same id, so that Operate does it once"


def test_of_a_confirmation_whose_outcome_is_forgotten_nobody_says_that_nothing_was_done(reader: Reader) -> None:
    confirmation = confirmed(reader)
    reader.post("/carry-out", data=confirmation)
    for _ in range(200):
        reader.post("/carry-out", data=confirmed(reader))
    told = reader.post("/carry-out", data=confirmation)
    assert told.status_code == 400
    assert "Whether it was carried out, the history of its scope tells." in told.text
    assert "Nothing was done" not in told.text


def test_what_was_tried_again_is_as_new_as_that(source: FakeSource) -> None:
    """Of the outcomes, the 200 newest can be read again."""
    decisions = Decisions(source.operate, on_error=lambda _: None)

    def carry_out(identifier: str) -> None:
        prepared = Prepared(identifier, "AWS account 123456789012", SUBJECT, OFFERS[0], Filled("the list is gone"))
        decisions.carry_out({"ticket": decisions.confirmation(prepared)})

    for identifier in ("first", "second", "first", *map(str, range(199))):
        carry_out(identifier)
    assert decisions.outcome("first")
    assert not decisions.outcome("second")


def test_what_came_of_other_decisions_is_not_known(reader: Reader) -> None:
    assert reader.get("/decisions/57d77a092d").status_code == 404


def test_tickets_are_used_once_and_the_oldest_are_forgotten() -> None:
    tickets: Tickets[str] = Tickets(kept=2)
    first, second, third = (tickets.issue(text) for text in ("first", "second", "third"))
    assert tickets.look(second) == tickets.use(second) == "second"
    assert tickets.use(third) == "third"
    for gone in (first, second, third):
        with pytest.raises(TicketRefused):
            tickets.use(gone)


# -- With a cloud behind it --------------------------------------------------------------------------------------------


@pytest.fixture
def cloud() -> Iterator[LocalCloud]:
    with (
        closing(listening("127.0.0.1", 0)) as listener,
        LocalCloud({"NotificationEmail": "ops@shop.example"}, address=address_of(listener)) as cloud,
        serving_cloud(Server(cloud, Clock(NOW)), listener),
    ):
        cloud.now = NOW
        report = {"command": "report", "category": "spamtrap", "scope": ACME, "evidence": "14 hits"}
        opened: Any = cloud.call("Operate", report).body
        changes = {"command": "changes-made", "scope": ACME, "finding": opened["finding"]["id"], "note": "no more list"}
        assert cloud.call("Operate", changes).status == 200
        cloud.deliver()
        yield cloud


def decide(reader: Reader, path: str, decision: str) -> str:
    """Decide about what a page shows, and what the answer says."""
    page = reader.get(path).text
    ticket, note = re.search(r'name="ticket" value="([^"]+)"', page), re.search(r'name="(note-\w+)"', page)
    assert ticket
    assert note
    asked = reader.post("/decide", data={"ticket": ticket[1], note[1]: "it is not so", "decision": decision})
    done = reader.post("/carry-out", data={"ticket": ticket_in(asked)})
    return reader.get(done.headers["Location"]).text


def test_a_decision_in_a_deployment_is_signed_and_seen_on_the_next_page(cloud: LocalCloud, guard: Guard) -> None:
    deployed = Deployed(Stack("ses-reputation", cloud.region))
    reader = Reader(Site(deployed, guard, UTC, render)).enter(guard)
    assert "Probation" in reader.get("/?page=scope&scope=tenant/acme").text
    told = decide(reader, "/?page=scope&scope=tenant/acme", "lift")
    assert "tenant/acme is Healthy" in told
    assert f"AWS account {cloud.account}, {cloud.region}" in told
    after = reader.get("/?page=scope&scope=tenant/acme").text
    assert "it is not so" in after
    assert "FOOBARKEY" in after, "the signature says who it was"


def test_pages_are_shown_while_a_decision_is_under_way(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    deployed = Deployed(Stack("ses-reputation", cloud.region))

    def ask_for_a_page(*_: object) -> tuple[int, dict[str, Any]]:
        reader = Thread(target=lambda: views.append(deployed.pages(UTC)(OverviewPage())), daemon=True)
        reader.start()
        reader.join(timeout=5)
        return 200, {}

    views: list[Any] = []
    monkeypatch.setattr(FunctionUrl, "post", ask_for_a_page)
    deployed.operate({})
    assert views


def test_a_decision_in_a_replay_is_followed_by_all_that_it_leads_to(cloud: LocalCloud, guard: Guard) -> None:
    emails: list[Email] = []
    cloud.emails()
    reader = Reader(Site(Replayed(Playback(cloud), emails.append), guard, UTC, render)).enter(guard)
    assert "tenant/acme is Shutdown" in decide(reader, "/?page=scope&scope=tenant/acme", "shutdown")
    subjects = [email.subject for email in emails]
    assert subjects[0] == "SES spamtrap of tenant/acme: Probation -> Shutdown"
    assert subjects[1].startswith("SES sending of tenant/acme: would be paused"), "what people are told of that"
    assert "Evaluated <time" in reader.get("/").text
    assert cloud.now.minute == 2


def test_it_answers_at_a_port(source: FakeSource) -> None:
    source.error = click.ClickException("there is no stack ses-reputation")
    with closing(listening("127.0.0.1", 0)) as listener, serving(source, listener, UTC) as guard:
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        with browser.open(guard.entry()) as welcome:
            onward = welcome.headers["Refresh"].removeprefix("0; url=")
        with pytest.raises(urllib.error.HTTPError) as answered, browser.open(urljoin(guard.entry(), onward)):
            pass
    with answered.value as answer:
        assert answer.code == 502, "it was let in, and then AWS did not answer"
        assert answer.headers["Server"] == "SES-Reputation"
        assert "there is no stack ses-reputation." in answer.read().decode()


def test_what_is_no_request_is_refused_without_a_word_on_the_terminal(
    source: FakeSource, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with closing(listening("127.0.0.1", 0)) as listener, serving(source, listener, UTC):
        for line in (b"GET http://[::1/ HTTP/1.1", b"GET / HTTP/1.1 \x1b[2J", b"\x16\x03\x01"):
            with socket.create_connection(listener.getsockname()) as client:
                client.sendall(line + b"\r\nHost: x\r\n\r\n")
                client.settimeout(5)
                assert b"400" in client.recv(500)
    told = capsys.readouterr()
    assert told.out + told.err + caplog.text == ""
