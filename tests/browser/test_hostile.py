"""What others write is shown as text: names of scopes, replies of servers, evidence and notes, at their worst."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from ses_reputation.dashboard.pages import OverviewPage, ReviewsPage, ScopePage
from ses_reputation.dashboard.pages import Page as Asked
from ses_reputation.domain.scopes import ACCOUNT, Scope
from ses_reputation_local.cloud import LocalCloud
from ses_reputation_local.replay import Playback
from tests.browser.chromium import opened
from tests.browser.cloudwatch import Console
from tests.browser.conftest import Open
from tests.browser.looking import WIDTHS, barriers, misfits, screenshot
from tests.browser.stage import Site, told

STORY = Path(__file__).parent / "hostile.toml"

INJECTED = Scope('tenant/"><script>window.pwned=1</script><iframe src=https://evil.example>')
LONG = Scope(f"tenant/{'N' * 300}")
REVERSED = Scope("tenant/\u202e\u2066live.example &amp; {metric} `*_")
TAG = Scope("tag/campaign=<script>window.pwned=1</script><img src=x onerror=window.pwned=1>\u202egnp.exe")

PAGES: dict[str, Asked] = {
    "overview": OverviewPage(),
    "overview-searched": OverviewPage(search='"><script>window.pwned=1</script>{metric}'),
    "reviews": ReviewsPage(),
    "account": ScopePage(ACCOUNT),
    "markup": ScopePage(INJECTED),
    "long": ScopePage(LONG),
    "reversed": ScopePage(REVERSED),
    "tag": ScopePage(TAG),
}

# What reverses or hides text, and what nobody sees.
INVISIBLE = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\x00")


@pytest.fixture(scope="module")
def played(cloud: LocalCloud) -> Playback:
    return told(cloud, STORY)


def harmless(page: Page) -> bool:
    """Whether nothing of what others wrote became a part of the page."""
    whole: str = page.content()
    foreign = page.locator("script, iframe, img, [onerror], [onload], [href^='javascript:']").count()
    return page.evaluate("window.pwned") is None and not foreign and not INVISIBLE & set(whole)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_on_the_site_it_is_text_and_fits(visit: Open, site: Site, name: str, width: int) -> None:
    with visit(width=width) as watched:
        page = watched.page
        page.goto(site.at(PAGES[name]))
        page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true })")
        screenshot(page, f"hostile-{name}-{width}")
        assert harmless(page)
        assert misfits(page) == []
        assert barriers(page) == []


def test_what_was_written_can_be_read(visit: Open, site: Site) -> None:
    with visit() as watched:
        page = watched.page
        page.goto(site.at(ReviewsPage()))
        text = page.locator("main").inner_text()
        assert '"><script>window.pwned=1</sc' in text
        assert "</textarea><script>window.pwned=1</script>" in text
        page.goto(site.at(ScopePage(ACCOUNT)))
        assert "550 5.1.1 <script>window.pwned=1</script>" in page.locator("main").inner_text()


def test_a_reason_comes_back_as_it_was_written(visit: Open, site: Site) -> None:
    reason = "</blockquote><script>window.pwned=1</script> \"quoted\" & 'so'"
    with visit(width=400) as watched:
        page = watched.page
        page.goto(site.at(ReviewsPage()))
        waiting = page.locator("section.sr-review").filter(has_text="Vulnerable site")
        waiting.get_by_label("Why").fill(reason)
        waiting.get_by_role("button", name="Lift").click()
        assert reason in page.locator("main").inner_text()
        assert harmless(page)
        page.get_by_role("main").get_by_role("button").click()
        assert harmless(page)
        assert misfits(page) == []


@pytest.mark.parametrize("name", ["overview", "reviews", "markup", "tag"])
def test_in_the_widget_it_is_text_and_fits(browser: Browser, cloud: LocalCloud, played: Playback, name: str) -> None:
    asked = PAGES[name]
    fields = {"page": "scope", "scope": asked.scope} if isinstance(asked, ScopePage) else {"page": name}
    with opened(browser, width=400) as watched:
        console = Console(watched.page, cloud, "light")
        console.open("ShowDashboard", fields)
        assert console.removed == []
        assert harmless(watched.page)
        assert misfits(watched.page) == []
        assert console.sideways <= 0
