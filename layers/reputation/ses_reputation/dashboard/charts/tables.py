"""The numbers of a chart, as a table in a box of its own."""

import htpy as h
from htpy import Element


def scrolled(name: str, table: Element) -> Element:
    """A long table that scrolls by itself, also with the keyboard; `name` says what it has."""
    return h.div(".sr-scrolled", tabindex="0", role="region", aria_label=f"Table: {name}")[table]
