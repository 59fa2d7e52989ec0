"""Which form the items of the tables have. docs/upgrading.md says what may change in it, and when the number rises."""

SCHEMA = 1
"""The newest form that this code reads, and the one that it writes."""


class TablesAreNewer(RuntimeError):
    """The tables, or an item, were written by newer code, in a form that this code would misread."""


def refuse_newer(held: int) -> None:
    """TablesAreNewer if what is held has a newer form than this code knows. Older forms can all be read."""
    if held > SCHEMA:
        raise TablesAreNewer(
            f"the tables hold schema {held}, and this version knows none above {SCHEMA}: use the version that wrote "
            "them, or a newer one (docs/upgrading.md)"
        )
