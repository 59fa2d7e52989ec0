"""Which way imports go, and that only the outermost layers know a clock, the environment and chance."""

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.layers import ELSEWHERE, INWARDS, PACKAGES

ROOT = Path(__file__).parents[1]
OURS = ROOT / "layers/reputation/ses_reputation"

EVERYWHERE = {*sys.stdlib_module_names, "msgspec"}

# What would make a decision depend on when, where and how often it is made.
AROUND = {"os", "random", "secrets", "socket", "subprocess", "time", "uuid"}
CLOCKS = re.compile(r"\b(datetime|date)\.(now|today|utcnow)\b")

FILES = [*sorted(OURS.rglob("*.py")), *sorted((ROOT / "functions").rglob("*.py"))]


def name_of(path: Path) -> str:
    """A module as it is imported, from `ses_reputation` on."""
    base = OURS.parent if OURS in path.parents else ROOT
    return ".".join(path.relative_to(base).with_suffix("").parts).removesuffix(".__init__")


def layer_of(module: str) -> str:
    package, _, inner = module.partition(".")
    if package == "functions":
        return package
    part = inner.partition(".")[0]
    return part if part in INWARDS else ELSEWHERE.get(part, "use cases")


@cache
def imported(path: Path) -> frozenset[str]:
    """All that a module imports, also within its functions, and for types alone."""
    return frozenset(_imported(ast.parse(path.read_text(encoding="utf-8"))))


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module="ses_reputation", names=names):
                yield from (f"ses_reputation.{alias.name}" for alias in names)
            case ast.ImportFrom(module=str(module)):
                yield module


def is_allowed(layer: str, module: str) -> bool:
    package = module.partition(".")[0]
    if package in {"ses_reputation", "functions"}:
        return layer_of(module) in {layer, *INWARDS[layer]}
    if package.startswith("mypy_boto3_"):  # Types alone, of clients that are handed from one to the other.
        return layer in {"adapters", "wiring"}
    return package in EVERYWHERE | PACKAGES[layer]


@pytest.mark.parametrize("layer", INWARDS)
def test_a_layer_imports_what_is_further_inside(layer: str) -> None:
    files = [path for path in FILES if layer_of(name_of(path)) == layer]
    assert files
    outwards = {name_of(path): [m for m in imported(path) if not is_allowed(layer, m)] for path in files}
    assert {module: wrong for module, wrong in outwards.items() if wrong} == {}


def test_nothing_that_decides_can_tell_when_and_where_it_runs() -> None:
    for path in FILES:
        if layer_of(name_of(path)) in {"domain", "notices", "use cases"}:
            assert not AROUND & imported(path), name_of(path)
            assert not CLOCKS.search(path.read_text(encoding="utf-8")), name_of(path)


def test_no_function_imports_another() -> None:
    """A function's folder is all that Lambda has of it, but the layers."""
    for path in FILES:
        others = [module for module in imported(path) if module.startswith("functions")]
        assert not others, name_of(path)
        assert layer_of(name_of(path)) != "functions" or path.name == "handler.py"


@pytest.mark.parametrize("path", sorted((ROOT / "functions").glob("*/handler.py")), ids=lambda path: path.parent.name)
def test_handlers_look_alike(path: Path) -> None:
    """The use case is made once, what is logged names nobody, and a handler decides nothing, so it is short."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    decorators = {name: [*map(ast.unparse, node.decorator_list)] for name, node in functions.items()}
    handler = functions["lambda_handler"]
    assert decorators.pop("lambda_handler") == ["discreet", "logger.inject_lambda_context"]
    assert [name for name, decorated in decorators.items() if decorated == ["cache"]], "what makes the use case"
    assert (handler.end_lineno or 0) - handler.lineno <= 20
