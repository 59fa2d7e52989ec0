"""Looking at a page as people do: is anything cut off, does it scroll sideways, can everybody use it?"""

from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page

from tests.npm_scripts import Script

SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"
WIDTHS = (400, 1600)
PAPER = 718  # an A4 page between margins of 1 cm, in pixels of 1/96 inch
SCHEMES = ("light", "dark")

_MISFITS = (Path(__file__).parent / "misfits.js").read_text(encoding="utf-8")

# Of a part of a document these are not asked: the console has a main part besides the widget's, and a file has the same
# parts for each scope.
_OF_WHOLE_PAGES = (
    "landmark-main-is-top-level",
    "landmark-no-duplicate-main",
    "landmark-unique",
    "page-has-heading-one",
)

# What is judged: WCAG 2.2 up to AA, and what axe calls best practice.
_AXE = "async root => (await axe.run(root || document, {resultTypes: ['violations']})).violations"


def misfits(page: Page) -> list[str]:
    """What does not fit: elements over the edge of the page, text that is cut, text outside of its drawing."""
    found: list[str] = page.evaluate(_MISFITS)
    return found


def barriers(page: Page, root: Locator | None = None) -> list[str]:
    """What axe finds that bars people from the page, or from a part of it: how bad it is and the rule first."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(Script.AXE.read())
    violations: list[dict[str, Any]] = page.evaluate(_AXE, root.element_handle() if root else None)
    return [
        f"{violation['impact']}: {violation['id']}: {violation['help']}: {node['target']} {node['failureSummary']}"
        for violation in violations
        if not (root and violation["id"] in _OF_WHOLE_PAGES)
        for node in violation["nodes"]
    ]


def screenshot(page: Page, name: str, folder: Path = SCREENSHOTS) -> Path:
    """Keep a picture of the whole page."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.png"
    page.screenshot(path=path, full_page=True, animations="disabled")
    return path
