"""The widget in an imitation of CloudWatch's console: what it shows, and what its buttons do, in both themes."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Locator, expect

from ses_reputation.domain.lifecycle import Status
from ses_reputation.domain.scopes import Scope
from ses_reputation_local.cloud import LocalCloud
from ses_reputation_local.replay import Playback
from tests.browser.chromium import opened
from tests.browser.cloudwatch import Console
from tests.browser.looking import SCHEMES, WIDTHS, barriers, misfits, screenshot
from tests.browser.stage import history, statuses

HARBOR_TEA = Scope("tenant/harbor-tea")
GARDEN_TOOLS = Scope("tenant/garden-tools")
RECEIPTS = Scope("configuration-set/receipts")

ASKED: dict[str, dict[str, object]] = {
    "overview": {},
    "reviews": {"page": "reviews"},
    "scope": {"page": "scope", "scope": "tenant/hill-bikes", "days": 7},
    "not-there": {"page": "scope", "scope": "tenant/nobody"},
}


@contextmanager
def dashboard(browser: Browser, cloud: LocalCloud, theme: str = "light", width: int = 1600) -> Iterator[Console]:
    """A dashboard with the widget; nothing of what it shows was removed on the way."""
    with opened(browser, width=width) as watched:
        console = Console(watched.page, cloud, theme)
        yield console
        assert console.removed == []


def heading(console: Console) -> Locator:
    return console.widget.get_by_role("heading", level=1)


def review(console: Console, name: str) -> Locator:
    return console.widget.locator("section.sr-review").filter(has=console.page.get_by_role("heading", name=name))


def row(console: Console, name: str) -> Locator:
    return console.widget.get_by_role("row").filter(has=console.page.get_by_role("button", name=name, exact=True))


@pytest.mark.parametrize("theme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ASKED)
def test_a_page_passes_the_console_and_fits(
    browser: Browser, cloud: LocalCloud, played: Playback, name: str, width: int, theme: str
) -> None:
    with dashboard(browser, cloud, theme, width) as console:
        console.open("ShowDashboard", ASKED[name])
        expect(heading(console)).to_be_visible()
        screenshot(console.page, f"widget-{name}-{width}-{theme}")
        assert misfits(console.page) == []
        assert console.sideways <= 0
        assert barriers(console.page, console.widget) == []


def test_from_the_overview_to_a_decision_and_back(browser: Browser, cloud: LocalCloud, played: Playback) -> None:
    with dashboard(browser, cloud) as console:
        console.open("ShowDashboard")
        console.click(row(console, "harbor-tea").get_by_role("button", name="harbor-tea"))
        expect(heading(console)).to_contain_text("harbor-tea")

        console.click(console.widget.get_by_role("navigation", name="Pages").get_by_role("button", name="Reviews"))
        expect(heading(console)).to_have_text("Reviews")
        waiting = console.widget.locator("section.sr-review").count()
        review(console, "harbor-tea").get_by_label("Why").fill("The form asks for a login: I have tried it.")
        review(console, "harbor-tea").get_by_label("Your name").fill("Ann")
        accept = review(console, "harbor-tea").get_by_role("button", name="Accept the changes")

        console.answer = False
        accept.click()
        assert len(console.questions) == 1
        assert "harbor-tea" in console.questions[0]
        assert statuses(played)[HARBOR_TEA] is Status.PROBATION, "nothing is done before it was confirmed"

        console.answer = True
        console.click(accept)
        assert statuses(played)[HARBOR_TEA] is Status.HEALTHY
        screenshot(console.page, "widget-decided")
        assert barriers(console.page, console.widget) == []

        console.click(console.widget.get_by_role("button", name="Reviews").first)
        expect(console.widget.locator("section.sr-review")).to_have_count(waiting - 1)
        console.click(console.widget.get_by_role("button", name="Overview").first)
        expect(row(console, "harbor-tea")).to_contain_text("Healthy")


def test_a_second_click_decides_nothing_more(browser: Browser, cloud: LocalCloud, played: Playback) -> None:
    with dashboard(browser, cloud) as console:
        console.open("ShowDashboard", ASKED["reviews"])
        review(console, "garden-tools").get_by_label("Why").fill("I have signed up.")
        review(console, "garden-tools").get_by_label("Your name").fill("Ben")
        before = history(played, GARDEN_TOOLS)
        console.click(review(console, "garden-tools").get_by_role("button", name="Extend"), times=2)
        assert len(history(played, GARDEN_TOOLS)) == len(before) + 1


def test_without_a_name_or_a_reason_nothing_is_decided(browser: Browser, cloud: LocalCloud, played: Playback) -> None:
    with dashboard(browser, cloud) as console:
        console.open("ShowDashboard", ASKED["reviews"])
        console.click(review(console, "receipts").get_by_role("button", name="Lift"))
        expect(heading(console)).to_have_text("Nothing was decided")
        screenshot(console.page, "widget-not-decided")
        assert statuses(played)[RECEIPTS] is Status.PROBATION


def test_scopes_are_found_by_status_and_by_name(browser: Browser, cloud: LocalCloud, played: Playback) -> None:
    with dashboard(browser, cloud) as console:
        console.open("ShowDashboard")
        console.widget.get_by_label("Status", exact=True).select_option(label="Shutdown")
        console.widget.get_by_label("Name", exact=True).fill("MILL")
        console.click(console.widget.get_by_role("button", name="Show"))
        expect(row(console, "old-mill")).to_be_visible()
        expect(row(console, "valley-books")).to_have_count(0)
        expect(console.widget.get_by_label("Name", exact=True)).to_have_value("MILL")


def test_enter_in_a_field_leaves_the_console_where_it_is(browser: Browser, cloud: LocalCloud, played: Playback) -> None:
    with dashboard(browser, cloud) as console:
        console.open("ShowDashboard")
        before = console.page.url
        console.widget.get_by_label("Name", exact=True).fill("mill")
        console.page.keyboard.press("Enter")
        expect(console.widget.get_by_label("Name", exact=True)).to_have_value("mill")
        assert console.page.url == before


def test_with_the_keyboard_alone(browser: Browser, cloud: LocalCloud, played: Playback) -> None:
    with dashboard(browser, cloud) as console:
        console.open("ShowDashboard", ASKED["reviews"])
        review(console, "receipts").get_by_label("Why").focus()
        console.page.keyboard.type("The template is as it should be.")
        console.page.keyboard.press("Tab")
        console.page.keyboard.type("Ben")
        console.page.keyboard.press("Tab")
        expect(review(console, "receipts").get_by_role("button", name="Accept the changes")).to_be_focused()
        console.press("Enter")
        assert statuses(played)[RECEIPTS] is Status.HEALTHY
