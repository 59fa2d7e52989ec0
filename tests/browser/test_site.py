"""The local site in a browser: from the overview to a decision and back, with a mouse and without."""

from playwright.sync_api import Locator, Page, expect

from ses_reputation.dashboard.pages import OverviewPage, ReviewsPage
from ses_reputation.domain.lifecycle import Status
from ses_reputation.domain.scopes import Scope
from ses_reputation_local.replay import Playback
from tests.browser.conftest import Open
from tests.browser.stage import Site, statuses

HARBOR_TEA = Scope("tenant/harbor-tea")
GARDEN_TOOLS = Scope("tenant/garden-tools")
RECEIPTS = Scope("configuration-set/receipts")

# No page has as many stops of the Tab key on the way to anything.
MOST_STOPS = 200


def review(page: Page, name: str) -> Locator:
    """What waits about the scope of this name."""
    return page.locator("section.sr-review").filter(has=page.get_by_role("heading", name=name))


def row(page: Page, name: str) -> Locator:
    """The scope of this name in the table of all."""
    return page.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True))


def heading(page: Page) -> Locator:
    return page.get_by_role("heading", level=1)


def focused(page: Page) -> Locator:
    return page.locator(":focus")


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until it is there; each stop on the way is seen, and shows that it has the focus."""
    wanted = target.element_handle()
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        at = focused(page)
        if at.count() and at.evaluate("(at, wanted) => at === wanted", wanted):
            break
        if at.count():
            assert shows_focus(at), f"nobody sees where the focus is: {at.evaluate('at => at.outerHTML')[:200]}"
    expect(target).to_be_focused()
    assert shows_focus(focused(page))


def shows_focus(at: Locator) -> bool:
    """Whether it has an outline, and is where one can see it."""
    outline: bool = at.evaluate(
        """at => {
          const style = getComputedStyle(at), box = at.getBoundingClientRect();
          const seen = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
          return seen && style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
        }"""
    )
    return outline


def test_from_the_overview_to_a_decision_and_back(visit: Open, site: Site, played: Playback) -> None:
    with visit() as watched:
        page = watched.page
        expect(row(page, "harbor-tea")).to_contain_text("Probation")
        row(page, "harbor-tea").get_by_role("link").first.click()
        expect(heading(page)).to_contain_text("harbor-tea")

        page.get_by_role("navigation").get_by_role("link", name="Reviews").click()
        expect(heading(page)).to_have_text("Reviews")
        waiting = page.locator("section.sr-review").count()
        review(page, "harbor-tea").get_by_label("Why").fill("The form asks for a login: I have tried it.")
        review(page, "harbor-tea").get_by_role("button", name="Accept the changes").click()
        expect(page).to_have_url(f"{site.address}/decide")
        expect(page.get_by_text("The form asks for a login: I have tried it.")).to_be_visible()
        assert statuses(played)[HARBOR_TEA] is Status.PROBATION, "nothing is done before it was confirmed"

        page.get_by_role("main").get_by_role("button").click()
        expect(heading(page)).to_have_text("Decided")
        assert statuses(played)[HARBOR_TEA] is Status.HEALTHY
        decided = page.url
        page.reload()
        expect(heading(page)).to_have_text("Decided")
        assert page.url == decided

        page.get_by_role("link", name="Reviews").first.click()
        expect(page.locator("section.sr-review")).to_have_count(waiting - 1)
        page.get_by_role("link", name="Overview").first.click()
        expect(row(page, "harbor-tea")).to_contain_text("Healthy")


def test_with_the_keyboard_alone(visit: Open, site: Site, played: Playback) -> None:
    with visit() as watched:
        page = watched.page
        tab_to(page, row(page, "garden-tools").get_by_role("link").first)
        page.keyboard.press("Enter")
        expect(heading(page)).to_contain_text("garden-tools")

        tab_to(page, page.get_by_role("navigation").get_by_role("link", name="Reviews"))
        page.keyboard.press("Enter")
        expect(heading(page)).to_have_text("Reviews")

        tab_to(page, review(page, "garden-tools").get_by_label("Why"))
        page.keyboard.type("I have signed up, and had to confirm it.")
        tab_to(page, review(page, "garden-tools").get_by_role("button", name="Accept the changes"))
        page.keyboard.press("Space")
        expect(page).to_have_url(f"{site.address}/decide")
        tab_to(page, page.get_by_role("main").get_by_role("button"))
        page.keyboard.press("Enter")
        expect(heading(page)).to_have_text("Decided")
        assert statuses(played)[GARDEN_TOOLS] is Status.HEALTHY


def test_without_a_reason_the_browser_sends_nothing(visit: Open, site: Site, played: Playback) -> None:
    with visit() as watched:
        page = watched.page
        page.goto(site.at(ReviewsPage()))
        before = page.url
        review(page, "receipts").get_by_role("button", name="Lift").click()
        expect(review(page, "receipts").get_by_label("Why")).to_be_focused()
        assert page.url == before
        assert statuses(played)[RECEIPTS] is Status.PROBATION


def test_enter_in_days_decides_nothing(visit: Open, site: Site, played: Playback) -> None:
    with visit() as watched:
        page = watched.page
        page.goto(site.at(ReviewsPage()))
        before = page.url
        review(page, "receipts").get_by_label("Why").fill("They need more time.")
        review(page, "receipts").get_by_label("Days").fill("14")
        page.keyboard.press("Enter")
        expect(review(page, "receipts").get_by_label("Days")).to_be_focused()
        assert page.url == before
        assert statuses(played)[RECEIPTS] is Status.PROBATION


def test_whoever_thinks_better_of_it_has_decided_nothing(visit: Open, site: Site, played: Playback) -> None:
    with visit() as watched:
        page = watched.page
        page.goto(site.at(ReviewsPage()))
        review(page, "receipts").get_by_label("Why").fill("Not sure.")
        review(page, "receipts").get_by_role("button", name="shut it down").click()
        page.get_by_role("link", name="Reviews").first.click()
        expect(review(page, "receipts")).to_be_visible()
        assert statuses(played)[RECEIPTS] is Status.PROBATION


def test_scopes_are_found_by_status_and_by_name(visit: Open) -> None:
    with visit() as watched:
        page = watched.page
        page.get_by_label("Status", exact=True).select_option(label="Shutdown")
        page.get_by_label("Name", exact=True).fill("MILL")
        page.get_by_role("button", name="Show").click()
        expect(row(page, "old-mill")).to_be_visible()
        expect(row(page, "valley-books")).to_have_count(0)
        expect(page.get_by_label("Name", exact=True)).to_have_value("MILL")


def test_a_page_that_is_not_there_leads_back(visit: Open, site: Site) -> None:
    with visit() as watched:
        page = watched.page
        page.goto(f"{site.address}/?page=scope&scope=tenant/nobody")
        expect(heading(page)).to_be_visible()
        page.get_by_role("link", name="Overview").first.click()
        expect(page).to_have_url(site.at(OverviewPage()))
