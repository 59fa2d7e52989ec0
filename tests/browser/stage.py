"""What the browser looks at: the local site and the widget's function, over a story."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import tzinfo
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from ses_reputation.dashboard.pages import Page, fields_of
from ses_reputation.domain.changes import Change
from ses_reputation.domain.lifecycle import Status
from ses_reputation.domain.scopes import Scope
from ses_reputation_cli.site.serving import serving
from ses_reputation_cli.site.sources import Replayed
from ses_reputation_local.cloud import LocalCloud
from ses_reputation_local.replay import Playback
from ses_reputation_local.serving import address_of, listening
from ses_reputation_local.stories import read_story

STORY = Path(__file__).parent / "platform.toml"


class Site(NamedTuple):
    """The local site: its origin, the address of its pages, and the one that lets a browser in."""

    origin: str
    address: str
    entry: str

    def at(self, page: Page) -> str:
        """Where a page is."""
        return f"{self.address}/?{urlencode(fields_of(page))}"


def told(cloud: LocalCloud, story: Path = STORY) -> Playback:
    """A story, told to its end."""
    playback = Playback(cloud)
    for _ in playback.play(read_story(story).events()):
        pass
    playback.ask_ses()
    return playback


@contextmanager
def served(playback: Playback, zone: tzinfo) -> Iterator[Site]:
    """The site over what was played."""
    with listening("127.0.0.1", 0) as listener, serving(Replayed(playback), listener, zone) as guard:
        origin = address_of(listener)
        yield Site(origin, f"{origin}{guard.path}", guard.entry())


def statuses(playback: Playback) -> dict[Scope, Status]:
    """Where every scope stands, whatever a page says."""
    return {standing.scope: standing.status for standing in playback.standings()}


def history(playback: Playback, scope: Scope) -> list[Change]:
    """The changes of a scope."""
    return [change for change in playback.report().changes if change.scope == scope]
