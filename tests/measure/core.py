"""The core: what decides, without AWS, without a clock; and the tests that are about it alone."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "layers/reputation/ses_reputation"
CORE = PACKAGE / "domain"

# A test of these is about more than the core, or takes longer than to ask it a question.
_BEYOND = (
    "boto3",
    "botocore",
    "functions",
    "moto",
    "ses_reputation.adapters",
    "ses_reputation.dashboard",
    "ses_reputation.settings",
    "ses_reputation_cli.main",
    "ses_reputation_cli.replay_report",
    "ses_reputation_cli.site",
    "ses_reputation_local",
)


def core_tests() -> list[str]:
    """The test files that import the core, and nothing that talks to AWS, be it by way of other tests."""
    files = sorted((ROOT / "tests").glob("test_*.py"))
    return [f"tests/{path.name}" for path in files if _names_core(path) and not _reaches_beyond(path)]


def tests_of(module: str) -> list[str]:
    """Those that import this module of the core themselves."""
    return [test for test in core_tests() if f"ses_reputation.domain.{module}" in _imported(ROOT / test)]


def _names_core(path: Path) -> bool:
    return any(_is_in(name, "ses_reputation.domain") for name in _imported(path))


@cache
def _reaches_beyond(path: Path) -> bool:
    for name in _imported(path):
        if any(_is_in(name, beyond) for beyond in _BEYOND):
            return True
        other = ROOT / f"{name.replace('.', '/')}.py"
        if _is_in(name, "tests") and other.is_file() and _reaches_beyond(other):
            return True
    return False


def _is_in(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


@cache
def _imported(path: Path) -> frozenset[str]:
    return frozenset(_imports(ast.parse(path.read_text(encoding="utf-8"))))


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module)):
                yield module
