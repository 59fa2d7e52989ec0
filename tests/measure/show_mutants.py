"""Show what mutants change: their names come in as JSON, and the function, its line and what becomes of it go out.

It runs in the copy of the project that mutmut works in, since mutmut reads its settings as it is imported.
"""

import json
import sys
from pathlib import Path

from mutmut.mutation.diff_apply import get_diff_for_mutant


def change(name: str) -> tuple[str, str, str]:
    """The function of a mutant, the lines that it takes away, and those that it puts there."""
    path, _, function = name.rpartition(".")
    diff = get_diff_for_mutant(name, path=Path("src") / f"{path.replace('.', '/')}.py").splitlines()[2:]
    old, new = (" ".join(line[1:].strip() for line in diff if line.startswith(sign)) for sign in "-+")
    return function.removeprefix("x").strip("_ǁ").partition("__mutmut")[0].replace("ǁ", "."), old, new


if __name__ == "__main__":
    json.dump([change(name) for name in json.load(sys.stdin)], sys.stdout)
