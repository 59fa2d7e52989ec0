"""The file that `--out` writes, opened from a folder: whole, for everybody, and it asks nobody for anything."""

from datetime import UTC
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, expect

from ses_reputation_cli.site.sheet import sheet
from ses_reputation_cli.site.sources import Replayed
from ses_reputation_local.replay import Playback
from tests.browser.chromium import Scheme, opened
from tests.browser.looking import PAPER, SCHEMES, WIDTHS, barriers, misfits, screenshot

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def file(played: Playback, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of the file."""
    path: Path = tmp_path_factory.mktemp("file") / "standing.html"
    path.write_text(sheet(Replayed(played).pages(UTC), None), encoding="utf-8")
    return path.as_uri()


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_it_fits_and_is_for_everybody(browser: Browser, file: str, width: int, scheme: Scheme) -> None:
    with opened(browser, file, start=file, width=width, scheme=scheme) as watched:
        screenshot(watched.page, f"file-{width}-{scheme}")
        assert misfits(watched.page) == []
        assert barriers(watched.page, watched.page.locator("body")) == []


def test_each_of_its_pages_is_reached_from_its_contents(browser: Browser, file: str) -> None:
    with opened(browser, file, start=file) as watched:
        page = watched.page
        ways = page.locator("a[href^='#']")
        page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true })")
        targets = {way.get_attribute("href") or "" for way in ways.all()}
        assert {"#overview", "#reviews"} <= targets
        assert len(targets) > 5
        for target in sorted(targets):
            page.locator(f"a[href='{target}']").first.click()
            expect(page).to_have_url(file + target)
            expect(page.locator(target)).to_be_in_viewport()


def test_it_offers_no_other_days_than_it_has(browser: Browser, file: str) -> None:
    with opened(browser, file, start=file) as watched:
        expect(watched.page.get_by_role("heading", name="The last 30 days").first).to_be_visible()
        expect(watched.page.get_by_role("navigation", name="How far back")).to_have_count(0)


def test_it_prints(browser: Browser, file: str) -> None:
    with opened(browser, file, start=file, width=PAPER) as watched:
        watched.page.emulate_media(media="print")
        screenshot(watched.page, "file-on-paper")
        assert misfits(watched.page) == []
