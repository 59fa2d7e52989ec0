"""Tables in Markdown."""

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table with a head; no cell may be empty, or hold what would end it."""
    lines = [_line(head), f"|{'---|' * len(head)}"]
    for row in rows:
        if len(row) != len(head) or not all(row) or any(set("|\n") & set(cell) for cell in row):
            raise ValueError(f"no row of this table: {row}")
        lines.append(_line(row))
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
