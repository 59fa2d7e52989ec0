"""A browser, and pages in it that notice whatever is not as it should be."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Request, sync_playwright

from tests.browser.prepare import NO_CHROMIUM, NotPrepared, find_chromium

Scheme = Literal["light", "dark"]

# As root there is no sandbox. The others keep it from talking to anybody.
_OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# A server that does not answer within this many milliseconds will not.
_PATIENCE = 20_000


class Watched:
    """A page, with what went wrong in it: scripts that ran or failed, refused loads, requests to anywhere else."""

    def __init__(self, page: Page, own: tuple[str, ...]) -> None:
        self.page = page
        self.problems: list[str] = []
        self._own = own
        page.on("console", self._said)
        page.on("pageerror", self._failed)
        page.on("request", self._requested)
        page.set_default_timeout(_PATIENCE)

    def _said(self, message: ConsoleMessage) -> None:
        # A refused decision is a page with a status of its own, which Chromium tells as well.
        if message.type in {"error", "warning"} and "the server responded with a status of 4" not in message.text:
            self.problems.append(f"console: {message.text}")

    def _failed(self, error: Error) -> None:
        self.problems.append(f"script: {error}")

    def _requested(self, request: Request) -> None:
        if not request.url.startswith(self._own):
            self.problems.append(f"request: {request.url}")


@contextmanager
def launched() -> Iterator[Browser]:
    """A Chromium without windows; NotPrepared if there is none."""
    chromium = find_chromium()
    if not chromium:
        raise NotPrepared(NO_CHROMIUM)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=_OPTIONS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened(
    browser: Browser,
    *own: str,
    start: str | None = None,
    width: int = 1600,
    height: int = 900,
    scheme: Scheme = "light",
    scale: float = 1,
) -> Iterator[Watched]:
    """A page, where `start` leads if that is given, that may ask for what begins with one of `own`, and for no more.

    Raises AssertionError at the end if it did, or if anything else went wrong in it.
    """
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        device_scale_factor=scale,
        locale="en-GB",
        timezone_id="Europe/Berlin",
    )
    try:
        watched = Watched(context.new_page(), (*own, "about:", "data:"))
        if start:
            watched.page.goto(start)
            # The site's entry leads on by itself; a file is where it is.
            watched.page.wait_for_url(lambda url: "?token=" not in url)
        yield watched
        assert not watched.problems, "; ".join(watched.problems)
    finally:
        context.close()
