"""Takes the pictures that the README and docs/ show, of the story that the tests look at: `make pictures`.

Nothing compares them with what is committed: another version of a font or of the browser draws every letter anew.
"""

import sys
from datetime import UTC
from pathlib import Path
from typing import NamedTuple

from ses_reputation.dashboard.pages import OverviewPage, Page, ReviewsPage, ScopePage
from ses_reputation.domain.scopes import Scope
from ses_reputation_local.cloud import LocalCloud
from tests.browser.chromium import Scheme, launched, opened
from tests.browser.prepare import NotPrepared
from tests.browser.stage import served, told

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
_WIDTH = 1080


class Picture(NamedTuple):
    """The upper part of a page, so many pixels high; or the part of it that a selector names."""

    page: Page
    height: int
    scheme: Scheme = "light"
    part: str | None = None


WANTED = {
    "overview": Picture(OverviewPage(), 1000),
    "rates": Picture(ScopePage(Scope("tenant/hill-bikes")), 1000, "dark", ".sr-over-time"),
    "reviews": Picture(ReviewsPage(), 860),
}


def main() -> None:
    """Write the pictures, or exit with a message that says what is missing."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    try:
        with (
            LocalCloud({"NotificationEmail": "ops@platform.example"}) as cloud,
            served(told(cloud), UTC) as site,
            launched() as browser,
        ):
            for name, wanted in WANTED.items():
                size = {"width": _WIDTH, "height": wanted.height}
                with opened(browser, site.origin, start=site.entry, scheme=wanted.scheme, **size) as watched:
                    watched.page.goto(site.at(wanted.page))
                    path = PICTURES / f"{name}.png"
                    (watched.page.locator(wanted.part) if wanted.part else watched.page).screenshot(path=path)
                    sys.stdout.write(f"{path.relative_to(PICTURES.parents[1])}: {path.stat().st_size // 1000} KB\n")
    except NotPrepared as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
