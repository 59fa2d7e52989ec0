"""Every page at both widths and in both schemes: nothing is cut, nobody is kept out, and there is a picture of it."""

import pytest
from playwright.sync_api import Page, expect

from ses_reputation.dashboard.pages import OverviewPage, ReviewsPage, ScopePage
from ses_reputation.dashboard.pages import Page as Asked
from ses_reputation.domain.lifecycle import Status
from ses_reputation.domain.scopes import ACCOUNT, Scope, ScopeKind
from tests.browser.chromium import Scheme
from tests.browser.conftest import Open
from tests.browser.looking import PAPER, SCHEMES, WIDTHS, barriers, misfits, screenshot
from tests.browser.stage import Site

PAGES: dict[str, Asked] = {
    "overview": OverviewPage(),
    "overview-filtered": OverviewPage(kind=ScopeKind.TENANT, status=Status.PROBATION),
    "overview-without-a-match": OverviewPage(search="nobody"),
    "reviews": ReviewsPage(),
    "account": ScopePage(ACCOUNT),
    "tenant-over-its-bounce-limit": ScopePage(Scope("tenant/hill-bikes")),
    "tenant-over-its-complaint-limit": ScopePage(Scope("tenant/lake-toys")),
    "tenant-under-review": ScopePage(Scope("tenant/harbor-tea"), days=7),
    "tenant-shut-down": ScopePage(Scope("tenant/old-mill"), days=90),
    "provider": ScopePage(Scope("provider/gmail")),
}


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_and_is_for_everybody(visit: Open, site: Site, name: str, width: int, scheme: Scheme) -> None:
    with visit(width=width, scheme=scheme) as watched:
        page = watched.page
        page.goto(site.at(PAGES[name]))
        screenshot(page, f"{name}-{width}-{scheme}")
        assert misfits(page) == []
        page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true })")
        screenshot(page, f"{name}-{width}-{scheme}-unfolded")
        assert misfits(page) == []
        assert barriers(page) == []


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_the_way_to_a_decision_fits_and_is_for_everybody(visit: Open, site: Site, width: int, scheme: Scheme) -> None:
    with visit(width=width, scheme=scheme) as watched:
        page = watched.page
        page.goto(site.at(ReviewsPage()))
        receipts = page.locator("section.sr-review").filter(has=page.get_by_role("heading", name="receipts"))
        receipts.get_by_label("Why").fill("There is a lot to change. " * 20)
        receipts.get_by_role("button", name="Extend").click()
        expect(page).to_have_url(f"{site.address}/decide")
        look(page, f"confirmation-{width}-{scheme}")
        page.get_by_role("main").get_by_role("button").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Decided")
        look(page, f"decided-{width}-{scheme}")
        page.goto(f"{site.address}/?page=scope&scope=tenant/nobody")
        look(page, f"not-there-{width}-{scheme}")


@pytest.mark.parametrize("name", PAGES)
def test_on_paper_it_is_dark_on_white_and_fits(visit: Open, site: Site, name: str) -> None:
    with visit(width=PAPER, scheme="dark") as watched:
        page = watched.page
        page.emulate_media(media="print")
        page.goto(site.at(PAGES[name]))
        screenshot(page, f"{name}-on-paper")
        assert misfits(page) == []
        colours = page.locator(".ses-reputation").evaluate(
            "page => ['color', 'backgroundColor'].map(name => getComputedStyle(page)[name])"
        )
        assert colours == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]


def look(page: Page, name: str) -> None:
    screenshot(page, name)
    assert misfits(page) == []
    assert barriers(page) == []
