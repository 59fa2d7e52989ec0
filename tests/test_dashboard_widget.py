"""The widget of CloudWatch: what it is told, what its buttons call, and what Operate answers."""

import json
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from http import HTTPStatus
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ses_reputation.commands import Call, answer, read_call, read_command
from ses_reputation.dashboard.medium import Offer, Subject, Theme
from ses_reputation.dashboard.pages import OverviewPage, Page, PageNotFound, ReviewsPage, ScopePage
from ses_reputation.dashboard.render import render
from ses_reputation.dashboard.widget import DESCRIPTION, Widget, asks_for_description, read_asked, read_widget
from ses_reputation.domain.categories import Category
from ses_reputation.domain.changes import Change
from ses_reputation.domain.decisions import (
    Command,
    CommandRefused,
    Decide,
    Decision,
    ReinstateTo,
    carry_out,
)
from ses_reputation.domain.lifecycle import Stage, Status
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.scopes import Scope, ScopeKind
from ses_reputation.domain.standing import Act, Actor, Standing
from ses_reputation.notices.vocabulary import Vocabulary
from ses_reputation.operate import Contended, Done
from tests.cloudwatch_sanitiser import sanitised
from tests.dashboard_views import HOSTILE, NOW, TENANT, finding, review, reviews_view
from tests.html_tree import Node
from tests.page_flaws import flaws

SHOW, OPERATE = (
    "arn:aws:lambda:eu-west-1:123456789012:function:show",
    "arn:aws:lambda:eu-west-1:123456789012:function:op",
)
WIDGET = Widget(SHOW, OPERATE)


def context(**changes: Any) -> dict[str, Any]:
    """What the console tells of who looks."""
    known = {
        "theme": "dark",
        "timezone": {"label": "Local", "offsetISO": "+05:30", "offsetInMinutes": -330},
        "timeRange": {"mode": "relative", "start": 0, "end": 3_600_000},
        "forms": {"all": {}},
        "width": 588,
    }
    return {"widgetContext": known | changes}


def called(button: Node) -> tuple[dict[str, str | None], dict[str, Any]]:
    """What a click on a button calls: the attributes of its action, and the fields."""
    (action,) = [each for each in (button.parent or button).all("cwdb-action") if each.before is button]
    return action.attributes, json.loads(action.text)


# -- What the console tells --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("offset", "zone"),
    [
        ("+05:30", timezone(timedelta(hours=5, minutes=30))),
        ("-03:00", timezone(-timedelta(hours=3))),
        ("+00:00", UTC),
        ("Z", UTC),
        ("+99:00", UTC),
        (None, UTC),
        (["+05:30"], UTC),
    ],
    ids=["east", "west", "utc", "a letter", "no time of a clock", "nothing", "a list"],
)
def test_times_are_in_the_zone_of_who_looks(offset: object, zone: tzinfo) -> None:
    assert read_widget(context(timezone={"offsetISO": offset}), show=SHOW, operate=OPERATE).zone == zone


def test_the_colours_are_those_of_the_console() -> None:
    themes = [read_widget(context(theme=theme), show=SHOW, operate=OPERATE).theme for theme in ("dark", "light", 7)]
    assert themes == [Theme.DARK, Theme.LIGHT, Theme.LIGHT]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["all", "zoom", "x"]), inner, max_size=2)
    ),
    max_leaves=5,
)


@settings(max_examples=50)
@given(
    st.fixed_dictionaries({}, optional=dict.fromkeys(("widgetContext", "form", "describe"), ANYTHING))
    | st.dictionaries(st.sampled_from(["timezone", "theme", "forms", "timeRange"]), ANYTHING).map(
        lambda parts: {"widgetContext": parts}
    )
    | ANYTHING
)
def test_whatever_the_console_tells_is_no_error(event: object) -> None:
    assert isinstance(read_widget(event, show=SHOW, operate=OPERATE), Widget)
    assert read_asked(event) == OverviewPage()
    assert isinstance(asks_for_description(event), bool)


def test_the_console_can_ask_what_the_widget_takes() -> None:
    assert asks_for_description({"describe": True})
    assert not asks_for_description(context())
    assert all(f"{name}:" in DESCRIPTION for name in ("page", "scope", "days", "kind", "status", "search"))


# -- Which page --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "page",
    [
        OverviewPage(),
        OverviewPage(ScopeKind.TAG, Status.SHUTDOWN, HOSTILE, 3),
        ScopePage(Scope(f"tag/{HOSTILE}={HOSTILE}")),
        ReviewsPage(2),
    ],
)
def test_a_link_calls_for_the_page_that_it_leads_to(page: Page) -> None:
    html = str(WIDGET.link(page, "there"))
    attributes, fields = called(Node.read(html).one("button"))
    assert attributes == {"action": "call", "display": "widget", "endpoint": SHOW}
    assert read_asked({**fields, **context()}) == page
    # As text and as HTML it is the same, and nothing in it ends the element.
    assert not any(
        character in html.split("<cwdb-action")[1].split(">", 1)[1][: -len("</cwdb-action>")] for character in "<&"
    )


def test_the_fields_of_a_form_count_only_where_it_asks() -> None:
    filled = context(forms={"all": {"kind": "tenant", "status": "", "search": " shop ", "note-f1": "x"}})
    form = Node.read(str(WIDGET.form(OverviewPage(number=7), "", "Show"))).one("form")
    _, fields = called(next(each for each in form.all("button") if each.text == "Show"))
    assert read_asked({**fields, **filled}) == OverviewPage(ScopeKind.TENANT, search="shop")
    assert read_asked({"page": "overview", "number": "2", **filled}) == OverviewPage(number=2)


def test_what_was_filled_in_wrongly_is_a_page_that_is_not_there() -> None:
    with pytest.raises(PageNotFound, match="kind 'shop' is none of account"):
        read_asked({"form": "filter", **context(forms={"all": {"kind": "shop"}})})


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"page": "scope", "scope": "tenant/\ud800"}, "scope 'tenant/\\ud800' is no text"),
        ({"search": "\ud800"}, "search '\\ud800' is no text"),
        ({"page": "scope", "scope": f"tenant/{'ä' * 497}"}, "a scope has at most 1,000 bytes"),
    ],
    ids=["half a character in a scope", "half a character in a search", "a scope that no table holds"],
)
def test_what_no_table_and_no_page_can_hold_is_not_there(fields: dict[str, Any], told: str) -> None:
    with pytest.raises(PageNotFound) as refusal:
        read_asked({**fields, **context()})
    assert str(refusal.value) == told


def test_a_scope_as_long_as_one_can_be_has_a_page() -> None:
    longest = Scope(f"tenant/{'x' * 993}")
    assert read_asked(context() | {"page": "scope", "scope": longest, "days": 7}) == ScopePage(longest, 7)


@pytest.mark.parametrize(
    ("time_range", "days"),
    [
        ({"start": 0, "end": 3_600_000}, 7),
        ({"start": 0, "end": 8 * 86_400_000}, 30),
        ({"start": 0, "end": 400 * 86_400_000}, 90),
        ({"start": 0, "end": 1, "zoom": {"start": 0, "end": 31 * 86_400_000}}, 90),
        ({"start": "yesterday"}, 30),
        ({"start": 0.5, "end": 10**400}, 30),
        ({"start": float("nan"), "end": 1}, 30),
    ],
    ids=["an hour", "eight days", "a year", "zoomed", "unreadable", "beyond all limits", "no number"],
)
def test_charts_have_the_days_of_the_dashboard_where_nobody_says_how_many(time_range: object, days: int) -> None:
    event = {"page": "scope", "scope": "account", **context(timeRange=time_range)}
    assert read_asked(event) == ScopePage(Scope("account"), days)
    assert read_asked({**event, "days": 30}) == ScopePage(Scope("account"), 30)


def test_enter_in_a_field_sends_nothing_to_the_console_itself() -> None:
    for form in (WIDGET.form(OverviewPage(), "", "Show"), WIDGET.decisions(SUBJECT, OFFERS)):
        first, *others = Node.read(str(form)).one("form").all("button")
        assert (first.get("type"), "disabled" in first.attributes) == ("submit", True)
        assert {each.get("type") for each in others} == {"button"}


# -- Decisions ---------------------------------------------------------------------------------------------------------

SUBJECT = Subject(TENANT, "57d77a092d", 4, "spamtrap of tenant/lucky-deals")
OFFERS = (
    Offer(Decision.LIFT, "Lift", "The finding is closed."),
    Offer(Decision.EXTEND, "Extend", "There is more time.", takes_days=True),
    Offer(Decision.REINSTATE, "Reinstate", "It ends.", choices=((ReinstateTo.HEALTHY, "Healthy at once"),)),
)


def sent(decision: Decision, **filled: str) -> dict[str, Any]:
    """What Operate gets when somebody has filled in this, and clicks."""
    form = Node.read(str(WIDGET.decisions(SUBJECT, OFFERS)))
    attributes, fields = next(
        (attributes, fields)
        for attributes, fields in (called(each) for each in form.all("button") if each.get("type") == "button")
        if fields["decision"] == decision
    )
    assert attributes["endpoint"] == OPERATE
    everything = {f"{name}-{SUBJECT.id}": text for name, text in filled.items()}
    return {**fields, **context(forms={"all": {"search": "", "note-other": "no", **everything}})}


def decided(event: dict[str, Any]) -> tuple[Command, Act]:
    return read_command(read_call(event, "request-1", NOW))


def test_a_button_asks_once_more_and_says_what_follows() -> None:
    form = Node.read(str(WIDGET.decisions(SUBJECT, OFFERS)))
    attributes, _ = called(next(each for each in form.all("button") if each.text == "Lift"))
    assert (
        attributes["confirmation"] == "Lift? This is about the spamtrap of tenant/lucky-deals. The finding is closed."
    )


def test_a_click_decides_about_what_was_seen_with_the_reason_and_the_name_as_stated() -> None:
    command, act = decided(sent(Decision.LIFT, note=" It was another tenant. ", by="ben", days="7"))
    assert command == Decide(TENANT, SUBJECT.id, Decision.LIFT, seen=4)
    assert act == Act(
        "cloudwatch/57d77a092d/4/lift", Actor("ben, in CloudWatch", proven=False), "It was another tenant."
    )


def test_a_name_as_long_as_its_field_takes_is_accepted() -> None:
    form = Node.read(str(WIDGET.decisions(SUBJECT, OFFERS)))
    (field,) = [each for each in form.all("input") if (each.get("name") or "").startswith("by-")]
    name = "n" * int(field.get("maxlength") or 0)
    assert decided(sent(Decision.LIFT, note="why", by=name))[1].by.name == f"{name}, in CloudWatch"


def test_who_clicks_twice_sends_the_same() -> None:
    first, second = (decided(sent(Decision.LIFT, note="why", by="ben"))[1].id for _ in range(2))
    assert first == second
    assert first != decided(sent(Decision.EXTEND, note="why", by="ben"))[1].id


def test_days_and_what_to_reinstate_to_are_taken_where_they_belong() -> None:
    extended, _ = decided(sent(Decision.EXTEND, note="why", by="ben", days="14", to="healthy"))
    assert extended == Decide(TENANT, SUBJECT.id, Decision.EXTEND, days=14, seen=4)
    assert decided(sent(Decision.EXTEND, note="why", by="ben", days=""))[0] == Decide(
        TENANT, SUBJECT.id, Decision.EXTEND, seen=4
    )
    reinstated, _ = decided(sent(Decision.REINSTATE, note="why", by="ben", to="healthy"))
    assert reinstated == Decide(TENANT, SUBJECT.id, Decision.REINSTATE, to=ReinstateTo.HEALTHY, seen=4)


# -- What Operate answers ----------------------------------------------------------------------------------------------


def done(command: Command, act: Act, now: datetime) -> Done:
    before = Standing(TENANT, findings={Category.SPAMTRAP: finding()})
    after, change = carry_out(before, command, act, now, Policy())
    assert isinstance(change, Change)
    return Done(TENANT, after.status, change.finding, changed=True)


def refused(_: Command, __: Act, ___: datetime) -> Done:
    raise CommandRefused("finding 57d77a092d was decided upon since you saw it", ("accept", "lift"))


def contended(_: Command, __: Act, ___: datetime) -> Done:
    raise Contended("others kept writing the standing of tenant/lucky-deals; nothing was done: try again")


def never(_: Command, __: Act, ___: datetime) -> Done:
    raise AssertionError("nothing is to be done")


def answered(event: dict[str, Any], operate: Any, words: Vocabulary = Vocabulary.CLASSIC) -> Node:
    call = read_call(event, "request-1", NOW)
    html = answer(call, operate, words).to(call)
    assert isinstance(html, str)
    assert html.encode(), "Lambda can answer it"
    assert flaws(html) == []
    assert sanitised(html) == html
    return Node.read(html)


COMPLETE = {"note": "why", "by": "ben"}


def test_who_decided_reads_what_came_of_it_and_finds_the_way_back() -> None:
    page = answered(sent(Decision.EXTEND, **COMPLETE), done, Vocabulary.CURRENT)
    assert page.one("h1").text == "Decided"
    assert "Finding 57d77a092d (spamtrap): Under review. tenant/lucky-deals is Under review." in page.text
    ways = [called(each) for each in page.all("button")]
    assert {attributes["endpoint"] for attributes, _ in ways} == {SHOW}
    assert [read_asked(fields) for _, fields in ways] == [ReviewsPage(), ScopePage(TENANT), OverviewPage()]


def test_who_comes_too_late_reads_why_and_what_would_be_allowed() -> None:
    page = answered(sent(Decision.LIFT, **COMPLETE), refused)
    assert page.one("h1").text == "This is not allowed"
    assert "decided upon since you saw it" in page.text
    assert "What would be allowed now: accept or lift." in page.text


def test_where_others_write_at_the_same_time_it_can_be_tried_again() -> None:
    page = answered(sent(Decision.LIFT, **COMPLETE), contended)
    assert page.one("h1").text == "Nothing was decided"
    assert "nothing was done: try again." in page.text


@pytest.mark.parametrize(
    ("filled", "told"),
    [
        ({"by": "ben"}, "Say why: the reason is kept"),
        ({"by": "ben", "note": "  "}, "Say why: the reason is kept"),
        ({"note": "why"}, "Say who you are: CloudWatch does not."),
        ({**COMPLETE, "days": "soon"}, "Expected `int | null`, got `str` - at `$.days`"),
        ({**COMPLETE, "days": "9" * 5_000}, "Expected `int | null`, got `str` - at `$.days`"),
        ({**COMPLETE, "note": "x" * 1501}, "Expected `str` of length <= 1500 - at `$.note`"),
        ({**COMPLETE, "by": "b\u0000n"}, "Expected words, and no control characters - at `$.by`"),
    ],
    ids=["no reason", "a blank reason", "nobody", "no number", "a number without end", "a novel", "control characters"],
)
def test_what_is_missing_or_wrong_is_said_and_nothing_is_done(filled: dict[str, str], told: str) -> None:
    page = answered(sent(Decision.EXTEND, **filled), never)
    assert page.one("h1").text == "Nothing was decided"
    assert told in page.text
    assert any(fields == {"page": "reviews"} for _, fields in map(called, page.all("button")))


@pytest.mark.parametrize(
    "event",
    [
        {"widgetContext": {}},
        {"widgetContext": None, "fields": {}},
        {"widgetContext": {"forms": {"all": {"n": ["x"]}}}, "fields": {"note": "n", "by": "n"}},
        {
            "widgetContext": {"forms": {"all": {"n": "x"}}},
            "fields": {"note": "n", "by": "n"},
            "scope": HOSTILE,
            "show": 7,
        },
        {**context(forms={"all": {"n": "\ud800"}}), "fields": {"note": "n", "by": "n"}, "command": "decide"},
        {**context(forms={"all": {"n": "x"}}), "fields": {"note": "n", "by": "n"}, "\ud800": "x"},
        {**context(forms={"all": {"n": "x"}}), "fields": {"note": "n", "by": "n"}, "show": "arn:\ud800"},
        {**context(forms={"all": {}}, **{"\ud800": 1}), "fields": {}},
    ],
    ids=[
        "nothing",
        "no context",
        "no text",
        "no command",
        "half a character",
        "half a name",
        "half a function",
        "half a name in the context",
    ],
)
def test_a_call_that_no_button_makes_is_answered_with_a_page(event: dict[str, Any]) -> None:
    assert answered(event, never).one("h1").text == "Nothing was decided"


def test_a_call_without_a_widget_is_answered_as_ever() -> None:
    plain = {"command": "decide", "scope": TENANT, "finding": "f1", "decision": "lift", "note": "why", "by": "ben"}
    call = read_call(plain, "request-1", NOW)
    assert call == Call(plain, "request-1", NOW)
    assert answer(call, refused).to(call)["status"] == HTTPStatus.CONFLICT


def test_the_buttons_of_a_page_decide_what_they_say() -> None:
    page = Node.read(WIDGET.shown(render(reviews_view(review(finding(stage=Stage.PENDING_DECISION))), WIDGET)))
    commands = [json.loads(each.text) for each in page.all("cwdb-action") if each.get("endpoint") == OPERATE]
    assert [each["decision"] for each in commands] == ["lift", "extend", "shutdown"]
    names = {each.get("name") for each in page.all("input", "textarea", "select")}
    assert {name for each in commands for name in each["fields"].values()} <= names
