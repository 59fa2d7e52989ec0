"""The table of docs/what-is-suspected.md, from the detectors of the code."""

from docs.generators.tables import table
from ses_reputation.domain.blocklists import Lists
from ses_reputation.domain.categories import Category
from ses_reputation.domain.detection import DETECTORS, TRAPPED, Detector
from ses_reputation.domain.scopes import ScopeKind
from ses_reputation.notices.categories import CATEGORY_TEXTS
from ses_reputation.notices.structure import listed


def detectors() -> str:
    """What more of which replies is taken for, and of which scopes."""
    rows = [(_replies(row), _name(row.category), _kinds(row.kinds)) for row in DETECTORS]
    trap = ("mail to a spamtrap of yours", _name(Category.SPAMTRAP), _kinds(TRAPPED))
    return table(("more of these replies", "may be a problem of the category", "of which scopes"), (*rows, trap))


def _replies(row: Detector) -> str:
    text = f"`{row.reply_class}`"
    if Lists.DOMAINS in row.lists:
        return f"{text} by a list of domains"
    return f"{text} by a list of addresses, or one that nobody knows" if row.lists else text


def _name(category: Category) -> str:
    return f"{CATEGORY_TEXTS[category].name} (`{category}`)"


def _kinds(kinds: frozenset[ScopeKind]) -> str:
    return listed([kind.replace("-", " ") for kind in ScopeKind if kind in kinds]).replace(" or ", " and ")
