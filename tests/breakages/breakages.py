"""What is promised, and code broken on purpose for each promise: the tables of this folder, read."""

import tomllib
from pathlib import Path

import msgspec
from msgspec import Struct

ROOT = Path(__file__).parents[2]
TABLES = Path(__file__).parent


class Breakage(Struct, frozen=True, forbid_unknown_fields=True):
    """One way to break a promise: `code`, which is in `file` once, becomes `broken`, and then a test must fail.

    `what` says in words what is then wrong; `noticed_by` are tests as pytest names them.
    """

    guarantee: str
    what: str
    file: str
    code: str
    broken: str
    noticed_by: tuple[str, ...]

    def apply(self, root: Path) -> None:
        """Break the code in a copy of the project. Raises ValueError if the code is not there, or there twice."""
        path = root / self.file
        text = path.read_text(encoding="utf-8")
        if text.count(self.code) != 1:
            raise ValueError(f"{self.file} has {text.count(self.code)} times: {self.code}")
        path.write_text(text.replace(self.code, self.broken), encoding="utf-8")


class _Table(Struct, frozen=True, forbid_unknown_fields=True):
    breakage: tuple[Breakage, ...]


def read_breakages() -> dict[str, tuple[Breakage, ...]]:
    """The breakages of each table, by the table's name."""
    return {
        path.stem: msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _Table).breakage
        for path in sorted(TABLES.glob("*.toml"))
    }
