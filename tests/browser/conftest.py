"""A browser, and a platform's story, told once for each file of tests: what is decided in one concerns no other."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC

import pytest
from playwright.sync_api import Browser

from ses_reputation_local.cloud import LocalCloud
from ses_reputation_local.replay import Playback
from tests.browser.chromium import Watched, launched, opened
from tests.browser.stage import Site, served, told

Open = Callable[..., AbstractContextManager[Watched]]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture(scope="module")
def cloud() -> Iterator[LocalCloud]:
    with LocalCloud({"NotificationEmail": "ops@platform.example", "ScopeTags": "campaign"}) as cloud:
        yield cloud


@pytest.fixture(scope="module")
def played(cloud: LocalCloud) -> Playback:
    return told(cloud)


@pytest.fixture(scope="module")
def site(played: Playback) -> Iterator[Site]:
    with served(played, UTC) as site:
        yield site


@pytest.fixture
def visit(browser: Browser, site: Site) -> Open:
    """Opens a page that may ask the site and nobody else, on the overview; takes `width` and `scheme`."""

    def visit(**options: object) -> AbstractContextManager[Watched]:
        return opened(browser, site.origin, start=site.entry, **options)  # type: ignore[arg-type]

    return visit
