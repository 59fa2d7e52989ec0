"""What is promised, and how each promise was broken on purpose."""

from docs.generators.tables import table
from tests.breakages.breakages import read_breakages


def guarantees() -> str:
    """A row for each breakage, under the promise that it breaks."""
    rows = [
        (b.guarantee, b.what, " ".join(f"`{test}`" for test in b.noticed_by))
        for breakages in read_breakages().values()
        for b in breakages
    ]
    return table(("Promise", "Broken on purpose: if...", "Then these fail"), sorted(rows, key=lambda row: row[0]))
