"""The changes that docs/extending.md shows, as they are tried."""

from tests.extensions.try_them import DIFFS

_HEADS = ("diff --git", "index ", "--- ", "new file mode")


def change(name: str) -> str:
    """A change as a diff, in which each file is named once."""
    lines = (DIFFS / f"{name}.diff").read_text().splitlines()
    shown = [line.replace("+++ b/", "=== ") for line in lines if not line.startswith(_HEADS)]
    return "\n".join(("```diff", *shown, "```"))
