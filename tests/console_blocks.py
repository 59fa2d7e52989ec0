"""The console blocks of README and docs/: commands, and what they are shown to print."""

import re
from pathlib import Path


def sessions(*pages: Path) -> list[tuple[str, list[str]]]:
    """Every command in a console block of these pages, with the lines that it is shown to print."""
    found = []
    for page in pages:
        for block in re.findall(r"^```console\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE):
            for session in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
                command, *lines = session.rstrip("\n").split("\n")
                found.append((command, lines))
    return found


def not_printed(shown: list[str], printed: str) -> str | None:
    """The first line that is shown but not printed at that place, and what is instead; None if there is none.

    `...` stands for lines that are left out, and spaces at a line's end say nothing.
    """
    lines = iter(line.rstrip() for line in printed.lstrip("\n").split("\n"))
    skipping = False
    for line in shown:
        if line == "...":
            skipping = True
            continue
        actual = next((p for p in lines if p == line), None) if skipping else next(lines, None)
        if actual != line:
            return f"{line!r} is shown; printed is {'nowhere' if actual is None and skipping else repr(actual)}"
        skipping = False
    return None
