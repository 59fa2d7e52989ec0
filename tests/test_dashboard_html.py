"""The same pages wherever they are read: as HTML they have no flaw, and in the widget nothing is removed."""

from datetime import UTC

import pytest
from msgspec.structs import replace

from ses_reputation.dashboard.frame import document
from ses_reputation.dashboard.medium import Medium
from ses_reputation.dashboard.pages import OverviewPage, Page, ReviewsPage
from ses_reputation.dashboard.render import problem, render
from ses_reputation.dashboard.views import View
from ses_reputation.dashboard.widget import Widget
from ses_reputation.domain.lifecycle import Stage
from ses_reputation.domain.scopes import ACCOUNT, Scope
from ses_reputation_cli.site.browser import Browser
from ses_reputation_cli.site.sheet import sheet
from tests.cloudwatch_sanitiser import sanitised
from tests.dashboard_views import HOSTILE, OUTAGE, TENANT, finding, overview_view, review, reviews_view, seen, standing
from tests.html_tree import Node
from tests.page_flaws import flaws
from tests.test_dashboard_scope import everything

WIDGET = Widget(
    "arn:aws:lambda:eu-west-1:123456789012:function:show", "arn:aws:lambda:eu-west-1:123456789012:function:do"
)
BROWSER = Browser("/secret", UTC, lambda _subject, _offers: "ticket")

REPLAYED = "This is a replay, in which nothing can be decided."

HOSTILE_SCOPE = Scope(f"tenant/{HOSTILE}")
SUSPECTED = finding(stage=Stage.SUSPECTED, evidence=(seen(HOSTILE, HOSTILE),))

VIEWS: dict[str, View] = {
    "the overview": overview_view(
        others=[standing(TENANT, finding()), standing(HOSTILE_SCOPE, SUSPECTED)], outages=(OUTAGE,)
    ),
    "the reviews": reviews_view(
        review(SUSPECTED, HOSTILE_SCOPE), review(replace(SUSPECTED, id="0ther")), outages=(OUTAGE,)
    ),
    "a scope": everything(TENANT, "text"),
    "a hostile scope": everything(HOSTILE_SCOPE, HOSTILE),
}


def whole(view: View, medium: Medium) -> str:
    return document("Overview", render(view, medium)) if medium is BROWSER else WIDGET.shown(render(view, medium))


@pytest.mark.parametrize("medium", [WIDGET, BROWSER], ids=["in the widget", "in a browser"])
@pytest.mark.parametrize("name", VIEWS)
def test_a_page_has_no_flaw(name: str, medium: Medium) -> None:
    assert flaws(whole(VIEWS[name], medium)) == []


@pytest.mark.parametrize("name", VIEWS)
def test_cloudwatch_removes_nothing_of_a_page(name: str) -> None:
    html = whole(VIEWS[name], WIDGET)
    assert sanitised(html) == html


@pytest.mark.parametrize("medium", [WIDGET, BROWSER], ids=["in the widget", "in a browser"])
def test_a_page_that_is_not_there_has_no_flaw_either(medium: Medium) -> None:
    assert flaws(str(problem(f"nothing is known of {HOSTILE}", medium))) == []


def test_a_file_with_many_pages_has_no_flaw_but_a_title_for_each() -> None:
    html = sheet(view_in_file, None)
    assert [flaw for flaw in flaws(html) if "first level" not in flaw] == []
    assert len(list(Node.read(html).all("article"))) == len(list(Node.read(html).all("h1")))


def test_a_file_refers_to_nothing_outside_but_what_explains_it() -> None:
    page = Node.read(sheet(view_in_file, None))
    assert not list(page.all("link", "script", "img", "iframe", "form", "button", "input"))
    addresses = {node.get("href") or "" for node in page.all("a")}
    assert all(address.startswith(("#", "https://docs.aws.amazon.com/")) for address in addresses), addresses
    assert not any("url(" in str(text) for text in page.one("style").children)


def test_a_file_says_by_which_command_each_decision_is_made() -> None:
    page = Node.read(sheet(view_in_file, lambda subject, offer: f"decide {subject.id} {offer.decision}"))
    lines = [node.text for node in page.all("pre") if node.text.startswith("decide ")]
    assert f"decide {SUSPECTED.id} confirm" in lines
    assert REPLAYED not in page.text
    assert "On the command line" in page.text


def test_a_file_of_a_replay_names_the_decisions_and_says_that_nobody_can_make_them() -> None:
    page = Node.read(sheet(view_in_file, None))
    to_decide = [node for node in page.all("div") if "sr-to-decide" in (node.get("class") or "")]
    assert to_decide
    for node in [*to_decide, next(node for node in page.all("article") if node.get("id") == "reviews")]:
        assert REPLAYED in node.text
        assert list(node.all("li"))
    assert "On the command line" not in page.text, "nothing is deployed that a command would reach"


def view_in_file(page: Page) -> View:
    match page:
        case OverviewPage():
            return VIEWS["the overview"]
        case ReviewsPage():
            return VIEWS["the reviews"]
        case _:
            return everything(page.scope, HOSTILE if page.scope != ACCOUNT else "text")
