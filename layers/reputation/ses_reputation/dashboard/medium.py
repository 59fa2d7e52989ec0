"""How a reader gets from one page to the next, and decides something.

That alone differs between CloudWatch's widget, the local site and a file.
"""

from collections.abc import Sequence
from datetime import tzinfo
from enum import StrEnum
from typing import Protocol

from htpy import Node, Renderable
from msgspec import Struct

from ses_reputation.dashboard.pages import Page
from ses_reputation.domain.decisions import Decision, ReinstateTo
from ses_reputation.domain.scopes import Scope


class Theme(StrEnum):
    """Which colours a page has; AUTO follows the reader's system."""

    AUTO = "auto"
    LIGHT = "light"
    DARK = "dark"


class Subject(Struct, frozen=True):
    """What a decision is about: a finding, or an outage, in a scope. `revision` is of what the reader sees.

    `about` names it in words, such as `bounce rate of tenant/shop`.
    """

    scope: Scope
    id: str
    revision: int
    about: str


class Offer(Struct, frozen=True):
    """A decision that would not be refused: what it is called, and what it leads to.

    `takes_days` is whether it can be told how many days; `choices` are what it can reinstate to, in words.
    """

    decision: Decision
    name: str
    leads_to: str
    takes_days: bool = False
    choices: tuple[tuple[ReinstateTo, str], ...] = ()

    @property
    def takes_to(self) -> bool:
        """Whether it can be told what to reinstate to."""
        return bool(self.choices)


class Medium(Protocol):
    """Where a page is read. Times are shown in its `zone`."""

    @property
    def zone(self) -> tzinfo:
        """The reader's time zone."""

    @property
    def theme(self) -> Theme:
        """The colours that its surroundings have."""

    @property
    def takes_commands(self) -> bool:
        """Whether what a reader types on the command line reaches what he sees."""

    def link(self, page: Page, label: Node, *, classes: str = "", current: bool = False) -> Renderable:
        """What leads to a page, or only its label where that page is not to be had. `current` is where one is."""

    def form(self, page: Page, fields: Node, submit: str) -> Renderable:
        """A form that asks for a page with what was filled into its named fields; `submit` is on its button.

        Only the kind of page is taken from `page`. Empty where nobody can ask for anything.
        """

    def decisions(self, subject: Subject, offers: Sequence[Offer]) -> Renderable:
        """What lets a person decide: a reason, and a button for each offer; or how to do it elsewhere."""
